#!/bin/sh
# Prints what there is to know of the libraries in a folder: sizes, symbols, the oldest glibc that they start with.
# usage: facts.sh FOLDER | facts.sh glibc FILE | facts.sh oldest FILE [GLIBC]
# The last fails unless the file starts with this glibc; with none if nothing is said.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/names.sh

size() {
    wc -c <"$1" | tr -d ' '
}

glibc() {
    # What is wholly static has no such symbols at all, which nm remarks.
    nm -D --undefined-only "$1" 2>/dev/null | sed -n 's/.*@GLIBC_\([0-9.]*\)$/\1/p' | sort -Vu | tail -n 1
}

starts_with() {
    needed=$(glibc "$1")
    if [ -z "$2" ] && [ -n "$needed" ] || [ "$(printf '%s\n' "$needed" "$2" | sort -V | tail -n 1)" != "$2" ]; then
        echo "$1 needs glibc $needed, not ${2:-any}: $(nm -D --undefined-only "$1" | grep "GLIBC_$needed")" >&2
        exit 1
    fi
    echo "$1 starts with ${needed:+glibc }${needed:-musl}"
}

case $1 in
glibc) glibc "$2"; exit ;;
oldest) starts_with "$2" "${3:-}"; exit ;;
esac
shared=$1/libsmsp.so.$version
symbols=$(nm -D --defined-only "$shared" | grep -c "@@SMSP_$abi\$")
oldest=$(glibc "$shared")
echo "$shared: $(size "$shared") bytes, $symbols symbols of version SMSP_$abi, needs ${oldest:+glibc }${oldest:-musl}"
echo "$1/libsmsp.a: $(size "$1/libsmsp.a") bytes"
