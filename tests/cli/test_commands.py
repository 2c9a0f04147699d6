"""What each command asks of the app and how it tells the answer: whole outputs."""

from __future__ import annotations

import json

import pytest

from git_timewarp.cli.commands.cat import NoPathError
from git_timewarp.cli.commands.config import ScopeError
from git_timewarp.cli.commands.help import NoHelpError
from git_timewarp.cli.context import NotConfirmedError
from git_timewarp.cli.grammar import UsageError
from git_timewarp.git.names import RepoPath, SnapshotId
from git_timewarp.store.view import Skipped
from git_timewarp.timeline import ingest_lines
from git_timewarp.timeline.results import (
    Check,
    FileChange,
    SnapshotResult,
    TravelResult,
)
from git_timewarp.timeline.results_look import Changes, Json, Milestone, Problem
from tests.support.commands import commands
from tests.support.fake_app import TREE, Desk, FakeApp, ago, entry

FILES = (
    FileChange(RepoPath("a\tb\udcff.py"), "M", 3, 40),
    FileChange(RepoPath("é.bin"), "A", None, None),
)
PATCH = b"diff --git a/x b/x\n-old\n+n\xe9w\n"


def told(line: str, app: FakeApp | None = None, *, columns: int | None = None) -> tuple[str, str]:
    """Return what a command says on standard output and standard error."""
    desk = Desk(app, columns=columns)
    assert desk.run(line) == 0
    return desk.out, desk.err


def test_snapshot_tells_its_label_id_and_changes() -> None:
    app = FakeApp()
    assert told("snapshot -m hello --milestone v1", app) == (
        "snapshot E48 klmnopqrstuv  +2 ~3 -1\n",
        "",
    )
    assert app.asked == [("snapshot", {"message": "hello", "milestone": "v1", "dry_run": False})]


def test_snapshot_lists_what_it_could_not_keep() -> None:
    taken = SnapshotResult(
        SnapshotId("klmnopqrstuv"),
        "E48",
        TREE,
        created=True,
        changes=Changes(),
        skipped=(
            Skipped(RepoPath("big.iso"), "too-large", 12),
            Skipped(RepoPath("k\ney"), "unreadable"),
        ),
        notes=("the index was seeded again",),
    )
    assert told("snapshot", FakeApp(taken=taken)) == (
        "snapshot E48 klmnopqrstuv\n",
        (
            "skipped: big.iso (12 bytes): too large to keep, its hash and size are recorded\n"
            'skipped: "k\\ney": it cannot be read\n'
            "the index was seeded again\n"
        ),
    )


def test_a_snapshot_of_nothing_new_says_so() -> None:
    taken = SnapshotResult(
        SnapshotId("klmnopqrstuv"), "E48", TREE, created=False, changes=Changes()
    )
    assert told("snapshot", FakeApp(taken=taken))[0] == ("nothing changed since E48 klmnopqrstuv\n")
    assert (
        told("snapshot -n", FakeApp(taken=taken))[0] == "nothing changed since E48 klmnopqrstuv\n"
    )
    assert told("snapshot -n")[0] == "would take a snapshot  +2 ~3 -1\n"


STATUS = """\
recording: on, timeline 'main'
latest:    E47  2 minutes ago  +2  [user v1] works
watcher:   running (pid 4711, last draft 5 seconds ago)
hooks:     installed (2 of 2)
HEAD:      main
kept:      47 events
pending:   3 events, 1 snapshot, 739 bytes in the spool
writer:    klmnopqrstuvwxyz
problem: gap: refs moved unseen
  affects refs/heads/x
  hint: git timewarp doctor
"""


def test_status() -> None:
    last = entry(
        47,
        seconds=120,
        summary="works",
        changes=Changes(2),
        milestone=Milestone("user", "high", "v1"),
    )
    problem = Problem("gap", "refs moved unseen", "git timewarp doctor", ("refs/heads/x",))
    app = FakeApp(entries=[last], problems=(problem,))
    assert told("status", app) == (STATUS, "")
    short = "".join(STATUS.splitlines(keepends=True)[:4] + STATUS.splitlines(keepends=True)[8:])
    assert told("status -s", app) == (short, "")


def test_status_shows_the_age_of_the_newest_draft() -> None:
    app = FakeApp(draft=entry(46, seconds=75, type_="draft"))
    line = "draft:     E46  75 seconds ago\n"
    assert line in told("status", app)[0]
    assert line in told("status -s", app)[0]


def test_status_where_nothing_is_recorded() -> None:
    assert told("status", FakeApp(recording=False))[0] == (
        "nothing is recorded here\nhint: git timewarp init\n"
    )


