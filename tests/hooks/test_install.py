"""Beside whatever is there: the user's hooks see no difference, and nothing stays behind."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from git_timewarp.hooks.catalog import HANDED_ON, RECORDED
from git_timewarp.hooks.config_file import ConfigLockedError
from git_timewarp.hooks.install import HooksNotInstalledError, install
from git_timewarp.hooks.record import HooksRecordError
from git_timewarp.hooks.uninstall import uninstall
from git_timewarp.store.spool import Spool
from tests.support.hooks import (
    CLOCK,
    Pair,
    drained,
    git_files,
    noted,
    put_in,
    repo_at,
    take_out,
    telling_hook,
)
from tests.support.repo_builder import RepoBuilder

USED = ("pre-commit", "prepare-commit-msg", "commit-msg", "reference-transaction", *RECORDED)


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Return a repository and its twin."""
    return Pair(tmp_path, monkeypatch)


NOTED = ["post-commit"] * 2 + ["post-rewrite", "post-checkout"] + ["post-commit"]
NOTED += ["post-merge", "pre-push", "post-checkout", "post-commit"]


class TestBeside:
    """Nothing of the user's in the way: our stubs lie in git's own hooks folder."""

    @pytest.mark.parametrize("folder", ["with samples", "empty", "none"])
    def test_and_back(self, pair: Pair, folder: str) -> None:
        """Installed, used and taken out, the git directory is what it was."""
        hooks = pair.ours.path / ".git/hooks"
        if folder != "with samples":
            shutil.rmtree(hooks)
        if folder == "empty":
            hooks.mkdir()
        before = git_files(pair.ours.path)
        result = put_in(pair.ours.path)
        assert (result.changed, result.mode, result.handed_on) == (True, "beside", ())
        assert not put_in(pair.ours.path).changed
        pair.work(Path("../linked"))
        assert noted(pair.ours) == NOTED
        take_out(pair.ours.path)
        assert git_files(pair.ours.path) == {**before, **linked_branch(pair)}
        assert not take_out(pair.ours.path).changed

    def test_other_hooks_stay_untouched(self, pair: Pair) -> None:
        """A pre-commit hook of the user's is none of our names: it stays and runs."""
        pair.hooks(".git/hooks", "pre-commit", "commit-msg")
        before = git_files(pair.ours.path)
        assert put_in(pair.ours.path).mode == "beside"
        assert before.items() <= git_files(pair.ours.path).items()
        pair.work(Path("../linked"))
        assert "== .git/hooks/pre-commit" in pair.told()


def linked_branch(pair: Pair) -> dict[str, tuple[int, bytes]]:
    """Return what the twin's config became through the work itself, for comparison."""
    twin = (pair.twin.path / ".git/config").read_bytes()
    path = pair.ours.path / ".git/config"
    return {str(path): (path.stat().st_mode, twin)}


