# What `make dist` makes, and what that takes; to be sourced at the root of the tree.

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

# A Rust with the sources of its std, and binutils, to build; compilers, C libraries, qemu and wine, to run.
# gcc-multilib would not do for i686: it cannot be installed beside another cross compiler.
builders='python3-venv rustc-web cargo-web rust-web-src binutils-i686-linux-gnu binutils-aarch64-linux-gnu
    gcc-mingw-w64-x86-64 gcc-mingw-w64-i686 zip'
runners='gcc-i686-linux-gnu libc6-dev-i386-cross libc6-i386 lib32gcc-s1 gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user musl-tools
    wine64 debootstrap unzip cmake pkg-config'

# Makes sure of Debian packages: as root they are installed.
want() {
    # shellcheck disable=SC2068 # one word for each package
    if dpkg -s $@ >/dev/null 2>&1; then
        return
    fi
    if [ "$(id -u)" -ne 0 ]; then
        echo "missing: some of $*; as root on Debian: apt-get install -y --no-install-recommends $*" >&2
        exit 1
    fi
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $@
}
