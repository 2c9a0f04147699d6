"""JSON for programs: one object a line, the same fields everywhere (design 8)."""

from __future__ import annotations

import json

from git_timewarp.timeline.results_look import VERSION, Json


def text(record: Json) -> str:
    """Return one record as JSON on one line.

    Bytes that are not UTF-8 in free text become `?`; names went through `json_name`.
    """
    dumped = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    return dumped.encode("utf-8", "replace").decode("utf-8")


def line(record: Json) -> bytes:
    """Return one record as a line of bytes, UTF-8 whatever the locale is."""
    return text(record).encode("utf-8") + b"\n"


def versioned(record: Json) -> Json:
    """Return the record with its version first."""
    return {"v": VERSION} | record
