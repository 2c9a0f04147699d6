# Completion of git-timewarp for fish: `git-timewarp` and `tw`, and `git timewarp` where fish
# hands words after `git` on to commands of their own (up to 3.6.0 it does not).
# Generated from the command tables by "make docs"; do not edit.

# Print the words after the program and its own options, up to the one that is being typed.
function __git_timewarp_words
    set -l typed (commandline -opc)
    set -e typed[1]
    while set -q typed[1]
        switch $typed[1]
            case -C -c
                set -e typed[1]
                set -e typed[1]
            case '-*'
                set -e typed[1]
            case '*'
                break
        end
    end
    printf '%s\n' $typed
end

# Print the options that say which repository it is about.
function __git_timewarp_where
    set -l typed (commandline -opc)
    set -l at (contains -i -- -C $typed); and printf '%s\n' -C $typed[(math $at + 1)]
end

# Tell whether the words typed are exactly these: the next one is a command or a verb.
function __git_timewarp_at
    test "$(__git_timewarp_words)" = "$argv"
end

# Tell whether the words typed begin with the command $argv.
function __git_timewarp_in
    set -l typed (__git_timewarp_words)
    test (count $typed) -ge (count $argv); and test "$typed[1..$(count $argv)]" = "$argv"
end

# Tell whether the word after the command $argv is being typed.
function __git_timewarp_first
    set -l typed (__git_timewarp_words)
    test (count $typed) -eq (count $argv); and test "$typed" = "$argv"
end

function __git_timewarp_targets
    command git-timewarp (__git_timewarp_where) log -n 100 --json 2>/dev/null |
        string replace -rf '^\{"event":"([^"]*)".*' '$1'
    command git (__git_timewarp_where) for-each-ref --format='%(refname:short)' \
        refs/heads refs/tags 2>/dev/null
    echo @
end

function __git_timewarp_stashes
    command git-timewarp (__git_timewarp_where) stash list --json 2>/dev/null |
        string replace -a '{"name":' \n'{"name":' | string split \n |
        string replace -rf '^\{"name":"([^"]*)","event".*' '$1'
end

function __git_timewarp_settings
    command git-timewarp (__git_timewarp_where) config list --defaults --json 2>/dev/null |
        string split '{' | string replace -rf '^"key":"([^"]*)".*' '$1'
end

