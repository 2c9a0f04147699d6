"""Verify says exactly what it looked at, and of damage who lost what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.loose import loosen
from tests.support.recorder import Answer, opened, recorded, typed
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit and two snapshots: `E1`, and `E2` with a file more."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "one\n"})
    recorded(built)
    built.write("dir/n", "precious\n")
    opened(built).snapshot()
    return built


def packs(repo: RepoBuilder, suffix: str) -> list[Path]:
    """Return the files of our packs, oldest first."""
    found = (repo.git_dir() / "objects/pack").glob(f"*{suffix}")
    return sorted(found, key=lambda path: path.stat().st_mtime_ns)


def lose(repo: RepoBuilder, oid: str) -> None:
    """Remove a loose object."""
    (repo.git_dir() / "objects" / oid[:2] / oid[2:]).unlink()


def spoil(path: Path, at: int) -> None:
    """Change one byte."""
    data = bytearray(path.read_bytes())
    data[at] ^= 0x55
    path.chmod(0o644)
    path.write_bytes(data)


def snapshot_of(repo: RepoBuilder, event: str) -> str:
    """Return the id of the snapshot that an event is of."""
    entry = opened(repo).show(event).entry
    assert entry is not None
    return str(entry.snapshot)


def full(repo: RepoBuilder) -> Answer:
    """Return the answer of `verify --full`."""
    return typed(repo, "verify", "--full")


def test_a_lost_file_is_told_by_snapshot_and_path(repo: RepoBuilder) -> None:
    loosen(repo)
    snapshot = snapshot_of(repo, "E2")
    blob = repo.git("hash-object", "dir/n")
    lose(repo, blob)
    told = [
        "checked 2 events, 2 snapshots, 42 objects (full)",
        f"problem: missing-object: snapshot {snapshot} (E2) lost 'dir/n' ({blob})",
        f"  affects {snapshot}",
        "  affects E2",
    ]
    lines = full(repo).out.splitlines()
    assert lines[1:] == [*told[1:], "  hint: git timewarp repair", "1 problem"]
    (problem,) = json.loads(typed(repo, "verify", "--full", "--json").out)["problems"]
    assert problem["affects"] == [snapshot, "E2"]
    repo.git("hash-object", "-w", "--", "dir/n")
    assert full(repo).code == 0


def test_a_loss_names_every_snapshot_that_has_it(repo: RepoBuilder) -> None:
    repo.write("other", "more\n")
    third = opened(repo).snapshot().snapshot
    loosen(repo)
    lose(repo, repo.git("hash-object", "dir/n"))
    (problem,) = opened(repo).verify(full=True).problems
    assert "and 1 more lost 'dir/n'" in problem.where
    assert problem.affects[1:] == ("E2", third, "E3")


def test_a_lost_folder_is_told_once(repo: RepoBuilder) -> None:
    loosen(repo)
    repo.git("add", "dir/n")
    lose(repo, repo.git("write-tree", "--prefix=dir/"))
    (problem,) = opened(repo).verify(full=True).problems
    assert "(E2) lost 'dir' (" in problem.where


def test_a_quick_check_says_what_it_did_not_look_at(repo: RepoBuilder) -> None:
    loosen(repo)
    lose(repo, repo.git("hash-object", "dir/n"))
    assert typed(repo, "verify") == Answer(
        0,
        "checked 2 events, 2 snapshots (quick)\n"
        "every chain is whole and every snapshot is in its place\n"
        "what is in the snapshots was not read: git timewarp verify --full\n",
        "",
    )


@pytest.mark.parametrize("part", ["", "tree", "refs", "meta"])
def test_a_quick_check_finds_a_snapshot_without_its_parts(repo: RepoBuilder, part: str) -> None:
    loosen(repo)
    snapshot = snapshot_of(repo, "E2")
    (ref,) = repo.git("for-each-ref", "--format=%(refname)", "refs/timewarp/*/snapshots/*").split()
    place = f"{ref}^{{tree}}:{snapshot}" + (f"/{part}" if part else "")
    lose(repo, repo.git("rev-parse", place))
    for whole in (False, True):
        report = opened(repo).verify(full=whole)
        first = report.problems[0]
        assert f"snapshot {snapshot} (E2)" in first.where or "(E1)" in first.where, report
        assert first.kind == "missing-object"
    assert typed(repo, "verify").code == 5


def test_a_quick_check_finds_a_snapshot_that_only_its_event_names(repo: RepoBuilder) -> None:
    snapshot = snapshot_of(repo, "E2")
    (ref,) = repo.git("for-each-ref", "--format=%(refname)", "refs/timewarp/*/snapshots/*").split()
    repo.git("update-ref", ref, repo.git("rev-parse", f"{ref}@{{1}}"))
    where = [problem.where for problem in opened(repo).verify().problems]
    assert f"snapshot {snapshot} of event E2 is nowhere" in where


@pytest.mark.parametrize("at", [-5, -25, 5], ids=["end", "pack's hash", "header"])
@pytest.mark.parametrize("suffix", [".idx", ".rev"])
def test_a_damaged_index_is_told_and_made_again(repo: RepoBuilder, suffix: str, at: int) -> None:
    path = packs(repo, suffix)[0]
    spoil(path, at)
    text = f"the index '{path.name}' of ours is damaged; its pack is whole"
    (problem,) = [p for p in opened(repo).verify(full=True).problems if p.where == text]
    assert (problem.kind, problem.affects) == ("hash-mismatch", (f"{path.stem}.pack",))
    words = problem.hint.split()[2:]
    healed = typed(repo, *words)
    assert healed.code == 0, healed
    assert f"pack '{path.stem}' of ours was damaged and is mended" in healed.err
    assert full(repo).out.endswith("everything is whole\n")
    assert repo.run("fsck", "--full").stderr == b""


@pytest.mark.parametrize("left", [0, 4, 600], ids=["empty", "four bytes", "half"])
def test_an_index_that_was_cut_off(repo: RepoBuilder, left: int) -> None:
    path = packs(repo, ".idx")[0]
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(data[:left])
    assert [p.kind for p in opened(repo).verify().problems if path.stem in p.where]
    done = typed(repo, "snapshot", "-m", "on")
    assert done.code == 0, done
    assert path.read_bytes() == data
    assert full(repo).code == 0


def test_the_end_of_a_pack_is_told_and_written_again(repo: RepoBuilder) -> None:
    path = packs(repo, ".pack")[-1]
    data = path.read_bytes()
    spoil(path, -3)
    assert repo.run("fsck", "--full", ok=None).returncode
    wheres = [problem.where for problem in opened(repo).verify(full=True).problems]
    assert f"pack '{path.stem}' of ours is damaged at its end; what it holds is whole" in wheres
    assert typed(repo, "snapshot", "-m", "on").code == 0
    assert path.read_bytes() == data
    assert full(repo).code == 0


def test_damage_in_what_nothing_needs_is_told(repo: RepoBuilder) -> None:
    """The tag that the next fold replaced: git's own fsck fails over it."""
    (ref,) = repo.git("for-each-ref", "--format=%(refname)", "refs/timewarp/*/events/*").split()
    old = repo.git("rev-parse", f"{ref}@{{1}}")
    path = packs(repo, ".pack")[0]
    listed = repo.git("verify-pack", "-v", str(path.with_suffix(".idx"))).splitlines()
    (line,) = [line for line in listed if line.startswith(old)]
    spoil(path, int(line.split()[4]) + 12)
    pack, value = opened(repo).verify(full=True).problems
    assert pack.where == f"pack '{path.stem}' of ours is damaged"
    assert value.where.startswith(f"1 former value of '{ref}' in its reflog")
    assert full(repo).code == 5


