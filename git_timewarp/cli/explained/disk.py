"""Room on the disk, and taking content out again: what each error means for its user."""

from __future__ import annotations

from git_timewarp.cli.explained.explanation import Explanation, Sort

TABLE: dict[str, Explanation] = {
    "low-disk": Explanation(
        Sort.PERMANENT,
        cause=(
            "Less is free on the disk than 'timewarp.disk.stop' asks for, so no snapshot is "
            "taken; git itself may soon fail there too."
        ),
        safe=(
            "Events are still recorded, and all earlier snapshots are whole. What is in the work "
            "tree now is in no new snapshot."
        ),
        recovery=(
            "Free some space; 'git timewarp storage' shows what is ours, 'git timewarp compact "
            "--now' gives back what no rule keeps, also on a disk that is full. Then 'git timewarp "
            "snapshot'."
        ),
    ),
    "snapshot-too-large": Explanation(
        Sort.PERMANENT,
        cause=(
            "The files that changed are larger together than 'timewarp.snapshot.maxBytes' "
            "allows; often a data set or a build lies in the work tree."
        ),
        safe="This one snapshot was not taken, earlier ones are whole.",
        recovery=(
            "Have git ignore what is no work of yours, or allow this one with the line in the hint."
        ),
    ),
    "snapshot-removed": Explanation(
        Sort.PERMANENT,
        cause=(
            "Retention, 'compact' or 'purge' took this snapshot away; the event stays, so that "
            "its chain can be verified."
        ),
        safe="The snapshots around it are whole unless they were removed as well.",
        recovery=(
            "'git timewarp log' shows the nearest one with a snapshot; 'git timewarp history "
            "<path>' finds a file in another one."
        ),
    ),
    "not-removed": Explanation(
        Sort.PERMANENT,
        cause=(
            "Something recorded cannot be folded into git yet, or a ref of ours was moved by "
            "somebody else, while snapshots were about to be removed."
        ),
        safe="Nothing was removed; all refs move together or not at all.",
        recovery=(
            "'git timewarp status' finishes what waits and says what moved; then run the command "
            "again."
        ),
    ),
    "nothing-to-purge": Explanation(
        Sort.PERMANENT,
        cause=(
            "No snapshot has a path, pattern or content of that name; it may be spelt "
            "differently, or be gone already."
        ),
        safe="Nothing was changed.",
        recovery=(
            "'git timewarp history <path>' shows where a file was; patterns are quoted for the "
            "shell."
        ),
    ),
    "not-a-blob": Explanation(
        Sort.PERMANENT,
        cause=(
            "The id is that of a commit, tree or tag. Only the content of files is taken out by "
            "its id."
        ),
        safe="Every snapshot still has all of its files.",
        recovery="'git ls-tree -r' with the commit or tree lists the ids of its files.",
    ),
    "nothing-to-redact": Explanation(
        Sort.PERMANENT,
        cause="No event has that number or id; the number may be another one in this clone.",
        safe="Every event says what it said.",
        recovery="'git timewarp log --all' lists every event with its number.",
    ),
    "other-writers-event": Explanation(
        Sort.PERMANENT,
        cause=(
            "The event came here from another clone. Each clone writes in its own chain only, so "
            "that two never change the same one."
        ),
        safe="Nothing was changed, here or there.",
        recovery=(
            "Redact it in the clone that recorded it, export that history and import it here; the "
            "same command here frees the disk then. If that clone is gone, remove its history "
            "with 'git timewarp import --replace' of an archive without it."
        ),
    ),
    "redaction-event": Explanation(
        Sort.PERMANENT,
        cause=(
            "The event is what tells a redacted one from one that somebody forged; it holds no "
            "content, only numbers and your reason."
        ),
        safe="The event, and the one that it tells of, are as they were.",
        recovery="There is nothing to be done; 'git timewarp show' tells what it holds.",
    ),
}