def test_log_passes_every_filter_on() -> None:
    app = FakeApp()
    told("log -3 --type a --type b --actor c --since x --until y --all src", app)
    assert app.asked == [
        (
            "log",
            {
                "limit": 3,
                "types": ("a", "b"),
                "actors": ("c",),
                "since": "x",
                "until": "y",
                "all_writers": True,
                "paths": ("src",),
            },
        )
    ]


def test_log_in_json_is_one_object_a_line() -> None:
    desk = Desk(FakeApp(entries=[entry(2, summary="zwei\udcff"), entry(1)]))
    desk.run("log --json")
    lines = [json.loads(line) for line in desk.out.splitlines()]
    assert [line["event"] for line in lines] == ["E2", "E1"]
    assert lines[0]["summary"] == "zwei?"
    assert set(lines[0]) >= {"event", "id", "type", "ts", "actor", "summary", "snapshot"}


def test_log_with_patches_and_stats() -> None:
    app = FakeApp(entries=[entry(2, summary="b"), entry(1, kept=False)], patch=PATCH, files=FILES)
    desk = Desk(app)
    desk.run("log -p")
    assert desk.out == (
        "○ E2 60s snapshot b\n\ndiff --git a/x b/x\n-old\n+n\\xe9w\n\n· E1 60s snapshot\n"
    )
    assert told("log --stat", app)[0] == (
        "○ E2 60s snapshot b\n"
        "\n"
        ' "a\\tb\\377.py"  |  43 +-------------------\n'
        ' "\\303\\251.bin" | Bin\n'
        " 2 files changed, 3 insertions(+), 40 deletions(-)\n"
        "\n"
        "· E1 60s snapshot\n"
    )


def test_show() -> None:
    event = entry(
        7, summary="one\ntwo", milestone=Milestone("user", "high"), worktree="worktrees/fix"
    )
    app = FakeApp(entries=[event], patch=PATCH, files=FILES)
    heading = (
        "event E7 snapshot klmnopqrstuv\n"
        "Actor:    ada@example.com\n"
        "Date:     60 seconds ago\n"
        "Timeline: main\n"
        "Worktree: worktrees/fix\n"
        "Milestone: user (high)\n"
        "\n"
        "    one\n"
        "    two\n"
        "\n"
    )
    assert told("show E7", app)[0] == heading + "diff --git a/x b/x\n-old\n+n\\xe9w\n"
    assert told("show E7 --name-only", app)[0] == heading + (
        'M\t"a\\tb\\377.py"\nA\t"\\303\\251.bin"\n'
    )


def test_names_are_quoted_as_the_user_wants() -> None:
    app = FakeApp(files=FILES, git_config={"core.quotepath": "false"})
    assert told("diff --name-only", app)[0] == '"a\\tb\\xff.py"\né.bin\n'


def test_diff_takes_two_moments_and_paths() -> None:
    app = FakeApp(patch=PATCH)
    desk = Desk(app)
    desk.run("diff E1 E2 -- src -x")
    assert desk.raw == PATCH
    asked = {"a": "E1", "b": "E2", "paths": ("src", "-x"), "stat": False}
    assert app.asked == [("diff", asked | {"name_only": False, "color": False})]


def test_cat_prints_bytes_as_they_are() -> None:
    app = FakeApp(patch=PATCH)
    desk = Desk(app)
    desk.run("cat E1 x")
    assert desk.raw == PATCH
    told("cat E1:dir/x", app)
    told("cat :x", app)
    assert [asked for _, asked in app.asked] == [
        {"target": "E1", "path": "x"},
        {"target": "E1", "path": "dir/x"},
        {"target": "@", "path": "x"},
    ]
    with pytest.raises(NoPathError):
        Desk(app).run("cat E1")


def test_cat_in_json_gives_text_or_bytes() -> None:
    desk = Desk(FakeApp(patch=PATCH))
    desk.run("cat E1 x --json")
    assert json.loads(desk.out) == {
        "v": 1,
        "target": "E1",
        "path": "x",
        "size": 29,
        "bytes": "ZGlmZiAtLWdpdCBhL3ggYi94Ci1vbGQKK27pdwo=",
    }


JUMP = """\
jumped to E42
  restored src/a.py
  removed  new.txt
  refused  "big\\tfile.bin" (too-large)
  1 restored, 1 removed, 12 unchanged, 1 refused, safety snapshot mmmmmmmmmmmm
"""
JUMP_TALK = """\
warning: uncommitted work was put away as 'stash@{0}'
hint: git timewarp stash apply 'stash@{0}'
warning: the refused paths are as they were
to go back: git timewarp undo
"""


