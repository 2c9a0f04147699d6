"""Segments and notes: full ones close, nothing is added twice, and git reads them as notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from git_timewarp.git.names import Oid, RefName, WriterId
from git_timewarp.store import layout, notes
from git_timewarp.store.chain import Actor, NewEvent, seal
from git_timewarp.store.events import ChainHead, Event
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.segments import Builder
from tests.support import recording
from tests.support.repo_builder import RepoBuilder

WRITER = WriterId("klmnopqrstuvwxyz")
SMALL = {layout.EVENTS: 10, layout.SNAPSHOTS: 4, layout.DRAFTS: 4, layout.KEPT: 4}


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return an empty repository."""
    return RepoBuilder(tmp_path / "repo")


@pytest.fixture
def quarantine(repo: RepoBuilder) -> Iterator[Quarantine]:
    """Return its quarantine."""
    found = Quarantine(recording.opened(repo))
    yield found
    found.close()


class Chain:
    """Makes events in order."""

    def __init__(self) -> None:
        self.head = ChainHead()

    def next(self, anchor: str, summary: str = "x") -> Event:
        """Return the next event."""
        new = NewEvent(
            type="note",
            summary=summary,
            actor=Actor("person", "ada"),
            anchor=Oid(anchor),
            worktree="main-worktree",
            timeline="main",
        )
        ident = f"018f2f5e-7c00-7000-8000-{self.head.n:012d}"
        event, self.head = seal(
            new, head=self.head, writer=WRITER, event_id=ident, ts="2026-11-20T00:00:00.000Z"
        )
        return event


def fold(
    quarantine: Quarantine,
    refs: dict[RefName, Oid],
    *,
    events: Sequence[Event] = (),
    entries: Sequence[tuple[str, Oid]] = (),
    limits: Mapping[str, int] = SMALL,
) -> Builder:
    """Build the next values and take them as the present ones."""
    builder = Builder(quarantine, WRITER, refs=dict(refs), limits=limits)
    builder.add_entries(layout.SNAPSHOTS, entries)
    builder.add_events(events)
    for update in builder.planned.updates:
        assert refs.get(update.name, quarantine.repo.zero) == update.old
        refs[update.name] = update.new
    return builder


def lines_in(quarantine: Quarantine, refs: Mapping[RefName, Oid]) -> dict[str, list[bytes]]:
    """Return place -> lines of all event segments."""
    found: dict[str, list[bytes]] = {}
    for name, tag in sorted(refs.items()):
        if "/events/" in name:
            root = Oid(quarantine.reader.read(tag).split(b"\n")[0].split(b" ")[1].decode())
            for place, note in notes.walk(quarantine.reader, root):
                lines = quarantine.reader.read(note, kind="blob").splitlines()
                found.setdefault(place, []).extend(lines)
    return found


def test_full_segments_close(quarantine: Quarantine) -> None:
    tree = quarantine.put_tree([])
    refs: dict[RefName, Oid] = {}
    names = [f"k{letter}" + "k" * 10 for letter in "klmnopqrstu"]
    for start in range(0, len(names), 3):
        fold(quarantine, refs, entries=[(name, tree) for name in names[start : start + 3]])
    assert sorted(refs) == [layout.ref(WRITER, layout.SNAPSHOTS, n) for n in (1, 2, 3)]
    held = [
        [entry.name for entry in quarantine.reader.tree(f"{tag}^{{tree}}")]
        for _, tag in sorted(refs.items())
    ]
    assert [len(segment) for segment in held] == [4, 4, 3]
    assert [name for segment in held for name in segment] == names


def test_what_is_there_is_not_added_again(quarantine: Quarantine) -> None:
    tree = quarantine.put_tree([])
    refs: dict[RefName, Oid] = {}
    chain = Chain()
    events = [chain.next("1" * 40, f"{n}") for n in range(3)]
    entries = [("k" * 12, tree), ("l" * 12, tree)]
    fold(quarantine, refs, events=events, entries=entries)
    again = fold(quarantine, refs, events=events, entries=entries)
    assert again.planned.updates == []
    more = [*events, chain.next("1" * 40, "more")]
    fold(quarantine, refs, events=more)
    assert list(lines_in(quarantine, refs).values()) == [[event.line for event in more]]


def test_events_go_to_the_segment_of_their_number(quarantine: Quarantine) -> None:
    refs: dict[RefName, Oid] = {}
    chain = Chain()
    events = [chain.next(f"{n % 7:040x}", f"{n}") for n in range(25)]
    for start in range(0, 25, 7):
        fold(quarantine, refs, events=events[start : start + 7])
    assert sorted(refs) == [layout.ref(WRITER, layout.EVENTS, n) for n in (1, 2, 3)]
    lines = sorted(line for held in lines_in(quarantine, refs).values() for line in held)
    assert lines == sorted(event.line for event in events)


