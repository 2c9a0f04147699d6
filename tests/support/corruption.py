"""Random damage to files of ours, and what has to hold whatever it was.

A world with everything in it is made once and photographed. Each fault is a number: it seeds
what is damaged and how, so that a failure can be had again. What is true is asked of git,
object by object, and of the bytes of our files; what our commands say is held against it.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from git_timewarp.git.repo import discover
from git_timewarp.store import leaving
from git_timewarp.store.history import History
from git_timewarp.store.index_fill import fill
from tests.support.crash import Lab, Ran, State
from tests.support.crash_scenarios import edited, project

OURS = ("pack", "quarantine", "ref", "journal", "git object")
"""Where damage may cost something that was recorded."""

WEIGHTS = {
    "pack": 6,
    "quarantine": 4,
    "ref": 3,
    "journal": 3,
    "git object": 3,
    "reflog": 1,
    "record": 2,
    "read index": 2,
    "private index": 1,
    "spool": 2,
}
"""How often each kind of file is hit, against the others."""

CODES = {0, 1, 3, 4, 5, 6, 7}
"""How a command may end: never with a bug (70), a signal or a traceback."""

_RECORDS = ("acknowledged", "refs.json", "writer.json", "checked", "packs.json", "superseded")


@dataclass(frozen=True)
class Truth:
    """What there is, as git and our files say without any command of ours.

    Attributes:
        refs: all refs, the user's too.
        objects: every object our refs and the journal need.
        journal: its bytes.
        events: what `log` says, by id.
        files: some files of some snapshots: (event, path, contents).
        state: the work tree, the index and the user's refs.
    """

    refs: str
    objects: frozenset[str]
    journal: bytes
    events: dict[str, dict[str, object]]
    files: tuple[tuple[str, str, str], ...]
    state: State


@dataclass
class Found:
    """What came of one fault."""

    number: int
    kind: str
    what: str
    outcome: str = ""
    wrong: list[str] = field(default_factory=list)

    def need(self, is_right: object, said: object) -> bool:
        """Note `said` unless `is_right`."""
        if not is_right:
            self.wrong.append(f"fault {self.number} ({self.what}): {said}")
        return bool(is_right)


def build(lab: Lab) -> Truth:
    """Make the world: snapshots, kept commits and drafts, folded and not; a remote with it all."""
    project(lab)
    repo = lab.repo
    remote = lab.root / "remote"
    subprocess.run(["git", "init", "-q", "--bare", str(remote)], check=True)
    repo.git("remote", "add", "origin", str(remote))
    edited(lab)
    lab.ok("snapshot", "-m", "edited")
    repo.git("switch", "-q", "-c", "doomed")
    repo.git("add", "-A")
    repo.commit("doomed", {"doomed.txt": "a commit that loses its branch\n"})
    lab.ok("snapshot", "-m", "before the branch goes")
    repo.git("switch", "-q", "main")
    repo.git("branch", "-q", "-D", "doomed")
    repo.write("a.txt", "".join(f"line {number}\n" for number in range(400)))
    lab.ok("snapshot", "-m", "long")
    lines = lab.root / "lines"
    lines.write_text('{"type":"note","summary":"lunch","key":"a"}\n')
    lab.ok("record", stdin=str(lines))
    lab.ok("jump", "E2")
    lab.ok("undo")
    lab.ok("snapshot", "-m", "back")
    repo.git("push", "-q", "origin", "refs/heads/*:refs/heads/*", "refs/timewarp/*:refs/timewarp/*")
    for text in ("first draft\n", "second draft\n"):
        repo.write("draft.txt", text)
        lab.ok("draft")
    repo.git("commit", "-q", "--allow-empty", "-m", "noted by the hooks")
    lab.ok("log")
    repo.git("commit", "-q", "--allow-empty", "-m", "noted in the spool only")
    return truth(lab)


def truth(lab: Lab) -> Truth:
    """Look at everything."""
    events = {}
    for line in lab.ok("log", "--all", "--json").out.splitlines():
        record = json.loads(line)
        record.pop("current")
        events[str(record["id"])] = record
    files = []
    for label, path in (("E2", "a.txt"), ("E2", "deep/er/b.txt"), ("E1", "lines.dos")):
        files.append((label, path, lab.ok("cat", label, path).out))
    return Truth(
        refs=_refs(lab),
        objects=frozenset(_needed(lab)),
        journal=(lab.repo.path / ".git/timewarp/journal").read_bytes(),
        events=events,
        files=tuple(files),
        state=State.of(lab.repo),
    )


def _refs(lab: Lab) -> str:
    done = lab.repo.run("for-each-ref", "--format=%(refname) %(objectname)", ok=None)
    return done.stdout.decode()


def _needed(lab: Lab) -> set[str]:
    repo = discover(str(lab.repo.path), lab.environ())
    history = History(repo, fill=fill)
    try:
        heads = [str(oid) for oid in history.refs.values()]
        heads += [item.entry for item in history.journal.snapshots]
        heads += [item.entry for item in history.journal.kept]
    finally:
        history.close()
    done = subprocess.run(
        ["git", "rev-list", "--objects", "--no-object-names", "--stdin"],
        cwd=lab.repo.path,
        env=_with_quarantine(lab),
        input="\n".join(heads).encode() + b"\n",
        capture_output=True,
        check=True,
    )
    return {*done.stdout.decode().split(), *heads}


def _with_quarantine(lab: Lab) -> dict[str, str]:
    """Return an environment in which git reads the quarantine and what recoveries kept."""
    state = lab.repo.path / ".git/timewarp"
    folders = [state / "quarantine", *sorted(state.glob("recovery/*/objects"))]
    joined = ":".join(map(str, folders))
    return {**lab.environ(), "GIT_ALTERNATE_OBJECT_DIRECTORIES": joined}


def unreadable(lab: Lab, oids: frozenset[str]) -> set[str]:
    """Return the objects that git cannot give back as they were; git is asked anew where it dies."""
    bad: set[str] = set()
    left = sorted(oids)
    while left:
        done = subprocess.run(
            ["git", "cat-file", "--batch"],
            cwd=lab.repo.path / ".git",
            env={**_with_quarantine(lab), "GIT_DIR": str(lab.repo.path / ".git")},
            input="\n".join(left).encode() + b"\n",
            capture_output=True,
            check=False,
        )
        answered, wrong = _answers(done.stdout, left)
        bad |= wrong
        if answered == len(left):
            break
        bad.add(left[answered])
        left = left[answered + 1 :]
    return bad


def _answers(data: bytes, names: list[str]) -> tuple[int, set[str]]:
    at = 0
    wrong: set[str] = set()
    for number, name in enumerate(names):
        end = data.find(b"\n", at)
        if end < 0:
            return number, wrong
        words = data[at:end].split(b" ")
        at = end + 1
        if len(words) != 3 or not words[2].isdigit():
            wrong.add(name)
            continue
        size = int(words[2])
        body = data[at : at + size]
        if len(body) != size:
            return number, wrong
        at += size + 1
        header = words[1] + b" " + words[2] + b"\0"
        if hashlib.sha1(header + body, usedforsecurity=False).hexdigest() != name:
            wrong.add(name)
    return len(names), wrong


# -- damage -------------------------------------------------------------------------------


def targets(lab: Lab) -> dict[str, list[Path]]:
    """Return the files that can be hit, by kind."""
    git = lab.repo.path / ".git"
    state = git / "timewarp"
    store = git / "objects"
    ours = {f"{name}{part}" for name in leaving.kept(str(store / "pack")) for part in _PARTS}
    packs = sorted((store / "pack").iterdir())
    found = {
        "pack": [path for path in packs if path.name in ours],
        "git object": [path for path in packs if path.name not in ours]
        + sorted(path for path in store.glob("[0-9a-f][0-9a-f]/*")),
        "quarantine": sorted(path for path in (state / "quarantine").rglob("*") if path.is_file()),
        "ref": [path for path in (git / "refs/timewarp").rglob("*") if path.is_file()],
        "reflog": [path for path in (git / "logs/refs/timewarp").rglob("*") if path.is_file()],
        "journal": [state / "journal"],
        "record": [state / name for name in _RECORDS],
        "read index": [state / "index.db"],
        "private index": [path for path in (state / "index").rglob("*") if path.is_file()],
        "spool": [path for path in (state / "spool").rglob("*") if path.is_file()],
    }
    return {
        kind: [path for path in sorted(paths) if path.exists()] for kind, paths in found.items()
    }


_PARTS = (".pack", ".pack", ".idx", ".rev", ".keep")


def damage(lab: Lab, number: int) -> Found:
    """Do the fault of this number; say what it was."""
    rng = random.Random(number)
    found = {kind: paths for kind, paths in targets(lab).items() if paths}
    kind = rng.choices(list(found), weights=[WEIGHTS[name] for name in found])[0]
    path = rng.choice(found[kind])
    how = rng.choice(list(HOW))
    said = HOW[how](path, rng)
    where = path.relative_to(lab.repo.path / ".git")
    return Found(number, kind, f"{how} {where}{said}")


def _flip(path: Path, rng: random.Random) -> str:
    data = bytearray(path.read_bytes())
    if not data:
        return _truncate(path, rng)
    places = [rng.randrange(len(data) * 8) for _ in range(rng.choice((1, 1, 1, 3)))]
    for place in places:
        data[place // 8] ^= 1 << place % 8
    _write(path, bytes(data))
    return f" at bits {places} of {len(data) * 8}"


def _truncate(path: Path, rng: random.Random) -> str:
    data = path.read_bytes()
    length = rng.choice((0, rng.randrange(len(data) + 1), max(len(data) - 1, 0)))
    _write(path, data[:length])
    return f" to {length} of {len(data)}"


def _delete(path: Path, _rng: random.Random) -> str:
    path.unlink()
    return ""


def _zeros(path: Path, rng: random.Random) -> str:
    """Do what a file system does that lost a block: zeros for what was there."""
    data = bytearray(path.read_bytes())
    start = rng.randrange(0, len(data) + 1, 512)
    end = min(start + 512, len(data))
    data[start:end] = bytes(end - start)
    _write(path, bytes(data))
    return f" from {start} to {end}"


def _write(path: Path, data: bytes) -> None:
    """Write without touching a file that shares its contents by a link."""
    mode = path.stat().st_mode
    path.unlink()
    path.write_bytes(data)
    os.chmod(path, mode & 0o7777)


HOW: dict[str, Callable[[Path, random.Random], str]] = {
    "flip": _flip,
    "truncate": _truncate,
    "delete": _delete,
    "zeros": _zeros,
}


# -- what has to hold ---------------------------------------------------------------------


def experiment(lab: Lab, before: Truth, number: int) -> Found:
    """Do one fault in the photographed world and check everything."""
    lab.put_back("start")
    found = damage(lab, number)
    with_remote = number % 2 == 0
    if not with_remote:
        shutil.rmtree(lab.root / "remote")
    bad = unreadable(lab, before.objects)
    hurt = bool(bad) or _refs(lab) != before.refs or _journal(lab) != before.journal
    told = verify(found, lab)
    found.need(told or not hurt, f"nobody tells: {sorted(bad)}")
    if number % 4 < 2:
        _use(found, lab, before)
        bad = unreadable(lab, before.objects)
    _repair(found, lab)
    left = unreadable(lab, before.objects)
    found.need(left <= bad, f"repair made it worse: {sorted(left - bad)}")
    clean = not verify(found, lab)
    _use(found, lab, before)
    reachable = found.kind in {"pack", "git object", "ref"} and with_remote
    if reachable:
        found.need(not left, f"a remote has it and it is not healed: {sorted(left)}")
        found.need(clean, "a remote has everything and verify still complains")
    found.need(not left or not clean, f"clean, they say, without {sorted(left)}")
    here = left & _work_tree(lab)
    found.need(not here, f"the work tree has it and it is not healed: {sorted(here)}")
    if number % 3 == 0:
        _keep_up(found, lab, clean=clean, left=left)
    found.outcome = _outcome(hurt=hurt, told=told, healed=clean)
    return found


def _work_tree(lab: Lab) -> set[str]:
    """Return the ids of the contents of the files in the work tree."""
    ids = set()
    for path in lab.repo.path.rglob("*"):
        if path.is_file() and not path.is_symlink() and ".git" not in path.parts:
            data = path.read_bytes()
            header = b"blob %d\0" % len(data)
            ids.add(hashlib.sha1(header + data, usedforsecurity=False).hexdigest())
    return ids


def _keep_up(found: Found, lab: Lab, *, clean: bool, left: set[str]) -> None:
    """What comes later: the user's gc, an archive of it all; neither breaks, loses nor lies."""
    needed = frozenset(_needed(lab)) if clean else frozenset[str]()
    gc = lab.repo.run("gc", "--quiet", "--prune=now", ok=None)
    if clean and _is_his_whole(lab):
        found.need((gc.returncode, gc.stderr) == (0, b""), f"git gc: {gc.stderr!r}")
        gone = unreadable(lab, needed) - left
        found.need(not gone, f"git gc took {sorted(gone)}")
        found.need(not verify(found, lab), "verify complains after git gc")
    archive = lab.root / "all.tar.zst"
    exported = ran(found, lab, "export", "--output", str(archive), "--json")
    found.need(not clean or exported.code == 0, f"export: {exported.code} {exported.err}")
    found.need(archive.exists() is (exported.code == 0), "export and its file do not agree")
    if exported.code == 0:
        read = ran(found, lab, "inspect", str(archive), "--json")
        found.need(read.code == 0, f"what export wrote cannot be read: {read.err}")
        archive.unlink()


