"""A long history: what it weighs, what checking it costs, what it adds to git's own upkeep."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from git_timewarp.store.limits import Limits
from git_timewarp.timeline import snapshot
from git_timewarp.timeline.operation import Operation
from tests.bench import events, projects
from tests.bench.measure import Row, Side, alternate, at_most, extra, row
from tests.bench.place import Place
from tests.bench.projects import State


def rows(place: Place) -> Iterator[Row]:
    """All rows on one repository that grows: snapshots, then events, then the upkeep."""
    source = place.clone("real")
    states = list(islice(projects.history(place, source), place.scale.snapshots))
    row_, repo = _disk(place, states, what="snapshots, one a commit of a real project")
    yield row_
    place.remove(repo)
    states = list(islice(projects.history_in_steps(place, source), place.scale.snapshots))
    row_, recorded = _disk(place, states, what="snapshots of a real history, a few lines a step")
    yield row_
    yield _verify(place, recorded, size=f"{len(states):,} snapshots")
    yield from events.rows_of_recording(place, recorded)
    yield from _verify_rates(place, recorded, snapshots=len(states))
    yield _compaction(place, recorded, snapshots=len(states))
    more = place.scale.events - place.scale.some_events
    events.record(place, recorded, more)
    yield from events.rows_of_reading(place, recorded, count=place.scale.events)
    yield from _upkeep(place, recorded, snapshots=len(states))
    place.remove(source, recorded)


def _disk(place: Place, states: list[State], *, what: str) -> tuple[Row, Path]:
    """Return the row for a history, and the repository it was recorded in."""
    commits, recorded = _as_commits(place, states), _as_snapshots(place, states)
    for repo in (commits, recorded):
        place.git(repo, "gc", "--quiet", "--prune=now")
    ours, theirs = _size(recorded), _size(commits)
    place.remove(commits)
    each = (ours - theirs) / len(states)
    found = Row(
        "disk after `git gc`",
        f"{len(states):,} {what}",
        "the same states as commits",
        ours,
        theirs,
        1,
        at_most(1.1),
        why=f"{each:.0f} bytes more each: a snapshot has an event and a description where a commit "
        "has a message, and deltas do not reach across the few packs that are not merged yet",
        unit="B",
    )
    return found, recorded


def _empty(place: Place, name: str) -> Path:
    repo = place.folder / name
    place.run("git", "init", "-q", str(repo))
    place.git(repo, "commit", "-q", "--allow-empty", "-m", "nothing yet")
    return repo


def _as_commits(place: Place, states: list[State]) -> Path:
    """Make a repository with one commit a state."""
    repo = _empty(place, "commits")
    stream = [b"feature done\nreset refs/heads/main\nfrom refs/heads/main^0\n\n"]
    for number, state in enumerate(states):
        title = f"edit {state[0][0]}".encode()
        stream.append(
            b"commit refs/heads/main\n"
            b"committer Ada Lovelace <ada@example.com> %d +0000\ndata %d\n%b\n"
            % (1_700_000_000 + 30 * number, len(title), title)
        )
        for path, content in state:
            if content is None:
                stream.append(b"D %b\n" % path.encode())
            else:
                stream.append(b"M 644 inline %b\n" % path.encode())
                stream.append(b"data %d\n%b\n" % (len(content), content))
    stream.append(b"done\n")
    place.run("git", "fast-import", "--quiet", cwd=repo, stdin=b"".join(stream))
    # Its deltas are against the blob before; commits made one by one get a search for better ones.
    place.git(repo, "repack", "-a", "-d", "-f", "-q")
    return repo


def _as_snapshots(place: Place, states: list[State]) -> Path:
    """Make a repository with one snapshot a state, each captured from the work tree."""
    repo = _empty(place, "recorded")
    place.ours(repo, "init", "--no-hooks")
    given = place.world(repo, limits=Limits(grace_seconds=0))
    for state in states:
        projects.apply(repo, state)
        with Operation(given, "snapshot") as op:
            snapshot.take(op, snapshot.explicit())
    with Operation(given, "snapshot") as op:
        op.recorder.fold()
    return repo


def _size(repo: Path) -> int:
    """Return the bytes of the object store and of our own files, what can be rebuilt aside.

    A file that is linked twice (a pack in the quarantine and in the store) counts once.
    """
    sizes: dict[int, int] = {}
    for part in (".git/objects", ".git/timewarp"):
        for folder, _, files in os.walk(repo / part):
            for name in files:
                if not name.startswith("index.db"):
                    found = os.stat(os.path.join(folder, name))
                    sizes[found.st_ino] = found.st_size
    return sum(sizes.values())


def _verify(place: Place, repo: Path, *, size: str) -> Row:
    return row(
        "`verify --full`",
        size=size,
        against="`git fsck`",
        pair=alternate(
            Side(lambda: place.ours(repo, "verify", "--full")),
            Side(lambda: place.git(repo, "fsck")),
            count=place.scale.count,
        ),
        budget=at_most(1.2),
        why="git's own check runs inside it; on top comes our start (about 0.1 s, as long as all "
        "of `git fsck` on a short history) and what only we know: each description and each chain",
    )


def _verify_rates(place: Place, repo: Path, *, snapshots: int) -> Iterator[Row]:
    """Both checks of a long history against git's of all its objects, as rates."""
    objects = len(place.git(repo, "rev-list", "--objects", "--glob=refs/timewarp").splitlines())
    count = place.scale.some_events
    size = f"{count:,} events, {snapshots:,} snapshots, {objects:,} objects"
    for words, what, things in (
        (("verify", "--quick"), "events", count),
        (("verify", "--full"), "objects", objects),
    ):
        yield row(
            f"`{' '.join(words)}`, {what}",
            size=size,
            against="`git fsck`",
            pair=alternate(
                Side(partial(place.ours, repo, *words)),
                Side(partial(place.git, repo, "fsck")),
                count=place.scale.count,
            ),
            things=things,
        )


