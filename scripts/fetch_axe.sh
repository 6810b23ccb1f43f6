#!/bin/sh
# Fetch axe-core, which looks for faults of accessibility in our pages while they are tested, from its npm package.
#   fetch_axe.sh TARGET
# The package is checked against the SHA-256 below before anything in it is used.
set -eu

version=4.14.1
sha256=e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745
target=$1

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

command -v npm >/dev/null 2>&1 || fail "npm is needed to fetch axe-core $version." "On Debian: apt-get install npm"
folder=$(dirname "$target")
mkdir -p "$folder"
unpacked=$(mktemp -d "$folder/unpacked.XXXXXX")
trap 'rm -rf "$unpacked"' EXIT
(cd "$unpacked" && npm pack --silent "axe-core@$version" >/dev/null) || fail "npm could not fetch axe-core $version."
archive=$unpacked/axe-core-$version.tgz
printf '%s  %s\n' "$sha256" "$archive" | sha256sum --check --status || fail \
    "axe-core $version is not the package that was pinned: its SHA-256 differs. Nothing was installed."
tar -xzf "$archive" -C "$unpacked" package/axe.min.js
mv "$unpacked/package/axe.min.js" "$target"
