"""The settings in force: one value for every key, and where each came from."""

import builtins
from collections.abc import Iterator, Mapping
from typing import Self

from git_timewarp.config import schema
from git_timewarp.config.load import Assignment, Origin, Scope
from git_timewarp.config.schema import Value
from git_timewarp.util.frozen import Frozen


class Entry(Frozen):
    """A value in force and its origin."""

    value: Value
    origin: Origin


class Rejected(Frozen):
    """An assignment that cannot be followed; the next weaker one stands.

    Attributes:
        assignment: what was written and where.
        known: whether such a setting exists.
        expected: what it takes instead, empty for an unknown name.
    """

    assignment: Assignment
    known: bool
    expected: str = ""


class Settings(Frozen):
    """Every setting with its value; immutable, so a reload makes a new one.

    Attributes:
        entries: full name -> value and origin, for every key that is not at its default.
        rejected: assignments that are wrong; `validate.check` makes the error of them.
        notices: what was accepted and changes nothing, in words.
    """

    entries: Mapping[builtins.str, Entry]
    rejected: tuple[Rejected, ...] = ()
    notices: tuple[builtins.str, ...] = ()

    def get(self, name: builtins.str) -> Value:
        """Return the value of the setting `name`; KeyError where there is no such setting."""
        entry = self.entries.get(name)
        return entry.value if entry else _key(name).default

    def int(self, name: builtins.str) -> builtins.int:
        """Return the number that `name` is set to."""
        value = self.get(name)
        if isinstance(value, bool) or not isinstance(value, builtins.int):
            raise TypeError(name)
        return value

    def bool(self, name: builtins.str) -> builtins.bool:
        """Return whether `name` is set to true."""
        value = self.get(name)
        if not isinstance(value, builtins.bool):
            raise TypeError(name)
        return value

    def str(self, name: builtins.str) -> builtins.str:
        """Return the text that `name` is set to."""
        value = self.get(name)
        if not isinstance(value, builtins.str):
            raise TypeError(name)
        return value

    def origin(self, name: builtins.str) -> Origin:
        """Return where the value of `name` comes from."""
        entry = self.entries.get(name)
        return entry.origin if entry else Origin(Scope.DEFAULT, "default", _key(name).name)

    def describe(self, name: builtins.str) -> dict[builtins.str, object]:
        """Return one setting in its stable JSON form: key, value, origin."""
        origin = self.origin(name).to_dict()
        return {"v": 1, "key": name, "value": self.get(name), "origin": origin}

    def items(self) -> Iterator[tuple[schema.Key, Value, Origin]]:
        """Yield every setting with value and origin, sorted by name."""
        for key in schema.KEYS:
            yield key, self.get(key.name), self.origin(key.name)

    def to_dicts(self) -> list[dict[builtins.str, object]]:
        """Return every setting in its stable JSON form: key, value, origin, doc."""
        return [
            {"key": key.name, "value": value, "origin": origin.to_dict(), "doc": key.doc}
            for key, value, origin in self.items()
        ]

    def changed(self, newer: Self) -> tuple[builtins.str, ...]:
        """Return the names whose value differs in `newer` (a reload without a restart)."""
        return tuple(key.name for key in schema.KEYS if self.get(key.name) != newer.get(key.name))


def _key(name: str) -> schema.Key:
    key = schema.find(name)
    if key is None or key.name != name:
        raise KeyError(name)
    return key
