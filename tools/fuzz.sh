#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every fuzz target of build/fuzz for some seconds (default 30).
set -u
seconds=${1:-30}
root=$(cd "$(dirname "$0")/.." && pwd)
found=0
for target in $(find "$root/build/fuzz" -type f -name '*_fuzz' -perm -u+x | sort); do
    name=$(basename "$target")
    corpus="$root/build/fuzz/corpus/$name"
    mkdir -p "$corpus"
    if "$target" -max_total_time="$seconds" -max_len=65536 -rss_limit_mb=4096 -verbosity=0 -print_final_stats=1 \
        -artifact_prefix="$corpus-" "$corpus" >"$corpus.log" 2>&1; then
        printf '%-32s %s runs, nothing found\n' "$name" "$(awk '/number_of_executed_units/ {print $2}' "$corpus.log")"
    else
        printf '%-32s FOUND: see %s\n' "$name" "$corpus.log"
        found=1
    fi
done
exit $found
