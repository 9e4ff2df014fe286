#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Brings the C sources of blst (BLS12-381) into build/deps/blst, where cmake/FindBlst.cmake finds
# them. Three packages ship them; each is pinned by version and SHA-256, and the first client that
# works is used. Does nothing if they are there already.
#
#   tools/fetch_blst.sh            with pip, npm or cargo, whichever is installed
#   tools/fetch_blst.sh ARCHIVE    from one of the three archives, fetched by other means
#   tools/fetch_blst.sh --check    fetches nothing: succeeds if the sources or an installed blst
#                                  are there
#
# What a bare Debian 12 needs for each client beside the compilers: docs/dependencies.md.
set -eu

PYPI_NAME=ckzg
PYPI_VERSION=2.1.8
PYPI_SHA256=d7bef6b425dca6995457fc59fc5b30211d9b28cbbeee0e7a7bef1372e13f29ca
NPM_NAME=c-kzg
NPM_VERSION=4.1.0
NPM_SHA256=c56d9ed6aaa17bafa95c337c28837c68d2e54dabd76d91a185e2600a26480965
CRATE_NAME=blst
CRATE_VERSION=0.3.17
CRATE_SHA256=c20659f9bbee16cbbd2f7393e40ab6309f5a98f76a2eb57a995ec508b72387fe

root=$(cd "$(dirname "$0")/.." && pwd)
deps=$root/build/deps
target=$deps/blst

say() { printf 'blst: %s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }
complete() {
    [ -f "$1/src/server.c" ] && [ -f "$1/build/assembly.S" ] && [ -f "$1/bindings/blst.h" ]
}

installed() {
    has cc && printf '#include <blst.h>\nint main(void) { return 0; }\n' |
        cc -x c - -o /dev/null -lblst >/dev/null 2>&1
}

if complete "$target" && [ -f "$target/.origin" ]; then
    exit 0
fi
if [ "${1-}" = --check ]; then
    installed
    exit
fi
mkdir -p "$deps"
work=$(mktemp -d "$deps/blst-fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
log=$work/log

# Puts the sources in place if the archive is one of the three that we know.
install_archive() { # ARCHIVE
    sum=$(sha256sum "$1" | cut -d ' ' -f 1)
    case $sum in
        "$PYPI_SHA256")  origin="PyPI $PYPI_NAME $PYPI_VERSION" inside=blst ;;
        "$NPM_SHA256")   origin="npm $NPM_NAME $NPM_VERSION" inside=deps/blst ;;
        "$CRATE_SHA256") origin="crate $CRATE_NAME $CRATE_VERSION" inside=blst ;;
        *)
            say "$(basename "$1") has SHA-256 $sum, which is none of the pinned ones; not used"
            return 1 ;;
    esac
    rm -rf "$work/unpacked"
    mkdir "$work/unpacked"
    tar -xzf "$1" -C "$work/unpacked" --strip-components=1
    if ! complete "$work/unpacked/$inside"; then
        say "the archive of $origin lacks src/server.c, build/assembly.S or bindings/blst.h"
        return 1
    fi
    printf '%s sha256:%s\n' "$origin" "$sum" >"$work/unpacked/$inside/.origin"
    rm -rf "$target"
    mv "$work/unpacked/$inside" "$target"
    say "$origin, checksum right, sources in ${target#"$root"/}"
}

# pip compares the checksum before it looks into the archive. Debian's python3-setuptools, which
# python3-pip brings, reads the package's name; only a Python without it fetches its own.
with_pip() {
    for python in python3 /usr/bin/python3; do
        has "$python" && "$python" -m pip --version >/dev/null 2>&1 || continue
        printf '%s==%s --hash=sha256:%s\n' "$PYPI_NAME" "$PYPI_VERSION" "$PYPI_SHA256" \
            >"$work/requirements.txt"
        for isolation in --no-build-isolation --use-pep517; do
            if "$python" -m pip download --quiet --no-deps $isolation --no-binary "$PYPI_NAME" \
                --require-hashes -r "$work/requirements.txt" -d "$work/pip" >>"$log" 2>&1; then
                install_archive "$work/pip/$PYPI_NAME-$PYPI_VERSION.tar.gz" && return 0
            fi
        done
    done
    return 1
}

with_npm() {
    has npm || return 1
    mkdir "$work/npm"
    (cd "$work/npm" && npm pack --silent "$NPM_NAME@$NPM_VERSION") >>"$log" 2>&1 || return 1
    install_archive "$work/npm/$NPM_NAME-$NPM_VERSION.tgz"
}

with_cargo() {
    has cargo || return 1
    mkdir -p "$work/cargo/src"
    : >"$work/cargo/src/lib.rs"
    cat >"$work/cargo/Cargo.toml" <<EOF
[package]
name = "fetch"
version = "0.0.0"
edition = "2018"
[dependencies]
$CRATE_NAME = "=$CRATE_VERSION"
[workspace]
EOF
    (cd "$work/cargo" && cargo fetch --quiet) >>"$log" 2>&1 || return 1
    cache=${CARGO_HOME:-$HOME/.cargo}/registry/cache
    for crate in "$cache"/*/"$CRATE_NAME-$CRATE_VERSION.crate"; do
        [ -f "$crate" ] && install_archive "$crate" && return 0
    done
    return 1
}

if [ $# -gt 0 ]; then
    if [ ! -f "$1" ]; then
        say "no such file: $1"
        exit 1
    fi
    install_archive "$1"
    exit
fi

for client in pip npm cargo; do
    "with_$client" && exit 0
done

say "the sources could not be brought. What the package clients said:"
if [ -s "$log" ]; then tail -n 15 "$log" >&2; else say "none of pip, npm and cargo is installed"; fi
say "install python3-pip (Debian) and run ./run setup again, or fetch one of these by other means"
say "and call tools/fetch_blst.sh with the file: PyPI $PYPI_NAME $PYPI_VERSION (source archive),"
say "npm $NPM_NAME $NPM_VERSION, crate $CRATE_NAME $CRATE_VERSION"
exit 1
