#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every exported function is covered by the shared interface, or bindings/not-covered.tsv says why not; and the languages use
everything that the interface offers."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINDINGS = ROOT / "bindings"
# Parts of a generated module that nobody calls by name: freeing, registering, and reading a result cell by cell, which is what
# tables are for (tests do).
PYTHON_UNUSED = re.compile(r"delete_|\w+_swig(init|register)$|SWIG|Result_|new_Result|stepdown_status_|_|__")


def code_of(path):
    return re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8"))


def names_in(*paths):
    return {name for path in paths for name in re.findall(r"\bstepdown_\w+", code_of(path))}


def reasons():
    lines = (BINDINGS / "not-covered.tsv").read_text(encoding="utf-8").rstrip("\n").split("\n")
    return dict(line.split("\t") for line in lines if not line.startswith("#"))


def offered():
    """Functions that SWIG makes of the shared interface, by their flat names."""
    text, names = code_of(BINDINGS / "stepdown.i"), set()
    for kind, body in re.findall(r"%extend (\w+) \{(.*?)\n\}", text, re.S):
        for name in re.findall(r"^    (?:[\w ]+[ *])?(\w+)\([^{;]*\) \{", body, re.M):
            names.add(f"new_{kind}" if name == kind else f"{kind}_{name}")
    names |= {f"Session_{name}" for name in re.findall(r"^VIEW\((\w+),", text, re.M)}
    names |= set(re.findall(r"^static [\w *]+?(\w+)\(", text, re.M))
    return names - {"Session_name"}


def main():
    problems = []
    exported = set((ROOT / "src/api/exports.txt").read_text(encoding="utf-8").split())
    covered = names_in(BINDINGS / "stepdown.i", BINDINGS / "host.h") & exported
    excused = reasons()
    for name in sorted(exported - covered - set(excused)):
        problems.append(f"{name}: not in bindings/stepdown.i, and bindings/not-covered.tsv gives no reason")
    for name in sorted(set(excused) - exported):
        problems.append(f"{name}: in bindings/not-covered.tsv, and not exported")
    for name in sorted(set(excused) & covered):
        problems.append(f"{name}: in bindings/not-covered.tsv, and covered")
    for name in sorted(name for name, reason in excused.items() if len(reason) < 10):
        problems.append(f"{name}: no reason")

    shims = names_in(*BINDINGS.glob("python/*.h"), BINDINGS / "python/native.i")
    for name in sorted(name for name, reason in excused.items() if reason.startswith("callback") and name not in shims):
        problems.append(f"{name}: said to be used where Python is called back, and is not")
    face = "\n".join(path.read_text(encoding="utf-8") for path in BINDINGS.glob("python/src/stepdown/*.py"))
    interface = offered()
    for name in sorted(name for name in interface if not PYTHON_UNUSED.match(name)):
        if not re.search(rf"\b_?c\.{name}\b", face):
            problems.append(f"{name}: nobody uses it in Python")
    print("\n".join(problems) if problems else
          f"{len(exported)} functions: {len(covered)} covered, {len(excused)} with a reason; {len(interface)} offered")
    return 1 if problems or not covered or len(interface) < 60 else 0


if __name__ == "__main__":
    sys.exit(main())
