"""Purging: the content is nowhere afterwards, and everything else is what it was."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from git_timewarp.archive import pack, scratch
from git_timewarp.archive.selection import Selection, Wanted
from git_timewarp.git.names import Oid
from git_timewarp.integrity.verify import verify
from git_timewarp.retention.purge import NotABlobError, NothingToPurgeError, purge
from git_timewarp.retention.results import PurgeResult
from git_timewarp.store import leaving
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.world import World
from tests.support import recording
from tests.support.clock import CountingClock
from tests.support.recorder import recorded, typed
from tests.support.repo_builder import RepoBuilder
from tests.support.traces import beside, places, written

SECRET = b"TOKEN=swallowed-by-mistake-0123456789\n"


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit."""
    built = RepoBuilder(tmp_path / "repo")
    built.commit("first", {"a.txt": "one\n", "deep/b.txt": "two\n"})
    return built


@pytest.fixture
def given(repo: RepoBuilder) -> World:
    """Return its world, three snapshots in: without, with, and again without the secret."""
    world = recording.begin(repo, clock=CountingClock())
    recording.take(world)
    repo.write("deep/secret.env", SECRET)
    repo.write("a.txt", "one more\n")
    recording.take(world)
    repo.remove("deep/secret.env")
    repo.write("a.txt", "one more again\n")
    recording.take(world)
    return world


def purged(world: World, *words: str, dry_run: bool = False) -> PurgeResult:
    """Purge, as the command does."""
    with Operation(world, "purge") as op:
        return purge(op, words, beside(world), dry_run=dry_run)


def oid_of(repo: RepoBuilder, content: bytes) -> str:
    return repo.git("hash-object", "--stdin", stdin=content)


def whole(repo: RepoBuilder, world: World) -> None:
    assert verify(world.repo, full=True).problems == ()
    done = repo.run("fsck", "--full", ok=None)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("word", ["deep/secret.env", "*.env", "deep", "<oid>"])
def test_the_content_is_nowhere_afterwards(repo: RepoBuilder, given: World, word: str) -> None:
    oid = oid_of(repo, SECRET)
    assert places(repo, SECRET) != []
    if word == "deep":
        repo.git("rm", "-q", "-r", "--cached", "deep")
    result = purged(given, oid if word == "<oid>" else word)
    assert oid in result.objects
    assert "deep/secret.env" in result.paths
    assert not result.waits
    assert places(repo, SECRET) == []
    whole(repo, given)
    assert repo.run("gc", "-q", "--prune=now").stderr == b""
    whole(repo, given)


def test_other_files_of_the_snapshots_stay_and_say_what_went(
    repo: RepoBuilder, given: World
) -> None:
    with recording.history(given) as history:
        before = {name: history.snapshot(name) for name, _ in history.catalog.every()}
    result = purged(given, "deep/secret.env")
    (changed,) = result.snapshots
    with recording.history(given) as history:
        for name, old in before.items():
            new = history.snapshot(name)
            assert old is not None
            assert new is not None
            if name != changed:
                assert new == old
                continue
            listed = repo.git("ls-tree", "-r", "--name-only", new.view.tree)
            assert listed.splitlines() == ["a.txt", "deep/b.txt"]
            assert [item.to_json() for item in new.view.skipped] == [
                {"path": "deep/secret.env", "reason": "purged"}
            ]
        (event,) = [entry for entry in history.entries() if entry.type == "purge"]
    assert event.summary == "purged 'deep/secret.env'"
    assert event.data == {
        "objects": [oid_of(repo, SECRET)],
        "rewritten": [changed],
        "what": ["deep/secret.env"],
    }


def test_a_file_that_holds_something_else_by_now_is_not_said_to_come_again(
    repo: RepoBuilder, given: World
) -> None:
    repo.write("deep/secret.env", "nothing secret\n")
    assert purged(given, oid_of(repo, SECRET)).left == ()
    repo.write("deep/secret.env", SECRET)
    recording.take(given)
    (left,) = purged(given, oid_of(repo, SECRET)).left
    assert left.where == "the work tree: the next snapshot holds 'deep/secret.env' again"


def test_a_dry_run_changes_nothing(repo: RepoBuilder, given: World) -> None:
    refs = repo.git("for-each-ref")
    result = purged(given, "deep/secret.env", dry_run=True)
    assert result.dry_run
    assert result.paths == ("deep/secret.env",)
    assert repo.git("for-each-ref") == refs
    assert places(repo, SECRET) != []


