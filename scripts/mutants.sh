#!/bin/sh
# Changes the code that reads and matches in many small ways, and fails where no test notices. Takes two hours.
# usage: mutants.sh [ARGUMENT...]    Arguments go to cargo-mutants.
set -eu
cd "$(dirname "$0")/.."

if ! command -v cargo-mutants >/dev/null 2>&1; then
    echo "missing: cargo-mutants 27; cargo install cargo-mutants --version '^27' --locked" >&2
    exit 1
fi

# Changes that cost time or memory only: shortcuts before the general way, and room that is made before. `expecting` is a
# text that nobody sees.
equivalent='(all_match_in_order|all_match_as_national|is_about) -> bool with false
match arm Scalar::(Integer\(number\)|Text\(text\)) in .*is_about
\|\| with && in assign
parse_as_sent -> .* with None
from_digits -> .* with None
Phone::bits
match arm \(.*\) in value$
replace / with . in Cursor.*list
(> with (==|>=)|\|\| with &&) in .*Key<
HashMap::new\(\)
lacks_memory with false
::expecting'

mutants() {
    cargo mutants --package smsp --output "${CARGO_TARGET_DIR:-target}" --minimum-test-timeout 60 \
        --file src/phone.rs --file src/report/matching.rs --file src/query.rs --file src/message_id.rs --file src/invalid.rs \
        --file src/decimal.rs --file src/wire/response.rs --file src/wire/read.rs --file src/wire/json.rs --file src/wire/fast_json.rs \
        --file src/wire/pattern.rs --exclude-re "$(printf '%s\n' "$equivalent" | paste -sd '|')" "$@"
}

export CARGO_PROFILE_DEV_DEBUG=0
# First the units that take no time, of which one binary is built.
status=0
mutants "$@" --cargo-arg=--lib -- -- --skip any_shape --skip cuts || status=$?
# 2 and 3: some were missed, or took too long.
case $status in 0 | 2 | 3) ;; *) exit $status ;; esac
# Then, on what they miss, all units and the tests that play whole lists.
mutants "$@" --iterate --cargo-arg=--lib --cargo-arg=--test=answers
