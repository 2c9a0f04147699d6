"""Real projects, release after release: each snapshot is the tree a commit would have.

The releases in `tests/data/histories.txt` are downloaded once, with their hashes checked,
by the ordinary client, and kept in pytest's cache.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.recorder import opened, recorded, whole
from tests.support.repo_builder import RepoBuilder

LISTED = Path(__file__).resolve().parent.parent / "data/histories.txt"
PROJECTS = ("click", "iniconfig", "pluggy")


def blocks() -> list[list[str]]:
    """Return the lines of each download."""
    text = LISTED.read_text()
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return [block.splitlines() for block in kept.strip().split("\n\n")]


def digests(folder: Path) -> dict[str, Path]:
    """Return SHA-256 -> file of what is in a folder."""
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in folder.glob("*.whl")}


@pytest.fixture(scope="session")
def releases(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Path]]:
    """Project -> the files of its releases, oldest first; before the test's own world begins."""
    cache: pytest.Cache = pytestconfig.cache
    folder = cache.mkdir("histories")
    found: dict[str, list[Path]] = {project: [] for project in PROJECTS}
    for block in blocks():
        wanted = [line.rsplit(":", 1)[1] for line in block]
        if not set(wanted) <= set(digests(folder)):
            download(block, tmp_path_factory.mktemp("download"), folder)
        there = digests(folder)
        for line, digest in zip(block, wanted, strict=True):
            found[line.split("==")[0]].append(there[digest])
    return found


def download(block: list[str], scratch: Path, folder: Path) -> None:
    """Fetch the releases of a block into `folder`."""
    (scratch / "requirements.txt").write_text("\n".join(block) + "\n")
    line = [*(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check")]
    line += ["--no-deps", "--only-binary", ":all:", "--require-hashes"]
    line += ["--dest", str(scratch), "--requirement", str(scratch / "requirements.txt")]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"the package index did not give the releases of {LISTED}:\n{done.stderr}")
    for path in scratch.glob("*.whl"):
        os.replace(path, folder / path.name)


def unpack(release: Path, repo: RepoBuilder) -> None:
    """Make the work tree what the release holds, and nothing else."""
    for path in repo.path.iterdir():
        if path.name != ".git":
            repo.remove(path.name)
    with zipfile.ZipFile(release) as archive:
        archive.extractall(repo.path)


@pytest.mark.parametrize("project", PROJECTS)
def test_each_release_has_the_tree_of_its_commit(
    releases: dict[str, list[Path]], tmp_path: Path, project: str
) -> None:
    assert len(releases[project]) >= 3
    twin = RepoBuilder(tmp_path / "twin")
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("empty")
    recorded(repo)
    taken = []
    for release in releases[project]:
        unpack(release, twin)
        twin.commit(release.name)
        unpack(release, repo)
        result = opened(repo).snapshot()
        assert result.tree == twin.git("rev-parse", "HEAD^{tree}"), release.name
        assert result.skipped == ()
        taken.append((result.snapshot, repo.state()))
    whole(repo)
    for snapshot, files in reversed(taken):
        opened(repo).jump(snapshot)
        assert repo.state() == files
    repo.git("gc", "-q", "--prune=now")
    whole(repo)
