"""After a crash: find what was begun and is not over, in this work tree and in others.

Folds are finished by the recorder itself when it opens. Here: an operation whose intent
is in the journal and that is not over; `recover_travel.py` finishes it.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from git_timewarp.errors import TimewarpError
from git_timewarp.git import generation, user_index
from git_timewarp.git.repo import Repo, discover
from git_timewarp.integrity import salvage
from git_timewarp.store.events import Json
from git_timewarp.timeline.operation import Operation
from git_timewarp.util.text import to_str

TRAVEL = "travel"
UNFINISHED = "cannot be finished"
"""What the text of a journey says that was closed without having come to its end."""

Finish = Callable[[Operation, Json], str]
"""Finishes an operation by its intent and returns what to tell: of a journey `recover_travel.finish`.

That of an operation with `anywhere` in its intent is finished in any work tree."""


def unfinished(op: Operation, finish: Finish) -> list[str]:
    """Finish every operation of this work tree that was cut off; return what to tell the user.

    Raises:
        OSError: the disk is full or fails; the next command tries again.
    """
    told: list[str] = []
    journal, recovery = op.recorder.journal, op.recorder.recovery
    if journal.ends_torn:
        text = "a line of the journal was cut off by a crash; everything before it is there"
        told += recovery.back(text)
        op.recorder.mend_journal()
    told += salvage.salvage(op)
    if user_index.remove_stale_lock(op.repo):
        told += recovery.back("a lock on git's index that a crash had left was removed")
    for intent in list(journal.intents.values()):
        is_here = intent.get("kind") == TRAVEL and intent.get("worktree") == op.repo.worktree
        if is_here or intent.get("anywhere"):
            text = finish(op, intent)
            is_open = UNFINISHED in text or intent["op"] in journal.intents
            told += (recovery.open if is_open else recovery.back)(text)
    return told


def elsewhere(op: Operation) -> tuple[list[Repo], list[str]]:
    """Return the other work trees in which an operation was cut off, and what to tell.

    What was begun in a work tree that is gone is closed: there is nothing to finish it in.
    """
    found: dict[str, Repo] = {}
    told: list[str] = []
    for intent in list(op.recorder.journal.intents.values()):
        place = str(intent.get("worktree"))
        if intent.get("kind") != TRAVEL or place == op.repo.worktree or place in found:
            continue
        try:
            repo = discover(_root_of(op.repo, place), op.repo.git.environ)
        except (TimewarpError, OSError):
            repo = None
        if repo is not None and repo.worktree == place:
            found[place] = repo
        else:
            op.recorder.append(done=[str(intent["op"])])
            told += op.recorder.recovery.open(
                f"'{name(intent)}' was cut off in a work tree that is gone; "
                f"what was there: git timewarp show {intent['before']}"
            )
    return list(found.values()), told


def _root_of(repo: Repo, worktree: str) -> str:
    """Return the root of a work tree of this repository by its id (gitrepository-layout)."""
    if worktree == generation.MAIN_WORKTREE:
        listed = repo.git.run("worktree", "list", "--porcelain", "-z").text
        return listed.split("\0", 1)[0].removeprefix("worktree ")
    with open(os.path.join(repo.common_dir, generation.folder(worktree), "gitdir"), "rb") as file:
        return os.path.dirname(to_str(file.read()).rstrip("\n"))


def name(intent: Json) -> str:
    """Return what the user called the operation."""
    return str(intent.get("summary") or intent["verb"])
