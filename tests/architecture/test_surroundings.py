"""Below the command line nothing talks, asks, or reads clock, chance or environment (rule 5)."""

from __future__ import annotations

import ast

import pytest

from tests.support.source import Module, modules, used_names

TALKING = ("print", "input", "breakpoint", "sys.stdout", "sys.stderr", "sys.stdin", "getpass")
READING = (
    "sys.argv",
    "os.environ",
    "os.environb",
    "os.getenv",
    "os.putenv",
    "os.path.expanduser",
    "os.path.expandvars",
    "os.getcwd",
    "os.getcwdb",
    "pathlib.Path.home",
    "pathlib.Path.cwd",
    "tempfile.gettempdir",
    "locale",
)
CLOCK = (
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.sleep",
    "time.localtime",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "datetime.date.today",
)
CHANCE = ("random", "secrets", "uuid.uuid1", "uuid.uuid4", "os.urandom")
FORBIDDEN = (*TALKING, *READING, *CLOCK, *CHANCE)

EXCEPTIONS: dict[str, tuple[str, ...]] = {
    # The one implementation of Clock; everybody else is given it.
    "git_timewarp.util.clock": (
        "time.time_ns",
        "time.monotonic",
        "time.sleep",
        "os.urandom",
    ),
}
"""Module -> names it may use, each with its reason above it."""

FRONTENDS = ("cli", "__main__")


def uses(module: Module) -> list[str]:
    """Return what a module uses of the forbidden, as `path:line: name`."""
    allowed = EXCEPTIONS.get(module.name, ())
    found = []
    for line, name in used_names(module):
        for forbidden in FORBIDDEN:
            hit = name == forbidden or name.startswith(f"{forbidden}.")
            if hit and forbidden not in allowed:
                found.append(f"{module.path}:{line}: {name}")
    return sorted(set(found))


def test_the_library_is_silent_and_has_no_surroundings() -> None:
    found = [hit for m in modules() if m.layer not in FRONTENDS for hit in uses(m)]
    assert found == []


def test_exceptions_are_all_needed() -> None:
    known = {module.name: module for module in modules()}
    for name, allowed in EXCEPTIONS.items():
        used = {used for _, used in used_names(known[name])}
        assert set(allowed) <= used, name


@pytest.mark.parametrize(
    "line",
    [
        "print('x')",
        "import os\nx = os.environ['HOME']",
        "from os import environ as e\nx = e",
        "import time as t\nx = t.time()",
        "from datetime import datetime\nx = datetime.now()",
        "import random\nx = random.choice([1])",
        "from pathlib import Path\nx = Path.home()",
        "import sys\nsys.stdout.write('x')",
    ],
)
def test_the_scan_sees(line: str) -> None:
    assert uses(Module("git_timewarp.store.x", "x.py", line, ast.parse(line))) != []
