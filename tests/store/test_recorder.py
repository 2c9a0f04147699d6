"""The recorder: durable first, folded later, nothing lost in between."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from git_timewarp.git.names import Oid
from git_timewarp.integrity.verify import verify
from git_timewarp.store import journal as journal_file
from git_timewarp.store.limits import Limits
from git_timewarp.store.paths import Paths
from git_timewarp.timeline.world import World
from git_timewarp.util import faults
from tests.support import recording
from tests.support.clock import CountingClock
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "1\n"})
    return built


def head(repo: RepoBuilder) -> Oid:
    return Oid(repo.git("rev-parse", "HEAD"))


class StoppedError(Exception):
    """The process ended at a fault point."""


def stop_at(name: str) -> None:
    """Stop at the first point of this name."""

    def hook(point: str) -> None:
        if point == name:
            raise StoppedError(name)

    faults.install(hook)


def test_a_failed_fold_calls_nothing_superseded(repo: RepoBuilder) -> None:
    """What a fold replaces is garbage only when the refs have moved."""
    given = recording.begin(repo)
    recording.record(given, [recording.note(head(repo))], fold=True)
    superseded = Path(Paths(given.repo.state_dir).superseded)
    before = superseded.read_bytes() if superseded.exists() else b""
    stop_at("append journal")
    try:
        with pytest.raises(StoppedError):
            recording.record(given, [recording.note(head(repo))], fold=True)
    finally:
        faults.install(None)
    assert (superseded.read_bytes() if superseded.exists() else b"") == before
    recording.record(given, [recording.note(head(repo))], fold=True)
    assert superseded.read_bytes() != before
    assert verify(given.repo, full=True).problems == ()


def planned_refs(given: World) -> dict[str, tuple[str, str]]:
    """Return name -> (old, new) of the fold the journal says began."""
    fold = journal_file.load(Paths(given.repo.state_dir).journal).fold
    assert fold is not None
    refs = fold["refs"]
    assert isinstance(refs, list)
    return {item["name"]: (item["old"], item["new"]) for item in refs}


def test_a_fold_given_up_half_way_breaks_no_ref(repo: RepoBuilder) -> None:
    """The pack stays as long as a ref that moved needs it, and no event is told twice."""
    given = recording.begin(repo)
    recording.record(given, [recording.note(head(repo), "one")], fold=True)
    stop_at("git update-ref")
    try:
        with pytest.raises(StoppedError):
            recording.take(given)
    finally:
        faults.install(None)
    planned = planned_refs(given)
    assert len(planned) == 2
    for name, (_, new) in planned.items():
        repo.git("update-ref", name, new)
    events = next(name for name in planned if "/events/" in name)
    snapshots = next(name for name in planned if "/snapshots/" in name)
    repo.git("update-ref", "-d", snapshots)
    repo.git("update-ref", snapshots, repo.git("rev-parse", "HEAD^{tree}"))
    with recording.recorder(given) as rec:
        assert rec.journal.fold is None
    assert repo.run("fsck", "--connectivity-only", ok=None).stderr == b""
    repo.git("update-ref", "-d", snapshots)
    with recording.recorder(given) as rec:
        rec.fold()
    note = repo.git("ls-tree", "-r", f"{events}^{{tree}}").split()[2]
    lines = repo.git("cat-file", "blob", note).splitlines()
    assert len(lines) == len(set(lines)) == 2
    assert verify(given.repo, full=True).problems == ()


def test_a_fold_that_cannot_move_refs_now_is_put_off(repo: RepoBuilder) -> None:
    """A snapshot is recorded although somebody stands in the way of its ref."""
    given = recording.begin(repo, clock=CountingClock())
    recording.record(given, [recording.note(head(repo))], fold=True)
    writer = next(iter(planned_names(given))).split("/")[2]
    block = f"refs/timewarp/{writer}/snapshots"
    repo.git("update-ref", block, head(repo))
    taken = recording.take(given)
    assert taken.created
    repo.write("a", "2\n")
    again = recording.take(given)
    repo.git("update-ref", "-d", block)
    repo.git("prune", "--expire=now")
    with recording.recorder(given) as rec:
        assert len(rec.journal.events) == 2
        rec.fold()
        assert rec.notices == []
    with recording.history(given) as found:
        for snapshot in (taken, again):
            assert found.snapshot(snapshot.id) is not None
    assert verify(given.repo, full=True).problems == ()


def planned_names(given: World) -> list[str]:
    with recording.history(given) as found:
        return [str(name) for name in found.refs]


def test_a_fold_cut_off_before_the_repository_was_moved_is_finished(
    repo: RepoBuilder, tmp_path: Path
) -> None:
    given = recording.begin(repo)
    recording.take(given)
    repo.write("a", "2\n")
    stop_at("git update-ref")
    try:
        with pytest.raises(StoppedError):
            recording.take(given)
    finally:
        faults.install(None)
    os.rename(repo.path, tmp_path / "moved")
    moved = recording.world(RepoBuilder(tmp_path / "moved", init=False))
    with recording.recorder(moved) as rec:
        assert "new writer id" in rec.notices[-1]
        rec.fold()
    with recording.history(moved) as found:
        assert [entry.n for entry in found.entries()] == [2, 1]
        assert len({entry.writer for entry in found.entries()}) == 1
    assert verify(moved.repo, full=True).problems == ()


def test_an_operation_cut_off_before_the_repository_was_moved_is_known(
    repo: RepoBuilder, tmp_path: Path
) -> None:
    given = recording.begin(repo)
    with recording.recorder(given) as rec:
        rec.append(rec.seal([recording.note(head(repo))]), intents=[{"op": "1", "verb": "jump"}])
    os.rename(repo.path, tmp_path / "moved")
    moved = recording.world(RepoBuilder(tmp_path / "moved", init=False))
    with recording.recorder(moved) as rec:
        assert rec.journal.intents == {"1": {"op": "1", "verb": "jump"}}
        assert [event.record["summary"] for event in rec.journal.events] == ["note"]


def test_a_new_writer_numbers_on_from_the_old_one(repo: RepoBuilder, tmp_path: Path) -> None:
    """Also when the journal is gone, and while another clone's events are here."""
    given = recording.begin(repo)
    recording.record(given, [recording.note(head(repo)) for _ in range(5)], fold=True)
    os.unlink(Paths(given.repo.state_dir).journal)
    event = recording.record(given, [recording.note(head(repo), "after")])[0]
    assert event.record["lamport"] == 6
    assert event.n == 1
    other = RepoBuilder(tmp_path / "other")
    theirs = recording.begin(other)
    recording.record(theirs, [recording.note(other.commit(), f"{i}") for i in range(20)], fold=True)  # type: ignore[arg-type]
    repo.git("fetch", "-q", str(other.path), "refs/timewarp/*:refs/timewarp/*")
    event = recording.record(given, [recording.note(head(repo), "later")])[0]
    assert event.record["lamport"] == 21
    assert event.n == 2
    assert verify(given.repo, full=True).problems == ()


