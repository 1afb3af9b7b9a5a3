#!/bin/sh
# Fails unless a file starts with this glibc; with none if nothing is said.
# usage: oldest.sh FILE [GLIBC]
set -eu
cd "$(dirname "$0")/.."
needed=$(sh scripts/facts.sh glibc "$1")
if [ -z "${2:-}" ] && [ -n "$needed" ] || [ "$(printf '%s\n' "$needed" "${2:-}" | sort -V | tail -n 1)" != "${2:-}" ]; then
    echo "$1 needs glibc $needed, not ${2:-any}: $(nm -D --undefined-only "$1" | grep "GLIBC_$needed")" >&2
    exit 1
fi
echo "$1 starts with ${needed:+glibc }${needed:-musl}"
