"""A clone without the blobs that nobody asked for."""

from __future__ import annotations

from pathlib import Path

from tests.support.repo_builder import RepoBuilder


def partial_clone(tmp_path: Path) -> RepoBuilder:
    """Return a clone of `source` beside it that has the file `here` and not the blob of `away`."""
    source = RepoBuilder(tmp_path / "source")
    source.commit("first", {"here": "one\n", "away": "two\n"})
    source.git("config", "uploadpack.allowFilter", "true")
    options = ("--filter=blob:none", "--no-checkout")
    source.git("clone", "-q", *options, source.path.as_uri(), str(tmp_path / "partial"))
    repo = RepoBuilder(tmp_path / "partial", init=False)
    repo.git("sparse-checkout", "set", "--no-cone", "/here")
    repo.git("checkout", "-q", "main")
    return repo
