"""The table of settings is whole, consistent and cheap to read."""

from __future__ import annotations

import subprocess
import sys

import pytest

from git_timewarp.config import schema
from git_timewarp.config.values import parse, shown


@pytest.mark.parametrize("key", schema.KEYS, ids=lambda key: str(key.name))
def test_every_default_is_a_value_of_its_own_setting(key: schema.Key) -> None:
    assert parse(key, shown(key.default)) == key.default
    assert key.doc
    assert not key.doc.endswith(".")
    assert key.name.startswith("timewarp.")


def test_names_are_sorted_and_told_apart_in_every_spelling() -> None:
    names = [key.name for key in schema.KEYS]
    assert names == sorted(names)
    for spelling in ("name", "variable", "short"):
        assert len({getattr(key, spelling).lower() for key in schema.KEYS}) == len(names)


def test_a_setting_is_found_as_git_lists_it() -> None:
    key = schema.find("TIMEWARP.autosave.intervalseconds")
    assert key is not None
    assert key.name == "timewarp.autosave.intervalSeconds"
    assert key.variable == "GIT_TIMEWARP_AUTOSAVE_INTERVAL_SECONDS"
    assert schema.find("timewarp.Autosave.intervalseconds") is None
    assert schema.find_variable(key.variable) is key
    for spelling in (
        "autosave.intervalSeconds",
        "autosave.interval_seconds",
        "auto_save_interval_seconds",
    ):
        assert schema.find_spelling(spelling) is key


def test_reading_settings_imports_no_parser_and_no_diff() -> None:
    program = (
        "import sys; before = set(sys.modules); import git_timewarp.config.merge; "
        "print(*sorted({'tomllib', 'difflib', 'subprocess', 'git_timewarp.config.tracked',"
        " 'git_timewarp.config.validate'} & (set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