def test_jump_tells_what_came_back_what_went_and_the_way_back() -> None:
    app = FakeApp()
    desk = Desk(app)
    assert desk.run("jump E42 --with-head --force") == 1  # a path was refused
    assert (desk.out, desk.err) == (JUMP, JUMP_TALK)
    asked = {"target": "E42", "with_head": True, "with_refs": False}
    assert app.asked == [("jump", asked | {"force": True, "dry_run": False})]


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("undo", ("undo", {"steps": 1, "event": None})),
        ("undo 3", ("undo", {"steps": 3, "event": None})),
        ("undo E7", ("undo", {"steps": 1, "event": "E7"})),
        ("redo 2", ("redo", {"steps": 2, "event": None})),
        ("restore a b", ("restore", {"paths": ("a", "b"), "source": None})),
        ("restore -s E1 -- -a", ("restore", {"paths": ("-a",), "source": "E1"})),
        ("stash apply", ("stash_apply", {"name": "stash@{0}", "drop": False})),
        ("stash apply stash@{2} --drop", ("stash_apply", {"name": "stash@{2}", "drop": True})),
    ],
)
def test_travel_asks_for_what_was_typed(line: str, asked: tuple[str, dict[str, object]]) -> None:
    app = FakeApp()
    Desk(app).run(line)
    assert app.asked == [(asked[0], asked[1] | {"force": False, "dry_run": False})]


def test_a_plan_is_no_failure_and_offers_no_way_back() -> None:
    plan = TravelResult(
        verb="jump",
        event=None,
        from_snapshot=None,
        to_snapshot=None,
        safety_snapshot=None,
        restored=tuple(RepoPath(f"f{number}") for number in range(42)),
        removed=(),
        unchanged=0,
        target="E1",
        dry_run=True,
    )
    desk = Desk(FakeApp(travel=plan), columns=80)
    assert desk.run("jump E1 --dry-run") == 0
    lines = desk.out.splitlines()
    assert lines[0] == "would jump to E1"
    assert lines[-2:] == [
        "  ... and 2 more restored; --json lists all",
        "  42 restored, 0 removed, 0 unchanged",
    ]
    assert desk.err == ""
    whole = Desk(FakeApp(travel=plan))
    whole.run("jump E1 --dry-run")
    assert len(whole.out.splitlines()) == 44


def test_an_edit_made_meanwhile_is_pointed_at() -> None:
    travel = TravelResult(
        verb="undo",
        event="E9",
        from_snapshot=None,
        to_snapshot=None,
        safety_snapshot=SnapshotId("mmmmmmmmmmmm"),
        restored=(),
        removed=(),
        unchanged=3,
        kept_aside=((RepoPath("a"), ".git/timewarp/aside/1/a"),),
        target="E8",
    )
    assert told("undo", FakeApp(travel=travel)) == (
        (
            "undid E8\n"
            "  kept     a is now at .git/timewarp/aside/1/a\n"
            "  nothing differs\n"
            "  0 restored, 0 removed, 3 unchanged, safety snapshot mmmmmmmmmmmm\n"
        ),
        (
            "warning: some files changed while we wrote; their bytes are kept, see above\n"
            "to go back: git timewarp redo\n"
        ),
    )


def test_stashes() -> None:
    assert told("stash list", columns=44)[0] == (
        "stash@{0}:  2m main       +1 ~2 half a pars…\n"
        "stash@{1}: 25h (detached)    ~1 日本語の作業\n"
    )
    assert told("stash drop stash@{0}") == (
        "dropped stash@{0} (E9 klmnopqrstuv)\n",
        "to see it again: git timewarp show E9\n",
    )
    assert told("stash drop stash@{0} -n") == ("would drop stash@{0} (E9 klmnopqrstuv)\n", "")
    app = FakeApp(patch=PATCH, files=FILES)
    desk = Desk(app)
    desk.run("stash show -p")
    assert desk.raw == PATCH
    assert (
        told("stash show", app)[0].splitlines()[-1]
        == " 2 files changed, 3 insertions(+), 40 deletions(-)"
    )


def test_doctor_fails_when_a_check_does() -> None:
    good = Check("git", True, "git 2.39.5")
    none = Check("watcher", None, "not started")
    bad = Check("hooks", False, "'post-commit' does not fire", "git timewarp hooks install")
    assert told("doctor", FakeApp(checks=(good, none)))[0] == (
        "ok     git      git 2.39.5\n-      watcher  not started\n"
    )
    desk = Desk(FakeApp(checks=(bad,)))
    assert desk.run("doctor") == 1
    assert desk.out == (
        "FAILED hooks  'post-commit' does not fire\n       hint: git timewarp hooks install\n"
    )


