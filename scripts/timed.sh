#!/bin/sh
# Runs the steps of a make target one after another, stops at the first that fails, and prints what each took and the sum.
# usage: timed.sh TARGET STEP...    Each step is a line for the shell.
set -u
target=$1
shift
begin=$(date +%s)
report=
for step in "$@"; do
    start=$(date +%s)
    sh -c "$step"
    status=$?
    report="$report$(printf '%6d s  %s' $(($(date +%s) - start)) "$step")
"
    [ $status -eq 0 ] || break
done
printf '%s%6d s  make %s%s\n' "$report" $(($(date +%s) - begin)) "$target" "$([ "$status" -eq 0 ] || echo ': failed')"
exit "$status"
