# Facts that several scripts need; to be sourced at the root of the tree.
# shellcheck shell=sh disable=SC2034 # those that source this use them

# The version of the package, and that of the C interface, which programs are linked with.
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
abi=$(sed -n 's/^SMSP_\([0-9]*\) {$/\1/p' packaging/smsp.map)

# What the C library is built with: Cargo.toml says what it does.
features='--features smsp/without-log'

# The functions of the C interface.
functions=$(sed -n 's/^ *\(smsp_[a-z0-9_]*\);$/\1/p' packaging/smsp.map)

# The system libraries that the archive needs, as `rustc --print native-static-libs` has them, but for those that every
# compiler driver adds by itself (libc and the unwinder). A test compares.
native='-lutil -lrt -lpthread -lm -ldl'

# The same on Windows: std's, by the same command, and those of the crates getrandom and windows-sys.
native_windows='-lkernel32 -lntdll -luserenv -lws2_32 -ldbghelp -lbcrypt -ladvapi32'
