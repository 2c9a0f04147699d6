"""The archives of `tests/support/fake_app.py`: for drawings, never for behaviour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from git_timewarp.archive.manifest import Chain, Manifest, Member, Origin, Range
from git_timewarp.archive.plan import Plan, Taken
from git_timewarp.archive.results import ExportResult, ImportResult
from git_timewarp.git.names import Oid, RefName, WriterId
from git_timewarp.git.refs import RefUpdate
from tests.support.fake_app import TREE, ago

WRITER = WriterId("klmnopqrstuvwxyz")
COPY = WriterId("zyxwvutsrqponmlk")


def manifest(*, whole: bool = True) -> Manifest:
    """Return what an archive of two writers says of itself."""
    part = None if whole else Origin(WriterId("mmmmmmmmmmmmmmmm"), 4, 9)
    return Manifest(
        product="0.1.0",
        object_format="sha1",
        writer=WRITER,
        lineage={WRITER: 40},
        chains=(Chain(WRITER, 40, 45, "0" * 64), Chain(COPY, 6, 47, "1" * 64, part)),
        refs={RefName(f"refs/timewarp/{WRITER}/events/000001"): TREE},
        counts={"events": 46, "snapshots": 12, "drafts": 3, "kept": 1},
        range=Range(whole, None if whole else "E2", None, None, whole, ago(90000), ago(60)),
        members=(
            Member("README", 1400, "a" * 64),
            Member("history.bundle", 2_900_000, "b" * 64),
            Member("events.jsonl", 52_000, "c" * 64),
        ),
    )


@dataclass
class FakeArchives:
    """Answers of the verbs of archives."""

    asked: list[tuple[str, Mapping[str, object]]]

    def unnamed(self, start: str) -> str:
        """Answer a file beside the work tree."""
        return f"{start}above/repo.tar.zst"

    def export(
        self,
        output: str | None,
        *,
        write: Callable[[bytes], object] | None,
        since: str | None,
        until: str | None,
        timeline: str | None,
        drafts: bool,
        force: bool,
        dry_run: bool,
    ) -> ExportResult:
        """Answer a file of two writers."""
        asked: dict[str, object] = {"output": output, "since": since, "until": until}
        asked |= {"timeline": timeline, "drafts": drafts, "force": force, "dry_run": dry_run}
        self.asked.append(("export", asked))
        if write is not None:
            write(b"an archive")
        return ExportResult(output, manifest(whole=since is None), 760_000)

    def bring(
        self,
        path: str,
        *,
        replace: bool,
        confirm: Callable[[str], None],
        dry_run: bool,
        progress: Callable[[int, int], None],
    ) -> ImportResult:
        """Answer a history that was taken in."""
        self.asked.append(("import", {"replace": replace, "dry_run": dry_run}))
        progress(1, 2)
        if replace and not dry_run:
            confirm("this replaces everything")
        name = RefName(f"refs/timewarp/{WRITER}/events/000001")
        moves = [RefUpdate(name, Oid.zero(40), TREE)]
        ours = Taken(WRITER, "replaced" if replace else "longer", 4, 2)
        theirs = Taken(COPY, "removed") if replace else Taken(COPY, "copied", 6, 1, WRITER)
        plan = Plan(moves, (ours, theirs), replaces=replace)
        kept = "/repo/.git/timewarp/replaced/x.tar.zst" if replace and not dry_run else None
        return ImportResult(path, manifest(), plan, kept, done=not dry_run)
