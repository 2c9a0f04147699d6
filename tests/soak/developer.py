"""A developer who never rests: the user of the twin test, with an editor, builds and storms.

He types the same in every world and writes the same files, so the worlds stay twins. After
each command and each burst of writing he says so (`done`), and while he thinks (`idle`) or
is still writing (`midway`), so that somebody may look.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support import script_user
from tests.support.script_user import ScriptUser, World

IGNORED = "build/\nnode_modules/\n*.o\n"


@dataclass(frozen=True)
class Size:
    """How much he does at once.

    Attributes:
        build: ignored files a build writes.
        install: files of a package manager's storm.
        pause: the longest time he thinks, in seconds.
    """

    build: int
    install: int
    pause: float


class Developer(ScriptUser):
    """Acts in all worlds alike.

    Attributes:
        large: whether builds and storms have their full size now, else a tenth of it.
        mentioned: names that were there for a moment only, since the last `done`.
    """

    def __init__(
        self,
        worlds: Sequence[World],
        *,
        seed: int,
        size: Size,
        done: Callable[[], None],
        idle: Callable[[], None],
        midway: Callable[[], None],
    ) -> None:
        super().__init__(worlds, seed=seed)
        self.size = size
        self.large = True
        self.mentioned: set[str] = set()
        self._done = done
        self._idle = idle
        self.midway = midway

    def begin(self) -> None:
        """Say what is ignored, as everybody's first commit does."""
        self.write(".gitignore", IGNORED)
        self.git("add", "-A")
        self.git("commit", "-qm", "what is ignored")

    def git(self, *args: str, at: str = "repo", stdin: bytes | None = None) -> int:
        """Type a git command in every world."""
        answer = super().git(*args, at=at, stdin=stdin)
        self._done()
        return answer

    def write(self, name: str, text: str, *, at: str = "repo") -> None:
        """Write a file in every world."""
        for world in self.worlds:
            _make_room(world.repo.path, name)
        super().write(name, text, at=at)
        self._done()

    def step(self) -> None:
        """Do one thing, as likely as he likes it."""
        if self._in_progress() is not None:
            super().step()
            return
        names = list(HABITS)
        self.act(self.random.choices(names, [HABITS[name][0] for name in names])[0])

    def act(self, name: str) -> None:
        """Do one thing of the table."""
        HABITS[name][1](self)

    def pause(self) -> None:
        """Think, in short steps."""
        until = time.monotonic() + self.random.uniform(0.0, self.size.pause)
        while time.monotonic() < until:
            time.sleep(0.1)
            self._idle()

    def ours(self, *words: str) -> None:
        """Type a command of ours in the worlds that record; it has to succeed."""
        for world in self.worlds:
            if (world.repo.path / ".git/timewarp").is_dir():
                done = subprocess.run(
                    ["git", "timewarp", *words],
                    cwd=world.repo.path,
                    env=world.repo.env(),
                    capture_output=True,
                    check=False,
                )
                assert done.returncode == 0, (words, done)
        self.typed.append(f"git timewarp {' '.join(words)}")
        self._done()

    def share(self, count: int) -> int:
        """Return how many of `count` files are written now."""
        return count if self.large else count // 10

    def each(self, what: Callable[[Path], None]) -> None:
        """Do something to the files of every world."""
        for world in self.worlds:
            what(world.repo.path)
        self._done()


def _make_room(root: Path, name: str) -> None:
    """Remove a file that is where a folder has to be, and a folder where a file has to be."""
    for parent in (root / name).parents:
        if parent == root:
            break
        if parent.is_symlink() or parent.is_file():
            parent.unlink()
    if (root / name).is_dir():
        shutil.rmtree(root / name)


def _burst(dev: Developer) -> None:
    """Type on, saving each time."""
    for _ in range(dev.random.randrange(2, 8)):
        dev.edit()
        time.sleep(dev.random.uniform(0.0, 0.4))


def _save_by_rename(dev: Developer) -> None:
    """Save as editors do: the new text beside, the old one aside, one renamed over the other."""
    name, text = dev.pick_file(), dev.text()
    keeps = dev.random.random() < 0.5

    def save(root: Path) -> None:
        _make_room(root, name)
        where = root / name
        where.parent.mkdir(parents=True, exist_ok=True)
        beside, aside = root / f"{name}.swp", root / f"{name}~"
        beside.write_text(text)
        if keeps and where.exists():
            os.replace(where, aside)
        os.replace(beside, where)
        aside.unlink(missing_ok=True)

    dev.mentioned |= {f"{name}.swp", f"{name}~"}
    dev.each(save)


def _tree_of(dev: Developer, root: Path, folder: str, count: int, mark: int) -> None:
    """Write `count` small files, some to a folder, as package managers do."""
    for number in range(count):
        if number % 1000 == 999:
            dev.midway()
        inside = root / folder / f"p{number // 20 % 100}" / f"v{number // 2000}"
        if number % 20 == 0 or number < 20:
            inside.mkdir(parents=True, exist_ok=True)
        (inside / f"f{number}.js").write_text(f"{mark} {number % 1000}\n")


def _build(dev: Developer) -> None:
    """Write ignored files, and some beside the sources."""
    mark, count = dev.counter, dev.share(dev.size.build)

    def build(root: Path) -> None:
        _tree_of(dev, root, "build", count, mark)
        for number in range(20):
            (root / f"part{number}.o").write_text(f"{mark}\n")

    dev.each(build)


