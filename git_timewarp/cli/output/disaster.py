"""What came back from a disaster, and what did not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from git_timewarp.cli.output import age, names
from git_timewarp.cli.output.look import Look

if TYPE_CHECKING:
    from git_timewarp.rescue.results import Derived, Listing, Moment, Rebuilt, Rescued, Trouble

_NAMED = 100
"""Paths that are named on a terminal; --json has all."""


def moments(listing: Listing, look: Look) -> Iterator[str]:
    """Draw one line for each moment, newest first: id, time, how whole it is, why it was taken.

    Where they are of several work trees, each line names its own.
    """
    linked = len({moment.worktree for moment in listing.moments}) > 1
    for moment in reversed(listing.moments):
        ts = age.show(moment.ts, style="iso-strict", now_ns=look.now_ns)
        state = _state(moment)
        color = "good" if state == "whole" else "bad"
        if moment.not_fetched:
            state += f", {_files(moment.not_fetched)} not fetched"
        where = f"  in {names.one_line(moment.worktree)}" if linked else ""
        yield f"{moment.id}  {ts}  {look.paint(color, state)}  {moment.trigger}{where}"


def _state(moment: Moment) -> str:
    lacks = [f"{_files(moment.missing)} missing"] if moment.missing else []
    lacks += [] if moment.described else ["its description is lost"]
    return f"partial, {', '.join(lacks)}" if lacks else "whole"


def gone(ids: Sequence[str]) -> Iterator[str]:
    """Say how many snapshots are gone altogether."""
    if ids:
        more = f" and {len(ids) - 5} more" if len(ids) > 5 else ""
        yield f"{len(ids)} snapshot(s) are gone: {', '.join(ids[:5])}{more}"


def rescued(done: Rescued, look: Look) -> Iterator[str]:
    """Tell what was written, what could not be, and what is the next thing to do."""
    when = age.show(done.ts, style="iso-strict", now_ns=look.now_ns)
    links = f", {done.links} link(s)" if done.links else ""
    folder = names.one_line(done.to)
    yield f"snapshot {done.snapshot} of {when}: {_files(done.files)}{links} written to '{folder}'"
    yield from _listed(done.notes, look, "note")
    yield from gone(done.gone)
    yield from _listed(done.not_fetched, look, "not fetched")
    if done.is_whole:
        away = len(done.not_fetched)
        yield f"nothing is damaged, {away} path(s) were never fetched" if away else "it is whole"
        return
    yield from _listed(done.missing, look, "missing")
    yield f"{look.paint('bad', 'partial:')} {len(done.missing)} path(s) did not come back"
    if done.whole_before is not None:
        ts = age.show(done.whole_before, style="iso-strict", now_ns=look.now_ns)
        yield f"the newest whole one before it is of {ts}"
        line = f"git timewarp emergency-restore --at {done.whole_before} --to ../rescued-whole"
        yield f"{look.paint('hint', 'hint:')} {line}"


def _listed(found: Sequence[Trouble], look: Look, word: str) -> Iterator[str]:
    for item in found[:_NAMED]:
        yield f"{word}: {look.path(item.path)}: {names.one_line(item.reason)}"
    if len(found) > _NAMED:
        yield f"{word}: and {len(found) - _NAMED} more (--json lists all)"


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def rebuilt(done: Rebuilt, look: Look) -> Iterator[str]:
    """Tell what our refs name again, and what did not come back."""
    counts = {
        "snapshot": done.snapshots,
        "draft": done.drafts,
        "kept object": done.kept,
        "event": done.events,
    }
    told = ", ".join(f"{n} {what}{'' if n == 1 else 's'}" for what, n in counts.items() if n)
    if not told:
        yield "everything that survives is named by our refs"
    elif done.dry_run:
        yield f"would bring back: {told}"
    else:
        yield f"brought back: {told}, by {len(done.refs)} ref(s), as {done.event}"
    if done.copied:
        yield f"{done.copied} object(s) that git could no longer read were written again"
    if done.writers:
        yield f"this clone goes on from what it recorded as {', '.join(done.writers)}"
    if done.unlisted:
        more = f" and {len(done.unlisted) - 5} more" if len(done.unlisted) > 5 else ""
        yield f"no event names, and no log lists: {', '.join(done.unlisted[:5])}{more}"
        yield f"{look.paint('hint', 'hint:')} git timewarp diff {done.unlisted[-1]}"
    for moment in done.partial:
        ts = age.show(moment.ts, style="iso-strict", now_ns=look.now_ns)
        state = look.paint("bad", _state(moment))
        yield f"{moment.id}  {ts}  {state}"
    for writer, first, last in done.missing_events:
        yield f"events {first} to {last} of {writer} are gone"
    yield from gone(done.gone)
    if done.partial:
        ts = done.partial[-1].ts
        line = f"git timewarp emergency-restore --at {ts} --to ../rescued"
        if done.may_fetch:
            line = "git timewarp repair"
        yield f"{look.paint('hint', 'hint:')} {line}"


def derived(done: Derived, look: Look) -> Iterator[str]:
    """Tell how much of git's own history the timeline has now."""
    if not done.commits + done.moves:
        yield "everything that git remembers is on the timeline"
    else:
        since = age.show(done.since or "", style="iso-strict", now_ns=look.now_ns)
        verb = "would derive" if done.dry_run else "derived"
        end = "" if done.event is None else f", as {done.event}"
        yield f"{verb} {done.commits} commit(s) and {done.moves} move(s) since {since}{end}"
    if done.lost:
        more = f" and {len(done.lost) - 5} more" if len(done.lost) > 5 else ""
        named = ", ".join(oid[:12] for oid in done.lost[:5])
        yield f"{look.paint('bad', 'lost:')} the trees of {len(done.lost)} commit(s): {named}{more}"
