"""Exact bytes: what lies beside the tree because a checkout would not give it back.

git converts line ends, `$Id$` and encodings on the way in and out. A file whose bytes
do not survive the round trip goes under `raw` as it is. The round trip is the one a
restore makes: `checkout-index` of the private index into an empty folder, so that the
attributes are those of the captured tree, external filters off. Files are compared
when they changed, when their entry in the user's index changed (a file may be clean to
git and still hold LF where a checkout writes CRLF), and all of them when attributes or
settings changed. Where nothing converts anything, none of this runs.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Collection, Iterable, Mapping, Sequence

from git_timewarp.capture.memory import Memory
from git_timewarp.capture.tree_build import Leaf, build
from git_timewarp.capture.workplace import (
    STAGING,
    Place,
    joined,
    open_regular,
    sorted_paths,
)
from git_timewarp.git import attributes, refusals
from git_timewarp.git import index as index_file
from git_timewarp.git.index import Stamp
from git_timewarp.git.names import Oid, RepoPath
from git_timewarp.git.objects import MODE_EXEC, MODE_FILE, MODE_LINK
from git_timewarp.store.view import Skipped, escape
from git_timewarp.util import atomic, directories
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import to_bytes, to_str

CONVERTED = "converted"
APART = "apart"
NO_FAULT_OF_A_FILE = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
)
"""Errors that a file we read cannot be the reason of."""
_CHUNK = 500
_BLOCK = 1 << 20
_SETTINGS = ("core.autocrlf", "core.eol", "core.attributesfile")


class Rules(Frozen):
    """What may convert files here: a digest of the sources outside the tree, and inside.

    `outside` is empty when no setting and no file outside the tree converts anything;
    `inside` names the `.gitattributes` of the private index, empty without one.
    """

    outside: str
    inside: str

    @property
    def key(self) -> str:
        """One word to remember; empty when nothing converts."""
        return f"{self.outside}:{self.inside}" if self.outside or self.inside else ""


def outside(place: Place) -> str:
    """Return `Rules.outside`."""
    sources = attributes.global_sources(place.repo.git, place.config)
    sources.append(os.path.join(place.repo.common_dir, "info", "attributes"))
    stamps = []
    for path in sources:
        try:
            stamps.append(f"{path}={Stamp.of(os.stat(path)).key}")
        except OSError:
            continue
    if not stamps and not attributes.converts_everywhere(place.config):
        return ""
    settings = [f"{name}={place.config.get(name)}" for name in _SETTINGS]
    return hashlib.sha256("\n".join([*stamps, *settings]).encode("utf-8", "replace")).hexdigest()


def inside(place: Place) -> str:
    """Return `Rules.inside`."""
    with open(place.index, "rb") as file:
        data = file.read()
    name = refusals.ATTRIBUTES.encode()
    found = [
        f"{entry.path}={entry.oid}"
        for entry in index_file.named(data, name, hex_length=place.repo.hex_length)
    ]
    eol = place.config.get("core.eol") or ""
    text = "\n".join([*found, eol])
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest() if found else ""


def may_convert(place: Place, memory: Memory, paths: Iterable[str]) -> bool:
    """Tell whether any attribute may apply to `paths`; quick, and never wrongly false."""
    if memory.attributes or outside(place):
        return True
    seen: set[str] = set()
    for path in paths:
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            if folder in seen:
                break
            seen.add(folder)
            name = os.path.join(place.file(folder), refusals.ATTRIBUTES.encode())
            if os.path.lexists(name):
                return True
    return False


def update(
    place: Place,
    memory: Memory,
    *,
    rules: Rules,
    seeded: bool,
    changed: Collection[RepoPath],
    removed: Collection[str],
    foreign: bool,
) -> list[Skipped]:
    """Bring the converted files of `memory.raw` up to date; return what could not be read.

    Args:
        place: the work tree, its private index up to date.
        memory: what was known; gets the new state.
        rules: what converts now.
        seeded: the private index is new.
        changed: regular files that git just took in.
        removed: paths that are gone.
        foreign: attributes apply that no index holds (an ignored `.gitattributes`).
    """
    for path in removed:
        memory.raw.pop(path, None)
    memory.away = sorted_paths({*memory.away, *removed}) if rules.key or foreign else []
    before, memory.attributes = memory.attributes, rules.key
    kept = {to_bytes(path) for path in memory.raw if _is_converted(memory, path)}
    wanted = {to_bytes(path) for path in changed}
    seed = os.path.join(place.folder, "seed")
    if not (rules.key or before or foreign):
        # What was converted once and is clean to git since is not what a checkout gives.
        wanted &= kept
        if seeded and kept:
            with open(place.index, "rb") as file:
                now = index_file.contents(file.read(), hex_length=place.repo.hex_length)
            _forget(memory, kept - now.keys())
            wanted = kept & now.keys()
    elif before != rules.key or seeded:
        with open(place.index, "rb") as file:
            data = file.read()
        now = index_file.contents(data, hex_length=place.repo.hex_length)
        then = {} if before != rules.key else _contents(seed, place)
        wanted |= {name for name, entry in now.items() if then.get(name) != entry}
        wanted |= {name for path in memory.away if (name := to_bytes(path)) in now}
        memory.away = [path for path in memory.away if to_bytes(path) not in now]
        _forget(memory, kept - now.keys())
        wanted |= kept
        atomic.write(seed, data, sync=False)
    literal = set(memory.literal)
    skipped = []
    for path in _differing(place, wanted, literal=literal, memory=memory):
        skipped += keep(place, memory, path=path, why=CONVERTED)
    return skipped


def _forget(memory: Memory, names: Iterable[bytes]) -> None:
    """Let go of files that the index does not name any more: it was replaced, and they are gone."""
    for name in names:
        del memory.raw[to_str(name)]


def keep(place: Place, memory: Memory, *, path: RepoPath, why: str) -> list[Skipped]:
    """Put the exact bytes of a file or link into `memory.raw`; return why it could not be."""
    try:
        leaf, key = exact(place, path, known=memory.raw.get(path))
    except OSError as exc:
        return [Skipped(path, excuse(exc))]
    memory.raw[path] = [key, f"{leaf.mode:o}", leaf.oid, why]
    return []


def excuse(exc: OSError) -> str:
    """Return why a file is skipped that could not be read.

    Raises:
        OSError: the file is not to blame: a full disk must end the capture, or a snapshot
            without the user's work would stand for it.
    """
    if exc.errno in NO_FAULT_OF_A_FILE:
        raise exc
    return "vanished" if isinstance(exc, (FileNotFoundError, NotADirectoryError)) else "unreadable"


def exact(place: Place, path: str, *, known: Sequence[str] | None = None) -> tuple[Leaf, str]:
    """Store the bytes of a file or link as they are; return (mode and blob, stamp).

    Raises:
        OSError: it is neither, or cannot be read.
    """
    name = place.file(path)
    found = os.lstat(name)
    if stat.S_ISLNK(found.st_mode):
        return Leaf(MODE_LINK, place.put("blob", os.readlink(name))), ""
    fd = open_regular(name)
    try:
        found = os.fstat(fd)
        key = Stamp.of(found).key
        mode = MODE_EXEC if found.st_mode & stat.S_IXUSR else MODE_FILE
        if known is not None and known[0] == key:
            return Leaf(mode, Oid(known[2])), key
        oid = place.put_open(fd)
        if Stamp.of(os.fstat(fd)).key != key:
            key = ""
        return Leaf(mode, oid), key
    finally:
        os.close(fd)


def part(place: Place, raw: Mapping[str, Leaf]) -> Oid | None:
    """Write the `raw` part of a view, None when it is empty."""
    if not raw:
        return None
    leaves = {tuple(escape(name) for name in path.split("/")): leaf for path, leaf in raw.items()}
    return build(place.put_tree, leaves)


def _contents(path: str, place: Place) -> dict[bytes, bytes]:
    data = atomic.read(path)
    if data is None:
        return {}
    try:
        return index_file.contents(data, hex_length=place.repo.hex_length)
    except index_file.IndexFormatError:  # a cache of ours, not synced: power may have failed
        return {}


def _differing(
    place: Place, wanted: Collection[bytes], *, literal: Collection[str], memory: Memory
) -> list[RepoPath]:
    """Return the `wanted` files whose bytes a checkout would not give back.

    Everything looked at leaves `memory.raw` first: what still differs comes back.
    """
    if not wanted:
        return []
    with open(place.index, "rb") as file:
        data = file.read()
    entries = [
        entry
        for entry in index_file.select(data, wanted, hex_length=place.repo.hex_length)
        if entry.mode in {MODE_FILE, MODE_EXEC} and not entry.skip_worktree
    ]
    paths = [entry.path for entry in entries]
    asked = attributes.conversions(place.git, paths, config=place.config)
    sizes = _sizes(place, [entry.oid for entry in entries])
    suspects = []
    known = {path: memory.raw.pop(path) for path in paths if _is_converted(memory, path)}
    for entry, conversion in zip(entries, asked, strict=True):
        if memory.raw.get(entry.path):
            continue
        filtered = conversion.filter in place.filters.names or (
            conversion.filter is not None and place.filters.encrypts(conversion.filter)
        )
        if filtered and entry.path not in literal:
            continue
        try:
            found = os.lstat(place.file(entry.path))
        except OSError:
            continue
        # Conversions on the way in only ever shorten a text, encodings aside: equal
        # sizes mean equal bytes.
        if stat.S_ISREG(found.st_mode) and (
            conversion.outwards or found.st_size != sizes.get(entry.oid)
        ):
            suspects.append(entry.path)
    differing = []
    for start in range(0, len(suspects), _CHUNK):
        differing += _compare(place, suspects[start : start + _CHUNK])
    for path in differing:
        if path in known:
            memory.raw[path] = known[path]
    return differing


def _is_converted(memory: Memory, path: str) -> bool:
    kept = memory.raw.get(path)
    return kept is not None and kept[3] == CONVERTED


def _sizes(place: Place, oids: Sequence[Oid]) -> dict[Oid, int]:
    asked = b"".join(oid.encode() + b"\n" for oid in oids)
    check = "--batch-check=%(objectname) %(objectsize)"
    lines = place.git.run("cat-file", check, stdin=asked).out.splitlines()
    sizes = {}
    for line in lines:
        oid, _, size = line.decode("ascii").partition(" ")
        if size.isdigit():
            sizes[Oid(oid)] = int(size)
    return sizes


def _compare(place: Place, paths: Sequence[RepoPath]) -> list[RepoPath]:
    staging = os.path.join(place.folder, STAGING)
    directories.remove(staging)
    directories.make(staging)
    try:
        git = place.git.using(work_tree=staging)
        # A file that fails is not there afterwards, so it counts as differing.
        git.run("checkout-index", "-z", "--stdin", stdin=joined(paths), ok=range(256))
        root = to_bytes(staging)
        return [
            path
            for path in paths
            if not _same(place.file(path), os.path.join(root, to_bytes(path)))
        ]
    finally:
        directories.remove(staging)


def _same(path: bytes, other: bytes) -> bool:
    try:
        with open(path, "rb") as one, open(other, "rb") as two:
            while True:
                left, right = one.read(_BLOCK), two.read(_BLOCK)
                if left != right:
                    return False
                if not left:
                    return True
    except OSError:
        return False
