#!/bin/sh
# Runs C programs that ask from many threads under ThreadSanitizer, with the library and Rust's std built for it.
# Needs Debian's rustc-web, cargo-web and rust-web-src (a Rust with the sources of its std) and Rust's nightly toolchain
# (for the runtime); as root on Debian the former are installed.
set -eu
cd "$(dirname "$0")/.."

needed='rustc-web cargo-web rust-web-src'
# shellcheck disable=SC2086 # one word for each package
if ! dpkg -s $needed >/dev/null 2>&1; then
    if [ "$(id -u)" -ne 0 ]; then
        echo "missing: $needed; as root on Debian: apt-get install -y --no-install-recommends $needed" >&2
        exit 1
    fi
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $needed
fi
runtime=$(ls "$(rustc +nightly --print sysroot)"/lib/rustlib/x86_64-unknown-linux-gnu/lib/*_rt.tsan.a)

target=${CARGO_TARGET_DIR:-target}/tsan
RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS='-Zsanitizer=thread' /usr/bin/cargo rustc --locked --package smsp --lib \
    --crate-type staticlib --target x86_64-unknown-linux-gnu --target-dir "$target" -Zbuild-std=std,panic_unwind

SMSP_TSAN_LIBRARY=$(cd "$target" && pwd)/x86_64-unknown-linux-gnu/debug/libsmsp.a SMSP_TSAN_RUNTIME=$runtime \
    cargo test --locked --package smsp --test tsan
