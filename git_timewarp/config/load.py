"""What each source says, as a list of assignments; nothing is judged here.

Input is data: the bytes `git config --null --list --show-origin --show-scope`
printed, the environment, the options of the command line. The tracked TOML
file has a module of its own (`tracked`), so that its parser is only imported
where there is such a file.
"""

from collections.abc import Iterator, Mapping
from enum import IntEnum

from git_timewarp.config import schema
from git_timewarp.config.values import Raw
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import to_str

GIT_ARGUMENTS = ("config", "--null", "--list", "--show-origin", "--show-scope")
"""Arguments of the git call whose output `from_git` reads."""


class Scope(IntEnum):
    """Where a setting may come from; the larger number wins (design 9)."""

    DEFAULT = 0
    SYSTEM = 1
    GLOBAL = 2
    TRACKED = 3
    LOCAL = 4
    WORKTREE = 5
    ENVIRONMENT = 6
    COMMAND = 7

    @property
    def label(self) -> str:
        """The scope in words, as users read it."""
        return {"COMMAND": "command line", "TRACKED": "tracked file"}.get(
            self.name, self.name.lower()
        )


class Origin(Frozen):
    """Where a value was written.

    Attributes:
        scope: which kind of source.
        place: the file, variable or option that holds it.
        spelling: the name as it was written there.
    """

    scope: Scope
    place: str
    spelling: str

    def to_dict(self) -> dict[str, object]:
        """Return the stable JSON form."""
        return {"scope": self.scope.label, "place": self.place, "spelling": self.spelling}


class Assignment(Frozen):
    """A source says that setting `name` is `raw`.

    Attributes:
        name: the full name; as documented when it is known, else as written.
        raw: what was written; None for a name without `=`.
        origin: where.
    """

    name: str
    raw: Raw
    origin: Origin


def from_git(data: bytes) -> Iterator[Assignment]:
    """Yield our assignments in what git listed, weakest first.

    Raises:
        ValueError: the bytes are not what `GIT_ARGUMENTS` gives.
    """
    fields = data.split(b"\0")
    if len(fields) % 3 != 1 or fields[-1]:
        raise ValueError("the list of git's settings ends in the middle of an entry")
    for at in range(0, len(fields) - 1, 3):
        scope, place, entry = fields[at : at + 3]
        if entry[: len(schema.PREFIX)].lower() != schema.PREFIX.encode():
            continue
        name, equals, value = entry.partition(b"\n")
        spelling = to_str(name)
        key = schema.find(spelling)
        origin = Origin(
            _scope(to_str(scope)), to_str(place).removeprefix("file:").rstrip(":"), spelling
        )
        yield Assignment(key.name if key else spelling, to_str(value) if equals else None, origin)


def git_settings(data: bytes) -> dict[str, str]:
    """Return what git listed for the user: the last value of each key, spelled as git prints it."""
    words = to_str(data).split("\0")
    found = {}
    for scope, item in zip(words[0::3], words[2::3], strict=False):
        key, equals, value = item.partition("\n")
        if scope != "command":  # what we put on our own git calls is not the user's
            found[key] = value if equals else "true"
    return found


def from_environment(environ: Mapping[str, str]) -> Iterator[Assignment]:
    """Yield the assignments that `GIT_TIMEWARP_*` variables make."""
    for variable, value in sorted(environ.items()):
        if not variable.startswith(schema.ENVIRONMENT_PREFIX):
            continue
        if variable.startswith(schema.RESERVED_VARIABLES):
            continue
        key = schema.find_variable(variable)
        origin = Origin(Scope.ENVIRONMENT, "environment", variable)
        yield Assignment(key.name if key else variable, value, origin)


def from_options(options: Mapping[str, str]) -> Iterator[Assignment]:
    """Yield the assignments of the command line, given as full name -> text."""
    for name, value in options.items():
        key = schema.find(name)
        origin = Origin(Scope.COMMAND, "command line", name)
        yield Assignment(key.name if key else name, value, origin)


def _scope(word: str) -> Scope:
    """Return the scope git names; an unknown one counts as local, as git's own default does."""
    return Scope.__members__.get(word.upper(), Scope.LOCAL)