complete -c git-timewarp -f
complete -c git-timewarp -n '__git_timewarp_at' -a init -d 'start recording in this repository'
complete -c git-timewarp -n '__git_timewarp_first help' -a init -d 'start recording in this repository'
complete -c git-timewarp -n '__git_timewarp_at' -a deinit -d 'stop recording, put everything back'
complete -c git-timewarp -n '__git_timewarp_first help' -a deinit -d 'stop recording, put everything back'
complete -c git-timewarp -n '__git_timewarp_at' -a status -d 'show what is recorded and what is wrong'
complete -c git-timewarp -n '__git_timewarp_first help' -a status -d 'show what is recorded and what is wrong'
complete -c git-timewarp -n '__git_timewarp_at' -a doctor -d 'check that everything works, hooks included'
complete -c git-timewarp -n '__git_timewarp_first help' -a doctor -d 'check that everything works, hooks included'
complete -c git-timewarp -n '__git_timewarp_at' -a config -d 'list, get, set, validate'
complete -c git-timewarp -n '__git_timewarp_first help' -a config -d 'list, get, set, validate'
complete -c git-timewarp -n '__git_timewarp_at' -a demo -d 'lose work in a throw-away clone, bring it back'
complete -c git-timewarp -n '__git_timewarp_first help' -a demo -d 'lose work in a throw-away clone, bring it back'
complete -c git-timewarp -n '__git_timewarp_at' -a help -d 'explain a command'
complete -c git-timewarp -n '__git_timewarp_first help' -a help -d 'explain a command'
complete -c git-timewarp -n '__git_timewarp_at' -a snapshot -d 'keep the work tree as it is now'
complete -c git-timewarp -n '__git_timewarp_first help' -a snapshot -d 'keep the work tree as it is now'
complete -c git-timewarp -n '__git_timewarp_at' -a watch -d 'start, stop, status, run'
complete -c git-timewarp -n '__git_timewarp_first help' -a watch -d 'start, stop, status, run'
complete -c git-timewarp -n '__git_timewarp_at' -a hooks -d 'install, uninstall, status'
complete -c git-timewarp -n '__git_timewarp_first help' -a hooks -d 'install, uninstall, status'
complete -c git-timewarp -n '__git_timewarp_at' -a record -d 'record events read from standard input'
complete -c git-timewarp -n '__git_timewarp_first help' -a record -d 'record events read from standard input'
complete -c git-timewarp -n '__git_timewarp_at' -a log -d 'show what happened, newest first'
complete -c git-timewarp -n '__git_timewarp_first help' -a log -d 'show what happened, newest first'
complete -c git-timewarp -n '__git_timewarp_at' -a show -d 'show one event and what it changed'
complete -c git-timewarp -n '__git_timewarp_first help' -a show -d 'show one event and what it changed'
complete -c git-timewarp -n '__git_timewarp_at' -a diff -d 'show changes between two moments'
complete -c git-timewarp -n '__git_timewarp_first help' -a diff -d 'show changes between two moments'
complete -c git-timewarp -n '__git_timewarp_at' -a cat -d 'print a file as it was'
complete -c git-timewarp -n '__git_timewarp_first help' -a cat -d 'print a file as it was'
complete -c git-timewarp -n '__git_timewarp_at' -a history -d 'show every version of one path'
complete -c git-timewarp -n '__git_timewarp_first help' -a history -d 'show every version of one path'
complete -c git-timewarp -n '__git_timewarp_at' -a jump -d 'bring the whole work tree back to a moment'
complete -c git-timewarp -n '__git_timewarp_first help' -a jump -d 'bring the whole work tree back to a moment'
complete -c git-timewarp -n '__git_timewarp_at' -a restore -d 'bring some paths back'
complete -c git-timewarp -n '__git_timewarp_first help' -a restore -d 'bring some paths back'
complete -c git-timewarp -n '__git_timewarp_at' -a undo -d 'take back what a command of ours changed'
complete -c git-timewarp -n '__git_timewarp_first help' -a undo -d 'take back what a command of ours changed'
complete -c git-timewarp -n '__git_timewarp_at' -a redo -d 'take back an undo'
complete -c git-timewarp -n '__git_timewarp_first help' -a redo -d 'take back an undo'
complete -c git-timewarp -n '__git_timewarp_at' -a stash -d 'list, show, apply, store, drop'
complete -c git-timewarp -n '__git_timewarp_first help' -a stash -d 'list, show, apply, store, drop'
complete -c git-timewarp -n '__git_timewarp_at' -a verify -d 'check every chain and object of ours'
complete -c git-timewarp -n '__git_timewarp_first help' -a verify -d 'check every chain and object of ours'
complete -c git-timewarp -n '__git_timewarp_at' -a storage -d 'show what takes how much of the disk'
complete -c git-timewarp -n '__git_timewarp_first help' -a storage -d 'show what takes how much of the disk'
complete -c git-timewarp -n '__git_timewarp_at' -a compact -d 'thin old snapshots, free their space'
complete -c git-timewarp -n '__git_timewarp_first help' -a compact -d 'thin old snapshots, free their space'
complete -c git-timewarp -n '__git_timewarp_at' -a purge -d 'remove content from every snapshot'
complete -c git-timewarp -n '__git_timewarp_first help' -a purge -d 'remove content from every snapshot'
complete -c git-timewarp -n '__git_timewarp_at' -a notes -d 'publish'
complete -c git-timewarp -n '__git_timewarp_first help' -a notes -d 'publish'
complete -c git-timewarp -n '__git_timewarp_at' -s C -x -d 'run as if started in that folder'
complete -c git-timewarp -n '__git_timewarp_at' -s c -x -d 'set a setting for this command only'
complete -c git-timewarp -n '__git_timewarp_at' -s p -l paginate -d 'use the pager on a terminal, whatever is configured'
complete -c git-timewarp -n '__git_timewarp_at' -s P -l no-pager -d 'do not use a pager'
complete -c git-timewarp -n '__git_timewarp_at' -s v -l version -d 'print the version'
complete -c git-timewarp -n '__git_timewarp_at' -s h -l help -d 'print this help'
complete -c git-timewarp -n '__git_timewarp_in init' -s w -l watch -d 'start the watcher too'
complete -c git-timewarp -n '__git_timewarp_in init' -l no-hooks -d 'do not install the git hooks'
complete -c git-timewarp -n '__git_timewarp_in init' -s n -l dry-run -d 'only say what would be done'
complete -c git-timewarp -n '__git_timewarp_in init' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in init' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in deinit' -l purge -d 'delete everything that was recorded'
complete -c git-timewarp -n '__git_timewarp_in deinit' -s f -l force -d 'do not ask before a purge'
complete -c git-timewarp -n '__git_timewarp_in deinit' -s n -l dry-run -d 'only say what would be done'
complete -c git-timewarp -n '__git_timewarp_in deinit' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in deinit' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in status' -s s -l short -d 'only recording, latest snapshot, watcher and hooks'
complete -c git-timewarp -n '__git_timewarp_in status' -l date -x -d 'how to show times: relative, iso, iso-strict, rfc, short, unix, format:..., as git log'
complete -c git-timewarp -n '__git_timewarp_in status' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in status' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in doctor' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in doctor' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_at config' -a list -d 'show the settings and where each comes from'
complete -c git-timewarp -n '__git_timewarp_in config list' -l defaults -d 'those at their default too'
complete -c git-timewarp -n '__git_timewarp_in config list' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in config list' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_at config' -a get -d 'show one setting'
complete -c git-timewarp -n '__git_timewarp_in config get' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in config get' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in config get' -a '(__git_timewarp_settings)'
complete -c git-timewarp -n '__git_timewarp_at config' -a set -d 'change a setting'
complete -c git-timewarp -n '__git_timewarp_in config set' -l global -d 'for all repositories of this user'
complete -c git-timewarp -n '__git_timewarp_in config set' -l worktree -d 'for this work tree only'
complete -c git-timewarp -n '__git_timewarp_in config set' -s n -l dry-run -d 'only say what would be done'
complete -c git-timewarp -n '__git_timewarp_in config set' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in config set' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in config set' -a '(__git_timewarp_settings)'
complete -c git-timewarp -n '__git_timewarp_at config' -a validate -d 'check all settings'
complete -c git-timewarp -n '__git_timewarp_in config validate' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in config validate' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in demo' -l repo -x -d 'clone this repository, a path or an address'
complete -c git-timewarp -n '__git_timewarp_in demo' -l commits -x -d 'how many commits to replay (50)'
complete -c git-timewarp -n '__git_timewarp_in demo' -l keep -d 'leave the clone where it is and say where'
complete -c git-timewarp -n '__git_timewarp_in demo' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in demo' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in help' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in help' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in snapshot' -s m -l message -x -d 'what to remember it by'
complete -c git-timewarp -n '__git_timewarp_in snapshot' -l milestone -x -d 'mark it as a milestone of this name'
complete -c git-timewarp -n '__git_timewarp_in snapshot' -s n -l dry-run -d 'only say what would be done'
complete -c git-timewarp -n '__git_timewarp_in snapshot' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in snapshot' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_at watch' -a start -d 'record while you work, in the background'
complete -c git-timewarp -n '__git_timewarp_in watch start' -s n -l dry-run -d 'only say what would be done'
complete -c git-timewarp -n '__git_timewarp_in watch start' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in watch start' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_at watch' -a stop -d 'stop the watcher'
complete -c git-timewarp -n '__git_timewarp_in watch stop' -s n -l dry-run -d 'only say what would be done'
complete -c git-timewarp -n '__git_timewarp_in watch stop' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in watch stop' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_at watch' -a status -d 'tell whether the watcher runs'
complete -c git-timewarp -n '__git_timewarp_in watch status' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in watch status' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_at watch' -a run -d 'run the watcher in the foreground'
complete -c git-timewarp -n '__git_timewarp_in watch run' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in watch run' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_at hooks' -a install -d 'record commits, merges, rebases, pushes'
complete -c git-timewarp -n '__git_timewarp_in hooks install' -s n -l dry-run -d 'only say what would be done'
complete -c git-timewarp -n '__git_timewarp_in hooks install' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in hooks install' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_at hooks' -a uninstall -d 'put the hooks back as they were'
complete -c git-timewarp -n '__git_timewarp_in hooks uninstall' -s n -l dry-run -d 'only say what would be done'
complete -c git-timewarp -n '__git_timewarp_in hooks uninstall' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in hooks uninstall' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_at hooks' -a status -d 'tell which hooks are there and fire'
complete -c git-timewarp -n '__git_timewarp_in hooks status' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in hooks status' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in record' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in record' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in log' -s n -l max-count -x -d 'show at most so many; -20 is short for it'
complete -c git-timewarp -n '__git_timewarp_in log' -l type -x -d 'only events of this type; may be given again'
complete -c git-timewarp -n '__git_timewarp_in log' -l actor -x -d 'only events by this actor; may be given again'
complete -c git-timewarp -n '__git_timewarp_in log' -l since -l after -x -d 'nothing older than this, as git log'
complete -c git-timewarp -n '__git_timewarp_in log' -l until -l before -x -d 'nothing newer than this, as git log'
complete -c git-timewarp -n '__git_timewarp_in log' -s a -l all -d 'every writer and timeline, drafts included'
complete -c git-timewarp -n '__git_timewarp_in log' -l system -d 'what the program did by itself, and what went wrong'
complete -c git-timewarp -n '__git_timewarp_in log' -s p -l patch -d 'show what changed, line by line'
complete -c git-timewarp -n '__git_timewarp_in log' -l stat -d 'show how many lines changed in each file'
complete -c git-timewarp -n '__git_timewarp_in log' -l date -x -d 'how to show times: relative, iso, iso-strict, rfc, short, unix, format:..., as git log'
complete -c git-timewarp -n '__git_timewarp_in log' -l color -x -a 'always never auto' -d 'when to colour'
complete -c git-timewarp -n '__git_timewarp_in log' -l no-color -d 'do not colour'
complete -c git-timewarp -n '__git_timewarp_in log' -l ascii -d 'draw with ASCII characters only'
complete -c git-timewarp -n '__git_timewarp_in log' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in log' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in log' -F
complete -c git-timewarp -n '__git_timewarp_in show' -l stat -d 'show how many lines changed in each file'
complete -c git-timewarp -n '__git_timewarp_in show' -l name-only -d 'show only which files changed'
complete -c git-timewarp -n '__git_timewarp_in show' -l date -x -d 'how to show times: relative, iso, iso-strict, rfc, short, unix, format:..., as git log'
complete -c git-timewarp -n '__git_timewarp_in show' -l color -x -a 'always never auto' -d 'when to colour'
complete -c git-timewarp -n '__git_timewarp_in show' -l no-color -d 'do not colour'
complete -c git-timewarp -n '__git_timewarp_in show' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in show' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in show' -a '(__git_timewarp_targets)'
complete -c git-timewarp -n '__git_timewarp_in diff' -l stat -d 'show how many lines changed in each file'
complete -c git-timewarp -n '__git_timewarp_in diff' -l name-only -d 'show only which files changed'
complete -c git-timewarp -n '__git_timewarp_in diff' -l color -x -a 'always never auto' -d 'when to colour'
complete -c git-timewarp -n '__git_timewarp_in diff' -l no-color -d 'do not colour'
complete -c git-timewarp -n '__git_timewarp_in diff' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in diff' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in diff' -a '(__git_timewarp_targets)'
complete -c git-timewarp -n '__git_timewarp_in cat' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in cat' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_first cat' -a '(__git_timewarp_targets)'
complete -c git-timewarp -n '__git_timewarp_in cat' -F
complete -c git-timewarp -n '__git_timewarp_in history' -s n -l max-count -x -d 'show at most so many; -20 is short for it'
complete -c git-timewarp -n '__git_timewarp_in history' -s p -l patch -d 'show what changed, line by line'
complete -c git-timewarp -n '__git_timewarp_in history' -l date -x -d 'how to show times: relative, iso, iso-strict, rfc, short, unix, format:..., as git log'
complete -c git-timewarp -n '__git_timewarp_in history' -l color -x -a 'always never auto' -d 'when to colour'
complete -c git-timewarp -n '__git_timewarp_in history' -l no-color -d 'do not colour'
complete -c git-timewarp -n '__git_timewarp_in history' -l ascii -d 'draw with ASCII characters only'
complete -c git-timewarp -n '__git_timewarp_in history' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in history' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in history' -F
complete -c git-timewarp -n '__git_timewarp_in jump' -l with-head -d 'put HEAD back too'
complete -c git-timewarp -n '__git_timewarp_in jump' -l with-refs -d 'put all branches and tags back too'
complete -c git-timewarp -n '__git_timewarp_in jump' -s f -l force -d 'go on although something in the way could not be captured; it may be lost'
complete -c git-timewarp -n '__git_timewarp_in jump' -s n -l dry-run -d 'only say what would be done'
complete -c git-timewarp -n '__git_timewarp_in jump' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in jump' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in jump' -a '(__git_timewarp_targets)'
complete -c git-timewarp -n '__git_timewarp_in restore' -s s -l source -x -a '(__git_timewarp_targets)' -d 'the moment to take them from'
complete -c git-timewarp -n '__git_timewarp_in restore' -s f -l force -d 'go on although something in the way could not be captured; it may be lost'
complete -c git-timewarp -n '__git_timewarp_in restore' -s n -l dry-run -d 'only say what would be done'
complete -c git-timewarp -n '__git_timewarp_in restore' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in restore' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in restore' -F
complete -c git-timewarp -n '__git_timewarp_in undo' -s f -l force -d 'go on although something in the way could not be captured; it may be lost'
complete -c git-timewarp -n '__git_timewarp_in undo' -s n -l dry-run -d 'only say what would be done'
complete -c git-timewarp -n '__git_timewarp_in undo' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in undo' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in redo' -s f -l force -d 'go on although something in the way could not be captured; it may be lost'
complete -c git-timewarp -n '__git_timewarp_in redo' -s n -l dry-run -d 'only say what would be done'
complete -c git-timewarp -n '__git_timewarp_in redo' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in redo' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_at stash' -a list -d 'list the work that jumps put away'
complete -c git-timewarp -n '__git_timewarp_in stash list' -l git -d 'list what is on git\'s own list too'
complete -c git-timewarp -n '__git_timewarp_in stash list' -l date -x -d 'how to show times: relative, iso, iso-strict, rfc, short, unix, format:..., as git log'
complete -c git-timewarp -n '__git_timewarp_in stash list' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in stash list' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_at stash' -a show -d 'show what a stash holds'
complete -c git-timewarp -n '__git_timewarp_in stash show' -l git -d 'the stash is one of git\'s own list (git stash list)'
complete -c git-timewarp -n '__git_timewarp_in stash show' -s p -l patch -d 'show what changed, line by line'
complete -c git-timewarp -n '__git_timewarp_in stash show' -l color -x -a 'always never auto' -d 'when to colour'
complete -c git-timewarp -n '__git_timewarp_in stash show' -l no-color -d 'do not colour'
complete -c git-timewarp -n '__git_timewarp_in stash show' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in stash show' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in stash show' -a '(__git_timewarp_stashes)'
complete -c git-timewarp -n '__git_timewarp_at stash' -a apply -d 'put a stash on top of the work tree'
complete -c git-timewarp -n '__git_timewarp_in stash apply' -l git -d 'the stash is one of git\'s own list (git stash list)'
complete -c git-timewarp -n '__git_timewarp_in stash apply' -l drop -d 'forget the stash once it is applied'
complete -c git-timewarp -n '__git_timewarp_in stash apply' -s f -l force -d 'go on although something in the way could not be captured; it may be lost'
complete -c git-timewarp -n '__git_timewarp_in stash apply' -s n -l dry-run -d 'only say what would be done'
complete -c git-timewarp -n '__git_timewarp_in stash apply' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in stash apply' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in stash apply' -a '(__git_timewarp_stashes)'
complete -c git-timewarp -n '__git_timewarp_at stash' -a store -d 'put a stash on git\'s own list as well'
complete -c git-timewarp -n '__git_timewarp_in stash store' -s m -l message -x -d 'what git\'s list says about it'
complete -c git-timewarp -n '__git_timewarp_in stash store' -s n -l dry-run -d 'only say what would be done'
complete -c git-timewarp -n '__git_timewarp_in stash store' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in stash store' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in stash store' -a '(__git_timewarp_stashes)'
complete -c git-timewarp -n '__git_timewarp_at stash' -a drop -d 'forget a stash'
complete -c git-timewarp -n '__git_timewarp_in stash drop' -s n -l dry-run -d 'only say what would be done'
complete -c git-timewarp -n '__git_timewarp_in stash drop' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in stash drop' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in stash drop' -a '(__git_timewarp_stashes)'
complete -c git-timewarp -n '__git_timewarp_in verify' -l quick -d 'chains, and that each snapshot is there (the default)'
complete -c git-timewarp -n '__git_timewarp_in verify' -l full -d 'read and hash every object'
complete -c git-timewarp -n '__git_timewarp_in verify' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in verify' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in storage' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in storage' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in compact' -l now -d 'free the space at once: no git command may be reading old packs'
complete -c git-timewarp -n '__git_timewarp_in compact' -s f -l force -d 'do not ask'
complete -c git-timewarp -n '__git_timewarp_in compact' -s n -l dry-run -d 'only say what would be done'
complete -c git-timewarp -n '__git_timewarp_in compact' -l date -x -d 'how to show times: relative, iso, iso-strict, rfc, short, unix, format:..., as git log'
complete -c git-timewarp -n '__git_timewarp_in compact' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in compact' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_in purge' -s f -l force -d 'do not ask'
complete -c git-timewarp -n '__git_timewarp_in purge' -s n -l dry-run -d 'only say what would be done'
complete -c git-timewarp -n '__git_timewarp_in purge' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in purge' -l help -d 'explain the command'
complete -c git-timewarp -n '__git_timewarp_at notes' -a publish -d 'write the log as ordinary git notes'
complete -c git-timewarp -n '__git_timewarp_in notes publish' -s n -l dry-run -d 'only say what would be done'
complete -c git-timewarp -n '__git_timewarp_in notes publish' -l json -d 'answer in JSON for programs'
complete -c git-timewarp -n '__git_timewarp_in notes publish' -l help -d 'explain the command'
