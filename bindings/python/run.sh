#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds and tests the Python package in every way in which it is installed. Called by bindings/run.sh, which see; ends with 77 when
# its tools cannot be had.
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$(pwd)
out="$STEPDOWN_OUT/python"
python=/usr/bin/python3
mkdir -p "$out"
failed=

fail() {
    tail -n 60 "$out/log"
    echo "   FAILED $1"
    failed="$failed $1"
}
step() { # name, then a command
    name=$1
    shift
    if "$@" >"$out/log" 2>&1; then
        echo "   passed $name: $(grep -v '^$' "$out/log" | tail -n 1)"
    else
        fail "$name"
        return 1
    fi
}

# ---- tools -----------------------------------------------------------------------------------------------------------

tools="pip>=24 swig==4.5.0 scikit-build-core>=0.10,<2 mypy abi3audit"
if [ "$(cat "$out/tools/of" 2>/dev/null)" != "$tools" ]; then
    rm -rf "$out/tools"
    { "$python" -m venv "$out/tools" && "$out/tools/bin/pip" install -q --upgrade --disable-pip-version-check $tools; } >"$out/log" 2>&1 || {
        tail -n 5 "$out/log"; echo "!! python: its tools cannot be installed"; exit 77; }
    echo "$tools" >"$out/tools/of"
fi
PATH="$out/tools/bin:$PATH"
pip() { "$out/tools/bin/pip" --disable-pip-version-check "$@"; }

# ---- distributions ---------------------------------------------------------------------------------------------------