def _is_his_whole(lab: Lab) -> bool:
    """Tell whether git can read all that is the user's own; what he lost ends his gc without us."""
    logs = lab.repo.path / ".git/logs"
    paths = [logs / "HEAD", *(path for path in (logs / "refs/heads").rglob("*") if path.is_file())]
    lines = [line for path in paths for line in path.read_text().splitlines()]
    noted = {word for line in lines for word in line.split(" ")[:2] if word.strip("0")}
    tips = ("--exclude=refs/timewarp/*", "--all", "HEAD", "--indexed-objects", *sorted(noted))
    git = ("-c", "core.commitGraph=false", "rev-list", "--objects", "--quiet", "--ignore-missing")
    return lab.repo.run(*git, *tips, ok=None).returncode == 0


def _outcome(*, hurt: bool, told: bool, healed: bool) -> str:
    if not hurt:
        return "harmless and told" if told else "harmless"
    return "healed" if healed else "named"


def _journal(lab: Lab) -> bytes:
    path = lab.repo.path / ".git/timewarp/journal"
    return path.read_bytes() if path.exists() else b""


def ran(found: Found, lab: Lab, *words: str) -> Ran:
    """Run a command that may fail, as a command fails."""
    done = lab.run(*words)
    text = f"{' '.join(words)} ended with {done.code}: {done.out[-300:]} {done.err[-600:]}"
    found.need(done.code in CODES and "Traceback" not in done.err, text)
    if done.code not in {0, 5}:
        found.need("error" in done.err and "hint" in done.err, f"no error and hint: {text}")
    return done


