#!/bin/sh
# Fails when the header breaks what programs were compiled against, and says which rule of CONTRIBUTING.md (Versions) it breaks.
# usage: abi.sh [HEADER]
set -eu
cd "$(dirname "$0")/.."
. scripts/lib/names.sh
header=${1:-include/smsp.h}
guard=tests/abi/version_$abi.c
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail=0

say() {
    echo "$1" >&2
    fail=1
}

# usage: compare KIND RULE    What $work/header has against what $work/guard has.
compare() {
    sort -o "$work/header" "$work/header"
    sort -o "$work/guard" "$work/guard"
    for name in $(comm -13 "$work/header" "$work/guard"); do
        say "$name is gone from $header. Rule $2: a $1 stays."
    done
    for name in $(comm -23 "$work/header" "$work/guard"); do
        say "$name is new in $header. Rule 4: a new $1 gets its line in $guard$3."
    done
}

# The header without its comments.
sed -e 's|/\*.*\*/||' -e '/\/\*/,/\*\//d' "$header" >"$work/text"

sed -n 's/.*[ *]\(smsp_[a-z0-9_]*\)(.*/\1/p' "$work/text" >"$work/header"
sed -n 's/^FUNCTION(\(smsp_[a-z0-9_]*\),.*/\1/p' "$guard" >"$work/guard"
compare function 1 ' and in packaging/smsp.map'
printf '%s\n' "$functions" >"$work/header"
for name in $(sort "$work/header" | comm -3 - "$work/guard" | tr -d '\t'); do
    say "$name stands in only one of $guard and packaging/smsp.map. Rule 4: a function has its line in both."
done

# Those of the package's version change with it, and SMSP_MUST_USE is no value.
sed -n 's/^#define \(SMSP_[A-Z0-9_]*\) .*/\1/p' "$work/text" | grep -v -e '^SMSP_VERSION' -e '^SMSP_MUST_USE$' >"$work/header"
sed -n 's/^CONSTANT(\(SMSP_[A-Z0-9_]*\),.*/\1/p' "$guard" >"$work/guard"
compare constant 3 ''

if ! ${CC:-cc} -std=c11 -pedantic -Wall -Wextra -Werror -fsyntax-only -include "$header" -Iinclude "$guard"; then
    say "$header is not version $abi of the C interface: see the rules in CONTRIBUTING.md (Versions). A field that is gone breaks rule 2."
fi
exit $fail
