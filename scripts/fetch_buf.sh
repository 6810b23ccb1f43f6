#!/bin/sh
# Fetch buf, the linter of the proto contract, from its npm package: one static binary, no Node.js needed to run it.
#   fetch_buf.sh TARGET
# The package is checked against the SHA-256 below before anything in it is used.
set -eu

version=1.75.0
target=$1

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

case "$(uname -s)/$(uname -m)" in
    Linux/x86_64)
        package=buf-linux-x64
        sha256=98b19d4b2b46130e083157490c54dfdcb8ea771e53204d3c6a06a2b12edd0503
        ;;
    Linux/aarch64)
        package=buf-linux-aarch64
        sha256=ea5b4981ad7199a482609c3f1f7230767e095c4a5a7e96ae74a21225a1fc75dc
        ;;
    *) fail "There is no pinned buf for $(uname -s) on $(uname -m): add its package and digest to scripts/fetch_buf.sh." ;;
esac

command -v npm >/dev/null 2>&1 || fail \
    "npm is needed to fetch buf $version, which lints the proto contract." \
    "On Debian: apt-get install npm"

folder=$(dirname "$target")
mkdir -p "$folder"
rm -rf "$folder/unpacked"
mkdir "$folder/unpacked"
(cd "$folder/unpacked" && npm pack --silent "@bufbuild/$package@$version" >/dev/null) || fail \
    "npm could not fetch @bufbuild/$package $version."
archive=$folder/unpacked/bufbuild-$package-$version.tgz
printf '%s  %s\n' "$sha256" "$archive" | sha256sum --check --status || fail \
    "@bufbuild/$package $version is not the package that was pinned: its SHA-256 differs. Nothing was installed."
tar -xzf "$archive" -C "$folder/unpacked" package/bin/buf
chmod 0755 "$folder/unpacked/package/bin/buf"
touch "$folder/unpacked/package/bin/buf"
mv "$folder/unpacked/package/bin/buf" "$target"
rm -rf "$folder/unpacked"
