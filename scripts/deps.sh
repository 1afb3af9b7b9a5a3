#!/bin/sh
# Makes sure of what a target of the Makefile needs. As root on Debian it installs what is missing; otherwise it says what
# to install and exits 1. Compilers to build with are never installed.
# usage: deps.sh build|test|check|bench|dist|platforms|analyze-php|tsan
set -eu
cd "$(dirname "$0")/.."
task=${1:-}

# Installs the packages that are on its input, one a line.
bring() {
    missing=$(sort -u | tr '\n' ' ')
    missing=${missing% }
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        echo "missing for make $task: $missing" >&2
        echo "as root on Debian: apt-get update && apt-get install -y --no-install-recommends $missing" >&2
        exit 1
    fi
    echo "installing for make $task: $missing"
    apt-get update
    # shellcheck disable=SC2086 # one word for each package
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
}

# Reads lines of a command, or a file, and the package that brings it; prints the packages of those that are not there.
absent() {
    while read -r there package; do
        # shellcheck disable=SC2086 # the pattern is to be expanded
        command -v "$there" >/dev/null 2>&1 || ls -d $there >/dev/null 2>&1 || echo "$package"
    done
}

# Prints those of the packages that dpkg does not know.
uninstalled() {
    for package in "$@"; do
        dpkg -s "$package" >/dev/null 2>&1 || echo "$package"
    done
}

# Says at once what is missing or too old to build libsmsp: Rust, and a C compiler. Needs no network.
build() {
    fail=0
    wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
    if ! command -v cargo >/dev/null 2>&1 || ! command -v rustc >/dev/null 2>&1; then
        echo "missing: Rust $wanted or later (cargo and rustc); see https://www.rust-lang.org/tools/install" >&2
        fail=1
    else
        found=$(rustc --version | cut -d ' ' -f 2)
        if [ "$(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -n 1)" != "$wanted" ]; then
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
}

# `cargo test` fails without them. The tests run servers of their own: those that the packages bring need not run.
# A second rustc, of another version than the one that builds, makes an archive to be linked beside ours.
test_packages() {
    absent <<'END'
gcc                         gcc
cc                          gcc
g++                         g++
clang                       clang
clang++                     clang
valgrind                    valgrind
readelf                     binutils
nm                          binutils
addr2line                   binutils
go                          golang-go
pkg-config                  pkg-config
cmake                       cmake
mcs                         mono-mcs
mono                        mono-runtime
cobc                        gnucobol4
fpc                         fp-compiler
python3                     python3
php                         php-cli
phpcs                       php-codesniffer
phpunit                     phpunit
/usr/sbin/php-fpm*          php-fpm
nginx                       nginx-light
zsh                         zsh
fish                        fish
groff                       groff-base
/usr/bin/rustc              rustc
/usr/include/openssl/ssl.h  libssl-dev
END
}

# Compilers, interpreters and libraries of the peers.
bench_packages() {
    absent <<'END'
cc                                                 gcc
valgrind                                           valgrind
go                                                 golang-go
/usr/bin/curl-config                               libcurl4-openssl-dev
/usr/bin/php                                       php-cli
/usr/lib/php/*/curl.so                             php-curl
/usr/bin/python3                                   python3
/usr/lib/python3/dist-packages/requests            python3-requests
mcs                                                mono-mcs
mono                                               mono-runtime
/usr/lib/mono/4.5/System.Runtime.Serialization.dll libmono-system-runtime-serialization4.0-cil
END
}

# A Rust with the sources of its std.
rust_with_sources='rustc-web cargo-web rust-web-src'

# That, and binutils, to build.
builders="python3-venv $rust_with_sources binutils-i686-linux-gnu binutils-aarch64-linux-gnu gcc-mingw-w64-x86-64
    gcc-mingw-w64-i686 zip"

# Compilers, C libraries, qemu and wine, to run. gcc-multilib would not do for i686: it cannot be installed beside another
# cross compiler.
runners='gcc-i686-linux-gnu libc6-dev-i386-cross libc6-i386 lib32gcc-s1 gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
    musl-tools wine64 debootstrap unzip cmake pkg-config'

# Brings wine for 32 bits into target/tools/wine32. Debian has it for i386 alone. That as a foreign architecture would be
# one for dpkg and apt at large, so it comes in a small Debian of its own, by debootstrap, which takes root; the tests run
# wine as it lies there.
wine32() {
    wine32=${CARGO_TARGET_DIR:-target}/tools/wine32
    [ ! -x "$wine32/usr/lib/wine/wine" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        echo "missing: $wine32, which root has made by this" >&2
        exit 1
    fi
    rm -rf "$wine32.new" # of a run that failed
    mkdir -p "${wine32%/*}"
    debootstrap --arch=i386 --variant=minbase --include=wine32 "$(. /etc/os-release && echo "$VERSION_CODENAME")" \
        "$wine32.new" >"$wine32.log" || { cat "$wine32.log" >&2; exit 1; }
    mv "$wine32.new" "$wine32"
}

# cargo builds it, which takes some minutes once.
cargo_deny() {
    if ! command -v cargo-deny >/dev/null 2>&1; then
        echo "installing cargo-deny"
        cargo install --locked --quiet cargo-deny@0.20.2
    fi
}

analyzer() {
    if ! command -v mago >/dev/null 2>&1; then
        echo "missing: mago, which Rust 1.95 builds; cargo install mago@1.29.0 --locked --debug --no-default-features" >&2
        exit 1
    fi
}

# The runtime of ThreadSanitizer comes with the nightly toolchain.
nightly() {
    if ! command -v rustup >/dev/null 2>&1 || ! rustup toolchain list | grep -q '^nightly'; then
        echo "missing: Rust's nightly toolchain; rustup toolchain install nightly --profile minimal" >&2
        exit 1
    fi
}

# shellcheck disable=SC2086 # one word for each package
case $task in
build) build ;;
test) test_packages | bring ;;
check) uninstalled shellcheck | bring && cargo_deny ;;
bench) bench_packages | bring ;;
dist) uninstalled $builders | bring ;;
platforms) uninstalled $builders $runners | bring && wine32 ;;
analyze-php) analyzer ;;
tsan) uninstalled $rust_with_sources | bring && nightly ;;
*) echo "usage: deps.sh build|test|check|bench|dist|platforms|analyze-php|tsan" >&2; exit 2 ;;
esac
