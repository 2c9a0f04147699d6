"""Writing an archive (format version 1, `docs/formats/archive.md`).

The refs are those of one moment; what they name stays in the store while it is read, also
while others record. Equal refs give equal bytes.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO, NamedTuple

from git_timewarp.archive import chains, gather, readme, tape, zstd
from git_timewarp.archive import manifest as manifest_file
from git_timewarp.archive.bench import Bench
from git_timewarp.archive.gather import Gathered, NothingToExportError
from git_timewarp.archive.manifest import Manifest, Member, Range
from git_timewarp.archive.proof import newest
from git_timewarp.archive.scratch import Scratch
from git_timewarp.archive.selection import Selection, Wanted
from git_timewarp.git import bundle
from git_timewarp.git.names import Oid, RefName, SnapshotId, WriterId
from git_timewarp.git.objects import Reader
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import Git
from git_timewarp.store import layout
from git_timewarp.store.history import readable
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.util import faults
from git_timewarp.util.clock import stored_ns

_BLOCK = 1 << 20

Write = Callable[[bytes], object]


class Source(NamedTuple):
    """The history at one moment.

    Attributes:
        refs: every ref of ours.
        writer: this clone's writer.
        lineage: the ids this clone has and had, each with its last number.
    """

    repo: Repo
    refs: Mapping[RefName, Oid]
    writer: WriterId
    lineage: Mapping[WriterId, int]


def look(source: Source, wanted: Wanted, selection: Selection) -> Gathered:
    """Return what would be written, without its bytes.

    Raises:
        NothingToExportError: nothing would.
    """
    with contextlib.closing(readable(source.repo)) as reader:
        return _gathered(Bench(source.repo, reader), source, wanted, selection, lambda _line: None)


def write(
    source: Source,
    wanted: Wanted,
    selection: Selection,
    *,
    scratch: Scratch,
    product: str,
    write: Write,
) -> Manifest:
    """Write the archive through `write`, piece by piece; return its manifest.

    Raises:
        NothingToExportError: it would be empty.
        GitError, MissingObjectError: an object is missing.
        OSError: there is no room, in `scratch` or where it goes.
    """
    repo = source.repo
    git = repo.git.using(alternates=(Quarantine.folder(repo), scratch.objects))
    with contextlib.closing(readable(repo)) as reader:
        bench = Bench(repo, reader)
        with _hashed(scratch.file(manifest_file.EVENTS)) as lines:
            found = _gathered(bench, source, wanted, selection, lines.write)
    with _hashed(scratch.file(manifest_file.BUNDLE)) as file:
        _bundle(git, bench, found, scratch, file.write)
    with contextlib.closing(Reader(git)) as reader:
        text = readme.text(_example(reader, found), hash_name=repo.hash_name)
    members = (
        Member(manifest_file.README, len(text), hashlib.sha256(text).hexdigest()),
        file.member,
        lines.member,
    )
    manifest = _manifest(source, wanted, found, members, product=product)
    frame = zstd.Writer(write)
    seconds = max(stored_ns(found.last) // 1_000_000_000, 0)
    _put(frame, manifest_file.NAME, manifest.dump(), seconds)
    _put(frame, manifest_file.README, text, seconds)
    for member in members[1:]:
        frame.write(tape.head(member.name, member.size, seconds=seconds))
        with open(scratch.file(member.name), "rb") as source_file:
            while data := source_file.read(_BLOCK):
                frame.write(data)
        frame.write(tape.padding(member.size))
    frame.write(tape.END)
    frame.finish()
    return manifest


def _gathered(
    bench: Bench, source: Source, wanted: Wanted, selection: Selection, line: gather.Line
) -> Gathered:
    if wanted.everything:
        found = gather.everything(bench, source.refs, line)
    else:
        found = gather.part(bench, source.refs, selection, line)
    if not found.counts[layout.EVENTS]:
        raise NothingToExportError(
            "there is no event in what was asked for", hint="git timewarp log --all"
        )
    return found


def _bundle(git: Git, bench: Bench, found: Gathered, scratch: Scratch, write: Write) -> None:
    """Write the bundle; what was made for it goes into the scratch repository first."""
    place = scratch.repository(hash_name=bench.hash_name)
    if found.made:
        indexing = bundle.Indexing(place, strict=False)
        try:
            for data in bench.pack(found.made):
                indexing.feed(data)
            indexing.finish()
        finally:
            indexing.stop()
    write(bundle.header(found.refs, hash_name=bench.hash_name))
    tips = list(dict.fromkeys(oid for _, oid in sorted(found.refs.items())))
    for data in bundle.packed(git, tips):
        write(data)


def _example(reader: Reader, found: Gathered) -> tuple[RefName, SnapshotId] | None:
    place = newest(reader, chains.segments(found.refs, layout.SNAPSHOTS))
    if place is None:
        return None
    return layout.ref(place[0], layout.SNAPSHOTS, place[1]), SnapshotId(place[2])


def _manifest(
    source: Source, wanted: Wanted, found: Gathered, members: tuple[Member, ...], *, product: str
) -> Manifest:
    there = {chain.writer for chain in found.chains}
    return Manifest(
        product=product,
        object_format=source.repo.hash_name,
        writer=source.writer,
        lineage={w: n for w, n in sorted(source.lineage.items()) if w in there},
        chains=tuple(found.chains),
        refs=found.refs,
        counts=found.counts,
        range=Range(
            wanted.everything,
            wanted.since,
            wanted.until,
            wanted.timeline,
            wanted.drafts,
            found.first,
            found.last,
        ),
        members=members,
    )


def _put(frame: zstd.Writer, name: str, data: bytes, seconds: int) -> None:
    frame.write(tape.head(name, len(data), seconds=seconds) + data + tape.padding(len(data)))


class _Hashed:
    """A file that is being written, its size and its digest."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self._size += len(data)

    @property
    def member(self) -> Member:
        return Member(os.path.basename(self._file.name), self._size, self._digest.hexdigest())


@contextlib.contextmanager
def _hashed(path: str) -> Iterator[_Hashed]:
    faults.point("write member")
    with open(path, "wb") as file:
        yield _Hashed(file)
