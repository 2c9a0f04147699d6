"""No secret that was typed gets into the chain, whatever member it comes in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.recorder import recorded, typed
from tests.support.repo_builder import RepoBuilder

SECRET = "ghp_" + "a1B2c3D4" * 5


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "1\n"})
    return recorded(repo, hooks=True)


def kept(repo: RepoBuilder) -> bytes:
    """Return everything that our refs lead to, and our files."""
    listed = repo.git("rev-list", "--objects", "--no-object-names", "--glob=refs/timewarp/*")
    batch = repo.run("cat-file", "--batch", stdin=(listed + "\n").encode()).stdout
    state = (repo.path / ".git/timewarp").rglob("*")
    return batch + b"".join(path.read_bytes() for path in state if path.is_file())


@pytest.mark.parametrize(
    "key", [f"call-{SECRET}", f"call_{SECRET}", f"a:{SECRET}", "x-hf_" + "aB1" * 12]
)
def test_keys(repo: RepoBuilder, key: str) -> None:
    """Stored as a digest, so that the same key is still recorded once."""
    line = json.dumps({"type": "tool", "summary": "x", "key": key}).encode()
    first, again = (json.loads(typed(repo, "record", "--json", stdin=line).out) for _ in range(2))
    assert (again["id"], again["duplicate"]) == (first["id"], True)
    other = line.replace(b"tool", b"more").replace(key.encode(), key[:-1].encode() + b"z")
    assert json.loads(typed(repo, "record", "--json", stdin=other).out)["id"] != first["id"]
    typed(repo, "snapshot", "-m", "fold")
    assert key[-30:].encode() not in kept(repo)


def test_messages_milestones_and_subjects(repo: RepoBuilder) -> None:
    typed(repo, "snapshot", "-m", f"before {SECRET} went")
    typed(repo, "snapshot", "--milestone", f"m-{SECRET}")
    repo.git("commit", "-q", "--allow-empty", "-m", f"use {SECRET}")
    repo.git("commit", "-q", "--amend", "--allow-empty", "-m", "use nothing")
    repo.git("reflog", "expire", "--expire=now", "--all")
    told = [json.loads(line)["summary"] for line in typed(repo, "log", "--json").out.splitlines()]
    assert "before ***REDACTED:github-token*** went" in told
    assert "use ***REDACTED:github-token***" in told
    events = repo.git("for-each-ref", "--format=%(refname)", "refs/timewarp/*/events/*").split()
    typed(repo, "snapshot", "-m", "fold")
    for ref in events:
        listed = repo.git("rev-list", "--objects", "--no-object-names", ref)
        assert SECRET.encode() not in repo.run("cat-file", "--batch", stdin=listed.encode()).stdout
