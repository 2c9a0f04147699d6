"""`recover --from-git`: git's own past as a timeline, once, and nothing of the user's moves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.recorder import opened, typed, whole
from tests.support.repo_builder import RepoBuilder


def repository(tmp_path: Path) -> RepoBuilder:
    """Return a repository with two branches, a merge, an amended commit and a reset."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    repo.commit("second", {"a": "two\n", "dir/b": "b\n"})
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit("topic 1", {"topic": "1\n"})
    repo.git("checkout", "-q", "main")
    repo.commit("third", {"c": "c\n"})
    repo.tick()
    repo.git("merge", "-q", "--no-edit", "topic")
    repo.commit("lost", {"lost": "only the reflog knows\n"})
    repo.tick()
    repo.git("reset", "-q", "--hard", "HEAD~1")
    repo.tick()
    return repo


def log(repo: RepoBuilder, *words: str) -> list[dict[str, object]]:
    """Return the log, oldest first."""
    lines = typed(repo, "log", "--json", *words).out.splitlines()
    return [json.loads(line) for line in reversed(lines)]


def test_commits_and_moves_are_events_once(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    view, index = repo.view(), repo.index_bytes()
    dry = json.loads(typed(repo, "recover", "--from-git", "--dry-run", "--json").out)
    assert not (repo.path / ".git/timewarp").exists()
    answer = typed(repo, "recover", "--from-git", "--json")
    assert answer.code == 0, answer
    done = json.loads(answer.out)
    assert {n: done[n] for n in ("commits", "moves", "known", "lost")} == {
        "commits": 6,
        "moves": 4,
        "known": 0,
        "lost": [],
    }
    assert {**dry, "event": done["event"], "dry_run": False} == done
    assert (repo.view(), repo.index_bytes()) == (view, index)
    events = log(repo)
    assert [(item["type"], item["summary"]) for item in events] == [
        ("commit", "first"),
        ("commit", "second"),
        ("checkout", "checked out topic"),
        ("commit", "topic 1"),
        ("checkout", "checked out main"),
        ("commit", "third"),
        ("commit", "Merge branch 'topic'"),
        ("merge", "merged topic"),
        ("commit", "lost"),
        ("reset", "reset to HEAD~1"),
        ("derive", "derived 6 commit(s) and 4 move(s) from git"),
    ]
    assert {str(item["actor"]) for item in events[:-1]} == {"person:ada@example.com"}
    times = [str(item["ts"]) for item in events]
    assert times == sorted(times)
    assert times[0].startswith("2023-11-14T22:14:20")
    whole(repo)
    again = typed(repo, "recover", "--from-git")
    assert (again.code, again.out) == (0, "everything that git remembers is on the timeline\n")
    assert log(repo) == events


def test_one_can_travel_there_and_back(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    repo.write("a", "not committed\n")
    state, view = repo.state(), repo.view()
    assert typed(repo, "recover", "--from-git").code == 0
    events = {str(item["summary"]): item for item in log(repo)}
    assert typed(repo, "cat", str(events["first"]["event"]), "a").out == "one\n"
    lost = typed(repo, "restore", "--source", str(events["lost"]["event"]), "lost")
    assert lost.code == 0, lost
    assert repo.read("lost") == b"only the reflog knows\n"
    assert typed(repo, "undo").code == 0
    assert typed(repo, "jump", str(events["second"]["ts"])).code == 0
    assert sorted(p.name for p in repo.path.iterdir()) == [".git", "a", "dir"]
    assert typed(repo, "undo").code == 0
    assert (repo.state(), repo.view()) == (state, view)
    whole(repo)


def test_with_refs_moves_no_other_branch(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    assert typed(repo, "recover", "--from-git").code == 0
    topic = repo.git("rev-parse", "topic")
    target = next(str(item["event"]) for item in log(repo) if item["summary"] == "second")
    second = repo.git("rev-parse", "main~2")
    assert typed(repo, "jump", target, "--with-head", "--with-refs").code == 0
    assert repo.git("rev-parse", "main") == second
    assert repo.git("rev-parse", "topic") == topic


def test_what_survives_a_prune_is_the_lost_commits_tree(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    assert typed(repo, "recover", "--from-git").code == 0
    target = next(str(item["event"]) for item in log(repo) if item["summary"] == "lost")
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "-q", "--prune=now")
    assert typed(repo, "cat", target, "lost").out == "only the reflog knows\n"
    assert opened(repo).verify(full=True).problems == ()


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (("--limit", "2"), 2),
        (("--since", "2023-11-14T22:17:00Z"), 2),
        (("--limit", "0"), 0),
    ],
)
def test_it_is_bounded(tmp_path: Path, words: tuple[str, ...], count: int) -> None:
    repo = repository(tmp_path)
    done = json.loads(typed(repo, "recover", "--from-git", "--json", *words).out)
    on_branches = [i for i in log(repo) if i["type"] == "commit" and i["summary"] != "lost"]
    assert len(on_branches) == count, (done, on_branches)


def test_a_timeline_that_goes_on_keeps_its_order(tmp_path: Path) -> None:
    """Beside snapshots of ours: `@-1` and times find those, and commits hooks told of are left."""
    repo = repository(tmp_path)
    opened(repo).init(hooks=True)
    repo.write("a", "mine\n")
    assert typed(repo, "snapshot").code == 0
    repo.commit("told by a hook", {"new": "n\n"})
    repo.write("a", "later\n")
    assert typed(repo, "snapshot").code == 0
    mine = next(str(item["ts"]) for item in log(repo) if item["type"] == "snapshot")
    done = json.loads(typed(repo, "recover", "--from-git", "--json").out)
    assert (done["commits"], done["known"]) == (6, 1)
    assert typed(repo, "cat", mine, "a").out == "mine\n"
    assert [i["summary"] for i in log(repo) if i["type"] == "commit"].count("told by a hook") == 1
    assert not [item for item in log(repo) if item["type"] == "gap"]
    assert typed(repo, "cat", "@-1", "a").out == "mine\n"
    assert typed(repo, "cat", "now", "a").out == "later\n"
    assert typed(repo, "cat", "2023-11-14T22:14:30Z", "a").out == "one\n"


def test_lost_trees_are_told(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    tree = repo.git("rev-parse", "topic^{tree}")
    (repo.path / f".git/objects/{tree[:2]}/{tree[2:]}").unlink()
    answer = typed(repo, "recover", "--from-git")
    assert answer.code == 5
    assert answer.out.splitlines()[1].startswith("lost: the trees of 1 commit(s): ")


def test_without_commits_there_is_nothing(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.write("a", "one\n")
    answer = typed(repo, "recover", "--from-git")
    assert (answer.code, answer.out) == (0, "everything that git remembers is on the timeline\n")
    shutil.rmtree(repo.path / ".git/timewarp")
    for words in (("-n",), ("--limit", "3"), ("--rebuild", "--from-git")):
        assert typed(repo, "recover", *words).code == 2


def test_cut_off_it_goes_on_where_it_was(tmp_path: Path) -> None:
    """Killed at a sample of its steps; the next run does the rest, and nothing twice."""
    repo = repository(tmp_path)
    opened(repo).init(hooks=False)
    repo.write("a", "mine\n")
    assert typed(repo, "snapshot").code == 0
    mine = str(log(repo)[-1]["snapshot"])
    step, finished = 1, False
    while not finished:
        twin = repo.clone_twin(tmp_path / f"twin-{step}")
        done = typed(twin, "recover", "--from-git", GIT_TIMEWARP_FAULT=str(step))
        finished = done.code == 0
        assert typed(twin, "recover", "--from-git").code == 0
        events = log(twin)
        derived = [str(item["summary"]) for item in events if item["type"] == "commit"]
        assert sorted(derived) == sorted(set(derived)), step
        assert len(derived) == 6, step
        assert events[-1]["type"] == "derive", step
        shown = json.loads(typed(twin, "show", "--json", "@").out)
        assert shown["snapshot"]["parents"] == [mine] or mine == shown["snapshot"]["id"], step
        shutil.rmtree(twin.path)
        step += 23
    assert step > 50
