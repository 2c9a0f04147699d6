"""Whatever is wrong around us: the right exit code, one error, one hint, nothing lost."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from git_timewarp.app import repository as timewarp
from git_timewarp.store import chain, compose, events, index_fill, snapshots
from git_timewarp.util.clock import SystemClock
from tests.support.recorder import Answer, opened, recorded, typed
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """A recorded repository with three states."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n", "b": "b\n"})
    recorded(repo)
    for text in ("two\n", "three\n"):
        repo.write("a", text)
        opened(repo).snapshot()
    return repo


def refused(where: RepoBuilder | Path, *words: str, code: int, reference: str) -> Answer:
    """Check that a command fails as it must, in words and in JSON; return the words."""
    answer = typed(where, *words)
    assert (answer.code, answer.out) == (code, ""), answer
    lines = answer.err.splitlines()
    assert [line.split(": ")[0] for line in lines] == ["error", "hint"], answer.err
    first = lines[0].removeprefix("error: ")
    assert first[0].islower() or first[0] in "'\"0123456789", first
    assert not first.endswith("."), first
    spoken = typed(where, *words, "--json")
    assert (spoken.code, spoken.out) == (code, ""), spoken
    record = json.loads(spoken.err)
    assert record["v"] == 1
    assert record["error"]["code"] == code
    assert record["error"]["reference"] == reference
    assert record["error"]["message"]
    assert record["error"]["hint"]
    return answer


@dataclass
class Look:
    """All that must not change."""

    files: object
    index: object
    view: object
    events: list[str]

    @classmethod
    def at(cls, repo: RepoBuilder) -> Look:
        """Look at everything of the user's and ours."""
        return cls(
            repo.state(),
            repo.index_bytes(),
            repo.view(),
            [entry.id for entry in opened(repo).log(all_writers=True)],
        )


@contextmanager
def unchanged(repo: RepoBuilder) -> Iterator[None]:
    """Check that the block changes nothing, and that what was recorded still comes back."""
    before = Look.at(repo)
    yield
    assert Look.at(repo) == before
    text = repo.read("a")
    opened(repo).jump("E1")
    assert repo.read("a") == b"one\n"
    opened(repo).undo()
    assert repo.read("a") == text
    assert opened(repo).verify(full=True).problems == ()


# -- no place to record ----------------------------------------------------------------


