"""How `export`, `import` and `inspect` tell their answers: whole outputs."""

from __future__ import annotations

import pytest

from git_timewarp.cli.commands.bring import MergeOrReplaceError
from git_timewarp.cli.commands.export import BinaryOutputError
from git_timewarp.cli.context import NotConfirmedError
from git_timewarp.cli.grammar import UsageError
from tests.support.fake_app import Desk, FakeApp


def told(line: str, app: FakeApp | None = None) -> tuple[str, str]:
    """Return what a command says on standard output and standard error."""
    desk = Desk(app)
    assert desk.run(line) == 0
    return desk.out, desk.err


def test_export_tells_what_it_wrote() -> None:
    app = FakeApp()
    out, err = told("export -o /x/y/z/history.tar.zst --no-drafts --force", app)
    assert err == ""
    assert out == (
        "wrote x/y/z/history.tar.zst: 46 events, 12 snapshots, 3 drafts, 1 kept object, 760.0 kB\n"
        "  klmnopqrstuvwxyz  40 events\n"
        "  zyxwvutsrqponmlk  6 events\n"
    )
    asked = {"output": "/x/y/z/history.tar.zst", "since": None, "until": None, "timeline": None}
    assert app.asked == [
        ("export", {**asked, "drafts": False, "force": True, "dry_run": False}),
    ]


def test_a_part_says_where_it_was_taken_from() -> None:
    out, _ = told("export -o /x/y/z/part.tar.zst --from E2")
    assert out.splitlines()[-1] == (
        "  zyxwvutsrqponmlk  6 events, of events 4 to 9 of mmmmmmmmmmmmmmmm"
    )


def test_standard_output_is_for_the_archive_alone() -> None:
    out, err = told("export --output -")
    assert out == "an archive"
    assert err.splitlines()[0] == (
        "wrote standard output: 46 events, 12 snapshots, 3 drafts, 1 kept object, 760.0 kB"
    )
    with pytest.raises(BinaryOutputError, match="cannot be written to JSON"):
        Desk(FakeApp()).run("export --output - --json")


def test_import_tells_what_came_from_whom() -> None:
    app = FakeApp()
    assert told("import /x/y/z/history.tar.zst", app) == (
        (
            "imported 10 events, 3 snapshots\n"
            "  klmnopqrstuvwxyz  goes on\n"
            "  zyxwvutsrqponmlk  went another way, under klmnopqrstuvwxyz\n"
        ),
        "",
    )
    assert app.asked == [("import", {"replace": False, "dry_run": False})]
    out, _ = told("import -n /x/y/z/history.tar.zst")
    assert out.splitlines()[0] == "would import 10 events, 3 snapshots"
    assert out.splitlines()[-1] == "nothing was changed"


def test_replacing_asks_or_wants_force() -> None:
    with pytest.raises(NotConfirmedError) as caught:
        Desk(FakeApp()).run("import --replace /x/y/z/history.tar.zst")
    assert caught.value.hint == "git timewarp import --replace --force /x/y/z/history.tar.zst"
    assert told("import --replace --force /x/y/z/history.tar.zst") == (
        (
            "replaced everything that was recorded here by 4 events, 2 snapshots\n"
            "  klmnopqrstuvwxyz  takes the place of the one here\n"
            "  zyxwvutsrqponmlk  is not in the archive and goes\n"
            "what was here before is in repo/.git/timewarp/replaced/x.tar.zst\n"
            "to go back: git timewarp import --replace repo/.git/timewarp/replaced/x.tar.zst\n"
        ),
        "",
    )
    with pytest.raises(MergeOrReplaceError):
        Desk(FakeApp()).run("import --merge --replace x")


def test_a_file_has_to_be_named() -> None:
    for line in ("import", "inspect", "export one.tar.zst"):
        with pytest.raises(UsageError):
            Desk(FakeApp()).run(line)


def test_the_whole_path_of_a_file_nobody_named_is_told() -> None:
    out, _ = told("export")
    assert out.splitlines()[0].startswith("wrote /above/repo.tar.zst: 46 events")
