"""What a restore must never do: lose, overwrite unseen, reach outside, or stop half-way in silence."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from git_timewarp.git.names import RepoPath
from git_timewarp.git.objects import MODE_EXEC, MODE_TREE, TreeEntry
from git_timewarp.git.repo import discover
from git_timewarp.git.user_index import IndexLockedError
from git_timewarp.restore.engine import Wish
from git_timewarp.restore.needs import needs_whole
from git_timewarp.restore.outcome import Refused
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.view import escape
from git_timewarp.util import faults
from tests.support.repo_builder import RepoBuilder
from tests.support.travel import State, Traveller


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    repo = RepoBuilder(tmp_path / "r")
    repo.commit("first", {"a.txt": "one\n", "dir/b.txt": "two\n", ".gitignore": "*.ign\n"})
    return repo


@pytest.fixture(autouse=True)
def _no_faults() -> Iterator[None]:
    yield
    faults.install(None)


def test_only_what_differs_is_touched(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    repo.write("dir/c.txt", "three\n")
    target = travel.take()
    before = os.lstat(repo.location("dir/b.txt"))
    repo.write("a.txt", "changed\n")
    repo.write("new.txt", "new\n")
    outcome = travel.jump(target)
    after = os.lstat(repo.location("dir/b.txt"))
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)
    assert outcome.restored == ("a.txt",)
    assert outcome.removed == ("new.txt",)
    assert outcome.unchanged == 3


def test_permissions_alone_do_not_rewrite_the_file(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    target = travel.take()
    os.chmod(repo.location("a.txt"), 0o700)
    before = os.lstat(repo.location("a.txt"))
    outcome = travel.jump(target)
    after = os.lstat(repo.location("a.txt"))
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert after.st_mode & 0o777 == 0o644
    assert outcome.restored == ("a.txt",)


def test_ignored_files_are_never_removed(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    target = travel.take()
    repo.write("fresh/new.txt", "x")
    repo.write("fresh/keep.ign", "ignored")
    repo.write("dir/keep.ign", "ignored")
    outcome = travel.jump(target)
    assert outcome.removed == ("fresh/new.txt",)
    assert repo.read("fresh/keep.ign") == repo.read("dir/keep.ign") == b"ignored"


def test_an_ignored_file_in_the_way_is_captured_first(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    repo.write("build", "tracked then\n")
    target = travel.take()
    repo.remove("build")
    repo.write(".gitignore", "*.ign\nbuild\n")
    repo.write("build", "precious, ignored\n")
    plan, now = travel.plan(target)
    assert now.raw is not None
    travel.jump(target)
    assert repo.read("build") == b"tracked then\n"
    travel.jump(now)
    assert repo.read("build") == b"precious, ignored\n"
    assert plan.refused == ()


def test_a_folder_of_ignored_files_in_the_way_of_a_file(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    repo.write("out", "a file then\n")
    target = travel.take()
    repo.remove("out")
    repo.write("out/deep/one.ign", "1")
    repo.write("out/two.ign", "2")
    repo.write("out/seen.txt", "3")
    plan, now = travel.plan(target)
    assert [change.path for change in plan.removes] == [
        "out/deep/one.ign",
        "out/seen.txt",
        "out/two.ign",
    ]
    travel.jump(target)
    assert repo.read("out") == b"a file then\n"
    travel.jump(now)
    assert repo.read("out/deep/one.ign") == b"1"
    assert repo.read("out/two.ign") == b"2"


def test_what_was_captured_for_safety_is_spared_when_nothing_needs_its_place(
    repo: RepoBuilder,
) -> None:
    travel = Traveller(repo)
    target = travel.take()
    repo.write("keep.ign", "ignored")
    now = travel.take(whole=("keep.ign",))
    assert now.raw is not None
    plan, _ = travel.plan(target)
    assert plan.removes == ()
    travel.jump(target)
    assert repo.read("keep.ign") == b"ignored"


def test_a_file_the_target_ignored_stays(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    repo.write("secret.ign", "was there then, ignored")
    target = travel.take()
    repo.write(".gitignore", "nothing\n")
    repo.write("other.txt", "new since")
    outcome = travel.jump(target)
    assert repo.read("secret.ign") == b"was there then, ignored"
    assert outcome.removed == ("other.txt",)


def test_an_edit_made_meanwhile_is_kept_aside(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    target = travel.take()
    repo.write("a.txt", "changed\n")
    repo.write("new.txt", "new\n")

    def meanwhile() -> None:
        repo.write("a.txt", "typed just now\n")
        repo.write("new.txt", "this too\n")

    outcome = travel.jump(target, before_writing=meanwhile)
    kept = {path: Path(where).read_bytes() for path, where in outcome.kept_aside}
    assert kept == {"a.txt": b"typed just now\n", "new.txt": b"this too\n"}
    assert repo.read("a.txt") == b"one\n"
    assert not os.path.lexists(repo.location("new.txt"))


def test_a_file_that_appeared_meanwhile_is_kept_aside(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    target = travel.take()
    repo.remove("a.txt")
    outcome = travel.jump(target, before_writing=lambda: repo.write("a.txt", "written just now\n"))
    assert [path for path, _ in outcome.kept_aside] == ["a.txt"]
    assert Path(outcome.kept_aside[0][1]).read_bytes() == b"written just now\n"
    assert repo.read("a.txt") == b"one\n"


def test_no_write_goes_through_a_link(repo: RepoBuilder, tmp_path: Path) -> None:
    travel = Traveller(repo)
    target = travel.take()
    repo.write("dir/b.txt", "changed\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "b.txt").write_text("not ours\n")

    def meanwhile() -> None:
        os.rename(repo.location("dir"), repo.location("moved.ign"))
        os.symlink(outside, repo.location("dir"))

    outcome = travel.jump(target, before_writing=meanwhile)
    assert (outside / "b.txt").read_text() == "not ours\n"
    assert sorted(os.listdir(outside)) == ["b.txt"]
    assert repo.read("dir/b.txt") == b"two\n"
    assert [path for path, _ in outcome.kept_aside] == ["dir"]


def test_an_ignored_link_in_the_place_of_a_folder(repo: RepoBuilder, tmp_path: Path) -> None:
    travel = Traveller(repo)
    repo.write("modules/x.js", "x\n")
    target = travel.take()
    repo.remove("modules")
    repo.write(".gitignore", "*.ign\nmodules\n")
    outside = tmp_path / "outside"
    outside.mkdir()
    repo.link("modules", str(outside))
    _, now = travel.plan(target)
    travel.jump(target)
    assert os.listdir(outside) == []
    assert repo.read("modules/x.js") == b"x\n"
    travel.jump(now)
    assert os.readlink(repo.location("modules")) == os.fsencode(outside)


def test_a_held_index_stops_everything_before_the_first_byte(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    target = travel.take()
    repo.write("a.txt", "changed\n")
    lock = repo.git_dir() / "index.lock"
    lock.write_bytes(b"")
    state = State.of(repo)
    with pytest.raises(IndexLockedError) as caught:
        travel.jump(target)
    assert caught.value.exit_code == 6
    assert str(lock) in caught.value.message
    assert lock.read_bytes() == b""
    lock.unlink()
    assert State.of(repo) == state


def test_a_full_disk_while_making_ready_leaves_everything_as_it_was(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    target = travel.take()
    for name in ("a.txt", "dir/b.txt"):
        repo.write(name, "changed\n")
    repo.write("new.txt", "new\n")
    state, index = State.of(repo), repo.index_bytes()
    seen: list[str] = []

    def full(name: str) -> None:
        seen.append(name)
        if name == "write temporary" and seen.count(name) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    plan, now = travel.plan(target)
    faults.install(full)
    with pytest.raises(OSError, match="No space left"):
        travel.restorer().restore(plan, now=now, target=target, wish=Wish())
    faults.install(None)
    travel.quarantine.close()
    travel.litter_free()
    assert State.of(repo) == state
    assert repo.index_bytes() == index


def test_a_failing_filter_costs_its_own_file_only(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    repo.git("config", "filter.x.clean", "cat")
    repo.git("config", "filter.x.smudge", "cat")
    repo.git("config", "filter.x.required", "true")
    repo.commit(
        "filtered", {".gitattributes": "*.bin filter=x\n", "m.bin": "old\n", "z.txt": "z\n"}
    )
    target = travel.take()
    repo.commit("next", {"m.bin": "new\n", "z.txt": "changed\n", "a.txt": "changed\n"})
    repo.git("config", "filter.x.smudge", "false")
    outcome = travel.jump(target)
    assert outcome.refused == (Refused(RepoPath("m.bin"), "filter-failed"),)
    assert repo.read("m.bin") == b"new\n"
    assert repo.read("z.txt") == b"z\n"
    assert repo.read("a.txt") == b"one\n"


def test_the_targets_attributes_decide(repo: RepoBuilder) -> None:
    """The blob is one and the same; what a checkout makes of it is not."""
    travel = Traveller(repo)
    repo.write(".gitattributes", "*.txt eol=crlf\n")
    repo.write("a.txt", "one\r\n")
    repo.git("add", "-A")
    repo.git("commit", "-qm", "crlf")
    crlf = travel.take()
    repo.write(".gitattributes", "*.txt eol=lf\n")
    repo.write("a.txt", "one\n")
    lf = travel.take()
    travel.jump(crlf)
    assert repo.read("a.txt") == b"one\r\n"
    travel.jump(lf)
    assert repo.read("a.txt") == b"one\n"


def test_a_special_file_in_the_way_is_named_and_kept(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    target = travel.take()
    repo.remove("a.txt")
    os.mkfifo(repo.location("a.txt"))
    plan, now = travel.plan(target)
    assert needs_whole(plan, travel.quarantine.repo) == {"a.txt"}
    # The user forces it: even then it is not destroyed.
    outcome = travel.restorer().restore(plan, now=now, target=target, wish=Wish())
    travel.quarantine.close()
    assert [path for path, _ in outcome.kept_aside] == ["a.txt"]
    assert os.path.exists(outcome.kept_aside[0][1])
    assert repo.read("a.txt") == b"one\n"


def test_a_large_untracked_file_stays_unless_it_is_in_the_way(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    repo.write("big", "small and wanted\n")
    wanted = travel.take()
    repo.remove("big")
    without = travel.take()
    with open(repo.location("big"), "wb") as file:
        file.truncate(11 * 1024 * 1024)
    travel.jump(without)
    assert os.path.getsize(repo.location("big")) == 11 * 1024 * 1024
    _, now = travel.plan(wanted)
    travel.jump(wanted)
    assert repo.read("big") == b"small and wanted\n"
    travel.jump(now)
    assert os.path.getsize(repo.location("big")) == 11 * 1024 * 1024


def test_empty_folders_and_the_folder_one_stands_in(repo: RepoBuilder) -> None:
    repo.mkdir("void/deep")
    travel = Traveller(repo)
    target = travel.take()
    repo.remove("void")
    repo.write("here/file.txt", "x")
    inside = Traveller(repo)
    here = discover(os.fsdecode(repo.location("here")), repo.env())
    inside.quarantine = Quarantine(here)
    plan, now = travel.plan(target)
    outcome = inside.restorer().restore(plan, now=now, target=target, wish=Wish())
    inside.quarantine.close()
    assert os.path.isdir(repo.location("void/deep"))
    assert os.listdir(repo.location("here")) == []
    assert outcome.removed == ("here/file.txt",)


def test_nothing_is_written_below_a_git_directory(repo: RepoBuilder) -> None:
    """A view may come from elsewhere: it must not plant a hook."""
    travel = Traveller(repo)
    view = travel.take()
    hook = travel.quarantine.put("blob", b"#!/bin/sh\ntouch /tmp/never\n")
    hooks = travel.quarantine.put_tree([TreeEntry(MODE_EXEC, "post-commit", hook)])
    git = travel.quarantine.put_tree([TreeEntry(MODE_TREE, "hooks", hooks)])
    raw = travel.quarantine.put_tree([TreeEntry(MODE_TREE, escape(".git"), git)])
    plan, now = travel.plan(view._replace(raw=raw))
    assert plan.writes == ()
    assert plan.refused == (Refused(RepoPath(".git/hooks/post-commit"), "protected-name"),)
    travel.restorer().restore(plan, now=now, target=view, wish=Wish())
    travel.quarantine.close()
    assert not (repo.git_dir() / "hooks/post-commit").exists()


@pytest.mark.parametrize("there", [True, False])
def test_nothing_is_written_below_a_link_of_the_view(repo: RepoBuilder, *, there: bool) -> None:
    """A view may come from elsewhere: what it holds below its own link is refused before."""
    travel = Traveller(repo)
    outside = repo.path.parent / "outside"
    outside.mkdir()
    repo.link("l", str(outside))
    view = travel.take()
    if not there:
        repo.remove("l")
    evil = travel.quarantine.put("blob", b"evil\n")
    below = travel.quarantine.put_tree([TreeEntry(MODE_EXEC, "x", evil)])
    raw = travel.quarantine.put_tree([TreeEntry(MODE_TREE, "l", below)])
    target = view._replace(raw=raw, empty_dirs=(RepoPath("l/e"), RepoPath("l")))
    plan, _ = travel.plan(target)
    assert {item.path for item in plan.writes} == (set() if there else {"l"})
    assert plan.make_dirs == ()
    assert plan.refused == tuple(
        Refused(RepoPath(path), "below-a-file") for path in ("l", "l/e", "l/x")
    )
    repo.write("a.txt", "changed\n")
    outcome = travel.jump(target)
    assert outcome.restored == (("a.txt",) if there else ("a.txt", "l"))
    assert list(outside.iterdir()) == []
    assert os.readlink(repo.location("l")) == os.fsencode(outside)


def test_permission_bits_there_are_not_are_refused(repo: RepoBuilder) -> None:
    travel = Traveller(repo)
    repo.write("n", "n\n")
    view = travel.take()
    modes = travel.quarantine.put("blob", b"100755 a.txt\x00177777 n\x00")
    repo.remove("n")
    plan, _ = travel.plan(view._replace(modes=modes))
    assert (plan.writes, plan.modes) == ((), ())
    assert plan.refused == tuple(
        Refused(RepoPath(path), "impossible-mode") for path in ("a.txt", "n")
    )
    assert travel.jump(view._replace(modes=modes)).restored == ()


def test_a_damaged_blob_costs_its_own_path_only(repo: RepoBuilder) -> None:
    """Its header can be read, so only writing it shows the damage: what is there stays."""
    travel = Traveller(repo)
    repo.write("way/in.txt", "".join(f"line {number}\n" for number in range(9_000)))
    target = travel.take()
    oid = repo.git("hash-object", "way/in.txt")
    blob = Path(travel.quarantine.path, oid[:2], oid[2:])
    repo.remove("way")
    repo.write("way", "a file in the way\n")
    repo.write("a.txt", "changed\n")
    os.chmod(blob, 0o644)
    os.truncate(blob, blob.stat().st_size // 2)
    outcome = travel.jump(target)
    assert outcome.refused == (Refused(RepoPath("way/in.txt"), "missing-object"),)
    assert repo.read("way") == b"a file in the way\n"
    assert repo.read("a.txt") == b"one\n"


def test_what_nothing_converts_is_written_once(repo: RepoBuilder) -> None:
    repo.write(".gitattributes", "*.crlf eol=crlf\n*.txt text=auto\n")
    repo.write("b.crlf", "one\r\n")
    travel = Traveller(repo)
    target = travel.take()
    repo.write("a.txt", "changed\n")
    repo.write("b.crlf", "changed\r\n")
    plan, now = travel.plan(target)
    written: list[str] = []
    faults.install(written.append)
    travel.restorer().restore(plan, now=now, target=target, wish=Wish())
    faults.install(None)
    travel.quarantine.close()
    assert written.count("write temporary") == 2
    assert written.count("unlink staged") == 1
    assert (repo.read("a.txt"), repo.read("b.crlf")) == (b"one\n", b"one\r\n")


CRLF = b"one\r\ntwo\r\n"


@pytest.mark.parametrize(
    ("rules", "settings"),
    [
        ("* crlf=input\n*.bat text eol=crlf\n", {}),
        ("* crlf=input\n*.bat eol=crlf\n", {}),
        ("* text=unset eol=crlf\n", {}),
        ("* text=auto\n", {"core.eol": "crlf"}),
        ("", {"core.autocrlf": "2"}),
        ("", {"core.autocrlf": "TRUE"}),
        ("", {"core.attributesFile": "elsewhere"}),
    ],
)
def test_line_ends_come_back_as_git_writes_them(
    repo: RepoBuilder, rules: str, settings: dict[str, str], tmp_path: Path
) -> None:
    """Where git's rules for line ends are odd, git decides, not our reading of them."""
    (tmp_path / "elsewhere").write_text("* text eol=crlf\n")
    for name, value in settings.items():
        repo.git("config", name, str(tmp_path / value) if name.endswith("File") else value)
    if rules:
        repo.write(".gitattributes", rules)
    repo.write("run.bat", "one\ntwo\n")
    repo.git("add", "-A")
    repo.git("commit", "-qm", "with rules")
    repo.remove("run.bat")
    repo.git("checkout", "--", "run.bat")
    assert repo.read("run.bat") == CRLF
    travel = Traveller(repo)
    target = travel.take()
    repo.write("run.bat", "changed\r\n")
    travel.jump(target)
    assert repo.read("run.bat") == CRLF
