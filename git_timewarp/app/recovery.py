"""The verbs for bad days: what a recovery left, and healing what is damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.util.clock import iso

if TYPE_CHECKING:
    from collections.abc import Callable, Sized

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

        begun = iso(self._app.clock.now_ns())
        with self._app.operation("repair") as op:
            report = repair.Repair(op, progress=progress).run(dry_run=dry_run)
        if not dry_run:
            self.note(begun, report.problems)
        return report

    def note(self, begun: str, problems: Sized) -> None:
        """Note how a look at everything went, where the watcher notes its own for `status`."""
        from git_timewarp.watch import place, verified  # noqa: PLC0415

        folder, ended = place.of(self._app.repo).folder, iso(self._app.clock.now_ns())
        verified.note(folder, started=begun, ended=ended, problems=len(problems))
