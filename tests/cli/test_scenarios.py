#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scenarios from outside: the examples against their golden transcripts, what stops a scenario, what is wrong with a file.

After a change that is meant to change transcripts: STEPDOWN_TOOL=… test_scenarios.py --update"""
import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOL = os.environ["STEPDOWN_TOOL"]
ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples/failed-first-visit").glob("*.yaml"))
SCENARIOS = [file for file in sorted([*ROOT.glob("examples/*/*.yaml"), *ROOT.glob("tests/scenarios/*/*.yaml")])
             if not file.name.endswith("fragments.yaml")]
GOLDEN = ROOT / "tests/cli/golden"
# Transcripts that are kept: all of the failed first visit, and the story of each other example.
KEPT = {example: GOLDEN / (example.stem + ".txt") for example in EXAMPLES}
KEPT |= {story: GOLDEN / (story.parent.name + ".txt") for story in sorted(ROOT.glob("examples/*/1-the-story.yaml"))
         if story not in KEPT}

HEADER = """\
scenario: A test
protocols: [failed-first-visit-huddle]
zone: America/New_York
start: 2026-03-03 09:00
store: memory
fallback: {person: Ruth Adler, role: service-leader@harborview}
organizations: {harborview: provider, brightpath: case-management, riverside: provider}
people:
  Maria Chen: supervisor@harborview
  Sam Ortiz: frontline-worker@harborview
  Denise Walker: case-manager@brightpath
  Kim Novak: supervisor@riverside
steps:
  - {as: Maria Chen, open: failed-first-visit-huddle, with: {subject: p-1}, save: it}
  - {as: Maria Chen, do: join-pathway brightpath}
