#!/bin/sh
# What a status costs through the package for PHP beyond plain C, and beside PHP's own curl and JSON (as in the service's page, and with
# the handle kept): the same job in turns, release build. Then one status and twenty in a request to PHP-FPM, over TLS, with
# a new client and a kept one; and the memory that 10,000 calls leave behind.
# Needs: php-cli, php-curl, php-fpm, nginx-light
# usage: php.sh [COUNT] [TURNS]
set -eu
cd "$(dirname "$0")/../.."

count=${1:-100000}
turns=${2:-5}
rounds=5

cargo build --locked --release --package smsp --package smsp-simulator
target=$(realpath "${CARGO_TARGET_DIR:-target}/release")
work=$(mktemp -d)
started=
finish() {
    # shellcheck disable=SC2086 # one word for each process
    [ -z "$started" ] || kill $started 2>/dev/null || :
    wait
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

# Starts a simulator that writes its base URL to a file, with further arguments.
simulator() {
    file=$1
    shift
    "$target/smsp-simulator" --api-key demo --seed 1 --finished --url-file "$file" "$@" >/dev/null &
    started="$started $!"
    until [ -s "$file" ]; do
        kill -0 $! 2>/dev/null || { echo "the simulator did not start" >&2; exit 1; }
        sleep 0.1
    done
}

cc -O2 -Wall -Wextra -Werror -Iinclude benches/client.c "$target/libsmsp.a" -lpthread -ldl -lm -o "$work/client"
cp "$target/libsmsp.so" "$work/libsmsp.so.0"
simulator "$work/url"
simulator "$work/tls-url" --tls --ca-out "$work/ca.pem"
SMSP_BASE_URL=$(cat "$work/url")
SMSPARTNER_API_KEY=demo
SMSP_LIBRARY=$work/libsmsp.so.0
export SMSP_BASE_URL SMSPARTNER_API_KEY SMSP_LIBRARY

# Production runs opcache.
php='php -dopcache.enable_cli=1'
turn=0
while [ "$turn" -lt "$turns" ]; do
    "$work/client" "$SMSP_BASE_URL" demo "$count" "$rounds" 4 >>"$work/c"
    $php benches/bindings/php.php binding "$count" "$rounds" >>"$work/php"
    BENCH_KEEP=1 $php benches/peers/php/status.php "$SMSP_BASE_URL" demo "$count" "$rounds" 1 >>"$work/kept"
    $php benches/peers/php/status.php "$SMSP_BASE_URL" demo "$count" "$rounds" 1 >>"$work/page"
    turn=$((turn + 1))
done

# The median and the least of a program's turns: CPU and time of one status, in nanoseconds.
summary() {
    for column in 1 2; do
        awk -v column="$column" -v all=$((count * rounds)) '{ print 1e9 * $column / all }' "$work/$2" | sort -n | awk '
            { times[NR] = $1 } END { printf "%6.0f median %6.0f least  ", times[int((NR + 1) / 2)], times[1] }'
    done
    echo " $1"
}
echo "$count statuses, ns of CPU of each | ns of time of each"
summary "plain C" c
summary "PHP, the package" php
summary "PHP, curl and JSON, the handle kept" kept
summary "PHP, curl and JSON, as in the service's page" page

for file in fpm.conf nginx.conf; do
    sed -e "s|@FOLDER@|$work|; s|@WORKERS@|1|; s|@SCRIPTS@|$PWD/benches/bindings|; s|@LIBRARY@|$SMSP_LIBRARY|; s|@KEY@|demo|" \
        -e "s|@URL@|$(cat "$work/tls-url")|" "bindings/php/tests/web/$file" >"$work/$file"
done
set -- /usr/sbin/php-fpm*
"$1" --nodaemonize --allow-to-run-as-root -dffi.enable=preload -dopcache.preload="$PWD/bindings/php/preload.php" \
    -dopcache.preload_user="$(id -un)" --fpm-config "$work/fpm.conf" 2>/dev/null &
started="$started $!"
fpm=$!
nginx -e "$work/nginx.log" -c "$work/nginx.conf" 2>/dev/null &
started="$started $!"
until [ -S "$work/web.sock" ] && [ -S "$work/fpm.sock" ]; do
    kill -0 $fpm $! 2>/dev/null || { cat "$work"/*.log >&2; exit 1; }
    sleep 0.1
done

echo "a request to PHP-FPM, median of 300, over TLS:"
turn=0
while [ "$turn" -lt 3 ]; do
    for messages in 1 20; do
        for by in new kept curl; do
            $php benches/bindings/php.php pages "$work/web.sock" "/php-page.php?by=$by&count=$messages&ca=$work/ca.pem" 300
        done
    done
    turn=$((turn + 1))
done | sed 's/&ca=.*//; s|/php-page.php?||' | sort -k 3 -s

$php benches/bindings/php.php growth 10000
