#!/bin/sh
# Makes sure that the Debian packages that `make bench` needs are there: compilers, interpreters and libraries of the peers.
# As root it installs what is missing; otherwise it says what to install and exits 1.
set -eu

# One line for each: a command, or a file, and the package that brings it.
needed='
cc                                        gcc
valgrind                                  valgrind
go                                        golang-go
/usr/bin/curl-config                      libcurl4-openssl-dev
/usr/bin/php                              php-cli
/usr/lib/php/*/curl.so                     php-curl
/usr/bin/python3                          python3
/usr/lib/python3/dist-packages/requests   python3-requests
'

missing=$(printf '%s' "$needed" | while read -r there package; do
    # shellcheck disable=SC2086 # the pattern is to be expanded
    [ -z "$there" ] || command -v "$there" >/dev/null 2>&1 || ls -d $there >/dev/null 2>&1 || echo "$package"
done | sort -u | tr '\n' ' ')
missing=${missing% }

[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "missing for the benchmarks: $missing" >&2
    echo "as root on Debian: apt-get update && apt-get install -y --no-install-recommends $missing" >&2
    exit 1
fi

echo "installing for the benchmarks: $missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update
# shellcheck disable=SC2086 # one word for each package
apt-get install -y --no-install-recommends $missing
