#!/bin/sh
# Looks at the types in the PHP package, at the strictest level of Mago.
set -eu
cd "$(dirname "$0")/.."

if ! command -v mago >/dev/null 2>&1; then
    echo "missing: mago, which Rust 1.95 builds; cargo install mago@1.29.0 --locked --debug --no-default-features" >&2
    exit 1
fi
exec mago --config bindings/php/mago.toml --workspace bindings/php analyze
