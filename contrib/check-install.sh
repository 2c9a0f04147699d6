#!/usr/bin/env bash
# Installs into a home of its own, uses what was installed, takes it away, compares.
set -euo pipefail
cd "$(dirname "$0")/.."

world=$(mktemp -d)
trap 'rm -rf "$world"' EXIT
export HOME=$world/home
unset XDG_DATA_HOME XDG_CONFIG_HOME
mkdir -p "$HOME"
export PATH=$HOME/.local/bin:$PATH
export GIT_CONFIG_GLOBAL=$HOME/.gitconfig
git config --global user.name Ada
git config --global user.email ada@example.com

said=$(METHOD=venv sh contrib/install.sh install)
[[ $said == *'next: cd into a repository and run: git timewarp init'* ]]
[[ $(command -v git-timewarp) == "$HOME/.local/bin/git-timewarp" ]]
git timewarp --version
tw --version
if command -v man >/dev/null; then
    man -w git-timewarp >/dev/null
    git help timewarp </dev/null >/dev/null
fi
for file in bash-completion/completions/git-timewarp zsh/site-functions/_git-timewarp \
    systemd/user/git-timewarp-watch@.service fish/vendor_completions.d/git-timewarp.fish fish/vendor_completions.d/tw.fish; do
    [[ -r $HOME/.local/share/$file ]]
done

# The program does its work, and its hooks stay silent once it is gone.
git init -q "$world/repo"
cd "$world/repo"
git timewarp init
echo text >file
git add file
git timewarp snapshot
cd - >/dev/null
METHOD=venv sh contrib/install.sh install >/dev/null # an upgrade is the same again
git timewarp --version >/dev/null
sh contrib/install.sh uninstall
hash -r
if command -v git-timewarp; then exit 1; fi
said=$(git -C "$world/repo" commit -q -m 'after removal' 2>&1)
[[ -z $said ]]
# What tells a copied clone from this one stays: the repository still records.
left=$(find "$HOME/.local" ! -type d ! -path "$HOME/.local/state/git-timewarp/writers/*")
[[ -z $left ]] || {
    echo "left behind: $left" >&2
    exit 1
}
echo 'installed, used, upgraded and removed'
