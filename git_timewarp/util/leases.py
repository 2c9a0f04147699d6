"""Is anybody else holding this file open? The kernel knows; a lease is how to ask (fcntl(2))."""

from __future__ import annotations

import os
import sys

if sys.platform == "linux":
    import fcntl
    import signal

    def sole_user(path: str) -> bool | None:
        """Tell whether nobody has the file at `path` open; None where that cannot be known.

        A write lease is granted only to the sole holder of a file. It is given back at
        once; should somebody open the file in between, the signal is one that does nothing.
        """
        try:
            fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except BlockingIOError:
            return False
        except OSError:
            return None
        else:
            return True
        finally:
            os.close(fd)

else:

    def sole_user(path: str) -> bool | None:
        """Return None: this system has no leases."""
        del path
        return None
