"""Writing a snapshot into an empty folder, and never outside of it.

Every step is taken from an open folder and through no link (`restore/disk.py`), a
file is only ever made new, and links are made last: whatever a damaged or hostile store says,
nothing but DIR changes. What cannot be read, or must not be written, is listed.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git import raw_attributes, refusals
from git_timewarp.git.names import Oid
from git_timewarp.git.objects import MODE_EXEC, MODE_FILE, MODE_GITLINK, MODE_LINK
from git_timewarp.git.raw import RawStore
from git_timewarp.git.raw_attributes import Rules
from git_timewarp.rescue import files
from git_timewarp.rescue.files import File, Folder, Gone, Layer
from git_timewarp.rescue.results import Trouble
from git_timewarp.restore.disk import BlockedError, Disk
from git_timewarp.store.view import View
from git_timewarp.util import directories, faults
from git_timewarp.util.atomic import write_all
from git_timewarp.util.text import shell, to_bytes

_AT_ONCE = 16 << 20
_GIVEN = 0o777
"""Permission bits that come back; set-user-id and its kin do not, from a store nobody vouches for."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


class NotEmptyError(TimewarpError):
    """The folder to write into holds something already, or cannot be one."""

    kind = Kind.REFUSED
    reference = "not-an-empty-folder"


def check_target(folder: str, *, git_dirs: tuple[str, ...]) -> None:
    """Make sure that `folder` is empty or not there yet; nothing is written.

    Raises:
        NotEmptyError: it is not, or it lies in the repository's own folder.
    """
    try:
        names = os.listdir(to_bytes(folder))
    except FileNotFoundError:
        names = []
    except OSError as exc:
        raise NotEmptyError(
            f"'{folder}' is not a folder that can be written to: {exc.strerror}",
            hint=_elsewhere(folder),
        ) from exc
    if names:
        raise NotEmptyError(
            f"'{folder}' is not empty, nothing was written", hint=_elsewhere(folder)
        )
    real = os.path.realpath(folder)
    for git_dir in git_dirs:
        inside = os.path.realpath(git_dir)
        if real == inside or real.startswith(inside + os.sep):
            raise NotEmptyError(
                f"'{folder}' lies in the git directory that is to be read",
                hint=_elsewhere(os.path.dirname(git_dir)),
            )


def _elsewhere(folder: str) -> str:
    return f"git timewarp emergency-restore --latest --to {shell(folder.rstrip('/') + '-rescued')}"