def verify(found: Found, lab: Lab) -> bool:
    """Run `verify --full`, which changes nothing; tell whether it finds damage."""
    done = ran(found, lab, "verify", "--full", "--json")
    if not done.out.startswith("{"):
        return True
    problems = done.json["problems"]
    found.need(done.code == (5 if problems else 0), f"verify: {done.code} with {problems}")
    return bool(problems)


def _repair(found: Found, lab: Lab) -> None:
    done = ran(found, lab, "repair", "--json")
    if '"reference":"not-recording"' in done.err:
        # The file that says so is gone; the hint says what to do.
        ran(found, lab, "init", "--json")
        done = ran(found, lab, "repair", "--json")
    found.need(done.code in {0, 5}, f"repair: {done.code} {done.err}")


def _use(found: Found, lab: Lab, before: Truth) -> None:
    """Use commands: what they answer is right, or they fail; nothing of the user changes."""
    ran(found, lab, "status", "--json")
    done = ran(found, lab, "log", "--all", "--json")
    for line in done.out.splitlines():
        record = json.loads(line)
        record.pop("current")
        expected = before.events.get(str(record["id"]))
        # The work tree's labels and counts may be new; what was recorded is what it was.
        same = expected is None or all(
            record[name] == expected[name] for name in ("type", "ts", "summary", "snapshot")
        )
        found.need(same, f"log lies: {record}")
    for label, path, contents in before.files:
        shown = ran(found, lab, "cat", label, path)
        found.need(shown.code or shown.out == contents, f"cat {label} {path} lies: {shown.out}")
    for words in (("jump", "--dry-run", "E2"), ("undo", "--dry-run"), ("recover", "--json")):
        ran(found, lab, *words)
    taken = ran(found, lab, "snapshot", "--json")
    if taken.code == 0:
        shown = ran(found, lab, "cat", "@", "a.txt")
        now = (lab.repo.path / "a.txt").read_text()
        found.need(shown.code or shown.out == now, f"a snapshot of now lies: {shown.out}")
    after = State.of(lab.repo)
    found.need(after == before.state, "the work tree, the index or a ref of the user changed")


def table(results: list[Found]) -> Iterator[str]:
    """Draw how many faults came to which end, by the kind of file."""
    ends = ("harmless", "harmless and told", "healed", "named")
    yield f"{'':14} {'tried':>6} " + " ".join(f"{end:>18}" for end in ends)
    for kind in sorted({item.kind for item in results}):
        some = [item for item in results if item.kind == kind]
        counts = [sum(item.outcome == end for item in some) for end in ends]
        yield f"{kind:14} {len(some):6} " + " ".join(f"{count:18}" for count in counts)
