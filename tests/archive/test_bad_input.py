"""Whatever an archive is, nothing moves before all of it is proved, and nothing is a surprise."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from git_timewarp.app.archive import inspect
from git_timewarp.archive import chains, zstd
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid
from git_timewarp.git.objects import (
    MODE_EXEC,
    MODE_FILE,
    MODE_GITLINK,
    MODE_LINK,
    MODE_TREE,
    TreeEntry,
)
from git_timewarp.store import layout
from git_timewarp.store.heap import Heap
from tests.support.archives import empty, tw
from tests.support.forging import (
    Forger,
    Given,
    Objects,
    forged,
    manifest_with,
    packed,
    refusal,
    tree_of,
    unpacked,
    untouched,
)
from tests.support.recorder import opened
from tests.support.repo_builder import RepoBuilder

Parts = dict[str, TreeEntry]
STONE = b'{"by":"purge","op":"x","reason":"y","ts":"2026-11-26T00:00:00.000Z","v":1}'


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans())
def test_damage_anywhere_is_told(given_archive: Given, place: float, bit: int, cut: bool) -> None:  # noqa: FBT001
    target, good = given_archive
    at = int(place * len(good))
    flipped = good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :]
    if at in HARMLESS and not cut:
        return
    error = refusal(target, good[:at] if cut else flipped)
    assert error.kind is Kind.CORRUPT
    assert error.reference == "damaged-archive"


HARMLESS = (4, 5)
"""Bytes of the frame's header: a bit that nobody reads, and how large a window may be needed."""


def test_a_bit_of_the_beginning_is_told_or_harmless(given_archive: Given) -> None:
    target, good = given_archive
    path = target.path.parent / "bad.tar.zst"
    for at in range(12):
        for bit in range(8):
            path.write_bytes(good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :])
            try:
                inspect(str(path), progress=lambda _done, _all: None)
            except TimewarpError as exc:
                assert exc.reference == "damaged-archive"  # noqa: PT017
            else:
                assert at in HARMLESS


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(("manifest.json", "history.bundle")), data=st.data())
def test_damage_before_it_was_packed_up_is_told(
    given_archive: Given, name: str, data: st.DataObject
) -> None:
    """Whoever can make the checksums right still cannot make a history."""
    target, good = given_archive
    members = unpacked(good)
    at = data.draw(st.integers(0, len(members[name]) - 1))
    byte = data.draw(st.integers(0, 255))
    changed = members[name][:at] + bytes([byte]) + members[name][at + 1 :]
    bad = packed(members | {name: changed}, seal=name != "manifest.json")
    path = target.path.parent / "bad.tar.zst"
    path.write_bytes(bad)
    with untouched(target):
        try:
            opened(target).archive.bring(str(path), dry_run=True, confirm=lambda _what: None)
        except TimewarpError as exc:
            assert exc.reference in {  # noqa: PT017
                "damaged-archive",
                "newer-archive",
                "hostile-archive",
                "other-object-format",
                "archive-too-large",
            }
        except ValueError:
            raise AssertionError(at) from None


def test_what_is_no_archive_is_told(given_archive: Given, tmp_path: Path) -> None:
    target, good = given_archive
    for data in (b"", b"\0", b"not an archive", os.urandom(100), good + b"\0", good + good):
        assert refusal(target, data).reference == "damaged-archive"
    app = opened(target)
    for path in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(TimewarpError) as caught:
            app.archive.bring(str(path), confirm=lambda _what: None)
        assert caught.value.reference == "no-archive"


def test_a_newer_format_is_refused_with_advice(given_archive: Given) -> None:
    target, good = given_archive
    members = manifest_with(unpacked(good), v=2, product="9.0", surprise=True)
    error = refusal(target, packed(members, seal=False))
    assert (error.reference, error.kind) == ("newer-archive", Kind.REFUSED)
    assert error.message == (
        "the archive has format 2, written by git-timewarp 9.0; this one reads format 1"
    )


