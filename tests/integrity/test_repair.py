"""Repair brings back what is missing from wherever its content still is, and makes nothing worse."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.loose import loose, loosen
from tests.support.recorder import opened, recorded, typed, whole
from tests.support.repo_builder import RepoBuilder

ENDS = (
    "'git timewarp purge' takes lost content out of the snapshots, so that git gc works again; "
    "the rest stays"
)


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit and three snapshots, all folded."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "one\n", "dir/b": "two\n"})
    recorded(built)
    built.write("dir/n", "precious\n")
    opened(built).snapshot(message="with n")
    built.write("dir/n", "precious, changed\n")
    opened(built).snapshot(message="n changed")
    return built


def packs(repo: RepoBuilder, suffix: str) -> list[Path]:
    """Return the files of our packs, oldest first."""
    found = (repo.git_dir() / "objects/pack").glob(f"*{suffix}")
    return sorted(found, key=lambda path: path.stat().st_mtime_ns)


def spoil(path: Path, at: int) -> None:
    """Change one byte."""
    data = bytearray(path.read_bytes())
    data[at] ^= 0x55
    path.chmod(0o644)
    path.write_bytes(data)


def repaired(repo: RepoBuilder) -> dict[str, object]:
    """Repair and return the answer; everything has to be whole then."""
    done = typed(repo, "repair", "--json")
    assert done.code == 0, (done.out, done.err)
    whole(repo)
    answer = json.loads(done.out)
    assert isinstance(answer, dict)
    return answer


def sources(answer: dict[str, object]) -> set[str]:
    """Return where objects came from."""
    healed = answer["healed"]
    assert isinstance(healed, list)
    return {str(item["from"]) for item in healed}


def test_nothing_to_repair_changes_nothing(repo: RepoBuilder) -> None:
    before = sorted(path.name for path in repo.git_dir().rglob("*"))
    done = typed(repo, "repair")
    assert (done.code, done.out, done.err) == (0, "everything is whole\n", "")
    assert sorted(path.name for path in repo.git_dir().rglob("*")) == before


def test_a_file_of_now_comes_from_the_work_tree(repo: RepoBuilder) -> None:
    loosen(repo)
    blob = repo.git("hash-object", "dir/n")
    loose(repo, blob).unlink()
    tried = json.loads(typed(repo, "repair", "--dry-run", "--json").out)
    assert tried["healed"] == [{"oid": blob, "from": "the work tree", "paths": ["dir/n"]}]
    assert not loose(repo, blob).exists()
    answer = repaired(repo)
    assert answer["healed"] == tried["healed"]
    assert opened(repo).cat("@", "dir/n") == b"precious, changed\n"


def test_a_file_under_another_name_is_found_too(repo: RepoBuilder) -> None:
    loosen(repo)
    blob = repo.git("hash-object", "dir/n")
    shutil.move(repo.path / "dir/n", repo.path / "moved")
    loose(repo, blob).unlink()
    assert sources(repaired(repo)) == {"the work tree"}


def test_what_is_nowhere_is_named_and_the_rest_healed(repo: RepoBuilder) -> None:
    loosen(repo)
    now = repo.git("hash-object", "dir/n")
    before = repo.git("hash-object", "--stdin", stdin=b"precious\n")
    for oid in (now, before):
        loose(repo, oid).unlink()
    done = typed(repo, "repair")
    logged = [json.loads(line) for line in typed(repo, "log", "--all", "--json").out.splitlines()]
    snapshot = next(item["snapshot"] for item in logged if item["event"] == "E2")
    lines = done.out.splitlines()
    assert done.code == 5
    assert lines[0] == f"healed {now} from the work tree  dir/n"
    assert lines[2:] == [
        f"problem: missing-object: snapshot {snapshot} (E2) lost 'dir/n' ({before})",
        f"  affects {snapshot}",
        "  affects E2",
        f"  hint: git timewarp purge {before}",
        "1 problem cannot be healed from here",
        ENDS,
    ]


def test_a_damaged_pack_is_written_anew(repo: RepoBuilder) -> None:
    """Each object of it that can be read is read, the rest is found elsewhere."""
    pack = packs(repo, ".pack")[-1]
    spoil(pack, 20)
    assert typed(repo, "verify", "--full").code == 5
    answer = repaired(repo)
    assert answer["packs"]
    assert len(list((repo.git_dir() / "timewarp/recovery").glob("*/damaged/*.pack"))) == 1


def test_every_pack_cut_in_half_loses_only_what_is_nowhere(repo: RepoBuilder) -> None:
    for pack in packs(repo, ".pack"):
        data = pack.read_bytes()
        pack.chmod(0o644)
        pack.write_bytes(data[: len(data) // 2])
    done = typed(repo, "repair")
    assert done.code in {0, 5}, done.err
    again = typed(repo, "verify", "--full")
    assert again.code == done.code
    jumped = typed(repo, "jump", "--dry-run", "@-1")
    assert "Traceback" not in jumped.err


def test_segments_and_tags_are_made_again(repo: RepoBuilder) -> None:
    loosen(repo)
    listed = repo.git("for-each-ref", "--format=%(objectname) %(tree) %(refname)", "refs/timewarp")
    for line in listed.splitlines():
        oid = line.split(" ")[0]
        loose(repo, repo.git("rev-parse", f"{oid}^{{tree}}")).unlink()
        loose(repo, oid).unlink()
    done = typed(repo, "repair", "--json")
    left = json.loads(done.out)["problems"]
    assert sources(json.loads(done.out)) == {"other records of ours"}
    assert {str(item["where"]).split("/")[3] for item in left if "refs/" in item["where"]} <= {
        "events"
    }
    assert typed(repo, "cat", "@", "dir/n").code == 0


def test_another_copy_behind_a_damaged_one(repo: RepoBuilder) -> None:
    """Git takes the first loose copy it finds; the one in the quarantine is whole."""
    loosen(repo)
    blob = repo.git("hash-object", "--stdin", stdin=b"precious\n")
    quarantine = repo.git_dir() / "timewarp/quarantine" / blob[:2]
    quarantine.mkdir(parents=True, exist_ok=True)
    shutil.copy(loose(repo, blob), quarantine / blob[2:])
    spoil(loose(repo, blob), 8)
    assert sources(repaired(repo)) == {"another copy in the object store"}
    assert typed(repo, "cat", "E2", "dir/n").out == "precious\n"


def test_a_remote_gives_exactly_what_is_missing(repo: RepoBuilder, tmp_path: Path) -> None:
    loosen(repo)
    blob = repo.git("hash-object", "--stdin", stdin=b"precious\n")
    remote = RepoBuilder(tmp_path / "remote")
    remote.git("hash-object", "-w", "--stdin", stdin=b"precious\n")
    repo.git("remote", "add", "origin", str(remote.path))
    loose(repo, blob).unlink()
    before = repo.view()
    assert sources(repaired(repo)) == {"a remote"}
    assert repo.view() == before
    assert not (repo.git_dir() / "FETCH_HEAD").exists()


def test_refs_come_back_from_their_reflogs(repo: RepoBuilder) -> None:
    """Also where the file that knows their values is gone."""
    before = repo.git("for-each-ref", "--format=%(objectname) %(refname)", "refs/timewarp")
    events = typed(repo, "log", "--all", "--json").out
    for line in before.splitlines():
        (repo.git_dir() / line.split(" ")[1]).unlink()
    (repo.git_dir() / "timewarp/refs.json").unlink()
    answer = repaired(repo)
    assert answer["refs"] == [line.split(" ")[1] for line in before.splitlines()]
    now = typed(repo, "log", "--all", "--json").out
    assert now.endswith(events)


@pytest.mark.parametrize("kind", ["events", "snapshots"])
def test_where_a_segment_is_nowhere_the_hint_brings_back_what_survives(
    repo: RepoBuilder, kind: str
) -> None:
    """Its ref names nothing, and neither a reflog nor a note of ours says what it named."""
    opened(repo).snapshot(message="fold it")
    before = {entry.snapshot for entry in opened(repo).log(all_writers=True)}
    (ref,) = (repo.git_dir() / "refs/timewarp").glob(f"*/{kind}/000001")
    ref.write_text("1" * 40 + "\n")
    shutil.rmtree(repo.git_dir() / "logs/refs/timewarp")
    for name in ("refs.json", "index.db"):
        (repo.git_dir() / "timewarp" / name).unlink()
    done = typed(repo, "repair")
    assert done.code == 5
    assert "hint: git timewarp recover --rebuild\n" in done.out
    assert typed(repo, "recover", "--rebuild").code == 0
    assert {entry.snapshot for entry in opened(repo).log(all_writers=True)} >= before
    assert opened(repo).verify(full=True).problems == ()


def test_refs_of_an_id_the_clone_had_before_come_back_too(
    repo: RepoBuilder, tmp_path: Path
) -> None:
    """A copied clone goes on under a new id; what it brought along is as much its own."""
    twin = repo.clone_twin(tmp_path / "twin")
    assert typed(twin, "snapshot", "-m", "under the new id").code == 0
    refs = ("for-each-ref", "--format=%(refname) %(objectname)", "refs/timewarp")
    before, events = twin.git(*refs), typed(twin, "log", "--all", "--json").out
    shutil.rmtree(twin.git_dir() / "refs/timewarp")
    found = opened(twin).verify().problems
    missing = [problem.where for problem in found if problem.kind == "missing-object"]
    assert missing == [f"ref {line.split(' ')[0]}" for line in before.splitlines()]
    assert typed(twin, "status").out.count("had vanished: it was put back") == len(missing)
    assert twin.git(*refs) == before
    assert typed(twin, "log", "--all", "--json").out == events
    whole(twin)


def test_what_another_clone_adds_under_a_former_id_stays(repo: RepoBuilder, tmp_path: Path) -> None:
    twin = repo.clone_twin(tmp_path / "twin")
    assert typed(twin, "snapshot", "-m", "under the new id").code == 0
    repo.write("a", "the original goes on\n")
    assert typed(repo, "snapshot", "-m", "the original goes on").code == 0
    twin.git("fetch", "-q", str(repo.path), "+refs/timewarp/*:refs/timewarp/*")
    refs = ("for-each-ref", "--format=%(refname) %(objectname)", "refs/timewarp")
    before = twin.git(*refs)
    assert opened(twin).verify(full=True).problems == ()
    assert "put back" not in typed(twin, "status").out
    assert twin.git(*refs) == before
    assert "the original goes on" in typed(twin, "log", "--all").out
