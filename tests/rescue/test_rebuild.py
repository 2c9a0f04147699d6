"""`recover --rebuild`: what survives is named again, whole, and everything works on it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import disasters
from tests.support.loose import loosen
from tests.support.partial import partial_clone
from tests.support.recorder import opened, typed
from tests.support.repo_builder import RepoBuilder


def repository(tmp_path: Path, form: str = "sha1", *, nested: bool = True) -> RepoBuilder:
    """Return a recorded repository in which nothing waits in the journal."""
    repo = disasters.lived_in(tmp_path / "repo", object_format=form)
    if not nested:
        # A journey refuses to remove a repository inside, which is not what this is about.
        repo.remove("lib")
    for words in (("-m", "second"), ("--amend", "-m", "amended")):
        repo.git("commit", "-q", "--allow-empty", *words)
    assert typed(repo, "snapshot", "-m", "the last").code == 0
    return repo


def ids(repo: RepoBuilder) -> list[str]:
    """Return the snapshots that the log shows, oldest first, without what a rebuild adds."""
    lines = typed(repo, "log", "--json", "--all").out.splitlines()
    found = [json.loads(line) for line in lines]
    named = [item["snapshot"] for item in found if item["snapshot"] and item["type"] != "rebuild"]
    return list(dict.fromkeys(reversed(named)))


def ours(repo: RepoBuilder) -> dict[str, str]:
    """Return our refs and their values."""
    lines = repo.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/timewarp")
    return dict(line.split(" ") for line in lines.splitlines())


def no_refs(repo: RepoBuilder) -> None:
    """Lose our refs, and every note of what they were."""
    shutil.rmtree(repo.path / ".git/refs/timewarp")
    shutil.rmtree(repo.path / ".git/logs/refs/timewarp")
    (repo.path / ".git/timewarp/refs.json").unlink()
    (repo.path / ".git/timewarp/index.db").unlink()


def no_state(repo: RepoBuilder) -> None:
    """Lose our folder."""
    shutil.rmtree(repo.path / ".git/timewarp")


def no_state_but_the_journal(repo: RepoBuilder) -> None:
    """Lose everything in our folder but what has not been folded yet."""
    state = repo.path / ".git/timewarp"
    for entry in list(state.iterdir()):
        if entry.name in {"journal", "quarantine", "writer.json"}:
            continue
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def nothing_of_ours(repo: RepoBuilder) -> None:
    """Lose everything of ours but the packs."""
    no_refs(repo)
    no_state(repo)


def whole(repo: RepoBuilder) -> None:
    """Check that nothing of ours is damaged; git may tell of values that refs had before."""
    report = opened(repo).verify(full=True)
    assert report.problems == (), report.problems
    done = repo.run("fsck", "--full", "--no-progress")
    told = [line for line in done.stdout.splitlines() if not line.startswith(b"dangling tag ")]
    assert (told, done.stderr) == ([], b"")


@pytest.mark.parametrize("form", ["sha1", "sha256"])
@pytest.mark.parametrize("harm", [no_refs, nothing_of_ours])
def test_everything_is_named_again(
    tmp_path: Path, harm: Callable[[RepoBuilder], None], form: str
) -> None:
    repo = repository(tmp_path, form)
    before, refs, view = ids(repo), ours(repo), repo.view()
    state = repo.state()
    harm(repo)
    assert ours(repo) == {}
    dry = json.loads(typed(repo, "recover", "--rebuild", "--dry-run", "--json").out)
    assert (dry["snapshots"] + dry["drafts"], dry["refs"]) == (len(before), [])
    assert ours(repo) == {}
    answer = typed(repo, "recover", "--rebuild", "--json")
    done = json.loads(answer.out)
    assert answer.code == 0, answer
    assert {n: done[n] for n in ("snapshots", "drafts", "kept", "events")} == {
        n: dry[n] for n in ("snapshots", "drafts", "kept", "events")
    }
    assert sorted(done["refs"]) == sorted(refs)
    now = ours(repo)
    same = {name for name in refs if "/snapshots/" not in name and "/events/" not in name}
    assert {name: now[name] for name in same} == {name: refs[name] for name in same}
    assert ids(repo) == before
    assert (repo.view(), repo.state()) == (view, state)
    whole(repo)
    again = typed(repo, "recover", "--rebuild")
    assert (again.code, again.out) == (0, "everything that survives is named by our refs\n")


@pytest.mark.parametrize("harm", [no_refs, no_state, nothing_of_ours])
def test_travel_goes_on(tmp_path: Path, harm: Callable[[RepoBuilder], None]) -> None:
    """`@-n`, `jump`, `undo` and `redo` work as if nothing had been."""
    repo = repository(tmp_path, nested=False)
    before, state = ids(repo), disasters.state(repo.path)
    harm(repo)
    assert typed(repo, "recover", "--rebuild").code == 0
    answer = typed(repo, "jump", before[0])
    assert answer.code == 0, answer
    assert (repo.path / "a").read_text() == "one\n"
    assert typed(repo, "undo").code == 0
    assert disasters.state(repo.path) == state
    assert typed(repo, "redo").code == 0
    assert typed(repo, "undo").code == 0
    back = json.loads(typed(repo, "jump", "@-1", "--dry-run", "--json").out)
    assert back["to"] in before
    repo.write("a", "after\n")
    assert typed(repo, "snapshot").code == 0
    whole(repo)


def test_an_undo_from_before_the_disaster_is_still_there(tmp_path: Path) -> None:
    repo = repository(tmp_path, nested=False)
    state = disasters.state(repo.path)
    assert typed(repo, "jump", ids(repo)[0]).code == 0
    assert typed(repo, "snapshot", "-m", "folded").code == 0
    nothing_of_ours(repo)
    assert typed(repo, "recover", "--rebuild").code == 0
    answer = typed(repo, "undo")
    assert answer.code == 0, answer
    assert disasters.state(repo.path) == state


def test_packs_without_an_index_and_cut_short(tmp_path: Path) -> None:
    """Git reads neither; what is in them is written again, what is not is told."""
    repo = repository(tmp_path)
    before = ids(repo)
    nothing_of_ours(repo)
    for path in (*disasters.packs(repo, ".idx"), *disasters.packs(repo, ".keep")):
        path.unlink()
    largest = max(disasters.packs(repo), key=lambda path: path.stat().st_size)
    disasters.cut_short(largest, 0.9)
    answer = typed(repo, "recover", "--rebuild", "--json")
    done = json.loads(answer.out)
    assert done["copied"] > 0
    assert answer.code == (5 if done["partial"] or done["gone"] else 0)
    lost = {item["snapshot"] for item in done["partial"]} | set(done["gone"])
    for name in set(before) - lost:
        assert typed(repo, "cat", name, "a").code == 0
    report = opened(repo).verify(full=True)
    affected = {name for problem in report.problems for name in problem.affects}
    assert not affected & (set(before) - lost), report.problems


def spoil(repo: RepoBuilder, oid: str) -> None:
    """Damage an object in every pack of ours that holds it."""
    for path in disasters.packs(repo):
        names = repo.git("verify-pack", "-v", str(path.with_suffix(".idx")))
        for line in names.splitlines():
            if line.startswith(oid):
                path.chmod(0o644)
                data = bytearray(path.read_bytes())
                data[int(line.split()[4]) + 20] ^= 0xFF
                path.write_bytes(data)


def named_by_refs(repo: RepoBuilder) -> list[str]:
    """Return the snapshots whose names stand in a tree that a ref of ours leads to."""
    trees = [name for name in ours(repo) if "/snapshots/" in name or "/drafts/" in name]
    lines = [repo.git("ls-tree", "--name-only", f"{name}^{{tree}}") for name in trees]
    return "\n".join(lines).splitlines()


def test_what_is_not_whole_is_told_and_not_named(tmp_path: Path) -> None:
    """A blob that only one draft has is damaged."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    assert typed(repo, "init", "--no-hooks").code == 0
    repo.write("a", os.urandom(2000))
    assert typed(repo, "snapshot").code == 0
    broken = ids(repo)[-1]
    oid = repo.git("hash-object", "a")
    repo.write("a", "three\n")
    assert typed(repo, "snapshot").code == 0
    spoil(repo, oid)
    nothing_of_ours(repo)
    answer = typed(repo, "recover", "--rebuild")
    assert answer.code == 5, answer
    assert "brought back: 2 snapshots, 3 events" in answer.out
    assert f"\n{broken}  2" in answer.out
    assert "partial, 1 file missing\nhint: git timewarp emergency-restore --at " in answer.out
    shown = typed(repo, "emergency-restore", "--list").out
    assert [line.split("  ")[2] for line in shown.splitlines()][-2] == ("partial, 1 file missing")


