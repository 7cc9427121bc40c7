#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what bindings make of the one table of status codes in include/stepdown/status.h: exception classes and the page
that lists them.

usage: generate.py            write the files
       generate.py --check    fail, and say which, when a file is not what the table gives
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEADER = ROOT / "include/stepdown/status.h"

# Codes whose exceptions are called otherwise than the code in camel case.
NAMES = {"NOMEM": "OutOfMemory", "IO": "InputOutput", "READONLY": "ReadOnly", "TIMEOUT": "TimedOut"}
# What callers may do about a family of codes; the comment in the header, for people who read exceptions.
CATEGORIES = {
    "INPUT": "The input must be mended.",
    "PROGRAM": "The calling program must be mended.",
    "REFUSED": "The rules of care say no; tell the user why.",
    "RETRY": "The same call may succeed later.",
    "RESOURCE": "Memory or disk ran out.",
    "STORAGE": "The store needs an operator.",
    "HOST": "A callback of the host failed.",
}
PYTHON_BASES = {"INVALID": "ValueError", "NOT_FOUND": "LookupError", "LIMIT": "ValueError", "TIMEOUT": "TimeoutError",
                "NOMEM": "MemoryError"}


def camel(name):
    return NAMES.get(name) or "".join(word.capitalize() for word in name.split("_"))


def read_table():
    """[(name, number, category, text)] without OK."""
    text = HEADER.read_text(encoding="utf-8")
    table = re.search(r"#define STEPDOWN_STATUS_TABLE\(X\)(.*?)\n\n", text, re.S).group(1)
    rows = re.findall(r'X\((\w+), (\d+), (\w+), "([^"]*)"\)', table)
    return [(name, int(number), category, says) for name, number, category, says in rows if name != "OK"]


def sentence(text):
    return text[0].upper() + text[1:] + "."


def python(rows):
    out = ['# SPDX-License-Identifier: Apache-2.0',
           '# Written by bindings/generate.py from include/stepdown/status.h.',
           '"""Exceptions: one class for each status code, below one for each family of codes.',
           '',
           'What to do is decided by the family, so catch `RefusedError` to tell the user why, or `RetryError` to try again.',
           '"""',
           'from __future__ import annotations',
           '',
           'import builtins',
           '',
           'from ._error import Error',
           '']
    for category, says in CATEGORIES.items():
        if category != "HOST":  # one code, one class
            out += ['', f'class {camel(category)}Error(Error):', f'    """{says}"""', '']
    for name, number, category, says in rows:
        base = "Error" if category == "HOST" else f"{camel(category)}Error"
        native = f", builtins.{PYTHON_BASES[name]}" if name in PYTHON_BASES else ""
        out += ['', f'class {camel(name)}Error({base}{native}):', f'    """{sentence(says)}"""', '',
                f'    code = {number}', f'    status = "{name}"', '']
    out += ['', 'BY_CODE: dict[int, type[Error]] = {']
    out += [f'    {number}: {camel(name)}Error,' for name, number, _, _ in rows]
    out += ['}', '']
    families = [f"{camel(category)}Error" for category in CATEGORIES if category != "HOST"]
    names = sorted(["Error", *families, *(f"{camel(name)}Error" for name, *_ in rows)])
    out += ['__all__ = [']
    out += [f'    "{name}",' for name in names]
    out += [']', '']
    return "\n".join(out)


def cpp(rows):
    out = ['// SPDX-License-Identifier: Apache-2.0',
           '// Written by bindings/generate.py from include/stepdown/status.h.',
           '// Exceptions: one class for each status code, below one for each family of codes. What to do is decided by the family, so',
           '// catch RefusedError to tell the user why, or RetryError to try again.',
           '#ifndef STEPDOWN_ERRORS_HPP',
           '#define STEPDOWN_ERRORS_HPP',
           '',
           '#include <stepdown/error.hpp>',
           '',
           'namespace stepdown {']

    def one(name, base, says, constructors):
        out.extend(['', f'// {says}', f'class {name} : public {base} {{', '  public:',
                    *(f'    {line}' for line in constructors), '};'])

    for category, says in CATEGORIES.items():
        if category != "HOST":  # one code, one class
            one(f"{camel(category)}Error", "Error", says, ["using Error::Error;"])
    for name, _, category, says in rows:
        base = "Error" if category == "HOST" else f"{camel(category)}Error"
        this = f"{camel(name)}Error"
        head = f'explicit {this}(std::shared_ptr<stepdown_error> error) noexcept'
        tail = f' : {base}(STEPDOWN_{name}, std::move(error)) {{}}'
        one(this, base, sentence(says), [
            f'explicit {this}(const std::string &message = {{}}) : {base}(STEPDOWN_{name}, message) {{}}',
            *([head + tail] if len(head + tail) <= 116 else [head, "   " + tail])])
    out += ['', 'namespace detail {', '',
            '// A code that the table has gained and this file does not know does not compile.',
            'template <stepdown_status Code> struct ErrorOf;',
            'template <> struct ErrorOf<STEPDOWN_OK> { using type = Error; };']
    out += [f'template <> struct ErrorOf<STEPDOWN_{name}> {{ using type = {camel(name)}Error; }};' for name, *_ in rows]
    out += ['#define STEPDOWN_HAS_CLASS(name, number, category, text)                                                               \\',
            '    static_assert(std::is_base_of_v<Error, ErrorOf<number>::type>, "run bindings/generate.py");',
            'STEPDOWN_STATUS_TABLE(STEPDOWN_HAS_CLASS)',
            '#undef STEPDOWN_HAS_CLASS',
            '',
            '[[noreturn]] inline void raise(stepdown_status status, std::shared_ptr<stepdown_error> error) {',
            '    switch (status) {']
    out += [f'    case STEPDOWN_{name}: throw {camel(name)}Error(std::move(error));' for name, *_ in rows]
    out += ['    default: throw Error(status, std::move(error)); // of a newer library', '    }', '}', '',
            '} // namespace detail', '} // namespace stepdown', '', '#endif', '']
    return "\n".join(out)


def page(rows):
    out = ['# Exceptions', '',
           'Every status code has one exception in every language, with the code, the message and the structured detail. This page is',
           'written by `bindings/generate.py` from the table in `include/stepdown/status.h`. In C++ the classes are called as in Python.', '',
           '| code | number | Python | below | means |', '|---|---|---|---|---|']
    for name, number, category, says in rows:
        below = "`Error`" if category == "HOST" else f"`{camel(category)}Error`"
        if name in PYTHON_BASES:
            below += f", `{PYTHON_BASES[name]}`"
        out.append(f"| {name} | {number} | `{camel(name)}Error` | {below} | {says} |")
    out += ['', '| family | what to do |', '|---|---|']
    out += [f"| `{camel(category)}Error` | {says} |" for category, says in CATEGORIES.items()]
    return "\n".join(out) + "\n"


def main():
    rows = read_table()
    files = {
        "bindings/python/src/stepdown/errors.py": python(rows),
        "bindings/cpp/include/stepdown/errors.hpp": cpp(rows),
        "bindings/exceptions.md": page(rows),
    }
    stale = [name for name, text in files.items()
             if not (ROOT / name).exists() or (ROOT / name).read_text(encoding="utf-8") != text]
    for name in stale:
        if "--check" in sys.argv:
            print(f"{name}: is not what include/stepdown/status.h gives; run bindings/generate.py")
        else:
            (ROOT / name).write_text(files[name], encoding="utf-8")
    print(f"{len(rows)} codes, {len(files)} files, {len(stale)} {'stale' if '--check' in sys.argv else 'written'}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
