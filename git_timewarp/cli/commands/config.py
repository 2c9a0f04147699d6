"""`config`: the settings and where each comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_timewarp.cli.options import DRY_RUN, JSON
from git_timewarp.cli.output import human, names
from git_timewarp.cli.spec import Argument, Command, Option
from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.util.text import shell

if TYPE_CHECKING:
    from git_timewarp.cli.context import Context
    from git_timewarp.timeline.results_look import Json

_DEFAULT = "default"
_ONLY = "this is the only work tree: the setting is the repository's, as git config does it"


class ScopeError(TimewarpError):
    """More than one place to write a setting to was named."""

    kind = Kind.USAGE
    reference = "config-scope"


def list_settings(context: Context, *, defaults: bool) -> int:
    """List the settings that differ from their default, or all."""
    records = [
        record for record in context.app.config_list() if defaults or not _is_default(record)
    ]
    if not defaults and not records and not context.json:
        context.console.talk("every setting has its default: git timewarp config list --defaults")
    context.page()
    context.answer({"settings": records}, human.settings(records, context.look()))
    return 0


def get(context: Context, *, key: str) -> int:
    """Print one setting's value."""
    record = context.app.config_get(key)
    context.answer(record, [_text(record)])
    return 0


def set_value(
    context: Context, *, key: str, value: str, everywhere: bool, worktree: bool, dry_run: bool
) -> int:
    """Change a setting in git's configuration."""
    if everywhere and worktree:
        raise ScopeError(
            "'--global' and '--worktree' exclude each other",
            hint=f"git timewarp config set --global {shell(key)} {shell(value)}",
        )
    scope = "global" if everywhere else "worktree" if worktree else "local"
    app = context.app
    record = app.config_set(key, value, scope, dry_run=dry_run)
    told = f"{record['key']}={_text(record)} ({record['scope']})"
    context.answer(
        record,
        [f"would set {told}" if dry_run else told],
        [_ONLY] if record["scope"] != scope else (),
    )
    return 0


def validate(context: Context) -> int:
    """Check every setting from every source."""
    found = context.app.config_validate()
    context.answer({"ok": not found, "problems": list(found)}, human.mistakes(found))
    return Kind.REFUSED.value if found else 0


def _text(record: Json) -> str:
    value = record.get("value")
    return names.one_line(str(value).lower() if isinstance(value, bool) else str(value))


def _is_default(record: Json) -> bool:
    origin = record.get("origin")
    return isinstance(origin, dict) and origin.get("scope") == _DEFAULT


LIST = Command(
    name="config list",
    description="""Show the settings that are not at their default, with where each comes from;
with --defaults all of them, with what each is for.""",
    examples=(("git timewarp config list --defaults", "Everything that can be set:"),),
    run=list_settings,
    options=(Option(("--defaults",), "defaults", "those at their default too"), JSON),
)

GET = Command(
    name="config get",
    description="""Show the value a setting has here, wherever it comes from.""",
    examples=(("git timewarp config get timewarp.autosave.intervalSeconds", "One value:"),),
    run=get,
    options=(JSON,),
    arguments=(Argument("key", "<key>", "the setting"),),
)

SET = Command(
    name="config set",
    description="""Change a setting in git's configuration of this repository, or elsewhere with an
option. A value of the wrong kind is refused.""",
    examples=(
        ("git timewarp config set timewarp.autosave.intervalSeconds 30", "Take drafts more often:"),
    ),
    run=set_value,
    options=(
        Option(("--global",), "everywhere", "for all repositories of this user"),
        Option(("--worktree",), "worktree", "for this work tree only"),
        DRY_RUN,
        JSON,
    ),
    arguments=(
        Argument("key", "<key>", "the setting"),
        Argument("value", "<value>", "its new value", signed=True),
    ),
)

VALIDATE = Command(
    name="config validate",
    description="""Check all settings from git's configuration, the environment and the tracked
file. Each unknown key and wrong value is named with its file and the nearest key there is;
the exit code is 1 then.""",
    examples=(("git timewarp config validate", "After editing .timewarp.toml:"),),
    run=validate,
    options=(JSON,),
)
