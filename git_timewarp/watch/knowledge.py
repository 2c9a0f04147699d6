"""What the watcher knows, for itself and for the commands that ask it.

The system puts a change into the queue before the program that made it goes on, so what has
been taken from the queue when a question is answered is all that changed before it was asked.
"""

from __future__ import annotations

import threading

from git_timewarp.capture.watched import Told
from git_timewarp.watch.filter import Filter
from git_timewarp.watch.ledger import Ledger
from git_timewarp.watch.source import Batch, Source, Stop


class Knowledge:
    """One source's changes as they come; see `timeline.watched.Watched`.

    Safe to be asked by another thread than the one that waits.
    """

    def __init__(self, source: Source, kind: Filter, *, instance: str) -> None:
        self._source = source
        self._filter = kind
        self._ledger = Ledger(instance)
        self._lock = threading.Lock()
        self._untold = Batch()
        self._doubted = False
        self._indexed = False
        self._fold = False
        self._waiting: Stop | None = None

    def wait(self, seconds: float, stop: Stop) -> Batch:
        """Return what changed since the last call, after `seconds` at the latest."""
        with self._lock:
            self._waiting = stop
            if self._fold:
                seconds = 0.0
        self._source.wait(seconds, stop)
        stop.settle()
        with self._lock:
            self._take()
            batch, self._untold = self._untold, Batch()
            return batch

    def renew(self, *, everything: bool) -> None:
        """Watch folders that are new, or the whole list of them again.

        Raises:
            NoEventsError, GoneError: as `Source.renew`.
        """
        with self._lock:
            self._take()
            everything, self._doubted = everything or self._doubted, False
            index, self._indexed = self._indexed, False
            if self._source.renew(everything=everything, index=index):
                # What was written into a folder before it was watched nobody told us.
                self._ledger.lose()

    def lose(self) -> None:
        """Note that anything may have changed (the machine slept, say)."""
        with self._lock:
            self._ledger.lose()

    def since(self, cursor: str) -> Told | None:
        """Tell what changed since `cursor`; None where the source learns of changes late."""
        if not self._source.prompt:
            return None
        with self._lock:
            self._take()
            told = self._ledger.since(cursor)
            if self._doubted or self._indexed or self._source.is_behind:
                return Told(told.cursor)
            return told

    @property
    def roots(self) -> str:
        """Which folders are watched, see `roots.of`."""
        return self._source.roots

    def will_fold(self) -> bool:
        """Note that somebody waits for a fold; it ends the wait of the thread that waits."""
        with self._lock:
            self._fold = True
            if self._waiting is not None:
                self._waiting.nudge()
        return True

    def takes_fold(self) -> bool:
        """Tell, once, whether somebody waits for a fold."""
        with self._lock:
            asked, self._fold = self._fold, False
        return asked

    def doubt(self) -> None:
        """Have all folders listed again at the next `renew`."""
        with self._lock:
            self._doubted = True

    def close(self) -> None:
        """Give the watches back."""
        with self._lock:
            self._waiting = None
            self._source.close()

    def _take(self) -> None:
        batch = self._source.take()
        if not batch:
            return
        if batch.unnamed:
            self._ledger.lose()
        changed = self._filter.split(batch.paths)
        self._doubted = self._doubted or changed.rules
        self._indexed = self._indexed or changed.index
        self._ledger.note(changed.tree, git=changed.git)
        self._untold = Batch(
            self._untold.paths | batch.paths, self._untold.unnamed or batch.unnamed
        )
