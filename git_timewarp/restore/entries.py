"""What a view holds at a path, and where two views differ; reads objects only.

A view answers a path from several places: `raw` wins over `tree`, and the files of a
nested repository come from its own view. An `Entry` is that answer: type, bytes (as an
object and the way to turn it into the file's bytes), permission bits. Equal subtrees are
never entered, so a comparison costs what differs.
"""

import json
from collections.abc import Callable, Iterator
from enum import Enum
from typing import NamedTuple, Self

from git_timewarp.git import trees
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import (
    MODE_EXEC,
    MODE_FILE,
    MODE_GITLINK,
    MODE_LINK,
    MissingObjectError,
    RawEntry,
    Reader,
    TreeEntry,
    entry_of,
)
from git_timewarp.store.view import View, unescape
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import to_str

Names = dict[str, RawEntry]


class Source(Enum):
    """How an object becomes the bytes of the file."""

    GIT = "git"
    """git converts it with the attributes of its own view."""
    RAW = "raw"
    """The object is the file, kept under `raw/`."""
    LITERAL = "literal"
    """The object in `tree` is the file, an external filter notwithstanding."""


class Entry(NamedTuple):
    """What a view holds at one path.

    Attributes:
        mode: as git writes it (`100644`, `100755`, `120000`, `160000`).
        oid: the blob (or the commit of a gitlink).
        source: how the blob becomes the file.
        bits: permission bits, or None for those a checkout gives.
        root: the nested repository it belongs to, `''` for the work tree's own.
    """

    mode: int
    oid: Oid
    source: Source
    bits: int | None = None
    root: str = ""

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return self.mode == MODE_LINK

    @property
    def is_gitlink(self) -> bool:
        """Whether it is a submodule or an embedded repository."""
        return self.mode == MODE_GITLINK

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return self.mode in {MODE_FILE, MODE_EXEC}

    def same_content(self, other: Self) -> bool:
        """Tell whether both are of one type and have the same bytes (permissions aside)."""
        return (
            self.oid == other.oid
            and self.source == other.source
            and (self.mode == other.mode or (self.is_file and other.is_file))
        )


class Bits(Frozen):
    """The flags of index entries: paths by flag."""

    assume_unchanged: frozenset[str] = frozenset()
    skip_worktree: frozenset[str] = frozenset()
    intent_to_add: frozenset[str] = frozenset()


class Layer:
    """One view below one root: the work tree itself, or one nested repository."""

    def __init__(self, reader: Reader, view: View, *, root: str = "") -> None:
        self.reader = reader
        self.view = view
        self.root = root
        self.literal = frozenset(view.literal)
        self.told: dict[str, TreeEntry | None] = {}
        """What the view's tree has at paths that were compared already, folders aside."""
        self._trees: dict[tuple[Oid, bool], Names] = {}
        self._modes: dict[str, int] | None = None

    @property
    def modes(self) -> dict[str, int]:
        """Permission bits by path, where they are not those of a checkout."""
        if self._modes is None:
            self._modes = parse_modes(self.reader, self.view.modes)
        return self._modes

    def entry(self, path: str) -> Entry | None:
        """Return what the view has at `path` (relative to the root), folders aside."""
        if self.view.raw is not None:
            found = self._find(self.view.raw, path, escaped=True)
            if found is not None and not found.is_tree:
                return self._entry(path, found, Source.RAW)
        if path in self.told:
            found = self.told[path]
        else:
            found = self._find(self.view.tree, path, escaped=False)
        if found is None or found.is_tree:
            return None
        literal = path in self.literal
        return self._entry(path, found, Source.LITERAL if literal else Source.GIT)

    def has_folder(self, path: str) -> bool:
        """Tell whether the view has something below the folder `path`."""
        if self.view.raw is not None:
            found = self._find(self.view.raw, path, escaped=True)
            if found is not None and found.is_tree:
                return True
        found = self._find(self.view.tree, path, escaped=False)
        return found is not None and found.is_tree

    def _entry(self, path: str, found: TreeEntry, source: Source) -> Entry:
        return Entry(found.mode, found.oid, source, self.modes.get(path), self.root)

    def _find(self, tree: Oid, path: str, *, escaped: bool) -> TreeEntry | None:
        found: TreeEntry | None = None
        for part in path.split("/"):
            if found is not None:
                if not found.is_tree:
                    return None
                tree = found.oid
            raw = self._names(tree, escaped=escaped).get(part)
            if raw is None:
                return None
            found = entry_of(raw)
        return found

    def _names(self, tree: Oid, *, escaped: bool) -> Names:
        key = (tree, escaped)
        if key not in self._trees:
            decode = unescape if escaped else str
            (entries,) = self.reader.split([tree])
            self._trees[key] = {decode(to_str(item[1])): item for item in entries}
        return self._trees[key]