class TestHandedOn:
    """Hooks in our way: they run after ours and cannot tell the difference."""

    @pytest.mark.parametrize(
        "folder", [".git/hooks", ".husky/_", "../shared hooks/it's", ".githooks/"]
    )
    def test_every_hook_sees_what_it_would_see(self, pair: Pair, folder: str) -> None:
        """Name, arguments, folder, environment and standard input are those of the twin."""
        pair.hooks(folder, *USED)
        if folder != ".git/hooks":
            for repo in pair.each():
                repo.git("config", "core.hooksPath", folder)
        before = git_files(pair.ours.path)
        result = put_in(pair.ours.path)
        assert result.mode == "path"
        assert set(result.handed_on) == set(USED)
        assert not put_in(pair.ours.path).changed
        pair.work(Path("../tree"))
        text = pair.told()
        for name in USED:
            assert f"/{name}\n" in text
        assert "stdin refs/heads/main" in text
        assert noted(pair.ours) == NOTED
        take_out(pair.ours.path)
        assert git_files(pair.ours.path) == before

    def test_global_folder(self, pair: Pair) -> None:
        """A `core.hooksPath` of the global configuration, with ~, is handed on to as well."""
        for name in USED:
            telling_hook(Path(os.environ["HOME"]) / "my hooks", name)
        pair.ours.git("config", "--global", "core.hooksPath", "~/my hooks")
        before = git_files(pair.ours.path)
        assert put_in(pair.ours.path).mode == "path"
        pair.work(Path("../tree"))
        assert "post-commit" in pair.told()
        assert noted(pair.ours) == NOTED
        take_out(pair.ours.path)
        assert git_files(pair.ours.path) == before

    @pytest.mark.parametrize("name", ["pre-push", "pre-commit", "commit-msg", "post-checkout"])
    def test_exit_codes_are_kept(self, pair: Pair, name: str) -> None:
        """What the user's hook refuses stays refused, with its own code."""
        pair.hooks(".husky", name, code=3)
        for repo in pair.each():
            repo.git("config", "core.hooksPath", ".husky")
        put_in(pair.ours.path)
        pair.work(Path("../tree"))
        pair.told()
        assert pair.ours.git("ls-remote", "origin") == pair.twin.git("ls-remote", "origin")

    def test_inactive_hooks_stay_inactive(self, pair: Pair) -> None:
        """A hook without the executable bit does not run, a link to one does."""
        for repo in pair.each():
            telling_hook(repo.path / ".git/hooks", "post-commit", mode=0o644)
            telling_hook(repo.path / "scripts", "real")
            (repo.path / ".git/hooks/post-checkout").symlink_to("../../scripts/real")
            repo.git("config", "advice.ignoredHook", "false")
        before = git_files(pair.ours.path)
        assert put_in(pair.ours.path).handed_on == ("post-checkout",)
        pair.work(Path("../tree"))
        assert "post-commit" not in pair.told()
        assert "post-checkout" in pair.told()
        take_out(pair.ours.path)
        assert git_files(pair.ours.path) == before

    def test_hooks_folder_that_is_a_link(self, pair: Pair) -> None:
        """A `.git/hooks` that leads into a tracked folder is never written into."""
        for repo in pair.each():
            shutil.rmtree(repo.path / ".git/hooks")
            telling_hook(repo.path / "githooks", "pre-commit")
            (repo.path / ".git/hooks").symlink_to("../githooks")
        assert put_in(pair.ours.path).mode == "path"
        pair.work(Path("../tree"))
        assert "pre-commit" in pair.told()
        assert [path.name for path in (pair.ours.path / "githooks").iterdir()] == ["pre-commit"]

    def test_a_hook_added_later_runs(self, pair: Pair) -> None:
        """Every ordinary name is handed on, so a hook added afterwards needs nothing of us."""
        for repo in pair.each():
            repo.git("config", "core.hooksPath", ".husky")
        put_in(pair.ours.path)
        stubs = {path.name for path in (pair.ours.path / ".git/timewarp-hooks").iterdir()}
        assert stubs >= {*RECORDED, *HANDED_ON}
        assert "reference-transaction" not in stubs
        pair.hooks(".husky", "pre-commit", "post-commit")
        pair.both("commit", "-q", "--allow-empty", "-m", "x")
        assert pair.told().count("==") == 2

    def test_a_hook_without_a_first_line_and_one_that_reads_nothing(self, pair: Pair) -> None:
        """What git runs although it names no interpreter runs; unread input harms nobody."""
        for repo in pair.each():
            folder = repo.path / ".husky"
            folder.mkdir()
            (folder / "post-commit").write_text('echo plain >>"$TELL"\n')
            (folder / "pre-push").write_text("#!/bin/sh\nexec <&-\nexit 0\n")
            for hook in folder.iterdir():
                hook.chmod(0o755)
            repo.git("config", "core.hooksPath", ".husky")
        put_in(pair.ours.path)
        pair.work(Path("../tree"))
        assert pair.told().count("plain") >= 1
        (push,) = [event for event in drained(pair.ours.path) if event.hook == "pre-push"]
        assert len(push.lines) == 2

    def test_a_large_push_reaches_the_hook_whole(self, pair: Pair, tmp_path: Path) -> None:
        """1,500 refs: theirs reads every line, ours notes a thousand and counts the rest."""
        telling_hook(pair.ours.path / ".husky", "pre-push")
        pair.ours.git("config", "core.hooksPath", ".husky")
        put_in(pair.ours.path)
        lines = [f"refs/heads/b{n} {n:040d} refs/heads/b{n} {n:040d}" for n in range(1500)]
        done = subprocess.run(
            [".git/timewarp-hooks/pre-push", "origin", "../hub"],
            input="\n".join([*lines, ""]).encode(),
            cwd=pair.ours.path,
            env={**os.environ, "TELL": str(tmp_path / "told")},
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        text = (tmp_path / "told").read_text()
        assert [line for line in text.split("\n") if line.startswith("stdin")] == [
            f"stdin {line}" for line in lines
        ]
        (event,) = drained(pair.ours.path)
        assert event.lines == tuple(lines[:1000])
        assert event.more_lines == 500


class TestWhereSettingsStand:
    """Settings of single work trees, bare repositories, copies and moves."""

    def test_setting_of_one_work_tree(self, pair: Pair) -> None:
        """`config.worktree` beats the repository's own file: ours goes there too, and back."""
        for repo in pair.each():
            repo.git("config", "extensions.worktreeConfig", "true")
            repo.git("worktree", "add", "-q", "../own")
            own = RepoBuilder(repo.path.parent / "own", init=False)
            own.git("config", "--worktree", "core.hooksPath", ".mine")
            telling_hook(own.path / ".mine", "post-commit")
        before = {path: git_files(pair.ours.path.parent / path) for path in ("repo", "own")}
        put_in(pair.ours.path)
        pair.both("commit", "-q", "--allow-empty", "-m", "x", cwd="../own")
        pair.both("commit", "-q", "--allow-empty", "-m", "y")
        assert pair.told().count("==") == 1
        assert noted(pair.ours) == ["post-commit", "post-commit"]
        take_out(pair.ours.path)
        for path, files in before.items():
            assert git_files(pair.ours.path.parent / path) == files

    def test_moved_and_copied_the_hooks_of_the_user_live(self, pair: Pair) -> None:
        """Where our folder is not at its old place any more, the user's hooks still run."""
        pair.hooks(".husky", "pre-commit")
        for repo in pair.each():
            repo.git("config", "core.hooksPath", ".husky")
        put_in(pair.ours.path)
        pair.ours, pair.twin = (
            RepoBuilder(repo.path.rename(repo.path.with_name("moved")), init=False)
            for repo in pair.each()
        )
        pair.both("commit", "-q", "--allow-empty", "-m", "x")
        assert pair.told().count("pre-commit") == 1
        assert noted(pair.ours) == ["post-commit"]

    def test_bare_repository_with_work_trees(self, tmp_path: Path) -> None:
        """A bare repository whose work trees are all linked is recorded from them."""
        seed = RepoBuilder(tmp_path / "seed")
        seed.commit("first", {"file": "1"})
        seed.git("clone", "-q", "--bare", ".", "../store.git")
        store = RepoBuilder(tmp_path / "store.git", init=False)
        telling_hook(store.path / "hooks", "post-commit")
        store.git("worktree", "add", "-q", "../tree", "main")
        tree = RepoBuilder(tmp_path / "tree", init=False)
        assert put_in(tree.path).mode == "path"
        tree.commit("second")
        assert [event.worktree(str(store.path)) for event in drained(tree.path)] == [
            "worktrees/tree"
        ]


class TestTakenOut:
    """Uninstall after the world moved on."""

    def test_settings_changed_since_are_kept(self, pair: Pair) -> None:
        """What the user wrote into the config file meanwhile stays, ours goes."""
        pair.hooks(".husky", "post-commit")
        for repo in pair.each():
            repo.git("config", "core.hooksPath", ".husky")
        put_in(pair.ours.path)
        for repo in pair.each():
            repo.git("config", "branch.main.description", "x")
        take_out(pair.ours.path)
        listed = [repo.git("config", "--local", "--list") for repo in pair.each()]
        assert listed[0] == listed[1]

    def test_settings_written_after_ours_leave_the_file_as_the_twins(self, pair: Pair) -> None:
        """With no value of the user's before, even then the bytes are the twin's."""
        pair.hooks(".git/hooks", "post-commit")
        put_in(pair.ours.path)
        for repo in pair.each():
            repo.git("config", "branch.main.description", "x")
        take_out(pair.ours.path)
        assert [(repo.path / ".git/config").read_bytes() for repo in pair.each()] == [
            (pair.twin.path / ".git/config").read_bytes()
        ] * 2

    def test_a_reset_of_the_user_wins(self, pair: Pair) -> None:
        """A tool that sets `core.hooksPath` again is obeyed at once and not overwritten."""
        pair.hooks(".git/hooks", "post-commit")
        put_in(pair.ours.path)
        pair.ours.git("config", "core.hooksPath", ".husky")
        take_out(pair.ours.path)
        assert pair.ours.git("config", "--get-all", "core.hooksPath") == ".husky"

    def test_what_was_done_is_told(self, pair: Pair) -> None:
        """A setting that was taken out is no file that was removed."""
        pair.hooks(".git/hooks", "post-commit")
        put_in(pair.ours.path)
        told = take_out(pair.ours.path)
        assert (told.removed, told.left) == ((), ())
        assert told.settings == (str(pair.ours.path / ".git/config"),)

    def test_edited_stub_is_left_and_told(self, pair: Pair) -> None:
        """Lines somebody added to a stub of ours are not thrown away, nor written over."""
        put_in(pair.ours.path)
        stub = pair.ours.path / ".git/hooks/post-commit"
        stub.write_text(stub.read_text().replace("exit 0", "make; exit 0"))
        (pair.ours.path / ".git/hooks/pre-push").unlink()
        with pytest.raises(HooksNotInstalledError):
            put_in(pair.ours.path)
        assert take_out(pair.ours.path).left == (str(stub),)
        assert "make" in stub.read_text()

    def test_behind_another_tool(self, pair: Pair) -> None:
        """A stub that the pre-commit framework moved aside works there and is found there."""
        put_in(pair.ours.path)
        hooks = pair.ours.path / ".git/hooks"
        (hooks / "post-commit").rename(hooks / "post-commit.legacy")
        text = '#!/bin/sh\nexec "$(dirname "$0")/post-commit.legacy" "$@"\n'
        (hooks / "post-commit").write_text(text)
        (hooks / "post-commit").chmod(0o755)
        pair.ours.commit("x")
        assert noted(pair.ours) == ["post-commit"]
        take_out(pair.ours.path)
        assert not (hooks / "post-commit.legacy").exists()
        assert (hooks / "post-commit").read_text() == text

    @pytest.mark.parametrize("mode", ["beside", "path"])
    def test_without_the_record(self, pair: Pair, mode: str) -> None:
        """A damaged record is told; --force goes by what is found."""
        if mode == "path":
            pair.hooks(".git/hooks", "post-commit")
        before = git_files(pair.ours.path)
        put_in(pair.ours.path)
        (pair.ours.path / ".git/timewarp-hooks/.record.json").write_text("{torn")
        with pytest.raises(HooksRecordError):
            put_in(pair.ours.path)
        with pytest.raises(HooksRecordError):
            take_out(pair.ours.path)
        uninstall(repo_at(pair.ours.path), force=True)
        after = git_files(pair.ours.path)
        assert set(after) == set(before)
        assert pair.ours.git("config", "core.hooksPath", ok=(1,)) == ""


class TestRefusals:
    """What cannot be done is said, and everything is as it was."""

    def test_unwritable(self, pair: Pair) -> None:
        """A hooks folder that cannot be written is one clear error."""
        repo = repo_at(pair.ours.path)
        shutil.rmtree(pair.ours.path / ".git/hooks")
        (pair.ours.path / ".git/timewarp").rmdir()
        (pair.ours.path / ".git/timewarp").write_text("")
        with pytest.raises(HooksNotInstalledError) as caught:
            install(repo, clock=CLOCK)
        assert caught.value.message.startswith("cannot write '")
        assert not (pair.ours.path / ".git/hooks").exists()

    def test_config_locked(self, pair: Pair) -> None:
        """Another git that is writing the config file is not disturbed."""
        pair.hooks(".git/hooks", "post-commit")
        before = git_files(pair.ours.path)
        (pair.ours.path / ".git/config.lock").touch()
        with pytest.raises(ConfigLockedError):
            put_in(pair.ours.path)
        (pair.ours.path / ".git/config.lock").unlink()
        assert git_files(pair.ours.path) == before

    def test_dry_run_changes_nothing(self, pair: Pair) -> None:
        """A dry run tells the same and writes nothing."""
        repo = repo_at(pair.ours.path)
        before = git_files(pair.ours.path)
        planned = install(repo, clock=CLOCK, dry_run=True)
        assert git_files(pair.ours.path) == before
        assert os.listdir(repo.state_dir) == []
        assert install(repo, clock=CLOCK) == planned
        gone = uninstall(repo, dry_run=True)
        assert len(gone.removed) == len(RECORDED)
        assert uninstall(repo) == gone


class TestNewerVersions:
    """Upgrades."""

    def test_an_older_stub_is_replaced(self, pair: Pair) -> None:
        """Installing again after an upgrade rewrites the stubs and the recorder in place."""
        put_in(pair.ours.path)
        recorder = pair.ours.path / ".git/timewarp-hooks/.record.sh"
        shipped = recorder.read_bytes()
        recorder.write_bytes(b"# an older one\n")
        assert put_in(pair.ours.path).changed
        assert recorder.read_bytes() == shipped
        pair.ours.commit("x")
        assert noted(pair.ours) == ["post-commit"]

    def test_a_hooks_path_set_later_is_handed_on_to(self, pair: Pair) -> None:
        """Stubs in git's folder move to a folder of ours when `core.hooksPath` appears."""
        put_in(pair.ours.path)
        pair.hooks(".husky", "post-commit")
        for repo in pair.each():
            repo.git("config", "core.hooksPath", ".husky")
        before = (pair.ours.path / ".git/config").read_bytes()
        assert put_in(pair.ours.path).mode == "path"
        pair.both("commit", "-q", "--allow-empty", "-m", "x")
        assert pair.told().count("==") == 1
        assert noted(pair.ours) == ["post-commit"]
        take_out(pair.ours.path)
        assert (pair.ours.path / ".git/config").read_bytes() == before
        assert not list((pair.ours.path / ".git/hooks").glob("post-commit*"))


class TestLargeFiles:
    """git-lfs cannot put its hooks beside ours, so ours do what they would do."""

    def test_objects_are_still_pushed(self, tmp_path: Path) -> None:
        """Tracked after our installation, large files reach the server all the same."""
        hub = RepoBuilder(tmp_path / "hub", bare=True)
        repo = RepoBuilder(tmp_path / "repo")
        put_in(repo.path)
        for args in (["install", "--skip-repo"], ["track", "*.bin"]):
            subprocess.run(["git", "lfs", *args], cwd=repo.path, check=True, capture_output=True)
        repo.commit("large", {"x.bin": b"\0" * 1000})
        repo.git("push", "-q", f"file://{hub.path}", "main")
        assert [path for path in (hub.path / "lfs/objects").rglob("*") if path.is_file()]
        assert [event.hook for event in drained(repo.path)] == ["post-commit", "pre-push"]


def test_shared_repository(tmp_path: Path) -> None:
    """With core.sharedRepository the spool is writable for the group."""
    repo = RepoBuilder(tmp_path / "repo")
    repo.git("config", "core.sharedRepository", "group")
    Spool(repo_at(repo.path).state_dir, clock=CLOCK).create()
    put_in(repo.path)
    now = repo.path / ".git/timewarp/spool/now"
    assert now.stat().st_mode & 0o777 == 0o664
    repo.commit("x")
    spool = Spool(str(repo.path / ".git/timewarp"), clock=CLOCK)
    spool.ack(spool.take())
    assert now.stat().st_mode & 0o777 == 0o664
