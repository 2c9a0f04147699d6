"""The way out: after `deinit` nothing is left but our refs, and the way back in goes on from them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from git_timewarp.watch import state
from tests.support.recorder import opened, recorded, typed
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit, not recorded yet."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    return repo


def files(repo: RepoBuilder) -> set[str]:
    """Return everything in the git directory but objects and our refs."""
    base = repo.path / ".git"
    found = {str(path.relative_to(base)) for path in base.rglob("*")}
    return {name for name in found if not name.startswith(("objects/", "refs/timewarp"))}


def outside() -> list[str]:
    """Return the files we keep in the home folder."""
    home = Path(os.environ["HOME"])
    return [path.name for path in home.rglob("git-timewarp/writers/*")]


def worked(repo: RepoBuilder) -> None:
    """Record, jump, and let hooks note something that nobody drained."""
    recorded(repo, hooks=True)
    repo.write("a", "two\n")
    opened(repo).snapshot()
    assert typed(repo, "jump", "E1").code == 0
    repo.commit("noted by a hook", {"a": "three\n"})


def test_nothing_is_left_but_our_refs(repo: RepoBuilder) -> None:
    before, config = files(repo), repo.read(".git/config")
    worked(repo)
    repo.git("update-ref", "-d", "refs/heads/unborn", ok=None)
    assert json.loads(typed(repo, "deinit", "--json").out)["left"] == []
    assert files(repo) - before == {"logs/HEAD", "logs/refs/heads/main"} - before
    assert repo.read(".git/config") == config
    assert repo.git("for-each-ref", "refs/timewarp")
    for words in (["log"], ["verify"], ["snapshot"], ["status"]):
        answer = typed(repo, *words)
        assert "git timewarp init" in answer.out + answer.err
    assert typed(repo, "log").err == (
        "error: nothing records in this repository; what was recorded before is in refs/timewarp/\n"
        "hint: git timewarp init\n"
    )


def test_what_hooks_noted_is_recorded_first(repo: RepoBuilder) -> None:
    worked(repo)
    typed(repo, "deinit")
    shown = repo.git("-c", "notes.displayRef=refs/timewarp/*/events/*", "log")
    assert '"summary":"noted by a hook"' in shown


def test_init_afterwards_goes_on_with_this_clones_own_events(repo: RepoBuilder) -> None:
    worked(repo)
    first = typed(repo, "log", "--json").out.splitlines()
    for _ in range(2):
        assert typed(repo, "deinit").code == 0
        assert len(outside()) == 1
        assert typed(repo, "init").code == 0
        assert len(outside()) == 1
    told = {json.loads(line)["id"] for line in typed(repo, "log", "--json").out.splitlines()}
    assert told > {json.loads(line)["id"] for line in first}
    assert opened(repo).verify(full=True).problems == ()


def test_a_clone_in_another_place_does_not_take_them_for_its_own(
    repo: RepoBuilder, tmp_path: Path
) -> None:
    worked(repo)
    typed(repo, "deinit")
    other = repo.clone_twin(tmp_path / "other")
    assert typed(other, "init").code == 0
    assert "noted by a hook" not in typed(other, "log").out
    assert "noted by a hook" in typed(other, "log", "--all").out


def test_a_purge_afterwards_takes_the_refs_too(repo: RepoBuilder) -> None:
    worked(repo)
    typed(repo, "deinit")
    assert typed(repo, "deinit", "--purge").code == 1
    answer = json.loads(typed(repo, "deinit", "--purge", "--force", "--json").out)
    assert answer["purged"]
    assert repo.git("for-each-ref", "refs/timewarp") == ""
    assert not (repo.path / ".git/timewarp").exists()
    assert outside() == []
    assert not list(Path(os.environ["HOME"]).rglob("git-timewarp"))


def test_what_git_does_not_have_stays_and_is_told(repo: RepoBuilder) -> None:
    recorded(repo)
    repo.write(".git/timewarp/aside/1/a", "changed under a restore\n")
    left = str(repo.path / ".git/timewarp/aside")
    assert json.loads(typed(repo, "deinit", "--json").out)["left"] == [left]
    assert os.listdir(repo.path / ".git/timewarp") == ["aside"]


def test_settings_of_the_users_own_stay(repo: RepoBuilder) -> None:
    repo.git("config", "gc.refs/timewarp/*.reflogExpire", "90 days")
    recorded(repo)
    typed(repo, "deinit")
    assert (
        repo.git("config", "--local", "--get-regexp", r"^gc\.")
        == "gc.refs/timewarp/*.reflogexpire 90 days"
    )


@pytest.mark.parametrize("hook", ["", ".git/hooks/post-commit"])
def test_a_config_file_without_a_last_newline_is_what_it_was(repo: RepoBuilder, hook: str) -> None:
    config = repo.read(".git/config") + b"[alias]\n\tx = log"
    repo.write(".git/config", config)
    if hook:
        repo.write(hook, "#!/bin/sh\n", mode=0o755)
    recorded(repo, hooks=True)
    recorded(repo, hooks=True)
    assert typed(repo, "deinit").code == 0
    assert repo.read(".git/config") == config


def test_every_watcher_has_ended(repo: RepoBuilder, tmp_path: Path) -> None:
    """Also those of linked work trees, before the command is over."""
    recorded(repo)
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = RepoBuilder(tmp_path / "linked", init=False)
    watchers = []
    for place in (repo, linked):
        assert typed(place, "watch", "start").code == 0
        watchers.append(state.read(opened(place).repo).identity)
    linked.write("a", "unsaved\n")
    assert typed(repo, "deinit").code == 0
    assert [who is not None and who.is_alive for who in watchers] == [False, False]
    assert not (repo.path / ".git/timewarp").exists()


def test_a_purge_hands_back_what_git_has_only_as_an_empty_file(repo: RepoBuilder) -> None:
    """After a power cut a loose object may be there and hold nothing: ours is the only copy."""
    recorded(repo)
    repo.write("a", "precious\n")
    opened(repo).snapshot()
    repo.git("commit", "-qam", "precious")
    opened(repo).snapshot()
    blob = repo.git("rev-parse", "HEAD:a")
    loose = repo.git_dir() / "objects" / blob[:2] / blob[2:]
    loose.parent.mkdir(exist_ok=True)
    loose.unlink(missing_ok=True)
    loose.touch()
    assert repo.git("cat-file", "-p", "HEAD:a") == "precious"
    assert typed(repo, "deinit", "--purge", "--force").code == 0
    assert repo.git("cat-file", "-p", "HEAD:a") == "precious"
