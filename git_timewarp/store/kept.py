"""Commits and tags that lost their last name, kept whole (design 3).

A ref of ours never points to a commit, so a commit is kept as a tree: `object` (its raw
bytes as a blob), `type` (`commit`, `tag`, `tree` or `blob`), and beside them what it names
that is no commit: `tree` (of a commit, or of a tag of a tree) or `blob`. A tree or blob that
a ref named directly has no `object`, it is there as itself. With parents and a stash's
index commit, so that writing them back, parents first, gives the same ids byte for byte.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from git_timewarp.git.names import Oid, RefName
from git_timewarp.git.objects import (
    MODE_FILE,
    MODE_TREE,
    MissingObjectError,
    Object,
    Reader,
    TreeEntry,
)
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import DURABLE, Git
from git_timewarp.git.trees import new_objects
from git_timewarp.store import layout
from git_timewarp.store.journal import PendingKept
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.util import atomic


class Gap(NamedTuple):
    """What cannot be written back, and what it needs that is nowhere (it may be itself)."""

    oid: Oid
    needs: Oid


def parse_refs(blob: bytes) -> dict[str, Oid]:
    """Return name -> id of a snapshot's `refs` blob (`store/view.py`)."""
    found = {}
    for line in blob.decode("utf-8", "surrogateescape").splitlines():
        words = line.split(" ")
        if len(words) >= 2 and words[0].strip("0"):
            found[words[1]] = Oid(words[0])
    return found


def lost_tips(before: Mapping[str, Oid], now: Mapping[str, Oid]) -> list[Oid]:
    """Return the values some ref had before and none has now, each once."""
    current = set(now.values())
    return [oid for oid in dict.fromkeys(before.values()) if oid not in current]


def gather(
    repo: Repo,
    quarantine: Quarantine,
    tips: Sequence[Oid],
    *,
    have: Sequence[Oid],
    base: Oid | None,
) -> list[PendingKept]:
    """Write the entries for everything only reachable from `tips`.

    Args:
        repo: the repository, for the walk.
        quarantine: receives the entries.
        tips: commits or tags that no ref names any more; those already gone, in whole or
            in part, are passed over: what cannot be kept must not stop the recording.
        have: ids kept before.
        base: a tree that is safe (HEAD's, when folded at once), or None.
    """
    reader = quarantine.reader
    known = set(have)
    found: list[PendingKept] = []
    commits: list[Oid] = []
    for tip in tips:
        thing = reader.find(tip)
        while thing is not None and thing.type == "tag":
            if thing.oid not in known:
                found += _whole_entry(quarantine, thing, [])
                known.add(thing.oid)
            thing = reader.find(_target(thing))
        if thing is not None and thing.type == "commit":
            commits.append(thing.oid)
        elif thing is not None and thing.oid == tip and tip not in known:
            found += _whole_entry(quarantine, thing, [])
            known.add(tip)
    bases = [base] if base is not None else []
    for oid in _unreachable(repo.git, reader, commits):
        commit = reader.find(oid)
        if commit is None or oid in known:
            continue
        entry = _whole_entry(quarantine, commit, bases)
        if not entry:
            continue
        found += entry
        known.add(oid)
        bases = [*bases[:1], _target(commit)] if base is not None else [_target(commit)]
    return found


def entries(
    reader: Reader, refs: Mapping[RefName, Oid], pending: Sequence[PendingKept]
) -> Iterator[tuple[Oid, Oid]]:
    """Yield (kept id, entry tree) of everything kept, pending first."""
    for item in pending:
        yield item.oid, item.entry
    for name, tag in sorted(refs.items(), reverse=True):
        parsed = layout.parse_ref(name)
        if parsed and parsed[1] == layout.KEPT:
            for entry in reader.tree(f"{tag}^{{tree}}"):
                yield Oid(entry.name), entry.oid


def write_back(git: Git, reader: Reader, kept: Mapping[Oid, Oid], wanted: Oid) -> int:
    """Make `wanted` and its kept ancestors exist again in git's store; return how many.

    Raises:
        MissingObjectError: neither git nor we have it whole; nothing that names it was written.
    """
    written = 0
    edge = shallow(git)
    stack = [wanted]
    while stack:
        oid = stack[-1]
        if _exists(git, oid):
            stack.pop()
            continue
        kind, data = _held(reader, kept, oid)
        missing = [name for name in named(data) if not _exists(git, name)]
        if wanting := [name for name in missing if name in kept or oid not in edge]:
            stack += wanting
            continue
        line = ("hash-object", "-t", kind, "--stdin", "--literally")
        if git.run(*line, stdin=data).text != oid or not _has_tree(git, data, kind):
            raise MissingObjectError(oid)
        git.using(config=DURABLE).run(*line, "-w", stdin=data)
        written += 1
        stack.pop()
    return written


def gap(git: Git, reader: Reader, kept: Mapping[Oid, Oid], wanted: Oid) -> Gap | None:
    """Return what `write_back` would miss, None where it would miss nothing; nothing is written.

    `reader` reads what is not in git's store yet, too: all that is kept is put there first.
    """
    edge = shallow(git)
    seen: set[Oid] = set()
    stack = [Gap(wanted, wanted)]
    with Reader(git) as store:
        while stack:
            found = stack.pop()
            oid = found.needs
            if oid in seen or store.info(oid) is not None:
                continue
            seen.add(oid)
            try:
                kind, data = _held(reader, kept, oid)
            except MissingObjectError:
                if reader.info(oid) is None or oid not in kept:
                    return found
                continue
            if kind == "commit" and reader.info(_tree(data)) is None:
                return Gap(oid, _tree(data))
            names = named(data)
            stack += [Gap(oid, name) for name in names if name in kept or oid not in edge]
    return None


