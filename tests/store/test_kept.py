"""Commits and tags that lost their last name come back with the same ids, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.git.names import Oid
from git_timewarp.git.objects import MissingObjectError
from git_timewarp.integrity.verify import verify
from git_timewarp.store import kept
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.world import World
from tests.support import recording
from tests.support.repo_builder import RepoBuilder

SIGNATURE = (
    "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQEzBAABCAAdFiEE\n =abcd\n"
    " -----END PGP SIGNATURE-----\n"
)


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "1\n", "dir/b": "1\n"})
    return built


def lose(repo: RepoBuilder, given: World, *names: str) -> None:
    """Look once while `names` are there, remove them, look again, and let git prune."""
    recording.take(given)
    for name in names:
        repo.git("update-ref", "-d", name)
    repo.git("reflog", "expire", "--all", "--expire=now", "--expire-unreachable=now", ok=None)
    recording.take(given)
    repo.git("gc", "-q", "--prune=now")
    assert verify(given.repo, full=True).problems == ()


def bring_back(given: World, oid: str) -> int:
    with Operation(given, "test") as op:
        held = dict(kept.entries(op.quarantine.reader, op.recorder.refs, []))
        return kept.write_back(op.repo.git, op.quarantine.reader, held, Oid(oid))


def loose_commit(repo: RepoBuilder, text: str, *, kind: str = "commit") -> str:
    return repo.git("hash-object", "-t", kind, "-w", "--stdin", stdin=text.encode())


def tree_with(repo: RepoBuilder, content: str) -> str:
    blob = repo.git("hash-object", "-w", "--stdin", stdin=content.encode())
    return repo.git("mktree", stdin=f"100644 blob {blob}\tf\n".encode())


def who(role: str) -> str:
    return f"{role} Ada <ada@example.com> 1700000000 +0130\n"


def test_a_line_of_commits(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    repo.git("checkout", "-qb", "side")
    commits = [repo.commit(f"side {n}", {"a": f"{n}\n", f"new{n}": "x\n"}) for n in range(4)]
    text = repo.git("log", "-p", "side")
    repo.git("checkout", "-q", "main")
    lose(repo, given, "refs/heads/side")
    assert repo.run("cat-file", "-e", commits[-1], ok=None).returncode != 0
    assert bring_back(given, commits[-1]) == 4
    assert bring_back(given, commits[-1]) == 0
    assert repo.git("log", "-p", commits[-1]) == text


def test_merges_signatures_and_odd_bytes(repo: RepoBuilder) -> None:
    """Whatever is in a commit: signatures, an encoding, a mergetag, no newline at the end."""
    given = recording.begin(repo)
    base = repo.git("rev-parse", "HEAD")
    left = loose_commit(
        repo,
        f"tree {tree_with(repo, 'left')}\nparent {base}\n{who('author')}{who('committer')}"
        f"{SIGNATURE}encoding ISO-8859-1\n\nno newline",
    )
    right = loose_commit(
        repo, f"tree {tree_with(repo, 'right')}\n{who('author')}{who('committer')}\nroot\n"
    )
    merge = loose_commit(
        repo,
        f"tree {tree_with(repo, 'merge')}\nparent {left}\nparent {right}\nparent {base}\n"
        f"{who('author')}{who('committer')}mergetag object {right}\n type commit\n tag v1\n"
        f" {who('tagger')} \n signed\n\nparent 0000 in the message\n",
    )
    data = repo.run("cat-file", "commit", merge).stdout
    repo.git("update-ref", "refs/heads/merge", merge)
    lose(repo, given, "refs/heads/merge")
    assert bring_back(given, merge) == 3
    assert repo.run("cat-file", "commit", merge).stdout == data
    assert repo.git("show", "-s", "--format=%P", merge) == f"{left} {right} {base}"


def test_tags_of_everything(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    tree = tree_with(repo, "only a tag has me")
    blob = repo.git("hash-object", "-w", "--stdin", stdin=b"only a tag has me too")
    commit = loose_commit(repo, f"tree {tree}\n{who('author')}{who('committer')}\nx\n")
    names = {}
    for name, target in {"commit": commit, "tree": tree, "blob": blob}.items():
        repo.git("tag", "-a", "-m", f"tag of a {name}", f"on-{name}", target)
        names[f"refs/tags/on-{name}"] = repo.git("rev-parse", f"refs/tags/on-{name}")
    repo.git("tag", "-a", "-m", "tag of a tag", "on-tag", "on-commit")
    names["refs/tags/on-tag"] = repo.git("rev-parse", "refs/tags/on-tag")
    data = {oid: repo.run("cat-file", "tag", oid).stdout for oid in names.values()}
    lose(repo, given, *names)
    for name, oid in names.items():
        bring_back(given, oid)
        assert repo.run("cat-file", "tag", oid).stdout == data[oid], name
    assert repo.git("cat-file", "-p", f"{names['refs/tags/on-tree']}^{{tree}}:f") == (
        "only a tag has me"
    )
    assert repo.git("cat-file", "blob", blob) == "only a tag has me too"
    assert repo.git("cat-file", "-t", commit) == "commit"


def test_refs_that_name_a_tree_or_a_blob(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    tree = tree_with(repo, "nobody else has me")
    blob = repo.git("hash-object", "-w", "--stdin", stdin=b"nor me")
    repo.git("update-ref", "refs/tags/t", tree)
    repo.git("update-ref", "refs/tags/b", blob)
    lose(repo, given, "refs/tags/t", "refs/tags/b")
    assert bring_back(given, tree) == bring_back(given, blob) == 0
    assert repo.git("cat-file", "-p", f"{tree}:f") == "nobody else has me"
    assert repo.git("cat-file", "blob", blob) == "nor me"


def test_a_stash_with_its_index_and_untracked_files(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    repo.write("a", "staged\n")
    repo.git("add", "a")
    repo.write("a", "worked\n")
    repo.write("untracked", "new\n")
    recording.take(given)
    repo.git("stash", "push", "-q", "-u")
    stash = repo.git("rev-parse", "refs/stash")
    parents = repo.git("show", "-s", "--format=%P", stash)
    assert len(parents.split()) == 3
    recording.take(given)
    repo.git("stash", "drop", "-q")
    repo.git("reflog", "expire", "--all", "--expire=now", "--expire-unreachable=now", ok=None)
    recording.take(given)
    repo.git("gc", "-q", "--prune=now")
    assert bring_back(given, stash) == 3
    assert repo.git("show", "-s", "--format=%P", stash) == parents
    repo.git("stash", "apply", "-q", "--index", stash)
    assert repo.read("a") == b"worked\n"
    assert repo.git("show", ":a") == "staged"
    assert repo.read("untracked") == b"new\n"


def test_a_shallow_clone(repo: RepoBuilder, tmp_path: Path) -> None:
    """Commits at its edge have no parents there, and need none to come back."""
    for number in range(3):
        repo.commit(f"{number}", {"a": f"{number}\n"})
    repo.git("clone", "-q", "--depth=1", f"file://{repo.path}", str(tmp_path / "shallow"))
    clone = RepoBuilder(tmp_path / "shallow", init=False)
    given = recording.begin(clone)
    edge = clone.git("rev-parse", "HEAD")
    tip = clone.commit("mine", {"b": "1\n"})
    recording.take(given)
    clone.git("checkout", "-q", "--orphan", "other")
    clone.git("rm", "-rqf", ".")
    clone.commit("other", {"c": "1\n"})
    for name in clone.git(
        "for-each-ref", "--format=%(refname)", "refs/heads/main", "refs/remotes"
    ).split():
        clone.git("update-ref", "-d", name)
    recording.take(given)
    clone.git("reflog", "expire", "--all", "--expire=now", "--expire-unreachable=now", ok=None)
    clone.git("gc", "-q", "--prune=now")
    (clone.git_dir() / "shallow").write_text(edge + "\n")
    assert bring_back(given, tip) == 2
    assert clone.git("log", "--format=%s", tip).splitlines() == ["mine", "2"]


def test_what_nobody_has_is_an_error(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    with pytest.raises(MissingObjectError):
        bring_back(given, "1" * 40)