class Writer:
    """Writes one snapshot below `root`."""

    def __init__(
        self,
        store: RawStore,
        root: str,
        *,
        git_dir: str,
        settings: raw_attributes.Settings,
        outside: bytes,
        media: str,
        progress: Callable[[int, int], None],
    ) -> None:
        self.missing: list[Trouble] = []
        self.not_fetched: list[Trouble] = []
        self.notes: list[Trouble] = []
        self.files = self.links = self.folders = 0
        self._store = store
        self._settings = settings
        self._outside = outside
        self._media = media
        self._progress = progress
        directories.make(root)
        self._disk = Disk(root, git_dir=git_dir if os.path.isdir(git_dir) else root)
        self._folds = _folds_case(root)
        self._links: list[File] = []
        self._made: set[str] = set()

    def write(self, view: View) -> None:
        """Write everything; links come last, so that nothing is ever written through one.

        Raises:
            OSError: the disk is full or fails.
        """
        with self._disk:
            found = list(files.layers(self._store, view))
            layers = [layer for layer in found if isinstance(layer, Layer)]
            for lost in found:
                if isinstance(lost, Gone):
                    self._lose(lost.path, lost.what + " cannot be read")
            nested = frozenset(layer.root for layer in layers)
            for layer in layers:
                self._layer(layer, nested)
            for link in self._links:
                self._link(link)
        # Once for all: file by file it takes four times as long as everything else.
        faults.point("sync rescued")
        os.sync()

    def _layer(self, layer: Layer, nested: frozenset[str]) -> None:
        rules = _Rules(self._store, layer, self._outside if not layer.root else b"")
        literal = {layer.root + path for path in layer.view.literal}
        items = list(files.files(self._store, layer, nested))
        for number, item in enumerate(items):
            self._progress(number, len(items))
            if isinstance(item, Gone):
                self._lose(item.path, item.what + " cannot be read", item.oid)
            elif self._may_stand(item.path):
                if isinstance(item, Folder):
                    self._folder(item.path)
                elif item.mode == MODE_LINK:
                    self._links.append(item)
                elif item.mode in {MODE_FILE, MODE_EXEC, 0o100664}:
                    bits = layer.modes.get(item.path[len(layer.root) :])
                    self._file(item, bits, None if item.path in literal else rules)
                elif item.mode != MODE_GITLINK:
                    self._lose(item.path, f"its mode {item.mode:o} is none that git writes")
        self.notes += [
            Trouble(layer.root + item.path, f"was not captured then: {item.reason}")
            for item in layer.view.skipped
        ]

    def _lose(self, path: str, why: str, oid: Oid | None = None) -> None:
        """Note a path that does not come back; `oid` is the object that it lacks."""
        if oid is not None and oid in self._store.promised:
            told = f"only the remote has it: 'git cat-file -p {oid}' in the repository asks for it"
            self.not_fetched.append(Trouble(path, told))
        else:
            self.missing.append(Trouble(path, why))

    def _may_stand(self, path: str) -> bool:
        for part in path.split("/"):
            if part in {"", ".", ".."} or "\0" in part:
                self._lose(path, "refused: it would lead out of the folder")
                return False
            if part == ".git" or (self._folds and refusals.name_refused(part)):
                self._lose(path, "refused: it would be taken for a repository's own files")
                return False
        return True

    def _folder(self, path: str) -> None:
        with self._blocked(path):
            self.folders += self._disk.make_folder(path)

    def _make(self, folder: str) -> None:
        """Make a folder and those above it, where they are not made yet."""
        if folder and folder not in self._made:
            self._disk.make_folder(folder)
            self._made.add(folder)

    def _file(self, item: File, bits: int | None, rules: _Rules | None) -> None:
        with self._blocked(item.path):
            self._make(item.path.rpartition("/")[0])
            fd, name = self._disk.parent(item.path)
            faults.point("write rescued")
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            out = os.open(name, flags, 0o777 if item.mode == MODE_EXEC else 0o666, dir_fd=fd)
            try:
                right = self._fill(out, item, rules)
                if right and bits is not None:
                    faults.point("chmod rescued")
                    os.fchmod(out, bits & _GIVEN)
            except BaseException:
                self._discard(fd, name)
                raise
            finally:
                os.close(out)
            if not right:
                self._discard(fd, name)
                self._lose(item.path, "its contents cannot be read", item.oid)
                return
            self.files += 1
            if bits is not None and bits & ~_GIVEN:
                self.notes.append(
                    Trouble(item.path, f"bits {bits & ~_GIVEN:o} were not given back")
                )

    @staticmethod
    def _discard(fd: int, name: bytes) -> None:
        faults.point("discard rescued")
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=fd)

    def _fill(self, out: int, item: File, rules: _Rules | None) -> bool:
        given = {} if item.exact or rules is None else rules.of(item.path)
        plain = not given and (item.exact or self._settings.autocrlf != "true")
        if plain or self._store.size(item.oid) > _AT_ONCE:
            if not plain:
                self.notes.append(Trouble(item.path, "is as git stores it, too large to convert"))
            return self._store.copy(item.oid, lambda data: write_all(out, data))
        data = self._store.blob(item.oid)
        if data is None:
            return False
        done = raw_attributes.checked_out(data, item.oid, given, self._settings, media=self._media)
        if done.filter is not None:
            why = f"is as git stores it: its filter '{done.filter}' was not run"
            self.notes.append(Trouble(item.path, why))
        write_all(out, done.data)
        return True

    def _link(self, item: File) -> None:
        target = self._store.blob(item.oid)
        if target is None or b"\0" in target or not target:
            self._lose(item.path, "where the link leads to cannot be read", item.oid)
            return
        with self._blocked(item.path):
            self._make(item.path.rpartition("/")[0])
            fd, name = self._disk.parent(item.path)
            faults.point("link rescued")
            os.symlink(target, name, dir_fd=fd)
            self.links += 1
            if _leads_out(item.path, target):
                self.notes.append(Trouble(item.path, "is a link that leads out of the folder"))

    @contextlib.contextmanager
    def _blocked(self, path: str) -> Iterator[None]:
        try:
            yield
        except FileExistsError:
            self._lose(path, "refused: something was written in its place already")
        except BlockedError:
            self._lose(path, "refused: something that is not a folder is in its way")
        except OSError as exc:
            if exc.errno in _FULL:
                raise
            self._lose(path, f"cannot be written: {exc.strerror}")


class _Rules:
    """The attributes of one layer's files, from its own `.gitattributes`."""

    def __init__(self, store: RawStore, layer: Layer, outside: bytes) -> None:
        self._store = store
        self._root = layer.root
        self._tree = layer.view.tree
        self._outside = raw_attributes.rules(outside, "")
        self._known: dict[str, Rules] = {}
        self._trees: dict[str, Oid | None] = {"": layer.view.tree}

    def of(self, path: str) -> dict[bytes, bytes | bool | None]:
        """Return the attributes of a file of this layer."""
        inner = path[len(self._root) :]
        found = [*self._folder(inner.rpartition("/")[0]), *self._outside]
        return raw_attributes.attributes(inner, found) if found else {}

    def _folder(self, folder: str) -> Rules:
        known = self._known.get(folder)
        if known is not None:
            return known
        above, _, name = folder.rpartition("/")
        found = list(self._folder(above)) if folder else []
        tree = self._trees[""]
        if folder:
            above_tree = self._trees.get(above)
            tree = self._entry(above_tree, name, is_tree=True) if above_tree else None
        self._trees[folder] = tree
        own = self._entry(tree, ".gitattributes", is_tree=False) if tree else None
        data = self._store.blob(own) if own else None
        if data:
            found += raw_attributes.rules(data, folder)
        self._known[folder] = found
        return found

    def _entry(self, tree: Oid, name: str, *, is_tree: bool) -> Oid | None:
        for item in self._store.tree(tree) or ():
            if item.name == name and item.is_tree == is_tree and item.mode != MODE_LINK:
                return item.oid
        return None


def _leads_out(path: str, target: bytes) -> bool:
    if target.startswith(b"/"):
        return True
    place = os.path.normpath(os.path.join(to_bytes(os.path.dirname(path)), target))
    return place == b".." or place.startswith(b"../")


def _folds_case(root: str) -> bool:
    """Tell whether the file system takes `.GIT` for `.git`."""
    name = os.path.join(to_bytes(root), b".timewarp-tmp-case")
    faults.point("probe case")
    os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        return os.path.lexists(os.path.join(to_bytes(root), b".TIMEWARP-TMP-CASE"))
    finally:
        faults.point("unlink probe")
        os.unlink(name)
