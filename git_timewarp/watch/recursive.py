"""Changes as watchfiles tells them, for systems that watch a whole tree at once (macOS)."""

from __future__ import annotations

import os

from watchfiles._rust_notify import RustNotify

from git_timewarp.git.repo import Repo
from git_timewarp.util.text import to_bytes
from git_timewarp.watch.source import STEP, Batch, GoneError, NoEventsError, Stop

_GROUP = 0.4


class Recursive:
    """Watches the work tree and git's folder with all below; see `source.Source`."""

    prompt = False
    is_behind = False
    roots = ""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo
        self._waiting = Batch()
        self._notify = self._open()

    def wait(self, seconds: float, stop: Stop) -> None:
        """Return when something changed, after `seconds` at the latest."""
        step = int(min(STEP, max(seconds, 0.01)) * 1000)
        try:
            told = self._notify.watch(int(_GROUP * 1000), step, max(1, int(seconds * 1000)), stop)
        except RuntimeError:
            # A name that is not UTF-8; it answers nothing else until it is opened again.
            self.renew(everything=True)
            self._waiting = Batch(unnamed=True)
        else:
            paths = (path for _, path in told) if isinstance(told, set) else ()
            self._waiting = Batch(frozenset(paths))

    def take(self) -> Batch:
        """Return what the last wait brought."""
        batch, self._waiting = self._waiting, Batch()
        return batch

    def renew(self, *, everything: bool = False, index: bool = False) -> bool:
        """Open it again, the new before the old is closed; new folders need nothing."""
        if not os.path.isdir(to_bytes(self._repo.work_tree)):
            raise GoneError
        if everything:
            old, self._notify = self._notify, self._open()
            old.close()
        return everything or index

    def close(self) -> None:
        """Give the watch back."""
        self._notify.close()

    def _open(self) -> RustNotify:
        roots = [self._repo.work_tree]
        for path in (self._repo.git_dir, self._repo.common_dir):
            if not any(path == root or path.startswith(root + os.sep) for root in roots):
                roots.append(path)
        try:
            return RustNotify(roots, False, False, 0, True, True)
        except (OSError, RuntimeError, UnicodeEncodeError) as exc:
            raise NoEventsError(str(exc)) from exc
