"""Files and refs of ours that are damaged, deleted or half written: told, healed, outlived."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.crash import Lab
from tests.support.crash_scenarios import project


def state(lab: Lab, name: str) -> Path:
    """Return a file in our state folder."""
    return lab.repo.path / ".git/timewarp" / name


def problems(lab: Lab) -> list[dict[str, str]]:
    """Return the problems `status` names; it succeeds whatever they are."""
    found = lab.ok("status", "--json").json["problems"]
    assert isinstance(found, list)
    return found


def said(lab: Lab) -> str:
    """Return them as one text."""
    return "\n".join(f"{item['kind']} {item['where']}" for item in problems(lab))


def verified(lab: Lab) -> set[str]:
    """Return the kinds of damage `verify --full` finds; its exit code says the same."""
    done = lab.run("verify", "--full", "--json")
    found = done.json["problems"]
    assert isinstance(found, list)
    assert done.code == (5 if found else 0), done.out
    return {str(item["kind"]) for item in found}


def refs(lab: Lab) -> dict[str, str]:
    """Return our refs and their values."""
    listed = lab.repo.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/timewarp")
    return dict(line.split(" ", 1) for line in listed.splitlines())


def draft(lab: Lab, text: str) -> None:
    """Take a draft that waits in the journal."""
    lab.repo.write("a.txt", text)
    lab.ok("draft")


@pytest.fixture
def recorded(lab: Lab) -> Lab:
    """Return a recorded project with a snapshot and two drafts that wait to be folded."""
    project(lab)
    lab.repo.write("a.txt", "folded\n")
    lab.ok("snapshot")
    draft(lab, "first draft\n")
    draft(lab, "second draft\n")
    return lab


def test_a_ref_transaction_half_done(recorded: Lab) -> None:
    """Some refs moved, a lock stayed on another: the next command completes it."""
    lab = recorded
    before = refs(lab)
    lab.repo.write("a.txt", "in between\n")
    killed = lab.run("snapshot", stop=1, at="git update-ref", kind="kill")
    assert killed.code == -9
    lab.wait_for_children()
    journal = state(lab, "journal").read_text()
    fold = json.loads(next(line for line in journal.splitlines() if line[9] == "F")[11:])
    first, last = fold["refs"][0], fold["refs"][-1]
    assert first["name"] != last["name"]
    lab.repo.git("update-ref", first["name"], first["new"])
    lock = lab.repo.path / ".git" / f"{last['name']}.lock"
    lock.touch()
    assert verified(lab) == {"torn-write"}
    assert "is finished now" in said(lab)
    assert not lock.exists()
    assert verified(lab) == set()
    now = refs(lab)
    assert {change["name"]: change["new"] for change in fold["refs"]}.items() <= now.items()
    assert before.keys() <= now.keys()


def test_a_pack_without_its_refs(recorded: Lab) -> None:
    """The pack is in git's store, kept, and nothing names it yet: the refs follow."""
    lab = recorded
    lab.repo.write("a.txt", "in between\n")
    lab.run("snapshot", stop=1, at="git update-ref", kind="kill")
    lab.wait_for_children()
    lab.repo.git("gc", "-q", "--prune=now")
    assert "is finished now" in said(lab)
    assert verified(lab) == set()
    assert lab.repo.git("fsck") == ""
    assert lab.ok("cat", "@", "a.txt").out == "in between\n"


def test_a_last_line_cut_off(recorded: Lab) -> None:
    """A torn line is no tampering; it is told once, and stays marked until the next fold."""
    lab = recorded
    events = lab.event_ids()
    journal = state(lab, "journal")
    journal.write_bytes(journal.read_bytes() + b'0123abcd E 55 {"half an ev')
    assert verified(lab) == {"torn-write"}
    assert "cut off by a crash" in said(lab)
    assert problems(lab) == []
    assert verified(lab) == set()
    draft(lab, "after\n")
    assert verified(lab) == set()
    assert lab.event_ids() > events


def test_a_line_that_was_changed(recorded: Lab) -> None:
    """A flipped bit is found, and costs what stood in that line alone."""
    lab = recorded
    events = lab.event_ids()
    journal = state(lab, "journal")
    lines = journal.read_bytes().split(b"\n")
    at = next(number for number, line in enumerate(lines) if b'"type":"draft"' in line)
    lines[at] = lines[at].replace(b'"type":"draft"', b'"type":"drafT"')
    journal.write_bytes(b"\n".join(lines))
    assert "foreign-edit" in verified(lab)
    assert "foreign-edit" in said(lab)
    assert len(events - lab.event_ids()) == 1
    lab.repo.write("a.txt", "after\n")
    lab.ok("snapshot")
    lab.ok("jump", "@-1")
    assert len(events - lab.event_ids()) == 1


@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
def test_refs_that_vanished(recorded: Lab, packed: bool) -> None:  # noqa: FBT001 - a parameter
    """What a mirror fetch deletes is put back by the next command, which says so."""
    lab = recorded
    lab.repo.write("a.txt", "folded again\n")
    lab.ok("snapshot")
    before, events = refs(lab), lab.event_ids()
    if packed:
        lab.repo.git("pack-refs", "--all")
    lab.repo.git("update-ref", "--stdin", stdin="".join(f"delete {n}\n" for n in before).encode())
    assert refs(lab) == {}
    assert "missing-object" in verified(lab)
    assert said(lab).count("put back") == len(before)
    assert refs(lab) == before
    assert problems(lab) == []
    assert verified(lab) == set()
    assert lab.event_ids() == events