def test_other_object_ids_are_refused(given_archive: Given, tmp_path: Path) -> None:
    _, good = given_archive
    other = empty(tmp_path / "other", object_format="sha256")
    path = tmp_path / "good.tar.zst"
    path.write_bytes(good)
    done = tw(other, "import", "../good.tar.zst", code=1)
    assert done.stderr.decode().splitlines() == [
        "error: the archive is of a sha1 repository, this one is sha256",
        "hint: git init --object-format=sha1 history",
    ]
    assert not (other.path / ".git/timewarp").exists()


def test_a_size_bomb_is_refused_before_it_is_unpacked(given_archive: Given) -> None:
    target, good = given_archive
    members = unpacked(good)
    manifest = json.loads(members["manifest.json"])
    manifest["members"][1]["size"] = 1 << 60
    error = refusal(target, packed(manifest_with(members, **manifest), seal=False))
    assert error.reference == "archive-too-large"
    assert "and 16.0 MB have to stay free beside it" in error.message
    assert error.hint == f"df -h {target.git_dir() / 'timewarp'}"


def test_a_member_larger_than_it_says_is_refused(given_archive: Given) -> None:
    target, good = given_archive
    members = unpacked(good)
    members["README"] += b"\0" * 5_000_000
    assert refusal(target, packed(members, seal=False)).reference == "damaged-archive"


def test_members_we_did_not_write_are_refused(given_archive: Given) -> None:
    target, good = given_archive
    members = unpacked(good)
    for name in ("../out", "/etc/passwd", ".git/hooks/post-commit", "history.bundle/x", "more"):
        error = refusal(target, packed(members | {name: b"x"}, seal=False))
        assert error.reference == "damaged-archive"
        swapped = {name if key == "README" else key: data for key, data in members.items()}
        assert refusal(target, packed(swapped, seal=False)).reference == "damaged-archive"
    assert not (target.path.parent / "out").exists()


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE]
)
def test_members_that_are_no_files_are_refused(given_archive: Given, kind: bytes) -> None:
    target, good = given_archive
    members = unpacked(good)
    out, inner = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in members.items():
            item = tarfile.TarInfo(name)
            if name == "README":
                item.type, item.linkname = kind, "/etc/passwd"
                tar.addfile(item)
            else:
                item.size = len(data)
                tar.addfile(item, io.BytesIO(data))
    frame = zstd.Writer(out.write)
    frame.write(inner.getvalue())
    frame.finish()
    assert refusal(target, out.getvalue()).reference == "damaged-archive"


# -- histories that were made on purpose ----------------------------------------------------


@pytest.mark.parametrize("path", [".git/hooks/post-commit", "../outside", ".GIT/config", "a/./b"])
def test_a_tree_that_leaves_the_work_tree_is_refused(given_archive: Given, path: str) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        forger.snapshot_with(heap, "tree", TreeEntry(MODE_TREE, "tree", tree_of(heap, path)))

    assert refusal(target, forged(target, good, change)).reference == "hostile-archive"


@pytest.mark.parametrize(
    ("setting", "what"),
    [
        ("url = --upload-pack=touch", "url"),
        ("url = x\n\tpath = --all", "path"),
        ("url = x\n\tupdate = !touch pwned", "update command"),
    ],
)
def test_what_is_wrong_of_a_submodule_is_called_what_it_is(
    given_archive: Given, setting: str, what: str
) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        blob = heap.put("blob", f'[submodule "x"]\n\t{setting}\n'.encode())
        tree = heap.put_tree([TreeEntry(MODE_FILE, ".gitmodules", blob)])
        forger.snapshot_with(heap, "tree", TreeEntry(MODE_TREE, "tree", tree))

    error = refusal(target, forged(target, good, change))
    assert error.reference == "hostile-archive"
    assert error.message == (
        f"the archive holds a '.gitmodules' file with a submodule {what} that git does not "
        "allow, and nothing of it was taken"
    )