def test_a_lost_description_does_not_take_the_files_with_it(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    assert typed(repo, "init", "--no-hooks").code == 0
    repo.write("only", os.urandom(2000))
    assert typed(repo, "snapshot").code == 0
    content, broken = repo.path.joinpath("only").read_bytes(), ids(repo)[-1]
    (segment,) = [name for name in ours(repo) if "/snapshots/" in name]
    spoil(repo, repo.git("rev-parse", f"{segment}^{{tree}}:{broken}/meta"))
    listed = typed(repo, "emergency-restore", "--list").out.splitlines()[0]
    assert listed.startswith(f"{broken}  2")
    assert listed.endswith("  partial, its description is lost  snapshot")
    out = tmp_path / "out"
    answer = typed(repo, "emergency-restore", "--latest", "--to", str(out))
    assert answer.code == 5
    assert "missing: .: the description of the snapshot is lost: what was not" in answer.err
    assert "gone" not in answer.err
    assert (out / "only").read_bytes() == content
    answer = typed(repo, "recover", "--rebuild")
    assert answer.code == 5
    assert "partial, its description is lost\nhint: git timewarp emergency-rest" in answer.out
    assert "gone" not in answer.out


def recorded_partial(tmp_path: Path) -> tuple[RepoBuilder, list[str]]:
    """Return a partial clone that records, and its snapshots."""
    repo = partial_clone(tmp_path)
    assert typed(repo, "init", "--no-hooks").code == 0
    repo.write("here", os.urandom(2000))
    assert typed(repo, "snapshot").code == 0
    return repo, ids(repo)


def test_what_a_remote_has_promised_is_no_loss(tmp_path: Path) -> None:
    """A blob that a partial clone never had counts as `verify` counts it; nothing is fetched."""
    repo, before = recorded_partial(tmp_path)
    nothing_of_ours(repo)
    (tmp_path / "source").rename(tmp_path / "moved")
    assert json.loads(typed(repo, "recover", "--rebuild", "-n", "--json").out)["partial"] == []
    answer = typed(repo, "recover", "--rebuild", "--json")
    assert answer.code == 0, answer
    assert json.loads(answer.out)["snapshots"] == len(before)
    assert set(before) <= set(named_by_refs(repo))


def test_what_was_never_fetched_is_no_damage_to_an_emergency_restore(tmp_path: Path) -> None:
    """Told as not fetched, without git; what no remote has promised is still missing."""
    repo, _ = recorded_partial(tmp_path)
    away = repo.git("rev-parse", "HEAD:away")
    (tmp_path / "source").rename(tmp_path / "moved")
    listed = json.loads(typed(repo, "emergency-restore", "--list", "--json").out)["moments"]
    assert [(m["whole"], m["missing"], m["not_fetched"]) for m in listed] == [(True, 0, 1)] * 2
    assert "  whole, 1 file not fetched  " in typed(repo, "emergency-restore", "--list").out
    words = ("emergency-restore", "--latest", "--to")
    answer = typed(repo, *words, "../out", "--json")
    done = json.loads(answer.out)
    assert (answer.code, done["whole"], done["missing"]) == (0, True, [])
    reason = f"only the remote has it: 'git cat-file -p {away}' in the repository asks for it"
    assert done["not_fetched"] == [{"path": "away", "reason": reason}]
    assert (tmp_path / "out/here").read_bytes() == repo.read("here")
    answer = typed(repo, *words, "../again")
    assert answer.err.splitlines()[-2:] == [
        f"not fetched: away: {reason}",
        "nothing is damaged, 1 path(s) were never fetched",
    ]
    spoil(repo, repo.git("hash-object", "here"))
    answer = typed(repo, *words, "../third", "--json")
    done = json.loads(answer.out)
    assert (answer.code, done["whole"]) == (5, False)
    assert [item["path"] for item in done["missing"]] == ["here"]
    assert [item["path"] for item in done["not_fetched"]] == ["away"]
    assert done["whole_before"] is not None


def test_in_a_partial_clone_what_is_missing_is_to_be_repaired(tmp_path: Path) -> None:
    """What no remote has promised is told, and never as lost for good."""
    repo, _ = recorded_partial(tmp_path)
    oid = repo.git("hash-object", "here")
    repo.write("here", "three\n")
    nothing_of_ours(repo)
    spoil(repo, oid)
    answer = typed(repo, "recover", "--rebuild")
    assert answer.code == 5, answer
    assert "partial, 1 file missing\nhint: git timewarp repair\n" in answer.out


def test_kept_commits_come_back(tmp_path: Path) -> None:
    """A commit that only we keep can be jumped to again with its branch."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    assert typed(repo, "init", "--no-hooks").code == 0
    lost = repo.commit("lost", {"a": "two\n"})
    assert typed(repo, "snapshot").code == 0
    at = ids(repo)[-1]
    repo.git("reset", "-q", "--hard", "HEAD~1")
    assert typed(repo, "snapshot").code == 0
    repo.git("reflog", "expire", "--expire=now", "--all")
    nothing_of_ours(repo)
    repo.git("prune", "--expire=now")
    assert repo.run("cat-file", "-e", lost, ok=None).returncode
    done = json.loads(typed(repo, "recover", "--rebuild", "--json").out)
    assert done["kept"] == 1
    assert typed(repo, "jump", at, "--with-head", "--with-refs").code == 0
    assert repo.git("rev-parse", "HEAD") == lost
    whole(repo)


def test_where_nothing_of_ours_ever_was(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    before = disasters.names_in(repo.path)
    answer = typed(repo, "recover", "--rebuild", "--dry-run")
    assert (answer.code, answer.out) == (0, "everything that survives is named by our refs\n")
    assert disasters.names_in(repo.path) == before
    assert typed(repo, "recover", "--dry-run").code == 2


def test_the_way_back_in_the_guide(tmp_path: Path) -> None:
    """No refs, no HEAD, nothing of ours: `git init`, rebuild, jump; branches and tags are back."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    repo.git("tag", "v1")
    assert typed(repo, "init", "--no-hooks").code == 0
    repo.git("checkout", "-q", "-b", "topic")
    repo.commit("second", {"a": "two\n"})
    repo.write("a", "not committed\n")
    assert typed(repo, "snapshot").code == 0
    before, state, index = repo.view(), repo.state(), repo.index_state()
    last = ids(repo)[-1]
    disasters.WHOLE["no refs"](repo)
    disasters.WHOLE["no HEAD"](repo)
    shutil.rmtree(repo.path / ".git/timewarp")
    assert typed(repo, "recover", "--rebuild").code == 1
    repo.git("init", "-q")
    assert typed(repo, "recover", "--rebuild").code == 0
    repo.write("a", "damaged\n")
    assert typed(repo, "jump", last, "--with-head", "--with-refs").code == 0
    assert (repo.view(), repo.state(), repo.index_state()) == (before, state, index)
    whole(repo)


def test_a_rebuild_cut_off_is_finished_by_the_next_command(tmp_path: Path) -> None:
    """Killed at each of its steps: nothing that was there is lost, the next run does the rest."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    assert typed(repo, "init", "--no-hooks").code == 0
    repo.write("a", "two\n")
    assert typed(repo, "snapshot").code == 0
    before = ids(repo)
    nothing_of_ours(repo)
    step, finished = 0, False
    while not finished:
        twin = repo.clone_twin(tmp_path / f"twin-{step}")
        done = typed(twin, "recover", "--rebuild", GIT_TIMEWARP_FAULT=str(step + 1))
        finished = done.code == 0
        assert typed(twin, "recover", "--rebuild").code == 0
        assert ids(twin) == before, step
        whole(twin)
        shutil.rmtree(twin.path)
        step += 7
    assert step > 50


def test_what_was_purged_stays_purged(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    assert typed(repo, "init", "--no-hooks").code == 0
    repo.write("secret", "hunter2\n")
    assert typed(repo, "snapshot").code == 0
    with_secret = ids(repo)[-1]
    repo.remove("secret")
    assert typed(repo, "snapshot").code == 0
    assert typed(repo, "purge", "--force", "secret").code == 0
    nothing_of_ours(repo)
    answer = typed(repo, "recover", "--rebuild")
    assert answer.code in {0, 5}, answer
    assert typed(repo, "cat", with_secret, "secret").code != 0
    assert opened(repo).verify(full=True).problems == ()


def test_what_only_our_folder_holds_outlives_the_fold_before(tmp_path: Path) -> None:
    """Events wait in the journal, and a snapshot that was not finished lies beside them."""
    repo = repository(tmp_path)
    loosen(repo)
    tag = next(oid for name, oid in ours(repo).items() if "/snapshots/" in name)
    (repo.git_dir() / "objects" / tag[:2] / tag[2:]).unlink()
    repo.write("a", "never seen before\n")
    assert typed(repo, "snapshot").code == 5
    assert typed(repo, "repair").code == 0
    done = typed(repo, "recover", "--rebuild", "--json")
    assert (done.code, done.err) == (0, "")
    whole(repo)
    back = json.loads(done.out)["unlisted"]
    assert set(back).isdisjoint(ids(repo))
    assert "never seen before\n" in [typed(repo, "cat", snapshot, "a").out for snapshot in back]


@pytest.mark.parametrize("logs", [True, False])
def test_what_waits_in_the_journal_is_not_lost_with_the_refs(tmp_path: Path, logs: bool) -> None:  # noqa: FBT001
    repo = disasters.lived_in(tmp_path / "repo")
    before = ids(repo)
    for name in ours(repo):
        repo.git("update-ref", "-d", name)
    if logs:
        for name in ("refs.json", "index.db"):
            (repo.git_dir() / "timewarp" / name).unlink()
    else:
        no_state_but_the_journal(repo)
    done = typed(repo, "recover", "--rebuild")
    assert (done.code, done.err) == (0, "")
    assert ids(repo) == before
    whole(repo)


def test_where_the_disk_is_nearly_full_all_comes_back_without_a_snapshot(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    before = ids(repo)
    no_refs(repo)
    repo.git("config", "timewarp.disk.stop", "900g")
    done = typed(repo, "recover", "--rebuild")
    assert done.code == 0, done
    assert done.out.startswith("brought back: ")
    assert "no snapshot is taken: only" in done.err
    assert ids(repo) == before
    told = json.loads(typed(repo, "log", "--json", "-1").out)
    assert (told["type"], told["snapshot"]) == ("rebuild", None)
    assert told["summary"].startswith("rebuilt ")
