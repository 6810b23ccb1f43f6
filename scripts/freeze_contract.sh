#!/bin/sh
# Renew proto/baseline.binpb, against which `make lint` looks for breaking changes.
#   freeze_contract.sh BUF REASON
# REASON is the decision in docs/adr/ that says why the contract may change. It must name proto/baseline.binpb and
# the SHA-256 of the baseline that it replaces, so that one decision renews it once; the first baseline replaces none.
set -eu

buf=$1
reason=$2
baseline=proto/baseline.binpb

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

[ -n "$reason" ] || fail "Say why: make proto-freeze REASON=docs/adr/NNNN-title.md"
case "$reason" in
    docs/adr/*.md) ;;
    *) fail "$reason is not a file docs/adr/NNNN-title.md." ;;
esac
[ -f "$reason" ] || fail "$reason does not exist: write the decision first."
grep -qF "$baseline" "$reason" || fail "$reason does not mention $baseline."
if [ -e "$baseline" ]; then
    replaced=$(sha256sum "$baseline" | cut -d ' ' -f 1)
    grep -qF "$replaced" "$reason" || fail \
        "$reason does not mention the SHA-256 of the baseline that it replaces:" "$replaced"
fi

"$buf" lint
"$buf" build --exclude-source-info -o "$baseline.new#format=binpb"
mv "$baseline.new" "$baseline"
echo "$baseline renewed for $reason"
