"""A plain, slow capture for tests of the restore engine: everything is read again each time."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from git_timewarp.git.names import Oid, RefName, RepoPath
from git_timewarp.git.objects import MODE_EXEC, MODE_FILE, MODE_LINK, MODE_TREE, TreeEntry
from git_timewarp.git.repo import discover
from git_timewarp.git.user_index import read_flags
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.view import Head, View, escape
from git_timewarp.util.text import to_bytes, to_str
from tests.support.repo_builder import RepoBuilder

Leaf = tuple[int, Oid]


def quarantine_of(repo: RepoBuilder) -> Quarantine:
    """Return the quarantine of a repository."""
    return Quarantine(discover(str(repo.path), repo.env()))


def take(repo: RepoBuilder, quarantine: Quarantine, *, whole: Collection[str] = ()) -> View:
    """Capture the work tree as it is."""
    with tempfile.TemporaryDirectory() as folder:
        index = os.path.join(folder, "index")
        user = repo.git_dir() / "index"
        if user.exists():
            shutil.copy2(user, index)
        git = quarantine.git.using(index=index)
        flags = read_flags(git)
        _clear(git_names(flags.assume_unchanged), git.run, option="--no-assume-unchanged")
        there = {name for name in flags.skip_worktree if os.path.lexists(repo.location(name))}
        _clear(git_names(there), git.run, option="--no-skip-worktree")
        git.run("add", "-A", "--sparse", ".")
        tree = Oid(git.text("write-tree"))
        listed = to_str(git.run("ls-files", "-z").out).split("\0")[:-1]
    raw: dict[str, Leaf] = {}
    modes: dict[str, int] = {}
    for name in listed:
        where = repo.location(name)
        if not os.path.lexists(where) or os.path.isdir(where) and not os.path.islink(where):
            continue
        found = os.lstat(where)
        if stat.S_ISREG(found.st_mode):
            data = Path(os.fsdecode(where)).read_bytes()
            default = 0o755 if found.st_mode & 0o100 else 0o644
            if stat.S_IMODE(found.st_mode) != default:
                modes[name] = stat.S_IMODE(found.st_mode)
            given = quarantine.git.run("cat-file", "--filters", f"{tree}:{name}", ok=range(256))
            if given.code == 0 and given.out != data:
                raw[name] = (_mode(found.st_mode), quarantine.put("blob", data))
    for name in _below(repo, whole):
        if name not in listed:
            raw[name] = _leaf(repo, quarantine, name)
    records = sorted(modes.items())
    blob = b"".join(b"%o %s\0" % (bits, to_bytes(name)) for name, bits in records)
    index_tree, part = _index(repo, quarantine, tree)
    name, operation = _operation(repo, quarantine)
    return View(
        tree=tree,
        index_tree=index_tree,
        refs=quarantine.put("blob", _refs(repo)),
        head=_head(repo),
        index=part,
        raw=put_tree(quarantine, raw, escaped=True) if raw else None,
        modes=quarantine.put("blob", blob) if blob else None,
        operation=operation,
        operation_name=name,
        empty_dirs=tuple(sorted(RepoPath(name) for name in _empty(repo))),
    )


def git_names(names: Collection[str]) -> bytes:
    """Return names as `-z --stdin` wants them."""
    return b"".join(to_bytes(name) + b"\0" for name in sorted(names))


def _clear(names: bytes, run: object, *, option: str) -> None:
    if names:
        run("update-index", option, "-z", "--stdin", stdin=names)  # type: ignore[operator]


def _mode(mode: int) -> int:
    return MODE_EXEC if mode & 0o100 else MODE_FILE


def _leaf(repo: RepoBuilder, quarantine: Quarantine, name: str) -> Leaf:
    where = repo.location(name)
    found = os.lstat(where)
    if stat.S_ISLNK(found.st_mode):
        return MODE_LINK, quarantine.put("blob", os.readlink(where))
    data = Path(os.fsdecode(where)).read_bytes()
    return _mode(found.st_mode), quarantine.put("blob", data)


def _below(repo: RepoBuilder, names: Collection[str]) -> Iterator[str]:
    for name in names:
        where = repo.location(name)
        if not os.path.isdir(where) or os.path.islink(where):
            if os.path.isfile(where) or os.path.islink(where):
                yield name
            continue
        for folder, _, files in os.walk(where):
            for file in files:
                yield to_str(os.path.relpath(os.path.join(folder, file), repo.location("")))


def _index(repo: RepoBuilder, quarantine: Quarantine, tree: Oid) -> tuple[Oid, Oid | None]:
    stages: dict[str, dict[str, Leaf]] = {"0": {}, "1": {}, "2": {}, "3": {}}
    flags = read_flags(quarantine.repo.git)
    for record in repo.run("ls-files", "-s", "-z").stdout.split(b"\0")[:-1]:
        words, _, path = record.partition(b"\t")
        mode, oid, stage = words.decode().split()
        if to_str(path) not in flags.intent_to_add:
            stages[stage][to_str(path)] = (int(mode, 8), Oid(oid))
    for leaves in stages.values():
        for _, oid in leaves.values():
            if quarantine.reader.info(oid) is not None:
                quarantine.copy_in(oid)
    index_tree = put_tree(quarantine, stages["0"])
    bits = b"".join(
        f"{flag} ".encode() + to_bytes(name) + b"\0"
        for flag, names in (
            ("assume-unchanged", flags.assume_unchanged),
            ("skip-worktree", flags.skip_worktree),
            ("intent-to-add", flags.intent_to_add),
        )
        for name in sorted(names)
    )
    head = repo.git("rev-parse", "-q", "--verify", "HEAD^{tree}", ok=(0, 1))
    conflicts = any(stages[stage] for stage in "123")
    if index_tree in {head, tree} and not bits and not conflicts:
        return index_tree, None
    entries = [TreeEntry(MODE_TREE, "0", index_tree)]
    entries += [
        TreeEntry(MODE_TREE, stage, put_tree(quarantine, stages[stage]))
        for stage in "123"
        if stages[stage]
    ]
    if bits:
        entries.append(TreeEntry(MODE_FILE, "bits", quarantine.put("blob", bits)))
    return index_tree, quarantine.put_tree(entries)


def put_tree(quarantine: Quarantine, leaves: dict[str, Leaf], *, escaped: bool = False) -> Oid:
    """Write a tree of `leaves` (path -> mode, blob)."""
    entries: list[TreeEntry] = []
    folders: dict[str, dict[str, Leaf]] = {}
    for path, (mode, oid) in leaves.items():
        name, slash, rest = path.partition("/")
        if slash:
            folders.setdefault(name, {})[rest] = (mode, oid)
        else:
            entries.append(TreeEntry(mode, escape(name) if escaped else name, oid))
    for name, below in folders.items():
        oid = put_tree(quarantine, below, escaped=escaped)
        entries.append(TreeEntry(MODE_TREE, escape(name) if escaped else name, oid))
    return quarantine.put_tree(entries)


def _refs(repo: RepoBuilder) -> bytes:
    head = repo.git("rev-parse", "-q", "--verify", "HEAD", ok=(0, 1)) or "0" * 40
    lines = [f"{head} HEAD"]
    listed = repo.git("for-each-ref", "--format=%(objectname) %(refname) %(symref)")
    lines += [line.rstrip() for line in listed.splitlines()]
    return "".join(line + "\n" for line in lines).encode()


def _head(repo: RepoBuilder) -> Head:
    branch = repo.git("symbolic-ref", "-q", "HEAD", ok=(0, 1))
    commit = repo.git("rev-parse", "-q", "--verify", "HEAD", ok=(0, 1))
    return Head(Oid(commit) if commit else None, RefName(branch) if branch else None)


def _operation(repo: RepoBuilder, quarantine: Quarantine) -> tuple[str | None, Oid | None]:
    leaves: dict[str, Leaf] = {}
    for top in ("MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "rebase-merge"):
        where = repo.git_dir() / top
        files = [where] if where.is_file() else sorted(where.rglob("*"))
        for file in files:
            if file.is_file():
                name = str(file.relative_to(repo.git_dir()))
                leaves[name] = (MODE_FILE, quarantine.put("blob", file.read_bytes()))
    if not leaves:
        return None, None
    name = "merge" if "MERGE_HEAD" in leaves else "rebase"
    return name, put_tree(quarantine, leaves, escaped=True)


def _empty(repo: RepoBuilder) -> Iterator[str]:
    for name, (mode, _) in repo.state().items():
        if stat.S_ISDIR(mode):
            yield name
