"""A view: the whole state of one work tree at one moment, as stored in git.

Format (version 1), one tree per snapshot; `docs/formats/snapshot.md` is its public copy:

    tree        tree   the work tree as git would normalise it
    index       tree   only when the index is neither HEAD's tree nor `tree`:
                       `0` tree of stage 0, `1` `2` `3` trees of the conflict stages,
                       `bits` blob: `<flag> <path>` NUL-terminated, flag one of
                       `assume-unchanged`, `skip-worktree`, `intent-to-add`
    raw         tree   exact bytes of files that `tree` cannot give back, leaf names escaped
                       (see `escape`), folders kept
    refs        blob   `<oid> <refname>[ <symref>]` per line, sorted; HEAD first
    modes       blob   `<octal> <path>` NUL-terminated: permission bits that git does not keep
    nested      tree   one tree per nested repository, named by its escaped path, each a view
    operation   tree   state files of a merge, rebase, cherry-pick or bisect in progress
    meta        blob   JSON, see `Meta` in `store/snapshots.py`

Two views are equal when everything but who took them and when is equal.
"""

from collections.abc import Mapping
from typing import Self

from git_timewarp.git.names import Oid, RefName, RepoPath
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import json_name, name_from_json, to_bytes, to_str

FORMAT_VERSION = 1


class Head(Frozen):
    """Where HEAD points: a commit, a branch, or a branch that is not born yet."""

    oid: Oid | None
    branch: RefName | None

    @property
    def is_detached(self) -> bool:
        """Whether HEAD names a commit and no branch."""
        return self.branch is None

    @property
    def is_unborn(self) -> bool:
        """Whether the branch has no commit yet."""
        return self.oid is None


class Skipped(Frozen):
    """A path that was not captured, and why.

    `size` in bytes and `digest` (SHA-256) are given where known. `reason` is one of

        too-large    untracked and over the limit; `digest` says what it was
        unreadable   permission denied or an input error; the tree holds what it held
        special      a socket, FIFO or device
        encrypted    changed, and its filter encrypts: never stored in clear
        vanished     gone while it was captured, or its object lost with no file to read
        staged-lost  the object that was staged is gone from git's store
        worktree     another work tree of this repository
        nested       a nested repository that could not be opened
        refused      git would not take it
        purged       taken out of the snapshot later (`store/excise.py`)
    """

    path: RepoPath
    reason: str
    size: int | None = None
    digest: str | None = None

    def to_json(self) -> dict[str, object]:
        """Return the stable JSON form."""
        record: dict[str, object] = {"path": json_name(self.path), "reason": self.reason}
        if self.size is not None:
            record["size"] = self.size
        if self.digest is not None:
            record["sha256"] = self.digest
        return record

    @classmethod
    def from_json(cls, record: dict[str, object]) -> Self:
        """Reverse `to_json`."""
        size, digest = record.get("size"), record.get("sha256")
        return cls(
            RepoPath(name_from_json(record["path"])),  # type: ignore[arg-type]
            str(record["reason"]),
            size if isinstance(size, int) else None,
            digest if isinstance(digest, str) else None,
        )


