"""After damage that cannot be healed: the commands that are hinted end it, and the rest stays."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.support.loose import loose, loosen
from tests.support.recorder import opened, recorded, typed
from tests.support.repo_builder import RepoBuilder

RULES = (
    "keepWithin",
    "keepHourly",
    "keepDaily",
    "keepWeekly",
    "keepMonthly",
    "important",
)


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with a folder that only one old snapshot has, every object loose."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a": "one\n"})
    recorded(built)
    built.write("deep/secret.env", "TOKEN=1\n")
    built.write("deep/other", "other\n")
    built.write("only.txt", "only\n")
    opened(built).snapshot(message="with all")
    for name in ("deep/secret.env", "deep/other", "only.txt"):
        built.remove(name)
    opened(built).snapshot(message="without")
    opened(built).snapshot(message="once more")
    loosen(built)
    return built


def lose(repo: RepoBuilder, *places: str) -> list[str]:
    """Remove objects, each named by its place in the snapshot of E2; return their ids."""
    logged = [json.loads(line) for line in typed(repo, "log", "--all", "--json").out.splitlines()]
    snapshot = next(item["snapshot"] for item in logged if item["event"] == "E2")
    refs = repo.git("for-each-ref", "--format=%(refname)", "refs/timewarp/*/snapshots/*")
    oids = [repo.git("rev-parse", f"{refs}^{{tree}}:{snapshot}{place}") for place in places]
    for oid in oids:
        loose(repo, oid).unlink()
    return oids


def whole(repo: RepoBuilder) -> None:
    """Check that nothing of ours is damaged; former values of ours are loose here, and dangle."""
    assert opened(repo).verify(full=True).problems == ()
    done = repo.run("fsck", "--full", "--no-progress", "--no-dangling")
    assert (done.stdout, done.stderr) == (b"", b"")


def follow(repo: RepoBuilder) -> None:
    """Type what `repair` hints, and what the refusal of that hints, until nothing is left."""
    done = typed(repo, "repair")
    assert done.code == 5
    assert "takes lost content out of the snapshots, so that git gc works again" in done.out
    for line in dict.fromkeys(done.out.splitlines()):
        if line.startswith("  hint: "):
            first = typed(repo, *shlex.split(line)[3:])
            (hint,) = [text for text in first.err.splitlines() if text.startswith("hint: ")]
            assert typed(repo, *shlex.split(hint)[3:]).code == 0
    whole(repo)
    repo.git("gc", "-q")
    whole(repo)
    assert typed(repo, "cat", "E1", "a").out == "one\n"


@pytest.mark.parametrize(
    ("place", "left"),
    [
        ("/tree/only.txt", ["a", "deep/other", "deep/secret.env"]),
        ("/meta", ["a", "deep/other", "deep/secret.env", "only.txt"]),
        ("/refs", ["a", "deep/other", "deep/secret.env", "only.txt"]),
    ],
)
def test_what_is_hinted_ends_it(repo: RepoBuilder, place: str, left: list[str]) -> None:
    lose(repo, place)
    follow(repo)
    entry = opened(repo).show("E2").entry
    assert entry is not None
    for name in ("a", "deep/other", "deep/secret.env", "only.txt"):
        assert (typed(repo, "cat", "E2", name).code == 0) is (name in left)


def test_a_lost_folder_goes_by_its_id(repo: RepoBuilder) -> None:
    (oid,) = lose(repo, "/tree/deep")
    done = typed(repo, "purge", "--force", oid)
    assert done.code == 0, done.err
    whole(repo)
    repo.git("gc", "-q")
    assert typed(repo, "cat", "E2", "only.txt").out == "only\n"
    assert typed(repo, "cat", "E2", "deep/other").code == 3


def test_a_lost_entry_becomes_a_snapshot_that_was_removed(repo: RepoBuilder) -> None:
    lose(repo, "")
    follow(repo)
    assert "purge" in typed(repo, "cat", "E2", "a").err


def test_a_secret_goes_although_a_description_is_lost(repo: RepoBuilder) -> None:
    lose(repo, "/meta")
    done = typed(repo, "purge", "--force", "deep/secret.env")
    assert done.code == 0, done.err
    whole(repo)
    assert typed(repo, "cat", "E2", "only.txt").out == "only\n"
    assert typed(repo, "cat", "E2", "deep/secret.env").code == 3


def test_a_secret_goes_elsewhere_although_a_folder_is_lost(repo: RepoBuilder) -> None:
    (oid, _) = lose(repo, "/tree/deep", "/tree/deep/other")
    done = typed(repo, "purge", "--force", "--json", "only.txt")
    assert {
        "oid": oid,
        "where": "lost or damaged, and what it led to was not looked at",
        "hint": "git timewarp repair",
    } in json.loads(done.out)["left"]
    follow(repo)


def test_what_compact_buries_has_a_description_again(repo: RepoBuilder) -> None:
    lose(repo, "/meta")
    repo.git("config", "timewarp.retention.keepLast", "1")
    for rule in RULES:
        repo.git("config", f"timewarp.retention.{rule}", "0")
    done = typed(repo, "compact", "--now", "--force", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["removed"]
    whole(repo)
    repo.git("gc", "-q")


@pytest.mark.parametrize("junk", [b"", b"junk"], ids=["empty", "junk"])
def test_a_folder_that_is_corrupt_goes_and_recording_goes_on(
    repo: RepoBuilder, junk: bytes
) -> None:
    refs = repo.git("for-each-ref", "--format=%(refname)", "refs/timewarp/*/snapshots/*")
    meta = opened(repo).show("E2").meta
    assert meta is not None
    oid = repo.git("rev-parse", f"{refs}^{{tree}}:{meta['id']}/tree/deep")
    path = loose(repo, oid)
    path.chmod(0o644)
    path.write_bytes(junk)
    done = typed(repo, "purge", "--force", oid)
    assert done.code == 0, done.err
    done = typed(repo, "snapshot", "-m", "goes on")
    assert done.code == 0, done.err
    assert typed(repo, "cat", "E2", "only.txt").out == "only\n"
    path.unlink(missing_ok=True)
    whole(repo)
    repo.git("gc", "-q")
