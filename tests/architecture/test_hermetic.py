"""The world the tests run in, and the builder they build with."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from tests.support.repo_builder import RepoBuilder


def test_home_is_the_tests_own(hermetic: Path, tmp_path: Path) -> None:
    assert os.environ["HOME"] == str(hermetic)
    repo = RepoBuilder(tmp_path / "repo")
    repo.git("config", "--global", "user.name", "Somebody Else")
    assert "Somebody Else" in (hermetic / ".gitconfig").read_text()
    origins = repo.git("config", "--list", "--show-origin").splitlines()
    places = {line.split("\t")[0] for line in origins}
    assert places == {f"file:{hermetic}/.gitconfig", "file:.git/config"}


def test_nothing_of_git_is_inherited() -> None:
    assert {key for key in os.environ if key.startswith("GIT_")} == {
        "GIT_CEILING_DIRECTORIES",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_TERMINAL_PROMPT",
    }
    assert time.tzname[0] == "UTC"


def test_the_network_is_out_of_reach(tmp_path: Path) -> None:
    proxy = os.environ["https_proxy"].removeprefix("http://")
    host, port = proxy.split(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))
    repo = RepoBuilder(tmp_path / "repo")
    done = repo.run("ls-remote", "https://example.com/x.git", ok=None)
    assert done.returncode == 128


def test_twins_have_equal_commits(tmp_path: Path) -> None:
    one = RepoBuilder(tmp_path / "one")
    one.commit("first", {"a\nb\udcff": "text\n", "run": "#!/bin/sh\n"})
    two = one.clone_twin(tmp_path / "two")
    assert one.commit("second", {"x/y": b"\0"}) == two.commit("second", {"x/y": b"\0"})
    one.link("link", "nowhere")
    one.mkdir("empty")
    assert one.view() != two.view()
    two.link("link", "nowhere")
    two.mkdir("empty")
    assert one.view() == two.view()
    assert one.state() == two.state()
    assert one.index_state() == two.index_state()
    assert set(one.state()) == {"a\nb\udcff", "run", "x/y", "link", "empty"}
