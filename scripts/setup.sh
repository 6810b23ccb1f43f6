#!/bin/sh
# Make a virtual environment and install a lock and, editable, this project into it.
#   setup.sh VENV LOCK
# Needs Python 3.11 or newer with venv and ensurepip; says which Debian package brings what is missing.
# PYTHON names the interpreter to use. pip takes its index from its own configuration.
set -eu

venv=$1
lock=$2

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        if command -v "$candidate" >/dev/null 2>&1 && is_new_enough "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    return 1
}

# An environment whose interpreter has gone, or that was left half made, is made again.
if ! { is_new_enough "$venv/bin/python" && "$venv/bin/python" -m pip --version >/dev/null 2>&1; }; then
    python=$(find_python) || fail \
        "Python 3.11 or newer is needed and was not found${PYTHON:+ at $PYTHON}." \
        "On Debian 12 or later: apt-get install python3 python3-venv"
    "$python" -c 'import venv, ensurepip' 2>/dev/null || fail \
        "$python cannot make a virtual environment: its venv or ensurepip is missing." \
        "On Debian: apt-get install python3-venv"
    echo "making $venv"
    rm -rf "$venv"
    "$python" -m venv "$venv" || {
        rm -rf "$venv"
        fail "The virtual environment could not be made." "On Debian: apt-get install python3-venv"
    }
fi

echo "installing $lock"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" || fail \
    "The locked packages could not be installed. pip's message above says why." \
    "Where it wanted to compile one, on Debian: apt-get install build-essential python3-dev"
command -v npm >/dev/null 2>&1 || {
    echo "installing requirements-npm.lock (this machine has no npm)"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-npm.lock
}
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