def test_a_ref_that_git_lost_is_a_remark_and_no_damage(repo: RepoBuilder) -> None:
    repo.write("a", "stashed\n")
    repo.git("stash")
    stash = repo.git("rev-parse", "refs/stash")
    third = opened(repo).snapshot(message="with stash").snapshot
    assert full(repo).out.endswith("objects (full)\neverything is whole\n")
    repo.git("stash", "drop")
    repo.git("gc", "-q", "--prune=now")
    answer = full(repo)
    text = (
        f"snapshot {third} (E4) names 'refs/stash' ({stash}), which is not in this repository: "
        "it was never here, or git has lost it"
    )
    assert answer.code == 0
    assert answer.out.splitlines()[1:] == [f"note: {text}", "everything else is whole"]
    record = json.loads(typed(repo, "verify", "--full", "--json").out)
    assert (record["ok"], record["problems"]) == (True, [])
    (remark,) = record["remarks"]
    assert (remark["where"], remark["affects"]) == (text, [third, "E4"])


def test_a_ref_that_was_kept_is_no_remark(repo: RepoBuilder) -> None:
    repo.write("a", "stashed\n")
    repo.git("stash")
    opened(repo).snapshot(message="with stash")
    repo.git("stash", "drop")
    opened(repo).snapshot(message="without")
    repo.git("gc", "-q", "--prune=now")
    assert opened(repo).verify(full=True).remarks == ()