def test_a_ref_that_vanished_or_went_back_is_healed(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    recording.record(given, [recording.note(head(repo), "one")], fold=True)
    (name,) = planned_names(given)
    old = repo.git("rev-parse", name)
    recording.record(given, [recording.note(head(repo), "two")], fold=True)
    new = repo.git("rev-parse", name)
    for wreck in (["-d", name], [name, old]):
        repo.git("update-ref", *wreck)
        with recording.recorder(given) as rec:
            assert len(rec.notices) == 1
            assert "put back" in rec.notices[0]
        assert repo.git("rev-parse", name) == new
    assert verify(given.repo, full=True).problems == ()


def test_a_crash_between_refs_and_journal_heals_nothing_back(repo: RepoBuilder) -> None:
    """A fold that moved its refs and died is finished, at whichever step it died."""
    given = recording.begin(repo)
    recording.record(given, [recording.note(head(repo), "first")], fold=True)
    for step in range(1, 60):
        count = 0

        def hook(point: str, last: int = step) -> None:
            nonlocal count
            count += 1
            if count == last:
                raise StoppedError(point)

        new = [recording.note(head(repo), f"step {step}")]
        faults.install(hook)
        try:
            recording.record(given, new, fold=True)
        except StoppedError:
            pass
        else:
            break
        finally:
            faults.install(None)
        with recording.recorder(given) as rec:
            assert rec.journal.fold is None
            assert not [said for said in rec.notices if "put back" in said]
        assert verify(given.repo, full=True).problems == (), step
    assert step > 10
    with recording.history(given) as found:
        told = [entry.summary for entry in found.entries()]
    assert len(told) == len(set(told))


def test_a_damaged_journal_is_kept_and_told(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    recording.take(given)
    recording.record(given, [recording.note(head(repo), f"event {i}") for i in range(3)])
    repo.write("a", "2\n")
    draft = recording.take(given, kind="draft", fold=False)
    assert draft.created
    path = Path(Paths(given.repo.state_dir).journal)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"event 1", b"event X"))
    with recording.recorder(given) as rec:
        assert rec.journal.damaged == 1
        assert "a copy is kept in" in rec.notices[0]
        kept = Path(rec.notices[0].split("'")[1])
        assert (kept / "journal").read_bytes() == path.read_bytes()
        rec.fold()
    assert list((kept / "objects").rglob("??/*"))
    with recording.recorder(given) as rec:
        assert rec.notices == []
        assert rec.journal.damaged == 0
    (problem,) = {p.kind for p in verify(given.repo, full=True).problems}
    assert problem == "broken-chain"


