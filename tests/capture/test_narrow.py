"""Captures that look only at what a watcher told of see what a scan of everything sees."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from git_timewarp.capture.watched import Told, Watched
from git_timewarp.capture.work_tree import Capture, CaptureLimits
from git_timewarp.git.repo import Repo, discover
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.view import View, unescape
from git_timewarp.util.clock import SystemClock
from git_timewarp.watch.filter import Filter
from git_timewarp.watch.inotify import Inotify
from git_timewarp.watch.knowledge import Knowledge
from tests.support.repo_builder import RepoBuilder

LIMIT = 20_000


class Both:
    """One work tree captured in two ways that know nothing of each other."""

    def __init__(self, repo: RepoBuilder) -> None:
        self.builder = repo
        self.repo = discover(str(repo.path), os.environ)
        self.knowledge = Knowledge(Inotify(self.repo), Filter(self.repo), instance="here")
        self._other = self.repo._replace(worktree="another")

    def trusting(self, watched: Watched | None = None) -> View:
        """Capture what the watcher tells of."""
        return take(self.repo, watched=watched or self.knowledge, trusting=True)

    def whole(self) -> View:
        """Capture everything, with nothing remembered."""
        return take(self._other, fresh=True)

    def parts(self, view: View) -> dict[str, object]:
        """Return the parts of a view, with the files as a restore would write them.

        A file that was converted before the rules changed is kept as it was and with its exact
        bytes beside it, where a capture that remembers nothing has these bytes only.
        """
        found: dict[str, object] = dict(vars(view))
        files = self._listed(view.tree) | self._listed(found.pop("raw"))
        del found["tree"], found["index"]
        return found | {"files": files}

    def _listed(self, tree: object) -> dict[str, str]:
        if tree is None:
            return {}
        git = self.repo.git.using(alternates=(Quarantine.folder(self.repo),))
        lines = git.run("ls-tree", "-rz", str(tree)).out.decode().split("\0")[:-1]
        return {
            "/".join(map(unescape, name.split("/"))): entry
            for entry, _, name in (line.partition("\t") for line in lines)
        }


def take(
    repo: Repo, *, watched: Watched | None = None, trusting: bool = False, fresh: bool = False
) -> View:
    """Capture once."""
    quarantine = Quarantine(repo)
    try:
        limits = CaptureLimits(max_untracked=LIMIT)
        capture = Capture(
            repo,
            quarantine,
            limits=limits,
            clock=SystemClock(),
            watched=watched,
            trusting=trusting,
        )
        return capture.take(fresh=fresh)
    finally:
        quarantine.close()


class Silent:
    """A watcher that was told of nothing, so that what is seen was looked at."""

    def __init__(self) -> None:
        self.doubted = 0

    def since(self, cursor: str) -> Told | None:
        """Say that nothing changed since the first question."""
        return Told("silent:1", frozenset() if cursor else None, git=not cursor)

    def will_fold(self) -> bool:
        """Say that nobody folds."""
        return False

    def doubt(self) -> None:
        """Count."""
        self.doubted += 1


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    found = RepoBuilder(tmp_path / "repo")
    files = {f"src/{folder}/{name}.py": f"{folder}{name}\n" for folder in "ab" for name in "xyz"}
    found.commit("first", {**files, ".gitignore": "*.log\nbuild/\n", "top.txt": "top\n"})
    return found


@pytest.fixture
def both(repo: RepoBuilder) -> Iterator[Both]:
    found = Both(repo)
    # The first is asked where nothing is remembered, and doubts what is watched.
    found.trusting()
    found.knowledge.renew(everything=False)
    found.trusting()
    yield found
    found.knowledge.close()


def test_a_trusting_capture_looks_at_nothing_else(repo: RepoBuilder) -> None:
    opened, silent = discover(str(repo.path), os.environ), Silent()
    for _ in range(2):
        first = take(opened, watched=silent, trusting=True)
    assert silent.doubted == 1
    repo.write("top.txt", "changed\n")
    repo.write("src/a/x.py", "changed\n")
    assert take(opened, watched=silent, trusting=True) == first
    seen = take(opened, watched=silent)
    assert seen.tree != first.tree
    assert take(opened, watched=silent, trusting=True) == seen


def test_a_file_of_two_names_changes_under_both(both: Both, repo: RepoBuilder) -> None:
    os.link(repo.path / "top.txt", repo.path / "src/a/second.txt")
    repo.git("add", "-A")
    for _ in range(3):
        both.trusting()
        both.knowledge.renew(everything=False)
    repo.write("top.txt", "written in place\n")
    assert both.parts(both.trusting()) == both.parts(both.whole())


@pytest.mark.parametrize("form", ["absorbed", "its own"])
def test_a_commit_in_a_submodule_is_seen(repo: RepoBuilder, tmp_path: Path, form: str) -> None:
    source = RepoBuilder(tmp_path / "source")
    source.commit("first", {"inside.txt": "1\n"})
    if form == "absorbed":
        repo.git("-c", "protocol.file.allow=always", "submodule", "add", str(source.path), "sub")
    else:
        repo.git("clone", str(source.path), "sub")
        repo.git("add", "sub")
    repo.git("commit", "-m", "a submodule")
    both = Both(repo)
    try:
        both.trusting()
        both.knowledge.renew(everything=False)
        both.trusting()
        repo.git("-C", "sub", "commit", "--allow-empty", "-m", "more")
        assert both.parts(both.trusting()) == both.parts(both.whole())
        repo.git("-C", "sub", "update-ref", "HEAD", "HEAD~1")
        assert both.parts(both.trusting()) == both.parts(both.whole())
    finally:
        both.knowledge.close()


Step = Callable[[RepoBuilder, random.Random], object]


def _file(repo: RepoBuilder, chance: random.Random) -> Path:
    names = repo.git("ls-files", "-co", "--exclude-standard").split("\n")
    there = [repo.path / name for name in names if os.path.isfile(repo.path / name)]
    return chance.choice(there or [repo.path / "loose.0"])


def _edit(repo: RepoBuilder, chance: random.Random) -> None:
    path = _file(repo, chance)
    if not path.is_symlink():
        path.write_text(f"{chance.random()}\n")


def _rename(repo: RepoBuilder, chance: random.Random) -> None:
    path = _file(repo, chance)
    to = path.with_name(f"r{chance.randrange(9)}.py")
    if os.path.lexists(path) and not to.is_dir():
        path.rename(to)


def _make(*parts: str) -> Step:
    def step(repo: RepoBuilder, chance: random.Random) -> None:
        path = repo.path.joinpath(*parts).with_suffix(f".{chance.randrange(4)}")
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_dir():
            path.write_text(f"{chance.random()}\n")

    return step


def _git(*words: str) -> Step:
    return lambda repo, _: subprocess.run(
        ["git", *words], cwd=repo.path, env=repo.env(), capture_output=True, check=False
    )


def _link(repo: RepoBuilder, chance: random.Random) -> None:
    path = _file(repo, chance)
    path.unlink(missing_ok=True)
    path.symlink_to(f"to-{chance.randrange(3)}")


def _folder_for_file(repo: RepoBuilder, chance: random.Random) -> None:
    path = _file(repo, chance)
    path.unlink(missing_ok=True)
    path.mkdir()
    if chance.random() < 0.5:
        (path / "inside.txt").write_text("inside\n")


def _chmod(repo: RepoBuilder, chance: random.Random) -> None:
    path = _file(repo, chance)
    if path.exists() and not path.is_symlink():
        path.chmod(chance.choice((0o600, 0o644, 0o755, 0o444)))


def _fifo(repo: RepoBuilder, chance: random.Random) -> None:
    path = repo.path / "src" / f"pipe{chance.randrange(2)}"
    if path.exists():
        path.unlink()
    else:
        os.mkfifo(path)


def _nested(repo: RepoBuilder, chance: random.Random) -> None:
    path = repo.path / f"nested{chance.randrange(2)}"
    if not path.exists():
        RepoBuilder(path).commit("inside", {"n.txt": "1\n"})
    else:
        (path / "n.txt").write_text(f"{chance.random()}\n")


def _big(repo: RepoBuilder, chance: random.Random) -> None:
    path = repo.path / "big.bin"
    if not path.is_dir():
        path.write_bytes(b"x" * (LIMIT + chance.randrange(2)))


def _rules(name: str, *texts: str) -> Step:
    def step(repo: RepoBuilder, chance: random.Random) -> None:
        path = repo.path / name
        if not path.is_dir():
            path.unlink(missing_ok=True)
            path.write_text(chance.choice(texts))

    return step


PLAIN: tuple[Step, ...] = (
    *(_edit,) * 8,
    *(lambda repo, chance: _file(repo, chance).unlink(missing_ok=True),) * 2,
    *(_rename,) * 3,
    *(_make("src", "a", "new"),) * 4,
    *(_make("loose"),) * 2,
    _make("src", "b", "noise.log"),
    _link,
    *(_chmod,) * 2,
)
"""What needs no scan."""

STEPS: tuple[Step, ...] = (
    *PLAIN,
    _make("fresh", "deep", "file"),
    _make("build", "out"),
    _folder_for_file,
    _fifo,
    _nested,
    lambda repo, chance: (repo.path / "empty" / str(chance.randrange(2))).mkdir(
        parents=True, exist_ok=True
    ),
    _big,
    _rules(".gitignore", "*.log\nbuild/\n", "*.log\n", "*.1\n"),
    _rules(".gitattributes", "*.py text eol=crlf\n", "* -text\n"),
    _git("add", "-A"),
    _git("add", "top.txt"),
    _git("commit", "-qam", "more"),
    _git("reset", "-q", "--hard"),
    _git("clean", "-fdq"),
    _git("stash", "-q"),
    _git("checkout", "-qB", "other"),
    _git("update-index", "--assume-unchanged", "top.txt"),
    _git("rm", "-rfq", "--cached", "src/b"),
)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("steps", [PLAIN, STEPS], ids=["plain", "any"])
def test_it_sees_what_a_scan_sees(both: Both, steps: tuple[Step, ...], seed: int) -> None:
    chance = random.Random(seed)
    for number in range(25):
        for _ in range(chance.randrange(1, 4)):
            chance.choice(steps)(both.builder, chance)
        if chance.random() < 0.7:
            both.knowledge.renew(everything=False)
        seen, whole = both.parts(both.trusting()), both.parts(both.whole())
        differs = {name: (seen[name], whole[name]) for name in seen if seen[name] != whole[name]}
        assert not differs, f"step {number}"
