"""git, the repository, hooks and the watcher: what each error means for its user."""

from __future__ import annotations

from git_timewarp.cli.explained.explanation import Explanation, Sort

TABLE: dict[str, Explanation] = {
    "git-failed": Explanation(
        Sort.PERMANENT,
        cause=(
            "A git command that we run ended in a way it never should: a broken configuration, a "
            "damaged repository, a git that was replaced meanwhile."
        ),
        safe=(
            "Before anything of the work tree is touched all of it is durable; an operation in "
            "the middle is finished by the next command."
        ),
        recovery=(
            "The message has git's own last line. 'git timewarp doctor' and 'git fsck' find most "
            "causes."
        ),
    ),
    "git-missing": Explanation(
        Sort.PERMANENT,
        cause=(
            "There is no program 'git' on the PATH this command was given (a service or an "
            "editor may have a shorter one)."
        ),
        safe="Nothing was done.",
        recovery=(
            "Install git 2.39 or newer, or add its folder to the PATH: 'command -v git' in a "
            "shell where it works says which."
        ),
    ),
    "not-a-repository": Explanation(
        Sort.PERMANENT,
        cause=(
            "The current folder is in no work tree, or git refuses to open the repository around "
            "it; the message repeats why."
        ),
        safe="Nothing was done.",
        recovery=(
            "'cd' into a work tree, or 'git init'. For 'dubious ownership' the hint is the very "
            "command git asks for."
        ),
    ),
    "bare-repository": Explanation(
        Sort.PERMANENT,
        cause="A bare repository has no files that are edited, so there is nothing to record.",
        safe="Nothing was done; events of its clones arrive with their refs.",
        recovery="Record in a clone: 'git clone <path>', 'cd', 'git timewarp init'.",
    ),
    "other-repository": Explanation(
        Sort.PERMANENT,
        cause=(
            "GIT_DIR or GIT_WORK_TREE is set and leads elsewhere than the folder does; acting on "
            "either could be wrong."
        ),
        safe="Neither repository was touched.",
        recovery="'unset GIT_DIR GIT_WORK_TREE', or 'cd' into the repository that they name.",
    ),
    "not-recording": Explanation(
        Sort.PERMANENT,
        cause=(
            "'git timewarp init' was never run in this clone, or 'deinit' was. A fresh clone "
            "does not record, whatever its origin does."
        ),
        safe=(
            "What was recorded before a deinit is in refs/timewarp and is read again after an init."
        ),
        recovery="'git timewarp init'.",
    ),
    "refused-root": Explanation(
        Sort.PERMANENT,
        cause=(
            "The work tree is your home, the root of the disk or a folder of the system: "
            "recording it would copy keys, caches and every other repository."
        ),
        safe="Nothing was recorded.",
        recovery="Make the repository further down, or record the projects in it one by one.",
    ),
    "branch-checked-out": Explanation(
        Sort.PERMANENT,
        cause=(
            "'--with-refs' would move a branch on which another linked work tree stands, and "
            "pull the ground away under it."
        ),
        safe="No ref moved and no file changed.",
        recovery=(
            "Detach that work tree ('git -C <path> switch --detach', the hint has the path) or "
            "jump without --with-refs."
        ),
    ),
    "operation-in-progress": Explanation(
        Sort.PERMANENT,
        cause=(
            "A merge, rebase, cherry-pick, revert, am or bisect is in the middle, and the target "
            "was not taken inside it. Changing the files would break its continuation."
        ),
        safe="Nothing changed; the target stays where it is.",
        recovery=(
            "End it ('git merge --abort' and the like, the hint has the one) or continue it, "
            "then run the command again. Snapshots taken since it began can be jumped to at any "
            "time."
        ),
    ),
    "index-locked": Explanation(
        Sort.TRANSIENT,
        cause="Another git holds .git/index.lock, or a killed one left it.",
        safe="No byte was changed.",
        recovery=(
            "Wait for the other git to end. If none runs, 'git timewarp doctor' says how old the "
            "lock is; 'rm .git/index.lock' is then safe."
        ),
    ),
    "lost-commit": Explanation(
        Sort.PERMANENT,
        cause=(
            "HEAD or a ref would go to a commit that git has pruned and that was gone before we "
            "could keep it, or one that is kept while a commit before it is not."
        ),
        safe="The files, index and refs are untouched; the snapshot's files can still come back.",
        recovery=(
            "Run the jump without --with-head and --with-refs; 'git fetch' may bring the commit "
            "back, and after an import the clone that was exported has it."
        ),
    ),
    "notes-ref": Explanation(
        Sort.PERMANENT,
        cause=(
            "refs/notes/timewarp is no branch of notes (something else has the name), or it "
            "moved each time we were about to write it."
        ),
        safe="The log itself is in refs/timewarp and is not touched; the notes are only a copy.",
        recovery=(
            "Look with 'git log --oneline refs/notes/timewarp'; move it away or wait for who "
            "writes it, then 'git timewarp notes publish'."
        ),
    ),
    "state-folder": Explanation(
        Sort.PERMANENT,
        cause="A file, or a link that leads nowhere, has the name .git/timewarp.",
        safe="It was not touched, and nothing was recorded.",
        recovery=(
            "Move it away and run 'git timewarp init'. Refs below refs/timewarp hold what was "
            "recorded before; 'git timewarp recover --rebuild' names what they do not."
        ),
    ),
    "config-locked": Explanation(
        Sort.TRANSIENT,
        cause="Another git or an editor has .git/config locked.",
        safe="The setting is as it was.",
        recovery=(
            "Run the command again; a forgotten .git/config.lock is named by 'git timewarp doctor'."
        ),
    ),
    "worktree-config": Explanation(
        Sort.PERMANENT,
        cause=(
            "Several work trees share one configuration file, so a setting for one of them alone "
            "has no place."
        ),
        safe="No setting changed.",
        recovery=(
            "'git config extensions.worktreeConfig true' gives each its own file; or set it for "
            "all of them without --worktree."
        ),
    ),
    "hook-scripts-missing": Explanation(
        Sort.PERMANENT,
        cause=(
            "The shell stubs that are part of the installation are not where they should be: a "
            "package was taken apart, or a checkout is incomplete."
        ),
        safe="Recording works without hooks, with less detail.",
        recovery=(
            "Install again ('make install', 'pipx reinstall timewarp-git'), then 'git timewarp "
            "hooks install'."
        ),
    ),
    "hooks-not-installed": Explanation(
        Sort.DEGRADED,
        cause=(
            "Another tool's hooks are in the way and could not be handed on to, or a folder "
            "cannot be written."
        ),
        safe=(
            "Everything is as it was, your own hooks run. Without ours a commit is seen at the "
            "next command."
        ),
        recovery="The message names the file. Mend or move it, then 'git timewarp hooks install'.",
    ),
    "hooks-not-removed": Explanation(
        Sort.PERMANENT,
        cause="A file of ours was changed or cannot be deleted, so it was left.",
        safe="Your own hooks run as before. What is left notes nothing once recording is off.",
        recovery="Delete the files named, then 'git timewarp hooks uninstall' again.",
    ),
    "hooks-record-unreadable": Explanation(
        Sort.PERMANENT,
        cause="The file that says what was installed, and what was there before, is damaged.",
        safe="No hook and no setting was touched.",
        recovery=(
            "'git timewarp hooks status' shows what is there; 'git timewarp hooks install' "
            "writes a new record over it."
        ),
    ),
    "already-watching": Explanation(
        Sort.TRANSIENT,
        cause=(
            "A watcher runs for this work tree already, perhaps one that a service manager "
            "started. There are never two."
        ),
        safe="It goes on taking drafts.",
        recovery=(
            "'git timewarp watch status' tells since when; 'watch stop' ends it if you want to "
            "run another."
        ),
    ),
    "watcher-busy": Explanation(
        Sort.TRANSIENT,
        cause=(
            "The watcher was asked to end and is still taking its last draft, of very many files "
            "or on a slow disk."
        ),
        safe="What it takes is kept.",
        recovery=(
            "Wait and look with 'git timewarp watch status'; 'kill' with its number loses "
            "nothing that a snapshot would not find again."
        ),
    ),
    "watcher-not-started": Explanation(
        Sort.DEGRADED,
        cause=(
            "The background process ended before it was live: the message says why, "
            ".git/timewarp/watch/*.err has its words."
        ),
        safe="Everything but automatic drafts works.",
        recovery="'git timewarp watch run' shows the failure in the foreground.",
    ),
    "watcher-silent": Explanation(
        Sort.DEGRADED,
        cause=(
            "The demonstration edited a file and the watcher took no draft of it in time: the "
            "machine is very busy, or the folder for temporary files gives no file events."
        ),
        safe="The demonstration works in a clone of its own; no repository of yours is concerned.",
        recovery=(
            "'git timewarp demo' once more; 'TMPDIR=<another folder> git timewarp demo' where "
            "the folder is the cause."
        ),
    ),
    "not-a-git-stash": Explanation(
        Sort.PERMANENT,
        cause=(
            "'refs/stash@{n}' counts git's own list, and that has fewer entries, or the entry is "
            "no stash commit."
        ),
        safe="Neither list changed.",
        recovery=(
            "'git stash list' and 'git timewarp stash list --git' show what is there. A stash "
            "that was dropped is often in a snapshot: 'git timewarp log --type git-stash-drop'."
        ),
    ),
    "git-stash-stays": Explanation(
        Sort.PERMANENT,
        cause="You asked us to drop an entry of git's own list. We never delete from it.",
        safe="The entry is there, and so is what we hold of it.",
        recovery="'git stash drop' with the name in the hint.",
    ),
    "nothing-to-stash": Explanation(
        Sort.PERMANENT,
        cause=(
            "The snapshot equals its commit, has no commit (an unborn branch), or the target is "
            "no snapshot; git cannot make a stash of that."
        ),
        safe="No stash was made.",
        recovery=(
            "Choose another one: 'git timewarp stash list', 'git timewarp log'. To have the "
            "files: 'git timewarp jump' with the snapshot."
        ),
    ),
}
