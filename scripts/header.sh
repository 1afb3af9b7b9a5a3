#!/bin/sh
# header.sh write: brings the header that the build makes to include/smsp.h. header.sh check: fails if the two differ.
set -eu
cd "$(dirname "$0")/.."

# After `cargo package`, cargo looks at the copy of the sources there to find out whether the build script has changed.
rm -rf "${CARGO_TARGET_DIR:-target}/package"
made=$(cargo build --locked --package smsp --message-format=json-render-diagnostics |
    sed -n 's/.*"reason":"build-script-executed".*"SMSP_HEADER","\([^"]*\)".*/\1/p' | tail -n 1)
[ -n "$made" ] || { echo "the build made no header" >&2; exit 1; }

case ${1:-} in
write) cp "$made" include/smsp.h ;;
check) diff -u include/smsp.h "$made" || { echo "include/smsp.h is not what src/abi says: run 'make header'" >&2; exit 1; } ;;
*) echo "usage: header.sh write|check" >&2; exit 2 ;;
esac
