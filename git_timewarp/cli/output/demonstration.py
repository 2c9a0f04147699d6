"""The demonstration drawn: a line a step while it runs, the timeline and the sum at its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from git_timewarp.cli.output import names
from git_timewarp.cli.output.look import Look
from git_timewarp.cli.output.timeline import Timeline
from git_timewarp.demo.report import Loss, Report, State

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context

_LOSS, _BACK = 36, 48
_REST = 37
_LEAST = 16


class Teller:
    """Tells what happens as it happens; says nothing when a program listens."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._look = context.look()
        self._progress = context.progress("replaying")

    def began(self, source: str) -> None:
        """Say what was cloned."""
        self._say(f"in a throw-away clone of '{names.one_line(source)}'")

    def replayed(self, done: int, total: int) -> None:
        """Move the progress on."""
        self._progress.advance(done, total)

    def all_replayed(self, states: tuple[State, ...]) -> None:
        """Say how the replay went, and what comes next."""
        self._progress.finish()
        self._say("", *replay(states, self._look))
        self._say(
            "",
            "The watcher is on; from now on nobody saves anything on purpose.",
            "",
            heading(self._look),
        )

    def lost(self, loss: Loss) -> None:
        """Say how one loss went."""
        self._say(*line(loss, self._look))

    def _say(self, *lines: str) -> None:
        if not self._context.json:
            self._context.console.lines(lines)
            self._context.console.flush()


def replay(states: tuple[State, ...], look: Look) -> Iterator[str]:
    """Draw how the replay went."""
    count = len(states)
    equal = sum(state.is_equal for state in states)
    as_git = sum(state.is_right for state in states) - equal
    middle = sorted(state.seconds for state in states)[count // 2] if states else 0.0
    noun = "commit" if count == 1 else "commits"
    yield f"{count} {noun} replayed as edits, one snapshot each ({_ms(middle)} in the middle):"
    mark = _mark(look, good=equal + as_git == count)
    yield f"  {mark} {equal} of {count} snapshots have the tree of the commit"
    if as_git:
        yield (
            f"  {_mark(look, good=True)} {as_git} have the tree that 'git add' makes of the same "
            "files, as their attributes say"
        )
    for state in states:
        if not state.is_right:
            bad = _mark(look, good=False)
            yield f"  {bad} {state.commit[:10]}: tree {state.wanted[:10]}, not {state.got[:10]}"


def heading(look: Look) -> str:
    """Return the line above the losses."""
    loss, back = _widths(look)
    text = (
        f"   {'work lost by':{loss}} {'kept after':>10}  {'brought back by':{back}} {'in':>7}  tree"
    )
    return look.paint("age", text)


def line(loss: Loss, look: Look) -> Iterator[str]:
    """Draw one loss: how, how soon the work was safe, and how it came back."""
    wide, wider = _widths(look)
    lost_by = names.pad(look.cut("; ".join(loss.commands), wide), wide)
    back_by = names.pad(look.cut(loss.command, wider), wider)
    yield (
        f" {_mark(look, good=loss.is_back)} {lost_by} {loss.kept_after:8.1f} s"
        f"  {back_by} {_ms(loss.back):>7}  {loss.got[:10]}"
    )
    if not loss.was_lost:
        yield "   it was not lost: this line proves nothing"
    if loss.problem is not None:
        yield f"   {names.one_line(loss.problem)}"
    elif loss.got != loss.wanted:
        yield f"   git says it is tree {loss.got}, it was {loss.wanted}"


def ending(report: Report, look: Look) -> Iterator[str]:
    """Draw the timeline and the sum."""
    yield ""
    yield f"The last {len(report.timeline)} events, as 'git timewarp log' draws them:"
    yield ""
    yield from Timeline(look).draw(report.timeline)
    yield ""
    right = sum(state.is_right for state in report.states)
    back = sum(loss.is_back for loss in report.losses)
    text = (
        f"{right} of {len(report.states)} states recorded exactly, "
        f"{back} of {len(report.losses)} losses brought back, {report.seconds:.1f} s"
    )
    yield look.paint("good" if report.is_right else "bad", text)
    if report.folder is not None:
        yield f"the clone is in '{names.one_line(report.folder)}'"


def _widths(look: Look) -> tuple[int, int]:
    """Return the columns of the two commands, less of them on a narrow terminal."""
    room = _LOSS + _BACK if look.columns is None else look.columns - _REST
    if room >= _LOSS + _BACK:
        return _LOSS, _BACK
    loss = max(_LEAST, room * _LOSS // (_LOSS + _BACK))
    return loss, max(_LEAST, room - loss)


def _mark(look: Look, *, good: bool) -> str:
    if look.ascii:
        return look.paint("good", "+") if good else look.paint("bad", "!")
    return look.paint("good", "✓") if good else look.paint("bad", "✗")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
