#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the tests of the C++ layer with the compiler and the sanitizers of a build of the library, against its shared library, and
# runs them. Given by the build, or by bindings/cpp/run.sh: STEPDOWN_BUILD, STEPDOWN_CC, STEPDOWN_CFLAGS. Run in the source directory.
# usage: run_tests.sh [WORD]     all tests, or those whose names hold the word
set -eu
case "$STEPDOWN_CC" in
*clang*) cxx=clang++ ;;
*) cxx=g++ ;;
esac
command -v $cxx >/dev/null || { echo "no $cxx"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags="-std=c++17 -g -Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror -Iinclude -Ibindings/cpp/include -Iexamples/cpp"
for file in main test_faces test_storage test_lifetimes test_threads; do
    # shellcheck disable=SC2086
    $cxx $flags $STEPDOWN_CFLAGS -c "bindings/cpp/tests/$file.cpp" -o "$work/$file.o"
done
# shellcheck disable=SC2086
$cxx $STEPDOWN_CFLAGS "$work"/*.o -o "$work/tests" "$STEPDOWN_BUILD/libstepdown.so" "-Wl,-rpath,$STEPDOWN_BUILD" -pthread
cd "$work"
./tests "$@"