"""


def play(*words, **environment):
    done = subprocess.run([TOOL, "scenario", "run", *map(str, words)], capture_output=True, text=True, timeout=60,
                          check=False, cwd=ROOT, env={**os.environ, **environment})
    return done.returncode, done.stdout, done.stderr


def play_text(text, *words):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        code, out, err = play(file.name, *words)
        return code, out.replace(file.name, "FILE"), err.replace(file.name, "FILE")


class Examples(unittest.TestCase):
    maxDiff = None

    def test_there_are_four(self):
        self.assertEqual(len(EXAMPLES), 4)

    def test_transcripts_are_as_they_were(self):
        self.assertGreaterEqual(len(KEPT), 4 + 14)
        for example, kept in KEPT.items():
            with self.subTest(example.relative_to(ROOT)):
                code, out, err = play(example.relative_to(ROOT))
                self.assertEqual((code, err), (0, ""), out[-2000:])
                golden = kept.read_text()
                if out != golden:
                    self.fail("\n".join(difflib.unified_diff(golden.split("\n"), out.split("\n"), "golden", "now",
                                                             lineterm="", n=2)))

    def test_transcripts_do_not_depend_on_zone_locale_or_store(self):
        example = EXAMPLES[0].relative_to(ROOT)
        wanted = (GOLDEN / (EXAMPLES[0].stem + ".txt")).read_text()
        self.assertEqual(play(example, TZ="Asia/Kathmandu", LC_ALL="de_DE.UTF-8")[1], wanted)
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(play(example, "--store", os.path.join(folder, "kept.db"))[1], wanted)
            self.assertIn("kept.db", os.listdir(folder))

    def test_no_temporary_store_stays_behind(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(play(EXAMPLES[0], TMPDIR=folder)[0], 0)
            self.assertEqual(os.listdir(folder), [])

    def test_json_sums_up(self):
        code, out, err = play(*EXAMPLES, "--json")
        self.assertEqual((code, err), (0, ""))
        outcomes = json.loads(out)
        self.assertEqual([outcome["met"] for outcome in outcomes], [True] * 4)
        self.assertTrue(all(outcome["expectations"] > 5 for outcome in outcomes))

    def test_examples_fit_the_schema(self):
        import jsonschema
        import yaml

        def read(text):
            """As YAML 1.2 does: 14:05 is text, 2 is a number."""
            def plain(node):
                if isinstance(node, dict):
                    return {key: plain(value) for key, value in node.items()}
                if isinstance(node, list):
                    return [plain(value) for value in node]
                return int(node) if re.fullmatch(r"\d+", node) else node
            return plain(yaml.load(text, yaml.BaseLoader))
        schema = json.loads((ROOT / "docs/schema/scenario.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for file in SCENARIOS:
            with self.subTest(file.relative_to(ROOT)):
                validator.validate(read(file.read_text()))
        broken = read(EXAMPLES[0].read_text())
        broken["steps"][0]["tel"] = "x"
        self.assertFalse(validator.is_valid(broken))

    def test_schema_and_tool_know_the_same_keys(self):
        schema = json.loads((ROOT / "docs/schema/scenario.schema.json").read_text())
        source = (ROOT / "src/cli/scenario_shape.c").read_text()
        tables = {name: set(re.findall(r'\{"([^"]+)", &', body))
                  for name, body in re.findall(r"static const struct key (\w+)_keys\[\] = \{(.*?)\};", source, re.S)}

        def keys(node):
            """Of the object that a schema describes, wherever it stands in it."""
            if "properties" in node:
                return set(node["properties"])
            inner = [keys(part) for part in [*node.get("anyOf", []), *(v for v in (node.get("items"), node.get("additionalProperties"))
                                                                       if isinstance(v, dict))]]
            return next((found for found in inner if found), set())
        expect = schema["$defs"]["expect"]["properties"]
        places = {"scenario": schema, "case": schema["$defs"]["case"], "step": schema["$defs"]["step"],
                  "use": schema["$defs"]["use"], "expect": schema["$defs"]["expect"], "gate": expect["gate"],
                  "item": expect["items"], "alert": expect["alerts"], "board": expect["board"], "entry": expect["entries"],
                  "event": expect["events"], "message": expect["messages"], "pathway": expect["pathway"],
                  "confirmation": expect["confirmations"], "migration": expect["migration"]}
        for name, node in places.items():
            with self.subTest(name):
                self.assertEqual(tables[name], keys(node))

    def test_the_worked_example_of_the_guide_reads(self):
        guide = (ROOT / "docs/guide/scenario-files.md").read_text()
        example = re.search(r"## A worked example\n\n```yaml\n(.*?)```", guide, re.S).group(1)
        code, out, err = play_text(example)
        self.assertEqual((code, err), (0, ""), out[-1500:])


class Stopping(unittest.TestCase):
    def unmet(self, step, *texts):
        code, out, _ = play_text(HEADER + step)
        self.assertEqual(code, 1, out)
        self.assertIn("expectation not met", out)
        self.assertIn("expected  ", out)
        self.assertIn("actual    ", out)
        for text in texts:
            self.assertIn(text, out)

    def test_it_stops_at_the_first_expectation_that_is_not_met(self):
        self.unmet("  - {at: +1 hour, tell: later, expect: {items: {name: huddle, state: open}}}\n"
                   "  - {at: +1 hour, tell: never told}\n",
                   "FILE:16:", "name huddle, state open", "2 of 4 steps")
        self.assertNotIn("never told", play_text(HEADER + "  - {tell: x, expect: {alerts: {to: Nobody}}}\n"
                                                          "  - {tell: never told}\n")[1])

    def test_each_kind_of_expectation_can_fail(self):
        plan = ("  - {as: Denise Walker, submit: discharge_plan, with: {first_visit_at: 2026-03-03 14:00, "
                "warning_signs: other, preferred_contact_method: telephone}, expect: {%s}}\n")
        for expect, text in (
                ("items: {name: first_visit, owner: Kim Novak}", "owner Sam Ortiz"),
                ("items: {name: first_visit, due: next day 09:00}", "due Wed 4 Mar 2026 00:00"),
                ("items: {name: first_visit, count: 2}", "1"),
                ("alerts: {to: Maria Chen}", "there is none"),
                ("board: {owner: Kim Novak}", "Sam Ortiz"),
                ("entries: {form: discharge_plan, fields: {preferred_contact_method: letter}}", "telephone"),
                ("events: huddle.opened", "form.submitted"),
                ("confirmations: {FVH-C1: confirmed}", "FVH-C1"),
                ("confirmations: {FVH-X9: confirmed}", "there is none"),
                ("measures: {FVH-M1: '1'}", "not known"),
                ("measures: {FVH-X9: '1'}", "there is no such measure"),
                ("pathway: {closed: yes}", "closed no"),
                ("messages: {to: Maria Chen}", "there is none"),
                ("sees: Kim Novak", "DENIED"),
                ("cannot see: Denise Walker", "OK")):
            with self.subTest(expect):
                self.unmet(plan % expect, text)

    def test_what_is_loaded_is_refused_or_stops_the_scenario(self):
        self.unmet("  - {load: failed-first-visit-huddle, refused: PROTOCOL}\n", "PROTOCOL")
        self.unmet("  - {load: failed-first-visit-huddle, with: {PAR-99: 1}, refused: {status: PROTOCOL, says: PAR-98}}\n",
                   "PAR-98", "PAR-99")
        code, out, _ = play_text(HEADER + "  - {load: failed-first-visit-huddle, with: {PAR-99: 1}}\n")
        self.assertEqual(code, 1)
        self.assertIn("stopped by PROTOCOL", out)
        self.unmet("  - {load: failed-first-visit-huddle, with: {PAR-01.late_after: '19:00'}}\n"
                   "  - {tell: x, expect: {migration: {fate: moved, count: 7}}}\n", "7 with fate moved")

    def test_a_refusal_that_does_not_come_is_not_met(self):
        self.unmet("  - {as: Maria Chen, do: discharge pathway, refused: DENIED}\n", "DENIED", "OK")

    def test_another_refusal_than_the_expected_is_not_met(self):
        self.unmet("  - {as: Kim Novak, do: discharge pathway, refused: HELD}\n", "DENIED")

    def test_a_failure_that_was_not_expected_stops(self):
        code, out, _ = play_text(HEADER + "  - {as: Maria Chen, do: start huddle}\n")
        self.assertEqual(code, 1)
        self.assertRegex(out, r"FILE:16:\d+: stopped by NOT_FOUND")

    def test_the_same_command_id_again_changes_nothing(self):
        step = ("  - {as: Denise Walker, submit: contact, command id: a, with: {contact_outcome: attempted, "
                "contact_method: letter, contact_planned: planned}, expect: {events: {event: contact.attempted, count: %d}}}\n")
        code, out, _ = play_text(HEADER + step % 1 + step % 0)
        self.assertEqual(code, 0, out)

    def test_names_are_kept_and_written_with_a_dollar(self):
        code, out, _ = play_text(
            HEADER + "  - {as: Denise Walker, submit: contact, with: {contact_outcome: attempted, contact_method: letter, "
            "contact_planned: planned, contact_note: costs 2$$}, save: letter}\n"
            "  - {as: Denise Walker, retract: $letter, with: {reason: wrong person}, expect: {entries: {id: $letter, "
            "retracted: yes, fields: {contact_note: costs 2$$}}}}\n"
            "  - {pathway: $it, tell: the same pathway, expect: {pathway: {subject: p-1}}}\n")
        self.assertEqual(code, 0, out)


CASES = HEADER + """\
  - {label: plan, as: Denise Walker, submit: discharge_plan, with: {first_visit_at: 2026-03-03 14:00, warning_signs: other,
     preferred_contact_method: telephone}}
  - {label: taken, as: Sam Ortiz, do: accept first_visit, expect: {items: {name: first_visit, accepted: yes}}}
  - {label: late, at: 15:00, as: Maria Chen, tell: nothing happened}
