#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The shipped library against the committed description of its binary interface. Only additions pass.
# usage: abi.sh BUILD_DIR             check (in a build with debug information and without sanitizers)
#        abi.sh BUILD_DIR --update    write the description, after a change that CHANGELOG explains under ABI
set -eu
description=src/api/stepdown.abi
if [ "${2-}" = --update ]; then
    abidw --headers-dir include --drop-private-types --exported-interfaces-only --no-corpus-path --no-comp-dir-path --short-locs \
        --out-file "$description" "$1/libstepdown.so"
else
    abidiff --no-architecture --exported-interfaces-only --headers-dir2 include --drop-private-types --no-added-syms "$description" "$1/libstepdown.so"
fi
