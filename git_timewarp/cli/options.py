"""Options that several commands share: the same spelling and meaning everywhere."""

from __future__ import annotations

from git_timewarp.cli.spec import Option

JSON = Option(("--json",), "json", "answer in JSON for programs")
DRY_RUN = Option(("-n", "--dry-run"), "dry_run", "only say what would be done")
FORCE = Option(
    ("-f", "--force"),
    "force",
    "go on although something in the way could not be captured; it may be lost",
)
COLOR = Option(
    ("--color",), "colors", "when to colour", metavar="<when>", choices=("always", "never", "auto")
)
NO_COLOR = Option(("--no-color",), "no_color", "do not colour")
ASCII = Option(("--ascii",), "ascii_only", "draw with ASCII characters only")
DATE = Option(
    ("--date",),
    "date",
    "how to show times: relative, iso, iso-strict, rfc, short, unix, format:..., as git log",
    metavar="<format>",
)
PATCH = Option(("-p", "--patch"), "patch", "show what changed, line by line")
STAT = Option(("--stat",), "stat", "show how many lines changed in each file")
SINCE = Option(
    ("--since", "--after"), "since", "nothing older than this, as git log", metavar="<time>"
)
UNTIL = Option(
    ("--until", "--before"), "until", "nothing newer than this, as git log", metavar="<time>"
)
