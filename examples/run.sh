#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From nothing to the story of a failed first visit: installs what is missing, builds into build/release and plays the
# scenarios of examples/failed-first-visit/ and examples/combined/.
set -eu
cd "$(dirname "$0")/.."
sh examples/setup.sh

log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() {
    "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
}
echo "Building into build/release …"
quietly cmake --preset release -DSTEPDOWN_TESTS=OFF
quietly cmake --build --preset release --target stepdown_tool

build/release/stepdown scenario run examples/failed-first-visit/*.yaml examples/combined/*.yaml
