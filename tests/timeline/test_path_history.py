"""The versions of a path, against what really happened to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.app import repository
from git_timewarp.app.repository import App
from git_timewarp.git.names import RepoPath
from git_timewarp.restore.pathspec import BadPathspecError
from git_timewarp.timeline import path_history
from git_timewarp.timeline.path_history import NoVersionsError
from git_timewarp.timeline.results_path import PathVersion
from git_timewarp.timeline.selector import UnknownTargetError
from git_timewarp.util.clock import SystemClock
from tests.support.repo_builder import RepoBuilder

LINES = "".join(f"line {number}\n" for number in range(40))


def opened(repo: RepoBuilder, where: str = ".") -> App:
    """Return the app, started in a folder of the work tree."""
    return repository.open(str(repo.path / where), environ=repo.env(), clock=SystemClock())


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository that records since its first commit."""
    made = RepoBuilder(tmp_path / "repo")
    made.commit("one", {"src/a.txt": "a\n", "src/b.txt": LINES})
    opened(made).init(hooks=False)
    return made


def keep(repo: RepoBuilder, message: str = "") -> None:
    """Take a snapshot."""
    opened(repo).snapshot(message=message)


def past(repo: RepoBuilder, path: str, span: str | None = None) -> list[PathVersion]:
    """Return every version."""
    return list(opened(repo).versions.history(path, span=span))


def told(versions: list[PathVersion]) -> list[tuple[object, ...]]:
    """Return the event, the status, the other name and the lines of each version."""
    return [
        (item.event, item.status, item.other, item.additions, item.deletions) for item in versions
    ]


def test_a_file_is_followed_through_all_that_happens_to_it(repo: RepoBuilder) -> None:
    repo.write("src/a.txt", "a\nb\n")
    keep(repo)  # E2
    repo.write("other.txt", "x\n")
    keep(repo)  # E3: nothing new at the path
    repo.remove("src/a.txt")
    repo.write("lib/a.txt", "a\nb\n")
    keep(repo)  # E4: the same content elsewhere
    repo.remove("lib/a.txt")
    repo.link("lib/a.txt", "../other.txt")
    keep(repo)  # E5
    repo.remove("lib/a.txt")
    keep(repo)  # E6
    repo.write("lib/a.txt", "\0binary")
    keep(repo)  # E7
    found = past(repo, "lib/a.txt")
    assert told(found) == [
        ("E7", "A", None, None, None),
        ("E6", "D", None, 0, 1),
        ("E5", "T", None, 1, 2),
        ("E4", "R", "src/a.txt", 0, 0),
        ("E2", "M", None, 1, 0),
        ("E1", "F", None, None, None),
    ]
    assert [item.path for item in found] == ["lib/a.txt"] * 4 + ["src/a.txt"] * 2
    assert [item.snapshots for item in found] == [1, 1, 1, 1, 2, 1]
    assert [item.current for item in found] == [True] + [False] * 5
    assert [item.mode for item in found] == [0o100644, 0, 0o120000, 0o100644, 0o100644, 0o100644]


def test_a_file_that_was_renamed_and_edited_at_once_is_followed_as_git_would(
    repo: RepoBuilder,
) -> None:
    repo.remove("src/b.txt")
    repo.write("src/c.txt", LINES.replace("line 7\n", "seven\nand more\n"))
    keep(repo)  # E2
    assert told(past(repo, "src/c.txt")) == [
        ("E2", "R", "src/b.txt", 2, 1),
        ("E1", "F", None, None, None),
    ]
    # The name that is gone knows where its content went.
    assert told(past(repo, "src/b.txt")) == [
        ("E2", "D", "src/c.txt", 0, 40),
        ("E1", "F", None, None, None),
    ]


def test_a_new_file_is_not_taken_for_one_that_is_still_there(repo: RepoBuilder) -> None:
    repo.write("copy.txt", LINES)
    keep(repo)
    assert told(past(repo, "copy.txt")) == [("E2", "A", None, 40, 0)]


def test_a_version_names_the_commit_that_has_it(repo: RepoBuilder) -> None:
    first = repo.git("rev-parse", "HEAD")
    repo.commit("elsewhere", {"other.txt": "x\n"})
    keep(repo)  # E2
    repo.write("src/a.txt", "draft\n")
    keep(repo)  # E3
    repo.write("src/a.txt", "good\n")
    keep(repo)  # E4
    good = repo.commit("good", {"src/a.txt": "good\n"})
    repo.write("other.txt", "y\n")
    keep(repo)
    pulled = repo.commit("pulled", {"src/a.txt": "pulled\n"})
    repo.commit("elsewhere again", {"other.txt": "z\n"})
    keep(repo)
    found = past(repo, "src/a.txt")
    assert [item.commit for item in found] == [pulled, good, None, first]


