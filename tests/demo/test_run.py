"""The demonstration, on repositories that are not easy."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from git_timewarp.demo import replay, sandbox
from git_timewarp.demo.report import Loss, Report, State
from git_timewarp.demo.sandbox import NoHistoryError, NoSourceError, Sandbox
from git_timewarp.git.names import Oid
from git_timewarp.util.clock import SystemClock
from tests.support.repo_builder import RepoBuilder, work_tree

ONE, OTHER = Oid("1" * 40), Oid("2" * 40)


@pytest.fixture
def project(tmp_path: Path) -> RepoBuilder:
    """Return a history with what makes replaying hard, every state told by git itself."""
    RepoBuilder(tmp_path / "library").commit("first", {"x": "1"})
    repo = RepoBuilder(tmp_path / "project")
    repo.commit("first", {"README.md": "# a project\n", "src/main.py": "print(1)\n", "gone": "1"})
    repo.remove("gone")
    repo.write("run.sh", "#!/bin/sh\n", mode=0o755)
    repo.link("link", "src/main.py")
    repo.commit("second", {"src/main.py": "print(2)\n", "bad\udcff": "x", "a\nb": "x"})
    repo.write(".gitignore", "*.log\nout/\n")
    repo.write("out/kept.log", "tracked and ignored\n")
    repo.git("add", "-f", "out/kept.log")
    repo.commit("third")
    repo.git("submodule", "add", "-q", str(tmp_path / "library"), "sub")
    repo.commit("fourth")
    repo.remove("link")
    repo.commit("fifth", {"link": "a file now\n", "crlf.txt": "one\r\n"})
    repo.write(".gitattributes", "*.txt text\n")
    repo.git("add", ".gitattributes")
    repo.git("commit", "-q", "-m", "sixth")
    return repo


def box_of(project: RepoBuilder, tmp_path: Path) -> Sandbox:
    box = sandbox.clone(str(project.path), environ=project.env(), commits=50)
    assert not box.folder.startswith(str(tmp_path))
    return box


def test_replayed_states_have_the_trees_git_gives_them(
    project: RepoBuilder, tmp_path: Path
) -> None:
    """The snapshot is git's own here, so this is about how states are written and judged."""
    box = box_of(project, tmp_path)
    try:
        commits = replay.history(box, commits=50)
        assert len(commits) == 6
        replay.begin(box, commits[0])
        index = os.path.join(box.work_tree, ".git", "index")
        before = box.run("rev-parse", "HEAD")
        states = list(
            replay.replay(
                box, commits, snapshot=lambda: box.tree_now(index=index), clock=SystemClock()
            )
        )
        assert box.run("rev-parse", "HEAD") == before
    finally:
        box.remove()
    assert [state.commit for state in states] == commits
    # The last commit has a file in a form that its own attributes would not give.
    assert [state.is_equal for state in states] == [True] * 5 + [False]
    assert all(state.is_right for state in states)


def test_a_wrong_snapshot_is_called_wrong(project: RepoBuilder, tmp_path: Path) -> None:
    box = box_of(project, tmp_path)
    try:
        commits = replay.history(box, commits=2)
        assert len(commits) == 3
        replay.begin(box, commits[0])
        state = next(replay.replay(box, commits[1:], snapshot=lambda: ONE, clock=SystemClock()))
    finally:
        box.remove()
    assert not state.is_right


def report(**changes: object) -> Report:
    loss = Loss("x", ("rm x",), 2.0, True, "git timewarp undo", 0.1, ONE, ONE)
    given = {
        "source": "here",
        "states": (State(ONE, ONE, ONE, None, 0.1),),
        "losses": (loss,),
        "timeline": (),
        "seconds": 1.0,
        "folder": None,
    }
    return Report(**{**given, **changes})  # type: ignore[arg-type]


def test_one_thing_wrong_is_all_wrong() -> None:
    good = report()
    assert good.is_right
    for loss in (
        Loss("x", (), 2.0, True, "", 0.1, ONE, OTHER),
        Loss("x", (), 2.0, False, "", 0.1, ONE, ONE),
        Loss("x", (), 2.0, True, "", 0.1, ONE, ONE, problem="refused"),
    ):
        assert not report(losses=(*good.losses, loss)).is_right
    assert not report(states=(State(ONE, ONE, OTHER, None, 0.1),)).is_right
    assert report(states=(State(ONE, ONE, OTHER, OTHER, 0.1),)).is_right


def test_outside_of_any_repository_it_is_this_programs_own(tmp_path: Path) -> None:
    found = sandbox.source_of(str(tmp_path), dict(os.environ))
    assert (Path(found) / "git_timewarp").is_dir()


def test_no_repository_at_all(tmp_path: Path) -> None:
    broken = tmp_path / "config"
    broken.write_text("[broken\n")
    with pytest.raises(NoSourceError, match="bad config line 1") as caught:
        sandbox.source_of(str(tmp_path), dict(os.environ) | {"GIT_CONFIG_GLOBAL": str(broken)})
    assert caught.value.exit_code == 1


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    empty = RepoBuilder(tmp_path / "empty")
    with pytest.raises(NoHistoryError):
        sandbox.clone(str(empty.path), environ=empty.env(), commits=50)


def test_the_whole_of_it(project: RepoBuilder) -> None:
    """Fewer commits than asked; from a folder below; nothing of the user's changes."""
    home = Path(os.environ["HOME"])
    before = (work_tree(project.path), project.view(), project.index_bytes(), work_tree(home))
    done = subprocess.run(
        ["git-timewarp", "demo", "--json"],
        cwd=project.path / "src",
        env=project.env() | {"GIT_DIR": "/nowhere", "GIT_TIMEWARP_TIMELINE": "other"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert done.returncode == 0, told
    assert told["ok"] is True
    assert told["source"] == str(project.path)
    assert len(told["states"]) == 6
    assert [loss["ok"] for loss in told["losses"]] == [True] * 8
    assert [loss["lost"] for loss in told["losses"]] == [True] * 8
    assert told["folder"] is None
    assert any(entry["type"] == "restore" for entry in told["timeline"])
    after = (work_tree(project.path), project.view(), project.index_bytes(), work_tree(home))
    assert after == before
    assert not (project.path / ".git/timewarp").exists()


def test_on_a_repository_elsewhere_without_any_text_and_keep(tmp_path: Path) -> None:
    """One commit of a picture, bare, named by a path relative to here; drawn for people."""
    repo = RepoBuilder(tmp_path / "only")
    repo.commit("first", {"picture": b"\x89PNG\0"})
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    done = subprocess.run(
        ["git-timewarp", "demo", "--repo", "bare.git", "--commits", "3", "--keep"],
        cwd=tmp_path,
        env=repo.env() | {"COLUMNS": "130"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert lines[0] == f"in a throw-away clone of '{tmp_path / 'bare.git'}'"
    assert lines[3] == "  ✓ 1 of 1 snapshots have the tree of the commit"
    assert sum(line.startswith(" ✓ ") for line in lines) == 8
    assert "1 of 1 states recorded exactly, 8 of 8 losses brought back, " in lines[-2]
    clone = Path(lines[-1].removeprefix("the clone is in '").removesuffix("'"))
    assert (clone / ".git").is_dir()
    subprocess.run(["rm", "-rf", clone.parent], check=True)
