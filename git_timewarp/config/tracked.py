"""The team's settings: `.timewarp.toml` in the work tree.

Tables are sections: `[autosave]` with `intervalSeconds = 60` or
`interval_seconds = 60`; `[profile.dev.autosave]` holds what applies under the
profile `dev`. Imported only where the file exists: it is the one reader of TOML.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

from git_timewarp.config import schema
from git_timewarp.config.load import Assignment, Origin, Scope
from git_timewarp.config.values import Raw
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.util.text import shell

_PROFILE_TABLE = "profile"


class TrackedFileError(TimewarpError):
    """The tracked settings file is not TOML."""

    kind = Kind.USAGE
    reference = "tracked-file-unreadable"


def from_tracked(data: bytes, *, place: str = schema.TRACKED_FILE) -> list[Assignment]:
    """Return the assignments in the bytes of a tracked file.

    Raises:
        TrackedFileError: it is not TOML in UTF-8; the message has line and column.
    """
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as exc:
        first = str(exc)[:1].lower() + str(exc)[1:]
        raise TrackedFileError(f"cannot read '{place}': {first}", hint=_look(place, first)) from exc
    return list(_assignments(table, place=place, above=()))


def _look(place: str, fault: str) -> str:
    """Return the command that prints the line at fault; the file is at the work tree's root."""
    line = re.search(r"at line (\d+)", fault)
    file = f'"$(git rev-parse --show-toplevel)"/{shell(place)}'
    return f"sed -n {line[1]}p {file}" if line else f"cat {file}"


def _assignments(
    table: dict[str, object], *, place: str, above: tuple[str, ...]
) -> Iterator[Assignment]:
    for word, raw in table.items():
        path = (*above, word)
        dotted = ".".join(path)
        if isinstance(raw, dict):
            yield from _assignments(raw, place=place, above=path)
            continue
        origin = Origin(Scope.TRACKED, place, dotted)
        yield Assignment(_full_name(path), _plain(raw), origin)


def _full_name(path: tuple[str, ...]) -> str:
    """Return the documented name for a path of tables and a key."""
    skip = 2 if path[0] == _PROFILE_TABLE and len(path) > 2 else 0
    front = ".".join(path[:skip])
    key = schema.find_spelling(".".join(path[skip:]))
    name = key.short if key else ".".join(path[skip:])
    return schema.PREFIX + (f"{front}.{name}" if front else name)


def _plain(raw: object) -> Raw:
    """Return a TOML value; a date is kept as its text, which no setting takes."""
    return raw if isinstance(raw, bool | int | float | str | list) else [str(raw)]
