#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""House rules that no compiler checks. Prints one line for each breach (file:line: rule) and fails if there is any."""
import re
import subprocess
import sys
from pathlib import Path

ROOMS = ["base", "storage", "record", "protocol", "pathway", "rule", "engine", "report", "api"]  # lowest first
FUNCTION_LINES = 60
FILE_LINES = 800

# Calls that src/ does without (the tool may print and exit), and what to use instead.
BANNED = {
    r"strcpy|strcat|stpcpy|sprintf|vsprintf|gets": "bounded functions, buffer_* or arena_*",
    r"atoi|atol|atoll|atof|sscanf": "a parser that reports errors",
    r"strtok|strtok_r": "slices",
    r"localtime|localtime_r|gmtime|gmtime_r|mktime|ctime|asctime|strftime": "base/time.h",
    r"rand|srand|random|srandom|rand_r": "the engine's randomness",
    r"printf|fprintf|vprintf|puts|fputs|putchar|perror": "an error object or the log",
    r"exit|_exit|abort|system|atexit|signal": "a status",
}
ALLOCATION = r"malloc|calloc|realloc|free|strdup|strndup"  # only where the default allocator stands
ALLOCATION_HOME = {"src/base/env.c", "src/base/platform.c"}
POSIX_HEADERS = r"(unistd|pthread|fcntl|time|dirent|signal|poll|dlfcn)\.h|sys/\w+\.h"
POSIX_HOME = re.compile(r"src/(base/platform\w*\.c|cli/)")

breaches = []


def breach(path, line, text):
    breaches.append(f"{path}:{line}: {text}")


def code_only(text):
    """The text with comments, strings and character constants blanked, line breaks kept."""
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def check_opening(path, lines):
    first = lines[1] if lines and lines[0].startswith("#!") else (lines or [""])[0]
    if not re.fullmatch(r"(//|#) SPDX-License-Identifier: Apache-2\.0", first):
        breach(path, 1, "does not open with the SPDX line")
    elif path.startswith("src/") and path.endswith((".c", ".h")) and not (len(lines) > 1 and lines[1].startswith("//")):
        breach(path, 2, "does not say what it owns and what it may call")


def check_includes(path, text):
    room = path.split("/")[1]
    for match in re.finditer(r'^#include "([^"/]+)?(/?)([^"]*)"', text, re.M):
        target, line = match.group(1), line_of(text, match.start())
        if not match.group(2):
            breach(path, line, "internal headers are included as \"room/header.h\"")
        elif room == "cli":
            if target != "cli":
                breach(path, line, f"the tool uses public headers only, not {target}/")
        elif target not in ROOMS:
            breach(path, line, f"{target}/ is no room")
        elif ROOMS.index(target) > ROOMS.index(room):
            breach(path, line, f"calls run downwards: {room}/ may not include {target}/")
    if not POSIX_HOME.match(path):
        for match in re.finditer(rf"^#include <({POSIX_HEADERS})>", text, re.M):
            breach(path, line_of(text, match.start()), f"<{match.group(1)}> belongs to base/platform")


# The lower floor of the engine: what a store holds. It knows nothing of the commands above it.
LOWER_FLOOR = {"access_chain", "activate", "compose", "keys", "load", "settings", "store", "verify"}
LOWER_HEADERS = {"engine.h", "keys.h", "sets.h", "verify.h"}


def check_floors(path, text):
    if not path.startswith("src/engine/") or Path(path).stem not in LOWER_FLOOR:
        return
    for match in re.finditer(r'^#include "engine/([^"]*)"', text, re.M):
        if match.group(1) not in LOWER_HEADERS:
            breach(path, line_of(text, match.start()), f"the lower floor of the engine may not include {match.group(1)}")


def check_calls(path, text):
    code = code_only(text)
    rules = dict(BANNED)
    if path not in ALLOCATION_HOME:
        rules[ALLOCATION] = "env_* or an arena"
    for names, instead in rules.items():
        for match in re.finditer(rf"(?<![\w.>])({names})\s*\(", code):
            breach(path, line_of(code, match.start()), f"{match.group(1)}() is banned: use {instead}")
    for match in re.finditer(r"^#\s*if.*\b(TEST|TESTING|FUZZ|FUZZING)\b", code, re.M):
        breach(path, line_of(code, match.start()), "no test or fuzz variants of the code")


