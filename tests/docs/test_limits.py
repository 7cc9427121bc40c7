#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/guide/limits.md says the numbers that the source has, and no limit of the source is left out of it."""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Row of the page: constant of the source, or text in which the number stands (with `{}` for it).
ROWS = {
    "argument of a command, also the text of a field": "engine/engine.h ENGINE_VALUE_MAX",
    "arguments of a command": "engine/engine.h ENGINE_ARGUMENTS_MAX",
    "name of an argument; verb and target": "engine/engine.h ENGINE_NAME_MAX",
    "person, role, organization, purpose": "engine/engine.h ENGINE_NAME_MAX",
    "role, organization and person of an assignment together": "engine/keys.h KEY_MAX -8",
    "command id": "api/command.c COMMAND_ID_MAX",
    "offset from UTC of when it happened": "record/record.h RECORD_OFFSET_MAX",
    "reason of an emergency access": "engine/emergency.c REASON_MAX",
    "length of an emergency access": "engine/emergency.c `seconds > {})`",
    "seed of a sample": "engine/sample.c SEED_MAX",
    "items that one sample draws": "engine/sample.c DRAWN_MAX",
    "events of one record": "engine/engine.h ENGINE_EVENTS_MAX",
    "values of one record that are kept apart from it": "record/record.h RECORD_WITHHELD_MAX",
    "core of a record": "record/record.h RECORD_CORE_MAX",
    "record as it is stored": "record/record.h RECORD_ROW_MAX",
    "turns of a cadence made up for after a long silence": "engine/cascade.c TURNS_MAX",
    "protocols attached by one command": "engine/draft.h DRAFT_ATTACH_MAX",
    "protocols of one pathway": "engine/compose.c COMPOSED_MAX -1",
    "people told by one step of a ladder": "engine/escalate.c RECIPIENTS_MAX",
    "records that one gate names as evidence": "engine/guard.c EVIDENCE_MAX",
    "records of one pathway in one call of advance": "engine/advance.c ADVANCE_RECORDS_MAX",
    "size of a file": "protocol/compile.h PROTOCOL_SOURCE_MAX",
    "files of one set, dictionaries included": "protocol/compile.c UNITS_MAX",
    "dictionaries that a file uses": "protocol/compiler.h USES_MAX",
    "nesting of YAML": "protocol/yaml.h YAML_DEPTH_MAX",
    "nodes of a file": "protocol/yaml.h YAML_NODES_MAX",
    "length of a name": "protocol/declare.c `key->size <= {};`",
    "names of one sort in a set": "protocol/compiler.h NAMES_MAX",
    "actions of a rule": "protocol/rules.c ACTIONS_MAX",
    "conditions about sets inside one another": "protocol/compiler.h QUANTIFIERS_MAX",
    "things laid together under `covered` or `gap`": "protocol/span.c NEEDS_MAX",
    "conditions inside one another while they are evaluated": "rule/parts.h RULE_DEPTH_MAX",
    "problems that are listed": "protocol/yaml.h YAML_PROBLEMS_MAX -1",
    "rows of a page (`limit`)": "api/command.c `limit <= {} ?`",
    "items that one page of a board looks at": "report/view_board.c BOARD_LOOKED_MAX",
    "value of a query for boards": "api/board.c QUERY_VALUE_MAX",
    "message of an error": "base/status.c MESSAGE_MOST",
    "diagnostics of an error": "base/status.h DIAGNOSTICS_MAX",
    "key of a store": "storage/storage.h STORAGE_KEY_MAX",
    "value of a store": "storage/storage.h STORAGE_VALUE_MAX",
    "lists inside one another in a stored value": "record/value.h VALUE_DEPTH_MAX",
    "name of a zone": "base/zone.h ZONE_NAME_MOST",
    "name of an engine": "engine/engine.h ENGINE_NAME_MAX",
    "tries of a command that loses against other writers": "api/options.c OPTIONS_RETRIES_MAX",
    "pathways in memory": "api/options.c OPTIONS_CACHE_MAX",
}
# Sizes of rooms inside that nobody outside meets, or that follow from one that is listed.
INSIDE = {
    "CALLED_MAX", "CITED_MAX", "COMPLAINTS_MAX", "DAYS_MAX", "DRAFT_ATTRS_MAX", "DRAFT_WATCH_MAX", "ENGINE_EVENTS_MAX", "FACTS_MAX",
    "HEAD_MAX", "KEY_COMMAND_MAX", "KEY_ORGANIZATION_MAX", "NESTING_MAX", "RECORDS_MAX", "SCALE_MAX", "TIME_MAX", "WHAT_MAX",
}


def number(what):
    file, _, rest = what.partition(" ")
    text = (ROOT / "src" / file).read_text(encoding="utf-8")
    if rest.startswith("`"):
        found = re.search(re.escape(rest.strip("`")).replace(r"\{\}", r"(\d+)"), text)
        return int(found.group(1)) if found else None
    name, _, less = rest.partition(" ")
    found = re.search(rf"\b{name} = ([\d *]+)", text)
    if not found:
        return None
    value = 1
    for factor in found.group(1).split("*"):
        value *= int(factor)
    return value + int(less or 0)


def main():
    page = (ROOT / "docs/guide/limits.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|", page, re.M))
    rows = {what: most for what, most in rows.items() if what != "what" and most != "as the protocol says"}
    problems = [f"the page lacks: {what}" for what in sorted(ROWS.keys() - rows.keys())]
    problems += [f"compared with nothing: {what}" for what in sorted(rows.keys() - ROWS.keys())]
    for what in sorted(ROWS.keys() & rows.keys()):
        said, is_so = int(re.search(r"[\d,]+", rows[what]).group().replace(",", "")), number(ROWS[what])
        if said != is_so:
            problems.append(f"{what}: the page says {said}, {ROWS[what]} is {is_so}")
    named = {re.match(r"\S+ (\w+)", where).group(1) for where in ROWS.values() if "`" not in where} | INSIDE
    for path in sorted((ROOT / "src").glob("*/*.[ch]")):
        if path.parent.name != "cli":
            for name in re.findall(r"\b([A-Z][A-Z_]*_MAX)\b = ", path.read_text(encoding="utf-8")):
                if name not in named:
                    problems.append(f"{path.name}: {name} is neither on the page nor inside")
    for problem in problems:
        print(f"docs/guide/limits.md: {problem}")
    print(f"{len(rows)} limits, {len(problems)} problems")
    return 1 if problems or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
