#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""src/README.md names every room and every public header, and only files, folders and tables that are there."""
import glob
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main():
    text = (ROOT / "src/README.md").read_text(encoding="utf-8")
    cells = [cell for line in text.splitlines() if line.startswith("|") for cell in line.strip("|").split("|")]
    named = [name for cell in cells for name in re.findall(r"`([\w./*-]+/[\w./*-]*)`", cell)]
    problems = []
    for name in named:
        homes = ("include", "src", "")
        if not any(glob.glob(str(ROOT / home / name)) for home in homes):
            problems.append(f"{name}: there is nothing of that name")
    rooms = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()}
    headers = {path.name for path in (ROOT / "include/stepdown").glob("*.h")}
    problems += [f"src/{room}/ has no line" for room in sorted(rooms) if f"`{room}/`" not in text]
    problems += [f"stepdown/{header} has no line" for header in sorted(headers) if f"`stepdown/{header}`" not in text]
    for problem in problems:
        print(f"src/README.md: {problem}")
    print(f"{len(named)} names, {len(rooms)} rooms, {len(headers)} headers")
    return 1 if problems or not named else 0


if __name__ == "__main__":
    sys.exit(main())
