#!/bin/sh
# Builds everything, starts the simulated service on a free port of this machine, asks it, and stops it.
set -eu
cd "$(dirname "$0")/.."

echo "== Building the library, the simulator and smsp-status"
cargo build --locked --profile demo --workspace --exclude smsp-test-support
target=${CARGO_TARGET_DIR:-target}/demo
work=$(mktemp -d)
simulator=
finish() {
    [ -z "$simulator" ] || kill "$simulator" 2>/dev/null || :
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

echo "== Starting the simulator"
"$target/smsp-simulator" --api-key demo --seed 1 --finished --url-file "$work/url" >/dev/null &
simulator=$!
until [ -s "$work/url" ]; do
    kill -0 "$simulator" 2>/dev/null || { echo "the simulator did not start" >&2; exit 1; }
    sleep 0.1
done
SMSP_BASE_URL=$(cat "$work/url")
SMSPARTNER_API_KEY=demo
export SMSP_BASE_URL SMSPARTNER_API_KEY
echo "   $SMSP_BASE_URL, API key \"demo\""

# 1 is what both programs answer where some entries have no status.
run() {
    "$@" || [ $? -eq 1 ]
}

echo "== The C example, examples/c/multi_status.c"
cc -Wall -Wextra -Werror -Iinclude examples/c/multi_status.c "$target/libsmsp.a" -lpthread -ldl -lm -o "$work/multi_status"
run "$work/multi_status" +33699999993:111111 +33699999992:1000 0639980001:44 "06 39 98 00 02:45"

echo "== smsp-status, on examples/data/messages.csv"
run "$target/smsp-status" examples/data/messages.csv
