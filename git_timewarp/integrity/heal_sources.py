"""The places a repair looks in, cheapest first; a backup will be one more line here."""

from __future__ import annotations

from collections.abc import Callable

from git_timewarp.integrity.heal_derived import Derived
from git_timewarp.integrity.heal_packs import Packs
from git_timewarp.integrity.heal_remote import Remotes
from git_timewarp.integrity.heal_source import Source
from git_timewarp.integrity.heal_stores import Kept, Stores
from git_timewarp.integrity.heal_worktree import WorkTree

SOURCES: dict[str, Callable[[], Source]] = {
    "stores": Stores,
    "packs": Packs,
    "kept": Kept,
    "derived": Derived,
    "worktree": WorkTree,
    "remotes": Remotes,
}
