#!/bin/sh
# Installs what `make` built, or takes it away again.
# usage: install.sh install|uninstall    PREFIX, LIBDIR and DESTDIR as the Makefile has them.
# BUILT is the folder of scripts/link.sh, default target/lib; PC_PREFIX is the prefix that smsp.pc names, by default the one that
# it lies in, wherever that is moved. With SMSP_SYSTEM=windows it is the folder of scripts/link-windows.sh.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/names.sh
built=${BUILT:-${CARGO_TARGET_DIR:-target}/lib}
doc=$PREFIX/share/doc/libsmsp
share=$PREFIX/share/libsmsp

case $PREFIX in
/*) ;;
*) echo "PREFIX: $PREFIX is not an absolute path" >&2; exit 2 ;;
esac
# shellcheck disable=SC2153 # LIBDIR comes from outside
case $LIBDIR in
"$PREFIX"/*) libdir=${LIBDIR#"$PREFIX"/} ;;
*) echo "LIBDIR: $LIBDIR is not below PREFIX, $PREFIX" >&2; exit 2 ;;
esac

# What differs: files, links, and what CMake has to know of the shared library.
case ${SMSP_SYSTEM:-linux} in
linux)
    programs="
755 $built/libsmsp.so.$version $LIBDIR/libsmsp.so.$version
644 $built/.debug/libsmsp.so.$version.debug $LIBDIR/.debug/libsmsp.so.$version.debug
755 $built/smsp-status $PREFIX/bin/smsp-status
644 packaging/smsp-status.1 $PREFIX/share/man/man1/smsp-status.1
644 packaging/completions/smsp-status $PREFIX/share/bash-completion/completions/smsp-status
644 packaging/completions/_smsp-status $PREFIX/share/zsh/site-functions/_smsp-status
644 packaging/completions/smsp-status.fish $PREFIX/share/fish/vendor_completions.d/smsp-status.fish
644 tests/abi/valgrind.supp $share/valgrind.supp
"
    # Every link: what it names, and where it lies.
    links="
libsmsp.so.$version $LIBDIR/libsmsp.so.$abi
libsmsp.so.$abi $LIBDIR/libsmsp.so
"
    location="\${_smsp_libdir}/libsmsp.so.$version"
    linked="IMPORTED_SONAME \"libsmsp.so.$abi\""
    ;;
windows)
    programs="
755 $built/libsmsp.dll $PREFIX/bin/libsmsp.dll
644 $built/libsmsp.dll.a $LIBDIR/libsmsp.dll.a
644 $built/smsp.def $LIBDIR/smsp.def
755 $built/smsp-status.exe $PREFIX/bin/smsp-status.exe
"
    links=
    location="\${_smsp_prefix}/bin/libsmsp.dll"
    linked="IMPORTED_IMPLIB \"\${_smsp_libdir}/libsmsp.dll.a\""
    native=$native_windows
    ;;
*) echo "SMSP_SYSTEM: $SMSP_SYSTEM is neither linux nor windows" >&2; exit 2 ;;
esac

# Every file: its mode, where it comes from, where it goes. A source that ends in .in is filled in first.
files="
$programs
644 $built/libsmsp.a $LIBDIR/libsmsp.a
644 packaging/smsp.pc.in $LIBDIR/pkgconfig/smsp.pc
644 packaging/smsp-config.cmake.in $LIBDIR/cmake/smsp/smsp-config.cmake
644 packaging/smsp-config-version.cmake.in $LIBDIR/cmake/smsp/smsp-config-version.cmake
$(for file in include/*; do echo "644 $file $PREFIX/$file"; done)
$(for file in README.md CHANGELOG.md LICENSE-* THIRD-PARTY-LICENSES.txt docs/*.md; do echo "644 $file $doc/$file"; done)
"
# Folders that are ours alone, or may be, innermost first.
folders="
$LIBDIR/cmake/smsp
$LIBDIR/.debug
$doc/docs
$doc
$share
"

# The way from the folder of the libraries to the prefix.
up=$(echo "$libdir" | sed 's|[^/][^/]*|..|g')
here="\${pcfiledir}/../$up"

# A text as sed takes it in place of another.
escaped() {
    printf '%s' "$1" | sed 's/[&|\\]/\\&/g'
}

# A path as pkg-config takes it, the same.
pc_path() {
    escaped "$(printf '%s' "$1" | sed 's/ /\\ /g')"
}

filled() {
    sed -e "s|@prefix@|$(pc_path "${PC_PREFIX:-$here}")|" -e "s|@libdir@|$(pc_path "$libdir")|" -e "s|@up@|$up|" \
        -e "s|@version@|$version|" -e "s|@abi@|$abi|" -e "s|@native@|$native|" \
        -e "s|@location@|$location|" -e "s|@linked@|$linked|" "$1"
}

# By rename, so that there is one at any moment, and running programs keep the one that they have.
place() {
    case $2 in
    *.in) filled "$2" >"$DESTDIR$3.new" ;;
    *) cp "$2" "$DESTDIR$3.new" ;;
    esac
    chmod "$1" "$DESTDIR$3.new"
    mv -f "$DESTDIR$3.new" "$DESTDIR$3"
}

case ${1:-} in
install)
    echo "$files" | while read -r mode from to; do
        [ -n "$mode" ] || continue
        mkdir -p "$DESTDIR${to%/*}"
        place "$mode" "$from" "$to"
    done
    echo "$links" | while read -r named link; do
        [ -n "$named" ] || continue
        ln -s "$named" "$DESTDIR$link.new"
        mv -f "$DESTDIR$link.new" "$DESTDIR$link"
    done
    ;;
uninstall)
    { echo "$files" | cut -d ' ' -f 3-; echo "$links" | cut -d ' ' -f 2-; } | while read -r path; do
        [ -z "$path" ] || rm -f "$DESTDIR$path"
    done
    echo "$folders" | while read -r folder; do
        [ -z "$folder" ] || rmdir "$DESTDIR$folder" 2>/dev/null || :
    done
    ;;
*) echo "usage: install.sh install|uninstall" >&2; exit 2 ;;
esac
