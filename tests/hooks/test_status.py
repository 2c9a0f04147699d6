"""Status tells whether the hooks are in effect, and proves it by having git run them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from git_timewarp.hooks.catalog import RECORDED
from git_timewarp.hooks.probe import probe
from git_timewarp.hooks.status import HooksStatus, status
from tests.support.hooks import CLOCK, drained, put_in, repo_at, take_out, telling_hook
from tests.support.recorder import recorded, typed
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit."""
    builder = RepoBuilder(tmp_path / "repo")
    builder.commit("first", {"file": "1\n"})
    return builder


def look(repo: RepoBuilder, *, prove: bool = False) -> HooksStatus:
    """Return the status."""
    found = repo_at(repo.path)
    return status(found, fired=probe(found, clock=CLOCK) if prove else {})


def shape(found: HooksStatus) -> tuple[str, int, set[bool | None]]:
    """Return state, number of installed hooks, and the answers to whether they fire."""
    installed = sum(hook.installed for hook in found.hooks)
    return found.state, installed, {hook.fires for hook in found.hooks}


def test_absent_installed_absent(repo: RepoBuilder) -> None:
    """Before, after, and after taking out."""
    assert shape(look(repo, prove=True)) == ("absent", 0, {None})
    put_in(repo.path)
    assert shape(look(repo)) == ("installed", 5, {None})
    assert shape(look(repo, prove=True)) == ("installed", 5, {True})
    take_out(repo.path)
    assert shape(look(repo)) == ("absent", 0, {None})


def test_json(repo: RepoBuilder) -> None:
    """The stable form that other programs read."""
    telling_hook(repo.path / ".husky", "pre-push")
    repo.git("config", "core.hooksPath", ".husky")
    put_in(repo.path)
    found = look(repo).to_dict()
    hooks = found.pop("hooks")
    folder = str(repo.path / ".git/timewarp-hooks")
    assert found == {
        "state": "installed",
        "mode": "path",
        "path": folder,
        "problems": [],
        "hint": None,
    }
    pre_push = str(repo.path / ".husky/pre-push")
    assert hooks == [
        {
            "name": name,
            "installed": True,
            "fires": None,
            "chained_to": pre_push if name == "pre-push" else None,
            "behind": None,
        }
        for name in RECORDED
    ]