def test_not_a_repository(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    for words in (["status"], ["init"], ["snapshot"], ["log"], ["jump", "@-1"]):
        refused(tmp_path / "plain", *words, code=1, reference="not-a-repository")
    assert list((tmp_path / "plain").iterdir()) == []


def test_a_bare_repository(tmp_path: Path) -> None:
    bare = RepoBuilder(tmp_path / "bare", bare=True)
    for words in (["init"], ["snapshot"]):
        refused(bare, *words, code=1, reference="bare-repository")
    assert not (bare.path / "timewarp").exists()


def test_inside_the_git_directory(repo: RepoBuilder) -> None:
    refused(repo.path / ".git", "status", code=1, reference="not-a-repository")


def test_home_as_the_root(hermetic: Path) -> None:
    home = RepoBuilder(hermetic)
    refused(home, "init", code=1, reference="refused-root")
    assert not (hermetic / ".git/timewarp").exists()


def test_nothing_records_yet(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    for words in (["snapshot"], ["log"], ["jump", "@-1"], ["undo"], ["verify"], ["stash", "list"]):
        refused(repo, *words, code=1, reference="not-recording")


# -- settings --------------------------------------------------------------------------


def test_a_broken_git_config(repo: RepoBuilder) -> None:
    path = repo.git_dir() / "config"
    good = path.read_text()
    before = Look.at(repo)
    path.write_text(good + "[core\n")
    for words in (["status"], ["snapshot"], ["jump", "E1"]):
        refused(repo, *words, code=1, reference="not-a-repository")
    path.write_text(good)
    assert Look.at(repo) == before


@pytest.mark.parametrize(
    ("key", "value", "reference"),
    [
        ("timewarp.fold.events", "many", "bad-setting"),
        ("timewarp.fold.evnets", "3", "unknown-setting"),
        ("timewarp.snapshot.maxUntrackedBytes", "-4", "bad-setting"),
    ],
)
def test_a_setting_that_means_nothing(
    repo: RepoBuilder, key: str, value: str, reference: str
) -> None:
    del reference
    repo.git("config", key, value)
    with_it = typed(repo, "snapshot", "--json")
    assert with_it.code == 2, with_it
    error = json.loads(with_it.err)["error"]
    assert key in error["message"] or key in error["hint"], error
    refused(repo, "snapshot", code=2, reference=error["reference"])
    repo.git("config", "--unset", key)
    with unchanged(repo):
        pass


# -- targets ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target", ["E99", "nosuchthing", "@-50", "stash@{3}", "zzzzzzzz", "a b", ""]
)
def test_an_unknown_target(repo: RepoBuilder, target: str) -> None:
    with unchanged(repo):
        for words in (["jump"], ["show"], ["restore", "a", "--source"]):
            refused(repo, *words, target, code=3, reference="unknown-target")


class AlikeClock(SystemClock):
    """Chance that gives all snapshots ids with the same first eight letters."""

    def random_bytes(self, size: int) -> bytes:
        """Return bytes of which the last four differ."""
        return bytes(size - 4) + super().random_bytes(4)


def test_an_ambiguous_prefix(repo: RepoBuilder) -> None:
    found = []
    for text in ("five\n", "six\n"):
        repo.write("a", text)
        alike = timewarp.open(str(repo.path), environ=dict(os.environ), clock=AlikeClock())
        found.append(str(alike.snapshot().snapshot))
    with unchanged(repo):
        for words in (["jump"], ["show"], ["restore", "a", "--source"]):
            answer = refused(repo, *words, "kkkkk", code=2, reference="ambiguous-target")
            assert all(snapshot in answer.err for snapshot in found)
    assert typed(repo, "show", found[0]).code == 0


def test_a_path_in_no_snapshot(repo: RepoBuilder) -> None:
    with unchanged(repo):
        refused(repo, "restore", "nowhere", code=3, reference="unknown-target")
        refused(repo, "restore", "--source", "E1", "nowhere", code=3, reference="path-not-found")
        refused(repo, "restore", "../outside", code=2, reference="bad-pathspec")


def test_a_target_of_another_work_tree(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.git("worktree", "add", "-q", "../linked")
    linked = RepoBuilder(tmp_path / "linked", init=False)
    linked.write("a", "linked\n")
    snapshot = opened(linked).snapshot().snapshot
    with unchanged(repo):
        refused(repo, "jump", snapshot, code=1, reference="other-worktree")
    assert typed(repo, "jump", "--force", snapshot).code == 0
    assert repo.read("a") == b"linked\n"
    assert typed(repo, "undo").code == 0
    assert repo.read("a") == b"three\n"


# -- records of a newer version --------------------------------------------------------


def spoil_journal(repo: RepoBuilder, letter: bytes) -> Path:
    """Make the last line of a letter one of version 2, with the checksum it should have."""
    path = repo.git_dir() / "timewarp/journal"
    lines = path.read_bytes().split(b"\n")
    at = max(n for n, line in enumerate(lines) if line[9:10] == letter)
    rest = lines[at][9:].replace(b'"v":1', b'"v":2', 1)
    assert rest != lines[at][9:]
    lines[at] = b"%08x %s" % (zlib.crc32(rest), rest)
    path.write_bytes(b"\n".join(lines))
    return path


def newer_journal(repo: RepoBuilder) -> Path:
    return spoil_journal(repo, b"H")


def newer_event(repo: RepoBuilder) -> Path:
    repo.write("b", "for an event that waits\n")
    opened(repo).jump("E2")
    return spoil_journal(repo, b"E")


def newer_writer(repo: RepoBuilder) -> Path:
    path = repo.git_dir() / "timewarp/writer.json"
    path.write_bytes(path.read_bytes().replace(b'"v":1', b'"v":2'))
    return path


@pytest.mark.parametrize("spoil", [newer_journal, newer_event, newer_writer])
def test_a_newer_format(repo: RepoBuilder, spoil: Callable[[RepoBuilder], Path]) -> None:
    path = spoil(repo)
    before = path.read_bytes(), repo.state(), repo.index_bytes(), repo.git("for-each-ref")
    for words in (["snapshot"], ["jump", "E1"], ["undo"], ["stash", "drop", "0"]):
        refused(repo, *words, code=1, reference="newer-format")
    after = path.read_bytes(), repo.state(), repo.index_bytes(), repo.git("for-each-ref")
    assert after == before


@pytest.mark.parametrize(
    "modules", [(chain, events, index_fill), (snapshots, compose)], ids=["events", "snapshots"]
)
def test_records_in_git_of_a_newer_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, modules: tuple[ModuleType, ...]
) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    with monkeypatch.context() as newer:
        for module in modules:
            newer.setattr(module, "FORMAT_VERSION", 2)
        recorded(repo)
    (repo.git_dir() / "timewarp/index.db").unlink()
    repo.write("a", "two\n")
    before = repo.state(), repo.index_bytes(), repo.git("for-each-ref")
    for words in (["snapshot"], ["jump", "E1"], ["show", "E1"]):
        refused(repo, *words, code=1, reference="newer-format")
    assert before == (repo.state(), repo.index_bytes(), repo.git("for-each-ref"))


# -- the disk --------------------------------------------------------------------------


def in_a_namespace(script: str, *args: str) -> Answer:
    """Run a shell script that may mount, in a mount namespace of its own."""
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", *args],
        capture_output=True,
        check=False,
        text=True,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


CAN_MOUNT = (
    shutil.which("unshare") is not None
    and in_a_namespace('mount -t tmpfs none "$1"', "/mnt").code == 0
)


READ_ONLY = 'mount --bind "$1/.git" "$1/.git" && mount -o remount,ro,bind "$1/.git" && cd "$1" && '


def as_reader(repo: RepoBuilder, *words: str) -> Answer:
    """Run a command with a read-only git directory: by a mount, or as a user without rights."""
    line = f"git timewarp {' '.join(words)}"
    if CAN_MOUNT:
        return in_a_namespace(READ_ONLY + line, str(repo.path))
    modes = {path: path.stat().st_mode for path in repo.git_dir().rglob("*")}
    for path in [*modes, repo.git_dir()]:
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        return typed(repo, *words)
    finally:
        repo.git_dir().chmod(0o755)
        for path, mode in modes.items():
            path.chmod(mode)


@pytest.mark.parametrize("words", [["snapshot"], ["jump", "E1"], ["restore", "a"], ["undo"]])
def test_a_read_only_git_directory(repo: RepoBuilder, words: list[str]) -> None:
    with unchanged(repo):
        answer = as_reader(repo, *words)
        assert (answer.code, answer.out) == (1, ""), answer
        lines = answer.err.splitlines()
        assert [line.split(": ")[0] for line in lines] == ["error", "hint"], answer.err
        assert "read-only" in lines[0] or "permission denied" in lines[0]


def test_the_doctor_looks_at_a_read_only_git_directory(repo: RepoBuilder) -> None:
    opened(repo).hooks_install()
    answer = as_reader(repo, "doctor", "--json")
    assert (answer.code, answer.err) == (1, ""), answer
    checks = {check["name"]: check for check in json.loads(answer.out)["checks"]}
    assert checks["state folder"]["ok"] is False
    assert checks["hooks"]["ok"] is None
    assert checks["hooks"]["text"] == "5 installed, whether they fire could not be tried now"


def test_looking_works_in_a_read_only_git_directory(repo: RepoBuilder) -> None:
    for words in (["log"], ["status"], ["show", "E1"], ["cat", "E1:a"], ["verify", "--full"]):
        answer = as_reader(repo, *words)
        assert answer.code == 0, (words, answer)


def test_archives_of_a_read_only_git_directory(repo: RepoBuilder, tmp_path: Path) -> None:
    assert typed(repo, "export", "--output", "../before.tar.zst").code == 0
    with unchanged(repo):
        for words in (["export", "--output", "../after.tar.zst"], ["export", "--dry-run"]):
            answer = as_reader(repo, *words)
            assert (answer.code, answer.err) == (0, ""), (words, answer)
    archives = [(tmp_path / name).read_bytes() for name in ("before.tar.zst", "after.tar.zst")]
    assert archives[0] == archives[1]
    fresh = RepoBuilder(tmp_path / "fresh")
    for there in (repo, fresh):
        with unchanged(repo):
            answer = as_reader(there, "import", "--dry-run", "../after.tar.zst")
            assert (answer.code, answer.err) == (0, ""), answer
    assert not list(fresh.git_dir().glob("timewarp*"))
    answer = as_reader(repo, "import", "../after.tar.zst")
    assert (answer.code, answer.out) == (1, ""), answer
    assert str(repo.git_dir() / "timewarp") in answer.err
    assert not list(Path(tempfile.gettempdir()).glob(".tmp-*-archive-*"))


def test_an_archive_without_what_waits_is_not_written(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.write("a", "four\n")
    opened(repo).jump("E1")
    answer = as_reader(repo, "export", "--output", "../part.tar.zst")
    assert (answer.code, answer.out) == (1, ""), answer
    assert f"'{repo.git_dir() / 'timewarp'}' cannot be written to" in answer.err
    assert not (tmp_path / "part.tar.zst").exists()
    assert typed(repo, "export", "--output", "../part.tar.zst").code == 0


FULL = """
tell() { git timewarp "$@" >"$out/out" 2>"$out/err"; echo "$1 $? $(sed 's/:.*//' "$out/err" | xargs)"; }
out=$2
mount -t tmpfs -o size=12m none "$1" && cp -a "$2/repo" "$1/repo" && cd "$1/repo" &&
git config timewarp.disk.stop 0 &&
git timewarp init >/dev/null && echo two >a && git timewarp snapshot >/dev/null &&
echo three >a || exit 99
dd if=/dev/zero of="$1/fill" bs=4k >/dev/null 2>&1
tell snapshot; tell jump E1; tell restore --source E1 a; tell stash list; tell log
cat a
rm "$1/fill"
tell status
tell jump E2; cat a
tell verify --full
git fsck
tell undo; cat a
"""

TOLD = """\
snapshot 1 error hint
jump 1 error hint
restore 1 error hint
stash 0
log 0
three
status 0
jump 0 warning hint to go back
two
verify 0
undo 0 to go back
three
"""


def test_a_full_disk(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    if not CAN_MOUNT:
        a_disk_that_says_it_is_full(repo)
        return
    (tmp_path / "small").mkdir()
    answer = in_a_namespace(FULL, str(tmp_path / "small"), str(tmp_path))
    told = "".join(line.rstrip() + "\n" for line in answer.out.splitlines())
    assert (answer.code, told) == (0, TOLD), answer


COMPACTED = """
mount -t tmpfs -o size=12m none "$1" && cp -a "$2/repo" "$1/repo" && cd "$1/repo" || exit 99
git config timewarp.disk.stop 0
git timewarp init >/dev/null || exit 99
for number in 1 2 3 4 5 6 7 8; do
    head -c 100000 /dev/urandom >a && git timewarp snapshot >/dev/null || exit 99
done
for rule in keepWithin keepDaily keepWeekly keepMonthly; do
    [ -z "$3" ] || git config "timewarp.retention.$rule" 0
done
[ -z "$3" ] || git config timewarp.retention.keepLast 1
dd if=/dev/zero of="$1/fill" bs=4k >/dev/null 2>&1
git timewarp storage | grep ^hint
git timewarp compact --now --force | tr -d '0-9.KM'
echo four >a && git timewarp snapshot >/dev/null && git timewarp verify --full | tail -n 1 && git fsck
"""

GONE = """\
hint: git timewarp compact --dry-run
hint: git timewarp compact --now
removed  snapshots, kept  (E)
 B are free now
everything is whole
"""

KEPT = """\
hint: git timewarp compact --now
the rules keep every snapshot ()
 B of old packs are free now
everything is whole
"""


@pytest.mark.parametrize(("thinned", "said"), [("y", GONE), ("", KEPT)])
def test_compacting_at_once_works_on_a_full_disk(tmp_path: Path, thinned: str, said: str) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    if not CAN_MOUNT:
        return
    (tmp_path / "small").mkdir()
    answer = in_a_namespace(COMPACTED, str(tmp_path / "small"), str(tmp_path), thinned)
    assert (answer.code, answer.out) == (0, said), answer


def a_disk_that_says_it_is_full(repo: RepoBuilder) -> None:
    """Where nobody may mount a small file system: the first write fails as on a full disk."""
    assert typed(repo, "init").code == 0
    repo.write("a", "two\n")
    full = {"GIT_TIMEWARP_FAULT": "1", "GIT_TIMEWARP_FAULT_KIND": "enospc"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in full.items():
            patch.setenv(name, value)
        answer = typed(repo, "snapshot")
    assert answer.code == 1
    assert [line.partition(":")[0] for line in answer.err.splitlines()] == ["error", "hint"]
    assert repo.read("a") == b"two\n"
    assert typed(repo, "snapshot").code == 0


# -- locks and operations --------------------------------------------------------------


def test_a_held_index_lock(repo: RepoBuilder) -> None:
    lock = repo.git_dir() / "index.lock"
    lock.touch()
    before = repo.state(), repo.index_bytes()
    refused(repo, "jump", "E1", code=6, reference="index-locked")
    assert lock.exists()
    assert before == (repo.state(), repo.index_bytes())
    repo.write("a", "four\n")
    assert typed(repo, "snapshot").code == 0
    lock.unlink()
    assert typed(repo, "jump", "E1").code == 0


def test_a_held_lock_of_ours(repo: RepoBuilder) -> None:
    repo.git("config", "timewarp.lock.timeoutSeconds", "1")
    with open(repo.git_dir() / "timewarp/lock", "rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        refused(repo, "snapshot", code=6, reference="lock-timeout")
        assert typed(repo, "log").code == 0
        assert typed(repo, "status").code == 0
    assert typed(repo, "snapshot").code == 0


def test_in_the_middle_of_a_merge(repo: RepoBuilder) -> None:
    repo.git("checkout", "-q", "-f", "-b", "side")
    repo.commit("theirs", {"a": "theirs\n"})
    repo.git("checkout", "-q", "main")
    repo.commit("ours", {"a": "ours\n"})
    repo.git("merge", "side", ok=(1,))
    before = Look.at(repo)
    refused(repo, "jump", "E1", code=1, reference="operation-in-progress")
    refused(repo, "jump", "--with-refs", "E1", code=1, reference="operation-in-progress")
    after = Look.at(repo)
    assert (after.files, after.index, after.view) == (before.files, before.index, before.view)
    opened(repo).snapshot(milestone="in the merge")
    repo.write("a", "half resolved\n")
    repo.git("add", "a")
    assert typed(repo, "jump", "in the merge").code == 0
    assert repo.git("ls-files", "-u").count("\n") == 2
    assert b"<<<<<<<" in repo.read("a")


def test_a_missing_object(repo: RepoBuilder) -> None:
    repo.write("big", os.urandom(4000))
    opened(repo).snapshot(milestone="with big")
    blob = repo.git("hash-object", "big")
    repo.remove("big")
    opened(repo).snapshot()
    for idx in (repo.git_dir() / "objects/pack").glob("*.idx"):
        if blob in repo.git("show-index", stdin=idx.read_bytes()):
            for path in idx.parent.glob(idx.stem + ".*"):
                path.chmod(0o644)
                path.unlink()
    assert repo.run("cat-file", "-e", blob, ok=None).returncode
    before = repo.state(), repo.index_bytes()
    answer = typed(repo, "jump", "with big")
    assert answer.code == 5, answer
    assert [line.split(": ")[0] for line in answer.err.splitlines()] == ["error", "hint"]
    assert before == (repo.state(), repo.index_bytes())
    assert typed(repo, "verify", "--full").code == 5
    opened(repo).jump("E1")
    assert repo.read("a") == b"one\n"


@pytest.mark.parametrize("kind", ["file", "link"])
def test_something_else_has_the_name_of_our_folder(tmp_path: Path, kind: str) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    place = repo.git_dir() / "timewarp"
    place.write_text("mine\n") if kind == "file" else place.symlink_to("/nowhere")
    for words in (("init",), ("recover", "--rebuild"), ("recover", "--from-git")):
        assert typed(repo, *words) == Answer(
            1,
            "",
            f"error: '{place}' is no folder: what is recorded could not be kept there\n"
            f"hint: mv {place} {place}.old && git timewarp init\n",
        )
    assert place.is_symlink() or place.read_text() == "mine\n"
    assert repo.git("status", "--porcelain") == ""
    place.rename(f"{place}.old")
    assert typed(repo, "init", "--no-hooks").code == 0
