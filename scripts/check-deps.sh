#!/bin/sh
# Makes sure that cargo-deny, which `make check` runs, is there: cargo builds it, which takes some minutes once.
set -eu
if ! command -v cargo-deny >/dev/null 2>&1; then
    echo "installing cargo-deny"
    cargo install --locked --quiet cargo-deny@0.20.2
fi
