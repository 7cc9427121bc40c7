#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the commands of the mixed population cost in the fourth week against the first, in instructions and in lines that
# a cache of the given size does not hold, which no other load on the machine blurs.
# usage: mixed.sh BUILD [PATHWAYS [CACHE_BYTES]]   takes minutes; a cache of 4 MiB is to 375 pathways what 32 MiB is to 3,000
set -eu
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
valgrind --tool=callgrind --cache-sim=yes --LL="${3:-4194304}",16,64 --toggle-collect=stepdown_session_execute \
    --dump-before=bench_note --callgrind-out-file="$out/part" "$1/bench_bench_mixed" "${2:-375}" >"$out/log" 2>&1 || true
week() { # the bench notes two lines after the opening and after each week: parts 3, 5, 7 and 9
    sed -n 's/^events: //p; s/^totals: //p' "$out/part.$1" | awk '
        NR == 1 { for (i = 1; i <= NF; i++) name[i] = $i }
        NR == 2 { for (i = 1; i <= NF; i++) of[name[i]] = $i
                  printf "%d %d\n", of["Ir"], of["ILmr"] + of["DLmr"] + of["DLmw"] }'
}
set -- $(week 3) $(week 9)
awk -v a="$1" -v b="$2" -v c="$3" -v d="$4" 'BEGIN {
    printf "instructions: %.3f, lines from memory: %.3f, at 100 instructions a line: %.3f\n",
           c / a, d / b, (c + 100 * d) / (a + 100 * b)
    exit (c + 100 * d > 1.2 * (a + 100 * b)) }' || { echo "more than 1.2 times as much: MISSED"; exit 1; }
