# shellcheck shell=bash disable=SC2034
# The state of the recording for a shell prompt, without starting a process.
#
# Source this file from ~/.bashrc and put __git_timewarp_ps1 into the prompt:
#
#     . /path/to/git-timewarp-prompt.sh
#     PROMPT_COMMAND='__git_timewarp_ps1; PS1="\w${GIT_TIMEWARP_PS1} \$ "'
#
# It sets GIT_TIMEWARP_PS1 to nothing outside a repository, " tw:off" where nothing is
# recorded, and otherwise to the age of the latest snapshot, " tw:12s", " tw:5m", " tw:3h",
# " tw:2d". GIT_TIMEWARP_PS1_OFF= (empty) hides "off". With bash older than 4.2 (macOS) it
# starts `date` once a prompt.

# Set __git_timewarp_common to the git directory shared by all work trees, or to nothing.
__git_timewarp_find () {
	local folder="$PWD" line=""
	__git_timewarp_common=""
	while :; do
		if [ -d "$folder/.git" ]; then
			__git_timewarp_common="$folder/.git"
			return
		elif [ -f "$folder/.git" ]; then
			IFS= read -r line <"$folder/.git" || return
			line="${line#gitdir: }"
			case "$line" in
			/*) ;;
			*) line="$folder/$line" ;;
			esac
			__git_timewarp_common="$line"
			if [ -f "$line/commondir" ]; then
				IFS= read -r folder <"$line/commondir" || return
				case "$folder" in
				/*) __git_timewarp_common="$folder" ;;
				*) __git_timewarp_common="$line/$folder" ;;
				esac
			fi
			return
		fi
		[ -n "$folder" ] || return
		folder="${folder%/*}"
	done
}

# Set GIT_TIMEWARP_PS1.
__git_timewarp_ps1 () {
	local now="" since="" _label="" _rest="" age
	GIT_TIMEWARP_PS1=""
	__git_timewarp_find 2>/dev/null
	[ -n "$__git_timewarp_common" ] || return 0
	if ! [ -f "$__git_timewarp_common/timewarp/last" ]; then
		GIT_TIMEWARP_PS1="${GIT_TIMEWARP_PS1_OFF- tw:off}"
		return 0
	fi
	read -r since _label _rest <"$__git_timewarp_common/timewarp/last" 2>/dev/null
	case "$since" in
	"" | *[!0-9]*) return 0 ;;
	esac
	printf -v now '%(%s)T' -1 2>/dev/null || now="$(date +%s)"
	age=$((now - since))
	if [ "$age" -lt 0 ]; then
		age=0
	fi
	if [ "$age" -lt 90 ]; then
		GIT_TIMEWARP_PS1=" tw:${age}s"
	elif [ "$age" -lt 5400 ]; then
		GIT_TIMEWARP_PS1=" tw:$((age / 60))m"
	elif [ "$age" -lt 129600 ]; then
		GIT_TIMEWARP_PS1=" tw:$((age / 3600))h"
	else
		GIT_TIMEWARP_PS1=" tw:$((age / 86400))d"
	fi
	return 0
}
