"""Homes and the system's folders are refused, projects are not (design 6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from git_timewarp.errors import Kind
from git_timewarp.safety.roots import RefusedRootError, check


def reason(work_tree: str | Path, home: str | Path | None) -> str | None:
    try:
        check(str(work_tree), home=None if home is None else str(home))
    except RefusedRootError as exc:
        return f"{exc.kind.name}: {exc.message}" if exc.hint else None
    return None


def test_it_is_a_refusal_with_a_way_out() -> None:
    with pytest.raises(RefusedRootError) as caught:
        check("/usr", home=None)
    assert caught.value.kind is Kind.REFUSED
    assert caught.value.message == (
        "'/usr' is a folder of the system and is not recorded: go to the project's own folder"
    )
    assert caught.value.hint == "git timewarp help init"


@pytest.mark.parametrize(
    "path",
    ["/", "/usr", "/etc", "/tmp", "/var", "/home", "/opt", "//", "/usr/", "/tmp/../tmp", "/proc"],
)
def test_folders_of_the_system_are_refused(path: str) -> None:
    assert reason(path, "/home/ada") is not None


@pytest.mark.parametrize(
    "path",
    ["/mnt/c", "/mnt/C/", "/mnt/d", "/mnt/c/Users", "/mnt/c/Users/Ada", "/mnt/c/Windows"],
)
def test_windows_drives_are_refused(path: str) -> None:
    assert "Windows" in (reason(path, "/home/ada") or "")


@pytest.mark.parametrize("path", ["/mnt/c/Users/Ada/project", "/mnt/data", "/mnt/c/code", "/srv/x"])
def test_projects_elsewhere_are_not(path: str) -> None:
    assert reason(path, "/home/ada") is None


def test_home_and_everything_above_it_are_refused(tmp_path: Path) -> None:
    home = tmp_path / "homes" / "ada"
    project = home / "project"
    project.mkdir(parents=True)
    assert "is the home folder and" in (reason(home, home) or "")
    assert "above the home" in (reason(tmp_path / "homes", home) or "")
    assert "above the home" in (reason(tmp_path, home) or "")
    assert reason(project, home) is None
    assert reason(project, None) is None
    assert reason(tmp_path / "homes", None) is None
    assert reason(project, "") is None


def test_links_do_not_hide_a_home(tmp_path: Path) -> None:
    home = tmp_path / "ada"
    home.mkdir()
    link = tmp_path / "link"
    link.symlink_to(home)
    assert reason(link, home) is not None
    assert reason(home, link) is not None
    below = tmp_path / "project"
    below.mkdir()
    (home / "project").symlink_to(below)
    assert reason(home / "project", home) is None
