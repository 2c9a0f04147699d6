"""A world of its own for every test: no user, no machine, no network shines through.

Each test gets its own home with a global git configuration it may change, no
`GIT_*` variable from outside, one time zone, one locale, one umask, and
`git timewarp` and `tw` on the PATH that run this checkout.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

GLOBAL_CONFIG = """\
[user]
	name = Ada Lovelace
	email = ada@example.com
[init]
	defaultBranch = main
[core]
	editor = true
[gc]
	autoDetach = false
[maintenance]
	autoDetach = false
[protocol "file"]
	allow = always
"""
"""What an ordinary user has set. Nothing detaches, so nothing outlives its test."""

DROPPED = ("GIT_", "XDG_", "LC_", "PYTHON", "TIMEWARP_", "COV_")
"""Prefixes of inherited variables that a test never sees."""

DEAD_PROXY = "http://127.0.0.1:9"
"""A port nobody listens on: whatever tries to leave the machine fails at once."""

settings.register_profile("house", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("deep", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of `make crash`, `make corrupt` and `make soak`."""
    parser.addoption("--minutes", type=float, help="soak for so long, with everything large")
    parser.addoption("--seed", type=int, default=1, help="what the soak's developer does")
    parser.addoption("--crash-all", action="store_true", help="stop at every step, not at a sample")
    parser.addoption("--corruptions", type=int, default=60, help="how many random faults to try")
    parser.addoption(
        "--crash-kind", action="append", help="stop in this way only (kill, enospc, …)"
    )


@pytest.fixture(scope="session")
def crash_all(pytestconfig: pytest.Config) -> bool:
    """Whether crash tests stop at every step instead of at a sample of them."""
    return bool(pytestconfig.getoption("--crash-all"))


@pytest.fixture(scope="session")
def crash_kinds(pytestconfig: pytest.Config) -> frozenset[str]:
    """The only ways in which crash tests stop a command; empty for all."""
    return frozenset(pytestconfig.getoption("--crash-kind") or ())


@pytest.fixture(scope="session")
def executables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with `git-timewarp` and `tw`, running this checkout with this interpreter."""
    folder = tmp_path_factory.mktemp("bin")
    for name in ("git-timewarp", "tw"):
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m git_timewarp "$@"\n')
        script.chmod(0o755)
    return folder


@pytest.fixture(autouse=True)
def hermetic(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, executables: Path
) -> Iterator[Path]:
    """Give the test its own home and return it."""
    home = tmp_path_factory.mktemp("home")
    (home / ".gitconfig").write_text(GLOBAL_CONFIG)
    kept = {key: os.environ[key] for key in ("PYTHONDONTWRITEBYTECODE",) if key in os.environ}
    for key in list(os.environ):
        if key.startswith(DROPPED) or key.lower().endswith("_proxy"):
            monkeypatch.delenv(key)
    world = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_STATE_HOME": str(home / ".local/state"),
        "XDG_RUNTIME_DIR": str(home / ".run"),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CEILING_DIRECTORIES": str(tmp_path_factory.getbasetemp().resolve().parent),
        "PATH": f"{executables}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONPATH": str(ROOT),
        "LC_ALL": "C.UTF-8",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "dumb",
        "PAGER": "cat",
        "EDITOR": "true",
        "VISUAL": "true",
        "http_proxy": DEAD_PROXY,
        "https_proxy": DEAD_PROXY,
        "all_proxy": DEAD_PROXY,
        "no_proxy": "localhost,127.0.0.1",
    }
    for key, value in (kept | world).items():
        monkeypatch.setenv(key, value)
    for key in (
        "NO_COLOR",
        "FORCE_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "LESS",
        "COLUMNS",
        "LINES",
    ):
        monkeypatch.delenv(key, raising=False)
    time.tzset()
    umask = os.umask(0o022)
    try:
        yield home
    finally:
        os.umask(umask)
