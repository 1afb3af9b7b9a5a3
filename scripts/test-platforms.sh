#!/bin/sh
# Makes everything that `make dist` makes, and runs it: natively, arm64 under qemu, Windows under wine. Needs Debian packages, which root
# has installed by this; scripts/platforms.sh lists them.
set -eu
cd "$(dirname "$0")/.."
. scripts/platforms.sh
. scripts/zig.sh
# shellcheck disable=SC2086 # one word for each package
want $builders $runners
. scripts/wine32.sh
sh scripts/dist.sh
target=${CARGO_TARGET_DIR:-$PWD/target}
SMSP_DIST=$target/dist SMSP_WINE32=$wine32 SMSP_TEST_LIBRARY=$target/glibc-2.17 cargo test --locked --package smsp --test platforms