def test_what_the_users_own_commits_hold_is_told_and_stays(repo: RepoBuilder, given: World) -> None:
    repo.commit("swallowed too", {"deep/secret.env": SECRET})
    oid = oid_of(repo, SECRET)
    result = purged(given, "deep/secret.env")
    assert [item.to_dict() for item in result.left] == [
        {
            "oid": oid,
            "where": "your own commits, index or reflogs",
            "hint": f"git log --all --find-object={oid}",
        },
        {
            "oid": "",
            "where": "the work tree: the next snapshot holds 'deep/secret.env' again",
            "hint": "git rm --cached -- deep/secret.env && echo /deep/secret.env >>.gitignore",
        },
    ]
    assert repo.git("cat-file", "blob", oid) + "\n" == SECRET.decode()
    whole(repo, given)


@pytest.mark.parametrize(
    "name", ["plain.env", "two words", "[x]*?.env", "back\\slash", "end ", "new\nline", "cr\r"]
)
@pytest.mark.parametrize("known", ["tracked", "untracked"])
def test_what_is_hinted_is_typed_in_the_folder_where_one_stands(
    repo: RepoBuilder, name: str, known: str
) -> None:
    is_tracked = known == "tracked"
    recorded(repo)
    repo.write("line", "not meant\n")
    repo.write("deep/other", "ignored\n")
    repo.write(".gitignore", "other")
    repo.write(f"deep/{name}", SECRET)
    if is_tracked:
        repo.git("add", "-A")
    typed(repo, "snapshot")
    where = repo.path / "deep" / "below"
    where.mkdir()
    done = typed(where, "purge", "--force", "--json", f":(top,literal)deep/{name}")
    assert done.code == 0, done.err
    hints = [item["hint"] for item in json.loads(done.out)["left"] if not item["oid"]]
    assert len(hints) == 1, done.out
    # Only some shells know the quotes for control characters.
    shell = "sh" if name.isprintable() else "bash"
    subprocess.run([shell, "-c", hints[0]], check=True, cwd=where)
    asked = ("ls-files", "--cached", "--others", "--exclude-standard", "-z")
    known_now = repo.git(*asked).split("\0")
    assert f"deep/{name}" not in known_now
    assert "line" in known_now
    ignored = ("ls-files", "--others", "--ignored", "--exclude-standard", "-z")
    assert set(repo.git(*ignored).split("\0")) == {"deep/other", f"deep/{name}", ""}


def test_what_the_user_staged_after_we_had_it_is_not_lost(repo: RepoBuilder, given: World) -> None:
    """Git writes no object that it finds in a pack of ours: his index leads there only."""
    repo.write("deep/secret.env", SECRET)
    repo.git("add", "deep/secret.env")
    oid = oid_of(repo, SECRET)
    purged(given, "deep/secret.env")
    assert repo.git("cat-file", "-t", oid) == "blob"
    whole(repo, given)


def test_the_same_content_at_another_path_is_told(repo: RepoBuilder, given: World) -> None:
    repo.write("copy.env", SECRET)
    recording.take(given)
    repo.remove("copy.env")
    oid = oid_of(repo, SECRET)
    result = purged(given, "deep/secret.env")
    assert [item.to_dict() for item in result.left] == [
        {"oid": oid, "where": "snapshots, at another path", "hint": f"git timewarp purge {oid}"}
    ]
    purged(given, oid)
    assert places(repo, SECRET) == []
    whole(repo, given)


def test_exact_bytes_index_stages_and_kept_commits_lose_it_too(
    repo: RepoBuilder, given: World
) -> None:
    repo.commit("rules", {".gitattributes": "*.dos text eol=crlf\n"})
    repo.write("key.dos", b"TOKEN=mixed\r\nends\n")
    repo.write("key.dos", b"TOKEN=staged\r\nends\n")
    repo.git("-c", "core.safecrlf=false", "add", "key.dos")
    repo.write("key.dos", b"TOKEN=mixed\r\nends\n")
    recording.take(given)
    repo.git("rm", "-q", "-f", "key.dos")
    repo.git("switch", "-q", "-c", "doomed")
    repo.commit("doomed", {"key.dos": b"TOKEN=kept\n"})
    recording.take(given)
    repo.git("switch", "-q", "main", ok=None)
    repo.git("switch", "-q", "master", ok=None)
    repo.git("branch", "-q", "-D", "doomed")
    repo.git("reflog", "expire", "--expire=now", "HEAD")
    recording.take(given)
    repo.git("gc", "-q", "--prune=now")
    purged(given, "key.dos")
    for text in (b"TOKEN=mixed\r\nends\n", b"TOKEN=mixed\nends\n", b"TOKEN=kept\n"):
        assert places(repo, text) == [], text
    repo.git("gc", "-q", "--prune=now")
    assert places(repo, b"TOKEN=staged\nends\n") == []
    whole(repo, given)