def _build_clean(dev: Developer) -> None:
    dev.each(lambda root: shutil.rmtree(root / "build", ignore_errors=True))


def _install(dev: Developer) -> None:
    """Fill a folder that is ignored."""
    mark, count = dev.counter, dev.share(dev.size.install)
    dev.each(lambda root: shutil.rmtree(root / "node_modules", ignore_errors=True))
    dev.each(lambda root: _tree_of(dev, root, "node_modules", count, mark))


def _storm(dev: Developer) -> None:
    """Fill a folder that nobody has ignored yet, think, and remove it or ignore it then."""
    mark, count = dev.counter, dev.share(dev.size.install)
    ending = dev.random.randrange(3)
    dev.each(lambda root: _tree_of(dev, root, "third_party", count, mark))
    dev.pause()
    if ending == 0:
        dev.git("clean", "-fdq", "third_party")
    elif ending == 1:
        dev.write(".gitignore", IGNORED + "third_party/\n")
        dev.pause()
        dev.write(".gitignore", IGNORED)
    dev.each(lambda root: shutil.rmtree(root / "third_party", ignore_errors=True))


def _ignore(dev: Developer) -> None:
    """Change what is ignored, with work in there."""
    name = f"area{dev.random.randrange(4)}"
    dev.write(f"{name}/inside.txt", dev.text())
    dev.write(".gitignore", f"{IGNORED}{name}/\n")
    dev.write(f"{name}/more.txt", dev.text())
    if dev.random.random() < 0.7:
        dev.write(".gitignore", IGNORED)
    dev.write(f"{name}/inside.txt", dev.text())


def _folders(dev: Developer) -> None:
    """Make folders, fill them, rename one, remove one, all at once."""
    top, depth = f"new{dev.random.randrange(5)}", dev.random.randrange(1, 6)
    texts = [dev.text() for _ in range(depth)]

    def make(root: Path) -> None:
        where = root / top
        _make_room(root, f"{top}/x/x")
        for number, text in enumerate(texts):
            where /= f"d{number}"
            where.mkdir(parents=True, exist_ok=True)
            (where / "file.txt").write_text(text)

    def rename(root: Path) -> None:
        shutil.rmtree(root / f"{top}-renamed", ignore_errors=True)
        if (root / top).is_dir():
            os.replace(root / top, root / f"{top}-renamed")

    dev.each(make)
    if dev.random.random() < 0.5:
        dev.each(rename)
        dev.write(f"{top}-renamed/d0/after.txt", dev.text())
    if dev.random.random() < 0.4:
        dev.each(lambda root: shutil.rmtree(root / top, ignore_errors=True))


def _modes(dev: Developer) -> None:
    """Make a file executable or not, put a link into the place of another."""
    name, other, mode = dev.pick_file(), dev.pick_file(), dev.random.choice((0o644, 0o755))
    links = dev.random.random() < 0.3 and other != ".gitignore"

    def change(root: Path) -> None:
        if (root / name).is_file() and not (root / name).is_symlink():
            (root / name).chmod(mode)
        if links and (root / other).is_file():
            (root / other).unlink()
            (root / other).symlink_to("somewhere")

    dev.each(change)


def _add_and_lose(dev: Developer) -> None:
    """Stage work and lose all of it."""
    dev.edit()
    dev.git("add", "-A")
    dev.edit()
    dev.pause()
    dev.git("reset", "-q", "--hard")


def _clean(dev: Developer) -> None:
    dev.write(f"junk/j{dev.counter}.txt", dev.text())
    dev.pause()
    dev.git("clean", "-fdq")


def _tidy(dev: Developer) -> None:
    line = dev.random.choice(
        (["gc", "-q"], ["gc", "-q", "--prune=now"], ["pack-refs", "--all"], ["repack", "-adq"])
    )
    dev.git(*line)


def _look(dev: Developer) -> None:
    dev.ours(*dev.random.choice((("status",), ("diff", "--stat"), ("log", "-5"))))


def _keep(dev: Developer) -> None:
    dev.edit()
    dev.ours("snapshot", "-m", f"by hand {dev.counter}")


def _borrowed(*names: str) -> dict[str, tuple[int, Callable[[Developer], object]]]:
    return {name: script_user.ACTIONS[name] for name in names}


HABITS: dict[str, tuple[int, Callable[[Developer], object]]] = {
    "burst": (14, _burst),
    "pause": (10, Developer.pause),
    "save by rename": (10, _save_by_rename),
    "build": (2, _build),
    "build clean": (1, _build_clean),
    "install": (1, _install),
    "storm": (1, _storm),
    "ignore": (2, _ignore),
    "folders": (6, _folders),
    "modes": (3, _modes),
    "add and lose": (3, _add_and_lose),
    "clean": (3, _clean),
    "tidy": (3, _tidy),
    "look with ours": (3, _look),
    "keep": (2, _keep),
    **_borrowed("edit", "add", "stage", "commit", "amend", "branch", "branch -D", "switch"),
    **_borrowed("checkout -B", "checkout -f", "checkout --", "detach", "merge", "conflict"),
    **_borrowed("rebase", "rebase -f", "cherry-pick", "revert", "stash", "stash pop"),
    **_borrowed("stash drop", "tag", "reset", "mv", "rm", "look"),
}
"""What he does and how often."""

HEAVY = ("build", "install", "storm", "build clean", "tidy", "conflict", "stash")
"""What he does once at the beginning of each round, whatever chance says."""
