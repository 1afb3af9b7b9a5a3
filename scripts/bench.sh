#!/bin/sh
# Asks the simulator for many statuses from C, release build, and prints what each costs the client.
# usage: bench.sh [COUNT] [ROUNDS]
set -eu
cd "$(dirname "$0")/.."

cargo build --locked --release --package smsp --package smsp-simulator
target=${CARGO_TARGET_DIR:-target}/release
work=$(mktemp -d)
simulator=
finish() {
    [ -z "$simulator" ] || kill "$simulator" 2>/dev/null || :
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

"$target/smsp-simulator" --api-key demo --seed 1 --finished --url-file "$work/url" >/dev/null &
simulator=$!
until [ -s "$work/url" ]; do
    kill -0 "$simulator" 2>/dev/null || { echo "the simulator did not start" >&2; exit 1; }
    sleep 0.1
done
SMSP_BASE_URL=$(cat "$work/url")
SMSPARTNER_API_KEY=demo
export SMSP_BASE_URL SMSPARTNER_API_KEY
cc -O2 -Wall -Wextra -Werror -Iinclude benches/client.c "$target/libsmsp.a" -lpthread -ldl -lm -o "$work/client"
"$work/client" "${1:-100000}" "${2:-5}"
cc -O2 -Wall -Wextra -Werror -Iinclude benches/operation.c "$target/libsmsp.a" -lpthread -ldl -lm -o "$work/operation"
"$work/operation"