def test_old_packs_wait_for_a_gc_that_runs_and_say_so(repo: RepoBuilder, given: World) -> None:
    (repo.git_dir() / "gc.pid").write_text(f"{os.getpid()} {os.uname().nodename}")
    assert purged(given, "deep/secret.env").waits
    (repo.git_dir() / "gc.pid").unlink()
    whole(repo, given)
    given.clock.sleep(8 * 24 * 3600)
    repo.write("a.txt", "later\n")
    recording.take(given)
    assert places(repo, SECRET) == []
    whole(repo, given)


def test_an_old_pack_that_leaves_gives_up_what_the_user_needs_by_then(
    repo: RepoBuilder, given: World
) -> None:
    (repo.git_dir() / "gc.pid").write_text(f"{os.getpid()} {os.uname().nodename}")
    purged(given, "deep/secret.env")
    (repo.git_dir() / "gc.pid").unlink()
    repo.write("deep/secret.env", SECRET)
    repo.git("add", "deep/secret.env")
    given.clock.sleep(25 * 3600)
    repo.write("a.txt", "later\n")
    with Operation(given, "draft") as op:
        op.recorder.tidy()
        assert leaving.superseded(given.repo.state_dir) == {}
    assert repo.git("cat-file", "-t", oid_of(repo, SECRET)) == "blob"
    whole(repo, given)


def test_copies_kept_aside_go_too(repo: RepoBuilder, given: World) -> None:
    aside = repo.git_dir() / "timewarp/aside/op"
    aside.mkdir(parents=True)
    (aside / "secret.env").write_bytes(SECRET)
    (aside / "other").write_bytes(b"other\n")
    purged(given, "deep/secret.env")
    assert sorted(path.name for path in aside.iterdir()) == ["other"]


def kept_by_a_recovery(repo: RepoBuilder, *texts: bytes) -> tuple[Path, list[str]]:
    """Put contents into what a recovery keeps: each loose, and in a pack of its own."""
    folder = repo.git_dir() / "timewarp/recovery/20260101T000000000Z-00000000"
    objects, damaged = folder / "objects", folder / "damaged"
    damaged.mkdir(parents=True)
    oids = [written(repo, objects, text) for text in texts]
    for oid in oids:
        written(repo, objects, oid.encode(), "pack-objects", str(damaged / "pack"))
    return folder, oids


def kept_files(repo: RepoBuilder) -> int:
    """Return how many files recoveries and drills have left."""
    state = repo.git_dir() / "timewarp"
    folders = (state / name for name in ("recovery", "damaged", "scratch"))
    return sum(path.is_file() for folder in folders for path in folder.rglob("*"))


def test_what_recoveries_keep_goes_too(repo: RepoBuilder, given: World) -> None:
    folder, (_, other) = kept_by_a_recovery(repo, SECRET, b"other\n")
    held = repo.git_dir() / "timewarp/damaged/00000000/objects"
    held.parent.mkdir(parents=True)
    written(repo, held, SECRET)
    (repo.git_dir() / "timewarp/scratch/drill/x/deep").mkdir(parents=True)
    (repo.git_dir() / "timewarp/scratch/drill/x/deep/copy").write_bytes(SECRET)
    before = kept_files(repo)
    result = purged(given, "deep/secret.env")
    assert places(repo, SECRET) == []
    assert result.copies == before - kept_files(repo)
    assert (folder / "objects" / other[:2] / other[2:]).exists()
    assert len(list((folder / "damaged").glob("*.pack"))) == 1
    whole(repo, given)


