#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`pathway replay`: under the same protocol nothing differs, under another one what differs is named."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOL = os.environ["STEPDOWN_TOOL"]
ROOT = Path(__file__).resolve().parents[2]
MARIA = "Maria Chen:supervisor@harborview"
NAME = "failed-first-visit-huddle"
PROTOCOL = (ROOT / f"src/protocols/{NAME}.yaml").read_text()


def run(*words):
    done = subprocess.run([TOOL, *map(str, words)], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


class Replay(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def played(self, scenario):
        """A kept store of the scenario, and the words that name its pathway."""
        store = Path(self.folder.name, Path(scenario).stem + ".db")
        code, out, err = run("scenario", "run", "--quiet", scenario, "--store", store)
        self.assertEqual(code, 0, out + err)
        pathways = json.loads(run("pathway", "list", "--store", store, "--as", MARIA, "--json")[1])
        return ["--store", store, "--as", MARIA, "--pathway", pathways[0]["pathway"]]

    def replay(self, which, *protocol):
        code, out, err = run("pathway", "replay", *protocol, *which, "--json")
        self.assertEqual(code, 0, err)
        return json.loads(out)

    def changed(self, *replacements):
        text = PROTOCOL
        for old, new in replacements:
            self.assertIn(old, text)
            text = text.replace(old, new, 1)
        path = Path(self.folder.name, "changed.yaml")
        path.write_text(text)
        return path

    def test_nothing_differs_under_the_protocol_that_was_in_force(self):
        for scenario in sorted(Path(ROOT, "examples/failed-first-visit").glob("*.yaml")):
            with self.subTest(scenario.name):
                self.assertEqual(self.replay(self.played(scenario), NAME), [])

    def test_work_that_changes_hands_is_read_back(self):
        scenario = Path(self.folder.name, "shift.yaml")
        scenario.write_text(f"""\
scenario: Work changes hands
continues: {{file: {ROOT}/examples/failed-first-visit/1-the-story.yaml, until: the second visit}}
people: {{Nina Vogel: [supervisor@harborview, known-staff@harborview]}}
steps:
  - {{at: 2026-03-04 10:30, as: Lena Brandt, do: offer second_visit, with: {{owner: Nina Vogel, reason: on leave}}}}
  - {{as: Nina Vogel (known-staff), do: decline second_visit, with: {{reason: no car}}}}
  - {{as: Lena Brandt, do: delegate second_visit, with: {{person: Nina Vogel, reason: asks for it}}}}
  - {{as: Nina Vogel (known-staff), do: give-back second_visit, with: {{reason: done}}}}
  - {{as: Maria Chen, do: hand-over-shift pathway, with: {{to: Nina Vogel, reason: end of shift}}}}
  - {{as: Nina Vogel (supervisor), do: take-over-shift pathway}}
  - {{as: Maria Chen, do: cancel refusal_route, with: {{reason: not needed, kind: not-needed}}}}
  - {{as: Nina Vogel (supervisor), do: reassign pathway, with: {{from: Nina Vogel, to: Maria Chen, reason: back again}}}}
""")
        self.assertEqual(self.replay(self.played(scenario), NAME), [])

    def test_reassigning_several_items_at_once_is_not_replayed_and_said(self):
        scenario = Path(self.folder.name, "shift.yaml")
        scenario.write_text(f"""\
scenario: Everything goes to somebody else
continues: {{file: {ROOT}/examples/failed-first-visit/1-the-story.yaml, until: the second visit}}
people: {{Nina Vogel: supervisor@harborview}}
steps:
  - {{at: 2026-03-04 10:30, as: Maria Chen, do: reassign pathway, with: {{from: Maria Chen, to: Nina Vogel, reason: ill}}}}
""")
        rows = self.replay(self.played(scenario), NAME)
        self.assertEqual([(row["change"], row["explanation"]) for row in rows],
                         [("not replayed", "it reassigned several items at once")])

    def test_a_new_need_would_have_held_the_visit(self):
        which = self.played("examples/failed-first-visit/1-the-story.yaml")
        path = self.changed(("      FVH-G5:\n", "      FVH-G9: {says: family informed, field: huddle.family_informed}\n      FVH-G5:\n"),
                            ("      next_planned_contact: {row",
                             "      family_informed: {says: family informed, type: yes-no, optional: yes}\n      next_planned_contact: {row"))
        rows = self.replay(which, path)
        held = [row for row in rows if row["change"] == "held"]
        self.assertEqual([(row["step"], row["rows"], row["at"]) for row in held],
                         [("start second_visit", "FVH-G9", "2026-03-04T20:00:00Z")])
        self.assertIn("family informed is not recorded", held[0]["explanation"])
        self.assertTrue(all(row["sequence"] == held[0]["sequence"] for row in rows), rows)
        out = run("pathway", "replay", path, *which)[1]
        self.assertIn("Wed 4 Mar 15:00 EST  start second_visit\n    held FVH-G9; HELD: ", out)
        self.assertTrue(out.endswith("1 differences, 0 steps not replayed\n"), out)

    def test_an_earlier_due_time_moves_deadlines_and_raises_alerts(self):
        path = self.changed(("    due: same day\n    escalate: FVH-E2", "    due: 1 hour\n    escalate: FVH-E2"))
        rows = self.replay(self.played("examples/failed-first-visit/1-the-story.yaml"), path)
        self.assertIn(("due moved", "huddle.opened", "huddle", "2026-03-04T05:00:00Z", "2026-03-03T20:05:00Z"),
                      [(row["change"], row["event"], row["name"], row["before"], row["after"]) for row in rows])
        self.assertIn(("happened", "alert.opened", "FVH-E2"), [(row["change"], row["event"], row["name"]) for row in rows])
        rows = self.replay(self.played("examples/failed-first-visit/2-huddle-not-held.yaml"), path)
        self.assertIn(("moved", "alert.opened", "FVH-E2", "2026-03-04T05:00:00Z", "2026-03-03T20:10:00Z"),
                      [(row["change"], row["event"], row["name"], row["before"], row["after"]) for row in rows])

    def test_a_pattern_that_would_not_have_matched_leaves_its_review_out(self):
        rows = self.replay(self.played("examples/failed-first-visit/3-second-refusal.yaml"), NAME, "FVH-P1=3")
        self.assertEqual([(row["change"], row["event"], row["rows"]) for row in rows if row["event"]],
                         [("did not happen", "pattern.matched", "FVH-P1"), ("did not happen", "review.opened", "")])
        self.assertEqual([(row["change"], row["explanation"]) for row in rows if not row["event"]],
                         [("not replayed", "what it speaks of does not exist in the replay")])

    def test_what_was_erased_is_not_replayed_and_said(self):
        which = self.played("examples/failed-first-visit/1-the-story.yaml")
        code, _, err = run("do", "erase", "clinical_advice", "basis=court order", "authority=privacy officer", *which)
        self.assertEqual(code, 0, err)
        rows = self.replay(which, NAME)
        cannot = [(row["step"], row["explanation"]) for row in rows if row["change"] == "not replayed"]
        self.assertIn(("submit clinical_advice", "a value that it gave was erased"), cannot)
        self.assertIn("it erased values, which are gone already", [why for _, why in cannot])
        self.assertIn(("held", "FVH-G3"), [(row["change"], row["rows"]) for row in rows])

    def test_it_changes_nothing_but_the_access(self):
        which = self.played("examples/failed-first-visit/1-the-story.yaml")
        before = run("audit", "show", *which, "--json", "--limit", "1000")[1]
        self.replay(which, NAME, "FVH-P1=3")
        self.assertEqual(run("audit", "show", *which, "--json", "--limit", "1000")[1], before)
        self.assertEqual(self.replay(which, NAME, "FVH-P1=3"), self.replay(which, NAME, "FVH-P1=3"))

    def test_mistakes(self):
        which = self.played("examples/failed-first-visit/1-the-story.yaml")
        self.assertEqual(run("pathway", "replay", "no-such-protocol", *which)[0], 2)
        code, _, err = run("pathway", "replay", self.changed(("    kind: huddle\n", "    kind: hudle\n")), *which)
        self.assertEqual(code, 2)
        self.assertRegex(err, r"changed\.yaml:\d+:\d+: ")
        stranger = [*which]
        stranger[stranger.index(MARIA)] = "Kim Novak:supervisor@riverside"
        code, _, err = run("pathway", "replay", NAME, *stranger)
        self.assertEqual(code, 1)
        self.assertIn("DENIED", err)

    def test_every_story_can_be_replayed(self):
        for scenario in sorted(ROOT.glob("examples/*/1-the-story.yaml")):
            with self.subTest(scenario.parent.name):
                store = Path(self.folder.name, scenario.parent.name + ".db")
                code, out, err = run("scenario", "run", "--quiet", scenario, "--store", store)
                self.assertEqual(code, 0, out + err)
                text = scenario.read_text()
                protocol = text.split("protocols: [")[1].split("]")[0].split(",")[0].strip()
                person, role = text.split("people:\n")[1].split("\n")[0].strip().split(":", 1)
                actor = f"{person}:{role.strip(' []').split(',')[0]}"
                for row in json.loads(run("pathway", "list", "--store", store, "--as", actor, "--json")[1]):
                    if row["protocol"] != protocol:
                        continue
                    code, out, err = run("pathway", "replay", protocol, "--store", store, "--as", actor, "--pathway", row["pathway"])
                    self.assertEqual(code, 0, err)
                    print(scenario.parent.name, out.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=1))
