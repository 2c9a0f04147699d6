#!/bin/sh
# Checks every shell script of the repository with shellcheck.
set -eu
cd "$(dirname "$0")/.."
command -v shellcheck >/dev/null 2>&1 || {
    echo "error: 'shellcheck' is not on the PATH" >&2
    echo 'hint: apt install shellcheck, or brew install shellcheck' >&2
    exit 1
}
# Scripts are what begins with a shell's #! line or says so in its first line for shellcheck.
scripts=$(git ls-files --cached --others --exclude-standard | while IFS= read -r file; do
    [ -f "$file" ] || continue
    case $file in *.py | *.md | *.txt | *.toml | *.json | *.1) continue ;; esac
    if head -n 1 "$file" | grep -qE '^#!.*(sh|bash)$|^# shellcheck shell='; then
        printf '%s\n' "$file"
    fi
done)
# shellcheck disable=SC2086
shellcheck --external-sources $scripts
