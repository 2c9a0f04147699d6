#!/bin/sh
# Pins every package with its hashes: requirements/{run,build,dev}.txt.
# The files hold names, versions and hashes, and no address of anything.
set -eu
cd "$(dirname "$0")/.."
command -v uv >/dev/null 2>&1 || {
    echo "error: 'uv' is not on the PATH" >&2
    echo 'hint: pipx install uv' >&2
    exit 1
}
pin() {
    file=$1
    shift
    uv pip compile pyproject.toml "$@" --upgrade --quiet --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
        -o "$file" >/dev/null
}
mkdir -p requirements
pin requirements/dev.txt --group dev
pin requirements/build.txt --group build
pin requirements/run.txt