def test_names_that_are_not_utf8_and_folders(repo: RepoBuilder) -> None:
    repo.write("src/k\udcff\n.txt", "x\n")
    keep(repo)
    repo.write("src/k\udcff\n.txt", "y\nz\n")
    keep(repo)
    found = past(repo, "src/k\udcff\n.txt")
    assert told(found) == [("E3", "M", None, 2, 1), ("E2", "A", None, 1, 0)]
    assert found[0].to_dict()["path"] == {"bytes": "c3JjL2v/Ci50eHQ="}
    folder = [("E3", "M", None, 2, 1), ("E2", "M", None, 1, 0), ("E1", "F", None, None, None)]
    assert told(past(repo, "src")) == folder
    assert told(past(repo, ".")) == folder


def test_from_a_folder_and_never_above_the_work_tree(repo: RepoBuilder) -> None:
    keep(repo, "again")
    versions = opened(repo, "src").versions
    assert [item.path for item in versions.history("a.txt")] == ["src/a.txt"]
    assert [item.path for item in versions.history("../src/b.txt")] == ["src/b.txt"]
    with pytest.raises(BadPathspecError):
        versions.history("../../x")
    with pytest.raises(NoVersionsError) as caught:
        list(versions.history("it's gone"))
    assert caught.value.hint == "git log --all -- 'src/it'\"'\"'s gone'"


def test_a_range_and_a_number_limit_it(repo: RepoBuilder) -> None:
    for text in ("b\n", "c\n", "d\n"):
        repo.write("src/a.txt", text)
        keep(repo)
    events = [item.event for item in past(repo, "src/a.txt")]
    assert events == ["E4", "E3", "E2", "E1"]
    for span, expected in {
        "E2..": ["E4", "E3"],
        "E2..E3": ["E3"],
        "..E2": ["E2", "E1"],
        "E3": ["E3", "E2", "E1"],
        "@-1..": ["E4"],
        "HEAD": ["E4", "E3", "E2", "E1"],
        "HEAD..": ["E4", "E3", "E2"],
        "E4..": [],
    }.items():
        assert [item.event for item in past(repo, "src/a.txt", span)] == expected, span
    assert [item.current for item in past(repo, "src/a.txt", "E3")] == [False, False, False]
    limited = opened(repo).versions.history("src/a.txt", limit=2)
    assert [item.event for item in limited] == ["E4", "E3"]
    repo.commit("unseen")
    with pytest.raises(UnknownTargetError):
        past(repo, "src/a.txt", "HEAD..")


def test_bytes_that_git_would_convert_are_versions_too(repo: RepoBuilder) -> None:
    repo.git("config", "core.autocrlf", "input")
    repo.write("src/a.txt", "a\r\n")
    keep(repo)
    found = past(repo, "src/a.txt")
    assert told(found) == [("E2", "M", None, 0, 0), ("E1", "F", None, None, None)]
    assert found[0].blob == found[1].blob


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_more_snapshots_than_are_read_at_once(repo: RepoBuilder, at_once: int) -> None:
    for number in range(3):
        repo.write("src/a.txt", f"{number}\n")
        keep(repo)
        repo.write("other.txt", f"{number}\n")
        keep(repo)
    repo.remove("src/a.txt")
    repo.write("moved.txt", "2\n")
    keep(repo)
    wanted = path_history.Wanted(RepoPath("moved.txt"), at_once=at_once)
    with opened(repo).history() as history:
        found = list(path_history.versions(history, wanted))
    assert told(found) == [
        ("E8", "R", "src/a.txt", 0, 0),
        ("E6", "M", None, 1, 1),
        ("E4", "M", None, 1, 1),
        ("E2", "M", None, 1, 1),
        ("E1", "F", None, None, None),
    ]


def test_patches(repo: RepoBuilder) -> None:
    repo.remove("src/a.txt")
    repo.write("z.txt", "a\n")
    keep(repo)
    repo.write("z.txt", "b\n")
    keep(repo)
    versions = opened(repo).versions
    found = list(versions.history("z.txt"))
    assert [versions.patch(item) for item in found] == [
        (
            b"diff --git a/z.txt b/z.txt\n"
            b"index 7898192..6178079 100644\n"
            b"--- a/z.txt\n+++ b/z.txt\n@@ -1 +1 @@\n-a\n+b\n"
        ),
        (
            b"diff --git a/src/a.txt b/z.txt\n"
            b"similarity index 100%\n"
            b"rename from src/a.txt\nrename to z.txt\n"
        ),
        b"",
    ]
    gone = next(iter(versions.history("src/a.txt")))
    assert versions.patch(gone) == (
        b"diff --git a/src/a.txt b/src/a.txt\ndeleted file mode 100644\n"
        b"index 7898192..0000000\n--- a/src/a.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
    )