def test_an_event_with_an_old_time_of_its_own_does_not_fold_at_once(repo: RepoBuilder) -> None:
    given = recording.begin(repo, limits=Limits())
    old = recording.note(head(repo))._replace(ts="2001-01-01T00:00:00.000Z")
    recording.record(given, [old])
    with recording.recorder(given) as rec:
        assert not rec.fold_is_due()
    clock = CountingClock()
    clock.advance(10**9)
    later = recording.world(repo, clock=clock)
    with recording.recorder(later) as rec:
        assert rec.fold_is_due()


def test_many_objects_that_wait_are_folded(repo: RepoBuilder) -> None:
    given = recording.begin(repo, limits=Limits(objects=60))
    recording.take(given)  # The first on a HEAD is folded at once.
    for start in (0, 20):
        for number in range(start, start + 20):
            repo.write(f"new{number}", f"{number}\n")
        recording.take(given, kind="draft", fold=False)
        with recording.recorder(given) as rec:
            assert len(rec.journal.snapshots) == start // 20 + 1
    for number in range(40, 60):
        repo.write(f"new{number}", f"{number}\n")
    recording.take(given, kind="draft", fold=False)
    with recording.recorder(given) as rec:
        assert rec.journal.snapshots == []


def test_a_lock_on_packed_refs_that_a_dead_fold_left_is_removed(repo: RepoBuilder) -> None:
    """The barrier of a fold whose git died with it must not stop the user's git."""
    given = recording.begin(repo)
    stop_at("git update-ref")
    try:
        with pytest.raises(StoppedError):
            recording.record(given, [recording.note(head(repo))], fold=True)
    finally:
        faults.install(None)
    left = [repo.git_dir() / f"packed-refs.{name}" for name in ("lock", "new")]
    for path in left:
        path.write_bytes(b"")
    recording.record(given, [recording.note(head(repo))])
    assert [path for path in left if path.exists()] == []
    repo.git("pack-refs", "--all")


def test_a_line_that_lacks_only_its_newline_is_void_for_ever(repo: RepoBuilder) -> None:
    """It was not there for the next writer, so its number is another event's now."""
    given = recording.begin(repo)
    recording.record(given, [recording.note(head(repo), "one"), recording.note(head(repo), "two")])
    path = Path(Paths(given.repo.state_dir).journal)
    path.write_bytes(path.read_bytes()[:-1])
    recording.record(given, [recording.note(head(repo), "three")])
    with recording.history(given) as found:
        assert [(entry.n, entry.summary) for entry in found.entries()] == [(2, "three"), (1, "one")]
    assert verify(given.repo, full=True).problems == ()
