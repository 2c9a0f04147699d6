"""A description that is known by its form is one that the parser takes, and says the same id."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from git_timewarp.git.names import Oid, RefName, RepoPath
from git_timewarp.store.snapshots import parse, plain_id
from git_timewarp.store.view import Head, Skipped, View
from git_timewarp.util.text import compact_json

ENTRY, TREE, REFS = Oid("1" * 40), Oid("2" * 40), Oid("3" * 40)
PARTS = {"tree": TREE, "refs": REFS}
TEXT = st.text(max_size=6) | st.sampled_from(["", '"', "\\", "a\nb", "\x01", "\x7f", "\udcff"])
PATHS = st.lists(TEXT.map(RepoPath), max_size=2).map(tuple)
VIEW = st.builds(
    View,
    tree=st.just(TREE),
    index_tree=st.just(TREE),
    refs=st.just(REFS),
    head=st.builds(Head, st.none() | st.just(ENTRY), st.none() | TEXT.map(RefName)),
    operation_name=st.none() | st.just("merge"),
    empty_dirs=PATHS,
    literal=PATHS,
    present=st.none() | PATHS,
    skipped=st.lists(st.builds(Skipped, TEXT.map(RepoPath), st.just("special")), max_size=1).map(
        tuple
    ),
)
PLAIN = View(TREE, TREE, REFS, Head(ENTRY, RefName("refs/heads/main")))


def written(view: View, snapshot: str, text: str) -> bytes:
    """Return a description as it is stored."""
    return compact_json(
        {
            "v": 1,
            "id": snapshot,
            "ts": "2026-01-01T00:00:00.000Z",
            "writer": "k" * 16,
            "timeline": text,
            "worktree": "main-worktree",
            "trigger": "user",
            "parents": [snapshot],
            **view.to_json(),
        }
    )


@given(VIEW, TEXT, TEXT)
def test_what_is_plain_is_what_the_parser_says(view: View, snapshot: str, text: str) -> None:
    meta = written(view, snapshot, text)
    found = plain_id(meta)
    if found is not None:
        assert parse(meta, entry=ENTRY, parts=PARTS).id == found


@given(st.binary(max_size=2), st.integers(min_value=0), st.integers(min_value=0, max_value=3))
@example(b"\n", 20, 0)
@example(b"\xff", 30, 0)
@example(b"\0", 30, 1)
def test_a_plain_one_that_was_changed_is_not_plain_or_can_be_read(
    new: bytes, at: int, cut: int
) -> None:
    meta = written(PLAIN, "klmnopqrstuv", "main")
    at %= len(meta)
    meta = meta[:at] + new + meta[at + cut :]
    found = plain_id(meta)
    if found is not None:
        assert parse(meta, entry=ENTRY, parts=PARTS).id == found


def test_an_ordinary_one_is_plain() -> None:
    empty = PLAIN._replace(present=(RepoPath("a ü"), RepoPath("b")), operation_name="merge")
    for view in (PLAIN, empty, PLAIN._replace(head=Head(None, None))):
        meta = written(view, "klmnopqrstuv", "main")
        assert plain_id(meta) == "klmnopqrstuv"
        for other in (
            meta.replace(b'"v":1', b'"v":2'),
            meta.replace(b'"timeline":"main",', b""),
            meta.replace(b"main", b"ma\\u0069n"),
            meta.replace(b'"skipped":[]', b'"skipped":[{}]'),
            meta.replace(b"main", b"\xff"),
            meta[:-1],
            meta + b"\n",
        ):
            assert plain_id(other) is None, other
