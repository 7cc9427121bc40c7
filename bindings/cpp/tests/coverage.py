#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every exported function is used by the C++ layer, or has a reason here."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
REASONS = {
    "stepdown_command_set": "stepdown_command_set_text does the same, and takes text with NUL",
    "stepdown_conformance_failures": "counted from the results of the rules",
    "stepdown_error_code": "the status that the call returned is the same, and is there when memory for the error was not",
    "stepdown_status_category": "the family of a status is the base of its class",
    "stepdown_storage_allocate": "back ends in C++ bring their own memory",
}


def main():
    exported = set((ROOT / "src/api/exports.txt").read_text(encoding="utf-8").split())
    used = set()
    for header in sorted((ROOT / "bindings/cpp/include").rglob("*.hpp")):
        code = re.sub(r"//[^\n]*", "", header.read_text(encoding="utf-8"))
        used |= set(re.findall(r"\bstepdown_\w+", code))
    problems = [f"{name}: nobody uses it in C++" for name in sorted(exported - used - set(REASONS))]
    problems += [f"{name}: has a reason, and is used" for name in sorted(used & set(REASONS))]
    problems += [f"{name}: has a reason, and is not exported" for name in sorted(set(REASONS) - exported)]
    print("\n".join(problems) or f"{len(exported)} functions: {len(exported & used)} used, {len(REASONS)} with a reason")
    return 1 if problems or not exported & used else 0


if __name__ == "__main__":
    sys.exit(main())