@pytest.mark.parametrize(
    "path", ["%2Egit/hooks/post-commit", "%2E%2E/outside", "a%2F%2E%2E%2F%2E%2E/x", "%2Fetc/passwd"]
)
@pytest.mark.parametrize("part", ["raw", "operation"])
def test_an_escaped_name_that_leaves_is_refused(given_archive: Given, part: str, path: str) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        forger.snapshot_with(heap, part, TreeEntry(MODE_TREE, part, tree_of(heap, path)))

    assert refusal(target, forged(target, good, change)).reference == "hostile-archive"


@pytest.mark.parametrize("path", ["hooks/post-commit", "config", "HEAD", "rebase-merge/%2E%2E/x"])
def test_a_state_file_that_is_none_is_refused(given_archive: Given, path: str) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        part = TreeEntry(MODE_TREE, "operation", tree_of(heap, path))
        forger.snapshot_with(heap, "operation", part)

    assert refusal(target, forged(target, good, change)).reference == "hostile-archive"


@pytest.mark.parametrize("member", ["empty_dirs", "literal", "present"])
def test_a_listed_path_that_leaves_is_refused(given_archive: Given, member: str) -> None:
    target, good = given_archive
    for path in ("../outside", "/etc", ".git/hooks", "a//b", "a/../../b"):

        def change(heap: Heap, forger: Forger, path: str = path) -> None:
            forger.snapshot_with(heap, "", None, **{member: [path]})

        assert refusal(target, forged(target, good, change)).reference == "hostile-archive"


def test_a_mode_of_a_path_outside_is_refused(given_archive: Given) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        blob = heap.put("blob", b"777 ../outside\0")
        forger.snapshot_with(heap, "modes", TreeEntry(MODE_FILE, "modes", blob))

    assert refusal(target, forged(target, good, change)).reference == "hostile-archive"


def through_a_link(heap: Heap, forger: Forger, part: str, member: str) -> None:
    """Make the newest snapshot hold a link `l`, and something that lies below it or at it."""
    link = TreeEntry(MODE_LINK, "l", heap.put("blob", b"/tmp"))
    forger.also = [TreeEntry(MODE_TREE, "tree", heap.put_tree([link]))]
    if part == "empty_dirs":
        forger.snapshot_with(heap, "", None, empty_dirs=[member])
        return
    given = tree_of(heap, member)
    if part == "nested":
        inner = forger.tree(f"{forger.refs[layout.ref(forger.writer, 'snapshots', 1)]}^{{tree}}")
        given = heap.put_tree([TreeEntry(MODE_TREE, member, inner[0].oid)])
    forger.snapshot_with(heap, part, TreeEntry(MODE_TREE, part, given), empty_dirs=[])


@pytest.mark.parametrize(
    ("part", "member"),
    [
        ("raw", "l/evil"),
        ("raw", "l/deep/evil"),
        ("empty_dirs", "l/evil"),
        ("empty_dirs", "l"),
        ("nested", "l%2Fevil"),
        ("nested", "l"),
    ],
)
def test_a_path_below_a_link_is_refused(given_archive: Given, part: str, member: str) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        through_a_link(heap, forger, part, member)

    error = refusal(target, forged(target, good, change))
    assert error.reference == "hostile-archive"
    assert "and 'l', which is no folder" in error.message


@pytest.mark.parametrize("mode", ["10000", "100755", "177777", "9", "-1", ""])
def test_permission_bits_there_are_not_are_refused(given_archive: Given, mode: str) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        blob = heap.put("blob", f"{mode} a.txt\0".encode())
        forger.snapshot_with(heap, "modes", TreeEntry(MODE_FILE, "modes", blob))

    assert refusal(target, forged(target, good, change)).reference == "damaged-archive"