def test_a_note_ends_at_64_kib(quarantine: Quarantine) -> None:
    """Then the next overflow begins, wherever a fold ended; order is kept over all of them."""
    refs: dict[RefName, Oid] = {}
    chain = Chain()
    anchor = "3" * 40
    events = [chain.next(anchor, "x" * (7_000 + 1_000 * (n % 5))) for n in range(60)]
    limits = {**SMALL, layout.EVENTS: 10_000}
    for start in range(0, 60, 7):
        fold(quarantine, refs, events=events[start : start + 7], limits=limits)
    held = lines_in(quarantine, refs)
    places = [notes.overflow_anchor(Oid(anchor), k, hash_name="sha1") for k in range(len(held))]
    assert set(places) == set(held)
    assert len(places) > 5
    sizes = [sum(len(line) + 1 for line in held[place]) for place in places]
    assert all(size <= notes.NOTE_LIMIT for size in sizes)
    assert all(size > notes.NOTE_LIMIT - 12_000 for size in sizes[:-1])
    assert [line for place in places for line in held[place]] == [event.line for event in events]


def test_one_line_may_be_longer_than_a_note(quarantine: Quarantine) -> None:
    refs: dict[RefName, Oid] = {}
    chain = Chain()
    events = [chain.next("4" * 40, "x" * size) for size in (10, 100_000, 10, 200_000, 10)]
    fold(quarantine, refs, events=events)
    held = lines_in(quarantine, refs)
    assert [len(lines) for lines in held.values()].count(1) >= 4
    assert sorted(line for lines in held.values() for line in lines) == sorted(
        event.line for event in events
    )


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_git_reads_them_as_its_own_notes(tmp_path: Path, object_format: str) -> None:
    """A copy under refs/notes: `git notes` lists and shows what we wrote, on 400 objects."""
    repo = RepoBuilder(tmp_path / "notes", object_format=object_format)
    given = recording.begin(repo)
    blobs = [
        Oid(repo.git("hash-object", "-w", "--stdin", stdin=f"{n}".encode())) for n in range(400)
    ]
    events = recording.record(given, [recording.note(oid, f"on {oid}") for oid in blobs], fold=True)
    (name,) = [ref for ref in _refs(repo) if "/events/" in ref]
    copy = repo.git("commit-tree", f"{name}^{{tree}}", "-m", "copy")
    repo.git("update-ref", "refs/notes/copy", copy)
    listed = repo.git("notes", "--ref=copy", "list").splitlines()
    assert sorted(line.split()[1] for line in listed) == sorted(blobs)
    for event in events[::50]:
        shown = repo.run("notes", "--ref=copy", "show", event.anchor).stdout
        assert shown == event.line + b"\n"
    repo.git("notes", "--ref=copy", "add", "-f", "-m", "git's own", blobs[0])
    assert repo.git("notes", "--ref=copy", "show", blobs[1]) == events[1].line.decode()


def test_git_shows_them_where_they_are(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "log")
    commit = Oid(repo.commit("first"))
    given = recording.begin(repo)
    (event,) = recording.record(given, [recording.note(commit, "seen by git log")], fold=True)
    shown = repo.git("-c", "notes.displayRef=refs/timewarp/*/events/*", "log")
    assert event.line.decode() in shown
    assert "seen by git log" not in repo.git("log", "--all")


def _refs(repo: RepoBuilder) -> list[str]:
    return repo.git("for-each-ref", "--format=%(refname)", "refs/timewarp").splitlines()


def test_only_folders_that_changed_are_written(quarantine: Quarantine) -> None:
    refs: dict[RefName, Oid] = {}
    chain = Chain()
    limits = {**SMALL, layout.EVENTS: 10_000}
    events = [chain.next(f"{n:02x}" + "0" * 38) for n in range(200)]
    fold(quarantine, refs, events=events, limits=limits)
    again = fold(quarantine, refs, events=[chain.next("00" * 20)], limits=limits)
    assert len(again.planned.objects) == 5
    assert len(again.planned.replaced) == 5
    assert set(again.planned.replaced).isdisjoint(again.planned.objects)


def test_names_of_refs() -> None:
    name = layout.ref(WRITER, layout.EVENTS, 12)
    assert name == "refs/timewarp/klmnopqrstuvwxyz/events/000012"
    assert layout.parse_ref(name) == (WRITER, layout.EVENTS, 12)
    for other in (
        "refs/heads/main",
        "refs/timewarp/klmnopqrstuvwxyz/events",
        "refs/timewarp/klmnopqrstuvwxyz/events/x",
        "refs/timewarp/klmnopqrstuvwxyz/other/000001",
        "refs/timewarp/klmnopqrstuvwxyz/events/000001/x",
    ):
        assert layout.parse_ref(other) is None
