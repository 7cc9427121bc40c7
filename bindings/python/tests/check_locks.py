#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which functions of the generated wrapper keep the interpreter's lock while they are in C: only those that neither wait nor take
a lock of the library. A callback holds the library's lock and wants the interpreter's, so the other way round nobody may wait."""
import re
import sys
from pathlib import Path

# Reading what nobody else has, setting numbers, and handles that are used within one call of the face.
MAY_KEEP = re.compile(r"(Clock|Command|Query|Report|Result)_\w+|new_(Clock|Command|Query|StorageOptions)"
                      r"|Options_set_(clock|seed|log|retries|cache)|stepdown_\w+|host_\w+|\w+_swig(register|init)|swig_\w+"
                      r"|SWIG_\w+")
MUST_KEEP = re.compile(r"Result_table|host_\w+")  # they make Python objects


def main():
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    bodies = re.findall(r"^SWIGINTERN PyObject \*_wrap_(\w+)\(.*?\) \{\n(.*?)\n\}", text, re.M | re.S)
    lets_go = {name for name, body in bodies if "THREAD_BEGIN_ALLOW" in body}
    keeps = {name for name, _ in bodies} - lets_go
    wrong = sorted(name for name in keeps if not MAY_KEEP.fullmatch(name))
    wrong += sorted(name for name in lets_go if MUST_KEEP.fullmatch(name))
    print("\n".join(f"{name}: {'keeps' if name in keeps else 'lets go'} the lock of the interpreter" for name in wrong) or
          f"{len(lets_go)} functions let other threads run, {len(keeps)} are done at once")
    return 1 if wrong or len(lets_go) < 50 else 0


if __name__ == "__main__":
    sys.exit(main())
