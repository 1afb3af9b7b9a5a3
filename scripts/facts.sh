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
    nm -D --undefined-only "$1" | sed -n 's/.*@GLIBC_\([0-9.]*\)$/\1/p' | sort -Vu | tail -n 1
}

if [ "$1" = glibc ]; then
    glibc "$2"
    exit
fi
shared=$1/libsmsp.so.$version
symbols=$(nm -D --defined-only "$shared" | grep -c "@@SMSP_$abi\$")
echo "$shared: $(size "$shared") bytes, $symbols symbols of version SMSP_$abi, needs glibc $(glibc "$shared")"
echo "$1/libsmsp.a: $(size "$1/libsmsp.a") bytes"
