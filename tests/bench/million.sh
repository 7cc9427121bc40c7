#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The measurements that need a store of a million pathways. Makes it (1.1 GB, a minute or two), measures, removes it.
# usage: million.sh BUILD [DIRECTORY] [PATHWAYS]
set -eu
bench=$1/bench_bench_million
pathways=${3:-1000000}
place=$(mktemp -d "${2:-/tmp}/stepdown-bench-XXXXXX")
trap 'rm -rf "$place"' EXIT
missed=0

"$bench" fill "$place/large" "$pathways"
"$bench" fill "$place/small" 1000
du -m "$place/large"
"$bench" ratio "$place/large" || missed=1
"$bench" advance "$place/large" "$pathways" || missed=1

# Instructions of 200 jobs, SQLite's included.
instructions() {
    valgrind --tool=callgrind --toggle-collect=run_counted --callgrind-out-file=/dev/null "$bench" count "$1" 200 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}
small=$(instructions "$place/small")
large=$(instructions "$place/large")
echo "instructions of a command: $((small / 1000)) with 1000 pathways, $((large / 1000)) with $pathways"
if [ $((large * 10)) -gt $((small * 12)) ]; then
    echo "more than 1.2 times as many: MISSED"
    missed=1
fi
exit $missed