def test_exact_bytes_that_are_a_commit_are_refused(given_archive: Given) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        raw = heap.put_tree([TreeEntry(MODE_GITLINK, "x", GONE)])
        forger.snapshot_with(heap, "raw", TreeEntry(MODE_TREE, "raw", raw))

    assert refusal(target, forged(target, good, change)).reference == "damaged-archive"


def test_all_permission_bits_there_are_come_and_go(tmp_path: Path) -> None:
    """A file nobody may read, and one with all bits: an export of our own is taken in."""
    source = empty(tmp_path / "source")
    for name, mode in (("none", 0), ("write", 0o20), ("all", 0o7777)):
        source.write(name, "x\n")
        os.chmod(source.path / name, mode)
    tw(source, "init", "--no-hooks")
    tw(source, "export", "--output", "../bits.tar.zst")
    target = empty(tmp_path / "target")
    tw(target, "import", "../bits.tar.zst")


def test_a_nested_repository_outside_is_refused(given_archive: Given) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        inner = forger.tree(f"{forger.refs[layout.ref(forger.writer, 'snapshots', 1)]}^{{tree}}")
        nested = heap.put_tree([TreeEntry(MODE_TREE, "%2E%2E%2Foutside", inner[0].oid)])
        forger.snapshot_with(heap, "nested", TreeEntry(MODE_TREE, "nested", nested))

    assert refusal(target, forged(target, good, change)).reference == "hostile-archive"


def test_another_snapshot_under_a_name_is_refused(given_archive: Given) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        forger.snapshot_with(heap, "", None, id="kkkkkkkkkkkk")

    assert refusal(target, forged(target, good, change)).reference == "damaged-archive"


NO_TEXT: dict[str, object] = {"ts": 5, "timeline": 7, "worktree": None, "trigger": ["user"]}
NO_DATE = [("ts", "2026-02-30T10:00:00Z"), ("ts", "soon")]


@pytest.mark.parametrize(("member", "value"), [*NO_TEXT.items(), *NO_DATE])
def test_a_description_nobody_could_show_is_refused(
    given_archive: Given, member: str, value: object
) -> None:
    target, good = given_archive

    def change(_heap: Heap, forger: Forger) -> None:
        forger.snapshot_with(_heap, "", None, **{member: value})

    error = refusal(target, forged(target, good, change))
    assert error.reference == "damaged-archive"
    assert f"has no '{member}' of the right form" in error.message


def kept_with(target: RepoBuilder, good: bytes, change: Callable[[Heap, Parts], None]) -> bytes:
    """Return an archive in which `change` changed the entry of the kept commit."""

    def entry(heap: Heap, forger: Forger) -> None:
        ref = layout.ref(forger.writer, layout.KEPT, 1)
        (item,) = forger.tree(f"{forger.refs[ref]}^{{tree}}")
        parts = {part.name: part for part in forger.tree(item.oid)}
        change(heap, parts)
        tree = heap.put_tree([item._replace(oid=heap.put_tree(list(parts.values())))])
        forger.refs[ref] = heap.put("tag", layout.tag_bytes(tree, layout.KEPT))

    return forged(target, good, entry)


def test_a_kept_commit_with_the_tree_of_another_is_refused(given_archive: Given) -> None:
    target, good = given_archive

    def change(heap: Heap, parts: Parts) -> None:
        parts["tree"] = parts["tree"]._replace(oid=heap.put_tree([]))

    error = refusal(target, kept_with(target, good, change))
    assert (error.reference, "another one" in error.message) == ("damaged-archive", True)


@pytest.mark.parametrize(
    ("part", "mode"),
    [
        ("tree", MODE_GITLINK),
        ("object", MODE_EXEC),
        ("object", MODE_LINK),
        ("object", MODE_GITLINK),
        ("type", MODE_LINK),
    ],
)
def test_a_part_of_a_kept_commit_of_another_mode_is_refused(
    given_archive: Given, part: str, mode: int
) -> None:
    target, good = given_archive

    def change(heap: Heap, parts: Parts) -> None:
        heap.put("blob", b"a pack of nothing is none\n")
        parts[part] = parts[part]._replace(mode=mode)

    assert refusal(target, kept_with(target, good, change)).reference == "damaged-archive"


