"""What a user gets: the wheel, built and looked into."""

from __future__ import annotations

import configparser
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.source import ROOT, modules, tracked_files


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (path,) = folder.glob("*.whl")
    assert path.name.startswith("timewarp_git-")
    assert path.name.endswith("-py3-none-any.whl")
    return zipfile.ZipFile(path)


def read(wheel: zipfile.ZipFile, end: str) -> str:
    """Return the text of the one member whose name ends so."""
    (name,) = [name for name in wheel.namelist() if name.endswith(end)]
    return wheel.read(name).decode()


def test_every_module_is_in_and_no_test(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    assert {module.path for module in modules()} <= names
    assert "git_timewarp/py.typed" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"git_timewarp", "timewarp_git"}


def test_every_hook_is_in_and_stays_executable(wheel: zipfile.ZipFile) -> None:
    hooks = [name for name in tracked_files() if name.startswith("hooks/")]
    assert len(hooks) >= 5
    for name in hooks:
        packed = wheel.getinfo(name.replace("hooks/", "git_timewarp/_hooks/", 1))
        assert wheel.read(packed) == (ROOT / name).read_bytes()
        wanted = (ROOT / name).stat().st_mode & stat.S_IXUSR
        assert packed.external_attr >> 16 & stat.S_IXUSR == wanted, name


def test_both_executables_start_the_same_program(wheel: zipfile.ZipFile) -> None:
    entries = configparser.ConfigParser()
    entries.read_string(read(wheel, ".dist-info/entry_points.txt"))
    assert dict(entries["console_scripts"]) == {
        "git-timewarp": "git_timewarp.__main__:main",
        "tw": "git_timewarp.__main__:main",
    }


def test_manual_page_and_completion_lie_where_they_are_looked_for(wheel: zipfile.ZipFile) -> None:
    page = read(wheel, ".data/data/share/man/man1/git-timewarp.1")
    assert page == (ROOT / "contrib/man/git-timewarp.1").read_text()
    completion = read(wheel, ".data/data/share/bash-completion/completions/git-timewarp")
    assert completion == (ROOT / "contrib/completion/git-timewarp.bash").read_text()
    for place, name in (
        ("zsh/site-functions/_git-timewarp", "_git-timewarp"),
        ("fish/vendor_completions.d/git-timewarp.fish", "git-timewarp.fish"),
        ("fish/vendor_completions.d/tw.fish", "tw.fish"),
        ("systemd/user/git-timewarp-watch@.service", "../watch/git-timewarp-watch@.service"),
        ("git-timewarp/git-timewarp-watch.plist", "../watch/git-timewarp-watch.plist"),
    ):
        packed = read(wheel, f".data/data/share/{place}")
        assert packed == (ROOT / "contrib/completion" / name).read_text()


def test_the_wheel_says_what_it_needs(wheel: zipfile.ZipFile) -> None:
    metadata = read(wheel, ".dist-info/METADATA")
    needs = [line for line in metadata.splitlines() if line.startswith("Requires-Dist: ")]
    assert needs == [
        "Requires-Dist: backports-zstd<2,>=1.3; python_version < '3.14'",
        "Requires-Dist: click<9,>=8.1",
        "Requires-Dist: dulwich<2,>=1.2",
        "Requires-Dist: watchfiles<2,>=1.1",
    ]
    assert "Requires-Python: >=3.11" in metadata
    assert "License-Expression: MIT" in metadata


def test_an_unpacked_wheel_runs(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "git_timewarp", "--version"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("git-timewarp ") or done.stdout.startswith("git timewarp ")
