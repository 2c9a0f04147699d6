"""Bytes that git would not give back lie under `raw`; edits git cannot see are found."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.support.capturing import Files, Recorder, added_tree
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def builder(tmp_path: Path) -> RepoBuilder:
    return RepoBuilder(tmp_path / "r")


def restored(recorder: Recorder, tree: str, where: Path) -> dict[str, bytes]:
    """Return what a checkout of the tree into an empty folder writes."""
    where.mkdir()
    git = recorder.quarantine.git.using(index=str(where) + ".index", work_tree=str(where))
    git.run("read-tree", tree)
    git.run("checkout-index", "-a")
    return {p.name: p.read_bytes() for p in where.iterdir()}


def exact(recorder: Recorder, where: Path) -> dict[str, bytes]:
    """Capture, and return the bytes a restore would write."""
    view = recorder.take()
    given = restored(recorder, view.tree, where)
    return given | {path: data for path, (_, data) in recorder.raw(view).items()}


ENDS = {"lf": b"1\n2\n", "crlf": b"1\r\n2\r\n", "mixed": b"1\n2\r\n", "bin": b"\0\r\n\n"}
RULES = {
    "none": "",
    "auto": "* text=auto\n",
    "text": "* text\n",
    "eol-crlf": "* text eol=crlf\n",
    "eol-lf": "* text eol=lf\n",
    "legacy": "* crlf=input\n",
    "binary": "* binary\n",
    "ident": "* ident\n",
}


@pytest.mark.parametrize("autocrlf", ["false", "true", "input"])
@pytest.mark.parametrize("rule", RULES)
def test_line_ends_survive_every_conversion(
    builder: RepoBuilder, tmp_path: Path, rule: str, autocrlf: str
) -> None:
    builder.git("config", "core.autocrlf", autocrlf)
    if RULES[rule]:
        builder.write(".gitattributes", RULES[rule])
    builder.commit("start", {f"old-{name}": data for name, data in ENDS.items()})
    for name, data in ENDS.items():
        builder.write(f"new-{name}", data)
        builder.write(f"old-{name}", b"edited\n" + data)
    recorder = Recorder(builder)
    expected = {path: data for path, (_, data) in builder.state().items()}
    assert exact(recorder, tmp_path / "one") == expected
    assert recorder.take().tree == added_tree(builder, tmp_path / "twin")
    builder.git("add", "-A")
    assert exact(recorder, tmp_path / "two") == expected
    builder.git("commit", "-q", "-m", "all")
    assert exact(recorder, tmp_path / "three") == expected


def test_a_file_clean_to_git_whose_checkout_would_differ(builder: RepoBuilder) -> None:
    builder.commit("lf", {"a": b"1\n2\n"})
    recorder = Recorder(builder)
    assert recorder.take().raw is None
    builder.write(".gitattributes", "a text eol=crlf\n")
    assert recorder.raw(recorder.take()) == {"a": (0o100644, b"1\n2\n")}
    builder.commit("attributes")
    assert recorder.raw(recorder.take()) == {"a": (0o100644, b"1\n2\n")}
    assert recorder.raw(Recorder(builder).take(fresh=True)) == {"a": (0o100644, b"1\n2\n")}
    builder.remove(".gitattributes")
    assert recorder.take().raw is None


def test_an_entry_renormalised_while_the_file_stays(builder: RepoBuilder) -> None:
    builder.commit("crlf", {"a": b"1\r\n"})
    builder.write(".gitattributes", "* text=auto\n")
    builder.git("add", ".gitattributes")
    recorder = Recorder(builder)
    assert recorder.take().raw is None
    builder.git("add", "--renormalize", "a")
    assert recorder.raw(recorder.take()) == {"a": (0o100644, b"1\r\n")}


def test_ident_and_encodings(builder: RepoBuilder) -> None:
    builder.write(".gitattributes", "id ident\nwide working-tree-encoding=UTF-16LE eol=lf\n")
    builder.write("id", "$Id: old text$\n")
    builder.write("wide", "ö\n".encode("utf-16-le"))
    builder.write("id-too", "$Id: old text$\n")
    recorder = Recorder(builder)
    view = recorder.take()
    assert recorder.files(view.tree)["wide"][1] == "ö\n".encode()
    assert recorder.raw(view) == {"id": (0o100644, b"$Id: old text$\n")}


def test_attributes_that_no_index_holds(builder: RepoBuilder) -> None:
    builder.write(".gitignore", ".gitattributes\n")
    builder.write(".gitattributes", "* text\n")
    builder.write("a", b"1\r\n")
    recorder = Recorder(builder)
    view = recorder.take()
    assert recorder.files(view.tree)["a"][1] == b"1\n"
    assert recorder.raw(view) == {"a": (0o100644, b"1\r\n")}


def test_exact_bytes_follow_the_file(builder: RepoBuilder) -> None:
    builder.write(".gitattributes", "* text\n")
    builder.commit("start", {"a": b"1\n"})
    recorder = Recorder(builder)
    seen: list[Files] = []
    for data in (b"1\r\n", b"2\r\n", b"2\r\n", b"2\n", b"3\r\n"):
        builder.write("a", data, mode=0o755)
        seen.append(recorder.raw(recorder.take()))
    builder.remove("a")
    seen.append(recorder.raw(recorder.take()))
    assert seen == [
        {"a": (0o100755, b"1\r\n")},
        {"a": (0o100755, b"2\r\n")},
        {"a": (0o100755, b"2\r\n")},
        {},
        {"a": (0o100755, b"3\r\n")},
        {},
    ]


def test_a_link_in_the_place_of_a_file_has_no_exact_bytes(builder: RepoBuilder) -> None:
    builder.write(".gitattributes", "a text eol=crlf\n")
    builder.write("a", b"1\n")
    recorder = Recorder(builder)
    assert recorder.raw(recorder.take()) == {"a": (0o100644, b"1\n")}
    builder.remove("a")
    builder.link("a", "b")
    assert recorder.take().raw is None
    builder.remove("a")
    builder.write("a", b"2\n")
    assert recorder.raw(recorder.take()) == {"a": (0o100644, b"2\n")}


def test_a_same_size_edit_in_the_second_of_the_capture(builder: RepoBuilder) -> None:
    """Debian's git compares whole seconds: with its mtime put back, it calls the file clean."""
    recorder = Recorder(builder)
    old = 1_600_000_000
    for step in range(3):
        _start_of_a_second()
        builder.write("a", f"{step:04}\n")
        os.utime(builder.path / "a", (old, old))
        recorder.take()
        builder.write("a", f"{step:04}".replace("0", "x") + "\n")
        os.utime(builder.path / "a", (old, old))
        view = recorder.take()
        assert recorder.files(view.tree)["a"][1] == builder.read("a")


def test_a_same_size_edit_in_the_second_of_git_add(builder: RepoBuilder) -> None:
    old = 1_600_000_000
    _start_of_a_second()
    builder.write("a", "1111\n")
    os.utime(builder.path / "a", (old, old))
    builder.git("add", "a")
    time.sleep(0.02)
    builder.write("a", "2222\n")
    os.utime(builder.path / "a", (old, old))
    recorder = Recorder(builder)
    assert recorder.files(recorder.take().tree)["a"][1] == b"2222\n"


def test_edits_right_after_a_capture_are_never_missed(builder: RepoBuilder) -> None:
    recorder = Recorder(builder)
    for step in range(20):
        builder.write("a", f"{step:04}\n")
        assert recorder.files(recorder.take().tree)["a"][1] == builder.read("a")


def _start_of_a_second() -> None:
    """Wait until enough of a second is left for two captures."""
    while time.time() % 1 > 0.3:
        time.sleep(0.01)
