"""Starting up: what every command pays before it does anything."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.bench import projects
from tests.bench.measure import Row, Side, alternate, extra, row, within
from tests.bench.place import Place


def rows(place: Place) -> Iterator[Row]:
    """`--help`, and the two frequent readers on a short history."""
    repo = projects.generated(place, min(place.scale.files))
    place.ours(repo, "init", "--no-hooks")
    bare = Side(place.bare_interpreter)
    count = place.scale.count * 2
    for words, budget in (
        (("--help",), within(0.060, "≤ 60 ms")),
        (("status",), extra(0.080)),
        (("log", "-20"), extra(0.080)),
    ):
        yield row(
            f"`{' '.join(words)}`",
            size="one event",
            against="the bare interpreter",
            pair=alternate(Side(partial(place.ours, repo, *words)), bare, count=count),
            budget=budget,
        )
    place.remove(repo)
