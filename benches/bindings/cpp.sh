#!/bin/sh
# What a status costs through smsp.hpp beyond plain C, in turns in one process, release build.
# usage: cpp.sh [COUNT] [TURNS]
set -eu
cd "$(dirname "$0")/../.."

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

c++ -std=c++11 -O2 -Wall -Wextra -Werror -Iinclude benches/bindings/cpp.cpp "$target/libsmsp.a" -lpthread -ldl -lm -o "$work/cpp"
"$target/smsp-simulator" --api-key demo --seed 1 --finished --url-file "$work/url" >/dev/null &
simulator=$!
until [ -s "$work/url" ]; do
    kill -0 "$simulator" 2>/dev/null || { echo "the simulator did not start" >&2; exit 1; }
    sleep 0.1
done
SMSP_BASE_URL=$(cat "$work/url") SMSPARTNER_API_KEY=demo "$work/cpp" "$@"
