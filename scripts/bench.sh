#!/bin/sh
# Builds our program, the same job as others write it and the server, all of them into target/bench, and measures.
# usage: bench.sh full|quick|instructions|small       full writes docs/PERFORMANCE.md; after `make`, which builds the library
set -eu
cd "$(dirname "$0")/.."
mode=$1
. scripts/lib/names.sh
sh scripts/deps.sh bench
target=${CARGO_TARGET_DIR:-target}
bench=$target/bench
mkdir -p "$bench"

# Everything is compiled with the same options; yyjson comes from the crate that ships it, as cargo fetches it.
manifest=benches/harness/Cargo.toml
CARGO_TARGET_DIR=$bench/cargo cargo build --quiet --locked --release --manifest-path $manifest
cargo fetch --quiet --locked --manifest-path $manifest
yyjson=$(cargo metadata --locked --offline --format-version 1 --all-features --manifest-path $manifest |
    sed -n 's|.*"manifest_path":"\([^"]*yyjson-sys[^"]*\)/Cargo.toml".*|\1|p')/yyjson/src
options='-O2 -Wall -Wextra -Werror -pedantic'
# shellcheck disable=SC2086 # a word for each
{
    cc $options -Iinclude benches/client.c "$target/lib/libsmsp.a" $native -o "$bench/ours"
    cc $options benches/floor.c -o "$bench/floor"
    cc $options -Iinclude benches/operation.c "$target/lib/libsmsp.a" $native -o "$bench/operation"
    cc -O2 -c "$yyjson/yyjson.c" -o "$bench/yyjson.o"
    cc $options -isystem "$yyjson" benches/peers/c/status.c "$bench/yyjson.o" -lcurl -o "$bench/c"
    cc $options -Iinclude benches/small/calls.c benches/small/threads.c "$target/lib/libsmsp.a" $native -o "$bench/small-calls"
    cc $options -Iinclude benches/small/operations.c benches/small/threads.c "$target/lib/libsmsp.a" $native \
        -o "$bench/small-operations"
    cc $options -isystem "$yyjson" benches/peers/c/small.c benches/small/threads.c "$bench/yyjson.o" -lcurl -lpthread -ldl \
        -o "$bench/small-c"
    cc $options -shared -fPIC -Wl,-soname,libthreads.so benches/small/threads.c -ldl -o "$bench/libthreads.so"
}
go build -o "$bench/go" benches/peers/go/status.go
cp -R benches/peers/php benches/peers/python "$bench/"
cp "$bench/cargo/release/server" "$bench/cargo/release/small-floor" "$bench/cargo/release/bench" "$target/lib/libsmsp.so.$version" "$bench/"
mv "$bench/libsmsp.so.$version" "$bench/libsmsp.so"
directory=$(cd "$bench" && pwd)

