"""The stubs: one entry a run, no process, no sound, no failure, whatever the surroundings."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from git_timewarp.hooks.catalog import RECORDED
from git_timewarp.store.spool import CAP
from tests.support.hooks import drained, put_in, repo_at, spool_of
from tests.support.repo_builder import RepoBuilder

SHELLS = [
    pytest.param(words, id=words[0])
    for words in (
        ["dash"],
        ["bash", "--posix"],
        ["busybox", "sh"],
        ["mksh"],
        ["zsh", "--emulate", "sh"],
    )
    if shutil.which(words[0])
]


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """Return a repository with one commit and our hooks."""
    builder = RepoBuilder(tmp_path / "repo")
    builder.commit("first", {"file": "1\n"})
    put_in(builder.path)
    return builder


def run_stub(
    repo: RepoBuilder,
    name: str,
    *args: str | bytes,
    shell: list[str] | None = None,
    stdin: bytes = b"",
    preexec: Callable[[], None] | None = None,
    env: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a stub as git would, in an empty environment without any PATH."""
    words = shell or ["sh"]
    where = shutil.which(words[0])
    assert where
    return subprocess.run(
        [where, *words[1:], f".git/hooks/{name}", *args],
        input=stdin,
        capture_output=True,
        cwd=repo.path,
        env={"PATH": "/nonexistent"} | (env or {}),
        preexec_fn=preexec,
        check=False,
    )


