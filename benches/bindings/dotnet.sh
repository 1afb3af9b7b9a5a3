#!/bin/sh
# What a status costs through the binding for .NET (on Mono) beyond plain C, and beside .NET's own HTTP and JSON: the same job
# in turns, release build. Also one message alone, and the memory that 10,000 calls leave behind.
# Needs: mono-mcs, mono-runtime, libmono-system-runtime-serialization4.0-cil
# usage: dotnet.sh [COUNT] [TURNS]
set -eu
cd "$(dirname "$0")/../.."

count=${1:-100000}
turns=${2:-5}
rounds=5

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

cc -O2 -Wall -Wextra -Werror -Iinclude benches/client.c "$target/libsmsp.a" -lpthread -ldl -lm -o "$work/client"
mcs -optimize+ -unsafe -target:library -out:"$work/Smsp.dll" bindings/dotnet/src/*.cs
mcs -optimize+ -unsafe -r:"$work/Smsp.dll" -r:System.Runtime.Serialization -out:"$work/dotnet.exe" benches/bindings/dotnet.cs
cp bindings/dotnet/Smsp.dll.config "$work"
cp "$target/libsmsp.so" "$work/libsmsp.so.0"

"$target/smsp-simulator" --api-key demo --seed 1 --finished --url-file "$work/url" >/dev/null &
simulator=$!
until [ -s "$work/url" ]; do
    kill -0 "$simulator" 2>/dev/null || { echo "the simulator did not start" >&2; exit 1; }
    sleep 0.1
done
SMSP_BASE_URL=$(cat "$work/url")
SMSPARTNER_API_KEY=demo
export SMSP_BASE_URL SMSPARTNER_API_KEY

turn=0
while [ "$turn" -lt "$turns" ]; do
    # Its seconds for all rounds, in the columns of the others: microseconds for a status.
    "$work/client" "$SMSP_BASE_URL" demo "$count" "$rounds" 4 |
        awk -v all=$((count * rounds)) '{ printf "- - %.3f - - - - %.3f\n", 1e6 * $1 / all, 1e6 * $2 / all }' >>"$work/c"
    mono "$work/dotnet.exe" binding "$count" "$rounds" >>"$work/dotnet"
    mono "$work/dotnet.exe" plain "$count" 1 >>"$work/plain"
    turn=$((turn + 1))
done

# The median and the least of a program's rounds: CPU and time of one status, in nanoseconds.
summary() {
    for column in 3 8; do
        awk -v column="$column" '{ print 1000 * $column }' "$work/$2" | sort -n | awk '
            { times[NR] = $1 } END { printf "%6.0f median %6.0f least  ", times[int((NR + 1) / 2)], times[1] }'
    done
    echo " $1"
}
echo "$count statuses, ns of CPU of each | ns of time of each"
summary "plain C" c
summary ".NET, the binding" dotnet
summary ".NET, HttpWebRequest and DataContractJsonSerializer" plain
mono "$work/dotnet.exe" one 3000
mono "$work/dotnet.exe" growth 10000
