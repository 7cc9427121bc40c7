#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is generated under docs/ is what its sources give now. Each line of output says what to run again.
stale=0
for script in docs/man/generate.py docs/diagrams/lifecycle.py docs/diagrams/draw.py; do
    PYTHONDONTWRITEBYTECODE=1 python3 "$script" --check || stale=1
done
exit $stale
