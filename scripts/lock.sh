#!/bin/sh
# Resolve pyproject.toml for every platform from Python 3.11 into requirements-dev.lock, requirements.lock and
# requirements-npm.lock (npm from a wheel, for machines without one).
#   lock.sh [--upgrade]
# The run-time lock is held to the versions of the developers' lock, so that what is tested is what runs.
# Both also pin what builds the project (extra `build`), because it is installed without build isolation.
set -eu

uv_version=0.13.9
tool=build/uv-$uv_version

if [ ! -x "$tool/bin/uv" ]; then
    rm -rf "$tool"
    "${PYTHON:-python3}" -m venv "$tool"
    "$tool/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$uv_version"
fi

compile() {
    "$tool/bin/uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 --no-header --generate-hashes \
        --extra build "$@"
}

compile --extra dev --extra oidc "$@" -o requirements-dev.lock
compile "$@" -c requirements-dev.lock -o requirements.lock
"$tool/bin/uv" pip compile - --quiet --universal --python-version 3.11 --no-header --generate-hashes \
    -o requirements-npm.lock <<EOF
$(sed -n 's/^npm = \["\(.*\)"\]$/\1/p' pyproject.toml)
EOF
