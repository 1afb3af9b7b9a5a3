#!/bin/sh
# Makes the libraries for systems as old as glibc 2.17, in target/glibc-2.17, and runs the C tests with them. Takes zig and
# cargo-zigbuild from PyPI, into target/tools.
# usage: release.sh [build]    With "build" no test is run.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/names.sh
target=${CARGO_TARGET_DIR:-$PWD/target}
triple=x86_64-unknown-linux-gnu
oldest=2.17
to=$target/glibc-$oldest
. scripts/lib/zig.sh

# shellcheck disable=SC2086 # a word for each
RUSTFLAGS=$remap cargo zigbuild --locked --release --target "$triple.$oldest" --package smsp --package smsp-cli $features
CC="$tools/bin/python -m ziglang cc -target x86_64-linux-gnu.$oldest" UNWINDER=-lunwind sh scripts/link.sh "$target/$triple/release" "$to"

for file in "$to/libsmsp.so.$version" "$to/smsp-status"; do
    sh scripts/facts.sh oldest "$file" "$oldest"
done

[ "${1:-}" != build ] || exit 0
export SMSP_TEST_LIBRARY="$to"
cargo test --locked --test abi
cargo test --locked --test timing cancelling::
