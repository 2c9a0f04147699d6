"""The command line on real repositories, started by git as its users start it."""

from __future__ import annotations

import fcntl
import json
import re
from pathlib import Path

import pytest

from tests.support.recorder import recorded, typed
from tests.support.repo_builder import RepoBuilder

SNAPSHOT = re.compile(r"\b[k-z]{12}\b")


def told(repo: RepoBuilder, *words: str, code: int = 0, where: str = ".") -> tuple[str, str]:
    """Return what `git timewarp words` says, ids of snapshots as `<id>`."""
    done = repo.run("-C", where, "timewarp", *words, ok=None)
    out, err = (part.decode("utf-8", "backslashreplace") for part in (done.stdout, done.stderr))
    assert done.returncode == code, (out, err)
    return SNAPSHOT.sub("<id>", out), SNAPSHOT.sub("<id>", err)


def said(repo: RepoBuilder, *words: str) -> dict[str, object]:
    """Return the object a command answers with `--json`."""
    record: dict[str, object] = json.loads(repo.run("timewarp", *words, "--json").stdout)
    return record


def log(repo: RepoBuilder, *words: str) -> list[str]:
    """Return the log's lines without ages."""
    out, err = told(repo, "log", *words)
    assert err == ""
    return [re.sub(r" +(now|\d+s) ", " ", line) for line in out.splitlines()]


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository that records, with a snapshot taken after an edit."""
    made = RepoBuilder(tmp_path / "repo")
    made.commit("one", {"a.txt": "one\n", "sub/b.txt": "b\n"})
    told(made, "init", "--no-hooks")
    made.write("a.txt", "two\n")
    made.write("new.txt", "new\n")
    assert told(made, "snapshot", "-m", "an edit") == ("snapshot E2 <id>  +1 ~1\n", "")
    return made


def test_there_and_back(repo: RepoBuilder) -> None:
    before = repo.state()
    repo.remove("sub/b.txt")
    repo.write("a.txt", "spoiled\n")
    assert told(repo, "restore", "sub/b.txt", "a.txt") == (
        (
            "restored from E2\n"
            "  restored a.txt\n"
            "  restored sub/b.txt\n"
            "  2 restored, 0 removed, 0 unchanged, safety snapshot <id>\n"
        ),
        "to go back: git timewarp undo\n",
    )
    assert repo.state() == before
    told(repo, "undo")
    assert repo.read("a.txt") == b"spoiled\n"
    told(repo, "redo")
    assert repo.state() == before


def test_a_dry_run_changes_nothing(repo: RepoBuilder) -> None:
    before, lines = repo.state(), log(repo)
    out, err = told(repo, "jump", "E1", "-n")
    assert (out.splitlines()[0], err) == ("would jump to E1", "")
    assert (repo.state(), log(repo)) == (before, lines)


def test_the_log_marks_where_the_work_tree_stands(repo: RepoBuilder) -> None:
    assert log(repo) == [
        "@ E2 snapshot +1 ~1 an edit",
        "○ E1 init           started recording",
    ]
    assert log(repo, "-1", "--ascii") == ["@ E2 snapshot +1 ~1 an edit"]
    assert log(repo, "--type", "init", "--ascii") == ["o E1 init started recording"]


def test_settings_given_to_git_reach_us(repo: RepoBuilder) -> None:
    painted = repo.run("-c", "color.ui=always", "timewarp", "log", "-1").stdout
    assert b"\x1b[33mE2\x1b[m" in painted
    plain = repo.run("-c", "color.ui=always", "timewarp", "log", "-1", "--no-color").stdout
    assert b"\x1b" not in plain


def test_names_are_quoted_as_git_quotes_them(repo: RepoBuilder) -> None:
    repo.write("t\tab é \udcff", "x")
    assert told(repo, "diff", "--name-only")[0] == '"t\\tab \\303\\251 \\377"\n'
    repo.git("config", "core.quotePath", "false")
    assert told(repo, "diff", "--name-only")[0] == '"t\\tab é \\xff"\n'
    assert said(repo, "diff")["files"] == [
        {
            "path": {"bytes": "dAlhYiDDqSD/"},
            "status": "A",
            "additions": 1,
            "deletions": 0,
        }
    ]


def test_paths_are_relative_to_where_one_stands(repo: RepoBuilder) -> None:
    assert told(repo, "cat", "E1", "b.txt", where="sub") == ("b\n", "")
    assert told(repo, "cat", "E1:../a.txt", where="sub") == ("one\n", "")
    assert told(repo, "diff", "E1", "E2", "--name-only", "--", "..", where="sub")[0] == (
        "a.txt\nnew.txt\n"
    )


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["jump", "E99"], 3, "'E99' names no event, snapshot, milestone, time or revision"),
        (["cat", "E1", "gone"], 3, "'gone' is not a file in 'E1'"),
        (["stash", "apply"], 3, "there is no 'stash@{0}': nothing is stashed here"),
        (["config", "get", "timewarp.x"], 2, "unknown setting 'timewarp.x'"),
        (["deinit", "--purge"], 1, None),
    ],
)
def test_failures(repo: RepoBuilder, words: list[str], code: int, error: str | None) -> None:
    out, err = told(repo, *words, code=code)
    lines = err.splitlines()
    assert (out, [line.split(": ")[0] for line in lines]) == ("", ["error", "hint"])
    if error is not None:
        assert lines[0] == f"error: {error}"
    failed = repo.run("timewarp", *words, "--json", ok=None)
    assert (failed.returncode, failed.stdout) == (code, b"")
    assert json.loads(failed.stderr)["error"]["code"] == code


def test_where_nothing_records(tmp_path: Path) -> None:
    fresh = RepoBuilder(tmp_path / "fresh")
    fresh.commit("one", {"a": "x"})
    for words in (["log"], ["snapshot"], ["jump", "@-1"], ["verify"], ["deinit", "--purge"]):
        assert told(fresh, *words, code=1) == (
            "",
            "error: nothing records in this repository\nhint: git timewarp init\n",
        )
    out, _ = told(fresh)
    assert out.startswith("nothing is recorded here yet; the three first commands are:\n")


def test_a_bare_repository_is_refused(tmp_path: Path) -> None:
    bare = RepoBuilder(tmp_path / "bare", bare=True)
    out, err = told(bare, "init", code=1)
    assert (out, err.splitlines()[0]) == (
        "",
        f"error: '{bare.path}' is a bare repository and has no work tree to record",
    )


def test_a_lock_that_is_held_ends_with_6(repo: RepoBuilder) -> None:
    repo.git("config", "timewarp.lock.timeoutSeconds", "0")
    with (repo.path / ".git" / "timewarp" / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        _, err = told(repo, "snapshot", code=6)
    assert err.splitlines()[1] == "hint: git timewarp status"
    assert told(repo, "snapshot")[0] == "nothing changed since E2 <id>\n"


def test_a_full_disk_ends_with_a_failure_and_loses_nothing(
    repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("a.txt", "three\n")
    monkeypatch.setenv("GIT_TIMEWARP_FAULT", "12")
    monkeypatch.setenv("GIT_TIMEWARP_FAULT_KIND", "enospc")
    _, err = told(repo, "snapshot", code=1)
    first, second = err.splitlines()
    assert first.startswith("error: no space is left on the disk")
    assert second == "hint: df -h ."
    monkeypatch.delenv("GIT_TIMEWARP_FAULT")
    label = str(said(repo, "snapshot")["event"])
    assert told(repo, "verify", "--full")[0].splitlines()[-1] == "everything is whole"
    assert told(repo, "cat", label, "a.txt") == ("three\n", "")


def test_the_answer_of_snapshot_is_the_documented_one(repo: RepoBuilder) -> None:
    repo.write("a.txt", "four\n")
    record = said(repo, "snapshot")
    assert set(record) == {"v", "snapshot", "event", "tree", "created", "skipped"}
    again = said(repo, "snapshot")
    assert (again["snapshot"], again["created"]) == (record["snapshot"], False)


def test_diffs_are_what_git_prints(repo: RepoBuilder) -> None:
    repo.git("add", "-A")
    shown = repo.run("diff", "--cached", "--no-renames").stdout
    assert repo.run("timewarp", "diff", "E1", "E2").stdout == shown
    stat = repo.run("diff", "--cached", "--stat", "--no-renames").stdout
    assert repo.run("timewarp", "diff", "E1", "E2", "--stat").stdout == stat


def test_a_jump_that_changes_nothing_offers_no_way_back(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    recorded(repo)
    done = typed(repo, "jump", "E1")
    assert "  nothing differs\n" in done.out
    assert (done.code, done.err) == (0, "")
    repo.write("a", "two\n")
    assert typed(repo, "jump", "E1").err.endswith("to go back: git timewarp undo\n")
