"""What docs/limits.md names is there, and is as large as the page says."""

from __future__ import annotations

import importlib
import re

from git_timewarp.config import schema
from tests.support.examples import ROOT

PAGE = ROOT / "docs/limits.md"

CONSTANTS = {
    "git_timewarp.git.versions.MINIMUM": (2, 39),
    "git_timewarp.integrity.doctor_machine.PYTHON": (3, 11),
    "git_timewarp.timeline.observe.FILES_LIMIT": 50,
    "git_timewarp.timeline.observe.MOVES_LIMIT": 50,
    "git_timewarp.timeline.ingest_lines.LINE_LIMIT": 256 * 1024,
    "git_timewarp.store.spool.CAP": 1024 * 1024,
    "git_timewarp.util.log_file.LIMIT": 256 * 1024,
    "git_timewarp.util.log_file.KEPT": 3,
    "git_timewarp.archive.manifest.MOST_BYTES": 64 * 1024 * 1024,
}
SETTINGS = {
    "timewarp.autosave.debounceSeconds": "2",
    "timewarp.autosave.intervalSeconds": "60",
    "timewarp.disk.notice": str(10 * 1024**3),
    "timewarp.disk.stop": str(500 * 1024**2),
    "timewarp.disk.warn": str(2 * 1024**3),
    "timewarp.lock.timeoutSeconds": "30",
    "timewarp.packs.graceHours": "24",
    "timewarp.packs.limit": "8",
    "timewarp.quota.size": str(10 * 1024**3),
    "timewarp.snapshot.maxBytes": str(500 * 1024**2),
    "timewarp.snapshot.maxUntrackedBytes": str(10 * 1024**2),
}


def test_every_bound_on_the_page_is_in_the_program_as_it_says() -> None:
    named = re.findall(r"`((?:git_)?timewarp\.[\w.]+)`", PAGE.read_text(encoding="utf-8"))
    constants = {name for name in named if name.startswith("git_timewarp.")}

    assert {name: _value(name) for name in constants} == CONSTANTS
    assert {name: _default(name) for name in set(named) - constants} == SETTINGS


def _value(name: str) -> object:
    module, _, constant = name.rpartition(".")
    return getattr(importlib.import_module(module), constant)


def _default(name: str) -> str:
    key = schema.find(name)
    assert key is not None, name
    return str(key.default)
