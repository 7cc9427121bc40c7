#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One export list: include/, src/api/exports.txt, the shared library and the static archive name the same functions.

usage: exports.py BUILD_DIR [NM]     check
       exports.py --update           write src/api/exports.txt from include/
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "src/api/exports.txt"
INSTRUMENTATION = re.compile(r"__(start|stop)___sancov|__(asan|odr_asan|ubsan|tsan|sanitizer|gcov|llvm)_|___asan|mangle_")


def declared():
    names = set()
    for header in (ROOT / "include").rglob("*.h"):
        text = re.sub(r"//[^\n]*|/\*.*?\*/", " ", header.read_text(encoding="utf-8"), flags=re.S)
        text = re.sub(r"^\s*#(?:[^\n]*\\\n)*[^\n]*", " ", text, flags=re.M)
        names.update(re.findall(r"STEPDOWN_API\b[^;(]*?(\w+)\s*\(", re.sub(r"STEPDOWN_MUST_USE", " ", text)))
    return names


def built(nm, library, *options):
    out = subprocess.run([nm, "--defined-only", *options, library], capture_output=True, check=True, text=True).stdout
    names = {fields[2].split("@")[0] for fields in map(str.split, out.splitlines()) if len(fields) == 3}
    return {name for name in names if not INSTRUMENTATION.search(name)}


def main():
    if sys.argv[1:] == ["--update"]:
        LIST.write_text("".join(f"{name}\n" for name in sorted(declared())), encoding="utf-8")
        return 0
    build, nm = Path(sys.argv[1]), (sys.argv + ["nm"])[2]
    lines = LIST.read_text(encoding="utf-8").split() if LIST.exists() else []
    listed = set(lines)
    failed = lines != sorted(listed)
    if failed:
        print(f"{LIST.name} is not sorted or names a function twice")
    for where, names in (("include/", declared()), ("shared library", built(nm, build / "libstepdown.so", "-D")),
                         ("static archive", built(nm, build / "libstepdown.a", "-g"))):
        for name in sorted(names ^ listed):
            failed = True
            print(f"{name}: in {where}, not in the list" if name in names else f"{name}: in the list, not in {where}")
    if not failed:
        print(f"{len(listed)} functions, the same everywhere")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