@pytest.mark.parametrize("mode", ["beside", "path", "linked"])
def test_a_probe_records_nothing_and_runs_nobody_elses_hook(
    repo: RepoBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """The user's hooks do not run for a probe, and the drain drops what probes left."""
    monkeypatch.setenv("TELL", str(tmp_path / "told"))
    if mode != "beside":
        for name in RECORDED:
            telling_hook(repo.path / ".git/hooks", name)
    put_in(repo.path)
    where = repo
    if mode == "linked":
        repo.git("worktree", "add", "-q", "../linked")
        where = RepoBuilder(tmp_path / "linked", init=False)
        (tmp_path / "told").unlink()
        drained(repo.path)
    assert shape(look(where, prove=True)) == ("installed", 5, {True})
    assert not (tmp_path / "told").exists()
    assert drained(repo.path) == []
    take_out(repo.path)
    assert shape(look(where, prove=True)) == ("absent", 0, {None})
    assert not (tmp_path / "told").exists()


@pytest.mark.parametrize("before", [None, ".husky"])
def test_reset_by_another_tool(
    repo: RepoBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    """`core.hooksPath` set by a tool: ours are not in effect, theirs are not started to see."""
    monkeypatch.setenv("TELL", str(tmp_path / "told"))
    if before:
        repo.git("config", "core.hooksPath", before)
    put_in(repo.path)
    for name in RECORDED:
        telling_hook(repo.path / ".husky/_", name)
    repo.git("config", "core.hooksPath", ".husky/_")
    found = look(repo, prove=True)
    assert shape(found) == ("reset", 0, {False})
    assert found.problems == (
        f"git now looks for hooks in '{repo.path}/.husky/_', which is not where ours are",
    )
    assert not (tmp_path / "told").exists()
    put_in(repo.path)
    assert shape(look(repo, prove=True)) == ("installed", 5, {True})
    assert look(repo).hooks[0].chained_to == str(repo.path / ".husky/_/post-commit")


def test_unset_by_the_user(repo: RepoBuilder) -> None:
    """`git config --unset core.hooksPath` is obeyed and noticed."""
    telling_hook(repo.path / ".git/hooks", "post-commit")
    put_in(repo.path)
    repo.git("config", "--unset", "core.hooksPath")
    assert shape(look(repo, prove=True)) == ("reset", 0, {False})


def test_moved(repo: RepoBuilder, tmp_path: Path) -> None:
    """Linked work trees of a moved repository lose our hooks; that is told, and mended."""
    repo.git("config", "core.hooksPath", ".husky")
    put_in(repo.path)
    repo.git("worktree", "add", "-q", "../linked")
    moved = RepoBuilder(repo.path.rename(tmp_path / "moved"), init=False)
    moved.git("worktree", "repair", "../linked")
    linked = RepoBuilder(tmp_path / "linked", init=False)
    assert shape(look(linked, prove=True)) == ("moved", 0, {False})
    put_in(moved.path)
    assert shape(look(linked, prove=True)) == ("installed", 5, {True})


def test_what_we_hand_on_to_changed(repo: RepoBuilder) -> None:
    """A global setting that changed under ours, a rare hook that appeared: both are told."""
    repo.git("config", "--global", "core.hooksPath", str(Path(os.environ["HOME"]) / "one"))
    put_in(repo.path)
    repo.git("config", "--global", "core.hooksPath", str(Path(os.environ["HOME"]) / "two"))
    assert shape(look(repo)) == ("changed", 5, {None})
    put_in(repo.path)
    assert look(repo).state == "installed"
    telling_hook(Path(os.environ["HOME"]) / "two", "reference-transaction")
    assert look(repo).state == "changed"
    put_in(repo.path)
    assert look(repo).state == "installed"


def test_stubs_missing_replaced_disabled_outdated(repo: RepoBuilder) -> None:
    """Anything but five stubs of this version is told."""
    put_in(repo.path)
    hooks = repo.path / ".git/hooks"
    (hooks / "post-merge").unlink()
    telling_hook(hooks, "pre-push")
    (hooks / "post-commit").chmod(0o644)
    found = look(repo, prove=True)
    assert shape(found) == ("partial", 2, {True, False})
    assert found.problems == ("no hook of ours any more: post-commit, post-merge, pre-push",)
    assert put_in(repo.path).mode == "path"
    assert look(repo).state == "installed"
    (repo.path / ".git/timewarp-hooks/.record.sh").write_text("# older\n")
    assert look(repo).state == "outdated"


def test_a_stub_that_another_tool_moved_aside(repo: RepoBuilder, tmp_path: Path) -> None:
    """As `pre-commit install` does: it fires, but its runner is not started to find out."""
    recorded(repo, hooks=True)
    hooks = repo.path / ".git/hooks"
    (hooks / "post-commit").rename(hooks / "post-commit.legacy")
    text = f'#!/bin/sh\ntouch {tmp_path}/ran\nexec "$(dirname "$0")/post-commit.legacy" "$@"\n'
    repo.write(".git/hooks/post-commit", text, mode=0o755)
    found = look(repo, prove=True)
    assert shape(found) == ("installed", 5, {True, None})
    assert found.hooks[0].behind == str(hooks / "post-commit")
    assert not (tmp_path / "ran").exists()
    checks = json.loads(typed(repo, "doctor", "--json").out)["checks"]
    assert [check["text"] for check in checks if check["name"] == "hooks"] == [
        (
            "5 installed, each fires but post-commit, which another tool's hook runs: "
            "that one is not tried"
        )
    ]
    assert typed(repo, "doctor").code == 0
    (hooks / "post-commit").chmod(0o644)
    assert look(repo, prove=True).hooks[0].fires is False


def test_stubs_without_a_record(repo: RepoBuilder) -> None:
    """Stubs whose record is gone are told and taken over."""
    put_in(repo.path)
    (repo.path / ".git/timewarp-hooks/.record.json").unlink()
    assert look(repo).state == "partial"
    assert put_in(repo.path).mode == "beside"
    assert look(repo).state == "installed"


def test_a_hook_that_runs_but_cannot_note(repo: RepoBuilder) -> None:
    """Only the note in the spool counts as firing."""
    put_in(repo.path)
    now = repo.path / ".git/timewarp/spool/now"
    now.unlink()
    now.mkdir()
    found = look(repo, prove=True)
    assert shape(found) == ("partial", 5, {False})
    assert found.problems[0].startswith("hooks that did not fire when git ran them: post-commit")
