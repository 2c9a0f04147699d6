"""Commands beside the first ones: whole outputs on the fake app."""

from __future__ import annotations

import json

import pytest

from git_timewarp.cli.commands.help import NoHelpError
from tests.cli.test_commands import PATCH, told
from tests.support.fake_app import Desk, FakeApp, version

PAST = [
    version(47, "D", other="k\udcff.py", lines=(0, 12), current=True),
    version(46, "M", lines=(3, 1), commit="8c94a7399b49bcbfc5bcd7be5b0a86ac85d4f0ad"),
    version(45, "T", lines=(None, None)),
    version(44, "R", other="old.py", lines=(0, 0)),
    version(9, "F", lines=(None, None)),
]
HISTORY = """\
@ E47  9m snapshot deleted     -12 to "k\\377.py": step 47
○ E46  9m snapshot modified  +3 -1 [8c94a73] step 46
○ E45  9m snapshot retyped  binary step 45
○ E44  9m snapshot renamed         from old.py: step 44
○ E9  10m snapshot found           step 9
"""


def test_history() -> None:
    app = FakeApp(past=PAST, patch=PATCH)
    assert told("history -3 new.py E1..", app)[0] == HISTORY
    assert app.asked == [("history", {"path": "new.py", "span": "E1..", "limit": 3})]
    assert told("history -p -- new.py", FakeApp(past=PAST[3:], patch=PATCH))[0] == (
        "○ E44 9m snapshot renamed from old.py: step 44\n"
        "\ndiff --git a/x b/x\n-old\n+n\\xe9w\n\n"
        "○ E9  10m snapshot found   step 9\n"
    )
    desk = Desk(app)
    desk.run("history new.py --json")
    lines = [json.loads(line) for line in desk.out.splitlines()]
    assert [(line["status"], line["from"], line["to"]) for line in lines] == [
        ("D", None, {"bytes": "a/8ucHk="}),
        ("M", None, None),
        ("T", None, None),
        ("R", "old.py", None),
        ("F", None, None),
    ]
    assert (lines[0]["blob"], lines[0]["mode"], lines[1]["mode"]) == (None, None, "100644")


def test_the_log_of_the_program_itself() -> None:
    app = FakeApp()
    assert told("log --system -3 --type watcher --since x --until y", app)[0] == (
        "5s error watcher no draft:\n2m info  watcher watching '/a'\n"
    )
    asked = {"limit": 3, "components": ("watcher",), "since": "x", "until": "y"}
    assert app.asked == [("system_log", asked)]
    desk = Desk(app)
    desk.run("log --system --json")
    assert json.loads(desk.out.splitlines()[0]) == {
        "ts": "2023-11-14T22:13:15.000Z",
        "level": "error",
        "component": "watcher",
        "message": "no draft:\nthe disk is full",
        "pid": 12,
        "ms": 3,
    }


def test_both_lists_of_stashes() -> None:
    app = FakeApp()
    assert told("stash list --git", app)[0] == (
        "stash@{0}:  2m main       +1 ~2 (git's stash@{1}) half a parser\n"
        "stash@{1}: 25h (detached)    ~1                   日本語の作業\n"
        "git's stash@{0}: 60s                 WIP on main: 1234567 one\n"
        "git's stash@{1}:  3h (E9, stash@{0}) On main: a\n"
        "git's stash@{2}:  3h (E4)            On main: b\n"
    )
    for line in ("show --git", "show --git stash@{0}", "show --git 0", "show refs/stash@{0}"):
        told(f"stash {line}", app)
    assert {str(asked["name"]) for _, asked in app.asked} == {"refs/stash@{0}"}
    assert told("stash store -m mine E9", app) == (
        "E9 is stash@{0} of git's own list: On main: mine\n",
        "to have it back with git: git stash pop --index 'stash@{0}'\n",
    )
    assert told("stash store -n")[0] == "E9 would be stash@{0} of git's own list: On main:\n"


def test_errors_are_explained() -> None:
    text, _ = told("help errors config-scope no-path", columns=60)
    assert text == (
        "config-scope (permanent: somebody has to do something)\n"
        "\n"
        "cause:      --global and --worktree were given together; a\n"
        "            setting is written to one place.\n"
        "\n"
        "safe:       No setting changed.\n"
        "\n"
        "what to do: Give one of them, or none for this clone.\n"
        "\n"
        "no-path (permanent: somebody has to do something)\n"
        "\n"
        "cause:      'cat' was given a moment and no file.\n"
        "\n"
        "safe:       Nothing was done.\n"
        "\n"
        "what to do: Name both: 'git timewarp cat E47 src/main.py',\n"
        "            or 'E47:src/main.py'.\n"
    )
    assert "   lock-timeout             transient\n" in told("help errors")[0]
    desk = Desk()
    desk.run("help errors no-path --json")
    (record,) = json.loads(desk.out)["errors"]
    assert list(record) == ["reference", "class", "cause", "safe", "recovery"]
    with pytest.raises(NoHelpError) as caught:
        Desk().run("help errors nonsense")
    assert caught.value.hint == "git timewarp help errors"
