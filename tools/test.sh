#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Everything that must pass (called by `./run test`): the release build, the checks of layers and
# sources, every test program. Prints seconds per part; ends with "N passed, N failed".
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
passed=0
failed=0
parts=
began=$(date +%s)

part() { # name, seconds
    parts="$parts
$(printf '%7d s  %s' "$2" "$1")"
    printf '== %s: %s s\n' "$1" "$2"
}

start=$(date +%s)
mkdir -p build
cmake --preset release >build/release.configure.log 2>&1 || { tail -n 40 build/release.configure.log; echo '0 passed, 1 failed'; exit 1; }
if ! cmake --build build/release --parallel "$jobs" >build/release.build.log 2>&1; then
    grep -E 'error|FAILED|undefined' build/release.build.log | head -n 60
    echo '0 passed, 1 failed'
    exit 1
fi
echo 'slowest files (seconds):'
awk -F'\t' 'NR > 1 {s[$4] = ($2 - $1) / 1000} END {for (f in s) printf "%8.1f  %s\n", s[f], f}' build/release/.ninja_log | sort -rn | head -n 10
part 'release build' $(($(date +%s) - start))

start=$(date +%s)
if python3 tools/check_sources.py; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
part 'layers and sources' $(($(date +%s) - start))

run_label() { # label, parallel jobs
    start=$(date +%s)
    log=build/test-$1.log
    ctest --test-dir build/release -L "^$1\$" -j "$2" --no-tests=error --output-on-failure -V >"$log" 2>&1
    status=$?
    # Count test cases: GoogleTest's, those of programs that end in "N passed, N failed", else programs.
    set -- "$1" $(awk '
        /\[  PASSED  \] [0-9]+ test/ {for (i = 1; i <= NF; ++i) if ($i == "]") p += $(i + 1)}
        /\[  FAILED  \] [0-9]+ test/ && /listed below/ {for (i = 1; i <= NF; ++i) if ($i == "]") f += $(i + 1)}
        /Test +#[0-9]+: .*(Failed|Timeout|Exception|Not Run)/ {bad += 1}
        /Test +#[0-9]+: .*Passed/ {good += 1}
        /^[0-9]+: [0-9]+ passed, [0-9]+ failed$/ {p += $2; f += $4}
        END {print p + 0, f + 0, good + 0, bad + 0}' "$log")
    p=$2; f=$3; good=$4; bad=$5
    [ "$p" -ge "$good" ] || p=$good
    [ "$f" -ge "$bad" ] || f=$bad
    if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
    passed=$((passed + p))
    failed=$((failed + f))
    if [ "$f" -ne 0 ]; then
        grep -E 'FAIL |Error: |Failure|FAILED|Expected|Actual|Which is|error:|Timeout|terminate|check failed|\.cpp:[0-9]+' "$log" | head -n 120
    fi
    part "$1 tests ($p passed, $f failed)" $(($(date +%s) - start))
}
run_label unit "$jobs"
run_label vectors "$jobs"
run_label codec 1
sed -n 's/^[0-9]*: \(.*codec [a-z0-9-]*: .*\)/\1/p' build/test-codec.log | head -n 6
run_label simulation "$jobs"
run_label integration 1
run_label sdk 1

printf 'time per part:%s\n%7d s  in all\n' "$parts" $(($(date +%s) - began))
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
