"""Events in bulk: recorded, folded, checked, read."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median

from git_timewarp.git.names import Oid
from git_timewarp.store import layout, notes
from git_timewarp.store.chain import Actor, NewEvent
from git_timewarp.store.events import Event
from git_timewarp.store.history import readable
from git_timewarp.store.index import ReadIndex
from git_timewarp.store.index_fill import fill
from git_timewarp.store.limits import Limits
from git_timewarp.store.paths import Paths
from git_timewarp.store.recorder import Recorder
from git_timewarp.store.transaction import current
from tests.bench.measure import Pair, Row, Side, alternate, at_most, extra, row, within
from tests.bench.place import Place

BATCH = 10_000
EVENTS_A_NOTE = 50
NEVER = Limits(events=10**9, drafts=10**9, seconds=10**9, grace_seconds=0)
AGENT = Actor("agent", "builder", "worker")


def event(number: int, *, head: Oid, anchors: Sequence[Oid]) -> NewEvent:
    """Describe an event as the commands of an agent make them."""
    return NewEvent(
        type="command" if number % 3 else "edit",
        summary=f"run the tests of part {number % 97}, attempt {number}",
        actor=AGENT,
        anchor=anchors[number // EVENTS_A_NOTE % len(anchors)],
        worktree="main-worktree",
        timeline="main",
        head=head,
        branch="refs/heads/main",
        data={"exit": number % 2},
    )


@contextlib.contextmanager
def recorder(place: Place, repo: Path) -> Iterator[Recorder]:
    """Open the recorder of a repository; it folds only when told."""
    given = place.world(repo, limits=NEVER)
    with Recorder(given.repo, clock=given.clock, around=given.around, limits=NEVER) as rec:
        yield rec


def record(place: Place, repo: Path, count: int) -> tuple[list[float], list[float]]:
    """Record and fold `count` events; return the seconds of each batch journalled and folded."""
    journalled, folded = [], []
    head = Oid(place.git(repo, "rev-parse", "HEAD"))
    with recorder(place, repo) as rec:
        for done in range(0, count, BATCH):
            first = rec.journal.head.n
            numbers = range(first, first + min(BATCH, count - done))
            spread = len(numbers) // EVENTS_A_NOTE + 1
            anchors = [
                Oid(f"{(first + k) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**160:040x}")
                for k in range(spread)
            ]
            batch = [event(n, head=head, anchors=anchors) for n in numbers]
            start = time.perf_counter()
            rec.append(rec.seal(batch))
            middle = time.perf_counter()
            rec.fold()
            journalled.append(middle - start)
            folded.append(time.perf_counter() - middle)
            rec.tidy()
    return journalled, folded


def notes_of(place: Place, repo: Path) -> list[Oid]:
    """Return the id of every note of ours in a repository."""
    opened = place.opened(repo)
    found = []
    with closing(readable(opened)) as reader:
        for name, tag in sorted(current(opened).items()):
            parsed = layout.parse_ref(name)
            if parsed is not None and parsed[1] == layout.EVENTS:
                tree = reader.info(f"{tag}^{{tree}}")
                found += [note for _, note in notes.walk(reader, tree[0])] if tree else []
    return found


def cat_file(place: Place, repo: Path, wanted: bytes) -> None:
    """Let git read objects and throw them away."""
    subprocess.run(
        ["git", "cat-file", "--batch"],
        cwd=repo,
        env=place.env,
        input=wanted,
        stdout=subprocess.DEVNULL,
        check=True,
    )


def rows_of_recording(place: Place, repo: Path) -> Iterator[Row]:
    """Fold in bulk, one durable event, and the quick check."""
    count = place.scale.some_events
    journalled, folded = record(place, repo, count)
    batch = min(BATCH, count)
    wanted = "".join(f"{oid}\n" for oid in notes_of(place, repo)).encode()
    data = b"".join(_blobs(place, repo, wanted)[: -(-batch // EVENTS_A_NOTE)])
    import_ = Side(lambda: place.run("git", "fast-import", "--quiet", cwd=repo, stdin=data))
    theirs = alternate(import_, import_, count=place.scale.count).theirs
    against = "`git fast-import` of the same notes"
    size = f"{batch:,} events"
    yield row(
        "fold in bulk",
        size=size,
        against=against,
        pair=Pair(median(folded), theirs, len(folded)),
        budget=within(batch / 50_000, "≥ 50,000 events/s"),
        things=batch,
    )
    yield row(
        "seal and journal in bulk",
        size=size,
        against=against,
        pair=Pair(median(journalled), theirs, len(journalled)),
        things=batch,
    )
    yield _durable(place, repo)
    yield row(
        "`verify --quick`",
        size=f"{count:,} events",
        against="`git cat-file --batch` of the same notes",
        pair=alternate(
            Side(lambda: place.ours(repo, "verify", "--quick")),
            Side(lambda: cat_file(place, repo, wanted)),
            count=place.scale.count,
        ),
        budget=within(1.0, "≤ 1 s"),
    )


def _blobs(place: Place, repo: Path, wanted: bytes) -> list[bytes]:
    """Return notes as commands for fast-import."""
    out = place.run("git", "cat-file", "--batch", cwd=repo, stdin=wanted)
    found, at = [], 0
    while at < len(out):
        end = out.index(b"\n", at)
        size = int(out[at:end].split()[2])
        found.append(b"blob\ndata %d\n%b\n" % (size, out[end + 1 : end + 1 + size]))
        at = end + size + 2
    return found


def _durable(place: Place, repo: Path) -> Row:
    head = Oid(place.git(repo, "rev-parse", "HEAD"))
    told: list[Event] = []
    with recorder(place, repo) as rec:

        def one() -> None:
            sealed = rec.seal([event(rec.journal.head.n, head=head, anchors=[head])])
            rec.append(sealed)
            told.extend(sealed)

        def note() -> None:
            place.git(repo, "notes", "append", "-m", told[-1].line.decode(), "HEAD")

        pair = alternate(Side(one), Side(note), count=place.scale.count * 5)
    return row(
        "one durable event",
        size="recorder open",
        against="`git notes append` of the same line",
        pair=pair,
        budget=within(0.005, "≤ 5 ms"),
    )


def rows_of_reading(place: Place, repo: Path, *, count: int) -> Iterator[Row]:
    """Status, log, and the index built again, on a long history."""
    size = f"{count:,} events"
    place.ours(repo, "status")
    for words in (("status",), ("log", "-20")):
        yield row(
            f"`{' '.join(words)}`",
            size=size,
            against="the bare interpreter",
            pair=alternate(
                Side(partial(place.ours, repo, *words)),
                Side(place.bare_interpreter),
                count=place.scale.count * 2,
            ),
            budget=extra(0.080),
        )
    yield _rebuild(place, repo, size=size)


def _rebuild(place: Place, repo: Path, *, size: str) -> Row:
    opened = place.opened(repo)
    path = Paths(opened.state_dir).index
    wanted = "".join(f"{oid}\n" for oid in notes_of(place, repo)).encode()

    def forget() -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)

    def build() -> None:
        with closing(readable(opened)) as reader, closing(ReadIndex(path, fill=fill)) as index:
            index.update(reader, current(opened))

    return row(
        "read index built again",
        size=size,
        against="`git cat-file --batch` of the same notes",
        pair=alternate(
            Side(build, before=forget),
            Side(lambda: cat_file(place, repo, wanted)),
            count=place.scale.count,
        ),
        budget=at_most(3.0),
        why="an event is taken apart, looked up and inserted, about 8 microseconds of Python and "
        "SQLite, where git hands its bytes over",
    )
