# shellcheck shell=bash disable=SC2207
# Completion of git-timewarp for bash: `git timewarp <TAB>`, `git-timewarp` and `tw`.
# Generated from the command tables by "make docs"; do not edit.

# Print the options of a command, or what its next word may be.
__git_timewarp_table () {
	case "$1" in
	"init") printf '%s\n' other -w --watch --no-hooks -n --dry-run --json --help ;;
	"deinit") printf '%s\n' other --purge -f --force -n --dry-run --json --help ;;
	"status") printf '%s\n' other -s --short --date --json --help ;;
	"doctor") printf '%s\n' other --json --help ;;
	"config list") printf '%s\n' other --defaults --json --help ;;
	"config get") printf '%s\n' setting --json --help ;;
	"config set") printf '%s\n' setting --global --worktree -n --dry-run --json --help ;;
	"config validate") printf '%s\n' other --json --help ;;
	"demo") printf '%s\n' other --repo --commits --keep --json --help ;;
	"help") printf '%s\n' command --json --help ;;
	"snapshot") printf '%s\n' other -m --message --milestone -n --dry-run --json --help ;;
	"watch start") printf '%s\n' other -n --dry-run --json --help ;;
	"watch stop") printf '%s\n' other -n --dry-run --json --help ;;
	"watch status") printf '%s\n' other --json --help ;;
	"watch run") printf '%s\n' other --json --help ;;
	"hooks install") printf '%s\n' other -n --dry-run --json --help ;;
	"hooks uninstall") printf '%s\n' other -n --dry-run --json --help ;;
	"hooks status") printf '%s\n' other --json --help ;;
	"record") printf '%s\n' other --json --help ;;
	"log") printf '%s\n' other -n --max-count --type --actor --since --after --until --before -a --all --system -p --patch --stat --date --color --no-color --ascii --json --help ;;
	"show") printf '%s\n' target --stat --name-only --date --color --no-color --json --help ;;
	"diff") printf '%s\n' target --stat --name-only --color --no-color --json --help ;;
	"cat") printf '%s\n' target+path --json --help ;;
	"history") printf '%s\n' other -n --max-count -p --patch --date --color --no-color --ascii --json --help ;;
	"jump") printf '%s\n' target --with-head --with-refs -f --force -n --dry-run --json --help ;;
	"restore") printf '%s\n' other -s --source -f --force -n --dry-run --json --help ;;
	"undo") printf '%s\n' other -f --force -n --dry-run --json --help ;;
	"redo") printf '%s\n' other -f --force -n --dry-run --json --help ;;
	"stash list") printf '%s\n' other --git --date --json --help ;;
	"stash show") printf '%s\n' stash --git -p --patch --color --no-color --json --help ;;
	"stash apply") printf '%s\n' stash --git --drop -f --force -n --dry-run --json --help ;;
	"stash store") printf '%s\n' stash -m --message -n --dry-run --json --help ;;
	"stash drop") printf '%s\n' stash -n --dry-run --json --help ;;
	"verify") printf '%s\n' other --quick --full --read-data-subset --restore-drill --drills --json --help ;;
	"storage") printf '%s\n' other --json --help ;;
	"compact") printf '%s\n' other --now -f --force -n --dry-run --date --json --help ;;
	"purge") printf '%s\n' other -f --force -n --dry-run --json --help ;;
	"redact") printf '%s\n' other --reason -f --force -n --dry-run --json --help ;;
	"recover") printf '%s\n' other --rebuild --from-git --since --after --limit -n --dry-run --json --help ;;
	"repair") printf '%s\n' other -n --dry-run --json --help ;;
	"emergency-restore") printf '%s\n' other --latest --at --to --git-dir --list --json --help ;;
	"export") printf '%s\n' other -o --output --from --to --timeline --no-drafts -f --force -n --dry-run --json --help ;;
	"import") printf '%s\n' other --merge --replace -f --force -n --dry-run --json --help ;;
	"inspect") printf '%s\n' other --json --help ;;
	"notes publish") printf '%s\n' other -n --dry-run --json --help ;;
	esac
}

# Print what there is now: targets, stashes or settings of this repository.
__git_timewarp_now () {
	case "$1" in
	target)
		command git-timewarp "${__git_timewarp_where[@]}" log -n 100 --json 2>/dev/null |
			sed -n -e h -e 's/^{"event":"\([^"]*\)".*/\1/p' -e g \
				-e 's/.*"snapshot":"\([k-z]*\)".*/\1/p'
		command git "${__git_timewarp_where[@]}" for-each-ref \
			--format='%(refname:short)' refs/heads refs/tags 2>/dev/null
		echo @ ;;
	stash)
		command git-timewarp "${__git_timewarp_where[@]}" stash list --json 2>/dev/null |
			sed $'s/{"name":/\\\n&/g' | sed -n 's/^{"name":"\([^"]*\)","event".*/\1/p' ;;
	setting)
		command git-timewarp "${__git_timewarp_where[@]}" config list --defaults --json 2>/dev/null |
			tr '{' '\n' | sed -n 's/^"key":"\([^"]*\)".*/\1/p' ;;
	esac
}

