#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Instructions of a command on a warm pathway with 10,000 records against 10, which no other load on the machine blurs.
# usage: warm.sh BUILD
set -eu
counts=$(mktemp)
trap 'rm -f "$counts"' EXIT
valgrind --tool=callgrind --callgrind-out-file="$counts" "$1/bench_bench_warm" 2 >/dev/null 2>&1
of() {
    callgrind_annotate --inclusive=yes --threshold=100 "$counts" |
        sed -n "s/^ *\\([0-9,]*\\) .*:run_$1 \\[.*/\\1/p" | head -n 1 | tr -d ,
}
long=$(of long)
short=$(of short)
echo "instructions of a command: $((long / 200)) on 10,000 records, $((short / 200)) on 10"
[ $((long * 10)) -le $((short * 12)) ] || { echo "more than 1.2 times as many: MISSED"; exit 1; }
