"""A program that records until its standard input closes, or TURNS snapshots and events.

    python -m tests.support.storm_writer WORK_TREE NAME PAUSE [TURNS]

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

from git_timewarp.app import repository as timewarp
from git_timewarp.app.repository import App
from git_timewarp.errors import TimewarpError
from git_timewarp.util.clock import SystemClock
from tests.support.recorder import is_step


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
            result = self.app().jump(self.random.choice(self.acknowledged[-30:]))
            if is_step(self.root, result):
                self.app().undo()

    def record(self, count: int) -> None:
        """Record some events."""
        line = json.dumps({"type": "note", "summary": f"{self.name} {self.count}"}).encode()
        self.tell(events=[str(done["event"]) for done in self.app().record([line] * count)])


def main() -> int:
    """Run until standard input closes, or for a number of turns."""
    root, name, pause = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    writer = Writer(root, name)
    try:
        if len(sys.argv) > 4:
            for _ in range(int(sys.argv[4])):
                writer.snapshot()
                writer.record(1)
        else:
            until_closed(writer, pause)
    except TimewarpError as exc:
        writer.tell(error=exc.to_dict())
        return 1
    return 0


def until_closed(writer: Writer, pause: float) -> None:
    """Snapshots, events and journeys, one round in `pause` seconds."""
    turn = 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        turn += 1
        started = time.monotonic()
        writer.snapshot()
        if turn % 3 == 0:
            writer.record(5)
        if turn % 7 == 0:
            writer.travel()
        time.sleep(max(0.0, pause - (time.monotonic() - started)))


if __name__ == "__main__":
    sys.exit(main())