def test_a_pack_that_is_gone_is_told(repo: RepoBuilder) -> None:
    path = packs(repo, ".pack")[0]
    path.unlink()
    for whole in (False, True):
        wheres = [problem.where for problem in opened(repo).verify(full=whole).problems]
        assert f"pack '{path.stem}' of ours is gone, its index is left" in wheres


def test_a_pack_that_is_gone_comes_from_the_quarantine(repo: RepoBuilder) -> None:
    path = packs(repo, ".pack")[0]
    path.rename(repo.git_dir() / "timewarp/quarantine/pack" / path.name)
    assert typed(repo, "verify").code == 5
    done = typed(repo, "snapshot", "-m", "on")
    assert (done.code, done.err) == (0, f"pack '{path.stem}' of ours was damaged and is mended\n")
    assert full(repo).code == 0


def test_a_note_that_is_gone_takes_nothing_else_with_it(repo: RepoBuilder) -> None:
    """Of two notes the first is lost: what is read after it is read as it is."""
    repo.commit("second", {"a": "two\n"})
    opened(repo).snapshot(message="on another commit")
    loosen(repo)
    (ref,) = repo.git("for-each-ref", "--format=%(refname)", "refs/timewarp/*/events/*").split()
    notes = repo.git("ls-tree", "-r", "--format=%(objectname)", f"{ref}^{{tree}}").split()
    assert len(notes) == 2
    lose(repo, notes[0])
    for whole in (False, True):
        wheres = [problem.where for problem in opened(repo).verify(full=whole).problems]
        assert wheres[0].startswith(f"{ref}: object 'note {notes[0]} on ")
        assert not [where for where in wheres if "snapshot" in where and "nowhere" not in where]


def described_as(repo: RepoBuilder, meta: bytes) -> str:
    """Give the snapshot of E2 another description; return its id."""
    snapshot = snapshot_of(repo, "E2")
    (ref,) = repo.git("for-each-ref", "--format=%(refname)", "refs/timewarp/*/snapshots/*").split()
    blob = repo.git("hash-object", "-w", "--stdin", stdin=meta)
    listed = repo.git("ls-tree", f"{ref}^{{tree}}:{snapshot}").splitlines()
    lines = [line for line in listed if not line.endswith("\tmeta")]
    inner = repo.git("mktree", stdin="\n".join([*lines, f"100644 blob {blob}\tmeta\n"]).encode())
    segment = [
        f"040000 tree {inner}\t{snapshot}" if line.endswith(f"\t{snapshot}") else line
        for line in repo.git("ls-tree", f"{ref}^{{tree}}").splitlines()
    ]
    tree = repo.git("mktree", stdin="".join(f"{line}\n" for line in segment).encode())
    text = repo.git("cat-file", "tag", ref).split("\n")
    tag = repo.git("mktag", stdin="\n".join([f"object {tree}", *text[1:], ""]).encode())
    repo.git("update-ref", ref, tag)
    return snapshot


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b'"id":"', b'"id":"zzz', "is another one"),
        (b'"parents":', b'"grandparents":', ":meta' is missing"),
        (b'"head":{', b'"head":7,"x":{', ":meta' is missing"),
        (b'"skipped":[]', b'"skipped":[{}]', ":meta' is missing"),
        (b'"v":1', b'"v":2', "version"),
        (b"}", b"", ":meta' is missing"),
    ],
    ids=["id", "parents", "head", "skipped", "version", "cut off"],
)
def test_a_description_that_is_not_what_was_written(
    repo: RepoBuilder, old: bytes, new: bytes, told: str
) -> None:
    (ref,) = repo.git("for-each-ref", "--format=%(refname)", "refs/timewarp/*/snapshots/*").split()
    place = f"{ref}^{{tree}}:{snapshot_of(repo, 'E2')}/meta"
    meta = repo.run("cat-file", "blob", place).stdout
    assert old in meta
    snapshot = described_as(repo, meta.replace(old, new, 1))
    wheres = [problem.where for problem in opened(repo).verify(full=True).problems]
    label = f"snapshot {snapshot} (E2)"
    assert [where for where in wheres if where.startswith(label) and told in where], wheres


def test_an_empty_file_is_no_object_to_quick_either(repo: RepoBuilder) -> None:
    loosen(repo)
    tree = repo.git("rev-parse", "HEAD^{tree}")
    lose(repo, tree)
    (repo.git_dir() / "objects" / tree[:2] / tree[2:]).touch()
    report = opened(repo).verify(full=False)
    assert [(item.kind, "lost its part 'tree'" in item.where) for item in report.problems] == [
        ("missing-object", True)
    ]
