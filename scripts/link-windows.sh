#!/bin/sh
# Makes what is installed on Windows from what cargo built: the DLL, its import library and the list of what it exports, an archive
# in which nothing but the C interface has a name that others have, and smsp-status.
# usage: link-windows.sh FROM TO PREFIX    FROM has cargo's smsp.dll, libsmsp.a and smsp-status.exe; PREFIX is that of the binutils.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/names.sh
from=$1
to=$2
prefix=$3
mkdir -p "$to"
work=$(mktemp -d "$to/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

"${prefix}strip" -o "$work/libsmsp.dll" "$from/smsp.dll"
"${prefix}strip" -o "$work/smsp-status.exe" "$from/smsp-status.exe"
# shellcheck disable=SC2086 # a word for each
{ echo 'LIBRARY libsmsp.dll'; echo 'EXPORTS'; printf '    %s\n' $functions; } >"$work/smsp.def"
# It makes names of the path that it is given.
(cd "$work" && "${prefix}dlltool" --input-def smsp.def --output-lib libsmsp.dll.a --temp-prefix smsp)
"${prefix}objcopy" --enable-deterministic-archives "$work/libsmsp.dll.a"

# The linker for PE makes no single object of many, in which names could be hidden. So each name but those of the interface ends in
# .smsp: it meets no other Rust library in the same program. Those that name a folder of this machine lose that. The bitcode is
# of no use, and its symbols are not readable for every tool.
"${prefix}objcopy" --enable-deterministic-archives --strip-debug --remove-section=.llvmbc --remove-section=.llvmcmd \
    "$from/libsmsp.a" "$work/all.a"
defined() {
    "${prefix}nm" --extern-only --defined-only "$1" 2>"$work/errors" | awk 'NF == 3 { print $3 }'
    grep -v ': no symbols$' "$work/errors" >&2 || :
}
defined "$work/all.a" | sed 's/^__imp_//' | grep -v '^_\{0,1\}smsp_' | sort -u | awk '{
    new = $1
    sub(/.*_deps_/, new ~ /^_?_head_/ ? "head_" : "", new)
    print $1, new ".smsp"
    print "__imp_" $1, "__imp_" new ".smsp"
}' >"$work/renamed"
"${prefix}objcopy" --enable-deterministic-archives --redefine-syms="$work/renamed" "$work/all.a" "$work/libsmsp.a"

expected=$(printf '%s\n' "$functions" | sort)
exported=$("${prefix}objdump" -p "$work/libsmsp.dll" | sed -n 's/^\t*\[ *[0-9]*\] .*\(smsp_[a-z0-9_]*\)$/\1/p' | sort)
[ "$exported" = "$expected" ] || { echo "libsmsp.dll exports something else than packaging/smsp.map has:
$exported" >&2; exit 1; }
global=$(defined "$work/libsmsp.a" | grep -v '\.smsp$' | sed 's/^_//' | sort)
[ "$global" = "$expected" ] || { echo "libsmsp.a has other names than packaging/smsp.map:
$global" >&2; exit 1; }

mv -f "$work/libsmsp.dll" "$work/smsp.def" "$work/libsmsp.dll.a" "$work/libsmsp.a" "$work/smsp-status.exe" "$to/"