def test_refs_that_went_back(recorded: Lab) -> None:
    """A restored backup of the refs is noticed, and no event folded since is lost."""
    lab = recorded
    old = refs(lab)
    lab.repo.write("a.txt", "folded again\n")
    lab.ok("snapshot")
    now, events = refs(lab), lab.event_ids()
    for name, oid in old.items():
        lab.repo.git("update-ref", name, oid)
    assert refs(lab) != now
    assert "older value" in said(lab)
    assert refs(lab) == now
    assert lab.event_ids() == events
    assert verified(lab) == set()


def test_refs_that_went_back_while_a_fold_was_cut_off(recorded: Lab) -> None:
    """Both at once: the refs are healed, the fold is done, nothing is there twice."""
    lab = recorded
    lab.repo.write("a.txt", "folded again\n")
    lab.run("snapshot", stop=1, at="git update-ref", kind="kill")
    lab.wait_for_children()
    events = lab.event_ids()
    deleted = "".join(f"delete {name}\n" for name in refs(lab))
    lab.repo.git("update-ref", "--stdin", stdin=deleted.encode())
    assert "put back" in said(lab)
    lab.ok("snapshot", "-m", "on")
    assert lab.event_ids() > events
    assert verified(lab) == set()


def remove(path: Path) -> None:
    """Remove a file or folder."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def garbage(path: Path) -> None:
    """Replace a file by what it never was."""
    path.write_bytes(b"this is no database, nor is it anything else\n" * 40)


def garbage_inside(path: Path) -> None:
    """Damage a file in the middle; its beginning is right."""
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("harm", [remove, garbage, garbage_inside])
def test_the_read_index_is_only_a_cache(recorded: Lab, harm: Callable[[Path], None]) -> None:
    """Deleted or damaged, it is built again and says the same."""
    lab = recorded
    before = lab.ok("log", "--all", "--json").out
    harm(state(lab, "index.db"))
    assert lab.ok("log", "--all", "--json").out == before
    assert problems(lab) == []
    harm(state(lab, "index.db"))
    lab.repo.write("a.txt", "after\n")
    lab.ok("snapshot")
    assert verified(lab) == set()


def test_the_quarantine_is_gone_while_drafts_wait(recorded: Lab) -> None:
    """What is lost is said; everything else is there, and recording goes on."""
    lab = recorded
    events = lab.event_ids()
    shutil.rmtree(state(lab, "quarantine"))
    lab.repo.write("b.txt", "after\n")
    lost = lab.run("snapshot")
    assert lost.code == 0, lost.err
    assert lost.err.count("is lost") == 2
    assert lab.ok("snapshot", "-m", "again").err == ""
    assert lab.event_ids() > events
    assert verified(lab) <= {"missing-object"}
    lab.repo.write("a.txt", "one more\n")
    lab.ok("snapshot")
    lab.ok("jump", "@-1")
    lab.ok("undo")
    assert lab.ok("cat", "E2", "a.txt").out == "folded\n"


@pytest.mark.parametrize("name", ["writer.json", ""], ids=["writer", "everything"])
def test_our_files_are_gone_and_the_refs_stay(recorded: Lab, name: str) -> None:
    """`init` begins again as a new writer; what was folded is read and can be jumped to."""
    lab = recorded
    lab.ok("snapshot", "-m", "folds the drafts")
    events = lab.event_ids()
    remove(state(lab, name))
    assert lab.ok("status", "--json").json["recording"] is False
    lab.ok("init")
    assert lab.event_ids() > events
    assert verified(lab) == set()
    lines = lab.ok("log", "--all", "--json").out.splitlines()
    old = next(json.loads(line) for line in lines if json.loads(line)["type"] == "snapshot")
    lab.repo.write("a.txt", "gone on\n")
    lab.ok("jump", old["snapshot"])
    assert lab.repo.read("a.txt") == b"second draft\n"
    lab.ok("undo")
    assert lab.repo.read("a.txt") == b"gone on\n"
    assert problems(lab) == []


def test_the_journal_is_gone(recorded: Lab) -> None:
    """What was under way in it is lost; the rest is read, numbers go on upwards."""
    lab = recorded
    lab.ok("snapshot", "-m", "folds the drafts")
    events = lab.event_ids()
    top = json.loads(lab.ok("log", "-n", "1", "--json").out)["event"]
    remove(state(lab, "journal"))
    assert verified(lab) == {"lost-journal"}
    assert "new writer id" in said(lab)
    lab.repo.write("a.txt", "after\n")
    event = str(lab.ok("snapshot", "--json").json["event"])
    assert int(event.removeprefix("E").partition(".")[0]) > int(top[1:].partition(".")[0])
    assert lab.event_ids() > events
    assert verified(lab) == set()


@pytest.mark.parametrize(
    "text", ["", "\0" * 40, "1" * 40 + "\n"], ids=["empty", "zeros", "nothing"]
)
def test_a_ref_with_no_value_in_its_file(recorded: Lab, text: str) -> None:
    """What a power cut leaves of a loose ref; git itself moves no such ref."""
    lab = recorded
    before, events = refs(lab), lab.event_ids()
    for name in before:
        (lab.repo.path / ".git" / name).write_text(text)
    assert verified(lab)
    lab.ok("snapshot", "-m", "on")
    assert verified(lab) == set()
    assert refs(lab).keys() >= before.keys()
    assert lab.event_ids() > events
    assert lab.repo.git("fsck") == ""
