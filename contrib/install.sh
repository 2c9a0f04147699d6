#!/bin/sh
# Installs git-timewarp for this user, upgrades it, or takes it away again.
#
#   contrib/install.sh install     with uv, else pipx, else an environment of its own
#   contrib/install.sh uninstall   whichever way it was installed
#
# METHOD=uv|pipx|venv decides instead. Run it again to upgrade. Repositories are
# never touched: hooks left behind in one stay silent and end with 0.
set -eu

action=${1:?usage: contrib/install.sh install|uninstall}
cd "$(dirname "$0")/.."
. contrib/python.sh

name=timewarp-git
data=${XDG_DATA_HOME:-$HOME/.local/share}
home=$data/git-timewarp
pages=$data/man/man1
unit=git-timewarp-watch@.service
completions=$data/bash-completion/completions

say() { printf '%s\n' "$*"; }
fail() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

need_git() {
    command -v git >/dev/null 2>&1 || fail "'git' is not on the PATH" 'install git 2.39 or newer'
    # "git version 2.39.5 (Apple Git-154)" -> 2 39
    # shellcheck disable=SC2046
    set -- $(git version | sed 's/[^0-9]*\([0-9]*\)\.\([0-9]*\).*/\1 \2/')
    if [ "$1" -lt 2 ] || { [ "$1" -eq 2 ] && [ "$2" -lt 39 ]; }; then
        fail "git $1.$2 is too old" 'install git 2.39 or newer'
    fi
}

# Print how it is installed now, if it is: a line each of uv, pipx, venv.
installed_with() {
    if command -v uv >/dev/null 2>&1 && uv tool list 2>/dev/null | grep -q "^$name "; then
        echo uv
    fi
    if command -v pipx >/dev/null 2>&1 && pipx list --short 2>/dev/null | grep -q "^$name "; then
        echo pipx
    fi
    if [ -L "$home/venv" ]; then echo venv; fi
}

# Print the environment and the folder of the executables for a method.
prefix_of() {
    case $1 in
    uv) echo "$(uv tool dir)/$name" ;;
    pipx) echo "$(pipx environment --value PIPX_LOCAL_VENVS)/$name" ;;
    venv) echo "$home/venv" ;;
    esac
}
bin_of() {
    case $1 in
    uv) uv tool dir --bin ;;
    pipx) pipx environment --value PIPX_BIN_DIR ;;
    venv) echo "$HOME/.local/bin" ;;
    esac
}

# Link $1 to $2, replacing a link of ours, never a file that somebody else put there.
link() {
    mkdir -p "$(dirname "$2")"
    if [ -e "$2" ] && [ ! -L "$2" ]; then
        fail "'$2' is there already and is not ours" "mv '$2' '$2.old'"
    fi
    ln -sfn "$1" "$2"
}

