"""Frozen values whose classes cost next to nothing.

A NamedTuple writes its methods as a program and compiles it, 0.2 ms for each class at every
start, and a dataclass twice that; these methods are the same for all. For what there are few
of: making one takes longer than making a tuple.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, NoReturn, Self, dataclass_transform

NOTHING: Mapping[str, Any] = MappingProxyType({})
"""The default of a field that is a mapping: one for all, and nobody can fill it."""


@dataclass_transform(frozen_default=True)
class Frozen:
    """A value whose fields are the annotations of its class, in order; as a frozen dataclass."""

    _fields: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[dict[str, object]] = {}

    def __init_subclass__(cls) -> None:
        own = tuple(vars(cls).get("__annotations__", ()))
        cls._fields = (*cls._fields, *own)
        cls._defaults = {
            **cls._defaults,
            **{name: vars(cls)[name] for name in own if name in vars(cls)},
        }

    def __init__(self, *given: object, **named: object) -> None:
        placed = dict(zip(self._fields, given, strict=False))
        values = {**self._defaults, **placed, **named}
        twice = not placed.keys().isdisjoint(named)
        if twice or values.keys() != set(self._fields) or len(given) > len(self._fields):
            raise TypeError(f"{type(self).__name__} takes {', '.join(self._fields)}")
        vars(self).update(values)

    def _replace(self, **changes: Any) -> Self:  # noqa: ANN401 - whatever the fields are
        """Return a copy with some fields changed."""
        return type(self)(**{**vars(self), **changes})

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} does not change: '{name}'")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(tuple(vars(self)[name] for name in self._fields))

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={vars(self)[name]!r}" for name in self._fields)
        return f"{type(self).__name__}({told})"
