#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Examples of the README and the guide are true. A comment before a code block says what it is:

    <!-- program -->             a C program: it compiles without warnings against the library of this build, and runs
    <!-- prints -->              what the program before prints, with 0 as its result
    <!-- shown by: COMMAND -->   lines that the command shows, in this order; a line with … stands for any lines

Ids of pathways and chains are random, so one stands for any other. A command `stepdown …` runs the tool of this build in
the source directory.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ["STEPDOWN_BUILD"])
TOOL = os.environ["STEPDOWN_TOOL"]
README_LINES = 25  # of the program that people see first
outputs = {}       # of commands, each run once


def same_ids(text):
    return re.sub(r"\b[a-z2-7]{26}\b", "(id)", text)


def compile_and_run(code):
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder) / "example.c", Path(folder) / "example"
        source.write_text(code, encoding="utf-8")
        built = subprocess.run([os.environ.get("STEPDOWN_CC", "cc"), "-std=c11", "-Wall", "-Wextra", "-Werror",
                                *shlex.split(os.environ.get("STEPDOWN_CFLAGS", "")), source, "-o", program,
                                f"-I{ROOT / 'include'}", f"-L{BUILD}", "-lstepdown", f"-Wl,-rpath,{BUILD}"],
                               check=False, capture_output=True, text=True)
        if built.returncode != 0:
            return built.returncode, built.stderr
        ran = subprocess.run([program], check=False, capture_output=True, text=True)
    return ran.returncode, ran.stdout + ran.stderr


def output_of(command):
    if command not in outputs:
        words = shlex.split(command)
        words[0] = TOOL if words[0] == "stepdown" else words[0]
        ran = subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True)
        outputs[command] = ran.stdout + ran.stderr
    return outputs[command]


def lines_in_order(wanted, text):
    """The first run of lines that the text does not show, or None. How lines are wrapped and indented does not matter."""
    shown, at = " ".join(same_ids(text).split()), 0
    for part in re.split(r"^\s*…\s*$", same_ids(wanted), flags=re.M):
        words = " ".join(part.split())
        at = shown.find(words, at)
        if at < 0:
            return part.strip("\n")
        at += len(words)
    return None


def check_file(path):
    text = path.read_text(encoding="utf-8")
    name, problems, count, printed = path.relative_to(ROOT), [], 0, None
    for marker, block in re.findall(r"^<!-- (program|prints|shown by: .+?) -->\n```\w*\n(.*?)^```$", text, re.M | re.S):
        count += 1
        if marker == "program":
            status, printed = compile_and_run(block)
            if status != 0:
                problems.append(f"{name}: the program ends with {status}\n{printed}")
            lines = [line for line in block.splitlines() if line.strip()]
            if path.name == "README.md" and len(lines) > README_LINES:
                problems.append(f"{name}: the program has {len(lines)} lines, more than {README_LINES}")
        elif marker == "prints":
            if printed is None or same_ids(printed) != same_ids(block):
                problems.append(f"{name}: expected\n{block}\nprinted\n{printed}")
        else:
            missing = lines_in_order(block, output_of(marker.removeprefix("shown by: ")))
            if missing is not None:
                problems.append(f"{name}: {marker}: is not, or not there:\n{missing}")
    return count, problems


def main():
    total, failed = 0, 0
    for path in [ROOT / "README.md", *sorted((ROOT / "docs/guide").glob("*.md"))]:
        count, problems = check_file(path)
        total, failed = total + count, failed + len(problems)
        print("\n".join(problems), end="\n" if problems else "")
        if path.name == "README.md" and count < 4:
            failed += 1
            print("README.md: its examples have lost their markers")
    print(f"{total} examples, {failed} wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