def _held(reader: Reader, kept: Mapping[Oid, Oid], oid: Oid) -> tuple[str, bytes]:
    """Return type and bytes of a commit or tag that is kept.

    Raises:
        MissingObjectError: it is not kept, or not whole.
    """
    if oid not in kept:
        raise MissingObjectError(oid)
    parts = {item.name: item.oid for item in reader.tree(kept[oid])}
    if not {"object", "type"} <= parts.keys():
        raise MissingObjectError(oid)
    kind = reader.read(parts["type"], kind="blob").decode().strip()
    return kind, reader.read(parts["object"], kind="blob")


def shallow(git: Git) -> frozenset[Oid]:
    """Return the commits that may lack their parents here: the edge of a shallow clone."""
    path = git.text("rev-parse", "--path-format=absolute", "--git-path", "shallow")
    return frozenset(Oid(line) for line in (atomic.read(path) or b"").decode().split())


def _exists(git: Git, oid: Oid) -> bool:
    return git.run("cat-file", "-e", oid, ok=(0, 1, 128)).code == 0


def _has_tree(git: Git, data: bytes, kind: str) -> bool:
    """Tell whether git's own store has the tree of a commit, without which it is broken."""
    return kind != "commit" or _exists(git, _tree(data))


def _tree(commit: bytes) -> Oid:
    return Oid(commit[5:].split(b"\n", 1)[0].decode())


def named(data: bytes) -> list[Oid]:
    """Return the commits and tags an object names in its header (trees are not looked at)."""
    found = []
    header = data.split(b"\n\n", 1)[0].split(b"\n")
    is_tree = b"type tree" in header or b"type blob" in header
    for line in header:
        if line.startswith(b"parent ") or (line.startswith(b"object ") and not is_tree):
            found.append(Oid(line.split(b" ")[1].decode()))
    return found


def names(reader: Reader, entry: Oid) -> list[Oid]:
    """Return the commits and tags that a kept object names; none where it cannot be read."""
    try:
        parts = {item.name: item.oid for item in reader.tree(entry)}
        return named(reader.read(parts["object"], kind="blob")) if "object" in parts else []
    except (MissingObjectError, ValueError):
        return []


def _unreachable(git: Git, reader: Reader, commits: Sequence[Oid]) -> list[Oid]:
    """Return the commits only `commits` lead to, parents first."""
    if not commits:
        return []
    words = "".join(f"{commit}\n" for commit in commits).encode()
    line = ("rev-list", "--reverse", "--topo-order", "--stdin", "--not", "--all")
    plain = git.using(config=("core.commitGraph=false",))
    done = plain.run(*line, stdin=words, ok=(0, 128))
    if done.code == 0:
        return [Oid(oid) for oid in done.text.splitlines()]
    return _walked(plain, reader, commits)


def _walked(git: Git, reader: Reader, commits: Sequence[Oid]) -> list[Oid]:
    """Do what `_unreachable` does where a prune took some of the commits and git gives up."""
    done = git.run("rev-list", "--all", ok=(0, 128))
    reachable = {Oid(oid) for oid in done.text.splitlines()}
    order: dict[Oid, None] = {}
    stack = list(commits)
    while stack:
        oid = stack.pop()
        if oid in reachable:
            continue
        commit = reader.find(oid)
        if commit is None or commit.type != "commit":
            continue
        parents = [name for name in named(commit.data) if name not in order]
        left = [name for name in parents if name not in reachable and reader.info(name)]
        if left:
            stack += [oid, *left]
        else:
            order[oid] = None
    return list(order)


def _target(thing: Object) -> Oid:
    """Return the tree of a commit, or what a tag names."""
    return Oid(thing.data.split(b"\n", 1)[0].split(b" ")[1].decode())


def _whole_entry(quarantine: Quarantine, thing: Object, bases: Sequence[Oid]) -> list[PendingKept]:
    """Return the entry of a commit or tag, or nothing when a part of it is gone already."""
    try:
        entry = _entry(quarantine, thing, bases)
    except MissingObjectError:
        return []
    whole = all(quarantine.reader.info(oid) is not None for oid in entry.new)
    return [entry] if whole else []


def _entry(quarantine: Quarantine, thing: Object, bases: Sequence[Oid]) -> PendingKept:
    reader = quarantine.reader
    kind = quarantine.put("blob", thing.type.encode() + b"\n")
    parts = [TreeEntry(MODE_FILE, "type", kind)]
    new = [kind]
    named: tuple[Oid, str] | None = (thing.oid, thing.type)
    if thing.type in {"commit", "tag"}:
        raw = quarantine.put("blob", thing.data)
        parts.append(TreeEntry(MODE_FILE, "object", raw))
        new.append(raw)
        info = reader.info(_target(thing))
        if info is None:
            raise MissingObjectError(_target(thing))
        named = info[:2]
    if named is not None and named[1] == "tree":
        parts.append(TreeEntry(MODE_TREE, "tree", named[0]))
        new += [oid for oid, _, _ in new_objects(reader, named[0], bases)]
    elif named is not None and named[1] == "blob":
        parts.append(TreeEntry(MODE_FILE, "blob", named[0]))
        new.append(named[0])
    return PendingKept(thing.oid, quarantine.put_tree(parts), tuple(new))
