# shellcheck shell=sh disable=SC1003,SC2154 # the stub that sources this sets the names below
# git-timewarp spool writer 1, sourced by the hook stubs. Appends one entry to the spool
# with shell builtins only: no process, no output, no failure (docs/formats/spool.md).
# Given: $_tw_name, $_tw_state, $_tw_stdin (1: the hook has lines on stdin),
# $_tw_tee (1: pass those lines on to stdout for the next hook), "$@" of the hook.

_tw_escape() { # _tw_value: $1 with backslash, tab and newline written as \\ \t \n
	_tw_value='' _tw_rest=$1
	while :; do
		case $_tw_rest in
		*[\\"$_tw_tab$_tw_lf"]*) _tw_plain=${_tw_rest%%[\\"$_tw_tab$_tw_lf"]*} ;;
		*) break ;;
		esac
		_tw_rest=${_tw_rest#"$_tw_plain"}
		case $_tw_rest in
		\\*) _tw_value=$_tw_value$_tw_plain'\\' ;;
		"$_tw_tab"*) _tw_value=$_tw_value$_tw_plain'\t' ;;
		*) _tw_value=$_tw_value$_tw_plain'\n' ;;
		esac
		_tw_rest=${_tw_rest#?}
	done
	_tw_value=$_tw_value$_tw_rest
}

_tw_add() { # add field $1 with value $2; a line never grows beyond one write of the shell
	case $2 in
	*[\\"$_tw_tab$_tw_lf"]*) _tw_escape "$2" ;;
	*) _tw_value=$2 ;;
	esac
	if [ ${#_tw_value} -gt 3000 ]; then
		_tw_value=$1
		set -- o
	fi
	[ $((${#_tw_line} + ${#_tw_value})) -le 3500 ] || _tw_put +
	_tw_line=$_tw_line$_tw_tab$1=$_tw_value
}

_tw_put() { # write the line; $1 ends it: . for the last of an entry, + where more follow
	printf '\n%s\t%s\n' "$_tw_line" "$1" >&3 || _tw_kept=0
	_tw_line=$_tw_head
}

_tw_lines() { # the first 1000 lines of stdin, all of them passed on where a hook follows
	_tw_count=0
	while IFS= read -r _tw_text || [ -n "$_tw_text" ]; do
		[ "$_tw_tee" = 0 ] || printf '%s\n' "$_tw_text"
		_tw_count=$((_tw_count + 1))
		if [ $_tw_count -le 1000 ]; then
			_tw_add l "$_tw_text"
		elif [ "$_tw_tee" = 0 ]; then
			break
		fi
	done
	[ $_tw_count -le 1000 ] || _tw_add x $((_tw_count - 1000))
}

_tw_where() { # the work tree, its git directory, HEAD and what it names
	_tw_git=${GIT_DIR-} _tw_text='' _tw_commit=''
	if [ -z "$_tw_git" ]; then
		_tw_git=.
		[ ! -d .git ] || _tw_git=.git
		if [ -f .git ]; then
			IFS= read -r _tw_text <.git
			_tw_git=${_tw_text#gitdir: }
		fi
	fi
	_tw_add w "${PWD-}"
	_tw_add g "$_tw_git"
	IFS= read -r _tw_text <"$_tw_git/HEAD"
	case $_tw_text in
	'ref: '*)
		_tw_add b "${_tw_text#ref: }"
		IFS= read -r _tw_commit <"$_tw_state/../${_tw_text#ref: }"
		;;
	*) _tw_commit=$_tw_text ;;
	esac
	[ -z "$_tw_commit" ] || _tw_add c "$_tw_commit"
}

_tw_entry() {
	LC_ALL=C _tw_tab='	' _tw_lf='
'
	_tw_kept=1 _tw_head="1$_tw_tab$$.${PPID-0}" _tw_text=''
	trap '' PIPE XFSZ
	ulimit -f 2048
	command exec 3>>"$_tw_state/spool/now" || {
		_tw_kept=0
		command exec 3>/dev/null
	}
	_tw_line=$_tw_head${_tw_tab}h=$_tw_name
	if [ -n "${EPOCHREALTIME-}" ]; then
		_tw_add t "$EPOCHREALTIME"
	else
		IFS=' ' read -r _tw_text _tw_rest </proc/uptime && _tw_add u "$_tw_text"
	fi
	_tw_where
	for _tw_text in "$@"; do _tw_add a "$_tw_text"; done
	[ -z "${GIT_REFLOG_ACTION-}" ] || _tw_add r "$GIT_REFLOG_ACTION"
	[ -z "${GIT_TIMEWARP_PROBE-}" ] || _tw_add p "$GIT_TIMEWARP_PROBE"
	[ "$_tw_stdin" = 0 ] || _tw_lines
	_tw_put .
	[ $_tw_kept = 1 ] || printf . >>"$_tw_state/spool/lost"
}

if [ -d "$_tw_state/spool" ] || [ "$_tw_tee" = 1 ]; then
	_tw_entry "$@" 2>/dev/null
fi