def test_verify_ends_with_5_on_damage() -> None:
    app = FakeApp()
    assert told("verify --full", app)[0] == (
        "checked 47 events, 12 snapshots, 300 objects (full)\neverything is whole\n"
    )
    assert app.asked == [("verify", {"full": True, "subset": None, "drills": 0})]
    desk = Desk(FakeApp(problems=(Problem("missing-object", "abc", "git fsck"),)))
    assert desk.run("verify") == 5
    assert desk.out == (
        "checked 47 events, 12 snapshots (quick)\n"
        "problem: missing-object: abc\n"
        "  hint: git fsck\n"
        "1 problem\n"
        "what is in the snapshots was not read: git timewarp verify --full\n"
    )


def test_recover_tells_what_came_back_and_what_is_kept() -> None:
    last: Json = {
        "ts": ago(60),
        "verb": "status",
        "came_back": ["folding was cut off"],
        "lost": ["event 3"],
        "left": [],
        "folder": "/r",
    }
    assert told("recover", FakeApp(recovered=last))[0] == (
        "last recovery: 60 seconds ago, by 'git timewarp status'\n"
        "  came back: folding was cut off\n"
        "  lost: event 3\n"
        "  copy from before it: /r\n"
        "1 object(s) that a crash left and nothing names are kept:\n"
        f"  {TREE} tree 0 bytes\n"
        f"hint: GIT_ALTERNATE_OBJECT_DIRECTORIES='/r/objects' git cat-file -p {TREE}\n"
        "checked 47 events, 12 snapshots (quick)\n"
        "every chain is whole and every snapshot is in its place\n"
        "what is in the snapshots was not read: git timewarp verify --full\n"
    )
    desk = Desk(FakeApp(problems=(Problem("missing-object", "abc", "git timewarp repair"),)))
    assert desk.run("recover") == 5


def test_repair_tells_what_was_healed_and_what_is_left() -> None:
    app = FakeApp()
    assert told("repair", app)[0] == (
        f"healed {TREE} from the work tree  src/a.py\n"
        "written anew: pack-1\n"
        "what was there before is kept in /r\n"
        "everything is whole\n"
    )
    assert app.asked == [("repair", {"dry_run": False})]
    desk = Desk(FakeApp(problems=(Problem("missing-object", "abc", "git timewarp log"),)))
    assert desk.run("repair") == 5
    assert desk.out.splitlines()[3:] == [
        "problem: missing-object: abc",
        "  hint: git timewarp log",
        "1 problem cannot be healed from here",
    ]
    assert told("repair --dry-run")[0] == (
        f"can be healed {TREE} from the work tree  src/a.py\n"
        "written anew: pack-1\n"
        "2 problems; 1 object can be healed\n"
    )


INIT = """\
recording is on; E48 holds what is here now

protected from now on:
  - tracked and untracked files
  - branches and tags

not protected:
  - ignored files

to record while you work:  git timewarp watch start
to see what is recorded:   git timewarp log
to undo all of this:       git timewarp deinit
"""


def test_init_says_what_is_protected_and_how_to_undo() -> None:
    app = FakeApp()
    assert told("init --no-hooks", app) == (INIT, "")
    assert app.asked[0] == ("init", {"hooks": False, "watch": False})
    told("init --watch", app)
    assert app.asked[2] == ("init", {"hooks": True, "watch": True})


def test_init_can_be_tried_first() -> None:
    app = FakeApp(recording=False)
    assert told("init -n --watch", app)[0] == (
        "would take a first snapshot\n"
        "would install the git hooks beside those that are there\n"
        "would start the watcher\n"
    )
    assert app.asked == []


def test_a_purge_needs_a_word_or_force() -> None:
    app = FakeApp()
    with pytest.raises(NotConfirmedError) as caught:
        Desk(app).run("deinit --purge")
    assert caught.value.hint == "git timewarp deinit --purge --force"
    assert app.asked == []
    assert told("deinit --purge --force", app)[0] == (
        "recording is off, the hooks are as they were\ndeleted 1 ref: nothing of it is left\n"
    )
    assert told("deinit --purge --dry-run", app)[0] == (
        "would stop recording and put the hooks back as they were\n"
        "would delete refs/timewarp/klmnopqrstuvwxyz/events/1\n"
    )
    assert told("deinit", app)[0] == (
        "recording is off, the hooks are as they were\n"
        "what was recorded stays in refs/timewarp/; to go on: git timewarp init\n"
        "without us, git reads it: git -c notes.displayRef='refs/timewarp/*/events/*' log\n"
    )
    assert [asked["purge"] for _, asked in app.asked] == [True, True, False]


