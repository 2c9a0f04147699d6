"""Writing a snapshot: its entry tree and `meta` (format in `store/snapshots.py`), and what it needs."""

from collections.abc import Sequence

from git_timewarp.git.names import Oid, SnapshotId
from git_timewarp.git.objects import MODE_FILE, MODE_TREE, Reader, TreeEntry
from git_timewarp.git.trees import new_objects
from git_timewarp.store.events import Json
from git_timewarp.store.quarantine import Quarantine
from git_timewarp.store.snapshots import FORMAT_VERSION
from git_timewarp.store.view import View
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import compact_json

_BLOBS = frozenset({"refs", "modes", "meta"})


class NewSnapshot(Frozen):
    """A snapshot to be stored."""

    id: SnapshotId
    view: View
    ts: str
    trigger: str
    timeline: str
    worktree: str
    writer: str
    parents: tuple[SnapshotId, ...] = ()


def compose(quarantine: Quarantine, new: NewSnapshot, *, sync: bool = True) -> tuple[Oid, Oid]:
    """Write the entry tree and its meta; return (entry, meta blob).

    `sync=False` is for what is folded at once.
    """
    record: Json = {
        "v": FORMAT_VERSION,
        "id": new.id,
        "ts": new.ts,
        "writer": new.writer,
        "timeline": new.timeline,
        "worktree": new.worktree,
        "trigger": new.trigger,
        "parents": list(new.parents),
        **new.view.to_json(),
    }
    meta = quarantine.put("blob", compact_json(record), sync=sync)
    parts = {**new.view.parts(), "meta": meta}
    entries = [
        TreeEntry(MODE_FILE if name in _BLOBS else MODE_TREE, name, oid)
        for name, oid in parts.items()
    ]
    return quarantine.put_tree(entries, sync=sync), meta


def needed(
    reader: Reader, view: View, *, previous: View | None, head_tree: Oid | None
) -> list[Oid]:
    """Return every object of `view` that neither `previous` nor HEAD's tree has in its place.

    Pass `head_tree` only when the snapshot is folded at once: what only HEAD's tree
    holds is git's to prune when HEAD moves (design 3).
    """
    heads = [head_tree] if head_tree is not None else []
    before = previous.parts() if previous is not None else {}
    found: dict[Oid, None] = {}

    def below(tree: Oid, bases: Sequence[Oid | None]) -> None:
        known = [base for base in bases if base is not None]
        found.update(dict.fromkeys(oid for oid, _, _ in new_objects(reader, tree, known)))

    for name, oid in view.parts().items():
        if before.get(name) == oid:
            continue
        if name in _BLOBS:
            found[oid] = None
        elif name == "tree":
            below(oid, [*heads, before.get("tree")])
        elif name == "index":
            found[oid] = None
            stages = {item.name: item for item in reader.tree(oid)}
            old = before.get("index")
            old_stages = {i.name: i for i in reader.tree(old)} if old is not None else {}
            last = previous.index_tree if previous is not None else None
            for stage, item in stages.items():
                was = old_stages.get(stage)
                if not item.is_tree:
                    found[item.oid] = None
                elif stage == "0":
                    below(item.oid, [*heads, view.tree, before.get("tree"), last if was else None])
                else:
                    below(item.oid, [was.oid if was else None])
        else:
            below(oid, [before.get(name)])
    return list(found)
