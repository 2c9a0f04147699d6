"""What git did while we were not looking: hooks' notes, and moves no hook told of.

Hooks are triggers, not the record (design 6): the spool gives events their detail;
what moved without a note becomes a `gap` event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import MissingObjectError, Object, Reader
from git_timewarp.safety.secrets import scrub
from git_timewarp.store import kept
from git_timewarp.store.chain import NewEvent
from git_timewarp.store.index import Entry
from git_timewarp.store.spool import Spool
from git_timewarp.store.spool_lines import HookEvent
from git_timewarp.store.view import View
from git_timewarp.timeline import treediff
from git_timewarp.timeline.operation import Operation
from git_timewarp.util.clock import iso
from git_timewarp.util.text import json_name

FILES_LIMIT = 50
MOVES_LIMIT = 50
_BATCH = 1_000


def drain(op: Operation) -> list[Entry]:
    """Turn what hooks spooled into events, each once; return them.

    A crash between the journal and `ack` shows the same notes again; their keys drop them.
    """
    spool = Spool(op.repo.state_dir, clock=op.world.clock)
    batch = spool.take()
    if not batch.events and not batch.lost:
        return []
    new: list[NewEvent] = []
    seen: set[str] = set()
    for note in batch.events:
        if note.key not in seen and op.history.find_key(note.key) is None:
            seen.add(note.key)
            new.append(_event(op, note))
    if batch.lost:
        key = batch.lost_key
        if op.history.find_key(key) is None:
            new.append(_lost(op, batch.lost, key))
    recorded: list[Entry] = []
    for start in range(0, len(new), _BATCH):
        sealed = op.recorder.seal(new[start : start + _BATCH])
        op.recorder.append(sealed)
        recorded += op.recorded(sealed)
    spool.ack(batch)
    return recorded


def unseen(
    op: Operation, before: View, now: View, since: Entry | None
) -> dict[str, tuple[Oid | None, Oid | None]]:
    """Return the refs that moved between two views and no event since tells of.

    The result maps ref names to (old, new); None for a ref that was not or is not there.
    """
    if before.refs == now.refs:
        return {}
    reader = op.quarantine.reader
    old = kept.parse_refs(reader.read(before.refs, kind="blob"))
    new = kept.parse_refs(reader.read(now.refs, kind="blob"))
    told: set[str] = set()
    for entry in op.history.entries():
        if since is not None and entry.order <= since.order:
            break
        # Where hooks could note nothing the anchor is only where HEAD was when that was told.
        if entry.type != "gap":
            told |= {str(entry.anchor), str(entry.head)}
    return {
        name: (old.get(name), new.get(name))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name) and new.get(name) not in told
    }


def told(op: Operation, since: Entry | None) -> list[Oid]:
    """Return the commits that hooks named since an entry: each may have lost its name already."""
    found: dict[Oid, None] = {}
    for entry in op.history.entries():
        if since is not None and entry.order <= since.order:
            break
        if entry.type in {"commit", "merge", "checkout"} and entry.head is not None:
            found[entry.head] = None
        if entry.type == "checkout" and isinstance(entry.data.get("from"), str):
            found[Oid(str(entry.data["from"]))] = None
        pairs = entry.data.get("pairs")
        if entry.type == "rewrite" and isinstance(pairs, list):
            found.update((Oid(pair[0]), None) for pair in pairs if pair)
    return [oid for oid in found if not oid.is_zero]


def gap(
    op: Operation, moves: Mapping[str, tuple[Oid | None, Oid | None]], *, anchor: Oid, view: View
) -> NewEvent:
    """Describe moves that no hook told of."""
    named = [
        f"{name.removeprefix('refs/heads/')} {_short(old)} → {_short(new)}"
        for name, (old, new) in list(moves.items())[:3]
    ]
    more = len(moves) - len(named)
    return op.event(
        "gap",
        "moved unseen: " + ", ".join(named) + (f" and {more} more" if more else ""),
        anchor=anchor,
        head=view.head.oid,
        branch=view.head.branch,
        actor=op.world.system,
        data={
            "moves": [
                {"ref": json_name(name), "old": old, "new": new}
                for name, (old, new) in list(moves.items())[:MOVES_LIMIT]
            ]
        },
    )


def _short(oid: Oid | None) -> str:
    return "nothing" if oid is None else oid[:7]


def _lost(op: Operation, count: int, key: str) -> NewEvent:
    return op.event(
        "gap",
        f"git hooks could not note {count} event{'s' if count != 1 else ''}",
        anchor=_head(op) or op.repo.zero,
        head=None,
        branch=None,
        actor=op.world.system,
        key=key,
        data={"lost": count},
    )


def _head(op: Operation) -> Oid | None:
    found = op.quarantine.reader.info("HEAD^{commit}")
    return found[0] if found is not None else None


def _event(op: Operation, note: HookEvent) -> NewEvent:
    commit = Oid(note.commit) if note.commit else None
    if commit is None and note.branch:
        found = op.quarantine.reader.info(f"{note.branch}^{{commit}}")
        commit = found[0] if found is not None else None
    commit = commit or _head(op)
    kind, summary, data, extra = _told(op.quarantine.reader, note, commit)
    new = op.event(
        kind,
        # The commit may be rewritten to take a secret out of its subject; an event is not.
        scrub(summary).text,
        anchor=commit or op.repo.zero,
        head=commit,
        branch=note.branch,
        key=note.key,
        data={key: value for key, value in data.items() if value not in (None, [], "")},
        extra=extra,
    )
    worktree = note.worktree(op.repo.common_dir) or op.repo.worktree
    return new._replace(worktree=worktree, ts=iso(note.at_ns))


_Told = tuple[str, str, dict[str, object], dict[str, object]]


def _told(reader: Reader, note: HookEvent, commit: Oid | None) -> _Told:
    args = [*note.args, "", "", ""]
    data: dict[str, object] = {"action": scrub(note.action or "").text}
    if note.hook == "post-commit":
        found = reader.find(commit) if commit else None
        touches = _files(reader, found)
        extra: dict[str, object] = {"touches": touches} if touches else {}
        return "commit", _subject(found), data, extra
    if note.hook == "post-checkout":
        data |= {"from": args[0], "to": args[1]}
        if args[2] != "1":
            return "checkout", "checked files out", data, {}
        branch = (note.branch or "").removeprefix("refs/heads/") or args[1][:7]
        return "checkout", f"checked out {branch}", data, {}
    if note.hook == "post-merge":
        data["squash"] = args[0] == "1"
        return "merge", _subject(reader.find(commit) if commit else None), data, {}
    if note.hook == "post-rewrite":
        pairs = [line.split(" ")[:2] for line in note.lines]
        data |= {"by": args[0], "pairs": pairs, "more": note.more_lines or None}
        return "rewrite", f"{args[0]} rewrote {len(pairs) + note.more_lines} commit(s)", data, {}
    if note.hook == "pre-push":
        data |= {
            "remote": args[0],
            "url": args[1],
            "refs": [_pushed(line) for line in note.lines],
            "more": note.more_lines or None,
        }
        return "push-attempt", f"push to {args[0]}", data, {}
    return note.hook, note.hook, data, {}


def _pushed(line: str) -> dict[str, object]:
    words = [*line.split(" "), "", "", "", ""]
    return {"local": words[0], "new": words[1], "remote": words[2], "old": words[3]}


def _subject(commit: Object | None) -> str:
    if commit is None:
        return ""
    _, _, message = commit.data.partition(b"\n\n")
    lines = message.decode("utf-8", "replace").strip().splitlines()
    return lines[0] if lines else ""


def _files(reader: Reader, commit: Object | None) -> list[dict[str, object]]:
    if commit is None or commit.type != "commit":
        return []
    parents = [line for line in _header(commit) if line.startswith("parent ")]
    before = None
    if parents:
        found = reader.info(f"{parents[0].split(' ')[1]}^{{tree}}")
        before = found[0] if found is not None else None
    tree = Oid(next(iter(_header(commit))).split(" ")[1])
    changed = treediff.compare(reader, before, tree)
    try:
        return [
            {"path": json_name(change.path), "op": change.status}
            for change, _ in zip(changed, range(FILES_LIMIT), strict=False)
        ]
    except MissingObjectError:
        # A prune was here since: the commit is told of without its files.
        return []


def _header(commit: Object) -> Iterable[str]:
    return commit.data.partition(b"\n\n")[0].decode("utf-8", "replace").split("\n")
