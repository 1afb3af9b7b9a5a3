#!/bin/sh
# Makes what people without Rust take, in target/dist: a tarball, or zip, for each platform, and two Debian packages.
# usage: dist.sh [PLATFORM...]    By default all of the table below. The time of each is printed.
# Needs, but for x86_64-linux-gnu, Debian packages, which root has installed by this; zig comes from PyPI.
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/names.sh
. scripts/lib/zig.sh
target=${CARGO_TARGET_DIR:-$PWD/target}
dist=$target/dist
begin=$(date +%s)

# Each platform: its name, Rust's name for it, what zig calls it, the oldest glibc, and the prefix of its binutils.
# "-" is none: those for Windows are linked by gcc.
platforms='
x86_64-linux-gnu   x86_64-unknown-linux-gnu   x86_64-linux-gnu   2.17  -
i686-linux-gnu     i686-unknown-linux-gnu     x86-linux-gnu      2.17  i686-linux-gnu-
aarch64-linux-gnu  aarch64-unknown-linux-gnu  aarch64-linux-gnu  2.17  aarch64-linux-gnu-
x86_64-linux-musl  x86_64-unknown-linux-musl  x86_64-linux-musl  -     -
x86_64-windows-gnu x86_64-pc-windows-gnu      -                  -     x86_64-w64-mingw32-
i686-windows-gnu   i686-pc-windows-gnu        -                  -     i686-w64-mingw32-
'
names=$(echo "$platforms" | awk 'NF { print $1 }')

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
    sh scripts/deps.sh dist
    case $1 in
    *-windows-*)
        build_windows "$2" "$5"
        built=$target/platforms/$1
        sh scripts/link-windows.sh "$target/platforms/$2/release" "$built" "$5"
        return
        ;;
    esac
    flags=$remap
    [ "$4" != - ] || flags="$remap -C target-feature=-crt-static"
    # shellcheck disable=SC2086 # a word for each
    RUSTC=/usr/bin/rustc CARGO=/usr/bin/cargo RUSTC_BOOTSTRAP=1 RUSTFLAGS=$flags cargo-zigbuild zigbuild --locked --release \
        --target "$2$([ "$4" = - ] || echo ".$4")" --target-dir "$target/platforms" -Zbuild-std=std,panic_unwind \
        --package smsp --package smsp-cli $features
    built=$target/platforms/$1
    prefix=${5#-}
    CC="$tools/bin/python -m ziglang cc -target $3$([ "$4" = - ] || echo ".$4")" UNWINDER=-lunwind \
        LD=${prefix}ld OBJCOPY=${prefix}objcopy AR=${prefix}ar sh scripts/link.sh "$target/platforms/$2/release" "$built"
    for file in "$built/libsmsp.so.$version" "$built/smsp-status"; do
        sh scripts/facts.sh oldest "$file" "${4#-}"
    done
}

# Builds for Windows, by Rust's name for it and the prefix of its gcc, which links.
build_windows() {
    # With 32 bits these stand at both ends of what the unwinder reads. They are of std, but cargo does not build them.
    ends=$target/platforms/$1/rtstartup
    mkdir -p "$ends"
    for end in rsbegin rsend; do
        RUSTC_BOOTSTRAP=1 /usr/bin/rustc --target "$1" --emit=obj -o "$ends/$end.o" \
            "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/rtstartup/$end.rs"
    done
    linker=CARGO_TARGET_$(echo "$1" | tr a-z- A-Z_)_LINKER
    # shellcheck disable=SC2086 # a word for each
    env "$linker=$2gcc" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 \
        CARGO_ENCODED_RUSTFLAGS="${remap:+$(printf '%s\037' $remap)}-L$(printf '\037')native=$ends" \
        /usr/bin/cargo build --locked --release --target "$1" --target-dir "$target/platforms" -Zbuild-std=std,panic_unwind \
        --package smsp --package smsp-cli $features
}

# Packs a platform: a folder that may lie anywhere.
pack() {
    folder=libsmsp-$version-$1
    stage=$dist/.stage.$1
    rm -rf "$stage" # of a run that failed
    mkdir "$stage"
    case $1 in
    *-windows-*) system=windows archive=$folder.zip ;;
    *) system=linux archive=$folder.tar.gz ;;
    esac
    SMSP_SYSTEM=$system DESTDIR=$stage PREFIX=/$folder LIBDIR=/$folder/lib BUILT=$built sh scripts/install.sh install
    (
        cd "$stage/$folder"
        find . -type f | LC_ALL=C sort | sed 's|^\./||' | xargs sha256sum >"$stage/sums"
        mv "$stage/sums" SHA256SUMS
    )
    archived "$stage" >"$stage/archive"
    rm -f "$dist"/libsmsp-*-"$1.${archive#"$folder".}" # of other versions
    mv -f "$stage/archive" "$dist/$archive"
    rm -rf "$stage"
    echo "$dist/$archive: $(wc -c <"$dist/$archive") bytes"
}

# The folder as one file, always in the same order, with the same times, owners and modes.
archived() {
    if [ "$system" = windows ]; then
        find "$1/$folder" -exec touch -d "@$SOURCE_DATE_EPOCH" {} +
        (cd "$1" && find "$folder" -type f | LC_ALL=C sort | TZ=UTC zip -9qX - -@)
    else
        tar -C "$1" --sort=name --format=gnu --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
            --mode='u=rwX,go=rX' -cf - "$folder" | gzip -9n
    fi
}

mkdir -p "$dist"
# shellcheck disable=SC2048 # no name has a space
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
