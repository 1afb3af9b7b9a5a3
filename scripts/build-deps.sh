#!/bin/sh
# Says at once what is missing or too old to build libsmsp: Rust, and a C compiler. Needs no network.
set -u
cd "$(dirname "$0")/.."

wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
fail=0

if ! command -v cargo >/dev/null 2>&1 || ! command -v rustc >/dev/null 2>&1; then
    echo "missing: Rust $wanted or later (cargo and rustc); see https://www.rust-lang.org/tools/install" >&2
    fail=1
else
    found=$(rustc --version | cut -d ' ' -f 2)
    oldest=$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n 1)
    if [ "$oldest" != "$wanted" ]; then
        echo "too old: rustc $found; libsmsp needs $wanted or later" >&2
        fail=1
    fi
fi

if ! command -v cc >/dev/null 2>&1; then
    echo "missing: a C compiler called cc; on Debian: apt-get install gcc libc6-dev" >&2
    fail=1
elif ! echo '#include <stdio.h>
int main(void) { return 0; }' | cc -x c - -o /dev/null 2>/dev/null; then
    echo "missing: the C library's headers, or a working cc; on Debian: apt-get install gcc libc6-dev" >&2
    fail=1
fi

exit $fail