"""


class Cases(unittest.TestCase):
    def outcomes(self, text, *words):
        code, out, err = play_text(text, "--json", *words)
        self.assertEqual(err, "")
        return code, [(outcome["case"], outcome["met"]) for outcome in json.loads(out)]

    def test_each_case_starts_afresh_and_the_others_go_on_when_one_stops(self):
        code, outcomes = self.outcomes(CASES + """\
cases:
  - case: First
    steps: [{as: Sam Ortiz, do: start first_visit, expect: {items: {name: first_visit, state: started}}}]
  - case: Wrong
    steps: [{expect: {items: {name: first_visit, state: started}}}]
  - case: Third
    steps: [{as: Sam Ortiz, do: start first_visit, expect: {items: {name: first_visit, state: started}}}]
""")
        self.assertEqual((code, outcomes), (1, [("First", True), ("Wrong", False), ("Third", True)]))

    def test_a_case_leaves_steps_out_and_may_end_its_beginning_earlier(self):
        code, outcomes = self.outcomes(CASES + """\
cases:
  - case: Not taken
    without: [taken, late]
    steps: [{expect: {items: {name: first_visit, accepted: no}}, at: 2026-03-03 09:30}]
  - case: Before the plan
    until: plan
    steps: [{as: Sam Ortiz, do: accept first_visit, refused: NOT_FOUND}, {expect: {items: {name: first_visit, count: 0}}}]
  - case: Another parameter and fewer people
    people: {Sam Ortiz: [], Max Stone: frontline-worker@harborview}
    without: taken
    steps: [{expect: {items: {name: first_visit, owner: Max Stone}}}]
