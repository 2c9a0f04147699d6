"""What a capture remembers for the next one; a cache that may be lost at any time.

Format (version 2): `memory.json`, one JSON object and a line with the CRC-32 of its bytes in
hex: what a bit of it says becomes a snapshot. Names hold bytes that are not UTF-8 as lone
surrogates, escaped by JSON. It is believed only together with the
private index it names; whatever does not fit is thrown away and seeded anew.
"""

from __future__ import annotations

import binascii
import contextlib
import json
import os

from git_timewarp.util import atomic

FORMAT_VERSION = 2


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
        cursor: moment up to which a watcher told of changes, '' when the rest cannot be used.
        changes, others, folders: what the last scan saw and the private index has not.
        head: commit and branch of HEAD with `refs`, '' for none; empty when not known.
    """

    def __init__(self) -> None:
        self.v = FORMAT_VERSION
        self.seed = ""
        self.private = ""
        self.sources = ""
        self.tree = ""
        self.overlay: dict[str, list[str]] = {}
        self.laid = ""
        self.index_tree = ""
        self.stages: dict[str, str] = {}
        self.bits = ""
        self.index_part = ""
        self.refs = ""
        self.umask = -1
        self.modes = ""
        self.seen = 0
        self.attributes = ""
        self.gitlinks: list[str] = []
        self.sparse: list[str] = []
        self.present: list[str] = []
        self.gone: list[str] = []
        self.literal: list[str] = []
        self.raw: dict[str, list[str]] = {}
        self.away: list[str] = []
        self.digests: dict[str, list[str]] = {}
        self.recheck: dict[str, str] = {}
        self.special: list[str] | None = None
        self.nested: dict[str, str] = {}
        self.cursor = ""
        self.changes: list[list[str]] = []
        self.others: list[str] = []
        self.folders: list[str] = []
        self.head: list[str] = []

    def dump(self) -> bytes:
        """Return the file's contents."""
        body = json.dumps(vars(self), separators=(",", ":")).encode("ascii")
        return b"%s\n%08x\n" % (body, binascii.crc32(body))

    def save(self, folder: str) -> None:
        """Replace `memory.json` in `folder` when it would change."""
        path = os.path.join(folder, "memory.json")
        data = self.dump()
        if atomic.read(path) != data:
            atomic.write(path, data, sync=False)


def load(folder: str) -> Memory:
    """Return what was remembered, or an empty memory when there is nothing (readable)."""
    data = atomic.read(os.path.join(folder, "memory.json"))
    memory = Memory()
    body, _, mark = (data or b"").partition(b"\n")
    if mark != b"%08x\n" % binascii.crc32(body):
        return memory
    with contextlib.suppress(ValueError):
        record = json.loads(body)
        fits = isinstance(record, dict) and record.keys() == vars(memory).keys()
        if fits and record["v"] == FORMAT_VERSION:
            vars(memory).update(record)
    return memory
