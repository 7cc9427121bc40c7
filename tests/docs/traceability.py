#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Traceability: every requirement row -> elements of protocols -> scenarios that put it to the test.

usage: STEPDOWN_TOOL=… traceability.py [--check]   fails when a row has neither a test nor a reason
       STEPDOWN_TOOL=… traceability.py --update    writes docs/traceability.md and takes proven rows out of pending.tsv

docs/requirements/ holds what is to be traced: rows.tsv (row, wording), reasons.tsv (row, gap, why software cannot decide
it) and pending.tsv (rows that are still to be proven). While pending.tsv is not empty, a stale page and proven rows in it
are reported and do not fail, so that work side by side does not get in its own way; once it is empty, they do.
A row counts as proven when scenarios that came out as expected evaluated it, in the way its kind asks for (RULES)."""
import collections
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOL = os.environ.get("STEPDOWN_TOOL", str(ROOT / "build/release/stepdown"))
FOLDER = ROOT / "docs/requirements"
PAGE = ROOT / "docs/traceability.md"

SETS = ("C", "G")  # kinds for which `proves` does not count: an element must have been evaluated
# Kind of a row -> each of these groups must have one of its ways. Anything that happened will do for the other kinds.
RULES = {
    "G": [{"gate open"}, {"gate held"}],
    "C": [{"confirmed"}, {"unconfirmed", "not yet due"}],
    "F": [{"written", "proven"}],
    "R": [{"acted", "owns", "proven"}],
    "M": [{"measured"}],
    "PAR": [{"read", "proven"}],
}
NAMES = {"T": "triggers", "R": "roles", "F": "fields", "S": "steps and decisions", "G": "gate needs", "E": "escalations",
         "C": "confirmations", "M": "measures", "P": "patterns", "N": "notes", "X": "cross-cutting", "PAR": "parameters"}


def table(name, columns):
    path, out = FOLDER / name, {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        cells = line.split("\t")
        if len(cells) != columns or not all(cells) or cells[0] in out:
            sys.exit(f"{path.relative_to(ROOT)}:{number}: not {columns} columns, or the row is there already")
        out[cells[0]] = cells[1:] if columns > 1 else []
    return out


def run(*words):
    done = subprocess.run([TOOL, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"stepdown {' '.join(words[:3])} …: ended with {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-2000:]}")
    return done.stdout


def scenarios():
    files = glob.glob("examples/*/*.yaml", root_dir=ROOT) + glob.glob("tests/scenarios/*/*.yaml", root_dir=ROOT)
    return sorted(file for file in files if not file.endswith("fragments.yaml"))


def covered():
    """row -> {way: {file: number of scenarios and cases}}"""
    out = collections.defaultdict(lambda: collections.defaultdict(collections.Counter))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows.jsonl")
        run("scenario", "run", "--quiet", "--rows", path, *scenarios())
        with open(path, encoding="utf-8") as file:
            seen = set()
            for line in file:
                row = json.loads(line)
                key = (row["row"], row["how"], row["file"], row["case"])
                if key not in seen:
                    seen.add(key)
                    out[row["row"]][row["how"]][row["file"]] += 1
    return out


def elements():
    """row -> ["protocol: kind name"]"""
    out = collections.defaultdict(list)
    for protocol in json.loads(run("protocol", "list", "--json")):
        for element in json.loads(run("protocol", "show", protocol["name"], "--json")):
            for row in element["rows"].split():
                text = f"{element['kind']} `{element['name']}`"
                if element["within"]:
                    text += f" of `{element['within']}`"
                if text not in out[row]:
                    out[row].append(text)
    return out


def kind(row):
    head, tail = row.split("-")
    return re.match(r"[A-Z]+", tail).group() if len(head) == 3 and head != "PAR" else head


def proven(row, ways):
    rules = RULES.get(kind(row))
    counted = {way for way in ways if not (way == "proven" and kind(row) in SETS)}
    if rules is None:
        return bool(counted - {"read"})
    return all(counted & group for group in rules)


def natural(row):
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", row)]


def files_text(ways):
    """The files that put a row to the test, with how many of their cases, most first."""
    files = collections.Counter()
    for counter in ways.values():
        for file, count in counter.items():
            files[file] = max(files[file], count)
    best = sorted(files.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"[{Path(file).parent.name}/{Path(file).stem}](../{file})" + (f" ({count})" if count > 1 else "")
             for file, count in best[:3]]
    return ", ".join(shown) + (f" and {len(best) - 3} more" if len(best) > 3 else "")


def page(rows, reasons, pending, cover, made):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[row.split("-")[0]].append(row)
    done = sum(proven(row, cover.get(row, {})) for row in rows)
    lines = ["# Traceability", "",
             "Every requirement row, the elements of the shipped protocols that carry it, and the scenarios that put it to the "
             "test. Generated by", "`tests/docs/traceability.py --update` from what scenarios evaluated when they came out as expected "
             "([how a row counts](guide/scenario-files.md#which-rows-a-scenario-puts-to-the-test)):", "nothing is done because a file "
             "names it. A gate need counts when it was seen open and held, a confirmation when it was seen confirmed and not", "confirmed.",
             "", f"{len(rows)} rows: {done} proven, {len(reasons)} that software cannot decide, {len(pending)} still to be proven.", ""]
    for group, members in groups.items():
        lines += [f"## {group}", "", "| row | says | element | put to the test | how |", "|---|---|---|---|---|"]
        for row in members:
            ways = cover.get(row, {})
            if row in reasons:
                files, how = "", f"not decidable, {reasons[row][0]}: {reasons[row][1]}"
            else:
                files = files_text(ways)
                how = ("" if proven(row, ways) else "**still to be proven**" + ("; so far " if ways else "")) + ", ".join(sorted(ways))
            made_of = made.get(row, [])
            text = ", ".join(made_of[:3]) + (f" and {len(made_of) - 3} more" if len(made_of) > 3 else "")
            lines.append(f"| {row} | {rows[row][0]} | {text} | {files} | {how} |".replace("  ", " "))
        lines.append("")
    return "\n".join(lines)


def problems(rows, reasons, pending, cover, made):
    """(what fails, what fails once nothing is pending)"""
    hard, soft = [], []
    known = {row.split("-")[0] for row in rows}
    for row in sorted({*cover, *made, *reasons, *pending}, key=natural):
        if row not in rows and row.split("-")[0] in known and kind(row) != "M":
            hard.append(f"{row}: no such row in docs/requirements/rows.tsv")
    for row in rows:
        shown = proven(row, cover.get(row, {}))
        if shown and row in reasons:
            soft.append(f"{row}: proven, and reasons.tsv says that software cannot decide it")
        elif shown and row in pending:
            soft.append(f"{row}: proven, and still in pending.tsv")
        elif not shown and row not in reasons and row not in pending:
            hard.append(f"{row} ({rows[row][0]}): neither a test nor a reason; so far: {', '.join(cover.get(row, {})) or 'nothing'}")
    for row, (gap, _) in reasons.items():
        if not re.fullmatch(r"GAP-\d\d", gap):
            hard.append(f"{row}: its reason names no gap")
    return hard, soft


def main():
    rows, reasons, pending = table("rows.tsv", 2), table("reasons.tsv", 3), table("pending.tsv", 1)
    cover, made = covered(), elements()
    if sys.argv[1:] == ["--update"]:
        left = [row for row in pending if row in rows and not proven(row, cover.get(row, {})) and row not in reasons]
        (FOLDER / "pending.tsv").write_text("".join(f"{row}\n" for row in sorted(left, key=natural)), encoding="utf-8")
        pending = {row: [] for row in left}
        PAGE.write_text(page(rows, reasons, pending, cover, made), encoding="utf-8")
    hard, soft = problems(rows, reasons, pending, cover, made)
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page(rows, reasons, pending, cover, made):
        soft.append("docs/traceability.md is stale: run tests/docs/traceability.py --update")
    for line in hard + soft:
        print(line)
    missing = collections.Counter(f"{row.split('-')[0]} {NAMES.get(kind(row), kind(row))}" for row in pending)
    for group, count in sorted(missing.items()):
        print(f"still to be proven: {count} {group}")
    print(f"{len(rows)} rows, {len(hard)} problems, {len(soft)} to be brought up to date, {len(pending)} still to be proven")
    return 1 if hard or (soft and not pending) else 0


if __name__ == "__main__":
    sys.exit(main())
