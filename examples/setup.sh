#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that are missing, as root or through sudo. This is the one list of them.
# usage: setup.sh [--tests]     what building and running takes; with --tests also what the tests take
set -eu
packages="gcc libc6-dev cmake ninja-build pkg-config tzdata
    libsqlite3-dev libcbor-dev libyaml-dev libjansson-dev libssl-dev zlib1g-dev"
if [ "${1-}" = --tests ]; then
    packages="$packages g++ git clang libclang-rt-14-dev clang-format clang-tidy cppcheck valgrind
        libcmocka-dev abigail-tools mandoc python3 python3-cbor2 python3-jsonschema python3-yaml
        python3-dev python3-venv swig"
fi

command -v dpkg-query >/dev/null || { echo "not a Debian system; needed are: $packages" >&2; exit 0; }
missing=
for package in $packages; do
    state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "run as root, or install:$missing" >&2; exit 1; }
    as_root=sudo
fi
echo "Installing$missing"
log=$(mktemp)
if ! { $as_root apt-get update &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    rm -f "$log"
    exit 1
fi
rm -f "$log"
