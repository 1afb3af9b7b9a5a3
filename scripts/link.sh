#!/bin/sh
# Makes what is installed from what cargo built: an archive in which nothing but the C interface is global, from it the shared
# library, with a name and a symbol version of its own and its debug information beside it, and smsp-status.
# usage: link.sh FROM TO    FROM has cargo's libsmsp.a and smsp-status; CC, default cc, links, with UNWINDER where it brings none by itself.
# For another processor LD, OBJCOPY and AR are those of its binutils.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/names.sh
from=$1
to=$2
mkdir -p "$to/.debug"
work=$(mktemp -d "$to/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
shared=libsmsp.so.$version

# One object, whose only global names are those of the interface: it meets no other Rust library in the same program.
# The bitcode is of no use there, and its symbols are not readable for every tool.
# shellcheck disable=SC2086 # a word for each
wanted=$(printf -- '-u %s ' $functions)
# shellcheck disable=SC2086 # a word for each
${LD:-ld} -r --force-group-allocation --gc-sections $wanted "$from/libsmsp.a" -o "$work/all.o"
${OBJCOPY:-objcopy} --remove-section=.llvmbc --remove-section=.llvmcmd --wildcard --keep-global-symbol='smsp_*' "$work/all.o" "$work/smsp.o"

# shellcheck disable=SC2086
${CC:-cc} -shared "$work/smsp.o" -o "$work/$shared" -Wl,-soname,"libsmsp.so.$abi" -Wl,--version-script=packaging/smsp.map \
    -Wl,--gc-sections -Wl,--build-id=sha1 -Wl,-z,nodelete -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,defs \
    -Wl,--as-needed $native ${UNWINDER:-}
${OBJCOPY:-objcopy} --only-keep-debug "$work/$shared" "$work/$shared.debug"
${OBJCOPY:-objcopy} --strip-all --add-gnu-debuglink="$work/$shared.debug" "$work/$shared"

${OBJCOPY:-objcopy} --strip-debug --strip-unneeded "$work/smsp.o"
${AR:-ar} -rcsD "$work/libsmsp.a" "$work/smsp.o"
${OBJCOPY:-objcopy} --strip-all "$from/smsp-status" "$work/smsp-status"

exported=$(nm -D --defined-only "$work/$shared" | sed -n "s/.* T \(.*\)@@SMSP_$abi\$/\1/p" | sort)
[ "$exported" = "$(printf '%s\n' "$functions" | sort)" ] || { echo "$shared exports something else than packaging/smsp.map has:
$exported" >&2; exit 1; }

if readelf -d "$work/$shared" | grep -q TEXTREL; then
    echo "$shared has text relocations" >&2
    exit 1
fi

# By rename, so that a program which has the old one open goes on with it.
ln -s "$shared" "$work/libsmsp.so.$abi"
ln -s "libsmsp.so.$abi" "$work/libsmsp.so"
mv -f "$work/$shared.debug" "$to/.debug/"
mv -f "$work/$shared" "$work/libsmsp.so.$abi" "$work/libsmsp.so" "$work/libsmsp.a" "$work/smsp-status" "$to/"
sh scripts/facts.sh "$to"
