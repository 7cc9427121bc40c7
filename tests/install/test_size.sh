#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The shared library, stripped, stays within 1 MiB. Says nothing about instrumented builds.
set -eu
[ -z "$STEPDOWN_CFLAGS" ] || exit 77
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
strip -o "$stripped" "$STEPDOWN_BUILD/libstepdown.so"
size=$(wc -c <"$stripped")
echo "$size bytes"
[ "$size" -le 1048576 ]
