#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tests with the official TypeScript SDKs, as their users install them.
#
#     test/sdk/run.sh PROGRAM [VITEST ARGUMENTS...]
#
# Needs Node 18 with npm; where that is older than 20, Node 20 comes as a package (node/). Ends with
# "N passed, N failed".
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || { echo 'usage: test/sdk/run.sh PROGRAM [VITEST ARGUMENTS...]' >&2; exit 2; }
WALRUS_PROGRAM=$(realpath "$1")
export WALRUS_PROGRAM
shift

install_packages() { # folder with a lock file
    installed=$1/node_modules/.package-lock.json
    if [ ! -f "$installed" ] || [ "$1/package-lock.json" -nt "$installed" ]; then
        # No package needs its install script.
        (cd "$1" && npm ci --ignore-scripts --no-audit --no-fund) >"$1/install.log" 2>&1 || {
            cat "$1/install.log" >&2
            echo 'the packages of test/sdk could not be installed; is the npm registry reachable?' >&2
            exit 1
        }
        touch "$installed"
    fi
}

command -v npm >/dev/null || { echo 'npm is missing: run ./run setup' >&2; exit 1; }
node=$(command -v node)
if [ "$("$node" -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
    install_packages "$here/node"
    node=$(ls "$here"/node/node_modules/node-linux-*/bin/node)
fi
install_packages "$here"

cd "$here"
result=$(mktemp)
trap 'rm -f "$result"' EXIT
status=0
"$node" node_modules/vitest/vitest.mjs run --reporter=verbose --reporter=json \
    --outputFile.json="$result" "$@" || status=$?
"$node" -e '
    const result = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    const broken = result.testResults.filter((f) => f.status === "failed" &&
        !f.assertionResults.some((t) => t.status === "failed")).length;
    console.log(`${result.numPassedTests} passed, ${result.numFailedTests + broken} failed`);' \
    "$result"
exit "$status"
