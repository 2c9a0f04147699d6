"""A store somebody made to do harm: nothing but the folder asked for is ever written to."""

from __future__ import annotations

import hashlib
import json
import zlib
from pathlib import Path

import pytest

from tests.support import disasters
from tests.support.recorder import typed

FILE, LINK, TREE = 0o100644, 0o120000, 0o40000


class Store:
    """Writes loose objects that git would never write."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, kind: str, data: bytes) -> str:
        """Write an object and return its id."""
        whole = b"%s %d\0" % (kind.encode(), len(data)) + data
        oid = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
        path = self._folder / "objects" / oid[:2] / oid[2:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(zlib.compress(whole))
        return oid

    def tree(self, *entries: tuple[int, str, str]) -> str:
        """Write a tree of (mode, name, id) as they are."""
        parts = [b"%o %s\0%s" % (m, n.encode(), bytes.fromhex(o)) for m, n, o in entries]
        return self.put("tree", b"".join(parts))


def snapshot(store: Store, tree: str, meta: dict[str, object], **parts: str) -> None:
    """Write a snapshot with these parts."""
    record = {
        "v": 1,
        "id": "klmnopqrstuv",
        "ts": "2026-01-01T00:00:00.000Z",
        "writer": "k" * 16,
        "timeline": "main",
        "worktree": "main-worktree",
        "trigger": "user",
        "parents": [],
        "head": {"oid": None, "branch": None},
        "index_tree": tree,
        "operation": None,
        "empty_dirs": [],
        "literal": [],
        "skipped": [],
        **meta,
    }
    blob = store.put("blob", json.dumps(record).encode())
    given = {"tree": tree, "meta": blob, "refs": store.put("blob", b""), **parts}
    modes = {"meta": FILE, "refs": FILE, "modes": FILE}
    store.tree(*((modes.get(name, TREE), name, oid) for name, oid in sorted(given.items())))


def test_nothing_is_written_outside(tmp_path: Path) -> None:
    base = tmp_path / "work"
    (base / "repo/.git").mkdir(parents=True)
    (base / "repo/.git/HEAD").write_text("ref: refs/heads/main\n")
    (base / "outside").mkdir()
    store = Store(base / "repo/.git")
    evil = store.put("blob", b"evil\n")
    inner = store.tree((FILE, "evil", evil))
    outside = store.put("blob", str(base / "outside").encode())
    tree = store.tree(
        (FILE, "..", evil),
        (FILE, "../evil", evil),
        (FILE, "/evil", evil),
        (TREE, ".git", inner),
        (TREE, "..", inner),
        (TREE, ".", inner),
        (TREE, "", inner),
        (FILE, "a", evil),
        (LINK, "a", outside),
        (LINK, "door", outside),
        (TREE, "door", inner),
        (FILE, "good", evil),
        (0o100777, "odd", evil),
    )
    raw = store.tree((FILE, "%2E%2E%2Fevil", evil), (FILE, "%2Egit", evil), (FILE, "%ZZ", evil))
    nested = store.tree((TREE, "%2E%2E%2Foutside", "0" * 40))
    meta: dict[str, object] = {"empty_dirs": ["../outside/made", "/made", "fine", ".git/made"]}
    modes = store.put("blob", b"777 ../outside\x00")
    snapshot(store, tree, meta, raw=raw, nested=nested, modes=modes)
    before = disasters.names_in(base)
    answer = typed(base / "repo", "emergency-restore", "--latest", "--to", "../out", "--json")
    assert answer.code == 5, answer.err
    out = base / "out"
    after = disasters.names_in(base)
    assert [name for name in after if name.split("/")[0] != "out"] == before
    assert disasters.names_in(out) == ["a", "door", "door/evil", "fine", "good"]
    assert (out / "a").read_text() == "evil\n"
    done = json.loads(answer.out)
    assert sorted((item["path"], item["reason"]) for item in done["missing"]) == LISTED


_OUT = "refused: it would lead out of the folder"
_GIT = "refused: it would be taken for a repository's own files"
_STRANGE = "a name that makes no sense cannot be read"
_TAKEN = "refused: something was written in its place already"
LISTED = sorted(
    [
        ("", _STRANGE),
        ("%ZZ", _STRANGE),
        ("../evil", _STRANGE),
        ("../evil", _STRANGE),
        ("../outside", "everything in this repository cannot be read"),
        ("../outside/made", _OUT),
        ("..", _OUT),
        ("../evil", _OUT),
        ("./evil", _OUT),
        (".git", _GIT),
        (".git/evil", _GIT),
        (".git/made", _GIT),
        ("/evil", _STRANGE),
        ("/made", _OUT),
        ("a", _TAKEN),
        ("door", _TAKEN),
        ("odd", "its mode 100777 is none that git writes"),
    ]
)


def test_a_link_is_never_followed(tmp_path: Path) -> None:
    """A folder of the tree in whose place the store also has a link that leads out."""
    base = tmp_path / "work"
    (base / "repo/.git").mkdir(parents=True)
    (base / "repo/.git/HEAD").write_text("ref: refs/heads/main\n")
    (base / "outside").mkdir()
    store = Store(base / "repo/.git")
    evil = store.put("blob", b"evil\n")
    link = store.put("blob", b"../outside")
    tree = store.tree((LINK, "x", link))
    raw = store.tree((TREE, "x", store.tree((FILE, "evil", evil), (LINK, "y", link))))
    snapshot(store, tree, {"empty_dirs": ["x/y/made", "link/made"]}, raw=raw)
    answer = typed(base / "repo", "emergency-restore", "--latest", "--to", "../out")
    assert answer.code == 5
    assert list((base / "outside").iterdir()) == []
    assert (base / "out/x/evil").read_text() == "evil\n"


@pytest.mark.parametrize("ts", ["2026-02-30T10:00:00Z", "0000-01-01T10:00:00Z", "soon", 5, None])
def test_a_time_that_is_none_is_the_oldest(tmp_path: Path, ts: object) -> None:
    git_dir = tmp_path / "repo/.git"
    git_dir.mkdir(parents=True)
    (git_dir / "HEAD").write_text("ref: refs/heads/main\n")
    store = Store(git_dir)
    old = store.tree((FILE, "old", store.put("blob", b"old\n")))
    snapshot(store, old, {"ts": ts, "id": "zzzzzzzzzzzz", "timeline": 7, "trigger": None})
    listed = typed(tmp_path / "repo", "emergency-restore", "--list")
    assert (listed.code, "unknown" in listed.out) == (0, True), listed.err
    new = store.tree((FILE, "new", store.put("blob", b"new\n")))
    snapshot(store, new, {"id": "kkkkkkkkkkkk", "ts": "1999-01-01T00:00:00.000Z"})
    assert typed(tmp_path / "repo", "emergency-restore", "--list").code == 0
    for words in (["--latest"], ["--at", "yesterday"]):
        out = tmp_path / words[-1]
        line = ("emergency-restore", *words, "--to", str(out))
        assert typed(tmp_path / "repo", *line).code == 0
        assert (out / "new").exists()
    early = ("emergency-restore", "--at", "1990-01-01", "--to", str(tmp_path / "early"))
    assert typed(tmp_path / "repo", *early).code == 0
    assert (tmp_path / "early/old").exists()
