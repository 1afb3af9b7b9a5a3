# Brings zig and cargo-zigbuild, from PyPI, into target/tools and into PATH, and sets $remap, the flags that keep the folders
# of this machine out of what is built; to be sourced at the root of the tree.
# shellcheck shell=sh disable=SC2034 # those that source this use $remap

tools=${CARGO_TARGET_DIR:-$PWD/target}/tools
if [ ! -x "$tools/bin/cargo-zigbuild" ]; then
    python3 -m venv "$tools" || { echo "missing: python3 with venv; on Debian: apt-get install python3-venv" >&2; exit 1; }
    "$tools/bin/pip" install --quiet --disable-pip-version-check ziglang==0.17.1 cargo-zigbuild==0.24.0
fi
PATH=$tools/bin:$PATH
export PATH

# RUSTFLAGS, which cargo-zigbuild adds to, cannot have folders with spaces.
crates=${CARGO_HOME:-$HOME/.cargo}/registry/src
case $PWD$crates in
*[[:space:]]*) remap= ;;
*) remap="--remap-path-prefix=$PWD=/libsmsp --remap-path-prefix=$crates=/crates" ;;
esac