def test_a_version_that_only_a_crash_left_goes_by_its_name(repo: RepoBuilder, given: World) -> None:
    """Nobody knows the whole path of what was never in a snapshot."""
    version = b"TOKEN=never-in-a-snapshot\n"
    folder, (oid, other) = kept_by_a_recovery(repo, version, b"other\n")
    lines = f"100644 blob {oid}\tsecret.env\n100644 blob {other}\tother\n"
    written(repo, folder / "objects", lines.encode(), "mktree")
    aside = repo.git_dir() / "timewarp/aside/op/deep"
    aside.mkdir(parents=True)
    for name in ("secret.env", "secret.env.1", "other.env"):
        (aside / name).write_bytes(version)
    purged(given, "deep/secret.env")
    assert places(repo, version) == ["timewarp/aside/op/deep/other.env"]
    assert (folder / "objects" / other[:2] / other[2:]).exists()
    whole(repo, given)


def test_archives_of_what_was_replaced_go_too(repo: RepoBuilder, given: World) -> None:
    folder = repo.git_dir() / "timewarp/replaced"
    folder.mkdir()
    archive(given, folder / "with.tar.zst")
    purged(given, "deep/secret.env")
    assert places(repo, SECRET) == []
    archive(given, folder / "without.tar.zst")
    (folder / "broken.tar.zst").write_bytes(b"no archive")
    repo.write("deep/secret.env", SECRET)
    recording.take(given)
    repo.remove("deep/secret.env")
    archive(given, folder / "again.tar.zst")
    planned = purged(given, "deep/secret.env", dry_run=True)
    assert planned.archives == ("timewarp/replaced/again.tar.zst",)
    result = purged(given, "deep/secret.env")
    assert result.archives == planned.archives
    assert [item.to_dict() for item in result.left] == [
        {
            "oid": "",
            "where": "perhaps 'timewarp/replaced/broken.tar.zst', which cannot be read",
            "hint": f"rm {folder / 'broken.tar.zst'}",
        }
    ]
    assert sorted(path.name for path in folder.iterdir()) == ["broken.tar.zst", "without.tar.zst"]
    whole(repo, given)


def test_an_archive_alone_may_hold_it(repo: RepoBuilder, given: World) -> None:
    folder = repo.git_dir() / "timewarp/replaced"
    folder.mkdir()
    archive(given, repo.path.parent / "held.tar.zst")
    purged(given, "deep/secret.env")
    (repo.path.parent / "held.tar.zst").rename(folder / "held.tar.zst")
    assert purged(given, "deep/secret.env").archives == ("timewarp/replaced/held.tar.zst",)
    assert places(repo, SECRET) == []
    whole(repo, given)


def archive(world: World, path: Path) -> None:
    """Write an archive of everything, as an import does of what it replaces."""
    with Operation(world, "import") as op:
        op.recorder.fold()
        source = pack.Source(world.repo, dict(op.recorder.refs), op.recorder.writer, {})
        above = str(path.parent / "scratch")
        with (
            scratch.opened(above, world.repo.git, clock=world.clock) as place,
            path.open("wb") as file,
        ):
            pack.write(
                source, Wanted(), Selection(), scratch=place, product="test", write=file.write
            )


def test_what_is_nowhere_and_what_is_no_file_is_refused(repo: RepoBuilder, given: World) -> None:
    with pytest.raises(NothingToPurgeError) as nothing:
        purged(given, "absent.txt")
    assert nothing.value.to_dict() == {
        "code": 3,
        "reference": "nothing-to-purge",
        "message": "no snapshot holds 'absent.txt'",
        "hint": "git timewarp log --all -- absent.txt",
    }
    tree = Oid(repo.git("rev-parse", "HEAD^{tree}"))
    with pytest.raises(NotABlobError) as wrong:
        purged(given, tree)
    assert wrong.value.message == f"'{tree}' is a tree, not the content of a file"


def test_an_undo_says_what_was_purged_of_its_target(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "a\n", "sec": "one\n"})
    recorded(repo)
    repo.write("sec", "two\n")
    assert typed(repo, "snapshot").code == 0
    assert typed(repo, "restore", "--source", "E1", "sec").code == 0
    repo.remove("sec")
    repo.git("rm", "-q", "--cached", "sec")
    assert typed(repo, "purge", "--force", "sec").code == 0
    done = typed(repo, "undo")
    assert done.code == 0
    assert "'sec' had been purged and does not come back\n" in done.err
