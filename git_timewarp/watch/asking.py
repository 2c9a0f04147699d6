"""Asking a watcher what changed, from another process; see `answering` for the language."""

from __future__ import annotations

import json
import os
import socket

from git_timewarp.capture.watched import Told
from git_timewarp.git.repo import Repo
from git_timewarp.watch import address, place, roots

_PATIENCE = 0.25
"""Seconds: a watcher that is busy for longer is not waited for, a scan answers as well."""


class Asking:
    """The watcher behind a socket; see `timeline.watched.Watched`."""

    def __init__(self, path: str, repo: Repo) -> None:
        self._path = path
        self._repo = repo

    def since(self, cursor: str) -> Told | None:
        """Tell what changed since `cursor`; None where nobody answers in time."""
        try:
            answer = json.loads(self._ask(f"since {cursor}"))
            if answer["roots"] != roots.of(self._repo):
                # It watches others than we see: a copy, a container, another mount.
                return None
            paths = answer["paths"]
            known = None if paths is None else frozenset(map(str, paths))
            return Told(str(answer["cursor"]), known, bool(answer["git"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def will_fold(self) -> bool:
        """Ask for a fold in a moment; tell whether it comes."""
        try:
            return bool(json.loads(self._ask("fold"))["fold"])
        except (OSError, ValueError, KeyError, TypeError):
            return False

    def doubt(self) -> None:
        """Say that other folders may have to be watched."""
        try:
            self._ask("doubt")
        except OSError:
            return

    def _ask(self, question: str) -> bytes:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asker:
            asker.settimeout(_PATIENCE)
            with address.of(self._path) as name:
                asker.connect(name)
            asker.sendall(question.encode("ascii", "replace") + b"\n")
            parts = []
            while part := asker.recv(1 << 16):
                parts.append(part)
            return b"".join(parts)


def of(repo: Repo) -> Asking | None:
    """Return the watcher of this work tree to be asked, None where none answers."""
    path = place.of(repo).socket
    return Asking(path, repo) if os.path.exists(path) else None