class Contents:
    """A whole view: its own layer and one for each nested repository, at any depth."""

    def __init__(self, reader: Reader, view: View) -> None:
        self.reader = reader
        self.view = view
        self.main = Layer(reader, view)
        self.nested: dict[str, Layer] = {}
        self._load(view, "")  # they are few
        self._deepest = sorted(self.nested, key=len, reverse=True)

    def entry(self, path: str) -> Entry | None:
        """Return what the view holds at `path`, a nested repository's files included."""
        for root in self._deepest:
            if path.startswith(root + "/"):
                found = self.nested[root].entry(path[len(root) + 1 :])
                if found is not None:
                    return found
        return self.main.entry(path)

    def root_of(self, path: str) -> str:
        """Return the nested repository that `path` lies in, or `''`."""
        for root in self._deepest:
            if path.startswith(root + "/"):
                return root
        return ""

    def has_folder(self, path: str) -> bool:
        """Tell whether the view has something below the folder `path`, or a nested root there."""
        if self.main.has_folder(path):
            return True
        for root, layer in self.nested.items():
            if root == path or root.startswith(path + "/"):
                return True
            if path.startswith(root + "/") and layer.has_folder(path[len(root) + 1 :]):
                return True
        return False

    def _load(self, view: View, above: str) -> None:
        if view.nested is None:
            return
        for item in self.reader.tree(view.nested):
            root = above + unescape(item.name)
            layer = Layer(self.reader, load_view(self.reader, item.oid), root=root)
            self.nested[root] = layer
            self._load(layer.view, root + "/")


def load_view(reader: Reader, tree: Oid) -> View:
    """Read a view stored as a tree of its parts and `meta`.

    Raises:
        MissingObjectError: a part is not there or cannot be understood.
    """
    parts = {item.name: item.oid for item in reader.tree(tree)}
    try:
        record = json.loads(reader.read(parts.pop("meta"), kind="blob"))
        return View.from_json(record, parts)
    except (KeyError, TypeError, ValueError) as exc:
        raise MissingObjectError(f"{tree}:meta") from exc


def parse_modes(reader: Reader, blob: Oid | None) -> dict[str, int]:
    """Return path -> permission bits of a `modes` part."""
    if blob is None:
        return {}
    found = {}
    for record in reader.read(blob, kind="blob").split(b"\0"):
        octal, space, path = record.partition(b" ")
        if space:
            found[to_str(path)] = int(octal, 8)
    return found


def parse_bits(reader: Reader, index: Oid | None) -> Bits:
    """Return the index flags of an `index` part."""
    if index is None:
        return Bits()
    blob = next((item.oid for item in reader.tree(index) if item.name == "bits"), None)
    if blob is None:
        return Bits()
    flags: dict[bytes, set[str]] = {}
    for record in reader.read(blob, kind="blob").split(b"\0"):
        flag, space, path = record.partition(b" ")
        if space:
            flags.setdefault(flag, set()).add(to_str(path))
    return Bits(
        frozenset(flags.get(b"assume-unchanged", ())),
        frozenset(flags.get(b"skip-worktree", ())),
        frozenset(flags.get(b"intent-to-add", ())),
    )


def index_tree(reader: Reader, view: View) -> Oid:
    """Return the tree of stage 0 of a view's index."""
    if view.index is not None:
        for item in reader.tree(view.index):
            if item.name == "0" and item.is_tree:
                return item.oid
    return view.index_tree


def differing(before: Contents, after: Contents) -> Iterator[RepoPath]:
    """Yield each path, once, where the two views may differ."""
    seen: set[str] = set()
    for root in ("", *sorted(before.nested.keys() | after.nested.keys())):
        old = before.nested.get(root) if root else before.main
        new = after.nested.get(root) if root else after.main
        above = root + "/" if root else ""
        for path in _layers(before.reader, old, new):
            whole = above + path
            if whole not in seen:
                seen.add(whole)
                yield RepoPath(whole)


def _layers(reader: Reader, old: Layer | None, new: Layer | None) -> Iterator[str]:
    def part(name: str) -> tuple[Oid | None, Oid | None]:
        return (
            getattr(old.view, name) if old is not None else None,
            getattr(new.view, name) if new is not None else None,
        )

    for path, before, after in trees.differences(reader, *part("tree")):
        for layer, entry in ((old, before), (new, after)):
            if layer is not None:
                layer.told[path] = entry
        yield path
    for path, _, _ in trees.differences(reader, *part("raw")):
        yield _decoded(path, unescape)
    modes = part("modes")
    if modes[0] != modes[1]:
        had = old.modes if old is not None else {}
        has = new.modes if new is not None else {}
        yield from (path for path in had.keys() | has.keys() if had.get(path) != has.get(path))
    literal = old.literal if old is not None else frozenset()
    yield from literal ^ (new.literal if new is not None else frozenset())


def all_paths(
    reader: Reader, tree: Oid | None, *, decode: Callable[[str], str] = str
) -> Iterator[tuple[str, TreeEntry]]:
    """Yield every path of a tree with its entry, folders aside."""
    for item in trees.differences(reader, None, tree):
        if item.after is not None:
            yield _decoded(item.path, decode), item.after


def _decoded(path: str, decode: Callable[[str], str]) -> str:
    return path if decode is str else "/".join(map(decode, path.split("/")))
