#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes docs/diagrams/*.svg from the .dot files beside them, with Graphviz. Each picture carries the hash of its source,
so that --check needs no Graphviz and does not depend on its version.

usage: draw.py            draw what has changed
       draw.py --check    fail, and say which, when a picture is missing or older than its source
"""
import hashlib
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def main():
    check, bad = "--check" in sys.argv[1:], 0
    sources = sorted(FOLDER.glob("*.dot"))
    for source in sources:
        picture = source.with_suffix(".svg")
        mark = f"<!-- made from {source.name}, SHA-256 {hashlib.sha256(source.read_bytes()).hexdigest()} -->\n"
        if picture.exists() and picture.read_text(encoding="utf-8").endswith(mark):
            continue
        bad += 1
        if check:
            print(f"docs/diagrams/{picture.name} is not made from {source.name} as it is; run docs/diagrams/draw.py")
        else:
            drawn = subprocess.run(["dot", "-Tsvg", source], check=True, capture_output=True, text=True).stdout
            picture.write_text(drawn + mark, encoding="utf-8")
    for picture in FOLDER.glob("*.svg"):
        if not picture.with_suffix(".dot").exists():
            bad += 1
            print(f"docs/diagrams/{picture.name} has no source")
    return 1 if check and bad else 0


if __name__ == "__main__":
    sys.exit(main())
