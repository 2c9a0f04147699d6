"""What `storage`, `compact` and `purge` ask of the app and how they tell the answer."""

from __future__ import annotations

import json

import pytest

from git_timewarp.cli.context import NotConfirmedError
from git_timewarp.retention.results import Left
from tests.support.fake_app import Desk, FakeApp
from tests.support.fake_disk import FakeDisk

BLOB = "8bbfb37b3db09ab2399c65580342766c363fa431"


def told(line: str, disk: FakeDisk | None = None) -> tuple[str, str]:
    """Return what a command says on standard output and standard error."""
    desk = Desk(FakeApp(disk=disk or FakeDisk()))
    assert desk.run(line) == 0
    return desk.out, desk.err


def test_storage_shows_classes_largest_and_advice() -> None:
    assert told("storage") == (
        (
            "  1.9 KB events\n"
            "  6.6 GB snapshots\n"
            "100.0 KB journal, caches and other local files\n"
            "  6.6 GB in all, 66 % of 10.0 GB (the quota)\n"
            "  1.0 GB free on the disk, which is little\n"
            "\n"
            "largest snapshots:\n"
            "  5.6 GB llllllllllll E9\n"
            "\n"
            "largest files:\n"
            '  4.7 GB 8bbfb37b3db0 "tab\\tname.iso"\n'
            "\n"
            "compacting would free at most 3.0 GB (1 snapshot)\n"
            "hint: git timewarp compact --dry-run\n"
        ),
        "",
    )


def test_a_dry_run_of_compact_gives_each_decision_with_its_reason() -> None:
    disk = FakeDisk()
    assert told("compact --dry-run --date iso", disk) == (
        (
            "remove E2 kkkkkkkkkkkk 2023-11-10 22:13:20 +0000 no rule keeps it\n"
            "keep   E9 llllllllllll 2023-11-14 22:12:20 +0000 newest, daily\n"
            "would remove 1 snapshot, keep 1, 2.0 KB at most\n"
        ),
        "",
    )
    assert disk.asked == [("compact", {"now": False, "dry_run": True})]


def test_compact_says_what_is_free_and_when() -> None:
    disk = FakeDisk()
    assert told("compact --force --now", disk) == (
        "removed 1 snapshot, kept 1 (E10)\n2.0 KB are free now\n",
        "",
    )
    assert disk.asked == [("compact", {"now": True, "dry_run": False})]
    out, err = told("compact -f", FakeDisk(waits=True))
    assert err == ""
    assert out.splitlines() == [
        "removed 1 snapshot, kept 1 (E10)",
        "2.0 KB are free when the old packs go (timewarp.packs.graceHours)",
        "hint: git timewarp compact --now",
    ]


def test_compact_with_nothing_to_remove_asks_nothing() -> None:
    disk = FakeDisk(decisions=FakeDisk().decisions[1:])
    assert told("compact --now", disk) == (
        "the rules keep every snapshot (1)\n2.0 KB of old packs are free now\n",
        "",
    )


def test_compact_and_purge_are_not_done_where_nobody_can_be_asked() -> None:
    disk = FakeDisk()
    desk = Desk(FakeApp(disk=disk))
    with pytest.raises(NotConfirmedError) as caught:
        desk.run("compact --now")
    assert caught.value.message == (
        "this removes 1 of 2 snapshots for good; nobody is there to confirm it"
    )
    assert caught.value.hint == "git timewarp compact --now --force"
    with pytest.raises(NotConfirmedError) as caught:
        desk.run("purge *.env")
    assert caught.value.message == (
        "this removes 1 path(s) from 2 snapshot(s) for good; nobody is there to confirm it"
    )
    assert caught.value.hint == "git timewarp purge --force '*.env'"
    assert [asked["dry_run"] for _, asked in disk.asked] == [True, True]


def test_purge_names_what_went_and_loudly_what_did_not() -> None:
    assert told("purge --force *.env") == (
        'removed "a\\tb.env"\nremoved 1 object from 2 snapshots (E10)\n',
        "",
    )
    left = (Left(BLOB, "your own commits", "git log --all"), Left("", "the work tree", "ls"))
    assert told("purge -f *.env", FakeDisk(left=left, waits=True)) == (
        (
            'removed "a\\tb.env"\n'
            "removed 1 object from 2 snapshots (E10)\n"
            "still there: in old packs, because a git gc is running; they go later (timewarp.packs.graceHours)\n"
            "  hint: git timewarp compact --now\n"
            f"still there: {BLOB} is in your own commits\n"
            "  hint: git log --all\n"
            "still there: the work tree\n"
            "  hint: ls\n"
        ),
        "",
    )
    assert told("purge -n a b") == (
        'would remove "a\\tb.env"\nwould remove 1 object from 2 snapshots\n',
        "",
    )


def test_redact_names_what_went_and_where_it_is_still() -> None:
    stays = "its snapshot llllllllllll stays; 'git timewarp purge' takes content out of it\n"
    assert told("redact --force E9") == (
        f"redacted E9 (E10)\nremoved it from 2 files kept by recoveries and restores\n{stays}",
        "",
    )
    assert told("redact -n --reason token E9") == (f"would redact E9\n{stays}", "")
    assert told("redact E9", FakeDisk(already=True)) == ("E9 is redacted already\n", "")
    left = (Left("", "the published notes", "git update-ref -d refs/notes/timewarp"),)
    disk = FakeDisk(left=left, waits=True, archives=("timewarp/replaced/x.tar.zst",))
    assert told("redact -f E9", disk)[0].splitlines() == [
        "redacted E9 (E10)",
        "removed timewarp/replaced/x.tar.zst, an archive of what an import replaced",
        "removed it from 2 files kept by recoveries and restores",
        stays.strip(),
        "still there: in old packs, because a git gc is running; they go later (timewarp.packs.graceHours)",
        "  hint: git timewarp compact --now",
        "still there: the published notes",
        "  hint: git update-ref -d refs/notes/timewarp",
    ]


def test_redact_asks_first_and_names_the_archives_that_go() -> None:
    disk = FakeDisk(archives=("timewarp/replaced/x.tar.zst",))
    with pytest.raises(NotConfirmedError) as caught:
        Desk(FakeApp(disk=disk)).run("redact --reason token E9")
    assert caught.value.message == (
        "this removes what E9 says, and the archive(s) 'timewarp/replaced/x.tar.zst' for good; "
        "nobody is there to confirm it"
    )
    assert caught.value.hint == "git timewarp redact --force --reason token E9"
    asked = {"event": "E9", "reason": "token", "dry_run": True}
    assert disk.asked == [("redact", asked)]


def test_the_answers_for_programs_are_one_object_each() -> None:
    for line in ("storage --json", "compact -n --json", "purge -f --json x", "redact -f --json E9"):
        out, err = told(line)
        assert err == ""
        assert json.loads(out)["v"] == 1
        assert out.count("\n") == 1