""")
        self.assertEqual((code, outcomes), (0, [("Not taken", True), ("Before the plan", True),
                                                ("Another parameter and fewer people", True)]))

    def test_a_fragment_fills_its_parameters_in(self):
        code, outcomes = self.outcomes(CASES + """\
cases:
  - case: A fragment
    steps:
      - {use: go, at: 16:00, as: Sam Ortiz, label: gone, with: {item: first_visit, state: started, wanted: {state: started, count: 1}}}
fragments:
  go:
    - {do: start $item, expect: {items: [$wanted, {name: $item, state: $state}]}}
    - {use: see, with: {what: $item}}
  see:
    - {expect: {items: {name: $what, title: First home visit after discharge}}}
""")
        self.assertEqual((code, outcomes), (0, [("A fragment", True)]))

    def test_fragments_may_stand_in_a_file_of_their_own(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "shared.yaml").write_text("look: [{at: $when, tell: x, expect: {items: {name: first_visit}}}]\n")
            Path(folder, "story.yaml").write_text(CASES + "fragments: shared.yaml\n")
            Path(folder, "more.yaml").write_text("scenario: More\ncontinues: {file: story.yaml, until: late}\n"
                                                 "steps: [{use: look, with: {when: 10:00}}]\n")
            Path(folder, "most.yaml").write_text("scenario: Most\ncontinues: {file: more.yaml}\n"
                                                 "steps: [{use: look, with: {when: 11:00}}]\n")
            self.assertEqual(play(Path(folder, "more.yaml"))[0], 0)
            code, out, err = play(Path(folder, "most.yaml"))
        self.assertEqual((code, err), (0, ""), out)
        self.assertIn('It begins as in "More".', out)

    def test_quiet_tells_one_line_and_why_it_stopped(self):
        code, out, _ = play_text(CASES + "cases:\n  - {case: Good, steps: [{tell: x}]}\n"
                                 "  - {case: Bad, steps: [{expect: {items: {name: first_visit, state: missed}}}]}\n", "--quiet")
        self.assertEqual(code, 1)
        self.assertEqual(len(out.strip().split("\n")), 7, out)
        self.assertIn("actual    name first_visit, state booked", out)

    def test_a_kept_store_is_for_one_scenario(self):
        code, _, err = play_text(CASES + "cases:\n  - {case: A, steps: [{tell: x}]}\n  - {case: B, steps: [{tell: x}]}\n",
                                 "--store", "x.db")
        self.assertEqual(code, 2)
        self.assertIn("has 2 cases", err)


class Reports(unittest.TestCase):
    """What other programs read: a file whose three cases are met, not met and stopped, and a file that is wrong."""
    FILE = CASES + """\
cases:
  - {case: Good, steps: [{tell: x}]}
  - {case: "Bad #1 <&>", steps: [{expect: {items: {name: first_visit, state: missed}}}]}
  - {case: "Stopped \\"here\\"", steps: [{as: Sam Ortiz, do: decide first_visit}]}
