"""Capturing a work tree as a `View`, whole, without touching a byte of the user's.

    seed     a private copy of the user's index, when his changed   seed.py
    scan     two git processes look for what differs                git/worktree.py
    sort     each path goes to one place                            sorting.py
    feed     one update-index and one write-tree on the copy        update_index.py
             or, for a few plain changes, neither                   overlay.py
    beside   exact bytes, modes, folders, nested repositories       exact_bytes.py …

When nothing changed, the scan is all that runs. A failed step never falls back to an
older tree: what cannot be captured is left out and listed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
from collections.abc import Collection, Iterator, Sequence
from functools import partial

from git_timewarp.capture import (
    at_risk,
    exact_bytes,
    memory,
    modes,
    narrow,
    nesting,
    operation_state,
    overlay,
    seed,
    special,
    subfolders,
    update_index,
    workplace,
)
from git_timewarp.capture.memory import Memory
from git_timewarp.capture.refs_part import RefsReading
from git_timewarp.capture.sorting import Sorted, Sorter
from git_timewarp.capture.tree_build import Leaf
from git_timewarp.capture.watched import Told, Watched
from git_timewarp.capture.workplace import Place
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git import index as index_file
from git_timewarp.git import refusals
from git_timewarp.git.index import Stamp
from git_timewarp.git.names import Oid, RefName, RepoPath
from git_timewarp.git.objects import (
    MODE_FILE,
    MODE_TREE,
    MissingObjectError,
    Reader,
    TreeEntry,
    format_tree,
)
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import Result
from git_timewarp.git.worktree import Change, Found, Scan
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.view import Head, Skipped, View
from git_timewarp.store.warm import Warm
from git_timewarp.util.clock import Clock
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import to_bytes

MAX_UNTRACKED = 10 * 1024 * 1024
_ATTEMPTS = 4


class StaleIndexError(TimewarpError):
    """The private index names objects that are gone, also after seeding it anew."""

    kind = Kind.CORRUPT
    reference = "capture-stale-index"


class CaptureLimits(Frozen):
    """What is captured by reference only.

    Attributes:
        max_untracked: bytes above which an untracked file is not stored, only its hash.
    """

    max_untracked: int = MAX_UNTRACKED


class Capture:
    """Takes views of one work tree; its caller holds the lock."""

    def __init__(
        self,
        repo: Repo,
        quarantine: Quarantine,
        *,
        limits: CaptureLimits | None = None,
        clock: Clock,
        watched: Watched | None = None,
        trusting: bool = False,
        warm: Warm | None = None,
    ) -> None:
        """See the class.

        Args:
            repo: the repository.
            quarantine: receives the objects.
            limits: what is captured by reference only.
            clock: the time.
            watched: who watches the work tree, if anybody does.
            trusting: look only at what he tells of, where he knows. Not for what is about to
                be overwritten: a file that is written through a memory map is told of late.
            warm: what this process knows from its last capture, if it keeps anything.
        """
        self._repo = repo
        self._quarantine = quarantine
        self._limits = limits or CaptureLimits()
        self._clock = clock
        self._watched = watched
        self._trusting = trusting
        self._warm = warm
        self.mended = False
        """Whether something that was remembered to be stored was not, and was made again."""

    def take(self, *, whole: Collection[RepoPath] = (), fresh: bool = False) -> View:
        """Return the state of the work tree now; all its new objects are in the quarantine.

        Args:
            whole: files and folders that are about to be overwritten or removed; they
                are captured whatever their size, ignore state or filter. And submodules
                whose files are, also if they are as their commit says.
            fresh: throw away everything remembered and read every file again.

        Raises:
            GitError: git failed as a whole (disk full, repository damaged).
            MissingObjectError: a part is damaged where it lies, and cannot be made again.
            StaleIndexError: objects of the user's index are lost and cannot be made again.
        """
        folder = os.path.join(self._repo.state_dir, "index", self._repo.worktree)
        settings = self._warm.config(self._repo) if self._warm is not None else None
        place = workplace.at(self._repo, self._quarantine, folder=folder, settings=settings)
        if fresh:
            shutil.rmtree(os.path.join(folder, "nested"), ignore_errors=True)
        return self._view(place, whole=whole, fresh=fresh, watched=self._watched)

    def _view(
        self,
        place: Place,
        *,
        whole: Collection[RepoPath],
        fresh: bool,
        watched: Watched | None = None,
    ) -> View:
        again = False
        for _ in range(_ATTEMPTS):
            run = _Run(place, limits=self._limits, clock=self._clock, fresh=fresh, again=again)
            run.watched = watched
            run.trusting = self._trusting and not whole
            try:
                view = run.view(whole=whole, take=partial(self._nested, fresh=fresh))
            except _SeedAgainError as exc:
                again, fresh = True, fresh or exc.lost
                continue
            lost = next(missing(place.reader, view), None)
            if lost is None:
                return view
            if self.mended:
                # It is damaged where it would be written to; what fails on it puts it aside.
                raise MissingObjectError(lost)
            again = fresh = self.mended = True
        raise StaleIndexError(
            f"objects of the index of '{place.repo.work_tree}' are missing", hint="git fsck"
        )

    def _nested(self, place: Place, whole: Collection[RepoPath], *, fresh: bool) -> View:
        return self._view(place, whole=whole, fresh=fresh)


class _SeedAgainError(Exception):
    """The private index does not fit any more; seeding it anew helps.

    `lost` says that objects are missing: nothing remembered is to be believed.
    """

    def __init__(self, *, lost: bool = False) -> None:
        super().__init__()
        self.lost = lost


class _Run:
    """One capture of one place."""

    def __init__(
        self, place: Place, *, limits: CaptureLimits, clock: Clock, fresh: bool, again: bool
    ) -> None:
        self.place = place
        self.limits = limits
        self.clock = clock
        self.fresh = fresh
        self.again = again
        self.watched: Watched | None = None
        self.trusting = False
        self.told: Told | None = None
        self.narrow = False
        self.fed = False
        self.failed = False
        self.forced: frozenset[RepoPath] = frozenset()
        self.memory = Memory()
        self.seeded = False
        self.convertible = False
        self.now_ns = 0
        self.changed: set[RepoPath] = set()
        self.skipped: list[Skipped] = []

    def view(self, *, whole: Collection[RepoPath], take: nesting.Take) -> View:
        """Do all steps and return the view."""
        place, memory = self.place, self._prepare()
        found, head = self._look()
        replaced = subfolders.replaced(place, found.changes)
        folders = subfolders.look(place, [*found.folders, *replaced])
        self.skipped += folders.skipped
        self.skipped += [Skipped(path, "unreadable") for path in found.closed]
        own = subfolders.gits(place)
        untracked = (path for path in found.others if not path.startswith(own))
        others = dict.fromkeys([*untracked, *folders.files])
        back = seed.returned(place, memory)
        paths = self._sort(found, list(others | dict.fromkeys(back)))
        tree = self._tree(paths, changes=found.changes, new=[*folders.files, *back])
        self._beside(paths, nested=folders.nested)
        deep = nesting.named(place, whole)
        nested = nesting.capture(
            place,
            memory,
            found=folders.nested,
            recorded=nesting.recorded_commits(place, memory),
            take=take,
            whole=deep,
            fresh=self.fresh,
        )
        self.skipped += nested.skipped
        empty = {*folders.empty, *subfolders.emptied(place, paths.deleted)}
        operation_name = operation_state.name(place)
        raw = self._raw([path for path in whole if path not in deep], tree=tree)
        view = View(
            tree=tree,
            index_tree=Oid(memory.index_tree),
            refs=Oid(memory.refs),
            head=head,
            index=self._index_part(head, tree=tree),
            raw=raw,
            modes=self._modes(paths),
            nested=nested.part,
            operation=operation_state.state(place) if operation_name else None,
            operation_name=operation_name,
            empty_dirs=tuple(RepoPath(path) for path in workplace.sorted_paths(empty)),
            literal=tuple(RepoPath(path) for path in memory.literal),
            present=tuple(RepoPath(path) for path in memory.present),
            skipped=_once(self.skipped),
        )
        memory.private = self._identity() or ""
        whole_folders = replaced or any(_is_within(path, found.folders) for path in folders.files)
        # A folder that lost its last file is one without a tracked file, to the next scan.
        left = self.fed and (paths.deleted or paths.drop)
        doubtful = whole_folders or left or found.closed or self.failed
        self._remember(found, paths, usable=not doubtful)
        memory.save(place.folder)
        return view

    def _look(self) -> tuple[Found, Head]:
        """Return what differs from the private index, and where HEAD is; keeps the refs."""
        place, memory, told = self.place, self.memory, self.told
        refs = None
        if told is None or told.git or not memory.head:
            refs = RefsReading(place)
        scan = None
        try:
            found = self._narrowed()
            if found is None:
                scan = Scan(place.git)
                found = scan.result()
            if refs is not None:
                head, listed = refs.result()
                memory.refs = place.put("blob", listed, known=memory.refs)
                memory.head = [head.oid or "", head.branch or ""]
            oid, branch = memory.head
            return found, Head(Oid(oid) if oid else None, RefName(branch) if branch else None)
        finally:
            if scan is not None:
                scan.stop()
            if refs is not None:
                refs.stop()

    def _narrowed(self) -> Found | None:
        """Return what a scan would see, from what changed since the last; None: scan."""
        told = self.told
        if self.seeded or not self.trusting or told is None or told.paths is None:
            return None
        try:
            found = narrow.found(self.place, self.memory, told.paths | self.forced)
        except narrow.UnsureError:
            return None
        self.narrow = True
        return found

    def _remember(self, found: Found, paths: Sorted, *, usable: bool) -> None:
        memory, told = self.memory, self.told
        if told is None or not usable:
            memory.cursor = ""
            return
        memory.cursor = told.cursor
        settled = {*paths.feed, *paths.drop} if self.fed else frozenset[RepoPath]()
        narrow.remember(memory, found, settled=settled)

    def _modes(self, paths: Sorted) -> Oid | None:
        return modes.update(
            self.place,
            self.memory,
            changed=self.changed,
            apart=paths.apart,
            removed={*paths.deleted, *paths.drop},
            seeded=self.seeded,
        )

    def _identity(self) -> str | None:
        return index_file.identity(self.place.index, hex_length=self.place.repo.hex_length)

    def _prepare(self) -> Memory:
        """Have a private index that fits the user's, doubtful entries made dirty."""
        place = self.place
        old = Memory() if self.fresh else memory.load(place.folder)
        # Asked before anything is looked at: what changes from now on is told to the next.
        self.told = self.watched.since(old.cursor) if self.watched is not None else None
        self.now_ns = now_ns = place.now_ns(self.clock)
        sources = _sources(place)
        user = index_file.identity(place.user_index, hex_length=place.repo.hex_length) or ""
        fits = (
            not self.again
            and old.index_tree != ""
            and old.private == self._identity()
            and old.seed == user
            and old.sources == sources
        )
        if not fits:
            if old.sources != sources and self.watched is not None:
                self.watched.doubt()
                self.told = None
            seeded = seed.seed(place, old=old, sources=sources, now_ns=now_ns)
            self.memory = seeded.memory
            self.seeded = True
            self.skipped += seeded.skipped
            self.changed |= set(seeded.recent)
            self.memory.attributes = self.memory.attributes or exact_bytes.inside(place)
            seed.force(place, seeded.forced)
            if self.fresh:
                self._mend()
            return self.memory
        self.memory = old
        seed.appeared(place, old)
        doubted = seed.recheck(place, old, now_ns=now_ns)
        seed.force(place, doubted)
        self.forced = frozenset(doubted)
        return old

    def _sort(self, found: Found, others: list[RepoPath]) -> Sorted:
        paths = [*(change.path for change in found.changes), *others]
        if not self.seeded and any(path.rpartition("/")[2] == ".gitignore" for path in paths):
            # What was untracked and captured may be ignored from now on.
            raise _SeedAgainError
        self.convertible = exact_bytes.may_convert(self.place, self.memory, paths)
        sorter = Sorter(self.place, self.memory, max_untracked=self.limits.max_untracked)
        result = sorter.run(found.changes, others, convertible=self.convertible)
        if not self.seeded and self._went_sparse(result.deleted):
            raise _SeedAgainError
        self.skipped += result.skipped
        return result

    def _went_sparse(self, deleted: Collection[RepoPath]) -> bool:
        """Tell whether a path with skip-worktree that was there is absent again."""
        if not deleted or not self.memory.bits:
            return False
        bits = set(self.place.reader.read(self.memory.bits).split(b"\0"))
        return any(b"skip-worktree " + to_bytes(path) in bits for path in deleted)

    def _feed(self, paths: Sorted) -> None:
        """Bring the private index up to date."""
        place, memory = self.place, self.memory
        update_index.drop(place, paths.drop)
        failed, refused = update_index.feed(place, paths.feed)
        told = [update_index.reason(place, path) for path in failed]
        self.skipped += [item for item in told if item.reason != "refused"]
        # What can be read and git cannot convert (an encoding it is not in) is kept as it is.
        apart = [*refused, *(item.path for item in told if item.reason == "refused")]
        update_index.drop(place, apart)
        paths.apart += apart
        if paths.feed or paths.drop:
            memory.tree = ""
        lost = {*failed, *refused}
        self.fed, self.failed = True, bool(lost)
        gone = {*memory.gone, *paths.deleted, *paths.drop} - (set(paths.stats) - lost)
        memory.gone = workplace.sorted_paths(gone)
        for path, found in paths.stats.items():
            if path in lost:
                continue
            self.changed.add(path)
            seed.note_young(memory, path=path, found=found, now_ns=self.now_ns)
        literal = (set(memory.literal) - set(paths.stats) - set(paths.deleted)) | (
            paths.literal - lost
        )
        memory.literal = workplace.sorted_paths(literal - set(paths.drop))

    def _tree(self, paths: Sorted, *, changes: Sequence[Change], new: Collection[RepoPath]) -> Oid:
        """Return the tree of the work tree: the private index's, fed or with a few changes.

        `new` are paths that git would ask about again unless the index holds them.
        """
        memory, simple = self.memory, not (self.seeded or self.convertible or new)
        # What was laid over the index and is no candidate any more is gone or as it was.
        self.changed |= {RepoPath(path) for path in memory.overlay.keys() - set(paths.feed)}
        if simple and memory.tree and overlay.fits(self.place, paths, changes=changes):
            try:
                tree, read, skipped = overlay.lay(self.place, memory, paths, now_ns=self.now_ns)
            except MissingObjectError as exc:
                raise _SeedAgainError(lost=True) from exc
            self.changed |= set(read)
            self.skipped += skipped
            return tree or self.place.put_tree(())
        overlay.forget(memory)
        self._feed(paths)
        if not memory.tree:
            done = self._write_tree()
            if done.code != 0:
                raise _SeedAgainError(lost=True)
            memory.tree = done.text
        return Oid(memory.tree)

    def _write_tree(self) -> Result:
        with self.place.writing():
            return self.place.git.run("write-tree", ok=range(256))

    def _mend(self) -> None:
        """Make lost blobs of the index again from the files; leave out what is lost for good."""
        place = self.place
        with open(place.index, "rb") as file:
            lost = seed.lost_entries(place, file.read())
        there = [entry for entry in lost if os.path.lexists(place.file(entry.path))]
        seed.force(place, [entry.path for entry in there])
        failed, refused = update_index.feed(place, [entry.path for entry in there])
        kept = {entry.path for entry in there} - {*failed, *refused}
        gone = [entry.path for entry in lost if entry.path not in kept]
        update_index.drop(place, gone)
        self.skipped += [Skipped(path, "vanished") for path in gone]

    def _beside(self, paths: Sorted, *, nested: Collection[RepoPath]) -> None:
        """Keep the exact bytes of what the tree does not hold as it is."""
        place, memory = self.place, self.memory
        taken = [*paths.stats, *paths.deleted, *paths.drop]
        rules = exact_bytes.Rules(
            exact_bytes.outside(place),
            exact_bytes.inside(place)
            if self.seeded or any(map(refusals.is_special, taken))
            else memory.attributes.partition(":")[2],
        )
        plain = {path for path, found in paths.stats.items() if stat.S_ISREG(found.st_mode)}
        self.skipped += exact_bytes.update(
            place,
            memory,
            rules=rules,
            seeded=self.seeded,
            changed=plain & self.changed,
            # What is a link now has no bytes of its own that a checkout could convert.
            removed=[*paths.deleted, *paths.drop, *(p for p in paths.stats if p not in plain)],
            foreign=self.convertible,
        )
        if self.narrow:
            self.skipped += special.known(memory)
        else:
            self.skipped += special.update(
                place,
                memory,
                touched=[*self.changed, *paths.deleted],
                repositories=[*memory.gitlinks, *nested],
                now_ns=self.now_ns,
            )
        apart = set(paths.apart)
        for path, kept in list(memory.raw.items()):
            if kept[3] == exact_bytes.APART and path not in apart:
                del memory.raw[path]
        for path in paths.apart:
            self.skipped += exact_bytes.keep(place, memory, path=path, why=exact_bytes.APART)

    def _raw(self, whole: Collection[RepoPath], *, tree: Oid) -> Oid | None:
        raw = {
            path: Leaf(int(mode, 8), Oid(oid))
            for path, (_, mode, oid, _) in self.memory.raw.items()
        }
        if whole:
            more, captured, skipped = at_risk.capture(self.place, paths=whole, tree=tree, raw=raw)
            raw |= more
            self.skipped = [item for item in self.skipped if item.path not in captured] + skipped
        return exact_bytes.part(self.place, raw)

    def _index_part(self, head: Head, *, tree: Oid) -> Oid | None:
        """Return the `index` part, None when HEAD or the tree says it all."""
        place, memory = self.place, self.memory
        found = place.reader.info("HEAD^{tree}") if head.oid is not None else None
        head_tree = found[0] if found else _empty_tree(place)
        if memory.index_tree in {head_tree, tree} and not memory.stages and not memory.bits:
            return None
        entries = [TreeEntry(MODE_TREE, "0", Oid(memory.index_tree))]
        entries += [TreeEntry(MODE_TREE, stage, Oid(oid)) for stage, oid in memory.stages.items()]
        if memory.bits:
            entries.append(TreeEntry(MODE_FILE, "bits", Oid(memory.bits)))
        memory.index_part = place.put("tree", format_tree(entries), known=memory.index_part)
        return Oid(memory.index_part)


