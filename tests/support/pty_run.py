"""Runs a program on a terminal of its own and returns what appears on it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def run(
    *words: str,
    environ: dict[str, str] | None = None,
    columns: int = 80,
    rows: int = 24,
    typed: bytes = b"",
    program: str | None = None,
) -> tuple[int, str]:
    """Run words on the fake app, or on another program, on a terminal and return its exit code and the screen.

    Lines end in one line feed here, whatever the terminal makes of them.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(
        [*([program] if program else [sys.executable, "-m", "tests.support.shown"]), *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm", "PYTHONPATH": str(ROOT), **(environ or {})},
        start_new_session=True,
    )
    os.close(theirs)
    if typed:
        os.write(ours, typed)
    screen = b""
    with contextlib.suppress(OSError):  # Linux: EIO once the other end is closed
        while data := os.read(ours, 65536):
            screen += data
    os.close(ours)
    return process.wait(), screen.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
