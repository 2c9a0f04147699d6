"""What is said once and shown in several places: targets, exit codes, files, variables."""

from __future__ import annotations

Rows = tuple[tuple[str, str], ...]

TARGETS: Rows = (
    ("@", "now: the work tree as it is"),
    ("@-3", "three snapshots ago"),
    ("E47", "an event by its number; E47.kmno where two clones share one"),
    ("kmnopqrstuvw", "a snapshot by its id, or the beginning of it"),
    ("v1-works", "a milestone by its name, or latest-green and the like"),
    ('"10 minutes ago"', "the latest snapshot at that time; other dates of git's and ISO 8601 too"),
    ("main~2", "a revision of git: the work tree as that commit has it"),
    ("main", "a timeline by its name, where no revision has it"),
)

EXIT_CODES: Rows = (
    ("0", "done"),
    ("1", "refused or failed"),
    ("2", "the command line makes no sense"),
    ("3", "not found"),
    ("4", "conflict: something moved meanwhile, or edits overlap"),
    ("5", "damage found in what was recorded"),
    ("6", "locked by another process, or timed out"),
    ("7", "a program or service outside failed"),
    ("70", "a bug of git-timewarp; a report was written"),
    ("130", "interrupted"),
)

FILES: Rows = (
    ("refs/timewarp/", "everything recorded, as objects in the repository itself"),
    ("$GIT_COMMON_DIR/timewarp/", "journal, spool, lock and caches of this clone"),
    (".timewarp.toml", "settings shared with the team, tracked in the repository"),
    ("git config", "settings of a clone, a work tree or a user, below timewarp.*"),
)

ENVIRONMENT: Rows = (
    ("GIT_TIMEWARP_<SECTION>_<NAME>", "a setting, stronger than any file"),
    ("GIT_PAGER, PAGER", "the pager, as for git"),
    ("NO_COLOR", "set to anything: no colours"),
    ("COLUMNS", "the width to draw in"),
)

AUTOSTART: Rows = (
    ("Linux", "in the work tree, once:"),
    (
        "",
        'systemctl --user enable --now "git-timewarp-watch@$(systemd-escape --path "$PWD").service"',
    ),
    ("", "'disable --now' instead takes it back; 'loginctl enable-linger' has it run before login"),
    ("macOS", "in the work tree, once, with the path of contrib/watch/git-timewarp-watch.plist:"),
    ("", 'name=$(basename "$PWD"); agent=~/Library/LaunchAgents/git-timewarp.watch.$name.plist'),
    ("", 'sed "s|NAME|$name|; s|WORKTREE|$PWD|; s|HOME|$HOME|" git-timewarp-watch.plist >"$agent"'),
    ("", 'launchctl load -w "$agent"'),
    ("the files", "share/systemd/user and share/git-timewarp of the installation"),
    ("", "'make install' puts the unit where systemd looks for it"),
)

TOPICS: dict[str, tuple[str, Rows]] = {
    "targets": ("how to name a moment", TARGETS),
    "exit-codes": ("what an exit code means", EXIT_CODES),
    "files": ("where things are", FILES),
    "autostart": ("how to have the watcher start with your session", AUTOSTART),
    "environment": ("variables that are read", ENVIRONMENT),
}
"""Topics of `git timewarp help <topic>`."""
