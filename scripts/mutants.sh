#!/bin/sh
# Changes the code that reads, plans and matches in many small ways, and fails where no test notices.
# usage: mutants.sh [ARGUMENT...]    Arguments go to cargo-mutants.
set -eu
cd "$(dirname "$0")/.."

if ! command -v cargo-mutants >/dev/null 2>&1; then
    echo "missing: cargo-mutants 27; cargo install cargo-mutants --version '^27' --locked" >&2
    exit 1
fi
# The tests that look at this code; the others would take hours.
tests='--cargo-arg=--lib --cargo-arg=--test=vectors --cargo-arg=--test=formats --cargo-arg=--test=limits'
# shellcheck disable=SC2086 # one word for each argument
exec cargo mutants --package smsp --output "${CARGO_TARGET_DIR:-target}" $tests --file 'src/wire/*.rs' --file src/phone.rs \
    --file src/plan.rs --file src/report.rs --file src/matching.rs --file src/decimal.rs --file src/hash.rs "$@"
