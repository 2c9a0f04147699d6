"""The memory of a process that lives for days."""

from __future__ import annotations

import contextlib
import ctypes
import gc


def give_back() -> None:
    """Give the system back what is free, where the C library can (malloc_trim(3), glibc).

    After thousands of changes most of what they took is free, and lies below what is not.
    """
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
