"""`notes publish`: the log as ordinary git notes on commits, `refs/notes/timewarp` (design 3).

    E47 2026-11-20 15:04 commit person:ada@example.com  add a test

One line for each event on the commit it is about, drafts and safety snapshots left out. It
is a copy for people and other tools, never read back: they may change, merge, rewrite and
push it as any notes. What they wrote stays; a line of ours that is missing is added.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid
from git_timewarp.git.run import DURABLE, Git, GitError
from git_timewarp.store.events import Json
from git_timewarp.store.index import Entry
from git_timewarp.timeline.log import HIDDEN
from git_timewarp.timeline.operation import Operation
from git_timewarp.util import atomic, directories
from git_timewarp.util.clock import iso
from git_timewarp.util.text import printable, to_bytes, to_str

REF = "refs/notes/timewarp"
_TRIES = 5
_FLAT = 256
"""Notes up to which the tree has no folders; git reads and writes any fan-out."""

_LABEL = re.compile(r"(E[0-9]+)\.[k-z]+( )")
_WHO = {
    "GIT_AUTHOR_NAME": "git-timewarp",
    "GIT_AUTHOR_EMAIL": "git-timewarp@localhost",
    "GIT_COMMITTER_NAME": "git-timewarp",
    "GIT_COMMITTER_EMAIL": "git-timewarp@localhost",
}


class NotesRefError(TimewarpError):
    """`refs/notes/timewarp` is something else than notes, or keeps moving."""

    kind = Kind.CONFLICT
    reference = "notes-ref"


class _Notes(NamedTuple):
    """The notes as they are: the commit, note of each object, and paths that are no notes."""

    tip: Oid | None
    notes: Mapping[str, tuple[str, Oid]]
    others: bytes


def publish(op: Operation, *, dry_run: bool = False) -> Json:
    """Bring `refs/notes/timewarp` up to date; nothing missing, nothing is written.

    Returns:
        `{v, ref, commits, lines, old, new, dry_run}`: how many commits got how many lines.

    Raises:
        NotesRefError: the ref names no commit, or somebody moves it each time we try.
    """
    wanted = _lines(op)
    for _ in range(_TRIES):
        now = _read(op)
        texts = _missing(op, now, wanted)
        count = sum(added for _, added in texts.values())
        new = now.tip
        if texts and not dry_run:
            new = _write(op, now, {oid: text for oid, (text, _) in texts.items()})
            if new is None:
                continue
        return {
            "v": 1,
            "ref": REF,
            "commits": len(texts),
            "lines": count,
            "old": now.tip,
            "new": new,
            "dry_run": dry_run,
        }
    raise NotesRefError(
        f"'{REF}' was moved by somebody else each time it was to be written",
        hint="git timewarp notes publish",
    )


def _lines(op: Operation) -> dict[Oid, list[str]]:
    """Return the lines of each commit that is still there, oldest first."""
    by_anchor: dict[Oid, list[Entry]] = {}
    for entry in op.history.entries():
        if entry.type not in HIDDEN:
            by_anchor.setdefault(entry.anchor, []).append(entry)
    reader = op.quarantine.reader
    found = {}
    for anchor, entries in by_anchor.items():
        info = reader.info(anchor)
        if info is not None and info[1] == "commit":
            found[anchor] = [line_of(op, entry) for entry in reversed(entries)]
    return found


def line_of(op: Operation, entry: Entry) -> str:
    """Return the line of an event."""
    when = f"{entry.ts[:10]} {entry.ts[11:16]}"
    told = " ".join(printable(entry.summary).split())
    line = f"{op.label(entry)} {when} {entry.type} {printable(entry.actor)}"
    return f"{line}  {told}" if told else line


def _read(op: Operation) -> _Notes:
    git = op.repo.git
    answer = git.run("rev-parse", "-q", "--verify", REF, ok=(0, 1)).text
    if not answer:
        return _Notes(None, {}, b"")
    tip = Oid(answer)
    found = op.quarantine.reader.info(tip)
    if found is None or found[1] != "commit":
        raise NotesRefError(f"'{REF}' names no commit", hint=f"git update-ref -d {REF}")
    notes: dict[str, tuple[str, Oid]] = {}
    others = b""
    for record in git.run("ls-tree", "-r", "-z", "--full-tree", tip).out.split(b"\0")[:-1]:
        head, _, path = to_str(record).partition("\t")
        mode, kind, oid = head.split(" ")
        name = path.replace("/", "")
        if kind == "blob" and re.fullmatch(rf"[0-9a-f]{{{op.repo.hex_length}}}", name):
            notes[name] = (path, Oid(oid))
        else:
            others += to_bytes(f"{mode} {oid} 0\t{path}\0")
    return _Notes(tip, notes, others)


def _missing(
    op: Operation, now: _Notes, wanted: Mapping[Oid, list[str]]
) -> dict[Oid, tuple[bytes, int]]:
    """Return the new text of each note that lacks a line of ours, and how many it lacks."""
    found = {}
    for commit, lines in sorted(wanted.items()):
        text = b""
        if commit in now.notes:
            text = op.quarantine.reader.read(now.notes[commit][1], kind="blob")
        present = {to_str(line.strip()) for line in text.splitlines()}
        new = [line for line in lines if not {line, _LABEL.sub(r"\1\2", line, count=1)} & present]
        if new:
            if text and not text.endswith(b"\n"):
                text += b"\n"
            found[commit] = (text + to_bytes("\n".join([*new, ""])), len(new))
    return found


def _write(op: Operation, now: _Notes, texts: Mapping[Oid, bytes]) -> Oid | None:
    """Write the notes and move the ref; None when somebody moved it first."""
    git = op.repo.git.using(config=DURABLE)
    blobs = _blobs(git, list(texts.values()))
    new: dict[str, Oid] = {name: oid for name, (_, oid) in now.notes.items()}
    new.update(zip(texts, blobs, strict=True))
    index = os.path.join(op.repo.state_dir, atomic.temporary("notes-index"))
    scratch = git.using(index=index)
    try:
        lines = [f"100644 {oid} 0\t{_path(name, len(new))}\0" for name, oid in sorted(new.items())]
        scratch.run("read-tree", "--empty")
        stdin = to_bytes("".join(lines)) + now.others
        scratch.run("update-index", "-z", "--index-info", stdin=stdin)
        tree = scratch.run("write-tree").text
    finally:
        directories.remove(index)
        directories.remove(f"{index}.lock")
    date = iso(op.world.clock.now_ns())
    who = {**_WHO, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    parents = ("-p", now.tip) if now.tip is not None else ()
    message = b"Notes published by git timewarp\n"
    commit = git.using(extra=who).run("commit-tree", tree, *parents, stdin=message).text
    moved = git.using(extra=who, config=("core.logAllRefUpdates=true",))
    old = now.tip if now.tip is not None else op.repo.zero
    try:
        moved.run("update-ref", "-m", "notes: published by git timewarp", REF, commit, old)
    except GitError as exc:
        if "but expected" in exc.stderr or "already exists" in exc.stderr:
            return None
        if "cannot lock ref" in exc.stderr and "exists; cannot create" in exc.stderr:
            raise NotesRefError(
                f"a ref stands in the place of '{REF}'", hint="git for-each-ref refs/notes"
            ) from exc
        raise
    return Oid(commit)


def _path(name: str, count: int) -> str:
    return name if count < _FLAT else f"{name[:2]}/{name[2:]}"


def _blobs(git: Git, texts: list[bytes]) -> list[Oid]:
    """Write blobs into git's store in one process, as one pack when they are many."""
    stream = b"".join(
        b"blob\nmark :%d\ndata %d\n%s\nget-mark :%d\n" % (mark, len(text), text, mark)
        for mark, text in enumerate(texts, 1)
    )
    out = git.run("fast-import", "--quiet", "--cat-blob-fd=1", stdin=stream + b"done\n").text
    return [Oid.parse(line) for line in out.splitlines()]
