#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Static checks: the house rules, the format, and clang-tidy over sources (or only those given).
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
status=0
python3 tools/check_sources.py || status=1
git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 --dry-run --Werror 2>build/format.log || {
    echo "format: $(grep -c 'error:' build/format.log) places differ, see build/format.log (./run fmt mends them)"
    status=1
}
# Those that this build compiles: no fuzz targets, no kernels of other processors.
files=${*:-$(git ls-files 'src/*.cpp' 'sim/*.cpp' 'library/*.cpp' | while read -r file; do
    ! grep -q "\"file\": \"$root/$file\"" build/dev/compile_commands.json || echo "$file"
done)}
printf '%s\n' $files | xargs -P "$(getconf _NPROCESSORS_ONLN)" -n 4 clang-tidy-19 -p build/dev --quiet --extra-arg=-Wno-unknown-warning-option 2>/dev/null |
    tee build/tidy.log | grep -E 'warning:|error:' | sort | uniq | head -n 100
grep -qE 'warning:|error:' build/tidy.log && status=1
exit $status
