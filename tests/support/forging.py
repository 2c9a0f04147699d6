"""Archives that are whole and hold what is not ours, and what an import says of them."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from git_timewarp.archive import tape, zstd
from git_timewarp.errors import TimewarpError
from git_timewarp.git import bundle
from git_timewarp.git.names import Oid, RefName, WriterId
from git_timewarp.git.objects import MODE_FILE, MODE_TREE, TreeEntry
from git_timewarp.store import layout
from git_timewarp.store.heap import Heap
from tests.support.archives import refs
from tests.support.recorder import opened
from tests.support.repo_builder import RepoBuilder

Members = dict[str, bytes]
Given = tuple[RepoBuilder, bytes]


def unpacked(data: bytes) -> Members:
    """Return the members of an archive by name, in order."""
    frame = zstd.Reader(io.BytesIO(data))
    whole = b""
    while piece := frame.read(1 << 20):
        whole += piece
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        return {item.name: tar.extractfile(item).read() for item in tar}  # type: ignore[union-attr]


def packed(members: Members, *, seal: bool = True) -> bytes:
    """Return an archive of these members; `seal`: its manifest tells their checksums."""
    members = dict(members)
    if seal:
        manifest = json.loads(members["manifest.json"])
        manifest["members"] = [
            {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in members.items()
            if name != "manifest.json"
        ]
        members["manifest.json"] = json.dumps(manifest).encode()
    out = io.BytesIO()
    frame = zstd.Writer(out.write)
    for name, data in members.items():
        frame.write(tape.head(name, len(data), seconds=0) + data + tape.padding(len(data)))
    frame.write(tape.END)
    frame.finish()
    return out.getvalue()


def manifest_with(members: Members, /, **changes: object) -> Members:
    """Return the members with some of the manifest changed."""
    manifest = json.loads(members["manifest.json"]) | changes
    return members | {"manifest.json": json.dumps(manifest).encode()}


@contextmanager
def untouched(repo: RepoBuilder) -> Iterator[None]:
    """Nothing in the repository changes meanwhile, and nothing is left behind."""

    def seen() -> dict[str, object]:
        folder = repo.path / ".git/timewarp"
        packs = sorted(os.listdir(repo.path / ".git/objects/pack"))
        state = sorted(str(path) for path in folder.rglob("*"))
        journal = (folder / "journal").read_bytes()
        return {"refs": refs(repo), "packs": packs, "state": state, "journal": journal}

    before = seen()
    yield
    assert seen() == before


def refusal(repo: RepoBuilder, data: bytes, name: str = "bad.tar.zst") -> TimewarpError:
    """Return the error an import of these bytes ends with; nothing may have changed."""
    path = repo.path.parent / name
    path.write_bytes(data)
    with untouched(repo), pytest.raises(TimewarpError) as caught:
        opened(repo).archive.bring(str(path), confirm=lambda _what: None)
    assert caught.value.hint
    return caught.value


def forged(target: RepoBuilder, good: bytes, change: Callable[[Heap, Forger], None]) -> bytes:
    """Return an archive in which `change` made the snapshots of the writer other ones."""
    return Forger(target, good).forge(change)


class Forger:
    """Makes archives whose checksums and objects are right and whose history is not ours."""

    def __init__(self, target: RepoBuilder, good: bytes) -> None:
        self.members = unpacked(good)
        self.manifest = json.loads(self.members["manifest.json"])
        self.target = target
        self.buries = False
        self.also: list[TreeEntry] = []
        self.refs = {RefName(n): Oid(o) for n, o in self.manifest["refs"].items()}
        self.writer = WriterId(self.manifest["writer"])
        self.place = target.path.parent / "forge.git"
        if not self.place.exists():
            target.git("init", "-q", "--bare", str(self.place))
        (target.path.parent / "good.bundle").write_bytes(self.members["history.bundle"])
        fetch = ("fetch", "-q", str(target.path.parent / "good.bundle"), "+refs/*:refs/*")
        target.git("-C", str(self.place), *fetch)

    def read(self, name: str) -> bytes:
        """Return an object of the good archive."""
        return self.target.run("-C", str(self.place), "cat-file", "-p", name).stdout

    def tree(self, name: str) -> list[TreeEntry]:
        """Return the entries of a tree of the good archive."""
        out = self.target.git("-C", str(self.place), "ls-tree", name)
        found = []
        for line in out.splitlines():
            words, entry = line.split("\t", 1)
            mode, _, oid = words.split(" ")
            found.append(TreeEntry(int(mode, 8), entry, Oid(oid)))
        return found

    def forge(self, change: Callable[[Heap, Forger], None]) -> bytes:
        """Apply `change`, which sets refs, and return the archive."""
        heap = Heap("sha1")
        change(heap, self)
        git = opened(self.target).repo.git._replace(git_dir=str(self.place), work_tree=None)
        indexing = bundle.Indexing(git, strict=False)
        for data in heap.pack(list(heap._held)):
            indexing.feed(data)
        indexing.finish()
        pack = b"".join(bundle.packed(git, list(self.refs.values())))
        head = bundle.header(self.refs, hash_name="sha1")
        told = self.manifest | {"refs": {str(n): str(o) for n, o in self.refs.items()}}
        return packed(manifest_with(self.members | {"history.bundle": head + pack}, **told))

    def snapshot_with(self, heap: Heap, part: str, entry: TreeEntry | None, **meta: object) -> None:
        """Give the newest snapshot another part (and `also`), or member of its description."""
        ref = layout.ref(self.writer, layout.SNAPSHOTS, 1)
        segment = self.tree(f"{self.refs[ref]}^{{tree}}")
        victim = segment[-1]
        parts = {item.name: item for item in self.tree(victim.oid)}
        record = json.loads(self.read(parts["meta"].oid)) | meta
        described = heap.put("blob", json.dumps(record).encode())
        parts["meta"] = TreeEntry(MODE_FILE, "meta", described)
        if entry is not None:
            parts[part] = entry
        parts |= {item.name: item for item in self.also}
        if self.buries:
            parts = {name: parts[name] for name in ("meta", "tombstone")}
        changed = heap.put_tree(list(parts.values()))
        segment[-1] = TreeEntry(MODE_TREE, victim.name, changed)
        tree = heap.put_tree(segment)
        self.refs[ref] = heap.put("tag", layout.tag_bytes(tree, layout.SNAPSHOTS))


class Objects:
    """What `chains.tree_of` asks of a reader."""

    def __init__(self, forger: Forger) -> None:
        self._forger = forger

    def read(self, name: str, *, kind: str) -> bytes:
        """Return an object's bytes."""
        line = ("-C", str(self._forger.place), "cat-file", kind, name)
        return self._forger.target.run(*line).stdout


def tree_of(heap: Heap, path: str) -> Oid:
    """Return a tree with a file at `path`, its names taken as they are."""
    oid = heap.put("blob", b"#!/bin/sh\necho hello\n")
    mode = MODE_FILE
    for name in reversed(path.split("/")):
        oid = heap.put_tree([TreeEntry(mode, name, oid)])
        mode = MODE_TREE
    return oid
