#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/man/*.3, one page for each public header, from the comments in include/stepdown/.

usage: generate.py            write the pages
       generate.py --check    fail, and say which, when a page is not what the headers give

A header is read as groups: a comment and the declarations right below it, up to the next comment or empty line. What a
comment says is written once, in the header; here it is only laid out.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADERS = ROOT / "include" / "stepdown"
DATE = "November 22, 2026"
SUMMARIES = {
    "audit": "records, auditable validation, verification, outbox",
    "board": "work lists, queues and boards across pathways",
    "command": "sessions and commands",
    "engine": "options, stores, engines and time",
    "pathway": "pathways, items, entries, the board and gates",
    "protocol": "protocol files, and who holds a role",
    "result": "rows with named, typed columns",
    "status": "status codes and errors",
    "storage": "where records are kept, and how to bring a back end",
    "types": "slices, moments, memory and bytes",
}


class Group:
    """A comment and the declarations under it."""

    def __init__(self, comment):
        self.comment = comment  # lines
        self.functions = []     # (return type, name, [arguments])
        self.code = []          # everything else, as written
        self.section = ""


# ---- reading -----------------------------------------------------------------------------------------------------------

def without_plumbing(lines):
    """Drop preprocessor lines and what stands inside conditionals; the guard itself does not hide anything."""
    depth, out, skipping = 0, [], False
    for line in lines:
        if re.match(r"#\s*ifndef STEPDOWN_\w*_H$", line):
            continue
        if re.match(r"#\s*if", line):
            depth += 1
        elif re.match(r"#\s*endif", line):
            depth = max(depth - 1, 0)
        elif depth == 0 and not re.match(r"#\s*(include|undef|define STEPDOWN_\w*_H$)", line):
            out.append(line)
    return out


def split_arguments(text):
    arguments, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            arguments.append(text[start:i].strip())
            start = i + 1
    last = text[start:].strip()
    return arguments + [last] if last and last != "void" else arguments


def parse_function(text):
    flat = " ".join(text.split())
    flat = re.sub(r"^STEPDOWN_API (STEPDOWN_MUST_USE )?", "", flat)
    match = re.match(r"(.*?)(\w+)\((.*)\);$", flat)
    return match.group(1).strip(), match.group(2), split_arguments(match.group(3))


def statement(lines, at):
    """The declaration that begins at `at`: its lines and where the next begins."""
    depth, end = 0, at
    while True:
        code = re.sub(r"//.*", "", lines[end])
        depth += code.count("{") - code.count("}")
        end += 1
        if lines[at].startswith("#define"):
            if not lines[end - 1].endswith("\\"):
                break
        elif depth == 0 and code.rstrip().endswith(";"):
            break
    return lines[at:end], end


def read_groups(lines):
    groups, section, comment, group, at = [], "", [], None, 0
    while at < len(lines):
        line = lines[at]
        title = re.match(r"// -{3,} ?(.*?)(?: -{3,})?$", line)
        if title:
            section, comment, group = title.group(1).strip(" -"), [], None
            at += 1
        elif line.startswith("//"):
            comment.append(line[3:].rstrip())
            group = None
            at += 1
        elif not line.strip():
            if comment and not group:  # a comment that belongs to the section
                group = Group(comment)
                group.section = section
                groups.append(group)
            comment, group = [], None
            at += 1
        else:
            if not group:
                group = Group(comment)
                group.section = section
                groups.append(group)
                comment = []
            text, at = statement(lines, at)
            if text[0].startswith("STEPDOWN_API"):
                group.functions.append(parse_function("\n".join(text)))
            else:
                group.code += text
    return groups


def read_header(path):
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    intro = []
    while lines and lines[0].startswith("//"):
        intro.append(lines.pop(0)[3:].rstrip())
    return intro, read_groups(without_plumbing(lines))


# ---- writing -----------------------------------------------------------------------------------------------------------

def escape(text):
    text = text.replace("\\", "\\e").replace("`", "\\(aq") if "`" in text and text.count("`") % 2 else \
        re.sub(r"`([^`]*)`", r"\\fB\1\\fR", text.replace("\\", "\\e"))
    return "\\&" + text if text[:1] in (".", "'") else text


def sentences(words):
    """A new line for each sentence, as mdoc wants it."""
    text = " ".join(words)
    return [escape(part) for part in re.split(r"(?<=[a-z0-9)\"`_\]A-Z][.:;?!]) (?=[A-Z0-9*`\"(])", text)] if text else []


def paragraphs(comment):
    """Text of a comment. Empty lines begin a paragraph; `- ` makes a list; what is indented stays as it is."""
    out, words, kind = [], [], ""

    def turn(new):
        nonlocal kind
        out.extend(sentences(words))
        words.clear()
        if new != kind:
            out.extend({"list": [".El"], "block": [".Ed"]}.get(kind, []))
            out.extend({"list": [".Bl -bullet"], "block": [".Bd -literal"]}.get(new, []))
            kind = new

    for line in comment:
        if not line:
            turn("")
            if out and out[-1] not in (".Pp", ".El", ".Ed"):
                out.append(".Pp")
        elif line.startswith("- "):
            turn("list")
            out.append(".It")
            words.append(line[2:])
        elif line.startswith("  ") and kind != "list":
            turn("block")
            out.append(line.replace("\\", "\\e").replace("`", ""))
        else:
            if kind == "block" or (kind == "list" and not line.startswith(" ")):
                turn("")
            words.append(line.strip())
    turn("")
    while out and out[-1] == ".Pp":
        out.pop()
    return out


def verbatim(lines):
    indent = [".Bd -literal -offset indent"]
    body = [line.rstrip("\\").rstrip().replace("\\", "\\e") for line in lines]
    return indent + ["\\&" + line if line[:1] in (".", "'") else line for line in body] + [".Ed"]


