#!/bin/sh
# Makes sure that the Debian packages the tests need are there. `cargo test` fails without them.
# As root it installs what is missing; otherwise it says what to install and exits 1.
set -eu

# One line for each: the command that the tests run, or the file that they need, and the package that brings it. The tests run servers
# of their own: those that the packages bring need not run.
# A second rustc, of another version than the one that builds, makes an archive to be linked beside ours.
needed='
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
'

missing=$(printf '%s' "$needed" | while read -r command package; do
    # shellcheck disable=SC2086 # the pattern is to be expanded
    [ -z "$command" ] || command -v "$command" >/dev/null 2>&1 || ls -d $command >/dev/null 2>&1 || echo "$package"
done | sort -u | tr '\n' ' ')
missing=${missing% }

[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "missing for the tests: $missing" >&2
    echo "as root on Debian: apt-get update && apt-get install -y --no-install-recommends $missing" >&2
    exit 1
fi

echo "installing for the tests: $missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update
# shellcheck disable=SC2086 # one word for each package
apt-get install -y --no-install-recommends $missing
