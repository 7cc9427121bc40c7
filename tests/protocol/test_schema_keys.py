# SPDX-License-Identifier: Apache-2.0
# The compiler and the JSON Schema know the same keys, place by place. The keys are read out of the compiler's tables.
import glob
import json
import re
import sys

source = "\n".join(open(path, encoding="utf-8").read() for path in sorted(glob.glob("src/protocol/*.[ch]")))
with open("docs/schema/protocol.schema.json", encoding="utf-8") as file:
    schema = json.load(file)
defs = schema["$defs"]
failures = []

# ---- the compiler's side -----------------------------------------------------------------------------------------------

strings = dict(re.findall(r'#define (\w+_KEYS) ((?:"[^"]*"|\w+| )+)', source))
strings |= dict(re.findall(r'static const char (\w+_keys)\[\] =\s*((?:"[^"]*"\s*)+);', source))


def words(expression):
    """Of literals and names of literals that stand side by side."""
    found = set()
    for literal, name in re.findall(r'"([^"]*)"|([A-Za-z_]+)', expression):
        found |= set(literal.split()) if not name else words(strings[name])
    return found


def table(opening):
    """First two columns of a table: a kind's word and the options that go with it."""
    body = re.search(re.escape(opening) + r".*?\] = \{\n(.*?)\n\};", source, re.S).group(1)
    return {row[0]: {row[0]} | words(row[1])
            for row in re.findall(r'\{"(\w+)", ((?:"[^"]*"|[A-Z_]+| )+),', body)}


def named(what):
    """Keys that are allowed where a complaint says `what`."""
    calls = re.findall(rf'compiler_keys\(c, [^;]*?"{what}",\s*([^;]*?)\)\)?[;\n &|?)]', source)
    assert calls, f"nothing reads {what}"
    return set().union(*(words(call) for call in calls))


conditions = table("static const struct condition_kind {")
values = table("static const struct value_kind {")
actions = set().union(*table("} actions[").values()) if "} actions[" in source else set()
said = {"says", "row"}
compared = set().union(*values.values()) | said | words("COMPARE_KEYS")

# ---- the schema's side -------------------------------------------------------------------------------------------------


def closed(node):
    """Property names of the first object, in it or below, that takes no others; None: it takes any."""
    if "enum" in node.get("propertyNames", {}):
        return set(node["propertyNames"]["enum"])
    if node.get("additionalProperties") is False:
        return set(node["properties"])
    if "$ref" in node:
        return closed(defs[node["$ref"].rsplit("/", 1)[1]])
    inner = [node.get("additionalProperties"), node.get("items"), *node.get("allOf", []), *node.get("anyOf", [])]
    return next((found for part in inner if isinstance(part, dict) and (found := closed(part)) is not None), None)


confirm = defs["confirm"]["additionalProperties"]["properties"]
item = defs["item"]["properties"]
places = [
    ("a protocol", words("protocol_keys"), defs["protocol"]),
    ("a dictionary", words("dictionary_keys"), defs["dictionary"]),
    ("an overlay", words("overlay_keys"), defs["overlay"]),
    ("what is about a subject", words("half_keys"), defs["also"]["additionalProperties"]),
    ("a role", named("a role"), defs["roles"]),
    ("a calendar rule", named("a calendar rule"), defs["calendar"]),
    ("a parameter", named("a parameter"), defs["parameters"]),
    ("a field", words("field_keys"), defs["field"]),
    ("a form", words('"row says title about by by_any many records member amount fields"'), defs["forms"]),
    ("a report", words('"row says title to fields"'), defs["reports"]),
    ("a gate", named("a gate"), defs["gates"]),
    ("a confirmation", named("a confirmation"), defs["confirm"]),
    ("for, of a confirmation", words('"each " FILTER_KEYS'), confirm["for"]),
    ("a decision", named("a decision"), item["decisions"]),
    ("for, of an item", words('"each where"'), item["for"]),
    ("an item", words("item_keys"), defs["item"]),
    ("a draw", named("a draw"), item["draw"]),
    ("a transition", named("a transition"), defs["protocol"]["properties"]["transition"]),
    ("a rule", named("a rule"), defs["rules"]),
    ("an escalation", named("an escalation"), defs["escalations"]["additionalProperties"]["anyOf"][1]),
    ("a comparison", words("COMPARE_KEYS"), defs["where"]),
    ("a parameter in an overlay", named("a parameter in an overlay"), defs["overlay"]["properties"]["parameters"]),
    ("a cadence", named("a cadence"), defs["trigger"]["anyOf"][2]),
    ("a step", named("a step"), defs["ladder"]),
    ("an action", actions, defs["actions"]),
    ("a dashboard", named("a dashboard"), defs["dashboards"]),
    ("a cell", named("a cell"), defs["dashboards"]["additionalProperties"]["properties"]["cells"]),
    ("a value", set().union(*values.values()) | said, defs["value"]),
    ("a condition", set().union(*conditions.values()) | compared, defs["condition"]),
    ("a need", set().union(*conditions.values()) | compared, defs["gates"]["additionalProperties"]["properties"]["needs"]),
    ("a pattern", set().union(*conditions.values()) | compared | words("pattern_keys"), defs["patterns"]),
    ("an interval", named("an interval"), defs["span"]["anyOf"][2]),
    ("what is selected", named("what is selected"), defs["span"]["anyOf"][1]),
]
for what, known, node in places:
    shown = closed(node)
    if shown is None:
        failures.append(f"{what}: the schema takes any key")
    elif known != shown:
        failures.append(f"{what}: only the compiler knows {sorted(known - shown)}, only the schema {sorted(shown - known)}")
elsewhere = {"this value": "a value", "this condition": "a condition", "this action": "an action", "for": "for, of an item"}
compared_places = {what for what, _, _ in places}
for what in set(re.findall(r'compiler_keys\(c, [^;"]*"([^"]+)"', source)):
    if elsewhere.get(what, what) not in compared_places:
        failures.append(f"{what}: is compared with nothing in the schema")
for literal in ("row says title about by by_any many records member amount fields", "row says title to fields", "each where"):
    if f'"{literal}"' not in source:
        failures.append(f'the compiler reads "{literal}" no more')

for failure in failures:
    print(failure)
print(f"{len(places)} places, {len(failures)} failures")
sys.exit(1 if failures else 0)