def check_functions(path, text):
    """Length of each function; the layout that clang-format enforces puts its first and last line at column 0."""
    start, head = None, ""
    for number, line in enumerate(code_only(text).split("\n"), 1):
        if start is None and re.match(r"[A-Za-z_]", line):
            start, head = number, ""
        if start is None:
            continue
        if line.startswith("}"):
            opening = head.split("{")[0]
            if "(" in opening and "=" not in opening and number - start + 1 > FUNCTION_LINES:
                breach(path, start, f"function of {number - start + 1} lines, over {FUNCTION_LINES}")
            start = None
        elif "{" not in head and line.rstrip().endswith(";") and "{" not in line:
            start = None
        else:
            head += line


def check_statuses(path, lines, number, codes):
    """What a call may return stands in its comment, or once at the top of the header."""
    above = number
    while above > 0 and lines[above - 1].strip():
        above -= 1
    opening = "\n".join(lines[:next(i for i, line in enumerate(lines) if not line.startswith("//"))])
    said = "\n".join(lines[above:number])
    if not re.search(rf"\b({codes}|OK)\b|storage codes", said) and "Every call returns" not in opening:
        breach(path, number + 1, "a call that can fail and does not say how")


def check_public_header(path, text):
    lines = text.split("\n")
    table = Path(__file__).resolve().parents[2] / "include/stepdown/status.h"
    codes = "|".join(re.findall(r"^ +X\((\w+), \d+,", table.read_text(encoding="utf-8"), re.M))
    for match in re.finditer(r'^#include\s+(.*)$', text, re.M):
        if not re.fullmatch(r"<(stddef\.h|stdint\.h|stepdown/\w+\.h)>", match.group(1).strip()):
            breach(path, line_of(text, match.start()), f"public headers do not include {match.group(1).strip()}")
    for number, line in enumerate(lines):
        if not line.startswith("STEPDOWN_API"):
            continue
        above = number - 1  # a comment counts for all declarations that follow it without a blank line
        while above >= 0 and lines[above].strip() and not lines[above].startswith(("//", "#")):
            above -= 1
        if above < 0 or not lines[above].startswith("//"):
            breach(path, number + 1, "exported function without a comment")
        if line.startswith("STEPDOWN_API STEPDOWN_MUST_USE"):
            check_statuses(path, lines, number, codes)


def check_text(path, text):
    for match in re.finditer(r"/(?:work|home|root|Users)/\w", text):
        breach(path, line_of(text, match.start()), "a path of somebody's machine")
    if path.startswith(("src/", "include/", "examples/", "fuzz/", "bindings/")):
        for match in re.finditer(r"\b(?:TODO|FIXME|XXX|HACK)\b", text):
            breach(path, line_of(text, match.start()), f"{match.group()}: finish it or leave it out")


def check_file(root, path):
    if path.endswith((".orig", ".rej", ".bak", "~")):
        breach(path, 1, "left over from a merge or an editor")
    try:
        text = (root / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return  # fuzz corpora and golden files
    check_text(path, text)
    top, lines = path.split("/")[0], text.split("\n")
    if top in ("src", "include", "tests", "fuzz", "examples", "bindings") and (
            path.endswith((".c", ".h", ".cpp", ".hpp", ".sh", ".py", ".cmake")) or path.endswith("CMakeLists.txt")):
        check_opening(path, lines)
    if not path.endswith((".c", ".h", ".cpp", ".hpp")):
        return
    if len(lines) - 1 > FILE_LINES:
        breach(path, len(lines) - 1, f"file of {len(lines) - 1} lines, over {FILE_LINES}")
    if top in ("src", "fuzz", "examples", "bindings"):
        check_functions(path, text)
    if top == "src":
        check_includes(path, text)
        check_floors(path, text)
        if not path.startswith("src/cli/"):
            check_calls(path, text)
    if top == "include":
        check_public_header(path, text)


def files_of(root):
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                            capture_output=True, check=False)
    if listed.returncode == 0:
        names = listed.stdout.decode().split("\0")
    else:  # an unpacked archive
        names = [str(p.relative_to(root)) for p in root.rglob("*") if not p.relative_to(root).parts[0].startswith(("build", ".git"))]
    return sorted(n for n in names if n and (root / n).is_file())


def main():
    root = Path(__file__).resolve().parents[2]
    paths = files_of(root)
    for path in paths:
        check_file(root, path)
    print("\n".join(breaches) if breaches else f"{len(paths)} files, no breach")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
