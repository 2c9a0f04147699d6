"""After a disaster: what each error means for its user."""

from __future__ import annotations

from git_timewarp.cli.explained.explanation import Explanation, Sort

TABLE: dict[str, Explanation] = {
    "no-moment-left": Explanation(
        Sort.PERMANENT,
        cause=(
            "Of all objects that can still be read none makes a snapshot that could be written "
            "out, or none is as old as the time asked for."
        ),
        safe="Nothing was written, and the repository was only read.",
        recovery=(
            "'git timewarp emergency-restore --list' shows every moment that can be read, whole "
            "or in part. Where there is none, look for a clone, an archive or a backup."
        ),
    ),
    "not-an-empty-folder": Explanation(
        Sort.PERMANENT,
        cause=(
            "The folder given with '--to' holds something already, is no folder, or lies inside "
            "the repository's own."
        ),
        safe="Not a file of it was touched.",
        recovery=(
            "Name a folder that is not there yet: 'git timewarp emergency-restore --latest --to "
            "rescued'."
        ),
    ),
    "not-rebuilt": Explanation(
        Sort.TRANSIENT,
        cause="Another git process holds a lock on the refs, so ours could not be made again.",
        safe="No ref moved. What survives is still there, and was only read.",
        recovery="Run 'git timewarp recover --rebuild' again when the other git has ended.",
    ),
    "nothing-left": Explanation(
        Sort.PERMANENT,
        cause=(
            "Neither the folder the command was started in nor any above it has a git directory, "
            "not even a broken one."
        ),
        safe="There was nothing to read, so nothing was changed.",
        recovery=(
            "Name it: 'git timewarp emergency-restore --git-dir <dir> --list'. A copy from a "
            "backup of the disk will do."
        ),
    ),
    "unknown-time": Explanation(
        Sort.PERMANENT,
        cause=(
            "git cannot be asked what a time means when it does not open the repository, and "
            "this one is in none of the forms that are understood without it."
        ),
        safe="The repository was not even read.",
        recovery=(
            "Write it as '2026-05-17 18:30', '@1763370000', '10 minutes ago' or 'yesterday'."
        ),
    ),
    "which-moment": Explanation(
        Sort.PERMANENT,
        cause="'emergency-restore' was asked for two moments, or for none.",
        safe="The repository was only looked for.",
        recovery="Give one of '--latest', '--at <time>' and '--list', and '--to <folder>' with the first two.",
    ),
    "which-recovery": Explanation(
        Sort.PERMANENT,
        cause=(
            "'recover' was given both '--rebuild' and '--from-git', or '--dry-run' with neither "
            "of them."
        ),
        safe="No record was made and none was changed.",
        recovery=(
            "'--rebuild' where objects of ours survive, '--from-git' where none does; 'recover' "
            "alone tells of the last recovery."
        ),
    ),
}
