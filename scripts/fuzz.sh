#!/bin/sh
# Runs fuzz targets, by default all of them, and fails on a finding.
# usage: fuzz.sh [SECONDS] [TARGET...]
# SECONDS is the time for each target, by default 60. Builds on the nightly toolchain, which must be there.
set -eu
cd "$(dirname "$0")/.."

fail=0
if ! command -v rustup >/dev/null 2>&1 || ! rustup toolchain list | grep -q '^nightly'; then
    echo "missing: Rust's nightly toolchain; rustup toolchain install nightly --profile minimal" >&2
    fail=1
fi
if ! command -v cargo-fuzz >/dev/null 2>&1; then
    echo "missing: cargo-fuzz 0.13; cargo install cargo-fuzz --version '^0.13' --locked" >&2
    fail=1
fi
command -v jq >/dev/null 2>&1 || echo "jq is not there: the vectors are not used as seeds" >&2
[ $fail -eq 0 ] || exit 1

seconds=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- json xml phone mutate

# The answer of a vector; long repetitions are cut short, and bytes that are no text left out.
answer='
def part: if type == "string" then . else (.text // "") * ([.times // 1, 40] | min) end;
.answer_text // (.answer_parts | values | map(part) | add) // (.answer | values | tojson)
'

# Samples and vectors, as inputs to start from.
collect_seeds() {
    mkdir -p fuzz/corpus/json fuzz/corpus/xml fuzz/corpus/phone fuzz/corpus/mutate
    for sample in simulator/tests/samples/*; do
        cp "$sample" "fuzz/corpus/${sample##*.}/sample-${sample##*/}"
    done
    command -v jq >/dev/null 2>&1 || return 0
    for vector in tests/vectors/*/*.json; do
        [ -f "$vector" ] || continue
        name=$(echo "${vector#tests/vectors/}" | tr / -)
        body=$(jq -j "$answer" "$vector")
        case $body in
            '<'*) printf %s "$body" >"fuzz/corpus/xml/$name" ;;
            *) printf %s "$body" >"fuzz/corpus/json/$name" ;;
        esac
        # One number a file.
        jq -r '.queries[]?[0]' "$vector" | sort -u | while IFS= read -r number; do
            printf %s "$number" >"fuzz/corpus/phone/$(printf %s "$number" | cksum | tr -d ' ')"
        done
    done
}

# The value of one of libFuzzer's final statistics.
statistic() {
    sed -n "s/^stat::$1: *//p" "$log" | tail -n 1
}

findings() {
    find "fuzz/artifacts/$1" -type f 2>/dev/null | wc -l
}

run() {
    log=fuzz/artifacts/$1.log
    before=$(findings "$1")
    dictionary=fuzz/dictionaries/$1.dict
    set -- "$1" "fuzz/corpus/$1" "fuzz/seeds/$1" -- -max_total_time="$seconds" -print_final_stats=1
    [ ! -f "$dictionary" ] || set -- "$@" -dict="$dictionary"
    status=0
    cargo +nightly fuzz run "$@" >"$log" 2>&1 || status=$?
    executions=$(statistic number_of_executed_units)
    rate=$(statistic average_exec_per_sec)
    found=$(($(findings "$1") - before))
    echo "$1: ${executions:-no} executions, ${rate:-0}/s, $found new findings"
    if [ $status -ne 0 ]; then
        grep -A 3 "panicked at" "$log" >&2 || :
        tail -n 40 "$log" >&2
        fail=1
    fi
}

mkdir -p fuzz/artifacts
collect_seeds
cargo +nightly fuzz build
for target in "$@"; do
    run "$target"
done
exit $fail
