"""What is recorded: the disk, locks, damage: what each error means for its user."""

from __future__ import annotations

from git_timewarp.cli.explained.explanation import Explanation, Sort

TABLE: dict[str, Explanation] = {
    "cannot-write": Explanation(
        Sort.PERMANENT,
        cause=(
            "The disk is full, a quota is used up, the file system is read-only, the disk "
            "failed, or the folder belongs to somebody else. The message says which."
        ),
        safe=(
            "Nothing of the work tree was touched, because whatever a command changes is first "
            "made durable. What was recorded before is whole."
        ),
        recovery=(
            "Free some space ('df -h .' shows the disk, 'git timewarp compact --now' gives back "
            "what of ours is old) or mend the permissions ('git timewarp doctor' names the "
            "folder), then run the command again."
        ),
    ),
    "input-output": Explanation(
        Sort.PERMANENT,
        cause=(
            "The operating system refused to read or write a file, outside of what we write "
            "ourselves: an unreadable file, a folder that went, a broken pipe to a device."
        ),
        safe=(
            "A journey that had begun is in the journal and is finished or rolled back by the "
            "next command, which says so."
        ),
        recovery=(
            "'git timewarp doctor' looks at disk, folders and permissions. Mend what it names, "
            "then 'git timewarp status'."
        ),
    ),
    "lock-timeout": Explanation(
        Sort.TRANSIENT,
        cause=(
            "Another git timewarp (a command, the watcher) was writing for longer than "
            "timewarp.lock.timeoutSeconds, or a git child of a killed one still is."
        ),
        safe="The command did nothing. The other one is not disturbed.",
        recovery=(
            "Run it again. If it lasts, 'ps aux | grep git-timewarp' shows who it is; the lock "
            "goes with its process, so there is no file to remove."
        ),
    ),
    "not-folded": Explanation(
        Sort.TRANSIENT,
        cause=(
            "Moving the journal into git has to wait: 'git gc' runs, or another process holds a "
            "lock on git's refs."
        ),
        safe=(
            "Everything is durable in the journal and the quarantine; 'log' and 'jump' see it "
            "there."
        ),
        recovery=(
            "Wait for git to end and run the command again. 'git timewarp doctor' names a lock "
            "that was forgotten."
        ),
    ),
    "ref-moved": Explanation(
        Sort.TRANSIENT,
        cause=(
            "A ref had another value than a moment before: a fetch, another command or a hook "
            "moved it while we were about to."
        ),
        safe="All refs of one step move together or not at all, so none moved.",
        recovery=(
            "Run the command again. Where it returns, 'git reflog' of the ref shows who moves it."
        ),
    ),
    "missing-object": Explanation(
        Sort.PERMANENT,
        cause=(
            "An object that a record of ours names is in no pack and not loose: a pack was "
            "deleted, a disk failed, or a 'git prune' ran in a repository that shares this one's "
            "objects."
        ),
        safe=(
            "Snapshots that do not need the object are whole and can be jumped to. Nothing was "
            "changed."
        ),
        recovery=(
            "'git timewarp verify --full' lists the snapshots and files concerned. A clone, a "
            "backup of .git/objects or 'git fetch' may still have the object; copy its pack back."
        ),
    ),
    "damaged-journal": Explanation(
        Sort.PERMANENT,
        cause=(
            "A byte in the journal differs from what was written, in a place no crash explains: "
            "a bad disk, or an edit by hand."
        ),
        safe=(
            "The lines around it are read. The next writer keeps a copy of the journal and its "
            "objects in .git/timewarp/damaged before it goes on."
        ),
        recovery=(
            "'git timewarp verify --full' says what the line was about. Keep the copy until you "
            "are sure; check the disk."
        ),
    ),
    "newer-format": Explanation(
        Sort.PERMANENT,
        cause=(
            "A newer git-timewarp wrote here (another machine, another environment on this one), "
            "in a form this version does not know."
        ),
        safe="Nothing was written: guessing would damage it.",
        recovery=(
            "Upgrade ('uv tool upgrade timewarp-git', 'pipx upgrade timewarp-git'), or use the "
            "version that wrote it."
        ),
    ),
    "no-event": Explanation(
        Sort.PERMANENT,
        cause=(
            "A snapshot is there and the event that made it is not: an event segment was lost "
            "while the snapshot's was kept."
        ),
        safe="The snapshot is whole; 'git timewarp jump' with its id brings it back.",
        recovery=(
            "'git timewarp verify --full' names the segment; a clone that pulled it has the events."
        ),
    ),
    "capture-stale-index": Explanation(
        Sort.PERMANENT,
        cause=(
            "Our private copy of the index names objects git has lost, and so does a fresh copy: "
            "a blob that was staged is gone from git's store."
        ),
        safe="No snapshot was taken. The files of the work tree are as they are.",
        recovery=(
            "'git add' the paths again that 'git fsck' names as missing, then take the snapshot."
        ),
    ),
    "index-unreadable": Explanation(
        Sort.PERMANENT,
        cause=(
            "An index file ends in the middle, has a wrong checksum, or is of a version neither "
            "git 2.39 nor we read."
        ),
        safe="Work tree and snapshots are as they were; the index holds only what was staged.",
        recovery=(
            "If 'git status' fails too: 'mv .git/index .git/index.broken' and 'git reset' make a "
            "new one. What was staged is in the latest snapshot: 'git timewarp show --stat'."
        ),
    ),
    "other-worktree": Explanation(
        Sort.PERMANENT,
        cause=(
            "The snapshot was taken in another linked work tree, and a jump would put its files "
            "into this one."
        ),
        safe="Nothing changed here or there.",
        recovery=(
            "Go to that work tree, or take the same command with --force if that is what you want."
        ),
    ),
    "worktree-replaced": Explanation(
        Sort.PERMANENT,
        cause=(
            "While the command ran, this work tree was removed with 'git worktree remove' and "
            "another one made under its name."
        ),
        safe=(
            "What was recorded belongs to the one that is gone and stays; the new one was not "
            "written to."
        ),
        recovery=(
            "Run the command again in the new work tree. 'git timewarp log --all' shows what the "
            "old one had."
        ),
    ),
    "bug": Explanation(
        Sort.PERMANENT,
        cause=(
            "A failure that has no reference of its own reached the end of the program. Every "
            "failure should have one."
        ),
        safe=(
            "What was durable stays durable; an operation that was cut off is finished by the "
            "next command."
        ),
        recovery=(
            "'git timewarp status', then an issue with the message and 'git timewarp log "
            "--system --json -5'."
        ),
    ),
    "unexpected": Explanation(
        Sort.PERMANENT,
        cause="A fault in git-timewarp itself: something was not as the code took for granted.",
        safe=(
            "What was durable stays durable; an operation that was cut off is finished or rolled "
            "back by the next command, which says so."
        ),
        recovery=(
            "The message names a report in .git/timewarp/log; please open an issue with it. 'git "
            "timewarp doctor' may show what was unusual here."
        ),
    ),
    "interrupted": Explanation(
        Sort.TRANSIENT,
        cause="Ctrl-C, a closed terminal or a signal ended the command.",
        safe=(
            "It is as after a crash: work tree, index and refs are in the old or the new state, "
            "and the next command sees to it."
        ),
        recovery="'git timewarp status' finishes what was begun and says what that was.",
    ),
}
