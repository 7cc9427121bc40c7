#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Loops in C++ cost what they cost in C: instructions counted by callgrind, not time. usage: overhead.py PROGRAM FOLDER

Both stand in one program and ask the same of the same store, so whatever differs is the layer. A check for "no moment" and another
choice of registers may cost an instruction or two for each cell; a call more, a copy or an allocation would show."""
import re
import subprocess
import sys
from pathlib import Path

# How much more, in parts of a hundred, a loop may take in C++. Cells are read with some 30 instructions each.
LOOPS = {"cells": 3.0, "views": 0.1, "next_due": 0.5, "command": 0.5}


def count(program, folder, loop):
    """(what the loop gave, instructions in it and in all that it called)"""
    out = Path(folder) / f"callgrind.{loop}"
    command = ["valgrind", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=measured",
               f"--callgrind-out-file={out}", program, loop]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    collected = re.search(r"Collected : (\d+)", ran.stderr)
    if ran.returncode != 0 or not collected:
        sys.exit(f"{loop}: {ran.stdout}{ran.stderr}")
    return ran.stdout.strip(), int(collected.group(1))


def main():
    program, folder = sys.argv[1:]
    figures, failed = [], []
    for loop, limit in LOOPS.items():
        (gave_c, c), (gave_cpp, cpp) = count(program, folder, f"c_{loop}"), count(program, folder, f"cpp_{loop}")
        if gave_c != gave_cpp:
            failed.append(f"{loop}: gave {gave_c} in C and {gave_cpp} in C++")
        if c < 1000 or cpp > c * (1 + limit / 100):
            failed.append(f"{loop}: {c} instructions in C, {cpp} in C++")
        figures.append(f"{loop} {c} → {cpp} ({100 * (cpp - c) / c:+.2f} %)")
    print("".join(f"{line}\n" for line in failed), end="")
    print("instructions in C → in C++: " + ", ".join(figures))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
