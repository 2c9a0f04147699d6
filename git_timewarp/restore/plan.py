"""Plan a restore: what must be written, removed and changed to turn one view into another.

Pure: it reads objects and looks at no file. `--dry-run` prints it, `restore/apply.py`
carries it out, and after a crash it is made again from the same two views.

Rules (design 7, pitfalls 2 and 3):
- only paths that differ are touched, the scope of a restore is the scope of a capture;
- a file created since is removed because `now` holds it; one that was captured only
  because it stood in the way (`spare`) stays unless it still does;
- what the target saw but could not capture stays as it is now;
- a repository inside the work tree is never removed, nor replaced by a file.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from git_timewarp.git.names import RepoPath
from git_timewarp.git.objects import Reader
from git_timewarp.restore import sparse
from git_timewarp.restore.blockers import MOST_BITS, Blockers
from git_timewarp.restore.change import Change, parents
from git_timewarp.restore.count import count_files
from git_timewarp.restore.entries import (
    Contents,
    Entry,
    Source,
    all_paths,
    differing,
    index_tree,
)
from git_timewarp.restore.outcome import Refused
from git_timewarp.restore.pathspec import PathFilter, PathNotFoundError
from git_timewarp.store.view import Skipped, View, unescape
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import json_name, shell

FOLDER_REASONS = frozenset({"nested", "nested-unborn", "submodule", "worktree"})
"""Reasons of `Skipped` that are about a folder with a repository of its own."""


class Plan(Frozen):
    """What a restore will do, and what it will not.

    Attributes:
        writes: files and links to be written.
        removes: files and links to be removed.
        modes: files of which only the permission bits change.
        make_dirs, remove_dirs: empty folders that appear and disappear.
        keep_dirs: folders that stay when removals empty them.
        reconvert: files with an unchanged blob below a changed `.gitattributes`: their
            bytes may have to change.
        unchanged: how many paths of the target are as they shall be.
        refused: paths the target holds and that cannot be brought back, with the reason.
        left: paths that stay as they are by rule (`nested-repository`, `submodule`, ...).
        index: whether the index has to change.
        is_whole: whether the plan is about the whole work tree.
    """

    writes: tuple[Change, ...] = ()
    removes: tuple[Change, ...] = ()
    modes: tuple[Change, ...] = ()
    make_dirs: tuple[RepoPath, ...] = ()
    remove_dirs: tuple[RepoPath, ...] = ()
    keep_dirs: frozenset[RepoPath] = frozenset()
    reconvert: tuple[Change, ...] = ()
    unchanged: int = 0
    refused: tuple[Refused, ...] = ()
    left: tuple[Refused, ...] = ()
    index: bool = False
    is_whole: bool = True

    @property
    def restored(self) -> tuple[RepoPath, ...]:
        """Paths that are written or change their permissions, and folders made; sorted."""
        changes = (*self.writes, *self.modes)
        return tuple(sorted({*(item.path for item in changes), *self.make_dirs}))

    @property
    def removed(self) -> tuple[RepoPath, ...]:
        """Paths and empty folders that go; sorted."""
        return tuple(sorted({*(item.path for item in self.removes), *self.remove_dirs}))

    @property
    def touched(self) -> tuple[RepoPath, ...]:
        """Every path that is changed in any way; sorted."""
        return tuple(sorted({*self.restored, *self.removed}))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.touched or self.reconvert or self.index)

    def without(self, refused: Collection[Refused]) -> Plan:
        """Return the plan less the paths in `refused`, which are added to its own."""
        out = {item.path for item in refused}

        def kept(changes: tuple[Change, ...]) -> tuple[Change, ...]:
            return tuple(item for item in changes if item.path not in out)

        return self._replace(
            writes=kept(self.writes),
            removes=kept(self.removes),
            modes=kept(self.modes),
            reconvert=kept(self.reconvert),
            refused=tuple(
                sorted({*self.refused, *refused}, key=lambda item: (item.path, item.reason))
            ),
        )

    def to_dict(self) -> dict[str, object]:
        """Return what `--dry-run --json` shows of it."""
        return {
            "restored": [json_name(path) for path in self.restored],
            "removed": [json_name(path) for path in self.removed],
            "unchanged": self.unchanged,
            "refused": [{"path": json_name(i.path), "reason": i.reason} for i in self.refused],
            "left": [{"path": json_name(i.path), "reason": i.reason} for i in self.left],
        }


def make(
    reader: Reader,
    *,
    now: View,
    target: View,
    paths: PathFilter | None = None,
    spare: Collection[str] = (),
    repositories: Collection[RepoPath] = (),
    count: bool = True,
) -> Plan:
    """Plan how to turn `now` into `target`.

    Args:
        reader: reads the objects of both.
        now: the work tree, captured just before.
        target: what it shall be.
        paths: what the restore is about; None is the whole work tree and the index.
        spare: paths that `now` holds only because `needs_whole` asked for them.
        repositories: folders with a git directory that no capture sees (they are ignored).
        count: False leaves `unchanged` 0 and need not read all of the target.

    Raises:
        PathNotFoundError: one of `paths` matches nothing in either view.
        MissingObjectError: a part of a view cannot be read.
    """
    planner = _Planner(
        Contents(reader, now), Contents(reader, target), paths=paths, spare=frozenset(spare)
    )
    planner.repositories |= set(repositories)
    return planner.plan(count=count)


class _Planner:
    """Gathers the changes; one use."""

    def __init__(
        self,
        before: Contents,
        after: Contents,
        *,
        paths: PathFilter | None,
        spare: frozenset[str],
    ) -> None:
        self.before, self.after, self.paths, self.spare = before, after, paths, spare
        self.writes: dict[RepoPath, Change] = {}
        self.removes: dict[RepoPath, Change] = {}
        self.modes: dict[RepoPath, Change] = {}
        self.folders: set[RepoPath] = set()
        self.gone: set[RepoPath] = set()
        self.refused: set[Refused] = set()
        self.left: set[Refused] = set()
        self.seen: list[RepoPath] = []
        self.attributes: set[str] = set()
        self.blockers = Blockers(after)
        self.unknown = _skipped(before.view, folders=False)
        self.uncaptured = _skipped(after.view, folders=False)
        self.repositories = {*before.nested, *_skipped(before.view, folders=True)}

    def plan(self, *, count: bool) -> Plan:
        reader = self.before.reader
        for path in differing(self.before, self.after):
            self._consider(path)
        for path in self.unknown:
            self._consider_unknown(path)
        for path in self.uncaptured.keys() - self.unknown.keys():
            self._consider_lost(path)
        sparse.settle(self.before, self.after, writes=self.writes, removes=self.removes)
        self._protect()
        self._restrict()
        self._empty_dirs()
        reconvert = tuple(self._reconvert())
        total = self._total() if count else 0
        changed = len({*self.writes, *self.modes})
        return Plan(
            writes=_sorted(self.writes),
            removes=_sorted(self.removes),
            modes=_sorted(self.modes),
            make_dirs=tuple(sorted(self.folders)),
            remove_dirs=tuple(sorted(self.gone)),
            keep_dirs=frozenset(self._kept_dirs()),
            reconvert=reconvert,
            unchanged=max(0, total - changed),
            refused=tuple(sorted(self.refused, key=_by_path)),
            left=tuple(sorted(self.left, key=_by_path)),
            index=self.paths is None and _index_differs(reader, self.before.view, self.after.view),
            is_whole=self.paths is None,
        )

    def _consider(self, path: RepoPath) -> None:
        """Sort one path that differs into writes, removes, modes, or leave it."""
        self.seen.append(path)
        old, new = self.before.entry(path), self.after.entry(path)
        if path in self.unknown or (old is None and new is None):
            return
        if os.path.basename(path) == ".gitattributes":
            self.attributes.add(os.path.dirname(path))
        if path in self.uncaptured:
            self.left.add(Refused(path, self.uncaptured[path].reason))
        elif (old is not None and old.is_gitlink) or (new is not None and new.is_gitlink):
            self._gitlink(path, old, new)
        elif new is None:
            root = self.before.root_of(path)
            if root and root not in self.after.nested:
                link = self.after.main.entry(root)
                kind = "submodule" if link is not None and link.is_gitlink else "nested-repository"
                self.left.add(Refused(RepoPath(root), kind))
            else:
                self.removes[path] = Change(path, old, None)
        elif old is None or not old.same_content(new):
            self.writes[path] = Change(path, old, new)
        elif old.bits != new.bits or old.mode != new.mode:
            self.modes[path] = Change(path, old, new)

    def _gitlink(self, path: RepoPath, old: Entry | None, new: Entry | None) -> None:
        """A submodule's work tree is not ours to move; its folder is made or left."""
        if old is not None and old.is_gitlink and new is not None and new.is_gitlink:
            if path not in self.after.nested:
                self.left.add(Refused(path, "submodule"))
            return
        if new is not None and new.is_gitlink:
            if old is not None:
                self.removes[path] = Change(path, old, None)
            self.folders.add(path)
            if path not in self.after.nested and not self.before.has_folder(path):
                self.left.add(Refused(path, "submodule"))
            return
        if new is not None:
            self.writes[path] = Change(path, None, new)
        elif path in self.repositories:
            self.left.add(Refused(path, "nested-repository"))
        elif path not in self.after.nested:
            self.gone.add(path)

    def _consider_unknown(self, path: RepoPath) -> None:
        """A file that is there but could not be captured: touched only if the target has it."""
        self.seen.append(path)
        old, new = self.before.entry(path), self.after.entry(path)
        if path in self.uncaptured:
            then, today = self.uncaptured[path], self.unknown[path]
            if then != today or (new is not None and then.digest is None):
                self.left.add(Refused(path, then.reason))
        elif new is not None and not new.is_gitlink:
            self.writes[path] = Change(path, None, new, is_unknown=True)
        elif old is not None and not old.is_gitlink:
            self.removes[path] = Change(path, None, None, is_unknown=True)

    def _consider_lost(self, path: RepoPath) -> None:
        """A file the target had without its contents: what is there now stays, said aloud."""
        then = self.uncaptured[path]
        if then.reason != "special":
            self.seen.append(path)
            self.left.add(Refused(path, then.reason))

    def _protect(self) -> None:
        """Refuse what would replace a repository, or reach into a git directory."""
        for path in list(self.writes):
            below = path + "/"
            if any(root == path or root.startswith(below) for root in self.repositories):
                self._refuse(path, "nested-repository")
            elif not _is_safe(path):
                self._refuse(path, "protected-name")
            elif self.blockers.above(path) is not None:
                self._refuse(path, "below-a-file")
            else:
                self._inside_repository(path)
        for path, change in [*self.writes.items(), *self.modes.items()]:
            if change.after is not None and (change.after.bits or 0) > MOST_BITS:
                self._refuse(path, "impossible-mode")
        for path in list(self.removes):
            if not _is_safe(path):
                del self.removes[path]
                self.left.add(Refused(path, "protected-name"))
        for root in self.after.nested.keys() - self.repositories:
            link = self.before.main.entry(root)
            if link is None or not link.is_gitlink:
                self.left.add(Refused(RepoPath(root), "nested-repository-gone"))

    def _inside_repository(self, path: RepoPath) -> None:
        for root in self.repositories:
            if path.startswith(root + "/") and root not in self.before.nested:
                self._refuse(path, "nested-repository")
                return

    def _refuse(self, path: RepoPath, reason: str) -> None:
        self.writes.pop(path, None)
        self.modes.pop(path, None)
        self.refused.add(Refused(path, reason))

    def _restrict(self) -> None:
        """Keep what was asked for, and what stands in its way."""
        paths = self.paths
        if paths is not None:
            self._all_found(paths)
            self.writes = {p: c for p, c in self.writes.items() if paths.matches(p)}
            self.modes = {p: c for p, c in self.modes.items() if paths.matches(p)}
            self.refused = {item for item in self.refused if paths.matches(item.path)}
            self.left = {item for item in self.left if paths.matches(item.path)}
        in_way = self._in_the_way()
        self.removes = {
            path: change
            for path, change in self.removes.items()
            if path in in_way
            or ((paths is None or paths.matches(path)) and not self._is_spare(path))
        }

    def _in_the_way(self) -> set[RepoPath]:
        found = {
            RepoPath(above)
            for path in self.writes
            for above in parents(path)
            if above in self.removes
        }
        for path in self.removes:
            if any(above in self.writes for above in parents(path)):
                found.add(path)
        return found

    def _is_spare(self, path: str) -> bool:
        return path in self.spare or any(above in self.spare for above in parents(path))

    def _all_found(self, paths: PathFilter) -> None:
        missing = paths.unmatched(self._every_path())
        if missing:
            raise PathNotFoundError(
                f"'{missing[0]}' matches nothing, neither now nor in the snapshot",
                hint=f"git timewarp log -- {shell(missing[0])}",
            )

    def _every_path(self) -> Iterator[str]:
        """Yield the paths a pattern may mean: what differs first, then all of the target."""
        yield from self.seen
        for contents in (self.after, self.before):
            yield from contents.view.empty_dirs
            for layer in (contents.main, *contents.nested.values()):
                above = layer.root + "/" if layer.root else ""
                reader = contents.reader
                yield from (above + path for path, _ in all_paths(reader, layer.view.tree))
                raw = all_paths(reader, layer.view.raw, decode=unescape)
                yield from (above + path for path, _ in raw)

    def _kept_dirs(self) -> set[RepoPath]:
        found = set(self.after.view.empty_dirs)
        for root, layer in self.after.nested.items():
            found |= {RepoPath(f"{root}/{name}") for name in layer.view.empty_dirs}
        return found | self.folders

    def _empty_dirs(self) -> None:
        wanted = self._kept_dirs()
        current = set(self.before.view.empty_dirs)
        for root, layer in self.before.nested.items():
            if root in self.after.nested:
                current |= {RepoPath(f"{root}/{name}") for name in layer.view.empty_dirs}
        make = {path for path in wanted - current if _is_safe(path)}
        gone = {
            path
            for path in current - wanted
            if not self.after.has_folder(path) and path not in self.repositories
        }
        if self.paths is not None:
            make = {path for path in make if self.paths.matches(path)}
            gone = {path for path in gone if self.paths.matches(path) or path in self.writes}
            self.gone = {path for path in self.gone if self.paths.matches(path)}
        below = {path for path in make if self.blockers.above(path, folder=True) is not None}
        self.refused |= {Refused(path, "below-a-file") for path in below}
        self.folders = make - below
        self.gone |= gone

    def _reconvert(self) -> Iterator[Change]:
        """Yield the unchanged files below a `.gitattributes` that changes."""
        if not self.attributes:
            return
        for path, _ in all_paths(self.after.reader, self.after.view.tree):
            if path in self.writes or not any(
                not folder or path.startswith(folder + "/") for folder in self.attributes
            ):
                continue
            name = RepoPath(path)
            old, new = self.before.entry(name), self.after.entry(name)
            if old is None or new is None or not new.is_file or not old.same_content(new):
                continue
            if new.source is Source.GIT and (self.paths is None or self.paths.matches(name)):
                yield Change(name, old, new)

    def _total(self) -> int:
        if self.paths is None:
            layers = (self.after.main, *self.after.nested.values())
            return sum(count_files(self.after.reader, layer.view) for layer in layers)
        found: set[str] = set()
        for layer in (self.after.main, *self.after.nested.values()):
            above = layer.root + "/" if layer.root else ""
            for path, item in all_paths(self.after.reader, layer.view.tree):
                if not item.is_tree and self.paths.matches(above + path):
                    found.add(above + path)
        return len(found)


def _skipped(view: View, *, folders: bool) -> dict[RepoPath, Skipped]:
    return {
        item.path: item
        for item in view.skipped
        if item.reason != "vanished" and (item.reason in FOLDER_REASONS) is folders
    }


def _is_safe(path: str) -> bool:
    """Tell whether `path` stays inside the work tree and out of any git directory."""
    try:
        RepoPath.parse(path)
    except ValueError:
        return False
    return all(part != ".git" for part in path.split("/"))


def _index_differs(reader: Reader, now: View, target: View) -> bool:
    return (
        index_tree(reader, now) != index_tree(reader, target)
        or now.index != target.index
        or now.head.oid != target.head.oid
    )


def _sorted(changes: dict[RepoPath, Change]) -> tuple[Change, ...]:
    return tuple(changes[path] for path in sorted(changes))


def _by_path(item: Refused) -> tuple[str, str]:
    return item.path, item.reason
