"""The command line and the settings: what each error means for its user."""

from __future__ import annotations

from git_timewarp.cli.explained.explanation import Explanation, Sort

TABLE: dict[str, Explanation] = {
    "usage": Explanation(
        Sort.PERMANENT,
        cause="An option is unknown, misses its value, or an argument is missing.",
        safe="Nothing was done.",
        recovery="'git timewarp <command> --help' shows the options with an example.",
    ),
    "command-line": Explanation(
        Sort.PERMANENT,
        cause="What stands before the command is no option of ours (-C, -c, -P and so on).",
        safe="Nothing was done.",
        recovery="'git timewarp --help' lists them; options of a command come after its name.",
    ),
    "unknown-command": Explanation(
        Sort.PERMANENT,
        cause="There is no such command, or the verb after a noun is missing.",
        safe="Nothing was done.",
        recovery="The hint has the nearest one; 'git timewarp help' lists all.",
    ),
    "no-help": Explanation(
        Sort.PERMANENT,
        cause="There is no command, topic or error of that name.",
        safe="Nothing was done.",
        recovery=(
            "'git timewarp help' lists the commands and topics, 'git timewarp help errors' the "
            "errors."
        ),
    ),
    "no-folder": Explanation(
        Sort.PERMANENT,
        cause=(
            "The folder given with -C, or the one the shell stands in, does not exist (any more)."
        ),
        safe="Nothing was done.",
        recovery="'cd' to a folder that is there.",
    ),
    "no-path": Explanation(
        Sort.PERMANENT,
        cause="'cat' was given a moment and no file.",
        safe="Nothing was done.",
        recovery="Name both: 'git timewarp cat E47 src/main.py', or 'E47:src/main.py'.",
    ),
    "bad-pathspec": Explanation(
        Sort.PERMANENT,
        cause=(
            "The pattern is empty, has magic other than git's top, exclude, literal, glob and "
            "icase, or leads out of the work tree."
        ),
        safe="Nothing was done.",
        recovery=(
            "Quote patterns for the shell ('*.py'); paths count from the folder you are in, ':/' "
            "from the root."
        ),
    ),
    "date-format": Explanation(
        Sort.PERMANENT,
        cause="'--date' names no format that 'git log --date' knows.",
        safe="Nothing was done.",
        recovery="Use one of those in the message, or 'format:%H:%M'.",
    ),
    "log-system": Explanation(
        Sort.PERMANENT,
        cause="'--system' shows the log of the program, which has no paths, patches or actors.",
        safe="Nothing was done.",
        recovery="'git timewarp log --system' with a number, --type, --since or --until.",
    ),
    "not-confirmed": Explanation(
        Sort.PERMANENT,
        cause=(
            "The command destroys something for good and asks for a word; another was typed, or "
            "nobody was at a terminal."
        ),
        safe="Nothing was destroyed.",
        recovery="Type the word, or give --force in a script (the hint has the line).",
    ),
    "invalid-record": Explanation(
        Sort.PERMANENT,
        cause=(
            "A line given to 'record' is not JSON, misses a member, claims a type of ours, or is "
            "too long."
        ),
        safe="Lines before it are recorded; that line and those after it are not.",
        recovery=(
            "Mend the line whose number is in the message and send the rest again; the same "
            "'key' is never recorded twice."
        ),
    ),
    "config-scope": Explanation(
        Sort.PERMANENT,
        cause="--global and --worktree were given together; a setting is written to one place.",
        safe="No setting changed.",
        recovery="Give one of them, or none for this clone.",
    ),
    "invalid-setting": Explanation(
        Sort.PERMANENT,
        cause=(
            "The key does not exist or its value is of the wrong type or out of range; the "
            "message has file, key and the nearest valid one."
        ),
        safe=(
            "The setting that was in effect stays; a wrong one in a file is ignored in favour of "
            "the default, with a warning."
        ),
        recovery=(
            "'git timewarp config list --defaults' shows keys and values, 'git timewarp config "
            "validate' all mistakes at once."
        ),
    ),
    "tracked-file-unreadable": Explanation(
        Sort.DEGRADED,
        cause=".timewarp.toml is not TOML: a merge left its markers in it, or a quote is missing.",
        safe="Commands go on without the file, with a warning; recording is not concerned.",
        recovery="The message has the line; mend it, then 'git timewarp config validate'.",
    ),
    "no-demo-source": Explanation(
        Sort.PERMANENT,
        cause="The demonstration found nothing to clone: no repository here and none named.",
        safe="Nothing of yours was touched.",
        recovery="'git timewarp demo --repo <path or address>'.",
    ),
    "no-history": Explanation(
        Sort.PERMANENT,
        cause="The demonstration replays commits, and that repository has none.",
        safe="It was only read.",
        recovery="Name another one: 'git timewarp demo --repo <path>'.",
    ),
    "verify-depth": Explanation(
        Sort.PERMANENT,
        cause="'verify' was asked for two depths at once, '--quick' and '--full', say.",
        safe="Nothing was looked at; 'verify' never changes anything.",
        recovery=(
            "Name one: '--quick' for the chains, '--full' for every object, "
            "'--read-data-subset 1/7' for a seventh of them."
        ),
    ),
    "data-subset": Explanation(
        Sort.PERMANENT,
        cause=(
            "'--read-data-subset' takes a part of a whole, 'n/t' with n from 1 to t, or a "
            "percentage, 'p%', and was given something else."
        ),
        safe="Nothing was read; 'verify' never changes anything.",
        recovery="Write it as in 'git timewarp verify --read-data-subset 2/7' or '10%'.",
    ),
}