def test_watch() -> None:
    assert told("watch start")[0] == (
        "watcher: running (pid 4711, polling, no inotify watch left)\n"
    )
    assert told("watch status")[0] == (
        "watcher: not running (it was killed): git timewarp watch start\n"
        "problem: a draft failed: no space left\n"
    )
    assert told("watch stop")[0] == "the watcher is stopped; what it recorded stays\n"
    assert told("watch start -n")[0] == "would start the watcher\n"
    assert told("watch stop -n")[0] == "nothing to do\n"


def test_hooks() -> None:
    assert told("hooks install")[0] == (
        "hooks installed in .git/hooks: post-commit, pre-push\nthese run as before: pre-push\n"
    )
    assert told("hooks status")[0] == (
        "hooks installed in .git/hooks\n"
        "  post-commit installed fires\n"
        "  pre-push    installed fires then x\n"
    )
    assert told("hooks install -n")[0] == "nothing to do\n"
    assert (
        told("hooks uninstall -n")[0] == "would uninstall post-commit\nwould uninstall pre-push\n"
    )
    assert told("hooks uninstall")[0] == (
        "took core.hooksPath out of .git/config again\n"
        'removed .git/hooks/post-commit\nleft "\\377"\n'
    )


def test_config() -> None:
    key = "timewarp.autosave.intervalSeconds"
    shown = f"{key}=30  (local: .git/config)\n    longest time between two drafts\n"
    assert told("config list")[0] == shown
    assert told("config list --defaults")[0] == (
        shown + "timewarp.ui.ascii=auto  (default)\n    ASCII only\n"
    )
    assert told(f"config get {key}")[0] == "30\n"
    app = FakeApp()
    assert told(f"config set {key} 40 --global", app)[0] == f"{key}=40 (global)\n"
    assert app.asked == [
        ("config_set", {"key": key, "value": "40", "scope": "global"} | {"dry_run": False})
    ]
    assert told(f"config set {key} 40 -n")[0] == f"would set {key}=40 (local)\n"
    with pytest.raises(ScopeError):
        Desk().run(f"config set {key} 1 --global --worktree")


def test_config_validate_fails_on_a_mistake() -> None:
    assert told("config validate")[0] == "every setting is valid\n"
    mistake: Json = {"place": ".git/config", "message": "'x' is no setting", "hint": "git config"}
    desk = Desk(FakeApp(mistakes=[mistake]))
    assert desk.run("config validate") == 1
    assert desk.out == "problem: 'x' is no setting\n  hint: git config\n"


def test_notes_publish() -> None:
    assert told("notes publish")[0] == ("ref: refs/notes/timewarp\nnotes: 3\ndry run: false\n")


def test_help() -> None:
    assert told("help stash")[0].splitlines()[:3] == [
        "usage: git timewarp stash <command> [<args>]",
        "",
        "   stash list         list the work that jumps put away",
    ]
    assert told("help jump")[0].startswith("usage: git timewarp jump [options] <target>\n")
    assert "   70   a bug of git-timewarp; a report was written\n" in told("help exit-codes")[0]
    with pytest.raises(NoHelpError):
        Desk().run("help nothing")


def test_every_answer_in_json_has_a_version() -> None:
    lines = (
        "status,doctor,snapshot,show,diff,jump E1,undo,stash list,verify,init,deinit,watch status"
    )
    for line in lines.split(","):
        desk = Desk(FakeApp(entries=[entry(1)]))
        desk.run(f"{line} --json")
        assert json.loads(desk.out)["v"] == 1, line
        assert len(desk.out.splitlines()) == 1, line


def test_stopping_no_watcher_says_so() -> None:
    class Idle(FakeApp):
        """An app whose watcher does not run."""

        def watch_stop(self) -> Json:
            """Answer that nothing changed."""
            return {"running": False, "changed": False}

    assert told("watch stop", Idle())[0] == "no watcher was running\n"


def test_the_help_of_record_names_every_field() -> None:
    text = commands()["record"].description
    assert [name for name in ingest_lines.READERS if f"'{name}'" not in text] == []


def test_a_number_is_refused_as_it_was_typed() -> None:
    for words in ("log -n -1", "log --max-count -1"):
        with pytest.raises(UsageError, match="'-1' is not a whole number"):
            told(words)
    app = FakeApp()
    told("log -3", app)
    assert app.asked[-1][1]["limit"] == 3
