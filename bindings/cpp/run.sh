#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds and tests the C++ layer in every way in which it is used. Called by bindings/run.sh, which see; ends with 77 when there is no
# C++ compiler. Lifetimes, storage and threads run once more under sanitizers, as the test `cpp` of each build of the library.
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$(pwd)
out="$STEPDOWN_OUT/cpp"
mkdir -p "$out"
failed=
command -v g++ >"$out/log" || { echo "!! cpp: there is no g++"; exit 77; }

step() { # name, then a command
    name=$1
    shift
    if "$@" >"$out/log" 2>&1; then
        echo "   passed $name: $(grep -v '^$' "$out/log" | tail -n 1)"
    else
        tail -n 60 "$out/log"
        echo "   FAILED $name"
        failed="$failed $name"
    fi
}

flags="-Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror -Iinclude -Ibindings/cpp/include -Iexamples/cpp"
library="-L$root/build/release -lstepdown -Wl,-rpath,$root/build/release -pthread"

# Each header alone, and everything written for it, for a standard, without a warning.
compiles() { # compiler, standard
    for header in bindings/cpp/include/*.hpp bindings/cpp/include/stepdown/*.hpp; do
        printf '#include "%s"\n' "${header#bindings/cpp/include/}" | "$1" "-std=$2" $flags -fsyntax-only -x c++ - || return 1
    done
    for file in bindings/cpp/tests/*.cpp examples/cpp/*.cpp; do
        "$1" "-std=$2" $flags -fsyntax-only "$file" || return 1
    done
    echo "$("$1" --version | head -n 1), $2"
}

program() { # what it is called, then compiler and arguments: built in $out
    made=$1
    shift
    "$@" $flags -o "$out/$made" $library
}

story() {
    program story g++ -std=c++17 -O2 examples/cpp/story.cpp && (cd "$out" && env -i ./story) | cmp - bindings/vectors/story.txt &&
        echo "as in every language"
}
backend() { program backend g++ -std=c++17 -O2 examples/cpp/backend.cpp && "$out/backend"; }

vectors() {
    program replay g++ -std=c++17 -O1 bindings/cpp/tests/replay.cpp -ljansson && "$out/replay" "$STEPDOWN_VECTORS"/*.record
}

overhead() { # C compiler, C++ compiler
    "$1" -std=c11 -O2 -Wall -Wextra -Werror -Iinclude -c bindings/cpp/tests/overhead.c -o "$out/overhead_c.o" &&
        program "overhead-$2" "$2" -std=c++17 -O2 bindings/cpp/tests/overhead.cpp "$out/overhead_c.o" &&
        python3 bindings/cpp/tests/overhead.py "$out/overhead-$2" "$out"
}

# The 25 lines of the README are the example.
readme() {
    sed -n '/^```cpp$/,/^```$/p' bindings/cpp/README.md | sed '1d;$d' >"$out/readme.cpp" &&
        program readme g++ -std=c++17 "$out/readme.cpp" && (cd "$out" && ./readme) >"$out/readme.txt" &&
        sed -n '/^```text$/,/^```$/p' bindings/cpp/README.md | sed '1d;$d' | cmp - "$out/readme.txt" &&
        echo "$(wc -l <"$out/readme.cpp") lines that print what they say"
}

step coverage python3 bindings/cpp/tests/coverage.py
compilers=g++
command -v clang++ >"$out/log" && compilers="g++ clang++"
for compiler in $compilers; do
    for standard in c++17 c++20; do
        step "$compiler $standard" compiles "$compiler" "$standard"
    done
done
step story story
step readme readme
step backend backend
step vectors vectors
step tests env STEPDOWN_BUILD="$root/build/release" STEPDOWN_CC=gcc STEPDOWN_CFLAGS="-O2 -fsanitize=address,undefined" \
    sh bindings/cpp/tests/run_tests.sh
step overhead overhead gcc g++
if [ "$compilers" = g++ ]; then
    echo "!! SKIPPED: clang++ is not installed"
    [ -z "${CI-}" ] || failed="$failed clang++"
else
    step "overhead with clang" overhead clang clang++
fi
[ -z "$failed" ]
