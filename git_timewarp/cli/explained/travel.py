"""Travelling, selecting, looking: what each error means for its user."""

from __future__ import annotations

from git_timewarp.cli.explained.explanation import Explanation, Sort

TABLE: dict[str, Explanation] = {
    "cannot-capture": Explanation(
        Sort.PERMANENT,
        cause=(
            "A file in the way of a restore can be neither kept nor put aside: a socket, a "
            "device, a file nobody may read."
        ),
        safe="No byte was changed, because what would be overwritten is captured first.",
        recovery=(
            "Move the files named away, or take --force: what can be put aside is then kept "
            "below .git/timewarp/aside."
        ),
    ),
    "incomplete-restore": Explanation(
        Sort.PERMANENT,
        cause=(
            "Somebody (an editor, a build) changed files while they were brought back, so the "
            "result differs from the target."
        ),
        safe=(
            "The safety snapshot in the hint holds everything as it was; files that changed "
            "under us were kept aside."
        ),
        recovery=(
            "Stop what writes, then run the command again, or go back with 'git timewarp jump' "
            "and the snapshot of the hint."
        ),
    ),
    "merge-conflict": Explanation(
        Sort.PERMANENT,
        cause=(
            "The stash and the work tree changed the same lines; we do not write conflict "
            "markers into your files."
        ),
        safe="No byte was changed, the stash is on the list.",
        recovery=(
            "Commit or snapshot what is there, jump to the stash (the hint has it) and merge by "
            "hand; 'git timewarp diff' shows both sides."
        ),
    ),
    "path-blocked": Explanation(
        Sort.PERMANENT,
        cause=(
            "A link or file stands where the path needs a folder, so writing through it would "
            "land somewhere else."
        ),
        safe="Nothing was written.",
        recovery=(
            "Move the thing named out of the way, or restore the folder above the path as a whole."
        ),
    ),
    "path-not-found": Explanation(
        Sort.PERMANENT,
        cause=(
            "Neither the target nor the work tree has a path of that name; a pattern matched "
            "nothing."
        ),
        safe="Nothing changed.",
        recovery=(
            "'git timewarp history <path>' finds a path that was there at another time; check "
            "the folder you are in."
        ),
    ),
    "path-not-in-snapshot": Explanation(
        Sort.PERMANENT,
        cause=(
            "The file was not there at that moment, or it was seen and not captured; the message "
            "says so."
        ),
        safe="Other moments may have it.",
        recovery="'git timewarp history <path>' lists every version with its event.",
    ),
    "no-history-of-path": Explanation(
        Sort.PERMANENT,
        cause=(
            "No snapshot of this work tree ever held the path: it was ignored, or gone before "
            "recording began, or the name is another."
        ),
        safe="Nothing is lost by this.",
        recovery=(
            "git may know it from before: 'git log --all -- <path>'. 'git check-ignore -v "
            "<path>' says whether it is ignored."
        ),
    ),
    "unknown-target": Explanation(
        Sort.PERMANENT,
        cause=(
            "The word is no event, snapshot, stash, milestone, time, revision or timeline; or "
            "the moment is from before recording began."
        ),
        safe="Nothing was done.",
        recovery=(
            "'git timewarp log --all' lists what there is, 'git timewarp help targets' how to "
            "name it."
        ),
    ),
    "ambiguous-target": Explanation(
        Sort.PERMANENT,
        cause=(
            "Several snapshots begin with these letters, or several clones have an event of this "
            "number."
        ),
        safe="Nothing was done.",
        recovery="Type more letters; the message lists the candidates.",
    ),
    "not-a-time": Explanation(
        Sort.PERMANENT,
        cause=(
            "Neither ISO 8601 nor git's words ('yesterday', '2 hours ago') read the text as a date."
        ),
        safe="Nothing was done.",
        recovery="Write it as '2026-11-20T15:00' or '10 minutes ago', in quotes.",
    ),
    "nothing-to-undo": Explanation(
        Sort.PERMANENT,
        cause=(
            "No command of ours changed files here that is not undone yet; git's own commands "
            "are no steps, and other work trees have their own."
        ),
        safe="Nothing changed.",
        recovery="'git timewarp log' shows the moments; 'git timewarp jump' goes to any of them.",
    ),
    "not-a-stash": Explanation(
        Sort.PERMANENT,
        cause=(
            "The name is an event or snapshot, but none that stands on the list of stashes; it "
            "may have been dropped."
        ),
        safe="Nothing changed.",
        recovery=(
            "'git timewarp stash list'. A dropped one is brought back by 'git timewarp jump' and "
            "its event."
        ),
    ),
    "milestone-name": Explanation(
        Sort.PERMANENT,
        cause=(
            "The name reads as something else ('E5', 'main', a time), so the milestone could "
            "never be selected."
        ),
        safe="No snapshot was taken.",
        recovery="Choose a word with a letter that is no target: 'works-again', 'v2-done'.",
    ),
}
