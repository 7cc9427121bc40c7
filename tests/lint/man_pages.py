#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Man pages: mandoc finds nothing wrong with them, and docs/man/*.3 describe exactly the exported functions."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main():
    exported = set((ROOT / "src/api/exports.txt").read_text(encoding="utf-8").split())
    pages = sorted(ROOT.glob("docs/man/*.[13]"))
    failed = subprocess.run(["mandoc", "-Tlint", "-Wwarning", *pages], check=False).returncode != 0
    described = set()
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for name in re.findall(r"^\.F[no] (?:\w+ )?\"?(stepdown_\w+)", text, re.M):
            described.add(name)
            if name not in exported:
                failed = True
                print(f"{page.name}: {name} is not exported")
    for name in sorted(exported - described):
        failed = True
        print(f"{name}: in no page of docs/man")
    print(f"{len(pages)} pages, {len(described)} functions")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
