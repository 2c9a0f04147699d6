"""A repository with something of everything in it, and the ways in which it is lost."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from git_timewarp.util.text import to_str
from tests.support import recording
from tests.support.recorder import opened, recorded
from tests.support.repo_builder import RepoBuilder, WorkTree, work_tree

ATTRIBUTES = "*.crlf text eol=crlf\n*.id ident\n*.u16 text working-tree-encoding=UTF-16LE\n"


def lived_in(path: Path, *, object_format: str = "sha1") -> RepoBuilder:
    """Return a recorded repository: two snapshots and two drafts after them, one not folded.

    Its last state is in the last draft, and holds all kinds of files.
    """
    repo = RepoBuilder(path, object_format=object_format)
    repo.commit("first", {"a": "one\n", "dir/b": "two\n", ".gitattributes": ATTRIBUTES})
    recorded(repo)
    repo.write("a", "snapshot\n")
    opened(repo).snapshot(message="by hand")
    repo.write("a", "draft\n")
    recording.take(opened(repo).world, kind="draft", fold=True)
    everything(repo)
    recording.take(opened(repo).world, kind="draft", fold=False)
    return repo


def everything(repo: RepoBuilder) -> None:
    """Make a work tree with all kinds of files."""
    repo.write("a", "the last draft\n")
    repo.write("dir/deep/er/new", "new\n" * 500)
    repo.write("run", "#!/bin/sh\n", mode=0o755)
    repo.write("secret", "mine\n", mode=0o600)
    repo.write("converted.crlf", b"one\r\ntwo\r\n")
    repo.write("exact.crlf", b"one\ntwo\r\n")
    repo.write("plain.id", "$Id$\n")
    repo.write("wide.u16", "wide\nü\n".encode("utf-16-le"))
    repo.write("caf\udce9", "not UTF-8\n")
    repo.write("line\nbreak", "strange\n")
    repo.write(".GIT/config", "mine too\n")
    repo.write(".gitmodules.txt", "")
    repo.link("link", "dir/b")
    repo.link("up", "../elsewhere")
    repo.link("to-dir", "dir")
    repo.mkdir("empty/inside")
    inner = RepoBuilder(
        repo.path / "lib/nested", object_format=repo.git("rev-parse", "--show-object-format")
    )
    inner.commit("inner", {"in": "committed\n", "mode": "x\n"})
    inner.write("in", "changed\n")
    inner.write("mode", "x\n", mode=0o640)
    inner.mkdir("hollow")


def state(path: Path) -> WorkTree:
    """Return every file below `path`, without anything of a repository in it."""
    return {name: found for name, found in work_tree(path).items() if ".git" not in name.split("/")}


def git_dir(repo: RepoBuilder) -> Path:
    """Return the git directory, also where git no longer finds it."""
    return repo.path / ".git"


def packs(repo: RepoBuilder, end: str = ".pack") -> list[Path]:
    """Return the files of packs, ours not folded included."""
    found = [*git_dir(repo).glob(f"objects/pack/*{end}")]
    return sorted([*found, *git_dir(repo).glob(f"timewarp/quarantine/pack/*{end}")])


def _no_refs(repo: RepoBuilder) -> None:
    shutil.rmtree(git_dir(repo) / "refs")
    (git_dir(repo) / "packed-refs").unlink(missing_ok=True)


def _no_refs_of_ours(repo: RepoBuilder) -> None:
    shutil.rmtree(git_dir(repo) / "refs/timewarp")
    shutil.rmtree(git_dir(repo) / "logs/refs/timewarp", ignore_errors=True)


def _no_head(repo: RepoBuilder) -> None:
    (git_dir(repo) / "HEAD").unlink()


def _strange_head(repo: RepoBuilder) -> None:
    (git_dir(repo) / "HEAD").write_bytes(b"\0" * 41)


def _no_indexes(repo: RepoBuilder) -> None:
    for path in (*packs(repo, ".idx"), *packs(repo, ".rev")):
        path.unlink()


def _strange_indexes(repo: RepoBuilder) -> None:
    for path in packs(repo, ".idx"):
        path.chmod(0o644)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0xFF
        path.write_bytes(data)


def _broken_config(repo: RepoBuilder) -> None:
    (git_dir(repo) / "config").write_text("[core\n\tthis is = = not\n")


def _no_config(repo: RepoBuilder) -> None:
    (git_dir(repo) / "config").unlink()


def _no_journal(repo: RepoBuilder) -> None:
    for name in ("journal", "refs.json", "acknowledged", "index.db", "writer.json"):
        (git_dir(repo) / "timewarp" / name).unlink(missing_ok=True)


def _strange_journal(repo: RepoBuilder) -> None:
    path = git_dir(repo) / "timewarp/journal"
    path.write_bytes(os.urandom(3000))


WHOLE: dict[str, Callable[[RepoBuilder], None]] = {
    "no refs": _no_refs,
    "no refs of ours": _no_refs_of_ours,
    "no HEAD": _no_head,
    "strange HEAD": _strange_head,
    "packs without index": _no_indexes,
    "damaged indexes": _strange_indexes,
    "broken config": _broken_config,
    "no config": _no_config,
    "no journal": _no_journal,
    "strange journal": _strange_journal,
}
"""Disasters after which everything is still there: nothing that holds content is touched."""


def damaged_loose(path: Path) -> None:
    """Turn a bit of a loose object's contents."""
    data = bytearray(zlib.decompress(path.read_bytes()))
    data[-1] ^= 1
    path.chmod(0o644)
    path.write_bytes(zlib.compress(bytes(data)))


def cut_short(path: Path, share: float) -> None:
    """Leave the first part of a file."""
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.truncate(int(path.stat().st_size * share))


def names_in(path: Path) -> list[str]:
    """Return all names below a folder, for comparing what was there before."""
    return sorted(to_str(os.fsencode(found.relative_to(path))) for found in path.rglob("*"))


def entries_of(pack: Path) -> int:
    """Return how many objects a pack says it holds."""
    count: int = struct.unpack(">L", pack.read_bytes()[8:12])[0]
    return count
