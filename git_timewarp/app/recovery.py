"""The verbs for bad days: what a recovery left, and healing what is damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from git_timewarp.app.opened import Opened
    from git_timewarp.timeline.results import RecoveryReport, RepairReport


class Recovery:
    """`recover` and `repair` of one opened repository."""

    def __init__(self, app: Opened) -> None:
        self._app = app

    def report(self) -> RecoveryReport:
        """Finish what was cut off, as every command does; tell what the last recovery did."""
        from git_timewarp.integrity import recovery_report  # noqa: PLC0415

        with self._app.operation("recover"):
            pass
        return recovery_report.report(self._app.repo)

    def repair(self, *, dry_run: bool, progress: Callable[[int, int], None]) -> RepairReport:
        """Heal what is damaged from every place that still has it."""
        from git_timewarp.integrity import repair  # noqa: PLC0415

        with self._app.operation("repair") as op:
            return repair.Repair(op, progress=progress).run(dry_run=dry_run)
