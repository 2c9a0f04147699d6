# shellcheck shell=sh
# Sourced by env.sh and install.sh: finds a Python we can run on and says how to get one.

# Print the first interpreter that is new enough; PYTHON in the environment comes first.
find_python() {
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return 0
        fi
    done
    echo 'error: no Python 3.11 or newer found' >&2
    echo "hint: install one, or name it: make $1 PYTHON=/path/to/python3" >&2
    return 1
}

# Stop with advice where $1 cannot make virtual environments (Debian ships them apart).
need_venv() {
    if ! "$1" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "error: '$1' cannot make virtual environments (no ensurepip)" >&2
        if command -v apt-get >/dev/null 2>&1; then
            echo 'hint: sudo apt install python3-venv' >&2
        else
            echo "hint: install the venv package that belongs to '$1'" >&2
        fi
        return 1
    fi
}
