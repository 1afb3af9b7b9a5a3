#!/bin/sh
# Makes sure that cargo-deny and Mago, which analyses PHP, are there: cargo builds what is missing, which takes some minutes once.
set -eu
if ! command -v cargo-deny >/dev/null 2>&1; then
    echo "installing cargo-deny"
    cargo install --locked --quiet cargo-deny@0.20.2
fi
if ! command -v mago >/dev/null 2>&1; then
    echo "installing mago"
    # Optimised it would take much longer to build than it saves.
    CARGO_PROFILE_DEV_DEBUG=0 cargo install --locked --quiet --debug --no-default-features mago@1.29.0
fi
