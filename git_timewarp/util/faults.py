"""Fault points: places where a test may stop the process (style rule 19).

Each write, rename, sync and git call of ours announces itself here before it
happens. In production nothing is installed and a point costs one comparison.
"""

from __future__ import annotations

from collections.abc import Callable

Hook = Callable[[str], None]


class _Installed:
    hook: Hook | None = None


def install(hook: Hook | None) -> None:
    """Install the function called at every fault point, or None to remove it."""
    _Installed.hook = hook


def point(name: str) -> None:
    """Announce that the step `name` is about to happen."""
    if _Installed.hook is not None:
        _Installed.hook(name)
