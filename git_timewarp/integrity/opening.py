"""Opening an operation as every command and the watcher do: after a look at what was cut off."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from git_timewarp.integrity import recover
from git_timewarp.timeline import observe
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.recording import is_recording, refusal
from git_timewarp.timeline.world import World


@contextlib.contextmanager
def opened(
    world: World,
    verb: str,
    *,
    notices: list[str],
    ending: Callable[[Operation], bool],
    finish: recover.Finish,
) -> Iterator[Operation]:
    """Finish what a crash cut off, here and in other work trees, take in notes of hooks.

    Args:
        world: whose operation.
        verb: what it is, for its intent.
        notices: receives what there is to tell.
        ending: ends the recording if a `deinit` was cut off, and tells whether it was; asked
            only where something was cut off.
        finish: finishes a journey that was cut off.

    Raises:
        NotRecordingError: nothing records here (any more).
    """
    for is_last in (False, True):
        if not is_recording(world.repo):
            raise refusal(world.repo)
        with Operation(world, verb, notices=notices) as op:
            if op.recorder.journal.intents and ending(op):
                notices.append("'deinit' was cut off and is finished now")
                continue
            notices += recover.unfinished(op, finish)
            others, gone = recover.elsewhere(op)
            notices += gone
            if is_last or not others:
                observe.drain(op)
                yield op
                return
        for repo in others:
            with Operation(world._replace(repo=repo), verb, notices=notices) as op:
                notices += recover.unfinished(op, finish)
    raise refusal(world.repo)
