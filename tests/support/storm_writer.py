"""A program that records as fast as it is told to, until its standard input closes.

    python -m tests.support.storm_writer WORK_TREE NAME PAUSE

It works in files of its own name only. Every line it prints is a JSON object: a snapshot
that was acknowledged with the tree and the bytes it must hold, or the failure that ended it.
"""

from __future__ import annotations

import json
import os
import random
import select
import sys
import time
from pathlib import Path

from git_timewarp import app as timewarp
from git_timewarp.app import App
from git_timewarp.errors import TimewarpError
from git_timewarp.util.clock import SystemClock


class Writer:
    """One writer; `acknowledged` are the ids of its snapshots."""

    def __init__(self, root: Path, name: str) -> None:
        self.root, self.name = root, name
        self.random = random.Random(name)
        self.acknowledged: list[str] = []
        self.count = 0

    def app(self) -> App:
        """Open the app as a command does."""
        return timewarp.open(str(self.root), environ=dict(os.environ), clock=SystemClock())

    def tell(self, **record: object) -> None:
        """Print one line."""
        sys.stdout.write(json.dumps(record) + "\n")
        sys.stdout.flush()

    def write(self) -> str:
        """Write new bytes; return them."""
        self.count += 1
        text = f"{self.name} {self.count} {self.random.random()}\n"
        (self.root / f"{self.name}.txt").write_text(text)
        folder = self.root / self.name / str(self.count % 5)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.count % 7}.txt").write_text(text * 20)
        return text

    def snapshot(self) -> None:
        """Take a snapshot."""
        text = self.write()
        taken = self.app().snapshot()
        self.acknowledged.append(taken.snapshot)
        self.tell(snapshot=taken.snapshot, tree=taken.tree, text=text)

    def travel(self) -> None:
        """Jump to an earlier snapshot of its own and come back."""
        if self.acknowledged:
            self.app().jump(self.random.choice(self.acknowledged[-30:]))
            self.app().undo()

    def record(self) -> None:
        """Record some events."""
        line = json.dumps({"type": "note", "summary": f"{self.name} {self.count}"}).encode()
        done = list(self.app().record([line] * 5))
        self.tell(events=len(done))


def main() -> int:
    """Run until standard input closes."""
    root, name, pause = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    writer = Writer(root, name)
    turn = 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        turn += 1
        started = time.monotonic()
        try:
            writer.snapshot()
            if turn % 3 == 0:
                writer.record()
            if turn % 7 == 0:
                writer.travel()
        except TimewarpError as exc:
            writer.tell(error=exc.to_dict())
            return 1
        time.sleep(max(0.0, pause - (time.monotonic() - started)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
