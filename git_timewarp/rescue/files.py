"""The files of a snapshot, one after another, as they are to be written: pure, nothing is written.

Exact bytes (`raw`) come before what `tree` has of the same path; nested repositories and
submodules give theirs below their own path.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import MODE_GITLINK
from git_timewarp.git.raw import RawStore
from git_timewarp.store.view import View, unescape
from git_timewarp.util.text import to_str


class File(NamedTuple):
    """A file or link to write: `exact` when its blob is its bytes, whatever attributes say."""

    path: str
    mode: int
    oid: Oid
    exact: bool
    root: str


class Gone(NamedTuple):
    """A path, or everything below it, that cannot be read."""

    path: str
    what: str
    oid: Oid | None = None


class Folder(NamedTuple):
    """A folder with nothing in it."""

    path: str


class Layer(NamedTuple):
    """A repository of the snapshot, the outermost with the root `''`, and what belongs to it."""

    root: str
    view: View
    modes: Mapping[str, int]


def layers(store: RawStore, view: View, root: str = "") -> Iterator[Layer | Gone]:
    """Yield the snapshot's own view and those of the repositories nested in it."""
    modes = store.blob(view.modes) if view.modes is not None else b""
    if modes is None:
        yield Gone(root, "permissions of its files")
    yield Layer(root, view, _modes(modes or b""))
    if view.nested is None:
        return
    entries = store.tree(view.nested)
    if entries is None:
        yield Gone(root, "the repositories in it")
    for item in entries or ():
        try:
            path = root + unescape(item.name)
        except ValueError:
            yield Gone(root + item.name, "a name that makes no sense")
            continue
        inner = _nested(store, item.oid)
        if inner is None:
            yield Gone(path, "everything in this repository")
        else:
            yield from layers(store, inner, path + "/")


def _nested(store: RawStore, tree: Oid) -> View | None:
    parts = {item.name: item.oid for item in store.tree(tree) or ()}
    meta = store.blob(parts["meta"]) if "meta" in parts else None
    try:
        return View.from_json(json.loads(meta), parts) if meta is not None else None
    except (ValueError, KeyError, TypeError):
        return None


def _modes(data: bytes) -> dict[str, int]:
    found = {}
    for record in data.split(b"\0")[:-1]:
        mode, _, name = record.partition(b" ")
        try:
            found[to_str(name)] = int(mode, 8)
        except ValueError:
            continue
    return found


def files(store: RawStore, layer: Layer, nested: frozenset[str]) -> Iterator[File | Gone | Folder]:
    """Yield what one layer has to write; `nested` are the roots that have a layer of their own."""
    view, root = layer.view, layer.root
    exact: set[str] = set()
    if view.raw is not None:
        for found in _walk(store, view.raw, root, root=root, exact=True):
            if isinstance(found, File):
                exact.add(found.path)
            yield found
    for found in _walk(store, view.tree, root, root=root, exact=False):
        if found.path in exact:
            continue
        if isinstance(found, File) and found.mode == MODE_GITLINK:
            yield Folder(found.path)
            if found.path + "/" not in nested:
                yield from _submodule(store, found)
            continue
        yield found
    for path in view.empty_dirs:
        yield Folder(root + path)


def _submodule(store: RawStore, link: File) -> Iterator[File | Gone | Folder]:
    """Yield the files of the commit a submodule was at, where its objects are at hand."""
    commit = store.find(link.oid)
    if commit is None or commit.type != "commit":
        return
    tree = Oid(commit.data[5:].split(b"\n", 1)[0].decode())
    root = link.path + "/"
    for found in _walk(store, tree, root, root=root, exact=False):
        if isinstance(found, File) and found.mode == MODE_GITLINK:
            yield Folder(found.path)
            yield from _submodule(store, found)
        else:
            yield found


def _walk(
    store: RawStore, tree: Oid, above: str, *, root: str, exact: bool
) -> Iterator[File | Gone]:
    """Walk a tree; `exact` trees have escaped names. Not recursive: a hostile tree may be deep."""
    todo = [(above, tree)]
    while todo:
        folder, oid = todo.pop()
        entries = store.tree(oid)
        if entries is None:
            yield Gone(folder.rstrip("/"), "everything in this folder", oid)
            continue
        for item in entries:
            try:
                name = unescape(item.name) if exact else item.name
            except ValueError:
                yield Gone(folder + item.name, "a name that makes no sense")
                continue
            if "/" in name or not name:
                yield Gone(folder + name, "a name that makes no sense")
            elif item.is_tree:
                todo.append((f"{folder}{name}/", item.oid))
            else:
                yield File(folder + name, item.mode, item.oid, exact, root)