@pytest.mark.parametrize("part", ["more", "blob", "raw"])
def test_a_part_no_kept_commit_has_is_refused(given_archive: Given, part: str) -> None:
    target, good = given_archive

    def change(heap: Heap, parts: Parts) -> None:
        parts[part] = TreeEntry(MODE_FILE, part, heap.put("blob", b"x"))

    assert refusal(target, kept_with(target, good, change)).reference == "damaged-archive"


@pytest.mark.parametrize("without", [(), ("tree", "object"), ("tree", "type")])
@pytest.mark.parametrize("stone", [b"", STONE])
def test_a_kept_commit_that_was_purged_says_so(
    given_archive: Given, without: tuple[str, ...], stone: bytes
) -> None:
    """Its tombstone can be read, its tree is gone, and its type is there."""
    target, good = given_archive

    def change(heap: Heap, parts: Parts) -> None:
        parts["tombstone"] = TreeEntry(MODE_FILE, "tombstone", heap.put("blob", stone))
        for part in without:
            del parts[part]

    data = kept_with(target, good, change)
    if stone and without == ("tree", "object"):
        path = target.path.parent / "purged.tar.zst"
        path.write_bytes(data)
        tw(target, "import", "--dry-run", str(path))
        return
    assert refusal(target, data).reference == "damaged-archive"


def test_the_bytes_of_a_purged_commit_are_its_own(given_archive: Given) -> None:
    target, good = given_archive

    def change(heap: Heap, parts: Parts) -> None:
        parts["tombstone"] = TreeEntry(MODE_FILE, "tombstone", heap.put("blob", STONE))
        parts["object"] = parts["object"]._replace(oid=heap.put("blob", b"tree x\n"))
        del parts["tree"]

    error = refusal(target, kept_with(target, good, change))
    assert (error.reference, "another one" in error.message) == ("damaged-archive", True)


def test_a_kept_tree_under_another_name_is_refused(given_archive: Given) -> None:
    target, good = given_archive

    def change(heap: Heap, parts: Parts) -> None:
        del parts["object"]
        parts["type"] = parts["type"]._replace(oid=heap.put("blob", b"tree\n"))

    error = refusal(target, kept_with(target, good, change))
    assert (error.reference, "another one" in error.message) == ("damaged-archive", True)


GONE = Oid("1" * 40)
FOLDERS, FILES = ("tree", "index", "raw", "nested", "operation"), ("refs", "modes", "meta")


@pytest.mark.parametrize("part", [*FOLDERS, *FILES, "tombstone", "more"])
@pytest.mark.parametrize("mode", [MODE_GITLINK, MODE_FILE, MODE_TREE])
def test_a_part_of_another_kind_is_refused(given_archive: Given, part: str, mode: int) -> None:
    target, good = given_archive
    if mode == (MODE_FILE if part in {*FILES, "tombstone"} else MODE_TREE):
        return

    def change(heap: Heap, forger: Forger) -> None:
        blob, tree = heap.put("blob", b""), heap.put_tree([])
        given = {MODE_GITLINK: GONE, MODE_FILE: blob, MODE_TREE: tree}[mode]
        forger.buries = part == "tombstone"
        forger.snapshot_with(heap, part, TreeEntry(mode, part, given))

    assert refusal(target, forged(target, good, change)).reference == "damaged-archive"


@pytest.mark.parametrize("data", [b"", b"zz", b"[]", b'{"v":1}'])
def test_a_tombstone_nobody_can_read_is_refused(given_archive: Given, data: bytes) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        stone = TreeEntry(MODE_FILE, "tombstone", heap.put("blob", data))
        forger.buries = True
        forger.snapshot_with(heap, "tombstone", stone)

    assert refusal(target, forged(target, good, change)).reference == "damaged-archive"


