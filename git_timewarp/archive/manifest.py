"""The first member of an archive: what is in it (format version 1).

`docs/formats/archive.md` is the public copy. JSON, indented for people: `v`, `kind`,
`product`, `object_format`, `writer` and `lineage` of the clone that wrote it, `writers`,
`refs`, counts, `range`, `prerequisites` (always none), and `members` with size and SHA-256
of each file that follows, in order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid, RefName, WriterId
from git_timewarp.store import layout
from git_timewarp.store.events import Json
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.ids import WRITER_ID_LENGTH, is_letters

FORMAT_VERSION = 1
KIND = "git-timewarp archive"
NAME = "manifest.json"
README = "README"
BUNDLE = "history.bundle"
EVENTS = "events.jsonl"
MEMBERS = (README, BUNDLE, EVENTS)
"""What follows the manifest, in this order."""

MOST_BYTES = 64 << 20
"""A manifest is never larger: a million refs have room in it."""

_DIGEST = r"[0-9a-f]{64}\Z"
INSPECT = "git timewarp inspect"
"""The next step after damage, for who knows which archive it is to complete."""


class NewerArchiveError(TimewarpError):
    """The archive was written by a newer git-timewarp than this one."""

    kind = Kind.REFUSED
    reference = "newer-archive"


class DamagedArchiveError(TimewarpError):
    """The file is no archive, or not what was written."""

    kind = Kind.CORRUPT
    reference = "damaged-archive"


class Member(NamedTuple):
    """A file in the archive: its name, its size in bytes, its SHA-256."""

    name: str
    size: int
    sha256: str


class Origin(NamedTuple):
    """The chain that a copied one was taken from: its writer, the first and last number."""

    writer: WriterId
    first: int
    last: int


class Chain(NamedTuple):
    """A writer's events in the archive: how many, and where the chain ends.

    `origin` is set where only a part of a chain was taken: then it was sealed again.
    """

    writer: WriterId
    events: int
    lamport: int
    hash: str
    origin: Origin | None = None


class Range(NamedTuple):
    """What was asked for, and the times of the first and last event there is."""

    whole: bool
    since: str | None
    until: str | None
    timeline: str | None
    drafts: bool
    first: str
    last: str


class Manifest(Frozen):
    """What an archive says of itself; `docs/formats/archive.md` names the members."""

    product: str
    object_format: str
    writer: WriterId
    lineage: Mapping[WriterId, int]
    chains: Sequence[Chain]
    refs: Mapping[RefName, Oid]
    counts: Mapping[str, int]
    range: Range
    members: Sequence[Member]

    def to_json(self) -> Json:
        """Return the stored form."""
        return {
            "v": FORMAT_VERSION,
            "kind": KIND,
            "product": self.product,
            "object_format": self.object_format,
            "writer": self.writer,
            "lineage": dict(self.lineage),
            "writers": [_chain_json(chain) for chain in self.chains],
            "refs": {str(name): str(oid) for name, oid in sorted(self.refs.items())},
            "counts": dict(self.counts),
            "range": {
                "whole": self.range.whole,
                "from": self.range.since,
                "to": self.range.until,
                "timeline": self.range.timeline,
                "drafts": self.range.drafts,
                "first": self.range.first,
                "last": self.range.last,
            },
            "prerequisites": [],
            "members": [member._asdict() for member in self.members],
        }

    def dump(self) -> bytes:
        """Return the bytes of the file: for people too, so one member a line."""
        text = json.dumps(self.to_json(), indent=2, sort_keys=True, ensure_ascii=False)
        return text.encode() + b"\n"


def load(data: bytes) -> Manifest:
    """Read what `dump` wrote.

    Raises:
        NewerArchiveError: by a newer version.
        DamagedArchiveError: it is no manifest.
    """
    try:
        record = json.loads(data)
        version = record["v"] if record["kind"] == KIND else None
        if isinstance(version, int) and version > FORMAT_VERSION:
            product = str(record.get("product"))
            raise NewerArchiveError(
                f"the archive has format {version}, written by git-timewarp {product}; "
                f"this one reads format {FORMAT_VERSION}",
                hint="git timewarp --version",
            )
        return _parsed(record, version)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise DamagedArchiveError(
            "the archive is damaged: its manifest cannot be read", hint=INSPECT
        ) from exc


def _parsed(record: Json, version: object) -> Manifest:
    if version != FORMAT_VERSION or record["prerequisites"]:
        raise ValueError("not a manifest")
    asked = cast("dict[str, object]", record["range"])
    found = Manifest(
        product=_text(record["product"]),
        object_format=_text(record["object_format"]),
        writer=_writer(record["writer"]),
        lineage={_writer(w): _number(n) for w, n in _items(record["lineage"])},
        chains=tuple(_chain(item) for item in cast("list[Json]", record["writers"])),
        refs={_ref(name): Oid.parse(_text(oid)) for name, oid in _items(record["refs"])},
        counts={_text(name): _number(n) for name, n in _items(record["counts"])},
        range=Range(
            bool(asked["whole"]),
            _maybe(asked["from"]),
            _maybe(asked["to"]),
            _maybe(asked["timeline"]),
            bool(asked["drafts"]),
            _text(asked["first"]),
            _text(asked["last"]),
        ),
        members=tuple(_member(item) for item in cast("list[Json]", record["members"])),
    )
    lengths = {"sha1": 40, "sha256": 64}
    if any(len(oid) != lengths[found.object_format] for oid in found.refs.values()):
        raise ValueError("not ids of this format")
    if set(found.counts) != set(layout.KINDS):
        raise ValueError("not the counts of an archive")
    if tuple(member.name for member in found.members) != MEMBERS:
        raise ValueError("not the members of an archive")
    return found


def _chain_json(chain: Chain) -> Json:
    record: Json = {
        "id": chain.writer,
        "events": chain.events,
        "lamport": chain.lamport,
        "hash": chain.hash,
    }
    if chain.origin is not None:
        record["origin"] = chain.origin._asdict()
    return record


def _chain(record: Json) -> Chain:
    origin = cast("Json | None", record.get("origin"))
    copied = None
    if origin is not None:
        first, last = _number(origin["first"]), _number(origin["last"])
        copied = Origin(_writer(origin["writer"]), first, last)
    events, lamport = _number(record["events"]), _number(record["lamport"])
    return Chain(_writer(record["id"]), events, lamport, _digest(record["hash"]), copied)


def _member(record: Json) -> Member:
    return Member(_text(record["name"]), _number(record["size"]), _digest(record["sha256"]))


def _items(value: object) -> list[tuple[str, object]]:
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return list(value.items())


def _ref(name: str) -> RefName:
    """Return the name of a segment of ours, spelt as we spell it."""
    found = layout.parse_ref(RefName.parse(name))
    if found is None or layout.ref(_writer(found[0]), found[1], found[2]) != name:
        raise ValueError("not a ref of ours")
    return RefName(name)


def _writer(value: object) -> WriterId:
    text = _text(value)
    if len(text) != WRITER_ID_LENGTH or not is_letters(text):
        raise ValueError("not a writer")
    return WriterId(text)


def _digest(value: object) -> str:
    if not re.match(_DIGEST, _text(value)):
        raise ValueError("not a digest")
    return _text(value)


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 62:
        raise ValueError("not a number")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _maybe(value: object) -> str | None:
    return None if value is None else _text(value)
