"""Where bytes are below a git directory: plain, in objects wherever they lie, in archives."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from git_timewarp.archive import zstd
from git_timewarp.archive.replaced import Replaced
from git_timewarp.rescue.beside import Kept
from git_timewarp.retention.copies import Beside
from git_timewarp.timeline.world import World
from tests.support.repo_builder import RepoBuilder


def beside(world: World) -> Beside:
    """Return who reads what lies beside the stores, as the app gives it."""
    return Beside(Replaced(world.repo, clock=world.clock), Kept(world.repo))


def written(repo: RepoBuilder, objects: Path, text: bytes, *words: str) -> str:
    """Write into an object directory of its own, or have git do something else there."""
    objects.mkdir(exist_ok=True)
    done = subprocess.run(
        ["git", *(words or ("hash-object", "-w", "--stdin"))],
        input=text,
        capture_output=True,
        cwd=repo.path,
        env={**repo.env(), "GIT_OBJECT_DIRECTORY": str(objects)},
        check=True,
    )
    return done.stdout.decode().strip()


def places(repo: RepoBuilder, content: bytes) -> list[str]:
    """Return every file below the git directory that gives `content` away."""
    git = repo.git_dir()
    return [
        str(path.relative_to(git))
        for path in sorted(git.rglob("*"))
        if path.is_file() and any(content in data for data in _layers(path))
    ]


def _layers(path: Path) -> Iterator[bytes]:
    """Yield what a file holds, and what that is when it is unpacked."""
    data = path.read_bytes()
    yield data
    if path.suffix == ".pack":
        yield from _objects(path)
    elif path.name.endswith(".tar.zst"):
        with tarfile.open(fileobj=io.BytesIO(_plain(data))) as tape:
            for member in tape.getmembers():
                file = tape.extractfile(member)
                yield from _unbundled(file.read() if file is not None else b"")
    elif data[:1] == b"x":
        try:
            yield zlib.decompress(data)
        except zlib.error:
            return


def _plain(data: bytes) -> bytes:
    reader, found = zstd.Reader(io.BytesIO(data)), b""
    while part := reader.read(1 << 20):
        found += part
    return found


def _unbundled(data: bytes) -> Iterator[bytes]:
    yield data
    head, found, pack = data.partition(b"\n\nPACK")
    if found and head.startswith(b"# v"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "some.pack"
            path.write_bytes(b"PACK" + pack)
            yield from _objects(path)


def _objects(pack: Path) -> Iterator[bytes]:
    """Yield the contents of every object in a pack, all at once."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "-q", "--bare", folder], check=True)
        copy = Path(folder) / "objects/pack/pack-0.pack"
        shutil.copy(pack, copy)
        subprocess.run(["git", "index-pack", str(copy)], check=True, capture_output=True)
        words = ["git", "--git-dir", folder, "cat-file", "--batch-all-objects", "--batch"]
        yield subprocess.run(words, check=True, capture_output=True).stdout