def synopsis(groups, name):
    out = [".Sh SYNOPSIS", f".In stepdown/{name}.h"]
    for group in groups:
        for kind, function, arguments in group.functions:
            out += [f".Ft \"{kind}\"" if " " in kind else f".Ft {kind}", f".Fo {function}"]
            out += [f".Fa \"{argument}\"" for argument in (arguments or ["void"])]
            out.append(".Fc")
    return out


def description(group):
    out = []
    if group.functions:
        out.append(".It " + " , ".join(f"Fn {function}" for _, function, _ in group.functions))
        return out + paragraphs(group.comment)
    return out


def describe(groups):
    """Groups in order: sections as subsections, functions as a list, other declarations as they are written."""
    out, section, listing = [], "", False

    def end_list():
        nonlocal listing
        if listing:
            out.append(".El")
            listing = False

    for group in groups:
        if group.section != section:
            end_list()
            section = group.section
            out.append(f".Ss {escape(section[:1].upper() + section[1:])}")
        code = [line for line in group.code if not re.match(r"#define STEPDOWN_STATUS_(TABLE|ENUM)", group.code[0])]
        if not group.functions or code:
            end_list()
            if group.comment and out and not out[-1].startswith((".Ss", ".Pp")):
                out.append(".Pp")
            out += paragraphs(group.comment)
            out += verbatim(code) if code else []
            if not group.functions:
                continue
            group.comment = []
        if not listing:
            out.append(".Bl -tag -width Ds")
            listing = True
        out += description(group)
    end_list()
    return out


def status_table(text):
    rows = re.findall(r"X\((\w+), (\d+), (\w+), *\"(.*?)\"\)", text)
    out = [".Sh STATUS CODES",
           "A code is written",
           ".Dv STEPDOWN_NAME .",
           "Numbers are permanent.",
           ".Bl -tag -width Ds"]
    for name, number, category, meaning in rows:
        out += [f".It Dv STEPDOWN_{name} Pq {number}, category {category}", escape(meaning[:1].upper() + meaning[1:] + ".")]
    return out + [".El"]


RETURN = [
    ".Sh RETURN VALUES",
    "Functions of type",
    ".Vt stepdown_status",
    "return",
    ".Dv STEPDOWN_OK",
    "or a status code (%s);",
    "what they give back is untouched on failure, and",
    ".Fa out_error ,",
    "when it is not",
    ".Dv NULL ,",
    "receives an error that the caller frees with",
    ".Fn stepdown_error_free .",
]


def see_also(name):
    others = [f"stepdown_{other}" for other in sorted(SUMMARIES) if other != name]
    out = [".Sh SEE ALSO", ".Xr stepdown 1 ,", ".Xr stepdown 3 ,"] if name else [".Sh SEE ALSO", ".Xr stepdown 1 ,"]
    out += [f".Xr {other} 3 ," for other in others]
    out[-1] = out[-1].rstrip(" ,")
    return out


def head(title, summary):
    return ['.\\" SPDX-License-Identifier: Apache-2.0', '.\\" Made by docs/man/generate.py from the public headers.',
            f".Dd {DATE}", f".Dt {title.upper()} 3", ".Os", ".Sh NAME", f".Nm {title}", f".Nd {summary}"]


def page(name):
    path = HEADERS / f"{name}.h"
    intro, groups = read_header(path)
    out = head(f"stepdown_{name}", SUMMARIES[name])
    out += synopsis(groups, name)
    out += [".Sh DESCRIPTION"] + paragraphs(intro) + describe(groups)
    if name == "status":
        out += status_table(path.read_text(encoding="utf-8"))
    if any(kind == "stepdown_status" for g in groups for kind, _, _ in g.functions):
        codes = "see STATUS CODES above" if name == "status" else "listed in stepdown_status(3)"
        out += [line.replace("%s", codes) for line in RETURN]
    return "\n".join(out + see_also(name)) + "\n"


def umbrella():
    lines = (ROOT / "include/stepdown.h").read_text(encoding="utf-8").splitlines()
    out = head("stepdown", "an embeddable engine for step-down pathways after crisis care")
    out += [".Sh SYNOPSIS", ".In stepdown.h", ".Pp", "cc program.c $(pkg-config --cflags --libs stepdown)",
            ".Sh DESCRIPTION"]
    out += paragraphs([lines[1][2:].strip()])
    out += ["One page describes each header:", ".Bl -tag -width Ds"]
    for name in sorted(SUMMARIES):
        out += [f".It Xr stepdown_{name} 3", escape(SUMMARIES[name][:1].upper() + SUMMARIES[name][1:] + ".")]
    return "\n".join(out + [".El"] + see_also("")) + "\n"


def pages():
    known = {path.stem for path in HEADERS.glob("*.h")}
    if known != set(SUMMARIES):
        sys.exit(f"generate.py: SUMMARIES does not fit the headers: {sorted(known ^ set(SUMMARIES))}")
    made = {f"stepdown_{name}.3": page(name) for name in sorted(SUMMARIES)}
    made["stepdown.3"] = umbrella()
    return made


def main():
    folder, stale = ROOT / "docs" / "man", []
    made = pages()
    for name, text in made.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv[1:]:
                path.write_text(text, encoding="utf-8")
    extra = [path.name for path in folder.glob("*.3") if path.name not in made]
    if "--check" in sys.argv[1:]:
        for name in stale + extra:
            print(f"docs/man/{name} is not what the headers give; run docs/man/generate.py")
        return 1 if stale or extra else 0
    for name in extra:
        print(f"docs/man/{name} belongs to no header")
    print(f"{len(made)} pages, {len(stale)} changed")
    return 1 if extra else 0


if __name__ == "__main__":
    sys.exit(main())