class View(Frozen):
    """What a work tree looks like; every object named here is in git or in the quarantine.

    Attributes:
        tree: tree of the work tree (empty tree when there is nothing).
        index_tree: tree of the index's stage 0; always set.
        index: the `index` part, or None when `index_tree` and no bits say it all and
            `index_tree` equals HEAD's tree or `tree`.
        raw, modes, nested, operation: the parts of the same name, or None.
        refs: the `refs` blob.
        head: where HEAD points.
        operation_name: `merge`, `rebase`, `cherry-pick`, `revert`, `bisect`, `am` or None.
        empty_dirs: folders with nothing in them, sorted.
        literal: paths with an external filter whose `tree` blob is the file's own bytes.
        present: paths with skip-worktree that were in the work tree all the same, the others
            with it were not; None where nobody looked (a git revision).
        skipped: what could not be captured, sorted by path.
    """

    tree: Oid
    index_tree: Oid
    refs: Oid
    head: Head
    index: Oid | None = None
    raw: Oid | None = None
    modes: Oid | None = None
    nested: Oid | None = None
    operation: Oid | None = None
    operation_name: str | None = None
    empty_dirs: tuple[RepoPath, ...] = ()
    literal: tuple[RepoPath, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    present: tuple[RepoPath, ...] | None = None

    def parts(self) -> dict[str, Oid]:
        """Return the named parts that exist, `meta` aside."""
        named = {
            "tree": self.tree,
            "index": self.index,
            "raw": self.raw,
            "refs": self.refs,
            "modes": self.modes,
            "nested": self.nested,
            "operation": self.operation,
        }
        return {name: oid for name, oid in named.items() if oid is not None}

    def to_json(self) -> dict[str, object]:
        """Return what `meta` holds of the view (the parts themselves are tree entries)."""
        record: dict[str, object] = {
            "head": {"oid": self.head.oid, "branch": self.head.branch},
            "index_tree": self.index_tree,
            "operation": self.operation_name,
            "empty_dirs": [json_name(path) for path in self.empty_dirs],
            "literal": [json_name(path) for path in self.literal],
            "skipped": [item.to_json() for item in self.skipped],
        }
        if self.present is not None:
            record["present"] = [json_name(path) for path in self.present]
        return record

    @classmethod
    def from_json(cls, record: dict[str, object], parts: Mapping[str, Oid]) -> Self:
        """Reverse `parts` and `to_json`; KeyError or TypeError when something is missing."""
        head = record["head"]
        if not isinstance(head, dict):
            raise TypeError("head")
        operation = record["operation"]
        return cls(
            tree=parts["tree"],
            index_tree=Oid(str(record["index_tree"])),
            refs=parts["refs"],
            head=Head(
                Oid(head["oid"]) if head["oid"] else None,
                RefName(head["branch"]) if head["branch"] else None,
            ),
            index=parts.get("index"),
            raw=parts.get("raw"),
            modes=parts.get("modes"),
            nested=parts.get("nested"),
            operation=parts.get("operation"),
            operation_name=str(operation) if operation else None,
            empty_dirs=_paths(record["empty_dirs"]),
            literal=_paths(record["literal"]),
            skipped=tuple(Skipped.from_json(item) for item in record["skipped"]),  # type: ignore[attr-defined]
            present=_paths(record["present"]) if "present" in record else None,
        )


def _paths(value: object) -> tuple[RepoPath, ...]:
    return tuple(RepoPath(name_from_json(item)) for item in value)  # type: ignore[attr-defined]


def escape(name: str) -> str:
    """Return a tree entry name for one path component (or a whole path) that git accepts.

    `%`, `/`, a leading `.`, `~`, control and non-ASCII bytes become `%XX`; the result is
    never `.git` in any disguise (HFS and NTFS spellings included), and never empty.
    """
    raw = to_bytes(name)
    out = []
    for position, byte in enumerate(raw):
        plain = 0x20 < byte < 0x7F and chr(byte) not in '%/~\\:*?"<>|'
        first_or_last_dot = byte == 0x2E and position in {0, len(raw) - 1}
        out.append(chr(byte) if plain and not first_or_last_dot else f"%{byte:02X}")
    text = "".join(out)
    if text.lower().startswith(("git~", "git", "con", "aux", "nul", "prn")):
        text = f"%{ord(text[0]):02X}{text[1:]}"
    return text


def unescape(name: str) -> str:
    """Reverse `escape`."""
    out = bytearray()
    raw = to_bytes(name)
    position = 0
    while position < len(raw):
        if raw[position] == 0x25:
            out.append(int(raw[position + 1 : position + 3], 16))
            position += 3
        else:
            out.append(raw[position])
            position += 1
    return to_str(bytes(out))