"""

    def report(self, *words):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "a.yaml").write_text(self.FILE)
            Path(folder, "b.yaml").write_text("scenario: Wrong\n")
            code, out, err = play(Path(folder, "a.yaml"), Path(folder, "b.yaml"), *words)
        return code, out.replace(folder, "F"), err.replace(folder, "F")

    def test_tap_has_a_plan_and_one_line_for_each_case(self):
        code, out, err = self.report("--tap")
        self.assertEqual((code, err), (2, ""))
        lines = out.split("\n")
        self.assertEqual(lines[:2], ["TAP version 14", "1..4"])
        self.assertEqual([line for line in lines if line.startswith(("ok", "not ok"))],
                         ["ok 1 - F/a.yaml: A test: Good", r"not ok 2 - F/a.yaml: A test: Bad \#1 <&>",
                          'not ok 3 - F/a.yaml: A test: Stopped "here"', "not ok 4 - F/b.yaml: Wrong"])
        import yaml
        blocks = [yaml.safe_load(block) for block in re.findall(r"^  ---\n(.*?)^  \.\.\.$", out, re.M | re.S)]
        self.assertEqual([sorted(block) for block in blocks],
                         [["actual", "expected", "message", "records"], ["actual", "message"], ["message", "mistakes"]])
        self.assertEqual(blocks[0]["expected"], "name first_visit, state missed")
        self.assertRegex(blocks[1]["actual"], "^INVALID: ")

    def test_junit_has_the_shape_that_its_readers_know(self):
        from xml.etree import ElementTree
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "out.xml")
            code, out, _ = self.report("--quiet", "--junit", path)
            root = ElementTree.parse(path).getroot()
        self.assertEqual(code, 2)
        self.assertIn("3 played, 1 as expected, 2 not; 1 files are wrong", out)
        shape = {"testsuites": ({"name", "tests", "failures", "errors", "time"}, {"testsuite"}),
                 "testsuite": ({"name", "tests", "failures", "errors", "time", "file"}, {"testcase"}),
                 "testcase": ({"name", "classname", "time"}, {"failure", "error"}),
                 "failure": ({"message", "type"}, set()), "error": ({"message", "type"}, set())}
        self.assertEqual(root.tag, "testsuites")
        for element in root.iter():
            attributes, children = shape[element.tag]
            self.assertEqual(set(element.attrib), attributes, element.tag)
            self.assertLessEqual({child.tag for child in element}, children)
            for number in {"tests", "failures", "errors", "time"} & set(element.attrib):
                self.assertGreaterEqual(float(element.get(number)), 0)
        for suite in root:
            self.assertEqual(int(suite.get("tests")), len(suite.findall("testcase")))
            self.assertEqual(int(suite.get("failures")), len(suite.findall("testcase/failure")))
            self.assertEqual(int(suite.get("errors")), len(suite.findall("testcase/error")))
        self.assertEqual((root.get("tests"), root.get("failures"), root.get("errors")), ("4", "2", "1"))
        self.assertEqual([case.get("name") for case in root.iter("testcase")],
                         ["Good", "Bad #1 <&>", 'Stopped "here"', "Wrong"])

    def test_rows_are_those_that_scenarios_as_expected_put_to_the_test(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "rows.jsonl")
            code, _, err = play_text(CASES + """\
cases:
  - case: Good
    proves: X-45
    steps:
      - {as: Sam Ortiz, do: no-access first_visit, with: {visit_time: 2026-03-03 14:00, access_attempt: knocked, attempts: 1,
         person_response: no-answer, staff_safety_concern: no}, expect: {confirmations: {FVH-C1: unconfirmed}}, proves: [X-27, X-28]}
  - case: Not as expected
    proves: X-46
    steps:
      - {as: Denise Walker, submit: contact, with: {contact_outcome: attempted, contact_method: letter, contact_planned: planned}}
      - {expect: {items: {name: first_visit, state: missed}}, proves: X-29}
  - {case: Nothing expected, proves: X-47, steps: [{tell: x}]}
