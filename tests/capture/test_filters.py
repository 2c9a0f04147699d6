"""External filters are never run; secrets are never stored in clear."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.capturing import Recorder, added_tree, reasons
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def builder(tmp_path: Path) -> RepoBuilder:
    """A repository with a filter that notes each run beside it."""
    made = RepoBuilder(tmp_path / "r")
    log = tmp_path / "runs"
    for kind in ("clean", "smudge"):
        swap = "tr a-z A-Z" if kind == "clean" else "tr A-Z a-z"
        made.git("config", f"filter.shout.{kind}", f"echo run >>'{log}'; {swap}")
    made.write(".gitattributes", "*.up filter=shout\n")
    made.commit("start", {"a.up": "one\n", "b.txt": "b\n"})
    log.unlink()
    return made


def runs(builder: RepoBuilder) -> bool:
    return (builder.path.parent / "runs").exists()


def test_a_clean_file_keeps_the_blob_of_its_filter(builder: RepoBuilder) -> None:
    recorder = Recorder(builder)
    view = recorder.take()
    assert view.tree == builder.git("rev-parse", "HEAD^{tree}")
    assert (view.literal, view.raw) == ((), None)
    assert not runs(builder)


def test_a_changed_file_is_taken_as_it_is(builder: RepoBuilder) -> None:
    recorder = Recorder(builder)
    builder.write("a.up", "two\n")
    builder.write("new.up", "new\n")
    for _ in range(2):
        view = recorder.take()
        files = recorder.files(view.tree)
        assert files["a.up"][1] == b"two\n"
        assert files["new.up"][1] == b"new\n"
        assert view.literal == ("a.up", "new.up")
        assert view.raw is None
    assert not runs(builder)
    builder.remove("new.up")
    assert recorder.take().literal == ("a.up",)
    builder.git("add", "-A")
    view = recorder.take()
    assert view.literal == ()
    assert recorder.files(view.tree)["a.up"][1] == b"TWO\n"


def test_a_failing_required_filter_costs_nothing(builder: RepoBuilder) -> None:
    builder.git("config", "filter.shout.clean", "false")
    builder.git("config", "filter.shout.required", "true")
    builder.git("config", "filter.odd=name.process", "/nowhere")
    builder.git("config", "filter.odd=name.required", "true")
    builder.write(".gitattributes", "*.up filter=shout\n*.odd filter=odd=name\n")
    builder.write("a.up", "two\n")
    builder.write("x.odd", "odd\n")
    builder.write("b.txt", "edited\n")
    recorder = Recorder(builder)
    view = recorder.take()
    files = {path: data for path, (_, data) in recorder.files(view.tree).items()}
    assert files == {path: data for path, (_, data) in builder.state().items()}
    assert reasons(view) == {}
    assert not runs(builder)


def test_a_filter_that_is_not_configured_is_none(builder: RepoBuilder, tmp_path: Path) -> None:
    builder.write(".gitattributes", "*.up filter=unknown\n")
    builder.write("a.up", "two\n")
    view = Recorder(builder).take()
    assert view.literal == ()
    assert view.tree == added_tree(builder, tmp_path / "twin")


def test_git_lfs(tmp_path: Path) -> None:
    builder = RepoBuilder(tmp_path / "r")
    builder.git("lfs", "install", "--local")
    builder.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    builder.commit("start", {"big.bin": b"\0" * 5000, "a": "a\n"})
    recorder = Recorder(builder)
    view = recorder.take()
    assert view.tree == builder.git("rev-parse", "HEAD^{tree}")
    builder.write("big.bin", b"\1" * 5000)
    view = recorder.take()
    assert recorder.files(view.tree)["big.bin"][1] == b"\1" * 5000
    assert view.literal == ("big.bin",)


@pytest.mark.parametrize("name", ["git-crypt", "git-crypt-work", "crypt", "git-agecrypt", "sec"])
def test_secrets_are_not_stored_in_clear(tmp_path: Path, name: str) -> None:
    builder = RepoBuilder(tmp_path / "r")
    if name == "sec":
        builder.git("config", "filter.sec.clean", "openssl enc -aes-256-ctr -k x 2>/dev/null")
        builder.git("config", "filter.sec.smudge", "openssl enc -d -aes-256-ctr -k x 2>/dev/null")
    else:
        builder.git("config", f"filter.{name}.clean", "tr a-z n-za-m")
        builder.git("config", f"filter.{name}.smudge", "tr a-z n-za-m")
    builder.write(".gitattributes", f"*.key filter={name}\n")
    builder.commit("start", {"a.key": "password\n", "b": "b\n"})
    sealed = builder.git("rev-parse", "HEAD:a.key")
    recorder = Recorder(builder)
    assert recorder.take().tree == builder.git("rev-parse", "HEAD^{tree}")
    builder.write("a.key", "changed password\n")
    builder.write("new.key", "new password\n")
    view = recorder.take(whole=("a.key", "new.key"))
    assert reasons(view) == {"a.key": "encrypted", "new.key": "encrypted"}
    assert recorder.quarantine.git.text("rev-parse", f"{view.tree}:a.key") == sealed
    assert "new.key" not in recorder.files(view.tree)
    assert view.raw is None
    assert b"password" not in everything(recorder)


def everything(recorder: Recorder) -> bytes:
    """Return the contents of all objects in the quarantine."""
    git = recorder.quarantine.git.using(alternates=())
    root = Path(recorder.quarantine.path)
    oids = [p.parent.name + p.name for p in root.rglob("*") if len(p.parent.name) == 2]
    assert oids
    stdin = "".join(f"{oid}\n" for oid in oids).encode()
    return git.run("cat-file", "--batch", stdin=stdin).out


def test_a_touched_file_with_a_filter_in_the_second_of_its_commit(builder: RepoBuilder) -> None:
    """Git doubts entries of its index's own second; nanoseconds say they are clean."""
    builder.write("a.up", "three\n")
    builder.commit("again")
    now = os.stat(builder.path / "a.up").st_mtime
    assert int(now) <= int(os.stat(builder.git_dir() / "index").st_mtime)
    view = Recorder(builder).take()
    assert view.tree == builder.git("rev-parse", "HEAD^{tree}")
