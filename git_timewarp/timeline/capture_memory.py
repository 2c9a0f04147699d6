"""What a capture remembers for the next one; a cache that may be lost at any time.

Format (version 1): one JSON object, `memory.json`. Names hold bytes that are not
UTF-8 as lone surrogates, escaped by JSON. It is believed only together with the
private index it names; whatever does not fit is thrown away and seeded anew.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields

from git_timewarp.util import atomic

FORMAT_VERSION = 1


@dataclass
class Memory:
    """The state between two captures of one place.

    Attributes:
        seed: identity of the user's index the private one was seeded from; '' for none.
        private: identity of the private index after our last write.
        sources: identity of what decides about ignoring and converting outside the tree.
        tree: tree of the private index, '' when not known.
        overlay: path -> [stamp, mode, blob] of changes laid over the private index; all
            empty for a path that is gone.
        laid: tree of the private index with those changes, '' when not known.
        index_tree: stage 0 of the user's index as a tree.
        stages: the trees of the conflict stages by number.
        bits: the `bits` blob, '' for none.
        index_part: the last `index` part, '' for none.
        refs: the last `refs` blob.
        umask: the umask the modes were judged by; -1 before the first time.
        modes: the last `modes` blob, '' for none.
        seen: second from which on an index entry is new to us.
        attributes: what decided about conversions when they were last checked.
        gitlinks: paths of submodules in the index.
        sparse: paths with skip-worktree that were absent.
        present: paths with skip-worktree that were there all the same.
        gone: paths that were deleted and so left the private index.
        literal: paths whose blob in the private index is the file's own bytes.
        raw: path -> [stamp, mode, blob, why] of exact bytes kept beside the tree.
        away: paths that went since conversions were compared: when back, to be looked at.
        digests: path -> [stamp, SHA-256] of files too large to be captured.
        recheck: path -> stamp of files written in the second they were captured.
        special: sockets, FIFOs and devices; None before the first look.
        nested: path -> view tree of nested repositories copied whole.
    """

    v: int = FORMAT_VERSION
    seed: str = ""
    private: str = ""
    sources: str = ""
    tree: str = ""
    overlay: dict[str, list[str]] = field(default_factory=dict)
    laid: str = ""
    index_tree: str = ""
    stages: dict[str, str] = field(default_factory=dict)
    bits: str = ""
    index_part: str = ""
    refs: str = ""
    umask: int = -1
    modes: str = ""
    seen: int = 0
    attributes: str = ""
    gitlinks: list[str] = field(default_factory=list)
    sparse: list[str] = field(default_factory=list)
    present: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    literal: list[str] = field(default_factory=list)
    raw: dict[str, list[str]] = field(default_factory=dict)
    away: list[str] = field(default_factory=list)
    digests: dict[str, list[str]] = field(default_factory=dict)
    recheck: dict[str, str] = field(default_factory=dict)
    special: list[str] | None = None
    nested: dict[str, str] = field(default_factory=dict)

    def dump(self) -> bytes:
        """Return the file's contents."""
        return json.dumps(asdict(self), separators=(",", ":")).encode("ascii")

    def save(self, folder: str) -> None:
        """Replace `memory.json` in `folder` when it would change."""
        path = os.path.join(folder, "memory.json")
        data = self.dump()
        if atomic.read(path) != data:
            atomic.write(path, data, sync=False)


def load(folder: str) -> Memory:
    """Return what was remembered, or an empty memory when there is nothing (readable)."""
    data = atomic.read(os.path.join(folder, "memory.json"))
    try:
        record = json.loads(data or b"")
        names = {item.name for item in fields(Memory)}
        if record["v"] != FORMAT_VERSION or set(record) != names:
            return Memory()
        return Memory(**record)
    except (ValueError, KeyError, TypeError):
        return Memory()
