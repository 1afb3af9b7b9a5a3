#!/bin/sh
# Makes the libraries for systems as old as glibc 2.17, in target/glibc-2.17, and runs the C tests with them. Takes zig and
# cargo-zigbuild from PyPI, into target/tools.
set -eu
cd "$(dirname "$0")/.."
. scripts/names.sh
target=${CARGO_TARGET_DIR:-$PWD/target}
triple=x86_64-unknown-linux-gnu
oldest=2.17
to=$target/glibc-$oldest
tools=$target/tools

if [ ! -x "$tools/bin/cargo-zigbuild" ]; then
    python3 -m venv "$tools" || { echo "missing: python3 with venv; on Debian: apt-get install python3-venv" >&2; exit 1; }
    "$tools/bin/pip" install --quiet --disable-pip-version-check ziglang==0.17.1 cargo-zigbuild==0.24.0
fi
PATH=$tools/bin:$PATH
export PATH

cargo zigbuild --locked --release --target "$triple.$oldest" --package smsp --package smsp-cli
CC="$tools/bin/python -m ziglang cc -target x86_64-linux-gnu.$oldest" UNWINDER=-lunwind sh scripts/link.sh "$target/$triple/release" "$to"

for file in "$to/libsmsp.so.$version" "$to/smsp-status"; do
    needed=$(sh scripts/facts.sh glibc "$file")
    if [ "$(printf '%s\n' "$needed" "$oldest" | sort -V | tail -n 1)" != "$oldest" ]; then
        echo "$file needs glibc $needed, not $oldest: $(nm -D --undefined-only "$file" | grep "GLIBC_$needed")" >&2
        exit 1
    fi
    echo "$file starts with glibc $needed"
done

SMSP_TEST_LIBRARY=$to cargo test --locked --test c_abi --test c_cancel --test c_failures --test c_host --test c_operations
