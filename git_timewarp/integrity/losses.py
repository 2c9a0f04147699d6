"""What the journal lost although it had been acknowledged, as `status` and `verify` tell it."""

from __future__ import annotations

from git_timewarp.store.acknowledged import Loss
from git_timewarp.store.history import History
from git_timewarp.timeline.results_look import Problem

_MOST = 20


def of_journal(history: History) -> list[Problem]:
    """Compare the journal with what was noted beside it when it was synced."""
    loss = history.lost
    if loss is None:
        return []
    affects = tuple(f"event {n}" for n in range(loss.first, loss.last + 1)[:_MOST])
    return [
        Problem("lost-journal", described(loss), "git timewarp status", affects or ("journal",))
    ]


def described(loss: Loss) -> str:
    """Say what is gone."""
    if loss.first > loss.last:
        return f"{loss.text}, and with it an operation that was under way"
    if loss.first == loss.last:
        return f"{loss.text}: event {loss.last} (E{loss.lamport}) was recorded and is not in it"
    return (
        f"{loss.text}: events {loss.first} to {loss.last} (up to E{loss.lamport}) "
        "were recorded and are not in it"
    )