""", "--quiet", "--rows", str(path))
            self.assertEqual((code, err), (1, ""))
            rows = [json.loads(line) for line in path.read_text().splitlines()]
        self.assertEqual({row["case"] for row in rows}, {"Good", "Nothing expected"})
        found = {(row["row"], row["how"]) for row in rows if row["case"] == "Good"}
        for wanted in (("FVH-T1", "rule.fired"), ("FVH-S1", "huddle.opened"), ("FVH-F1", "written"), ("FVH-R2", "acted"),
                       ("FVH-R1", "owns"), ("FVH-C1", "unconfirmed"), ("PAR-01", "read"), ("X-45", "proven"), ("X-27", "proven"),
                       ("X-28", "proven")):
            self.assertIn(wanted, found)
        self.assertFalse({"FVH-E1", "FVH-G1", "FVH-C2", "FVH-S5", "X-46", "X-47", "X-29"} & {row["row"] for row in rows})
        element = next(row for row in rows if row["row"] == "FVH-F1")
        self.assertEqual((element["element"], element["scenario"]), ("field visit_time", "A test"))

    def test_only_one_report_goes_to_standard_output(self):
        code, _, err = self.report("--tap", "--json")
        self.assertEqual(code, 2)
        self.assertIn("choose one", err)
        code, _, err = self.report("--quiet", "--junit", "no/such/folder/x.xml")
        self.assertEqual(code, 2)
        self.assertIn("no/such/folder/x.xml cannot be written", err)


class Mistakes(unittest.TestCase):
    def wrong(self, text, *diagnostics):
        code, out, err = play_text(text)
        self.assertEqual((code, out), (2, ""), err)
        lines = err.strip().split("\n")
        for diagnostic in diagnostics:
            self.assertTrue(any(diagnostic in line for line in lines), (diagnostic, err))
        self.assertEqual(len(lines), len(diagnostics), err)

    def test_all_mistakes_of_a_file_are_listed(self):
        self.wrong("""\
scenario: Bad
protocols: [failed-first-visit-huddle]
zone: America/Nowhere
start: 2026-03-02 25:00
stor: memory
fallback: {person: Ruth Adler, role: service-leader@nowhere}
organizations: {harborview: provider}
people:
  Maria Chen: supervisor@harborview
  Sam Ortiz: frontline
steps:
  - {at: 2026-03-02 09:00, as: Maria Chen, open: failed-first-visit-huddle, with: {subject: p-1}}
  - {at: 2026-03-01 09:00, as: Nobody, do: start}
  - as: Maria Chen
    submit: visit_record
    with: {a: {b: c}}
    refused: {status: HOLD, unmt: [X]}
    expect: {gate: {name: x, is: shut}, items: [{stat: open, count: many}], alerts: {about: $nothing}}
  - {at: half past nine, show: bored, refused: HELD}
  - {do: start huddle, submit: form}
