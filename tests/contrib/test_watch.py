"""The watcher as a service: units that systemd and launchd take, and that `doctor` finds."""

from __future__ import annotations

import os
import plistlib
import re
import subprocess
from pathlib import Path

import pytest

from git_timewarp.cli import topics
from git_timewarp.integrity.doctor_draft import escaped
from tests.support.recorder import opened, recorded
from tests.support.repo_builder import RepoBuilder
from tests.support.source import ROOT

UNIT = "git-timewarp-watch@.service"
AGENT = ROOT / "contrib/watch/git-timewarp-watch.plist"
PATHS = ["/tmp/a b/.x-é", "/home/ada/project", "/.hidden/a:b_c.d", "/50%/x\\y"]


def test_systemd_has_nothing_to_say_about_the_unit(tmp_path: Path) -> None:
    name = UNIT.replace("@", f"@{escaped('/tmp/a b')}")
    (tmp_path / UNIT).write_text((ROOT / "contrib/watch" / UNIT).read_text())
    (tmp_path / name).symlink_to(UNIT)
    done = subprocess.run(
        ["systemd-analyze", "--user", "--man=no", "verify", str(tmp_path / name)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_escaped_as_systemd_does(path: str) -> None:
    line = ["systemd-escape", "--path", path]
    done = subprocess.run(line, capture_output=True, check=True, text=True)
    assert escaped(path) == done.stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    """A recorded repository in a folder with a space."""
    made = RepoBuilder(tmp_path / "a repo")
    made.commit("first", {"a": "a\n"})
    return recorded(made)


def autostart(repo: RepoBuilder) -> tuple[bool | None, str, str | None]:
    """Return what doctor says."""
    (check,) = [item for item in opened(repo).doctor() if item.name == "autostart"]
    return check.passed, check.text, check.hint


def test_doctor_tells_whether_it_starts_by_itself(repo: RepoBuilder) -> None:
    by_hand = "the watcher is started by hand after each login"
    assert autostart(repo) == (None, by_hand, "git timewarp help autostart")
    wanted = Path(os.environ["HOME"], ".config/systemd/user/default.target.wants")
    wanted.mkdir(parents=True)
    unit = UNIT.replace("@", f"@{escaped(str(repo.path))}")
    (wanted / unit).symlink_to(f"/usr/share/systemd/user/{UNIT}")
    assert autostart(repo) == (True, f"systemd starts the watcher: {unit}", None)


def test_the_agent_as_the_help_says_how_to_make_it(repo: RepoBuilder) -> None:
    """The very lines of 'help autostart', but for launchctl."""
    lines = [text for _, text in topics.AUTOSTART if re.match(r"name=|sed ", text)]
    home = os.environ["HOME"]
    Path(home, "Library/LaunchAgents").mkdir(parents=True)
    script = "\n".join(lines).replace("git-timewarp-watch.plist >", f"{AGENT} >")
    subprocess.run(["bash", "-ec", script], cwd=repo.path, check=True)
    path = Path(home, "Library/LaunchAgents/git-timewarp.watch.a repo.plist")
    agent = plistlib.loads(path.read_bytes())
    assert agent == {
        "Label": "git-timewarp.watch.a repo",
        "ProgramArguments": [
            *("/usr/bin/env", "git-timewarp", "-C"),
            *(str(repo.path), "watch", "run"),
        ],
        "EnvironmentVariables": {
            "PATH": f"{home}/.local/bin:/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin"
        },
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 60,
        "ProcessType": "Background",
        "LowPriorityIO": True,
    }
    assert autostart(repo) == (True, f"launchd starts the watcher: '{path}'", None)