sdist() {
    rm -rf "$out/sdist" "$out/unpacked" && mkdir -p "$out/sdist" "$out/unpacked" &&
        (cd bindings/python && python3 -c "import sys, build_backend; build_backend.build_sdist(sys.argv[1])" "$out/sdist") &&
        tar -xzf "$out"/sdist/*.tar.gz -C "$out/unpacked" --strip-components=1 &&
        ls "$out/sdist" && test -z "$(git status --porcelain bindings/python 2>/dev/null | grep '^??.*\(library\|shared\|generated\)')"
}

# What is unpacked from the source distribution, with the library compiled along and without SWIG anywhere.
wheel_of_sdist() {
    rm -rf "$out/wheel" "$out/without" && mkdir -p "$out/wheel" "$out/without" || return 1
    for tool in python3 pip; do ln -s "$out/tools/bin/$tool" "$out/without/$tool"; done
    PATH="$out/without:/usr/bin:/bin" && export PATH
    mkdir -p "$out/hide" && printf '#!/bin/sh\necho "SWIG must not be needed" >&2\nexit 1\n' >"$out/without/swig" &&
        chmod +x "$out/without/swig" && (cd "$out" && "$out/tools/bin/pip" --disable-pip-version-check wheel -q \
            --no-build-isolation --no-deps --no-index "$out"/sdist/*.tar.gz -w "$out/wheel") && ls "$out/wheel"
}

# An interface that the wrapper was not generated from is refused.
stale() {
    echo "// changed" >>"$out/unpacked/shared/stepdown.i"
    if pip wheel --no-build-isolation --no-deps "$out/unpacked" -w "$out/stale" \
        --config-settings "cmake.define.STEPDOWN_LIBRARY=$STEPDOWN_LIBRARY" >"$out/stale.log" 2>&1; then
        echo "a stale wrapper was built"
        return 1
    fi
    grep -q "The generated wrapper is stale" "$out/stale.log" && echo "refused" || { cat "$out/stale.log"; return 1; }
}

symbols() {
    rm -rf "$out/symbols" && mkdir "$out/symbols" && (cd "$out/symbols" && python3 -m zipfile -e "$out"/wheel/*.whl .) &&
        [ "$(nm -D --defined-only "$out"/symbols/stepdown/*.so | sed 's/.* //')" = PyInit__native ] &&
        ls "$out"/symbols/stepdown-*.dist-info/licenses/LICENSE &&
        "$out/tools/bin/abi3audit" --strict "$out"/wheel/*.whl && echo "PyInit__native and nothing else, for the stable ABI"
}

# Calls that may wait let other threads run; those that keep the interpreter's lock take none of ours.
locks() { python3 bindings/python/tests/check_locks.py "$out/unpacked/generated/native_wrap.c"; }

# As users do it: a clean environment, build isolation, the checkout.
checkout() {
    rm -rf "$out/clean" && "$python" -m venv "$out/clean" && mkdir -p "$out/empty" &&
        "$out/clean/bin/pip" --disable-pip-version-check install -q ./bindings/python \
            --config-settings "cmake.define.STEPDOWN_LIBRARY=$STEPDOWN_LIBRARY" &&
        (cd "$out/empty" && env -i "$out/clean/bin/python" "$root/examples/python/story.py") |
        cmp - bindings/vectors/story.txt && echo "pip install ./bindings/python"
}

# ---- interpreters ----------------------------------------------------------------------------------------------------

interpreters() {
    { command -v -p python3.11 python3.12 python3.13 python3.14 python3.15
      ls /usr/bin/python3.1[1-9] /usr/local/bin/python3.1[1-9] /opt/python/*/bin/python "$(pyenv root 2>/dev/null)"/versions/*/bin/python
    } 2>/dev/null | sort -u | while read -r one; do
        "$one" -c 'import sys, venv; print(f"{sys.version_info[0]}.{sys.version_info[1]:02} {sys.implementation.name}")' 2>/dev/null |
            grep -q '^3\.\(1[1-9]\|[2-9].\) cpython' && echo "$("$one" -c 'import sys; print("%d.%d" % sys.version_info[:2])') $one"
    done | sort -u -k 1,1 -V
}

# The wheel in a clean environment, from an empty folder, with nothing of the build in reach.
installed() { # interpreter, then names of tests
    one=$1
    shift
    version=$("$one" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    rm -rf "$out/venv-$version" && "$one" -m venv --without-pip "$out/venv-$version" &&
        pip --python "$out/venv-$version/bin/python" install -q --no-index "$out"/wheel/*.whl && mkdir -p "$out/empty" || return 1
    for test in "$@"; do
        (cd "$out/empty" && env -i HOME="$HOME" STEPDOWN_VECTORS="$STEPDOWN_VECTORS" STEPDOWN_SPEED="$STEPDOWN_SPEED" \
            "$out/venv-$version/bin/python" -X faulthandler -W error::DeprecationWarning "$root/bindings/python/tests/test_$test.py") || return 1
    done
    echo "$version, from an empty folder: $*"
}

# mypy has to see the installed package.
types() {
    pip install -q --no-index --force-reinstall "$out"/wheel/*.whl && (cd "$out/empty" &&
        "$out/tools/bin/python" "$root/bindings/python/tests/test_types.py")
}

# The oldest SWIG that the interface is kept to, when this system has it.
old_swig() {
    rm -rf "$out/old" && mkdir -p "$out/old/stepdown" &&
        python3 bindings/python/build_backend.py --generate "$out/old/generated" /usr/bin/swig bindings &&
        cc -O0 -w -shared -fPIC -DSTEPDOWN_STATIC -Iinclude -Ibindings -Ibindings/python \
            "-I$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
            "$out/old/generated/native_wrap.c" -o "$out/old/stepdown/_native.so" "$STEPDOWN_LIBRARY" \
            -lsqlite3 -lyaml -ljansson -lcrypto -lz -lcbor -pthread &&
        cp bindings/python/src/stepdown/* "$out/old/generated/native.py" "$out/old/stepdown/" &&
        PYTHONPATH="$out/old" "$python" bindings/python/tests/test_storage.py &&
        PYTHONPATH="$out/old" "$python" bindings/python/tests/test_story.py && echo "$(/usr/bin/swig -version | sed -n 2p)"
}

step sdist sdist && step stale stale
# The same module with the library of build/debug, under ASan and UBSan; Python's own memory comes from malloc, so that it is seen.
sanitized() {
    flags="-fsanitize=address,undefined"
    rm -rf "$out/sanitized" && mkdir -p "$out/sanitized/stepdown" &&
        python3 bindings/python/build_backend.py --generate "$out/sanitized/generated" "$out/tools/bin/swig" bindings &&
        cc -g -O1 $flags -fno-sanitize-recover=all -fno-omit-frame-pointer -shared -fPIC -DPy_LIMITED_API=0x030B0000 \
            -DSTEPDOWN_STATIC -DSWIG_TYPE_TABLE=stepdown -Iinclude -Ibindings -Ibindings/python \
            "-I$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
            "$out/sanitized/generated/native_wrap.c" -o "$out/sanitized/stepdown/_native.abi3.so" build/debug/libstepdown.a \
            -lsqlite3 -lyaml -ljansson -lcrypto -lz -lcbor -pthread &&
        cp bindings/python/src/stepdown/* "$out/sanitized/generated/native.py" "$out/sanitized/stepdown/" || return 1
    for test in faces storage lifetimes threads; do
        env -u STEPDOWN_SPEED PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 \
            LD_PRELOAD="$(cc -print-file-name=libasan.so) $(cc -print-file-name=libubsan.so)" PYTHONPATH="$out/sanitized" \
            "$python" bindings/python/tests/test_$test.py || return 1
    done
    echo "no finding"
}

(step "wheel of the source distribution, without SWIG" wheel_of_sdist) || { echo "   FAILED python"; exit 1; }
step symbols symbols
step locks locks
step checkout checkout
first=yes
for one in $(interpreters | cut -d ' ' -f 2); do
    if [ "$first" ]; then
        step "installed $one" installed "$one" story faces storage lifetimes threads leaks vectors speed
    else
        step "installed $one" installed "$one" story faces storage lifetimes threads
    fi
    first=
done
[ -z "$first" ] || { echo "no interpreter was found"; failed="$failed interpreters"; }
step types types
if [ -f build/debug/libstepdown.a ]; then
    step sanitized sanitized
else
    echo "!! SKIPPED: sanitizers, because build/debug is not built"
    [ -z "${CI-}" ] || failed="$failed sanitized"
fi
if [ -x /usr/bin/swig ]; then
    step "SWIG of the system" old_swig
else
    echo "!! SKIPPED: the SWIG of the system is not installed"
    [ -z "${CI-}" ] || failed="$failed old-swig"
fi
[ -z "$failed" ]
