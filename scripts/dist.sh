#!/bin/sh
# Makes what people without Rust take, in target/dist: a tarball for each platform, and two Debian packages.
# usage: dist.sh [PLATFORM...]    The names are in scripts/platforms.sh; default all. The time of each is printed.
# Needs, but for x86_64-linux-gnu, Debian packages, which root has installed by this; zig comes from PyPI.
set -eu
cd "$(dirname "$0")/.."
. scripts/names.sh
. scripts/platforms.sh
. scripts/zig.sh
target=${CARGO_TARGET_DIR:-$PWD/target}
dist=$target/dist
begin=$(date +%s)

# The same tree gives the same bytes around what the compiler made.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y Cargo.lock)}
export SOURCE_DATE_EPOCH

# Builds for a platform, into the folder $built. The first uses the Rust that is there, since that has the std for it.
build() {
    if [ "$1" = x86_64-linux-gnu ]; then
        sh scripts/release.sh build
        built=$target/glibc-$4
        return
    fi
    flags=$remap
    [ "$4" != - ] || flags="$remap -C target-feature=-crt-static"
    # shellcheck disable=SC2086
    want $builders
    RUSTC=/usr/bin/rustc CARGO=/usr/bin/cargo RUSTC_BOOTSTRAP=1 RUSTFLAGS=$flags cargo-zigbuild zigbuild --locked --release \
        --target "$2$([ "$4" = - ] || echo ".$4")" --target-dir "$target/platforms" -Zbuild-std=std,panic_unwind \
        --package smsp --package smsp-cli
    built=$target/platforms/$1
    prefix=${5#-}
    CC="$tools/bin/python -m ziglang cc -target $3$([ "$4" = - ] || echo ".$4")" UNWINDER=-lunwind \
        LD=${prefix}ld OBJCOPY=${prefix}objcopy AR=${prefix}ar sh scripts/link.sh "$target/platforms/$2/release" "$built"
    for file in "$built/libsmsp.so.$version" "$built/smsp-status"; do
        sh scripts/oldest.sh "$file" "${4#-}"
    done
}

# Packs a platform: a folder that may lie anywhere.
pack() {
    folder=libsmsp-$version-$1
    stage=$dist/.stage.$1
    rm -rf "$stage" # of a run that failed
    mkdir "$stage"
    # smsp.pc names what is beside it, wherever that is unpacked.
    DESTDIR=$stage PREFIX=/$folder LIBDIR=/$folder/lib PC_PREFIX='${pcfiledir}/../..' BUILT=$built sh scripts/install.sh install
    (
        cd "$stage/$folder"
        find . -type f | LC_ALL=C sort | sed 's|^\./||' | xargs sha256sum >"$stage/sums"
        mv "$stage/sums" SHA256SUMS
    )
    tar -C "$stage" --sort=name --format=gnu --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
        --mode='u=rwX,go=rX' -cf - "$folder" | gzip -9n >"$dist/$folder.tar.gz.new"
    rm -f "$dist"/libsmsp-*-"$1.tar.gz" # of other versions
    mv -f "$dist/$folder.tar.gz.new" "$dist/$folder.tar.gz"
    rm -rf "$stage"
    echo "$dist/$folder.tar.gz: $(wc -c <"$dist/$folder.tar.gz") bytes"
}

mkdir -p "$dist"
for name in ${*:-$names}; do
    start=$(date +%s)
    line=$(echo "$platforms" | awk -v name="$name" '$1 == name')
    [ -n "$line" ] || { echo "no such platform: $name; there are: $names" >&2; exit 2; }
    # shellcheck disable=SC2086 # its columns
    build $line
    pack "$name"
    [ "$name" != x86_64-linux-gnu ] || sh scripts/deb.sh "$built" "$dist"
    echo "$name: $(($(date +%s) - start)) s"
done
echo "make dist: $(($(date +%s) - begin)) s"
