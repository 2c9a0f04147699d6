"""JSON for programs: one object a line, the same fields everywhere (design 8)."""

from __future__ import annotations

import json

from git_timewarp.timeline.results import VERSION, Json


def line(record: Json) -> bytes:
    """Return one record as a line of JSON, UTF-8.

    Bytes that are not UTF-8 in free text become `?`; names went through `json_name`.
    """
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace") + b"\n"


def versioned(record: Json) -> Json:
    """Return the record with its version first."""
    return {"v": VERSION} | record
