"""Our packs: installed in an order git cannot trip over, merged when many, swept when safe."""

from __future__ import annotations

import os
import random
from collections.abc import Set as AbstractSet
from pathlib import Path

import pytest

from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.git.objects import MODE_FILE, TreeEntry
from git_timewarp.integrity.verify import verify
from git_timewarp.store.journal import PendingSnapshot
from git_timewarp.store.leaving import KEEP_TEXT
from git_timewarp.store.limits import Limits
from git_timewarp.store.packs import PARTS, Packs, gc_is_alive
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.timeline.operation import Operation
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


def one_more(repo: RepoBuilder, given: World, number: int) -> None:
    """Take a snapshot of a new state, folded at once."""
    repo.write("a", f"{number}\n" * 50)
    recording.take(given)


def fsck(repo: RepoBuilder) -> bytes:
    done = repo.run("fsck", "--full", ok=None)
    return b"%d %s%s" % (done.returncode, done.stdout, done.stderr)


def nothing(held: AbstractSet[Oid]) -> AbstractSet[Oid]:
    return held - held


def ours(repo: RepoBuilder) -> list[str]:
    folder = repo.git_dir() / "objects/pack"
    return sorted(path.stem for path in folder.glob("*.keep"))


def test_parts_are_linked_keep_first_and_index_last(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    seen: list[str] = []
    faults.install(seen.append)
    try:
        one_more(repo, given, 1)
    finally:
        faults.install(None)
    assert [f"link {part}" for part in PARTS] == [
        name for name in seen if name.startswith("link .")
    ]
    (name,) = ours(repo)
    folder = repo.git_dir() / "objects/pack"
    assert (folder / f"{name}.keep").read_bytes() == KEEP_TEXT


def test_merged_and_swept_packs_leave_nothing_for_fsck_to_tell(repo: RepoBuilder) -> None:
    """What a fold replaced goes with its pack, and git never misses it."""
    clock = CountingClock()
    given = recording.begin(repo, clock=clock, limits=Limits(packs=3, grace_seconds=60))
    counts = []
    for number in range(16):
        one_more(repo, given, number)
        assert fsck(repo) == b"0 ", number
        counts.append(len(ours(repo)))
        clock.advance(25)
    assert max(counts) < 10
    clock.advance(100)
    with Operation(given, "status") as op:
        op.recorder.tidy()
    assert fsck(repo) == b"0 "
    assert len(ours(repo)) <= 3
    repo.git("gc", "--prune=now", "-q")
    assert fsck(repo) == b"0 "
    assert verify(given.repo, full=True).problems == ()
    with recording.history(given) as found:
        assert len([1 for _ in found.catalog.every()]) == 16


def test_what_is_replaced_leaves_the_disk(repo: RepoBuilder) -> None:
    clock = CountingClock()
    given = recording.begin(repo, clock=clock, limits=Limits(packs=3, grace_seconds=0))
    for number in range(12):
        one_more(repo, given, number)
    (name,) = [ref for ref in refs(given) if "/events/" in ref]
    values = [line.split()[1] for line in reflog(repo, name)]
    assert repo.git("rev-parse", name) == values[-1]
    assert len(values) < 12
    for value in values:
        assert repo.git("cat-file", "-t", value) == "tag"


def refs(given: World) -> list[str]:
    with recording.history(given) as found:
        return [str(name) for name in found.refs]


def reflog(repo: RepoBuilder, name: str) -> list[str]:
    return (repo.git_dir() / "logs" / name).read_text().splitlines()


def test_small_packs_are_merged_and_large_ones_left_alone(repo: RepoBuilder) -> None:
    """Merging is geometric: what is more than twice the rest together is not rewritten."""
    given = recording.begin(repo, limits=Limits(packs=100))
    with Operation(given, "test") as op:
        quarantine, packs = op.quarantine, op.recorder.packs
        large = quarantine.put("blob", os.urandom(500_000))
        names = [packs.build([large], bulk=False)]
        for size in range(3):
            small = quarantine.put("blob", os.urandom(1_000 + size))
            names.append(packs.build([small], bulk=False))
        for name in names:
            packs.install(name)
        assert packs.merge(limit=4, garbage=nothing) == set()
        (merged,) = set(packs.names()) - set(names)
        assert len(packs.objects_of(merged)) == 3
        assert packs.merge(limit=4, garbage=nothing) is None
        assert sorted(packs.due(grace_seconds=0)) == sorted(names[1:])
        packs.begin_sweep(names[1:])
        packs.finish_sweep()
        assert sorted([names[0], merged]) == packs.names()


def test_a_merge_finds_the_versions_of_a_file(repo: RepoBuilder) -> None:
    """Each fold packs one version of one file; a merge keeps what they differ in."""
    given = recording.begin(repo, limits=Limits(packs=6))
    chance = random.Random(7)
    names = [f"module{number}.py" for number in range(24)]
    letters = b"abcdefghijklmnop"
    texts = {name: [bytes(chance.choices(letters, k=60)) for _ in range(50)] for name in names}
    for step in range(24):
        for name in (names[step], names[step - 12]):
            texts[name][chance.randrange(50)] = bytes(chance.choices(letters, k=60))
            repo.write(name, b"\n".join(texts[name]))
        recording.take(given)
    with Operation(given._replace(limits=Limits(packs=2)), "test") as op:
        op.recorder.tidy()
        live = op.recorder.packs.live()
    folder = repo.git_dir() / "objects/pack"
    size = sum((folder / f"{name}.pack").stat().st_size for name in live)
    objects = repo.git("rev-list", "--objects", "--glob=refs/timewarp/*")
    best = repo.run("pack-objects", "--stdout", "-q", stdin=objects.encode()).stdout
    assert size < 1.25 * len(best)


def test_a_merge_fetches_nothing_into_a_partial_clone(repo: RepoBuilder, tmp_path: Path) -> None:
    """What the clone left out stays where it is: names are only a hint."""
    repo.commit("many", {f"absent/{number}": f"{number}\n" for number in range(20)})
    repo.git("config", "uploadpack.allowFilter", "true")
    options = ("--filter=blob:none", "--no-checkout", "--sparse")
    repo.git("clone", "-q", *options, f"file://{repo.path}", str(tmp_path / "partial"))
    partial = RepoBuilder(tmp_path / "partial", init=False)
    partial.git("checkout", "-q", "main")
    asked = tmp_path / "asked"
    partial.git("config", "remote.origin.uploadpack", f"echo x >>'{asked}'; git-upload-pack")
    given = recording.begin(partial, limits=Limits(packs=2))
    for number in range(3):
        one_more(partial, given, number)
    assert len(ours(partial)) > 1
    assert not asked.exists()


def test_garbage_is_left_out_of_a_merge(repo: RepoBuilder) -> None:
    given = recording.begin(repo)
    with Operation(given, "test") as op:
        packs = op.recorder.packs
        blobs = [op.quarantine.put("blob", b"%d" % number) for number in range(3)]
        for blob in blobs:
            packs.install(packs.build([blob], bulk=False))
        old = packs.names()
        assert packs.merge(limit=2, garbage=lambda _: {blobs[1]}) == {blobs[1]}
        (merged,) = set(packs.names()) - set(old)
        assert set(packs.objects_of(merged)) == {blobs[0], blobs[2]}
        assert packs.only_in(old) == {blobs[1]}


def test_sweeping_waits_for_grace_and_for_a_living_gc(repo: RepoBuilder) -> None:
    clock = CountingClock()
    given = recording.begin(repo, clock=clock)
    with Operation(given, "test") as op:
        packs = op.recorder.packs
        for number in range(3):
            packs.install(packs.build([op.quarantine.put("blob", b"%d" % number)], bulk=False))
        old = packs.names()
        packs.merge(limit=2, garbage=nothing)
        assert packs.due(grace_seconds=60) == []
        clock.advance(61)
        pid = repo.git_dir() / "gc.pid"
        pid.write_text(f"{os.getpid()} {os.uname().nodename}")
        assert packs.due(grace_seconds=60) == []
        pid.write_text(f"{2**22 + 1} {os.uname().nodename}")
        assert sorted(packs.due(grace_seconds=60)) == old
        packs.begin_sweep(old)
        packs.finish_sweep()
        assert len(packs.names()) == 1


@pytest.mark.parametrize(
    ("text", "alive"),
    [
        (None, False),
        ("", False),
        ("x y", False),
        ("1 elsewhere", True),
        ("4194305 HERE", False),
        ("OWN HERE", True),
    ],
)
def test_a_gc_is_alive(tmp_path: Path, text: str | None, alive: bool) -> None:  # noqa: FBT001
    if text is not None:
        here = text.replace("OWN", str(os.getpid())).replace("HERE", os.uname().nodename)
        (tmp_path / "gc.pid").write_text(here)
    assert gc_is_alive(str(tmp_path)) is alive


def test_a_pack_of_the_users_with_a_keep_is_not_ours(repo: RepoBuilder) -> None:
    repo.git("repack", "-adq")
    (pack,) = (repo.git_dir() / "objects/pack").glob("*.pack")
    pack.with_suffix(".keep").write_text("mine\n")
    given = recording.begin(repo)
    quarantine = Quarantine(given.repo)
    assert Packs(quarantine, clock=given.clock).names() == []
    quarantine.close()
    assert Oid(repo.git("rev-parse", "HEAD"))


def test_a_value_that_outlives_a_merge_stays_whole(repo: RepoBuilder) -> None:
    """Packs of all sizes and many anchors: garbage of one pack is named by values in another."""
    rng = random.Random(11)
    given = recording.begin(repo, limits=Limits(packs=3, grace_seconds=0))
    anchors = [Oid(repo.commit(f"commit {number}")) for number in range(5)]
    for number in range(40):
        with Operation(given, "test") as op:
            blob = op.quarantine.put(
                "blob", rng.randbytes(rng.choice([10, 10, 10, 20_000, 100_000]))
            )
            entry = op.quarantine.put_tree([TreeEntry(MODE_FILE, "x", blob)])
            snapshot = PendingSnapshot(SnapshotId(f"k{number:011d}"), "snapshots", entry, (blob,))
            events = op.recorder.seal([recording.note(rng.choice(anchors), f"{number}")])
            op.recorder.append(events, snapshots=[snapshot], fold=True)
        assert fsck(repo) == b"0 ", number


def test_a_crash_while_sweeping_is_finished(repo: RepoBuilder) -> None:
    """Stopped between two parts of a pack, the next command removes the rest."""
    given = recording.begin(repo, limits=Limits(packs=2, grace_seconds=0))
    one_more(repo, given, 1)
    one_more(repo, given, 2)
    seen = 0

    def hook(point: str) -> None:
        nonlocal seen
        seen += point == "drop pack"
        if seen == 2 and point == "drop pack":
            raise OSError(point)

    faults.install(hook)
    try:
        one_more(repo, given, 3)
    finally:
        faults.install(None)
    assert seen == 2
    one_more(repo, given, 4)
    one_more(repo, given, 5)
    assert len(list((repo.git_dir() / "objects/pack").glob("*.pack"))) <= 2
    assert fsck(repo) == b"0 "


def test_a_pack_whose_index_is_gone_is_indexed_again(repo: RepoBuilder) -> None:
    """Its objects are all there; merging packs must not take it for what a crash left."""
    given = recording.begin(repo, limits=Limits(packs=2))
    one_more(repo, given, 1)
    (pack,) = ours(repo)
    folder = repo.git_dir() / "objects/pack"
    (folder / f"{pack}.idx").unlink()
    for number in range(2, 5):
        one_more(repo, given, number)
    assert verify(given.repo, full=True).problems == ()
    assert fsck(repo).startswith(b"0 ")


def test_a_damaged_pack_without_index_stays_and_is_told_of(repo: RepoBuilder) -> None:
    given = recording.begin(repo, limits=Limits(packs=2))
    one_more(repo, given, 1)
    (pack,) = ours(repo)
    folder = repo.git_dir() / "objects/pack"
    (folder / f"{pack}.idx").unlink()
    data = bytearray((folder / f"{pack}.pack").read_bytes())
    data[-1] ^= 0xFF
    (folder / f"{pack}.pack").unlink()
    (folder / f"{pack}.pack").write_bytes(data)
    with Operation(given, "test") as op:
        assert any(pack in told for told in op.notices)
    assert (folder / f"{pack}.pack").read_bytes() == data


def test_a_ref_the_user_made_of_one_of_ours_keeps_what_it_names(repo: RepoBuilder) -> None:
    given = recording.begin(repo, limits=Limits(packs=2, grace_seconds=0))
    one_more(repo, given, 1)
    repo.git("fetch", "-q", ".", "refs/timewarp/*:refs/backup/*")
    for number in range(2, 7):
        one_more(repo, given, number)
    assert fsck(repo).startswith(b"0 ")
    repo.git("gc", "-q", "--prune=now")


@pytest.mark.parametrize("point", ["link .pack", "link .idx", "unlink built keep"])
def test_an_install_that_was_cut_off_is_no_damage(repo: RepoBuilder, point: str) -> None:
    """What the pack holds is still where it came from, and the next command ends the install."""
    given = recording.begin(repo)

    def stop(name: str) -> None:
        if name == point:
            raise KeyboardInterrupt

    with Operation(given, "test") as op:
        blob = op.quarantine.put("blob", b"packed\n")
        name = op.recorder.packs.build([blob], bulk=False)
        faults.install(stop)
        with pytest.raises(KeyboardInterrupt):
            op.recorder.packs.install(name)
        faults.install(None)
    assert verify(given.repo, full=True).problems == ()
    with Operation(given, "test") as op:
        assert op.recorder.notices == []
        assert op.recorder.packs.objects_of(name) == [blob]
    assert verify(given.repo, full=True).problems == ()