@pytest.mark.parametrize("name", ["0", "1", "bits"])
def test_a_stage_that_is_nothing_is_refused(given_archive: Given, name: str) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        index = heap.put_tree([TreeEntry(MODE_GITLINK, name, GONE)])
        forger.snapshot_with(heap, "index", TreeEntry(MODE_TREE, "index", index))

    assert refusal(target, forged(target, good, change)).reference == "damaged-archive"


@pytest.mark.parametrize("missing", [True, False])
def test_an_index_that_is_no_tree_is_refused(given_archive: Given, *, missing: bool) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        blob = heap.put("blob", b"no tree\n")
        head = {"oid": None if missing else GONE, "branch": "refs/heads/main"}
        raw = TreeEntry(MODE_TREE, "raw", heap.put_tree([TreeEntry(MODE_FILE, "x", blob)]))
        forger.snapshot_with(heap, "raw", raw, head=head, index_tree=GONE if missing else blob)

    assert refusal(target, forged(target, good, change)).reference == "damaged-archive"


@pytest.mark.parametrize(
    "line",
    [
        f"{GONE} refs/heads/../../../pwn",
        f"{GONE} refs/heads/a.lock",
        f"{GONE} ../x",
        f"{GONE} config",
        f"{GONE} refs/heads/x refs/heads/../y",
        f"{GONE} refs/heads/x refs/heads/y refs/heads/z",
        f"{GONE}",
        "zz refs/heads/main",
        "",
    ],
)
def test_a_ref_git_would_not_take_is_refused(given_archive: Given, line: str) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        blob = heap.put("blob", f"{GONE} HEAD\n{line}\n".encode())
        forger.snapshot_with(heap, "refs", TreeEntry(MODE_FILE, "refs", blob))

    assert refusal(target, forged(target, good, change)).reference == "damaged-archive"


def test_a_value_that_is_no_tag_of_ours_is_refused(given_archive: Given) -> None:
    target, good = given_archive

    def change(heap: Heap, forger: Forger) -> None:
        ref = layout.ref(forger.writer, layout.SNAPSHOTS, 1)
        tree = chains.tree_of(Objects(forger), forger.refs[ref])  # type: ignore[arg-type]
        body = layout.tag_bytes(tree, layout.SNAPSHOTS).replace(b"format 1", b"format 1 and more")
        forger.refs[ref] = heap.put("tag", body)

    assert refusal(target, forged(target, good, change)).reference == "damaged-archive"


def test_all_that_is_kept_of_our_own_is_taken_in(tmp_path: Path) -> None:
    """Commits, and tags of everything, and refs that named a tree or a blob."""
    source = empty(tmp_path / "source")
    tw(source, "init", "--no-hooks")
    blob = source.git("hash-object", "-w", "--stdin", stdin=b"only a tag has me")
    tree = source.git("mktree", stdin=f"100644 blob {blob}\tf\n".encode())
    commit = source.git("commit-tree", "-m", "lone", tree)
    for name, oid in {"commit": commit, "tree": tree, "blob": blob}.items():
        source.git("tag", "-a", "-m", f"tag of a {name}", f"on-{name}", oid)
        source.git("tag", f"light-{name}", oid)
    source.git("tag", "-a", "-m", "tag of a tag", "on-tag", "on-commit")
    tw(source, "snapshot", "-m", "with tags")
    source.git("tag", "-d", *source.git("tag").split())
    tw(source, "snapshot", "-m", "without")
    tw(source, "export", "--output", "../kept.tar.zst")
    target = empty(tmp_path / "target")
    tw(target, "import", "../kept.tar.zst")
    names = target.git("for-each-ref", "--format=%(refname)", "refs/timewarp/*/kept/*").split()
    assert len(target.git("ls-tree", names[0]).splitlines()) == 7
