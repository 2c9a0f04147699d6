"""Names of our refs and the fixed tag they point to (design 3; `docs/formats/refs.md`).

    refs/timewarp/<writer>/events/<segment>      notes tree of JSON lines
    refs/timewarp/<writer>/snapshots/<segment>   tree: one entry per snapshot id
    refs/timewarp/<writer>/drafts/<segment>      the same, for auto-saves
    refs/timewarp/<writer>/kept/<segment>        commits and tags that lost their last name

Each ref points to an annotated tag of a tree: invisible to `log --all` and
`describe --all`, safe from gc, and equal content has equal ids because tagger
and date are fixed.
"""

from __future__ import annotations

from git_timewarp.git.names import Oid, RefName, WriterId

FORMAT_VERSION = 1
ROOT = "refs/timewarp"
EVENTS = "events"
SNAPSHOTS = "snapshots"
DRAFTS = "drafts"
KEPT = "kept"
PAYLOADS = "payloads"
"""Trees of blobs that events name; none is written yet, redacting knows them."""

KINDS = (SNAPSHOTS, DRAFTS, KEPT, EVENTS)
"""In the order in which a transaction moves them: what is pointed to first."""

SEGMENT_LIMITS = {EVENTS: 10_000, SNAPSHOTS: 256, DRAFTS: 256, KEPT: 1_000}
"""Entries after which a segment closes and the next one opens."""


def ref(writer: WriterId, kind: str, segment: int) -> RefName:
    """Return the name of a segment's ref; segments count from 1."""
    return RefName(f"{ROOT}/{writer}/{kind}/{segment:06d}")


def parse_ref(name: str) -> tuple[WriterId, str, int] | None:
    """Return (writer, kind, segment) of a ref of ours, or None for any other name."""
    parts = name.split("/")
    if len(parts) != 5 or parts[:2] != ["refs", "timewarp"] or parts[3] not in KINDS:
        return None
    if not parts[4].isdigit():
        return None
    return WriterId(parts[2]), parts[3], int(parts[4])


def tree_in(tag: bytes) -> Oid:
    """Return the tree that a tag of ours names, from its contents; see `tag_bytes`."""
    return Oid(tag.split(b"\n", 1)[0].split(b" ")[1].decode())


def tag_bytes(tree: Oid, kind: str) -> bytes:
    """Return the annotated tag a ref of ours points to."""
    return (
        f"object {tree}\ntype tree\ntag timewarp-{kind}\n"
        "tagger git-timewarp <git-timewarp@localhost> 0 +0000\n\n"
        f"git-timewarp {kind}, format {FORMAT_VERSION}\n"
    ).encode()