# One message a call in other languages, with the bindings.
if [ "$mode" = full ] || [ "$mode" = small ]; then
    library=$(cd "$target/lib" && pwd)
    (
        cd benches/small/go
        CGO_CFLAGS="-I$PWD/../../../include" CGO_LDFLAGS="-L$library" \
            go build -tags smsp_nopkgconfig,smsp_static -o "$directory/small-go" ./binding
        go build -o "$directory/small-nethttp" ./nethttp
    )
    mcs -optimize+ -unsafe -target:library -out:"$bench/Smsp.dll" bindings/dotnet/src/*.cs
    mcs -optimize+ -unsafe -r:"$bench/Smsp.dll" -out:"$bench/small-dotnet.exe" benches/small/dotnet/Callers.cs \
        benches/small/dotnet/Binding.cs
    mcs -optimize+ -unsafe -r:System.Runtime.Serialization -out:"$bench/small-webrequest.exe" benches/small/dotnet/Callers.cs \
        benches/small/dotnet/WebRequest.cs
    cp bindings/dotnet/Smsp.dll.config "$library/libsmsp.so.$abi" "$bench/"
    rm -f "$bench/dotnet"
    if sdk=$(command -v dotnet); then
        for program in binding httpclient; do
            dotnet publish --nologo --verbosity quiet --configuration Release --artifacts-path "$directory/net" \
                --output "$directory/small-$program" "benches/small/dotnet/net/$program"
        done
        cp "$library/libsmsp.so" "$bench/small-binding/"
        ln -s "$(realpath "$sdk")" "$bench/dotnet"
    else
        echo "no dotnet in PATH: .NET is left out (its SDK 10 is not in Debian)" >&2
    fi
    rm -rf "$bench/small-php" "$bench/smsp-php"
    cp -R benches/small/php "$bench/small-php"
    cp -R bindings/php "$bench/smsp-php"
fi

head() {
    cat <<END
<!-- Written by \`make bench\`. -->
# Performance

This page says what it costs a program to get one status, with libsmsp and with clients written for
the same job in C, Go, .NET, PHP and Python. \`make bench\` runs the measurements and writes the
page.

There are two shapes of the job. A program may ask about a long list in one call, or it may have
many callers that ask about one message a call. Each target and each table says which of the two it
is about: a client that is fast with one may be slow with the other. Where libsmsp is behind, the
tables show it. The rest of this introduction is about long lists.
[One message a call](#one-message-a-call) says what is different there.

All clients do the same job: the same list in requests of 500 messages, against the same local
server (\`benches/harness\`), into the same table of results in memory (number, id, state, date,
flags, text). Before anything is measured, the tables are compared byte by byte. The clients in C,
Go, PHP and Python are in \`benches/peers/\`; "PHP, a handle per request" follows the sample on the
service's page.

CPU is the user and system time of the client process while it asks. It does not include the start
of the program or the preparation of the list. In every round each client runs once. The tables show
the median of the rounds and, in parentheses, the smallest and the largest value. Quotients are
computed round by round.

## Test system

| | |
|---|---|
| processor | $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | uniq), $(nproc) cores |
| memory | $(awk '/MemTotal/ { printf "%.0f GB", $2 / 1e6 }' /proc/meminfo) |
| system | $(. /etc/os-release && echo "$PRETTY_NAME"), Linux $(uname -r) |
| libsmsp | $version, $(rustc --version | cut -d ' ' -f 1,2), release build as \`make\` makes it |
| C | $(cc --version | sed 1q), $(curl-config --version), yyjson $(sed -n 's/.*YYJSON_VERSION_STRING  *"\(.*\)".*/\1/p' "$yyjson/yyjson.h"), -O2 |
| Go | $(go version | cut -d ' ' -f 3) |
| PHP | $(/usr/bin/php -r 'echo PHP_VERSION, ", curl ", curl_version()["version"];') |
| .NET | Mono $(mono --version | sed -n '1s/.*version \([0-9.]*\).*/\1/p')$([ ! -e "$bench/dotnet" ] || echo ", .NET $("$bench/dotnet" --version)") |
| Python | $(/usr/bin/python3 -s -c 'import sys, requests; print(sys.version.split()[0] + ", requests", requests.__version__)') |
| instructions | $(valgrind --version), callgrind: between 10,000 and 30,000 statuses, minus the same program without asking |

\`make bench\` takes about 15 minutes. \`make bench-quick\` shows the most telling rows within a
minute, \`make bench-small\` those with one message a call in about five. \`make bench-instructions\`
counts instructions, which is reliable on a busy machine, too.
END
}

if [ "$mode" = full ]; then
    head >"$bench/head.md"
    "$bench/bench" full "$directory" "$bench/head.md" >"$bench/PERFORMANCE.md"
    cp "$bench/PERFORMANCE.md" docs/PERFORMANCE.md
    echo "docs/PERFORMANCE.md is written"
else
    "$bench/bench" "$mode" "$directory"
fi
