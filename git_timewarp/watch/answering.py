"""Answering the commands that ask what changed, over a socket beside the watcher's lock.

A question is one line, `since <cursor>`, `fold` or `doubt`; the answer is one line of JSON,
`{"cursor":…,"paths":[…]|null,"git":…,"roots":…}` or `{}` where nobody knows. Format: docs/formats/watch.md.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading

from git_timewarp.capture.watched import Told
from git_timewarp.util.text import to_str
from git_timewarp.watch import address
from git_timewarp.watch.knowledge import Knowledge

_PATIENCE = 1.0
_LONGEST = 4096


class Answering:
    """Answers from a thread of its own, until it is closed."""

    def __init__(self, path: str, knowledge: Knowledge) -> None:
        self._path = path
        self._knowledge = knowledge
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            with address.of(path) as name:
                self._socket.bind(name)
            os.chmod(path, 0o600)
            self._socket.listen(8)
        except OSError:
            self._socket.close()
            raise
        threading.Thread(target=self._serve, daemon=True, name="answering").start()

    def close(self) -> None:
        """Answer nobody any more."""
        with contextlib.suppress(OSError):
            os.unlink(self._path)
        # Waiting ends with it, which closing alone would not do.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                asker, _ = self._socket.accept()
            except OSError:
                return
            with asker, contextlib.suppress(OSError):
                asker.settimeout(_PATIENCE)
                asker.sendall(self._answer(_line(asker)))

    def _answer(self, question: bytes) -> bytes:
        verb, _, cursor = to_str(question).partition(" ")
        if verb == "fold":
            return json.dumps({"fold": self._knowledge.will_fold()}).encode("ascii") + b"\n"
        if verb == "doubt":
            self._knowledge.doubt()
        told = self._knowledge.since(cursor) if verb == "since" else None
        # Names that are not UTF-8 go as lone surrogates, escaped.
        return (
            json.dumps(_record(told, self._knowledge.roots), separators=(",", ":")).encode("ascii")
            + b"\n"
        )


def _record(told: Told | None, roots: str) -> dict[str, object]:
    if told is None:
        return {}
    paths = None if told.paths is None else sorted(told.paths)
    return {"cursor": told.cursor, "paths": paths, "git": told.git, "roots": roots}


def _line(asker: socket.socket) -> bytes:
    found = b""
    while not found.endswith(b"\n") and len(found) < _LONGEST:
        part = asker.recv(_LONGEST)
        if not part:
            break
        found += part
    return found.rstrip(b"\n")
