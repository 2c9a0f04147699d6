"""The intent of a fold, as the journal holds it: a pack, and the old and new value of each ref."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from git_timewarp.git.names import Oid, RefName
from git_timewarp.git.refs import RefUpdate
from git_timewarp.store import layout
from git_timewarp.store.events import Json


def made(fold: str, pack: str, moves: Sequence[RefUpdate]) -> tuple[Json, list[RefUpdate]]:
    """Return the intent of a fold with this id, and its moves in the order they are made."""
    ordered = sorted(moves, key=_order)
    named = [{"name": u.name, "old": u.old, "new": u.new} for u in ordered]
    return {"fold": fold, "pack": pack, "refs": named}, ordered


def updates(record: Mapping[str, object]) -> list[RefUpdate]:
    """Return the moves of an intent."""
    items = record["refs"]
    assert isinstance(items, list)  # noqa: S101 - our own record
    return [RefUpdate(RefName(i["name"]), Oid(i["old"]), Oid(i["new"])) for i in items]


def _order(change: RefUpdate) -> tuple[int, str]:
    parsed = layout.parse_ref(change.name)
    return (layout.KINDS.index(parsed[1]) if parsed else 0), change.name
