#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds and tests the bindings against the library of build/release (which must be built), in build/bindings.
# usage: run.sh [LANGUAGE…]     all languages unless some are named
# A language whose toolchain cannot be had is SKIPPED, loudly; where CI is set that is a failure.
set -u
cd "$(dirname "$0")/.." || exit 1
root=$(pwd)
export STEPDOWN_LIBRARY="$root/build/release/libstepdown.a" STEPDOWN_TOOL="$root/build/release/stepdown"
export STEPDOWN_OUT="$root/build/bindings"
[ -f "$STEPDOWN_LIBRARY" ] && [ -x "$STEPDOWN_TOOL" ] || {
    echo "build/release is not built: cmake --preset release && cmake --build --preset release" >&2; exit 1; }
languages=${*:-python cpp}
failed= skipped=

step() { # name, then a command; its output is shown when it fails
    name=$1
    shift
    if "$@" >"$STEPDOWN_OUT/log" 2>&1; then
        echo "   passed $name: $(tail -n 1 "$STEPDOWN_OUT/log")"
    else
        tail -n 60 "$STEPDOWN_OUT/log"
        echo "   FAILED $name"
        failed="$failed $name"
        return 1
    fi
}

# ---- what every language uses ----------------------------------------------------------------------------------------

flags="-std=gnu11 -O2 -Wall -Wextra -Werror -Iinclude"
depends="-lsqlite3 -lyaml -ljansson -lcrypto -lz -lcbor -pthread"
prepare() {
    export STEPDOWN_VECTORS="$STEPDOWN_OUT/vectors" STEPDOWN_SPEED="$STEPDOWN_OUT/libspeed.so"
    rm -rf "$STEPDOWN_VECTORS" && mkdir -p "$STEPDOWN_VECTORS" || return 1
    cc $flags -shared -fPIC bindings/vectors/record.c -o "$STEPDOWN_OUT/record.so" -ljansson &&
        cc $flags bindings/vectors/api.c -o "$STEPDOWN_OUT/api" -Lbuild/release -lstepdown \
            "-Wl,-rpath,$root/build/release" &&
        cc $flags -shared -fPIC -DSTEPDOWN_STATIC bindings/tests/speed.c "$STEPDOWN_LIBRARY" -o "$STEPDOWN_SPEED" \
            -Wl,--exclude-libs,ALL $depends
}

# One record for each file of scenarios, and that of the API.
record() {
    LD_PRELOAD="$STEPDOWN_OUT/record.so" STEPDOWN_RECORD="$STEPDOWN_VECTORS/api.record" "$STEPDOWN_OUT/api" || return 1
    find examples tests/scenarios -mindepth 2 -maxdepth 2 -name '*.yaml' ! -name '*fragments.yaml' | sort |
        xargs -P "$(nproc)" -I FILE sh -c '
            name=$(echo "$1" | tr / -)
            LD_PRELOAD="$STEPDOWN_OUT/record.so" STEPDOWN_RECORD="$STEPDOWN_VECTORS/$name.record" \
                "$STEPDOWN_TOOL" scenario run --quiet "$1" >"$STEPDOWN_VECTORS/$name.out" || { cat "$STEPDOWN_VECTORS/$name.out"; exit 1; }
        ' sh FILE || return 1
    echo "$(ls "$STEPDOWN_VECTORS"/*.record | wc -l) records"
}

echo "== bindings"
mkdir -p "$STEPDOWN_OUT"
step completeness python3 bindings/tests/test_coverage.py
step exceptions python3 bindings/generate.py --check
step prepare prepare && step vectors record || exit 1

# ---- the languages ---------------------------------------------------------------------------------------------------

for language in $languages; do
    echo "== bindings: $language"
    sh "bindings/$language/run.sh"
    case $? in
    0) ;;
    77) skipped="$skipped $language" ;;
    *) failed="$failed $language" ;;
    esac
done
for language in $skipped; do
    echo "!! SKIPPED: the $language binding was neither built nor tested"
done
[ -z "${CI-}" ] || failed="$failed$skipped"
[ -z "$failed" ] || { echo "bindings failed:$failed"; exit 1; }
echo "bindings: all passed:$(for language in $languages; do
    case " $skipped " in *" $language "*) ;; *) printf ' %s' "$language" ;; esac; done)"
