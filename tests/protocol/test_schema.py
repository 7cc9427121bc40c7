# SPDX-License-Identifier: Apache-2.0
# The JSON Schema for editors: a schema itself, met by every shipped protocol file and by every case that the compiler
# accepts, and not met by what it promises to notice.
import copy
import glob
import json
import sys

import jsonschema
import yaml

with open("docs/schema/protocol.schema.json", encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
failures = []


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def accepts(path):
    for error in validator.iter_errors(load(path)):
        failures.append(f"{path}: {error.json_path}: {error.message[:200]}")


shipped = sorted(glob.glob("src/protocols/*.yaml"))
assert shipped, "no shipped protocols"
for path in shipped:
    accepts(path)
for path in sorted(glob.glob("tests/protocol/cases/*/expected.txt")):
    with open(path, encoding="utf-8") as file:
        accepted = file.readline() == "OK\n"
    if accepted:
        accepts(path.replace("expected.txt", "input.yaml"))

protocol = load("src/protocols/failed-first-visit-huddle.yaml")


def refuses(what, change):
    changed = copy.deepcopy(protocol)
    change(changed)
    if validator.is_valid(changed):
        failures.append(f"not noticed: {what}")


refuses("a missing title", lambda p: p.pop("title"))
refuses("an unknown section", lambda p: p.update(itmes={}))
refuses("an unknown key of an item", lambda p: p["items"]["huddle"].update(ownr="supervisor"))
refuses("an unknown kind", lambda p: p["items"]["huddle"].update(kind="hudle"))
refuses("an item without a kind", lambda p: p["items"]["huddle"].pop("kind"))
refuses("a need without says", lambda p: p["gates"]["second_visit_starts"]["needs"]["FVH-G1"].pop("says"))
refuses("a need without a condition", lambda p: p["gates"]["second_visit_starts"]["needs"].update({"FVH-G1": {"says": "x"}}))
refuses("a rule that does nothing", lambda p: p["rules"]["FVH-T1"].pop("do"))
refuses("an unknown type", lambda p: p["forms"]["visit_record"]["fields"]["attempts"].update(type="nummer"))
refuses("several roles under by", lambda p: p["forms"]["visit_record"].update(by=["nurse", "supervisor"]))
refuses("a step without a time", lambda p: p["escalations"]["FVH-E2"]["ladder"][0].pop("answer_within"))
refuses("a pattern without a review", lambda p: p["patterns"]["FVH-P1"].pop("open"))

for failure in failures:
    print(failure)
print(f"{len(shipped)} shipped files, {len(failures)} failures")
sys.exit(1 if failures else 0)
