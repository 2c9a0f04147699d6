"""Completion for zsh, with the commands and options of the table filled in."""

from __future__ import annotations

from git_timewarp.cli import registry
from git_timewarp.cli.overview import GLOBAL_OPTIONS
from git_timewarp.cli.spec import Command, Option
from tests.support.commands import commands
from tests.support.completion import kind_of

ZSH = "contrib/completion/_git-timewarp"

_TEMPLATE = """\
#compdef git-timewarp tw
# Completion of git-timewarp for zsh: `git timewarp <TAB>`, `git-timewarp` and `tw`.
# Generated from the command tables by "make docs"; do not edit.

# Set `reply` to the options of a command, each with its text, and `kind` to what its arguments are.
__git_timewarp_table () {
	kind=
	reply=()
	case "$1" in
@TABLE@
	esac
}

# Set `reply` to the verbs of a noun.
__git_timewarp_verbs () {
	reply=()
	case "$1" in
@VERBS@
	esac
}

# Offer what there is now: targets, stashes or settings of this repository.
__git_timewarp_now () {
	local -a found
	case "$1" in
	target)
		found=(${(f)"$(command git-timewarp $where log -n 100 --json 2>/dev/null |
			sed -n 's/^{"event":"\\([^"]*\\)".*/\\1/p')"}
			${(f)"$(command git $where for-each-ref \\
				--format='%(refname:short)' refs/heads refs/tags 2>/dev/null)"} @) ;;
	stash)
		found=(${(f)"$(command git-timewarp $where stash list --json 2>/dev/null |
			sed $'s/{"name":/\\\\\\n&/g' | sed -n 's/^{"name":"\\([^"]*\\)","event".*/\\1/p')"}) ;;
	setting)
		found=(${(f)"$(command git-timewarp $where config list --defaults --json 2>/dev/null |
			tr '{' '\\n' | sed -n 's/^"key":"\\([^"]*\\)".*/\\1/p')"}) ;;
	esac
	compadd -- $found
}

_git-timewarp () {
	local name kind word at=2
	local -a reply where typed
	# Skip our options before the command.
	while ((at < CURRENT)); do
		case "${words[at]}" in
		-C) where+=(-C "${words[at + 1]}"); ((at += 2)) ;;
		-c) ((at += 2)) ;;
		-*) ((at += 1)) ;;
		*) break ;;
		esac
	done
	typed=("${(@)words[at, CURRENT - 1]}")
	if ((at >= CURRENT)); then
		if [[ ${words[CURRENT]} == -* ]]; then
			reply=(@GLOBAL@)
			_describe -o option reply
		else
			reply=(@FIRST@)
			_describe command reply
		fi
		return
	fi
	name=${typed[1]}
	__git_timewarp_verbs $name
	if (($#reply)); then
		if (($#typed == 1)); then
			_describe command reply
			return
		fi
		name="$name ${typed[2]}"
	fi
	__git_timewarp_table $name
	case "${typed[-1]}" in
	--color) compadd -- always never auto; return ;;
	-s|--source) __git_timewarp_now target; return ;;
	esac
	if [[ ${words[CURRENT]} == -* ]]; then
		_describe -o option reply
		return
	fi
	case "$kind" in
	command) reply=(@FIRST@); _describe command reply ;;
	target|stash|setting) __git_timewarp_now $kind ;;
	target+path) (($#typed < 2)) && __git_timewarp_now target || _files ;;
	path) _files ;;
	esac
}

if [[ $funcstack[1] == _git-timewarp ]]; then
	_git-timewarp "$@"
fi
"""


def zsh() -> str:
    """Return the script for zsh."""
    known = commands()
    nouns: dict[str, list[str]] = {}
    for name in known:
        first, _, verb = name.partition(" ")
        nouns.setdefault(first, [])
        if verb:
            nouns[first].append(verb)
    table = "\n".join(_row(name, command) for name, command in known.items())
    verbs = "\n".join(
        f"\t{noun}) reply=({_pairs(_verbs(noun))}) ;;" for noun, named in nouns.items() if named
    )
    nouns_told = [(noun, _text_of(noun, verbs)) for noun, verbs in nouns.items()]
    options = [
        (word, text)
        for names, text in GLOBAL_OPTIONS
        for word in names.replace(",", "").split()
        if word.startswith("-")
    ]
    return (
        _TEMPLATE.replace("@TABLE@", table)
        .replace("@VERBS@", verbs)
        .replace("@FIRST@", _pairs(nouns_told))
        .replace("@GLOBAL@", _pairs(options))
    )


def _verbs(noun: str) -> list[tuple[str, str]]:
    return [(verb, entry.text) for verb, entry in registry.verbs(noun).items()]


def _text_of(noun: str, verbs: list[str]) -> str:
    return ", ".join(verbs) if verbs else registry.COMMANDS[noun].text


def _row(name: str, command: Command) -> str:
    options = [*command.options, Option(("--help",), "help", "explain the command")]
    pairs = [(word, option.text) for option in options for word in option.names]
    return f'\t"{name}") kind={kind_of(command.arguments)}; reply=({_pairs(pairs)}) ;;'


def _pairs(pairs: list[tuple[str, str]]) -> str:
    """Return `word:text` for each, quoted for zsh."""
    told = (f"{word}:{text}".replace("'", "'\\''") for word, text in pairs)
    return " ".join(f"'{item}'" for item in told)
