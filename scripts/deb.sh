#!/bin/sh
# Makes libsmsp0 and libsmsp-dev for Debian and its kin from libraries for an old glibc, by dpkg-deb alone.
# usage: deb.sh BUILT TO    BUILT is a folder of scripts/link.sh. DEB_MAINTAINER is who answers for the packages.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/names.sh
built=$1
to=$2
maintainer=${DEB_MAINTAINER:-libsmsp <root@localhost>}
architecture=amd64
libdir=usr/lib/x86_64-linux-gnu
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(stat -c %Y Cargo.lock)}
export SOURCE_DATE_EPOCH
stage=$(mktemp -d "$to/.stage.XXXXXX")
trap 'rm -rf "$stage"' EXIT
trap 'exit 1' INT TERM
rm -f "$to"/libsmsp*.deb # of other versions
dev=$stage/libsmsp-dev
run=$stage/libsmsp$abi

# Where the compiler looks anyway: pkg-config leaves such folders out.
DESTDIR=$dev PREFIX=/usr LIBDIR=/$libdir PC_PREFIX=/usr BUILT=$built sh scripts/install.sh install
mkdir -p "$run/$libdir"
mv "$dev/$libdir/libsmsp.so.$version" "$dev/$libdir/libsmsp.so.$abi" "$run/$libdir/"
chmod 644 "$run/$libdir/libsmsp.so.$version" # as Debian has libraries

# control PACKAGE FIELD...: what is beside the files of a package.
control() {
    package=$1
    root=$stage/$package
    shift
    mkdir -p "$root/DEBIAN" "$root/usr/share/doc/$package"
    {
        echo "libsmsp $version"
        for licence in LICENSE-MIT LICENSE-APACHE THIRD-PARTY-LICENSES.txt; do
            printf '\n==== %s ====\n\n' "$licence"
            cat "$licence"
        done
    } >"$root/usr/share/doc/$package/copyright"
    gzip -9nc CHANGELOG.md >"$root/usr/share/doc/$package/changelog.gz"
    (cd "$root" && find usr -type f | LC_ALL=C sort | xargs md5sum) >"$root/DEBIAN/md5sums"
    {
        printf 'Package: %s\nSource: libsmsp\nVersion: %s\nArchitecture: %s\n' "$package" "$version" "$architecture"
        printf 'Maintainer: %s\nInstalled-Size: %s\nPriority: optional\n' "$maintainer" "$(du -sk "$root/usr" | cut -f 1)"
        printf '%s\n' "$@"
    } >"$root/DEBIAN/control"
    chmod -R u=rwX,go=rX "$root"
    dpkg-deb --root-owner-group -Zxz --build "$root" "$to/${package}_${version}_$architecture.deb" >/dev/null
    echo "$to/${package}_${version}_$architecture.deb: $(wc -c <"$to/${package}_${version}_$architecture.deb") bytes"
}

mkdir -p "$run/DEBIAN"
echo 'activate-noawait ldconfig' >"$run/DEBIAN/triggers"
echo "libsmsp $abi libsmsp$abi (>= $version)" >"$run/DEBIAN/shlibs"
{
    echo "libsmsp.so.$abi libsmsp$abi #MINVER#"
    # shellcheck disable=SC2086 # a word for each
    printf " %s@SMSP_$abi $version\n" $functions | LC_ALL=C sort
} >"$run/DEBIAN/symbols"
oldest=$(sh scripts/facts.sh glibc "$built/libsmsp.so.$version")

control "libsmsp$abi" 'Section: libs' 'Multi-Arch: same' "Depends: libc6 (>= $oldest)" \
    'Description: what became of these SMS? (shared library)' \
    ' Asks the multi-status endpoint of the SMS Partner gateway, for programs in any language.'
control libsmsp-dev 'Section: libdevel' "Depends: libsmsp$abi (= $version), libc6-dev" \
    'Description: what became of these SMS? (headers, archive, smsp-status)' \
    ' What programs that use libsmsp are built with, its documentation, debug information, and smsp-status.'