# Remove the link $1 if it leads into the environment $2.
unlink_ours() {
    if [ -L "$1" ]; then
        case $(readlink "$1") in "$2"/*) rm -f "$1" ;; esac
    fi
}

remove() {
    prefix=$(prefix_of "$1")
    unlink_ours "$pages/git-timewarp.1" "$prefix"
    unlink_ours "$completions/git-timewarp" "$prefix"
    unlink_ours "$completions/tw" "$prefix"
    unlink_ours "$data/systemd/user/$unit" "$prefix"
    unlink_ours "$data/zsh/site-functions/_git-timewarp" "$prefix"
    for each in git-timewarp tw; do
        unlink_ours "$data/fish/vendor_completions.d/$each.fish" "$prefix"
    done
    case $1 in
    uv) uv tool uninstall --quiet "$name" ;;
    pipx) pipx uninstall "$name" >/dev/null ;;
    venv)
        unlink_ours "$(bin_of venv)/git-timewarp" "$prefix"
        unlink_ours "$(bin_of venv)/tw" "$prefix"
        rm -rf "$home"/venv "$home"/venv-*
        rmdir "$home" 2>/dev/null || true
        ;;
    esac
}

choose() {
    if [ -n "${METHOD:-}" ]; then
        case $METHOD in
        uv | pipx | venv) echo "$METHOD" ;;
        *) fail "there is no method '$METHOD'" 'make install METHOD=venv' ;;
        esac
    elif command -v uv >/dev/null 2>&1; then
        echo uv
    elif command -v pipx >/dev/null 2>&1; then
        echo pipx
    else
        echo venv
    fi
}

# pip takes no folder where hashes are asked for, so pipx gets the versions alone.
add_pipx() {
    pins=$(mktemp)
    sed -n 's/ *\\$//; /==/p' requirements/run.txt >"$pins"
    pipx install --force --python "$python" --pip-args="-c $pins" . >/dev/null
    rm -f "$pins"
}

# Make a new environment beside the old one and switch a link: a failure leaves the old one.
add_venv() {
    mkdir -p "$home"
    build=$(mktemp -d)
    fresh=$home/venv-$$
    trap 'rm -rf "$build" "$fresh"' EXIT
    "$python" -m venv "$build/venv"
    in_venv "$build/venv" install --require-hashes -r requirements/build.txt
    in_venv "$build/venv" wheel --no-deps --no-build-isolation --wheel-dir "$build" .
    "$python" -m venv "$fresh"
    in_venv "$fresh" install --require-hashes -r requirements/run.txt
    in_venv "$fresh" install --no-deps "$build"/*.whl
    old=$(readlink "$home/venv" || true)
    ln -sfn "$fresh" "$home/venv"
    trap 'rm -rf "$build"' EXIT
    if [ -n "$old" ]; then rm -rf "$old"; fi
}
in_venv() {
    where=$1
    shift
    "$where/bin/python" -m pip --quiet --disable-pip-version-check "$@"
}

add() {
    python=$(find_python install)
    case $1 in
    uv) uv tool install --quiet --force --reinstall --python "$python" -c requirements/run.txt . ;;
    pipx) add_pipx ;;
    venv)
        need_venv "$python"
        (add_venv)
        link "$home/venv/bin/git-timewarp" "$(bin_of venv)/git-timewarp"
        link "$home/venv/bin/tw" "$(bin_of venv)/tw"
        ;;
    esac
    prefix=$(prefix_of "$1")
    link "$prefix/share/man/man1/git-timewarp.1" "$pages/git-timewarp.1"
    link "$prefix/share/bash-completion/completions/git-timewarp" "$completions/git-timewarp"
    link "$prefix/share/bash-completion/completions/git-timewarp" "$completions/tw"
    link "$prefix/share/systemd/user/$unit" "$data/systemd/user/$unit"
    link "$prefix/share/zsh/site-functions/_git-timewarp" "$data/zsh/site-functions/_git-timewarp"
    for each in git-timewarp tw; do
        link "$prefix/share/fish/vendor_completions.d/$each.fish" \
            "$data/fish/vendor_completions.d/$each.fish"
    done
}

# The end of an attempt that did not work out: $1 is its exit code.
failed() {
    [ "$method" = venv ] || echo 'hint: make install METHOD=venv' >&2
    exit "$1"
}

# Say where it is and what is in the way of `git timewarp`.
report() {
    bin=$(bin_of "$1")
    "$bin/git-timewarp" --version
    say "installed with $1 in $bin"
    first=$(command -v git-timewarp || true)
    if [ -z "$first" ]; then
        say "$bin is not on your PATH; add this line to ~/.profile and log in again:"
        say "    export PATH=\"$bin:\$PATH\""
    elif [ "$first" != "$bin/git-timewarp" ]; then
        say "another program called git-timewarp comes first on your PATH: $first"
        say "put $bin before it, or remove it"
    fi
    say 'next: cd into a repository and run: git timewarp init'
}

case $action in
install)
    need_git
    method=$(choose)
    for before in $(installed_with); do
        [ "$before" = "$method" ] || remove "$before"
    done
    # Not `add || …`: inside a condition the shell would go on after a failed step.
    trap 'failed $?' EXIT
    add "$method"
    trap - EXIT
    report "$method"
    ;;
uninstall)
    found=$(installed_with)
    [ -n "$found" ] || fail 'git-timewarp is not installed by uv, pipx or make install' \
        'pip list | grep timewarp-git'
    for method in $found; do
        remove "$method"
        say "removed what $method had installed"
    done
    say 'repositories keep their recordings; hooks left in them stay silent,'
    say 'and watchers that still run end by themselves within seconds'
    ;;
*) fail "there is no action '$action'" 'contrib/install.sh install' ;;
esac