def was_silent(done: subprocess.CompletedProcess[bytes]) -> bool:
    """Tell whether a run printed nothing and succeeded."""
    return (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


class TestEntries:
    """What each hook notes."""

    def test_commit_names_the_new_commit(self, repo: RepoBuilder) -> None:
        """A commit from a subdirectory notes branch, commit, work tree and git directory."""
        repo.write("sub/file", "x")
        commit = repo.commit("second")
        (event,) = drained(repo.path)
        assert (event.hook, event.branch, event.commit) == (
            "post-commit",
            "refs/heads/main",
            commit,
        )
        assert (event.cwd, event.git_dir) == (str(repo.path), str(repo.path / ".git"))
        assert event.worktree(repo_at(repo.path).common_dir) == "main-worktree"
        assert event.complete

    def test_checkout_merge_amend_rebase(self, repo: RepoBuilder) -> None:
        """Each of the five hooks leaves its arguments and the lines it was given."""
        first = repo.git("rev-parse", "HEAD")
        repo.git("checkout", "-q", "-b", "side")
        side = repo.commit("side", {"side": "1"})
        repo.git("checkout", "-q", "main")
        main = repo.commit("main", {"main": "1"})
        repo.git("merge", "-q", "--no-edit", "side")
        merge = repo.git("rev-parse", "HEAD")
        repo.git("commit", "-q", "--amend", "-m", "amended")
        amended = repo.git("rev-parse", "HEAD")
        events = [event for event in drained(repo.path) if event.hook != "post-commit"]
        seen = [(event.hook, event.args, event.lines) for event in events]
        assert seen == [
            ("post-checkout", (first, first, "1"), ()),
            ("post-checkout", (side, first, "1"), ()),
            ("post-merge", ("0",), ()),
            ("post-rewrite", ("amend",), (f"{merge} {amended}",)),
        ]
        assert events[2].commit == merge
        assert main

    def test_rebase_notes_every_pair(self, repo: RepoBuilder) -> None:
        """post-rewrite keeps the whole list of old and new ids and the reflog action."""
        repo.git("checkout", "-q", "-b", "side")
        old = [repo.commit(f"side {n}", {f"side{n}": "1"}) for n in range(3)]
        repo.git("checkout", "-q", "main")
        repo.commit("main", {"main": "1"})
        repo.git("checkout", "-q", "side")
        drained(repo.path)
        repo.git("rebase", "-q", "main")
        new = repo.git("rev-list", "--reverse", "main..side").split()
        events = drained(repo.path)
        (event,) = [event for event in events if event.hook == "post-rewrite"]
        assert event.args == ("rebase",)
        assert event.lines == tuple(f"{a} {b}" for a, b in zip(old, new, strict=True))
        run_stub(repo, "post-commit", env={"GIT_REFLOG_ACTION": "rebase (pick)"})
        assert [event.action for event in drained(repo.path)] == ["rebase (pick)"]

    def test_push_notes_the_old_tip_and_no_password(
        self, repo: RepoBuilder, tmp_path: Path
    ) -> None:
        """pre-push keeps the remote's old tip; what stands before @ in a URL does not leave."""
        RepoBuilder(tmp_path / "hub", bare=True)
        repo.git("push", "-q", "../hub", "main")
        old = repo.git("rev-parse", "HEAD")
        new = repo.commit("second")
        drained(repo.path)
        repo.git("push", "-q", "../hub", "main")
        (event,) = drained(repo.path)
        assert event.args == ("../hub", "../hub")
        assert event.lines == (f"refs/heads/main {new} refs/heads/main {old}",)
        run_stub(repo, "pre-push", "origin", "https://ada:secret@example.com/x@y.git")
        (event,) = drained(repo.path)
        assert event.args == ("origin", "https://example.com/x@y.git")

    def test_linked_work_tree_submodule_and_moved_repository(
        self, repo: RepoBuilder, tmp_path: Path
    ) -> None:
        """The spool is found from wherever git runs the hook, also after a move."""
        repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
        linked = RepoBuilder(tmp_path / "linked", init=False)
        linked.git("commit", "-q", "--allow-empty", "-m", "x")
        common = repo_at(repo.path).common_dir
        checkout, commit = drained(repo.path)
        assert checkout.worktree(common) == commit.worktree(common) == "worktrees/linked"
        assert commit.commit == linked.git("rev-parse", "HEAD")

        repo.git("submodule", "add", "-q", str(repo.path), "inner")
        inner = RepoBuilder(repo.path / "inner", init=False)
        put_in(inner.path)
        inner.git("commit", "-q", "--allow-empty", "-m", "y")
        (event,) = drained(inner.path)
        assert event.worktree(repo_at(inner.path).common_dir) == "main-worktree"
        assert event.commit == inner.git("rev-parse", "HEAD")

        drained(repo.path)
        moved = RepoBuilder(repo.path.rename(tmp_path / "moved"), init=False)
        subprocess.run(
            [
                "git",
                "--git-dir=moved/.git",
                "--work-tree=moved",
                "commit",
                "-qm",
                "z",
                "--allow-empty",
            ],
            cwd=tmp_path,
            check=True,
        )
        (event,) = drained(moved.path)
        assert event.commit == moved.git("rev-parse", "HEAD")

    def test_packed_ref_is_left_to_git(self, repo: RepoBuilder) -> None:
        """Where no loose ref says it, no commit is noted rather than a wrong one."""
        repo.git("pack-refs", "--all")
        run_stub(repo, "post-merge", "0")
        (event,) = drained(repo.path)
        assert (event.branch, event.commit) == ("refs/heads/main", None)


@pytest.mark.parametrize("shell", SHELLS)
class TestShells:
    """The same in every shell that may be /bin/sh."""

    def test_any_bytes_survive(self, repo: RepoBuilder, shell: list[str]) -> None:
        """Tabs, newlines, backslashes, quotes, bytes that are no UTF-8: all come back."""
        ugly = b"a\tb\nc\\d\\n'\"$(x)`y`\xff\x81\x88 %s \\"
        args = [ugly, b"", b"-n", b"\\t", "Á".encode()]
        lines = [b"  l 1 ", b"back\\slash", b"tab\there", "Á\x81".encode(), b"last"]
        done = run_stub(repo, "pre-push", *args, shell=shell, stdin=b"\n".join(lines))
        assert was_silent(done)
        (event,) = drained(repo.path)
        assert [os.fsencode(arg) for arg in event.args] == args
        assert [os.fsencode(line) for line in event.lines] == lines

    def test_long_input_is_split_into_single_writes(
        self, repo: RepoBuilder, shell: list[str]
    ) -> None:
        """Lines of the spool stay short enough for one write; the reader joins them."""
        lines = [f"refs/heads/{'x' * 100}{n} {n}" for n in range(1200)]
        done = run_stub(repo, "pre-push", "a" * 5000, shell=shell, stdin="\n".join(lines).encode())
        assert was_silent(done)
        written = (repo.path / ".git/timewarp/spool/now").read_bytes().split(b"\n")
        assert max(map(len, written)) < 4096
        (event,) = drained(repo.path)
        assert event.lines == tuple(lines[:1000])
        assert event.more_lines >= 1
        assert event.args == ()
        assert event.complete

    def test_state_gone_is_silent_and_stays_gone(self, repo: RepoBuilder, shell: list[str]) -> None:
        """Without our state, or with parts of it, a stub does nothing and makes nothing."""
        state = repo.path / ".git/timewarp"
        shutil.rmtree(state / "spool")
        assert was_silent(run_stub(repo, "pre-push", "x", shell=shell, stdin=b"l\n"))
        assert not (state / "spool").exists()
        shutil.rmtree(state)
        for name in RECORDED:
            assert was_silent(run_stub(repo, name, "x", shell=shell))
        assert not state.exists()

    def test_spool_that_cannot_be_opened_counts_the_loss(
        self, repo: RepoBuilder, shell: list[str]
    ) -> None:
        """An unwritable spool is one loss, not a failure."""
        spool = repo.path / ".git/timewarp/spool"
        (spool / "now").unlink()
        (spool / "now").mkdir()
        assert was_silent(run_stub(repo, "post-commit", shell=shell))
        assert spool_of(repo.path).lost == 1

    def test_cap_is_kept_and_losses_counted(self, repo: RepoBuilder, shell: list[str]) -> None:
        """At 1 MiB nothing more is written; every entry that does not fit is counted."""
        now = repo.path / ".git/timewarp/spool/now"
        assert was_silent(run_stub(repo, "post-commit", shell=shell))
        entry = now.read_bytes()
        now.write_bytes(entry * (CAP // len(entry)))
        for _ in range(3):
            assert was_silent(run_stub(repo, "post-commit", shell=shell))
        assert now.stat().st_size <= CAP
        spool = spool_of(repo.path)
        batch = spool.take()
        assert (len(batch.events), batch.lost) == (CAP // len(entry), 3)
        spool.ack(batch)
        assert (spool.lost, spool.take().lost) == (0, 0)
        assert was_silent(run_stub(repo, "post-commit", shell=shell))
        assert len(drained(repo.path)) == 1

    def test_a_lower_limit_of_the_user_is_survived(
        self, repo: RepoBuilder, shell: list[str]
    ) -> None:
        """A limit on file sizes below ours (as good as a full disk) kills nothing."""

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50))

        assert was_silent(run_stub(repo, "post-commit", shell=shell, preexec=limit))
        assert spool_of(repo.path).lost == 1
        assert drained(repo.path) == []


class TestCost:
    """A hook of ours starts no process, so it costs what an empty one costs."""

    @pytest.mark.parametrize("name", RECORDED)
    def test_no_process_is_started(self, repo: RepoBuilder, name: str) -> None:
        """Where no further process can be had, each stub still leaves its entry."""
        lines = "".join(f"line {n}\n" for n in range(50)).encode()
        done = run_stub(repo, name, "a", "b", stdin=lines, preexec=no_more_processes(repo))
        assert was_silent(done)
        (event,) = drained(repo.path)
        assert (event.hook, event.args) == (name, ("a", "b"))

    def test_no_process_is_started_where_no_hook_follows(self, repo: RepoBuilder) -> None:
        """The same with `core.hooksPath` ours and no hook of that name to hand on to."""
        repo.git("config", "core.hooksPath", ".elsewhere")
        put_in(repo.path)
        stub = "../timewarp-hooks/post-commit"
        assert was_silent(run_stub(repo, stub, preexec=no_more_processes(repo)))
        assert [event.hook for event in drained(repo.path)] == ["post-commit"]

    def test_the_limit_is_real(self, repo: RepoBuilder) -> None:
        """A hook that does start a process fails under that limit."""
        hook = repo.path / ".git/hooks/post-commit"
        hook.write_text("#!/bin/sh\n(:)\n")
        assert not was_silent(run_stub(repo, "post-commit", preexec=no_more_processes(repo)))


def no_more_processes(repo: RepoBuilder) -> Callable[[], None]:
    """Return what makes a child unable to fork; root is not bound by the limit, nobody is."""
    spool = repo.path / ".git/timewarp/spool"
    for path in (spool, *spool.iterdir()):
        path.chmod(0o777)

    def limit() -> None:
        if os.geteuid() == 0:
            os.setuid(65534)
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))

    return limit