""",
                   "FILE:3:7: there is no zone 'America/Nowhere'", "FILE:4:8: '2026-03-02 25:00' is not a time",
                   "FILE:5:1: unknown key 'stor'; did you mean 'store'?", "FILE:6:38: 'nowhere' is not among",
                   "FILE:10:14: a role is written role@organization", "FILE:13:10: time does not run backwards",
                   "FILE:13:32: 'Nobody' is not among the people", "FILE:13:44: 'do' is a verb and what it is done to",
                   "FILE:16:15: text or a list is expected here, not a map", "FILE:17:23: 'HOLD' is no status",
                   "FILE:17:29: unknown key 'unmt'; did you mean 'unmet'?", "FILE:18:34: 'shut' is not one of: open, held",
                   "FILE:18:50: unknown key 'stat'; did you mean 'state'?", "FILE:18:69: 'many' is not a number",
                   "FILE:18:93: no earlier step saved 'nothing'", "FILE:19:10: 'half past nine' is not a time",
                   "FILE:19:32: 'bored' cannot be shown", "FILE:19:48: 'refused' belongs to a step",
                   "FILE:20:10: a step does one thing", "FILE:20:10: nobody does this: 'as' is missing")

    def test_a_step_that_loads_protocols_is_nobodys(self):
        self.wrong(HEADER + "  - {as: Maria Chen, load: failed-first-visit-huddle, save: x}\n"
                            "  - {load: failed-first-visit-huddle, for: nowhere, deliver: yes}\n"
                            "  - {tell: x, for: harborview}\n",
                   "FILE:16:10: 'as' does not belong to a step that loads", "FILE:16:61: 'save' does not belong",
                   "FILE:17:44: 'nowhere' is not among", "FILE:17:12: a step does one thing; 'load' is the second",
                   "FILE:18:20: 'for' belongs to a step that loads")

    def test_what_is_missing_is_named(self):
        self.wrong("scenario: Bad\n", *(f"'{key}' is missing" for key in (
            "protocols", "zone", "start", "fallback", "organizations", "people", "steps")))
        self.wrong("scenario: Bad\ncases: [{case: x, steps: [{tell: x}]}, {case: y, steps: [{tell: x}]}]\n",
                   *(f"'{key}' is missing" for key in ("protocols", "zone", "start", "fallback", "organizations", "people")))

    def test_files_that_are_no_scenario(self):
        self.wrong("", "is empty")
        self.wrong("- a\n", "a map (key: value) is expected here, not a list")
        self.wrong("scenario: [\n", "not readable as YAML")
        self.wrong("a: &x 1\nb: *x\n" + HEADER, "anchors", "unknown key 'a'", "unknown key 'b'", "aliases")
        self.wrong(HEADER + "zone: UTC\n", "'zone' is given twice")
        self.wrong(HEADER + "  - {tell: " + "[" * 40 + "]" * 40 + "}\n", "nested more than 32 deep")
        code, _, err = play("no-such-file.yaml")
        self.assertEqual(code, 2)
        self.assertIn("no-such-file.yaml:1:1: cannot be opened", err)

    def test_a_time_that_the_clocks_skip_is_a_mistake(self):
        self.wrong(HEADER + "  - {at: 2026-03-08 02:30, tell: never}\n", "does not exist in this zone")

    def test_a_scenario_that_cannot_be_continued(self):
        story = ROOT / "examples/failed-first-visit"
        for file, until, text in ((story / "1-the-story.yaml", "no such step", "no step there is labelled"),
                                  (story / "3-second-refusal.yaml", "x", "no step there is labelled"),
                                  (story / "none.yaml", "x", "cannot be opened")):
            code, _, err = play_text(f"scenario: A\ncontinues: {{file: {file}, until: {until}}}\n"
                                     "steps:\n  - {tell: x}\n")
            self.assertEqual(code, 2)
            self.assertIn(text, err)

    def test_scenarios_that_continue_one_another_without_end_are_a_mistake(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, other in (("a.yaml", "b.yaml"), ("b.yaml", "a.yaml")):
                Path(folder, name).write_text(f"scenario: A\ncontinues: {{file: {other}}}\nsteps: [{{tell: x}}]\n")
            code, _, err = play(Path(folder, "a.yaml"))
        self.assertEqual(code, 2)
        self.assertIn("continue one another more than 8 times", err)

    def test_mistakes_of_cases_and_fragments(self):
        self.wrong(HEADER + """\
fragments:
  knock: [{as: $who, do: $verb first_visit, proves: X-1}]
  none: []
  deep: [{use: deep}]
cases:
  - {case: One, steps: [{use: knok}, {use: knock, with: {who: Sam Ortiz, verb: accept, colour: blue}}], without: nothing}
  - {case: Two, until: never, steps: []}
  - {case: Three, steps: [{use: deep}, {use: knock, with: {who: [a, b], verb: [a, b]}, do: start huddle}], witout: x}
  - {steps: [{use: knock, with: {who: Sam Ortiz, verb: [a, b]}}]}
  - Five
""",
                   "FILE:17:53: nothing is proven: the step has neither 'expect' nor 'refused'",
                   "FILE:18:9: a fragment is a list with at least one step", "FILE:19:16: fragments use one another too deep at 'deep'",
                   "FILE:21:31: there is no fragment 'knok'", "FILE:21:88: the fragment 'knock' has no $colour",
                   "FILE:21:114: no step before this case is labelled 'nothing'",
                   "FILE:22:24: no step of what it continues is labelled 'never'", "FILE:22:38: 'steps' is a list with at least one step",
                   "FILE:23:88: unknown key 'do'", "FILE:23:108: unknown key 'witout'; did you mean 'without'?",
                   "FILE:24:5: 'case' is missing", "FILE:24:56: the fragment writes 'verb' inside a text; one text is needed",
                   "FILE:25:5: a case is a map")

    def test_one_store_is_for_one_file(self):
        code, _, err = play(EXAMPLES[0], EXAMPLES[1], "--store", "x.db")
        self.assertEqual(code, 2)
        self.assertIn("give one file", err)


def update():
    GOLDEN.mkdir(exist_ok=True)
    for example, kept in KEPT.items():
        kept.write_text(play(example.relative_to(ROOT))[1])


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        update()
    else:
        sys.exit(unittest.main(verbosity=1))
