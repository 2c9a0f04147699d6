"""A user who types git commands at random, the same ones in every repository he is given.

Seeded: two runs with one seed do the same. He looks at the first repository to decide
(which branches are there, is a merge in progress) and acts in all of them alike; dates
come from a counter, so equal repositories stay equal down to the ids.
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from git_timewarp.util.text import to_str
from tests.support.repo_builder import RepoBuilder

HOOK = """\
#!/bin/sh
echo "{name} $*" >>"{log}"
{more}
"""

CONFIG = (
    ("notes.rewriteRef", "refs/notes/*"),
    ("fetch.prune", "true"),
    ("rerere.enabled", "false"),
    ("push.default", "current"),
    ("rebase.autoStash", "false"),
)


@dataclass
class World:
    """One repository of the user with its remote, a colleague's clone and the user's hooks.

    Attributes:
        root: holds everything; its path is what differs between worlds.
        repo: where the user works.
        colleague: another clone of the same remote.
        log: what the user's own hooks wrote.
    """

    root: Path
    repo: RepoBuilder = field(init=False)
    colleague: RepoBuilder = field(init=False)
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        """Make the remote, a library for submodules, both clones and the hooks."""
        self.log = self.root / "hooks.log"
        self.log.parent.mkdir(parents=True)
        self.log.touch()
        seed = RepoBuilder(self.root / "seed")
        seed.commit(
            "first", {"README": "hello\n", "src/a.c": "int a;\n" * 9, ".gitignore": "*.o\n"}
        )
        seed.git("clone", "-q", "--bare", ".", "../origin.git")
        library = RepoBuilder(self.root / "library")
        library.commit("library", {"lib.txt": "lib\n"})
        seed.git("clone", "-q", "../origin.git", "../work")
        seed.git("clone", "-q", "../origin.git", "../colleague")
        self.repo = RepoBuilder(self.root / "work", init=False)
        self.colleague = RepoBuilder(self.root / "colleague", init=False)
        for key, value in CONFIG:
            self.repo.git("config", key, value)
        for name in ("post-commit", "pre-commit", "pre-push", "post-checkout"):
            more = f'cat >>"{self.log}"' if name == "pre-push" else ""
            text = HOOK.format(name=name, log=self.log, more=more)
            self.repo.write(f".git/hooks/{name}", text, mode=0o755)

    def plain(self, text: str) -> str:
        """Return `text` without what differs between worlds."""
        return text.replace(str(self.root), "<root>")

    def answer(self, done: subprocess.CompletedProcess[bytes]) -> tuple[int, str, str]:
        """Return what a command gave: exit code, output, messages."""
        return done.returncode, self.plain(to_str(done.stdout)), self.plain(to_str(done.stderr))


class DifferentError(AssertionError):
    """A command gave something else in one of the worlds."""


class ScriptUser:
    """Acts in all worlds alike; `typed` is the protocol of what he did."""

    def __init__(self, worlds: Sequence[World], *, seed: int) -> None:
        self.worlds = worlds
        self.random = random.Random(seed)
        self.typed: list[str] = []
        self.counter = 0
        self.trees: list[str] = []

    @property
    def first(self) -> RepoBuilder:
        """The repository he looks at to decide."""
        return self.worlds[0].repo

    def git(self, *args: str, at: str = "repo", stdin: bytes | None = None) -> int:
        """Type a git command in every world; return its exit code.

        Raises:
            DifferentError: exit code, output or messages were not the same everywhere.
        """
        answers = []
        for world in self.worlds:
            repo = _at(world, at)
            repo.ticks = self.counter
            answers.append(world.answer(repo.run(*args, ok=None, stdin=stdin)))
        self.counter += 1
        self.typed.append(f"{at}: git {' '.join(args)} -> {answers[0][0]}")
        if any(answer != answers[0] for answer in answers):
            raise DifferentError("\n".join([self.typed[-1], *map(repr, answers)]))
        return answers[0][0]

    def write(self, name: str, text: str, *, at: str = "repo") -> None:
        """Write a file in every world."""
        for world in self.worlds:
            _at(world, at).write(name, text)
        self.typed.append(f"{at}: write {name}")

    def remove(self, name: str, *, at: str = "repo") -> None:
        """Remove a file in every world."""
        for world in self.worlds:
            _at(world, at).remove(name)
        self.typed.append(f"{at}: rm {name}")

    def step(self) -> None:
        """Do one thing."""
        doing = self._in_progress()
        if doing is not None:
            self._resolve(doing)
            return
        names = list(ACTIONS)
        weights = [ACTIONS[name][0] for name in names]
        name = self.random.choices(names, weights)[0]
        ACTIONS[name][1](self)

    # -- what he looks at ---------------------------------------------------------------

    def files(self) -> list[str]:
        """Return the tracked files there are."""
        listed = self.first.git("ls-files", "-z").split("\0")
        return [name for name in listed if name and (self.first.path / name).is_file()]

    def branches(self) -> list[str]:
        """Return the local branches."""
        return self.first.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()

    def pick_file(self) -> str:
        """Return a tracked file."""
        found = [name for name in self.files() if name != ".gitmodules"]
        return self.random.choice(found) if found else "README"

    def pick_branch(self) -> str:
        """Return a branch, HEAD where there is none."""
        found = self.branches()
        return self.random.choice(found) if found else "HEAD"

    def pick_commit(self) -> str:
        """Return a commit of anywhere."""
        return self.random.choice(self.first.git("rev-list", "--all", "-n", "12").split())

    def text(self) -> str:
        """Return some lines nobody wrote before."""
        lines = self.random.randrange(1, 8)
        return "".join(f"{self.random.randrange(10**6)}\n" for _ in range(lines))

    def edit(self, *, at: str = "repo") -> str:
        """Change or make a file; return its name."""
        fresh = self.random.random() < 0.3
        folder = self.random.choice(("", "src/", "docs/deep/"))
        name = f"{folder}f{self.random.randrange(12)}.txt" if fresh else self.pick_file()
        self.write(name, self.text(), at=at)
        return name

    def _in_progress(self) -> str | None:
        inside = self.first.path / ".git"
        for name, what in (
            ("rebase-merge", "rebase"),
            ("rebase-apply", "rebase"),
            ("CHERRY_PICK_HEAD", "cherry-pick"),
            ("REVERT_HEAD", "revert"),
            ("MERGE_HEAD", "merge"),
        ):
            if (inside / name).exists():
                return what
        if self.first.git("ls-files", "-u"):
            return "conflict"
        return None

    def _resolve(self, doing: str) -> None:
        chance = self.random.random()
        if doing == "conflict":
            self.git("reset", "--hard" if chance < 0.5 else "--merge")
            if self.first.git("ls-files", "-u"):
                self.git("reset", "--hard")
            return
        if chance < 0.25:
            self.git("status")
        if chance < 0.5:
            if self.git(doing, "--abort"):
                self.git("reset", "--hard")
            return
        if chance < 0.6 and doing != "merge":
            self.git(doing, "--skip")
            return
        for name in self.first.git("diff", "--name-only", "--diff-filter=U", "-z").split("\0"):
            if name:
                self.write(name, self.text())
        self.git("add", "-A")
        if self.git(doing, "--continue"):
            self.git(doing, "--abort")


def _at(world: World, name: str) -> RepoBuilder:
    if name == "repo":
        return world.repo
    if name == "colleague":
        return world.colleague
    return RepoBuilder(world.root / name, init=False)


Action = Callable[[ScriptUser], object]


def _add(user: ScriptUser) -> None:
    user.git("add", user.edit() if user.random.random() < 0.6 else "-A")


def _stage_and_leave(user: ScriptUser) -> None:
    name = user.edit()
    user.git("add", "--", name)
    user.write(name, user.text())
    user.git("status")


def _commit(user: ScriptUser) -> None:
    user.edit()
    user.git("add", "-A")
    user.git("commit", "-m", f"change {user.counter}")


def _amend(user: ScriptUser) -> None:
    user.edit()
    user.git("commit", "-a", "--amend", "-m", f"amended {user.counter}")


def _branch(user: ScriptUser) -> None:
    user.git("branch", f"b{user.random.randrange(6)}", user.pick_commit())


def _delete_branch(user: ScriptUser) -> None:
    user.git("branch", "-D", user.pick_branch())


def _switch(user: ScriptUser) -> None:
    kind = user.random.choice(("switch", "checkout"))
    user.git(kind, user.pick_branch())


def _new_branch(user: ScriptUser) -> None:
    user.git("checkout", "-q", "-B", f"b{user.random.randrange(6)}")


def _checkout_force(user: ScriptUser) -> None:
    user.edit()
    user.git("checkout", "-f", user.pick_branch())


def _checkout_file(user: ScriptUser) -> None:
    name = user.edit()
    user.git("checkout", "--", name)


def _detach(user: ScriptUser) -> None:
    user.git("checkout", "--detach", user.pick_commit())


def _merge(user: ScriptUser) -> None:
    user.git("merge", "-m", f"merge {user.counter}", user.pick_branch())


def _conflict(user: ScriptUser) -> None:
    if user.git("diff", "--quiet", "HEAD"):
        user.git("commit", "-qam", "before the conflict")
    name, here = user.pick_file(), user.first.git("rev-parse", "HEAD")
    user.git("checkout", "-q", "-B", "theirs", here)
    user.write(name, user.text())
    user.git("commit", "-am", "theirs")
    user.git("checkout", "-q", "-B", "ours", here)
    user.write(name, user.text())
    user.git("commit", "-am", "ours")
    kind = user.random.choice(("merge", "rebase", "cherry-pick"))
    user.git(kind, "theirs")


def _rebase(user: ScriptUser) -> None:
    user.git("rebase", user.pick_branch())


def _rebase_back(user: ScriptUser) -> None:
    user.git("rebase", "--force-rebase", f"HEAD~{user.random.randrange(1, 3)}")


def _cherry_pick(user: ScriptUser) -> None:
    user.git("cherry-pick", user.pick_commit())


def _revert(user: ScriptUser) -> None:
    user.git("revert", "--no-edit", user.pick_commit())


def _stash(user: ScriptUser) -> None:
    user.edit()
    flags = user.random.choice(([], ["-u"], ["-k"]))
    user.git("stash", "push", *flags, "-m", f"work {user.counter}")


def _stash_pop(user: ScriptUser) -> None:
    user.git("stash", user.random.choice(("pop", "apply")))


def _stash_drop(user: ScriptUser) -> None:
    user.git("stash", "drop")


def _tag(user: ScriptUser) -> None:
    name = f"v{user.random.randrange(9)}"
    kind = user.random.choice(([name], ["-a", "-m", "a tag", name], ["-d", name], ["-f", name]))
    user.git("tag", *kind)


def _reset(user: ScriptUser) -> None:
    mode = user.random.choice(("--soft", "--mixed", "--hard", "--keep"))
    user.git("reset", mode, f"HEAD~{user.random.randrange(0, 3)}")


def _clean(user: ScriptUser) -> None:
    user.write(f"junk/j{user.counter}", "junk\n")
    user.git("clean", "-fd")


def _move(user: ScriptUser) -> None:
    user.git("mv", "-k", user.pick_file(), f"moved{user.random.randrange(5)}.txt")


def _rm(user: ScriptUser) -> None:
    user.git("rm", "-q", user.pick_file())


def _notes(user: ScriptUser) -> None:
    ref = user.random.choice(("commits", "review"))
    kind = user.random.choice((["add", "-f"], ["append"]))
    user.git("notes", f"--ref={ref}", *kind, "-m", f"note {user.counter}", "HEAD")


def _push(user: ScriptUser) -> None:
    extra = user.random.choice(([], ["--force"], ["--tags"], ["--all"]))
    user.git("push", "origin", *extra)


def _fetch(user: ScriptUser) -> None:
    if user.random.random() < 0.5:
        name = f"c{user.random.randrange(3)}"
        user.git("checkout", "-q", "-B", name, "origin/main", at="colleague")
        user.write("colleague.txt", user.text(), at="colleague")
        user.git("add", "-A", at="colleague")
        user.git("commit", "-qm", "from a colleague", at="colleague")
        user.git("push", "-q", "-f", "origin", name, at="colleague")
    else:
        name = f"c{user.random.randrange(3)}"
        user.git("push", "-q", "origin", f":refs/heads/{name}", at="colleague")
    user.git("fetch", *user.random.choice((["origin"], ["--all"], ["--tags"])))


def _gc(user: ScriptUser) -> None:
    line = user.random.choice(
        (
            ["gc", "-q"],
            ["gc", "-q", "--prune=now"],
            ["pack-refs", "--all"],
            ["repack", "-adq"],
            ["maintenance", "run"],
            ["prune", "--expire=now"],
            ["fsck", "--no-dangling", "--no-progress"],
        )
    )
    user.git(*line)


def _worktree(user: ScriptUser) -> None:
    if user.trees:
        name = user.trees.pop()
        user.write("in-tree.txt", user.text(), at=name)
        user.git("add", "-A", at=name)
        user.git("commit", "-qm", "in a tree", at=name)
        user.git("worktree", "remove", "--force", f"../{name}")
    else:
        name = f"tree{user.counter}"
        if not user.git("worktree", "add", "-q", "-B", name, f"../{name}"):
            user.trees.append(name)


def _submodule(user: ScriptUser) -> None:
    if "vendor" not in user.first.git("ls-files", "vendor"):
        user.git("submodule", "add", "--force", "../library", "vendor")
    else:
        user.git("submodule", "update", "--init")


def _look(user: ScriptUser) -> None:
    line = user.random.choice(
        (
            ["status"],
            ["log", "--oneline", "--all", "--graph", "-n", "15"],
            ["diff", "--stat"],
            ["diff", "--cached"],
            ["describe", "--all"],
            ["reflog"],
            ["show", "--stat"],
            ["stash", "list"],
            ["branch", "-avv"],
            ["notes", "list"],
            ["remote", "show", "origin"],
        )
    )
    user.git(*line)


ACTIONS: dict[str, tuple[int, Action]] = {
    "edit": (6, ScriptUser.edit),
    "add": (8, _add),
    "stage": (5, _stage_and_leave),
    "commit": (12, _commit),
    "amend": (5, _amend),
    "branch": (3, _branch),
    "branch -D": (3, _delete_branch),
    "switch": (6, _switch),
    "checkout -B": (3, _new_branch),
    "checkout -f": (3, _checkout_force),
    "checkout --": (3, _checkout_file),
    "detach": (2, _detach),
    "merge": (4, _merge),
    "conflict": (4, _conflict),
    "rebase": (3, _rebase),
    "rebase -f": (3, _rebase_back),
    "cherry-pick": (3, _cherry_pick),
    "revert": (3, _revert),
    "stash": (5, _stash),
    "stash pop": (3, _stash_pop),
    "stash drop": (2, _stash_drop),
    "tag": (4, _tag),
    "reset": (5, _reset),
    "clean": (2, _clean),
    "mv": (3, _move),
    "rm": (2, _rm),
    "notes": (4, _notes),
    "push": (4, _push),
    "fetch": (4, _fetch),
    "gc": (4, _gc),
    "worktree": (3, _worktree),
    "submodule": (1, _submodule),
    "look": (6, _look),
}
"""What he does and how often."""
