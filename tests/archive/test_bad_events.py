"""Events in an archive that nobody could show, or that would drive ours out of bounds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from git_timewarp.archive.events import MOST_LAMPORT
from git_timewarp.git.names import RefName, WriterId
from git_timewarp.git.objects import MODE_FILE, MODE_TREE, TreeEntry
from git_timewarp.store import layout
from git_timewarp.store.events import MOST_FOLLOWED
from git_timewarp.store.heap import Heap
from tests.support.archives import empty, history, tw, whole
from tests.support.forging import (
    Forger,
    Given,
    forged,
    refusal,
    untouched,
)
from tests.support.recorder import opened, typed

Record = dict[str, object]

EVIL: dict[str, Callable[[Record], Record]] = {
    "number": lambda e: e | {"lamport": 1 << 60},
    "time": lambda e: e | {"ts": "soon"},
    "day": lambda e: e | {"ts": "2026-02-30T10:00:00Z"},
    "year": lambda e: e | {"ts": "0000-01-01T10:00:00Z"},
    "actor": lambda e: e | {"actor": "me"},
    "milestone": lambda e: e | {"data": {"milestone": {}}},
    "snapshot": lambda e: e | {"snapshot": "../x"},
    "writer": lambda e: e | {"writer": "zzzzzzzzzzzzzzzz"},
    "origin": lambda e: e | {"origin": {"writer": "k", "n": 1, "prev": "", "hash": "f" * 64}},
    "version": lambda e: e | {"v": 7},
}


def one_event(heap: Heap, forger: Forger, change: Callable[[Record], Record]) -> None:
    """Make an archive of one event, sealed as ours are."""
    ref = layout.ref(forger.writer, layout.EVENTS, 1)
    record = change(
        {
            "v": 1,
            "id": "01900000-0000-7000-8000-000000000000",
            "lamport": 1,
            "writer": forger.writer,
            "n": 1,
            "prev": "0" * 64,
            "ts": "2026-01-01T00:00:00.000Z",
            "type": "note",
            "actor": {"kind": "person", "id": "eve"},
            "timeline": "main",
            "worktree": "main-worktree",
            "summary": "hello",
        }
    )
    body = json.dumps(record, sort_keys=True, separators=(",", ":")).encode()
    digest = hashlib.sha256(body).hexdigest()
    note = heap.put("blob", body[:-1] + f',"hash":"{digest}"}}\n'.encode())
    tree = heap.put_tree([TreeEntry(MODE_FILE, "cd" + "0" * 34, note)])
    for name in ("bb", "aa"):
        tree = heap.put_tree([TreeEntry(MODE_TREE, name, tree)])
    forger.refs = {RefName(ref): heap.put("tag", layout.tag_bytes(tree, layout.EVENTS))}
    chain = {"id": forger.writer, "events": 1, "lamport": record["lamport"], "hash": digest}
    counts = {"events": 1, "snapshots": 0, "drafts": 0, "kept": 0}
    forger.manifest |= {"writers": [chain], "counts": counts}


@pytest.mark.parametrize("what", sorted(EVIL))
def test_an_event_nobody_could_show_is_refused(given_archive: Given, what: str) -> None:
    """Sealed as ours are, hashes and all, and still not an event."""
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        one_event(heap, forger, EVIL[what])

    error = refusal(target, forged(target, good, change))
    assert error.reference == ("newer-format" if what == "version" else "damaged-archive")


@pytest.mark.parametrize("claimed", [MOST_FOLLOWED, MOST_FOLLOWED + 1, MOST_LAMPORT - 1])
def test_a_number_somebody_made_up_leaves_room_for_ours(given_archive: Given, claimed: int) -> None:
    """What we record after it can be exported, and taken in again elsewhere."""
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        one_event(heap, forger, lambda e: e | {"lamport": claimed})

    path = target.path.parent / "made-up.tar.zst"
    path.write_bytes(forged(target, good, change))
    tw(target, "import", str(path))
    target.write("a.txt", "precious\n")
    tw(target, "snapshot", "-m", "precious")
    tw(target, "export", "--output", f"../{claimed}.tar.zst")
    other = empty(target.path.parent / f"another-{claimed}")
    tw(other, "import", f"../{claimed}.tar.zst")
    assert "precious" in [entry["summary"] for entry in history(other)]
    whole(other)


@pytest.mark.parametrize("preview", [(), ("--dry-run",)])
def test_an_archive_of_nothing_replaces_nothing(
    given_archive: Given, preview: tuple[str, ...]
) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        heap.put("blob", b"a pack of nothing is none\n")
        forger.refs = {}
        counts = {"events": 0, "snapshots": 0, "drafts": 0, "kept": 0}
        forger.manifest |= {"writers": [], "counts": counts}

    path = target.path.parent / "nothing.tar.zst"
    path.write_bytes(forged(target, good, change))
    with untouched(target):
        done = typed(target, "import", "--replace", "--force", *preview, str(path))
    assert (done.code, done.out) == (1, "")
    assert done.err.splitlines() == [
        "error: the archive holds nothing: all that is recorded here would be replaced by nothing",
        f"hint: git timewarp inspect {path}",
    ]
    assert typed(target, "import", str(path)).code == 0


def test_the_next_step_after_damage_can_be_typed(given_archive: Given) -> None:
    target, good = given_archive
    path = target.path.parent / "cut off.tar.zst"
    path.write_bytes(good[: len(good) // 2])
    for words, hint in (
        ("import", f"git timewarp inspect '{path}'"),
        ("inspect", "git timewarp help import"),
    ):
        done = typed(target, words, str(path))
        assert done.code == 5
        assert done.err.endswith(f"\nhint: {hint}\n")
    assert typed(target, "help", "import").code == 0


def test_what_an_archive_says_of_itself_does_not_reach_the_terminal(given_archive: Given) -> None:
    target, good = given_archive
    evil = "9\x1b[2J\nerror: fake"

    def change(heap: Heap, forger: Forger) -> None:
        del heap
        forger.manifest |= {"product": evil}

    path = target.path.parent / "loud.tar.zst"
    path.write_bytes(forged(target, good, change))
    shown = typed(target, "inspect", str(path)).out
    assert "written by" in shown
    assert "\x1b" not in shown
    assert "error: fake" not in shown


def stored_as(heap: Heap, forger: Forger, snapshot: str) -> None:
    """Store the archive's newest snapshot, changed, under another id and the forger's writer."""
    (made_by,) = {
        str(item["id"]) for item in json.loads(forger.members["manifest.json"])["writers"]
    }
    before = {RefName(n): o for n, o in json.loads(forger.members["manifest.json"])["refs"].items()}
    segment = before[layout.ref(WriterId(made_by), layout.SNAPSHOTS, 1)]
    parts = {item.name: item for item in forger.tree(f"{segment}^{{tree}}:{last(forger, segment)}")}
    record = json.loads(forger.read(parts["meta"].oid)) | {"id": snapshot}
    meta = heap.put("blob", json.dumps(record).encode())
    evil = heap.put_tree([TreeEntry(MODE_FILE, "evil", heap.put("blob", b"evil\n"))])
    parts["meta"] = TreeEntry(MODE_FILE, "meta", meta)
    parts["tree"] = TreeEntry(MODE_TREE, "tree", evil)
    entry = heap.put_tree(list(parts.values()))
    tree = heap.put_tree([TreeEntry(MODE_TREE, snapshot, entry)])
    name = layout.ref(forger.writer, layout.SNAPSHOTS, 1)
    forger.refs[name] = heap.put("tag", layout.tag_bytes(tree, layout.SNAPSHOTS))


def last(forger: Forger, segment: str) -> str:
    """Return the id of the newest snapshot of a segment."""
    return forger.tree(f"{segment}^{{tree}}")[-1].name


@pytest.mark.parametrize("writer", ["k" * 16, "z" * 16])
@pytest.mark.parametrize("stores", [False, True])
def test_what_others_say_of_our_snapshots_does_not_count(
    given_archive: Given, tmp_path: Path, writer: str, *, stores: bool
) -> None:
    """Any id can stand in a foreign event, and over a foreign snapshot: ours stays ours."""
    _, good = given_archive
    target = empty(tmp_path / "target")
    tw(target, "init", "--no-hooks")
    target.write("z.txt", "ours\n")
    tw(target, "snapshot", "-m", "our words")
    first = opened(target).show("@").entry
    snapshot = str(first and first.snapshot)
    target.write("z.txt", "later\n")
    tw(target, "snapshot", "-m", "later")
    before = typed(target, "show", "--date", "iso-strict", snapshot)
    planned = typed(target, "jump", "-n", snapshot)

    def change(heap: Heap, forger: Forger) -> None:
        forger.writer = WriterId(writer)
        forger.manifest |= {"writer": writer}
        one_event(heap, forger, lambda e: e | {"snapshot": snapshot, "summary": "their words"})
        if stores:
            stored_as(heap, forger, snapshot)
            forger.manifest["counts"] |= {"snapshots": 1}

    (tmp_path / "their.tar.zst").write_bytes(forged(target, good, change))
    tw(target, "import", "../their.tar.zst")
    after = typed(target, "show", "--date", "iso-strict", snapshot)
    assert "our words" in before.out
    assert after.out == before.out
    assert tw(target, "cat", snapshot, "z.txt").stdout == b"ours\n"
    again = typed(target, "jump", "-n", snapshot)
    assert (again.code, again.out, planned.code) == (0, planned.out, 0)
