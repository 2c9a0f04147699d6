"""The commands that exist, for pages and for tests that walk them all."""

from __future__ import annotations

from importlib.util import find_spec

from git_timewarp.cli import registry
from git_timewarp.cli.spec import Command


def commands() -> dict[str, Command]:
    """Return every command of the table, in its order."""
    return {
        name: registry.load(name)
        for name, entry in registry.COMMANDS.items()
        if find_spec(entry.target.partition(":")[0]) is not None
    }
