#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs into an empty prefix and builds and runs examples/embed against it: through find_package with the shared
# library and with the static archive, and through pkg-config. The build passes STEPDOWN_BUILD, STEPDOWN_CC,
# STEPDOWN_CFLAGS (its sanitizers), STEPDOWN_LIBDIR.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

quietly() {
    "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
}

quietly cmake --install "$STEPDOWN_BUILD" --prefix "$prefix"
for file in include/stepdown/status.h include/stepdown.hpp include/stepdown/session.hpp "$STEPDOWN_LIBDIR/libstepdown.so.0" "$STEPDOWN_LIBDIR/libstepdown.a" \
    "$STEPDOWN_LIBDIR/pkgconfig/stepdown.pc" "$STEPDOWN_LIBDIR/cmake/stepdown/stepdownConfig.cmake" bin/stepdown; do
    [ -e "$prefix/$file" ] || { echo "not installed: $file"; exit 1; }
done
for protocol in src/protocols/*.yaml; do
    cmp "$protocol" "$prefix/share/stepdown/protocols/${protocol##*/}"
done
# The installed files must work elsewhere: no path of the build or of the first prefix in the texts.
if grep -rnF -e "$STEPDOWN_BUILD" -e "$prefix" -e "$PWD" --include='*.cmake' --include='*.pc' --include='*.h' --include='*.hpp' "$prefix"; then
    echo "installed files name a path of this machine"
    exit 1
fi
mv "$prefix" "$work/moved"
prefix=$work/moved
quietly "$prefix/bin/stepdown" --help

cp -r examples/embed "$work/cmake"
quietly cmake -S "$work/cmake" -B "$work/cmake/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_C_COMPILER="$STEPDOWN_CC" -DCMAKE_C_FLAGS="$STEPDOWN_CFLAGS"
quietly cmake --build "$work/cmake/build"
cp -r examples/embed "$work/make"
export PKG_CONFIG_PATH="$prefix/$STEPDOWN_LIBDIR/pkgconfig"
quietly "$STEPDOWN_CC" $STEPDOWN_CFLAGS $(pkg-config --cflags stepdown) -o "$work/make/embed" \
    "$work/make/embed.c" $(pkg-config --libs stepdown)

# The same in C++.
case "$STEPDOWN_CC" in
*clang*) cxx=clang++ ;;
*) cxx=g++ ;;
esac
cp -r examples/cpp "$work/cpp"
quietly cmake -S "$work/cpp" -B "$work/cpp/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_CXX_FLAGS="$STEPDOWN_CFLAGS"
quietly cmake --build "$work/cpp/build" --target story story_static
quietly "$cxx" -std=c++17 $STEPDOWN_CFLAGS $(pkg-config --cflags stepdown) -o "$work/cpp/story" \
    "$work/cpp/story.cpp" $(pkg-config --libs stepdown)
cp bindings/vectors/story.txt "$work/story.txt"

cd "$work"
"$work/cpp/build/story" | cmp - story.txt
"$work/cpp/build/story_static" | cmp - story.txt
LD_LIBRARY_PATH="$prefix/$STEPDOWN_LIBDIR" "$work/cpp/story" | cmp - story.txt
"$work/cmake/build/embed" >shared.txt
"$work/cmake/build/embed_static" >static.txt
LD_LIBRARY_PATH="$prefix/$STEPDOWN_LIBDIR" "$work/make/embed" >make.txt
for output in shared.txt static.txt make.txt; do
    grep -E '^opened [a-z2-7]{26}$' "$output" || { echo "$output: no pathway opened"; exit 1; }
done
