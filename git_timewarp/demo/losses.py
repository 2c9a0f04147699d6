"""Eight ways work gets lost for real, and for each the command that brings it back."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from git_timewarp.demo.sandbox import BRANCH
from git_timewarp.demo.work import Desk

_IDEA = "idea"
_TOPIC = "topic"
_MINE = b"what I think belongs here\n"
_THEIRS = b"what somebody else put here\n"


@dataclass(frozen=True, slots=True)
class Back:
    """How to bring something back, as the user types it.

    Attributes:
        verb: `restore` or `jump`.
        words: paths for `restore`; for `jump` the target is the last draft before the loss.
        options: of the command.
    """

    verb: str
    words: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    def command(self, target: str) -> str:
        """Return the command line; `target` names the moment before the loss."""
        words = self.words or (target,)
        return "git timewarp " + shlex.join([self.verb, *self.options, *words])


@dataclass(frozen=True, slots=True)
class Scene:
    """One loss, in the order things happen.

    Attributes:
        name: what happens, in a few words.
        work: does the work that will be lost.
        commands: what is typed to lose it.
        lose: does just that.
        is_lost: tells whether git has nothing of it in the work tree any more.
        back: how it is brought back.
        is_back: tells what the tree does not: a branch, say.
    """

    name: str
    work: Callable[[], None]
    commands: tuple[str, ...]
    lose: Callable[[], None]
    is_lost: Callable[[], bool]
    back: Back
    is_back: Callable[[], bool] = lambda: True


def scenes(desk: Desk) -> Iterator[Scene]:
    """Yield the eight scenes; each begins on the clean tip of the demonstration's branch."""
    yield _removed_folder(desk, 1)
    yield _git(desk, 2, "git reset --hard", back=Back("jump"))
    yield _git(desk, 3, "git checkout -f", back=Back("restore", desk.files))
    yield _git(desk, 4, "git clean -fd", back=Back("restore", (desk.new,)), new=True)
    yield _git(desk, 5, "git stash -u", "git stash drop", back=Back("jump"), new=True)
    yield _deleted_branch(desk, 6)
    yield _rebase(desk, 7)
    yield _truncated(desk, 8)


def _removed_folder(desk: Desk, number: int) -> Scene:
    return Scene(
        name="a folder removed",
        work=lambda: desk.work(number),
        commands=(shlex.join(["rm", "-rf", desk.folder]),),
        lose=lambda: shutil.rmtree(desk.path(desk.folder)),
        is_lost=lambda: not os.path.lexists(desk.path(desk.folder)),
        back=Back("restore", (desk.folder,)),
    )


def _git(desk: Desk, number: int, *lines: str, back: Back, new: bool = False) -> Scene:
    """Return a scene in which git itself does it; `new` when the new files are what is lost."""
    lost = f"{desk.new}/notes.md" if new else desk.files[0]

    def lose() -> None:
        for line in lines:
            desk.box.run(*line.split()[1:])

    return Scene(
        name={"reset": "reset", "checkout": "checkout", "clean": "clean", "stash": "stash dropped"}[
            lines[0].split()[1]
        ],
        work=lambda: desk.work(number),
        commands=lines,
        lose=lose,
        is_lost=lambda: not desk.holds(lost, b"part %d\n" % number),
        back=back,
    )


def _deleted_branch(desk: Desk, number: int) -> Scene:
    box = desk.box

    def work() -> None:
        box.run("switch", "-q", "-c", _IDEA)
        desk.work(number)
        box.run("add", "-A")
        box.run("commit", "-q", "-m", "an idea")

    def lose() -> None:
        box.run("switch", "-q", BRANCH)
        box.run("branch", "-D", _IDEA)

    return Scene(
        name="a branch deleted",
        work=work,
        commands=(f"git switch {BRANCH}", f"git branch -D {_IDEA}"),
        lose=lose,
        is_lost=lambda: not box.has(_IDEA) and not os.path.lexists(desk.path(desk.new)),
        back=Back("jump", options=("--with-head", "--with-refs")),
        is_back=lambda: (
            box.run("symbolic-ref", "HEAD") == f"refs/heads/{_IDEA}"
            and box.run("log", "-1", "--format=%s", _IDEA) == "an idea"
        ),
    )


def _rebase(desk: Desk, number: int) -> Scene:
    """Somebody resolves every conflict of a rebase for the wrong side."""
    box, name = desk.box, desk.files[0]

    def work() -> None:
        base = box.run("rev-parse", "HEAD")
        desk.begin_with(name, _THEIRS)
        box.run("commit", "-q", "-a", "-m", "their line")
        box.run("switch", "-q", "-c", _TOPIC, base)
        desk.begin_with(name, _MINE)
        box.run("commit", "-q", "-a", "-m", "my line")
        desk.write(f"{desk.new}/plan.txt", b"part %d of the topic\n" % number)
        box.run("add", "-A")
        box.run("commit", "-q", "-m", "my plan")

    return Scene(
        name="a rebase gone wrong",
        work=work,
        commands=(f"git rebase -X ours {BRANCH}",),
        lose=lambda: _ignore(box.run("rebase", "-q", "-X", "ours", BRANCH)),
        is_lost=lambda: not desk.holds(name, _MINE),
        back=Back("jump", options=("--with-head", "--with-refs")),
        is_back=lambda: box.run("log", "-2", "--format=%s", _TOPIC) == "my plan\nmy line",
    )


def _truncated(desk: Desk, number: int) -> Scene:
    name = desk.files[-1]

    def lose() -> None:
        with open(desk.path(name), "wb"):
            pass

    return Scene(
        name="a file emptied",
        work=lambda: desk.work(number),
        commands=(f": > {shlex.quote(name)}",),
        lose=lose,
        is_lost=lambda: os.path.getsize(desk.path(name)) == 0,
        back=Back("restore", (name,)),
    )


def _ignore(_told: str) -> None:
    """Take what a command printed and say nothing."""
