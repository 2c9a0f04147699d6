"""Verify: is everything we recorded still there and still what we recorded? It only looks.

`quick`: the journal, our refs, and the hash chain of every writer.
`full`: besides, every snapshot is complete and every object it needs is present and
re-hashed, by git's own fsck with our refs (and unfolded snapshots) as heads.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from git_timewarp.errors import TimewarpError
from git_timewarp.git.names import Oid, RefName, WriterId
from git_timewarp.git.objects import MissingObjectError, Reader
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import Git
from git_timewarp.store import layout, notes, transaction
from git_timewarp.store.events import GENESIS, body_of
from git_timewarp.store.history import History
from git_timewarp.store.paths import Paths
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.snapshots import load
from git_timewarp.timeline.results import Problem, VerifyReport

Progress = Callable[[int, int], None]
_N = re.compile(rb'[,{]"n":(\d+)[,}]')
_PREV = re.compile(rb'"prev":"([0-9a-f]{64})"')
_FSCK = re.compile(r"(missing|corrupt|broken) ([a-z]+) ([0-9a-f]{40,64})|([0-9a-f]{40,64})")
_ID = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{40})\b")
_PATH = re.compile(r"\b([0-9a-f]{2})/([0-9a-f]{62}|[0-9a-f]{38})\b")
_OBJECTS_ONLY = ("core.commitGraph=false", "core.multiPackIndex=false")
_AFFECTED_LIMIT = 20


@dataclass(slots=True)
class _Look:
    repo: Repo
    history: History
    progress: Progress
    problems: list[Problem] = field(default_factory=list)
    events: int = 0
    snapshots: int = 0
    objects: int = 0

    def wrong(self, kind: str, where: str, hint: str, affects: tuple[str, ...] = ()) -> None:
        self.problems.append(Problem(kind, where, hint, affects))


def verify(
    repo: Repo, *, full: bool, progress: Progress = lambda _done, _all: None
) -> VerifyReport:
    """Look at everything of ours in the repository; never changes, folds or records anything."""
    history = History(repo)
    look = _Look(repo, history, progress)
    try:
        _journal(look)
        if any(item.get("purge") for item in history.journal.intents.values()):
            # A `deinit --purge` was cut off: what it has removed already is not missing.
            return VerifyReport("full" if full else "quick", 0, 0, 0, tuple(look.problems))
        _refs(look)
        _chains(look)
        if full:
            _snapshots(look)
            _objects(look)
    finally:
        history.close()
    return VerifyReport(
        "full" if full else "quick",
        look.events,
        look.snapshots,
        look.objects,
        tuple(look.problems),
    )


def _journal(look: _Look) -> None:
    held = look.history.journal
    path = Paths(look.repo.state_dir).journal
    if not held.exists:
        # With nothing recorded yet, it is an `init` that was cut off.
        kind = "missing-object" if look.history.refs else "torn-write"
        look.wrong(kind, path, "git timewarp status", ("journal",))
    if held.ends_torn:
        look.wrong("torn-write", path, "git timewarp status", ("journal",))
    if held.damaged:
        look.wrong(
            "foreign-edit",
            f"{path}: {held.damaged} line(s) are not what was written",
            "git timewarp status",
            ("journal",),
        )
    if held.intents or held.fold is not None:
        verbs = tuple(str(item.get("verb")) for item in held.intents.values()) or ("fold",)
        look.wrong("torn-write", "an operation was cut off", "git timewarp status", verbs)


def _refs(look: _Look) -> None:
    known = transaction.known(Paths(look.repo.state_dir).known_refs)
    for name, oid in sorted(known.items()):
        now = look.history.refs.get(RefName(name))
        if now is None:
            look.wrong("missing-object", f"ref {name}", "git timewarp status", (name,))
        elif now != oid and look.history.journal.fold is None:
            look.wrong("foreign-edit", f"ref {name}", "git timewarp status", (name,))


def _chains(look: _Look) -> None:
    by_writer: dict[WriterId, dict[int, tuple[str, str]]] = {}
    wanted = [
        (found, tag)
        for name, tag in sorted(look.history.refs.items())
        if (found := layout.parse_ref(name)) and found[1] == layout.EVENTS
    ]
    for done, ((writer, _, segment), tag) in enumerate(wanted):
        look.progress(done, len(wanted))
        links = by_writer.setdefault(writer, {})
        where = f"refs/timewarp/{writer}/events/{segment:06d}"
        try:
            for blob in _note_blobs(look.history.reader, tag):
                _check_lines(look, blob, links, where)
        except TimewarpError as exc:
            look.wrong("missing-object", f"{where}: {exc.message}", "git timewarp verify --full")
        except ValueError as exc:
            look.wrong("hash-mismatch", f"{where}: {exc}", "git timewarp verify --full")
    held = look.history.journal
    if held.writer is not None:
        links = by_writer.setdefault(held.writer, {})
        if held.folded.n and links.get(held.folded.n, ("", ""))[1] != held.folded.hash:
            look.wrong(
                "broken-chain",
                f"event {held.folded.n} of '{held.writer}' is not the one the journal goes on from",
                "git timewarp log --all",
            )
        lines = b"".join(event.line + b"\n" for event in held.events if event.n > held.folded.n)
        _check_lines(look, lines, links, "journal")
    for writer, links in by_writer.items():
        _check_chain(look, writer, links)


def _note_blobs(reader: Reader, tag: Oid) -> Iterator[bytes]:
    root = reader.read(tag, kind="tag").split(b"\n", 1)[0].split(b" ")[1].decode()
    places = list(notes.walk(reader, Oid(root)))
    for (anchor, note), blob in zip(places, reader.read_all([n for _, n in places]), strict=True):
        if blob is None:
            raise MissingObjectError(f"note {note} on {anchor}")
        yield blob.data


def _check_lines(look: _Look, blob: bytes, links: dict[int, tuple[str, str]], where: str) -> None:
    for line in blob.split(b"\n"):
        if not line:
            continue
        look.events += 1
        try:
            body, claimed = body_of(line)
            numbers, previous = _N.findall(line), _PREV.findall(line)
            if len(numbers) != 1 or len(previous) != 1:
                record = json.loads(line)
                n, prev = int(record["n"]), str(record["prev"])
            else:
                n, prev = int(numbers[0]), previous[0].decode()
        except (ValueError, KeyError, TypeError):
            look.wrong("foreign-edit", f"{where}: a line is no event", "git timewarp log --all")
            continue
        if hashlib.sha256(body).hexdigest() != claimed:
            look.wrong(
                "hash-mismatch", f"{where}: event {n}", "git timewarp log --all", (f"event {n}",)
            )
        if n in links and links[n] != (prev, claimed):
            look.wrong("broken-chain", f"{where}: two events {n}", "git timewarp log --all")
        links[n] = (prev, claimed)


def _check_chain(look: _Look, writer: WriterId, links: dict[int, tuple[str, str]]) -> None:
    expected, last = 1, GENESIS
    for n in sorted(links):
        prev, digest = links[n]
        if n != expected:
            look.wrong(
                "broken-chain",
                f"writer '{writer}': events {expected} to {n - 1} are missing",
                "git timewarp verify --full",
                tuple(f"event {m}" for m in range(expected, min(n, expected + _AFFECTED_LIMIT))),
            )
        elif prev != last:
            look.wrong(
                "broken-chain",
                f"writer '{writer}': event {n} does not follow event {n - 1}",
                "git timewarp log --all",
                (f"event {n}",),
            )
        expected, last = n + 1, digest


def _snapshots(look: _Look) -> None:
    reader = look.history.reader
    try:
        every = list(look.history.catalog.every())
    except TimewarpError as exc:
        look.wrong(
            "missing-object", f"a segment of snapshots: {exc.message}", "git timewarp status"
        )
        return
    stored = set()
    for done, (snapshot, entry) in enumerate(every):
        look.progress(done, len(every))
        stored.add(snapshot)
        look.snapshots += 1
        try:
            if load(reader, entry).id != snapshot:
                look.wrong("foreign-edit", f"snapshot {snapshot}", "git timewarp log", (snapshot,))
        except TimewarpError as exc:
            look.wrong(
                "missing-object",
                f"snapshot {snapshot}: {exc.message}",
                "git timewarp log",
                (snapshot,),
            )
    for item in look.history.entries("snapshot IS NOT NULL"):
        if item.snapshot is not None and item.snapshot not in stored:
            look.wrong(
                "missing-object",
                f"snapshot {item.snapshot} of event E{item.lamport}",
                "git timewarp log --all",
                (f"E{item.lamport}",),
            )


def _objects(look: _Look) -> None:
    repo, held = look.repo, look.history.journal
    heads = [str(oid) for oid in look.history.refs.values()]
    heads += [item.entry for item in held.snapshots]
    heads += [item.entry for item in held.kept]
    if not heads:
        return
    folder = Quarantine.folder(repo)
    git = repo.git.using(alternates=(folder,), config=_OBJECTS_ONLY)
    limit = 2_000
    for start in range(0, len(heads), limit):
        chunk = heads[start : start + limit]
        mode = ["--full"] if start == 0 else ["--connectivity-only"]
        result = git.run("fsck", *mode, "--no-dangling", "--no-progress", *chunk, ok=range(256))
        if result.code:
            text = (result.out + b"\n" + result.err).decode("utf-8", "replace")
            _fsck_problems(look, text, ours=_needed(git, heads))
    out = git.run("count-objects", "-v").text
    words = dict(line.split(": ", 1) for line in out.splitlines() if ": " in line)
    look.objects = int(words.get("in-pack", "0")) + int(words.get("count", "0"))


def _needed(git: Git, heads: Sequence[str]) -> set[str] | None:
    """Return every object our refs need, missing ones too; None when that cannot be told."""
    flags = ("--objects", "--no-object-names", "--missing=print", "--stdin")
    result = git.run("rev-list", *flags, stdin="\n".join(heads).encode() + b"\n", ok=range(256))
    if result.code:
        return None
    return {line.removeprefix("?") for line in result.text.splitlines()} | set(heads)


def _fsck_problems(look: _Look, text: str, *, ours: set[str] | None) -> None:
    """Report what fsck says about objects of ours; the user's other ones are his to check."""
    seen: set[str] = set()
    precise = ours is not None and _ID.search(text) is not None
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith(("notice:", "Checking", "dangling", "to ")):
            continue
        kind = "missing-object" if "missing" in line or "broken link" in line else "hash-mismatch"
        named = {*_ID.findall(line), *(one + two for one, two in _PATH.findall(line))}
        if precise and ours is not None and not named & ours:
            continue
        found = _FSCK.search(line)
        key = found.group(0) if found else line
        if key in seen:
            continue
        seen.add(key)
        hint = "git fsck --full"
        look.wrong(kind, line.removeprefix("error: "), hint, tuple(filter(None, [key])))