# Offer the words of $1 that begin with $2; bash breaks words at `@`, so what is
# before the last `@` is there already.
__git_timewarp_offer () {
	local IFS=$'\n' kept="${2%"${2##*@}"}" at
	COMPREPLY=($(compgen -W "$1" -- "$2"))
	case "$COMP_WORDBREAKS" in
	*@*)
		for at in "${!COMPREPLY[@]}"; do
			COMPREPLY[at]=${COMPREPLY[at]#"$kept"}
		done ;;
	esac
}

_git_timewarp () {
	local line="${COMP_LINE:0:COMP_POINT}" current="" name="" word kind at=0
	local -a typed=() __git_timewarp_where=()
	read -r -a typed <<<"$line"
	case "$line" in
	*[[:space:]]) ;;
	*) current="${typed[${#typed[@]}-1]}"; unset "typed[${#typed[@]}-1]" ;;
	esac
	# Skip the program, git's options before it and ours after it.
	if [ "${typed[0]##*/}" = git ]; then
		while [ "$at" -lt "${#typed[@]}" ] && [ "${typed[at]}" != timewarp ]; do
			if [ "${typed[at]}" = -C ]; then __git_timewarp_where+=(-C "${typed[at+1]}"); fi
			at=$((at + 1))
		done
	fi
	at=$((at + 1))
	while [ "$at" -lt "${#typed[@]}" ]; do
		case "${typed[at]}" in
		-C) __git_timewarp_where+=(-C "${typed[at+1]}"); at=$((at + 2)) ;;
		-c) at=$((at + 2)) ;;
		-*) at=$((at + 1)) ;;
		*) break ;;
		esac
	done
	typed=("${typed[@]:at}")
	name="${typed[0]-}"
	if [ -n "$name" ] && [ -z "$(__git_timewarp_table "$name")" ] && [ -n "${typed[1]-}" ]; then
		name="$name ${typed[1]}"
		typed=("${typed[@]:1}")
	fi
	if [ -z "$name" ]; then
		case "$current" in
		-*) __git_timewarp_offer "$(printf '%s\n' -C -c -p --paginate -P --no-pager -v --version -h --help)" "$current" ;;
		*) __git_timewarp_offer "$(printf '%s\n' init deinit status doctor config demo help snapshot watch hooks record log show diff cat history jump restore undo redo stash verify storage compact purge redact recover repair emergency-restore export import inspect notes)" "$current" ;;
		esac
		return
	fi
	case "$current" in
	-*)
		word="$(__git_timewarp_table "$name")"
		__git_timewarp_offer "${word#*$'\n'}" "$current"
		return ;;
	esac
	case "$name" in
	config) __git_timewarp_offer "$(printf '%s\n' list get set validate)" "$current"; return ;;
	watch) __git_timewarp_offer "$(printf '%s\n' start stop status run)" "$current"; return ;;
	hooks) __git_timewarp_offer "$(printf '%s\n' install uninstall status)" "$current"; return ;;
	stash) __git_timewarp_offer "$(printf '%s\n' list show apply store drop)" "$current"; return ;;
	notes) __git_timewarp_offer "$(printf '%s\n' publish)" "$current"; return ;;
	esac
	# The first line of the table says what the arguments are.
	kind="$(__git_timewarp_table "$name" | head -n 1)"
	case "${typed[${#typed[@]}-1]}" in
	-s|--source) kind=target ;;
	--color) __git_timewarp_offer $'always\nnever\nauto' "$current"; return ;;
	esac
	case "$kind" in
	command) __git_timewarp_offer "$(printf '%s\n' init deinit status doctor config demo help snapshot watch hooks record log show diff cat history jump restore undo redo stash verify storage compact purge redact recover repair emergency-restore export import inspect notes)" "$current" ;;
	target|stash|setting) __git_timewarp_offer "$(__git_timewarp_now "$kind")" "$current" ;;
	target+path)
		if [ "${#typed[@]}" -le 1 ]; then
			__git_timewarp_offer "$(__git_timewarp_now target)" "$current"
		fi ;;
	esac
}

# git's own completion finds _git_timewarp by its name; the executables need to be told.
complete -o bashdefault -o default -F _git_timewarp git-timewarp tw