def _compaction(place: Place, repo: Path, *, snapshots: int) -> Row:
    """Thin a history to its newest snapshot, against a gc of the same; put back each time."""
    outside = place.folder / "home/.local"
    kept, known = place.copy(repo / ".git", "before"), place.copy(outside, "known")
    rules = ("keepLast=1", "keepWithin=0", "keepDaily=0", "keepWeekly=0", "keepMonthly=0")
    words = [word for rule in rules for word in ("-c", f"timewarp.retention.{rule}")]

    def put_back() -> None:
        # Into the folder that is there, and what is remembered outside too: else it is a copy.
        for entry in list((repo / ".git").iterdir()):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        place.run("cp", "-a", f"{kept}/.", str(repo / ".git"))
        place.remove(outside)
        place.run("cp", "-a", str(known), str(outside))

    pair = alternate(
        Side(lambda: place.ours(repo, *words, "compact", "--force", "--now"), before=put_back),
        Side(lambda: place.git(repo, "gc", "--quiet", "--prune=now"), before=put_back),
        count=max(1, place.scale.count // 3),
    )
    put_back()
    place.remove(kept, known)
    return row(
        "`compact --now`, snapshots that go",
        size=f"{snapshots:,} snapshots",
        against="`git gc`",
        pair=pair,
        things=snapshots - 1,
    )


def _upkeep(place: Place, repo: Path, *, snapshots: int) -> Iterator[Row]:
    twin = place.copy(repo, "without")
    place.ours(twin, "deinit", "--purge", "--force")
    place.git(twin, "gc", "--quiet", "--prune=now")
    place.git(repo, "gc", "--quiet", "--prune=now")
    size = f"{snapshots:,} snapshots, {place.scale.events:,} events"
    for words in (("gc", "--quiet"), ("fsck",)):
        yield row(
            f"the user's `git {words[0]}`",
            size=size,
            against="without us",
            pair=alternate(
                Side(partial(place.git, repo, *words)),
                Side(partial(place.git, twin, *words)),
                count=place.scale.count,
            ),
            budget=extra(10.0),
        )
    place.remove(twin)
