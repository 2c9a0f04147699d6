"""Objects as single files, so that a test can lose one."""

from __future__ import annotations

from pathlib import Path

from tests.support.repo_builder import RepoBuilder


def loosen(repo: RepoBuilder, *, ours: bool = False) -> None:
    """Make every packed object loose; `ours`: only those of packs with a `.keep`."""
    for keep in (repo.git_dir() / "objects/pack").glob("*.keep" if ours else "*.pack"):
        data = keep.with_suffix(".pack").read_bytes()
        for path in keep.parent.glob(keep.stem + ".*"):
            path.unlink()
        repo.git("unpack-objects", "-q", stdin=data)


def loose(repo: RepoBuilder, oid: str) -> Path:
    """Return the file of a loose object."""
    return repo.git_dir() / "objects" / oid[:2] / oid[2:]
