# Brings wine for 32 bits into target/tools/wine32, and sets $wine32, that folder; to be sourced at the root of the tree. Debian
# has it for i386 alone. That as a foreign architecture would be one for dpkg and apt at large, so it comes in a small Debian of its
# own, by debootstrap, which takes root; the tests run wine as it lies there.

wine32=${CARGO_TARGET_DIR:-$PWD/target}/tools/wine32
if [ ! -x "$wine32/usr/lib/wine/wine" ]; then
    if [ "$(id -u)" -ne 0 ]; then
        echo "missing: $wine32, which root has made by this" >&2
        exit 1
    fi
    rm -rf "$wine32.new" # of a run that failed
    mkdir -p "${wine32%/*}"
    debootstrap --arch=i386 --variant=minbase --include=wine32 "$(. /etc/os-release && echo "$VERSION_CODENAME")" \
        "$wine32.new" >"$wine32.log" || { cat "$wine32.log" >&2; exit 1; }
    mv "$wine32.new" "$wine32"
fi
