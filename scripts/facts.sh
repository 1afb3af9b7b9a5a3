#!/bin/sh
# Prints what there is to know of the libraries in a folder: sizes, symbols, the oldest glibc that they start with.
# usage: facts.sh FOLDER | facts.sh glibc FILE
set -eu
cd "$(dirname "$0")/.."
. scripts/names.sh

size() {
    wc -c <"$1" | tr -d ' '
}

glibc() {
    # What is wholly static has no such symbols at all, which nm remarks.
    nm -D --undefined-only "$1" 2>/dev/null | sed -n 's/.*@GLIBC_\([0-9.]*\)$/\1/p' | sort -Vu | tail -n 1
}

if [ "$1" = glibc ]; then
    glibc "$2"
    exit
fi
shared=$1/libsmsp.so.$version
symbols=$(nm -D --defined-only "$shared" | grep -c "@@SMSP_$abi\$")
oldest=$(glibc "$shared")
echo "$shared: $(size "$shared") bytes, $symbols symbols of version SMSP_$abi, needs ${oldest:+glibc }${oldest:-musl}"
echo "$1/libsmsp.a: $(size "$1/libsmsp.a") bytes"
