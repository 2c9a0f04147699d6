"""Somebody deleted our folders: the user's hooks go on, or are brought back by what he would type."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from git_timewarp.util.text import compact_json
from tests.support.hooks import git_files, put_in, repo_at, take_out, telling_hook
from tests.support.recorder import recorded, typed
from tests.support.repo_builder import RepoBuilder

OWN = "#!/bin/sh\necho his hook ran >&2\n"


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a recorded repository with a hook of the user's, to which ours hands on."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.write(".git/hooks/post-commit", OWN, mode=0o755)
    repo.git("worktree", "add", "-q", "--orphan", "-b", "side", "../linked", ok=None)
    repo.commit("first", {"a": "1\n"})
    recorded(repo, hooks=True)
    return repo


def runs(repo: RepoBuilder) -> bool:
    """Tell whether the user's hook runs."""
    done = repo.run("commit", "-q", "--allow-empty", "-m", "x")
    return b"his hook ran" in done.stderr


def delete(repo: RepoBuilder, *names: str) -> None:
    for name in names:
        shutil.rmtree(repo.path / ".git" / name)


def test_without_the_state_folder_his_hooks_go_on(repo: RepoBuilder) -> None:
    """Our stubs lie beside the state folder, with all they need to hand on."""
    delete(repo, "timewarp")
    assert runs(repo)
    found = json.loads(typed(repo, "hooks", "status", "--json").out)
    assert found["state"] == "installed"
    (check,) = [
        item
        for item in json.loads(typed(repo, "doctor", "--json").out)["checks"]
        if item["name"] == "hooks"
    ]
    assert (check["ok"], check["hint"]) == (False, "git timewarp hooks uninstall")
    assert typed(repo, "hooks", "uninstall").code == 0
    assert runs(repo)
    assert not list((repo.path / ".git").glob("timewarp*"))


@pytest.mark.parametrize("words", [["hooks", "uninstall"], ["deinit"]])
def test_a_folder_that_is_gone_is_taken_out_of_the_settings(
    repo: RepoBuilder, words: list[str]
) -> None:
    delete(repo, "timewarp", "timewarp-hooks")
    assert not runs(repo)
    status = json.loads(typed(repo, "status", "--json").out)
    assert [(item["kind"], item["hint"]) for item in status["problems"]] == [
        ("lost-journal", "git timewarp recover --rebuild"),
        ("hooks-lost", "git timewarp hooks uninstall"),
    ]
    assert "git timewarp hooks uninstall" in typed(repo, "hooks", "status").out
    assert "git timewarp hooks uninstall" in typed(repo, "doctor").out
    assert typed(repo, *words).code == 0
    assert runs(repo)
    assert "timewarp" not in repo.git(
        "config", "--local", "--get-regexp", "hookspath|path$", ok=None
    )
    assert not list((repo.path / ".git").glob("timewarp*"))
    typed(repo, "deinit")
    assert typed(repo, "deinit").code == 1
    assert "gc.refs/timewarp" not in repo.git("config", "--local", "--list")


def test_init_again_hands_on_to_what_is_in_effect_without_us(repo: RepoBuilder) -> None:
    delete(repo, "timewarp", "timewarp-hooks")
    assert typed(repo, "init").code == 0
    assert runs(repo)
    assert typed(repo, "deinit").code == 0
    assert repo.git("config", "core.hooksPath", ok=(1,)) == ""
    assert runs(repo)


def test_only_our_hooks_folder_is_gone(repo: RepoBuilder) -> None:
    """While recording goes on, the command is another one."""
    delete(repo, "timewarp-hooks")
    status = json.loads(typed(repo, "status", "--json").out)
    assert [(item["kind"], item["hint"]) for item in status["problems"]] == [
        ("hooks-lost", "git timewarp hooks install")
    ]
    assert typed(repo, "hooks", "install").code == 0
    assert runs(repo)


def test_from_a_linked_work_tree(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", "-b", "third", str(tmp_path / "third"))
    linked = RepoBuilder(tmp_path / "third", init=False)
    assert typed(linked, "hooks", "status", "--json").out.count("/./") == 0
    delete(repo, "timewarp", "timewarp-hooks")
    assert not runs(linked)
    assert "hooks-lost" in typed(linked, "status").out
    assert typed(linked, "hooks", "uninstall").code == 0
    assert runs(linked)


def test_the_setting_that_ours_replaced_comes_back(tmp_path: Path) -> None:
    """Also where nothing but the config file is left to tell it."""
    repo = RepoBuilder(tmp_path / "repo")
    telling_hook(repo.path / ".husky", "pre-commit")
    repo.git("config", "core.hooksPath", ".husky")
    listed = repo.git("config", "--local", "--list")
    before = git_files(repo.path)
    put_in(repo.path)
    shutil.rmtree(repo.path / ".git/timewarp-hooks")
    take_out(repo.path)
    assert repo.git("config", "--local", "--list") == listed
    put_in(repo.path)
    shutil.rmtree(repo.path / ".git/timewarp-hooks")
    put_in(repo.path)
    take_out(repo.path)
    assert git_files(repo.path) == before


def test_a_record_of_format_1_is_taken_out(tmp_path: Path) -> None:
    """Its folder lay in the state folder."""
    repo = RepoBuilder(tmp_path / "repo")
    telling_hook(repo.path / ".git/hooks", "post-commit")
    before = git_files(repo.path)
    put_in(repo.path)
    state = Path(repo_at(repo.path).state_dir)
    told = json.loads((state.parent / "timewarp-hooks/.record.json").read_bytes())
    told["v"] = 1
    told["places"][0] |= {"folder": "hooks", "value": ".git/timewarp/hooks", "after": None}
    repo.git("config", "core.hooksPath", ".git/timewarp/hooks")
    repo.git(
        "config",
        "--replace-all",
        f"includeIf.{told['places'][0]['condition']}.path",
        "timewarp/hooks/.linked-config",
    )
    (state.parent / "timewarp-hooks").rename(state / "hooks")
    (state / "hooks/.record.json").unlink()
    (state / "hooks/.record.sh").rename(state / "record.sh")
    (state / "hooks/.lfs").rename(state / "lfs")
    (state / "hooks.json").write_bytes(compact_json(told))
    take_out(repo.path)
    assert git_files(repo.path) == before
    assert [path.name for path in state.iterdir()] == ["spool"]
