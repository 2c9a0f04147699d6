#!/bin/sh
# Makes .venv, once: contrib/env.sh run|dev
#
# `run` holds what the product needs and the product itself, `dev` also what the
# checks and tests need. Everything comes from the pinned, hashed requirement
# files. The environment is made anew when one of them, or the interpreter, changed;
# it is marked as whole last, so an interrupted attempt is never taken for one.
set -eu

level=${1:?usage: contrib/env.sh run|dev}
cd "$(dirname "$0")/.."
. contrib/python.sh

python=$(find_python test)
venv=${VENV:-.venv}
mark=$venv/.made-from

# A line that changes when anything does that the environment is made from.
fingerprint() {
    "$python" - "$1" <<'END'
import hashlib, os, sys, tomllib

found = hashlib.sha256(f"{sys.argv[1]} {sys.version} {sys.prefix}".encode())
for name in ("build", sys.argv[1]):
    with open(f"requirements/{name}.txt", "rb") as file:
        found.update(file.read())
with open("pyproject.toml", "rb") as file:
    declared = tomllib.load(file)
for table in ("build-system", "project", "dependency-groups"):
    found.update(repr(declared[table]).encode())
print(sys.argv[1], found.hexdigest(), os.getcwd())
END
}

if [ -f "$mark" ] && [ -x "$venv/bin/python" ]; then
    made=$(cat "$mark")
    # dev holds all that run holds.
    if [ "$made" = "$(fingerprint dev)" ]; then exit 0; fi
    if [ "$level" = run ] && [ "$made" = "$(fingerprint run)" ]; then exit 0; fi
fi

need_venv "$python"
echo "making $venv ($level) with $python" >&2
rm -rf "$venv"
"$python" -m venv "$venv"
pip() {
    "$venv/bin/python" -m pip --quiet --disable-pip-version-check "$@"
}
if [ "$level" = dev ]; then
    pip install --require-hashes -r requirements/dev.txt
else
    pip install --require-hashes -r requirements/build.txt
fi
pip install --no-deps --no-build-isolation --editable .
fingerprint "$level" >"$mark"
