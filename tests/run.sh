#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds, and runs every test. Fails if anything fails.
# usage: run.sh [--quick]
#   debug    gcc with ASan and UBSan: all tests and house rules
#   release  optimized: all tests; scenarios under valgrind    (not with --quick)
#   tsan     clang with ThreadSanitizer: the tests of threads  (not with --quick)
#   bindings against the library of the release build, see bindings/run.sh               (not with --quick)
#   clang    clang with ASan and UBSan: builds without warnings; clang-tidy and cppcheck   (not with --quick)
set -u
cd "$(dirname "$0")/.." || exit 1
quick=
case "${1-}" in
'') ;;
--quick) quick=yes ;;
*) echo "usage: run.sh [--quick]" >&2; exit 2 ;;
esac
sh examples/setup.sh --tests || exit 1

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
jobs=$(nproc)
failed=

build() { # preset, target
    echo "== build $1"
    cmake --preset "$1" -DSTEPDOWN_TESTS=ON >"$logs/build" 2>&1 &&
        cmake --build --preset "$1" --target "${2-all}" -j "$jobs" >>"$logs/build" 2>&1 && return 0
    grep -v '^\[[0-9]*/[0-9]*\] [BLMCE]' "$logs/build" | head -n 60
    echo "build $1 failed"
    failed="$failed build-$1"
    return 1
}

check() { # name, build folder, then options of ctest
    name=$1 folder=$2
    shift 2
    echo "== test $name"
    ctest --test-dir "$folder" --output-on-failure --no-tests=error -j "$jobs" -O "$logs/$name" "$@" ||
        failed="$failed $name"
}

build debug && check debug build/debug
if [ -z "$quick" ]; then
    if build release; then
        check release build/release -LE lint
        check valgrind build/release -C analysis -L valgrind
        sh bindings/run.sh >"$logs/bindings" 2>&1 || failed="$failed bindings"
        cat "$logs/bindings"
    fi
    build tsan threads && check threads build/tsan -L threads
    build clang && check analysis build/clang -C analysis -L analysis
fi

echo "== summary"
for name in debug release valgrind threads analysis; do
    [ ! -f "$logs/$name" ] ||
        sed -n "s/^.*tests passed.*/$name: &/p; /^\t.*(Skipped)$/d; /^\t.* - /p" "$logs/$name"
done
[ ! -f "$logs/bindings" ] || grep -E '^bindings|^!!' "$logs/bindings"
[ -z "$failed" ] || { echo "failed:$failed"; exit 1; }