def is_whole(reader: Reader, view: View) -> bool:
    """Tell whether the parts of a view themselves are there; what is below them is not looked at."""
    return next(missing(reader, view), None) is None


def missing(reader: Reader, view: View) -> Iterator[Oid]:
    """Yield the parts of a view that are not there, or cannot be read."""
    parts = [*view.parts().values(), view.index_tree]
    return (oid for oid, info in zip(parts, list(reader.info_all(parts)), strict=True) if not info)


def _is_within(path: str, folders: Collection[str]) -> bool:
    return any(path.startswith(f"{folder}/") for folder in folders)


def _empty_tree(place: Place) -> str:
    return hashlib.new(place.repo.hash_name, b"tree 0\0", usedforsecurity=False).hexdigest()


def _sources(place: Place) -> str:
    """Return a word for what decides outside the index about ignoring and reading files."""
    git = place.repo.git
    named = place.config.get("core.excludesfile")
    home = git.environ.get("HOME", "")
    if named is None:
        base = git.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
        named = os.path.join(base, "git", "ignore")
    elif named.startswith("~/"):
        named = os.path.join(home, named[2:])
    words = []
    for path in (named, os.path.join(place.repo.common_dir, "info", "exclude")):
        with contextlib.suppress(OSError):
            words.append(f"{path}={Stamp.of(os.stat(path)).key}")
    words += [
        f"{name}={values[-1]}"
        for name, values in sorted(place.config.values.items())
        if name.startswith(("core.", "filter.", "extensions."))
    ]
    return hashlib.sha256("\n".join(words).encode("utf-8", "surrogateescape")).hexdigest()


def _once(skipped: Collection[Skipped]) -> tuple[Skipped, ...]:
    found = {item.path: item for item in skipped}
    return tuple(found[path] for path in sorted(found, key=to_bytes))
