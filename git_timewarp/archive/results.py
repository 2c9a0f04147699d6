"""What `export`, `import` and `inspect` answer."""

from __future__ import annotations

from git_timewarp.archive.gather import Gathered
from git_timewarp.archive.manifest import FORMAT_VERSION, Chain, Manifest
from git_timewarp.archive.plan import Plan
from git_timewarp.store import layout
from git_timewarp.store.events import Json
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import json_name


class ExportResult(Frozen):
    """What was written, or would be: `found` is the manifest, or what was gathered."""

    output: str | None
    found: Manifest | Gathered
    size: int | None = None

    @property
    def done(self) -> bool:
        """Whether anything was written."""
        return isinstance(self.found, Manifest)

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        found = self.found
        first, last = (
            (found.range.first, found.range.last)
            if isinstance(found, Manifest)
            else (found.first, found.last)
        )
        return {
            "output": json_name(self.output) if self.output is not None else None,
            "size": self.size,
            "events": found.counts[layout.EVENTS],
            "snapshots": found.counts[layout.SNAPSHOTS],
            "drafts": found.counts[layout.DRAFTS],
            "kept": found.counts[layout.KEPT],
            "writers": [_chain(chain) for chain in found.chains],
            "first": first,
            "last": last,
            "dry_run": not self.done,
        }


class ImportResult(Frozen):
    """What was taken in, or would be.

    Attributes:
        kept: the archive of what was there before it was replaced.
        began: whether recording began with it.
    """

    archive: str
    manifest: Manifest
    plan: Plan
    kept: str | None = None
    began: bool = False
    done: bool = False

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        plan = self.plan
        return {
            "archive": json_name(self.archive),
            "changed": bool(plan.updates),
            "events": sum(item.events for item in plan.taken),
            "snapshots": sum(item.snapshots for item in plan.taken),
            "writers": [item.to_json() for item in plan.taken],
            "replaced": plan.replaces,
            "kept_in": json_name(self.kept) if self.kept is not None else None,
            "began": self.began,
            "dry_run": not self.done,
        }


class InspectResult(Frozen):
    """What an archive says of itself; every checksum in it was compared."""

    archive: str
    size: int
    manifest: Manifest

    def to_dict(self) -> Json:
        """Return the stable JSON form."""
        manifest = self.manifest
        asked = manifest.range
        return {
            "archive": json_name(self.archive),
            "ok": True,
            "size": self.size,
            "format": FORMAT_VERSION,
            "product": manifest.product,
            "object_format": manifest.object_format,
            "writer": manifest.writer,
            "writers": [_chain(chain) for chain in manifest.chains],
            "events": manifest.counts[layout.EVENTS],
            "snapshots": manifest.counts[layout.SNAPSHOTS],
            "drafts": manifest.counts[layout.DRAFTS],
            "kept": manifest.counts[layout.KEPT],
            "refs": len(manifest.refs),
            "range": {
                "whole": asked.whole,
                "from": asked.since,
                "to": asked.until,
                "timeline": asked.timeline,
                "drafts": asked.drafts,
                "first": asked.first,
                "last": asked.last,
            },
            "members": [member._asdict() for member in manifest.members],
        }


def _chain(chain: Chain) -> Json:
    record: Json = {"writer": chain.writer, "events": chain.events}
    if chain.origin is not None:
        record["origin"] = chain.origin._asdict()
    return record
