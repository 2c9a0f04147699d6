"""Taking files out of stored snapshots: what is left is a snapshot again, and says what went.

A path that was taken out of `tree` or `raw` stands among the skipped ones with the reason
`purged`, so a journey to the snapshot leaves alone what stands there. Trees that many
snapshots share are rewritten once.

What is lost can be taken out too: a folder that cannot be read and is meant goes as a file
does, and a lost description is made anew (`store/description.py`).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Collection, Sequence

from git_timewarp.git.names import Oid, RepoPath, SnapshotId
from git_timewarp.git.objects import (
    MODE_FILE,
    MODE_GITLINK,
    MODE_TREE,
    MissingObjectError,
    TreeEntry,
)
from git_timewarp.store.events import Json
from git_timewarp.store.segments import Place
from git_timewarp.store.snapshots import TOMBSTONE
from git_timewarp.store.view import Skipped, unescape
from git_timewarp.util.text import compact_json, name_from_json

PURGED = "purged"
Matches = Callable[[str, Oid], bool]
"""Whether the file at a path, with that content, is meant."""

Describe = Callable[[SnapshotId, Oid], Json]
"""Makes the description of a snapshot with that tree anew."""


class Excision:
    """Rewrites trees and snapshots without the files that `matches` names.

    Attributes:
        matches: whether a file is meant.
        removed: (path, blob) of everything that was left out so far.
        objects: everything that was written.
        unreadable: what is missing or damaged, is not meant, and was left as it is.

    With `describe` what cannot be read ends nothing: it stays, or goes where it is meant.
    """

    def __init__(
        self, quarantine: Place, matches: Matches, *, describe: Describe | None = None
    ) -> None:
        self._quarantine = quarantine
        self._reader = quarantine.reader
        self.matches = matches
        self._describe = describe
        self._name: SnapshotId | None = None
        self.unreadable: set[Oid] = set()
        self.removed: set[tuple[str, Oid]] = set()
        self.objects: dict[Oid, None] = {}
        self._known: dict[tuple[str, Oid, bool], tuple[Oid | None, frozenset[str]]] = {}

    def snapshot(self, entry: Oid, name: SnapshotId | None = None) -> Oid:
        """Return the snapshot (or the nested one) in the tree `entry` without these files.

        `name` is its id, of which a lost description is made anew.

        Raises:
            MissingObjectError: a part of it cannot be read.
        """
        parts = {item.name: item for item in self._reader.tree(entry)}
        self._name = name
        return entry if TOMBSTONE in parts else self._view(entry, parts, above="")

    def kept(self, entry: Oid) -> bool:
        """Tell whether a kept object's entry leads to one of these files."""
        parts = {item.name: item.oid for item in self._reader.tree(entry)}
        if "tree" in parts:
            return bool(self._tree(parts["tree"], "", escaped=False)[1])
        blob = parts.get("blob")
        if blob is None or not self.matches("", blob):
            return False
        self.removed.add(("", blob))
        return True

    def _view(self, entry: Oid, parts: dict[str, TreeEntry], *, above: str) -> Oid:
        new = {name: item.oid for name, item in parts.items()}
        gone: set[str] = set()
        if "modes" in new and self._is_lost(new["modes"]):
            del new["modes"]
        for name in ("tree", "raw"):
            if name in parts:
                tree, paths = self._tree(new[name], above, escaped=name == "raw")
                self._replace(new, name, tree)
                gone |= paths
        for name in ("tree", "raw") if gone else ():
            # The exact bytes of a file say what its normalised blob says, and the reverse.
            if name in new:
                self._replace(new, name, self._drop(new[name], above, gone, escaped=name == "raw"))
        if "operation" in parts:
            tree, _ = self._tree(new["operation"], f"{above}.git/", escaped=True)
            self._replace(new, "operation", tree)
        if "nested" in parts:
            new["nested"] = self._nested(new["nested"], above)
        meta, is_lost = self._description(parts, new, above)
        self._index(new, meta, above)
        self._refs(new, meta)
        self._say(meta, {path.removeprefix(above) for path in gone})
        if not is_lost and new == {name: item.oid for name, item in parts.items()}:
            return entry
        new["meta"] = self._put("blob", compact_json(meta))
        kinds = {name: item.mode for name, item in parts.items()}
        return self._put_tree(
            [
                TreeEntry(kinds.get(name, MODE_FILE if name == "meta" else MODE_TREE), name, oid)
                for name, oid in new.items()
            ]
        )

    def _description(
        self, parts: dict[str, TreeEntry], new: dict[str, Oid], above: str
    ) -> tuple[Json, bool]:
        """Return what the snapshot says of itself, and whether it was made anew to be stored."""
        try:
            return self._meta(parts), False
        except MissingObjectError:
            if self._describe is None or self._name is None or above:
                raise
        tree = new["tree"]
        if "index" in new:
            with contextlib.suppress(MissingObjectError):
                stages = {item.name: item.oid for item in self._reader.tree(new["index"])}
                tree = stages.get("0", tree)
        lost = parts["meta"].oid if "meta" in parts else None
        changed = new != {name: item.oid for name, item in parts.items()}
        meant = lost is None or changed or self.matches("", lost)
        if lost is not None and meant:
            self.removed.add(("", lost))
        elif lost is not None:
            self.unreadable.add(lost)
        return self._describe(self._name, tree), meant

    def _refs(self, new: dict[str, Oid], meta: Json) -> None:
        """Where the list of refs is lost and meant, only where HEAD was is left of it."""
        head = meta.get("head")
        if "refs" not in new or not isinstance(head, dict) or not self._is_lost(new["refs"]):
            return
        oid, branch = head.get("oid"), head.get("branch")
        line = f"{oid} HEAD{f' {branch}' if branch else ''}\n" if oid else ""
        new["refs"] = self._put("blob", line.encode("utf-8", "surrogateescape"))

    def _is_lost(self, oid: Oid) -> bool:
        """Tell whether a part cannot be read and is meant; note it either way."""
        if self._describe is None:
            return False
        with contextlib.suppress(MissingObjectError):
            if self._reader.find(oid) is not None:
                return False
        if not self.matches("", oid):
            self.unreadable.add(oid)
            return False
        self.removed.add(("", oid))
        return True

    def _entries(self, tree: Oid) -> Sequence[TreeEntry] | None:
        """Return what is in a tree; None where it cannot be read and need not be."""
        try:
            return self._reader.tree(tree)
        except MissingObjectError:
            if self._describe is None:
                raise
            return None

    def _replace(self, new: dict[str, Oid], name: str, tree: Oid | None) -> None:
        """Put a rewritten part in its place; an empty one goes, but for the `tree`."""
        if tree is not None:
            new[name] = tree
        elif name == "tree":
            new[name] = self._put_tree([])
        else:
            del new[name]

    def _drop(self, tree: Oid, above: str, paths: Collection[str], *, escaped: bool) -> Oid | None:
        """Return a tree without the files `paths`; None when nothing is left."""
        entries = self._entries(tree)
        if entries is None:
            return tree
        left: list[TreeEntry] = []
        for item in entries:
            path = above + (unescape(item.name) if escaped else item.name)
            if item.is_tree and any(other.startswith(path + "/") for other in paths):
                inner = self._drop(item.oid, path + "/", paths, escaped=escaped)
                left += [item._replace(oid=inner)] if inner is not None else []
            elif path in paths and not item.is_tree:
                self.removed.add((path, item.oid))
            else:
                left.append(item)
        if left == list(entries):
            return tree
        return self._put_tree(left) if left else None

    def _nested(self, tree: Oid, above: str) -> Oid:
        entries = []
        for item in self._reader.tree(tree):
            parts = {part.name: part for part in self._reader.tree(item.oid)}
            inner = self._view(item.oid, parts, above=f"{above}{unescape(item.name)}/")
            entries.append(item._replace(oid=inner))
        return self._put_tree(entries)

    def _index(self, new: dict[str, Oid], meta: Json, above: str) -> None:
        """Rewrite the stages; one that only `meta` names becomes a part when it changes."""
        stages: dict[str, TreeEntry] = {}
        if "index" in new:
            if self._is_lost(new["index"]):
                del new["index"]
            else:
                stages = {item.name: item for item in self._entries(new["index"]) or ()}
        staged = Oid(str(meta["index_tree"]))
        before = dict(stages)
        if self._reader.info(staged) is not None:
            tree, _ = self._tree(staged, above, escaped=False)
            if tree != staged:
                found = tree if tree is not None else self._put_tree([])
                meta["index_tree"] = found
                stages["0"] = TreeEntry(MODE_TREE, "0", found)
        for name, item in before.items():
            if not item.is_tree and self._is_lost(item.oid):
                del stages[name]
            elif item.is_tree and name != "0":
                tree, _ = self._tree(item.oid, above, escaped=False)
                if tree is None:
                    del stages[name]
                elif tree != item.oid:
                    stages[name] = item._replace(oid=tree)
        if stages != before:
            new["index"] = self._put_tree(list(stages.values()))

    def _meta(self, parts: dict[str, TreeEntry]) -> Json:
        try:
            record = json.loads(self._reader.read(parts["meta"].oid, kind="blob"))
            return {**record, "index_tree": record["index_tree"], "skipped": record["skipped"]}
        except (ValueError, KeyError, TypeError) as exc:
            raise MissingObjectError("meta") from exc

    def _say(self, meta: Json, gone: Collection[str]) -> None:
        known = meta["skipped"]
        skipped = (
            [item for item in known if isinstance(item, dict)] if isinstance(known, list) else []
        )
        there = {name_from_json(item["path"]) for item in skipped}
        skipped += [Skipped(RepoPath(path), PURGED).to_json() for path in gone if path not in there]
        meta["skipped"] = sorted(skipped, key=lambda item: name_from_json(item["path"]))

    def _tree(self, tree: Oid, above: str, *, escaped: bool) -> tuple[Oid | None, frozenset[str]]:
        """Return a tree without these files (None when nothing is left), and their paths."""
        key = (above, tree, escaped)
        if key in self._known:
            return self._known[key]
        entries = self._entries(tree)
        if entries is None:
            self._known[key] = self._lost_folder(tree, above.removesuffix("/"))
            return self._known[key]
        left: list[TreeEntry] = []
        gone: set[str] = set()
        for item in entries:
            path = above + (unescape(item.name) if escaped else item.name)
            if item.is_tree:
                inner, below = self._tree(item.oid, path + "/", escaped=escaped)
                gone |= below
                if inner is not None:
                    left.append(item._replace(oid=inner))
            elif item.mode != MODE_GITLINK and self.matches(path, item.oid):
                gone.add(path)
                self.removed.add((path, item.oid))
            else:
                left.append(item)
        found: Oid | None = tree
        if gone:
            found = self._put_tree(left) if left else None
        answer = found, frozenset(gone)
        self._known[key] = answer
        return answer

    def _lost_folder(self, tree: Oid, path: str) -> tuple[Oid | None, frozenset[str]]:
        """Return what is left of a folder that cannot be read, as `_tree` does."""
        if not self.matches(path, tree):
            self.unreadable.add(tree)
            return tree, frozenset()
        self.removed.add((path, tree))
        return None, frozenset({path} if path else ())

    def _put(self, kind: str, data: bytes) -> Oid:
        oid = self._quarantine.put(kind, data, sync=False)
        self.objects[oid] = None
        return oid

    def _put_tree(self, entries: list[TreeEntry]) -> Oid:
        oid = self._quarantine.put_tree(entries, sync=False)
        self.objects[oid] = None
        return oid
