#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The C example of the README stands there as it is compiled: taken out between its markers, built without warnings
against the library of this build, and run. What it prints is what the README says it prints."""
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 22  # it should fit where one looks first


def between(text, name, language):
    found = re.search(rf"<!-- {name} -->\n```{language}\n(.*?)```\n<!-- /{name} -->", text, re.S)
    if not found:
        sys.exit(f"README.md: no {name} between markers")
    return found.group(1)


def same_ids(text):
    """Ids of pathways are random; the one in the README stands for any."""
    return re.sub(r"\b[a-z2-7]{26}\b", "(id)", text)


def main():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    code, expected = between(readme, "example", "c"), between(readme, "example output", "text")
    build = Path(os.environ["STEPDOWN_BUILD"])
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder) / "example.c", Path(folder) / "example"
        source.write_text(code, encoding="utf-8")
        subprocess.run([os.environ.get("STEPDOWN_CC", "cc"), "-std=c11", "-Wall", "-Wextra", "-Werror",
                        *shlex.split(os.environ.get("STEPDOWN_CFLAGS", "")), source, "-o", program,
                        f"-I{ROOT / 'include'}", f"-L{build}", "-lstepdown", f"-Wl,-rpath,{build}"], check=True)
        ran = subprocess.run([program], check=False, capture_output=True, text=True)
    lines = [line for line in code.splitlines() if line.strip()]
    failed = False
    if ran.returncode != 0 or ran.stderr or same_ids(ran.stdout) != same_ids(expected):
        failed = True
        print(f"expected\n{expected}\ngot {ran.returncode}\n{ran.stdout}{ran.stderr}")
    if len(lines) > MOST_LINES:
        failed = True
        print(f"the example has {len(lines)} lines, more than {MOST_LINES}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
