#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tool from outside: help, commands on a store, refusals, mistakes, JSON, no colours in a pipe."""
import contextlib
import json
import os
import pty
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

TOOL = os.environ["STEPDOWN_TOOL"]
ROOT = Path(__file__).resolve().parents[2]
MARIA = "Maria Chen:supervisor@harborview"
SAM = "Sam Ortiz:frontline-worker@harborview"
DENISE = "Denise Walker:case-manager@brightpath"


def run(*words, **environment):
    """Exit code, standard output, standard error."""
    done = subprocess.run([TOOL, *words], capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, "TZ": "UTC", **environment})
    return done.returncode, done.stdout, done.stderr


def on_terminal(*words, **environment):
    """What the tool writes when its output is a terminal."""
    leader, follower = pty.openpty()
    with subprocess.Popen([TOOL, *words], stdout=follower, stderr=follower, stdin=subprocess.DEVNULL,
                          env={**os.environ, "TERM": "xterm", **environment}) as process:
        os.close(follower)
        text = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:
                break
            if not piece:
                break
            text += piece
        process.wait(timeout=60)
    os.close(leader)
    return text.decode()


def commands():
    """Every command that the overview lists."""
    overview = run("--help")[1]
    listed = overview.split("Commands\n")[1].split("\n\n")[0]
    return [re.match(r"  ((?:\S+ ?){1,2}?)\s{2,}", line).group(1).split() for line in listed.split("\n")
            if not line.startswith("    ")]


class Help(unittest.TestCase):
    def test_every_command_has_help_with_an_example(self):
        found = commands()
        self.assertGreater(len(found), 20)
        for words in found:
            code, out, err = run("help", *words)
            self.assertEqual((code, err), (0, ""), words)
            self.assertIn("stepdown " + " ".join(words), out)
            self.assertRegex(out, r"\nExample\n  stepdown " + re.escape(" ".join(words)))
            self.assertEqual(run(*words, "--help")[1], out)

    def test_the_manual_page_names_every_command_and_option(self):
        page = (ROOT / "docs/man/stepdown.1").read_text()
        for words in commands():
            self.assertIn(".It Cm " + " ".join(words), page)
        for option in re.findall(r"^  --([\w-]+) ", run("--help")[1], re.M):
            self.assertRegex(page, rf"Fl -{option}\b")

    def test_examples_of_the_help_use_options_that_exist(self):
        known = set(re.findall(r"^  (--[\w-]+) ", run("--help")[1], re.M))
        for words in commands():
            used = set(re.findall(r" (--[\w-]+)", run("help", *words)[1].split("\nExample\n")[1]))
            self.assertLessEqual(used, known, words)

    def test_version(self):
        code, out, _ = run("--version")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"^stepdown \d+\.\d+\.\d+\n$")

    def test_nothing_to_do_shows_the_overview_and_fails(self):
        code, out, err = run()
        self.assertEqual((code, out), (2, ""))
        self.assertIn("Commands", err)


class Usage(unittest.TestCase):
    def refused(self, words, text):
        code, out, err = run(*words)
        self.assertEqual((code, out), (2, ""), words)
        self.assertIn(text, err)

    def test_wrong_command_lines_say_what_is_wrong(self):
        self.refused(["bord"], "there is no command bord")
        self.refused(["gate", "chek"], "stepdown gate check GATE")
        self.refused(["board", "--stor", "x"], "there is no option --stor")
        self.refused(["board", "--store"], "--store needs a value")
        self.refused(["board", "--json=yes"], "--json takes no value")
        self.refused(["board", "extra"], "too many arguments")
        self.refused(["submit"], "too few arguments")
        self.refused(["pathway", "show"], "--pathway ID is needed")
        self.refused(["board", "--pathway", "X"], "--as ACTOR:ROLE@ORGANIZATION is needed")
        self.refused(["board", "--pathway", "X", "--as", "Maria"], "--as is written ACTOR:ROLE@ORGANIZATION")
        self.refused(["board", "--pathway", "X", "--as", MARIA], "--store FILE is needed")
        self.refused(["board", "--zone", "Mars/Olympus"], "there is no zone 'Mars/Olympus'")
        self.refused(["store", "init", "--store", "x"], "--fallback")
        self.refused(["role", "list", "--store", "x", "--create"], "--create needs --fallback")

    def test_no_command_makes_a_store_by_itself(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "none.db")
            code, _, err = run("role", "list", "--store", path)
            self.assertEqual(code, 2)
            self.assertIn("NOT_FOUND", err)
            self.assertEqual(os.listdir(folder), [])


class Protocols(unittest.TestCase):
    def test_shipped_protocol_checks_shows_and_draws(self):
        self.assertIn("failed-first-visit-huddle", run("protocol", "list")[1])
        self.assertEqual(run("protocol", "check", "failed-first-visit-huddle")[0], 0)
        code, out, _ = run("protocol", "show", "failed-first-visit-huddle")
        self.assertEqual(code, 0)
        self.assertIn("FVH-G1", out)
        code, out, _ = run("protocol", "draw", "failed-first-visit-huddle")
        self.assertEqual(code, 0)
        self.assertTrue(out.startswith("digraph"), out[:40])

    def test_list_says_what_each_protects_from(self):
        out = run("protocol", "list")[1]
        self.assertRegex(out, r"failed-first-visit-huddle 1\.0\.0\n  Same-day huddle .*\(about a person; \d\d requirement rows\)\n"
                              r"  protects: A person who has just left")
        listed = json.loads(run("protocol", "list", "--json")[1])
        files = sorted(path.stem for path in (ROOT / "src/protocols").glob("*.yaml")
                       if path.read_text().startswith("protocol:"))
        self.assertEqual(sorted(row["name"] for row in listed), files)
        self.assertTrue(all(row["rows"] > 10 and row["protects"] and row["subject"] for row in listed))

    def test_every_shipped_protocol_checks_shows_draws_and_equals_itself(self):
        for row in json.loads(run("protocol", "list", "--json")[1]):
            with self.subTest(row["name"]):
                self.assertEqual(run("protocol", "check", row["name"])[0], 0)
                self.assertIn("protects: ", run("protocol", "show", row["name"])[1])
                self.assertTrue(run("protocol", "draw", row["name"])[1].startswith("digraph"))
                self.assertEqual(run("protocol", "diff", row["name"], row["name"])[1], "no differences\n")

    def test_all_shipped_protocols_go_together_in_one_set(self):
        names = [row["name"] for row in json.loads(run("protocol", "list", "--json")[1])]
        self.assertEqual(run("protocol", "check", *names), (0, "no problems found\n", ""))

    def test_every_parameter_of_the_register_can_be_set(self):
        names = [row["name"] for row in json.loads(run("protocol", "list", "--json")[1])]
        text = "".join(path.read_text() for path in (ROOT / "src/protocols").glob("*.yaml"))
        for number in range(1, 45):
            self.assertRegex(text, rf"row: *\[?[^\]}}\n]*PAR-{number:02}\b")
        code, _, err = run("protocol", "check", *names, "PAR-99=1 day", "PAR-44=often")
        self.assertEqual(code, 2)
        self.assertIn("PAR-99", err)
        self.assertIn("PAR-44", err)

    def test_diff_says_which_way(self):
        name = "failed-first-visit-huddle"
        with tempfile.TemporaryDirectory() as folder:
            overlay = os.path.join(folder, "north.yaml")
            Path(overlay).write_text(f"overlay: north\nversion: 1.0.0\nof: {name}\nreviews:\n  access_review: {{due: 1 day}}\n")
            code, out, err = run("protocol", "diff", name, f"{name}+{overlay}")
            self.assertEqual((code, err), (0, ""))
            self.assertRegex(out, r"^tightened +- +item access_review: due: 2 days -> 1 day\n$")
            self.assertIn("loosened", run("protocol", "diff", f"{name}+{overlay}", name)[1])
            rows = json.loads(run("protocol", "diff", name, f"{name}+FVH-P1=3", "--json")[1])
            self.assertIn(("parameter", "refusals", "2", "3"),
                          [(row["kind"], row["name"], row["before"], row["after"]) for row in rows])
        self.assertEqual(run("protocol", "diff", name, "no-such-protocol")[0], 2)

    def test_a_bad_file_is_reported_with_every_position(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("protocol: bad\nversion: 1.0.0\ntitle: Bad\nuses: [common]\nsubject: person\nnonsense: 1\n"
                       "items:\n  x: {kind: nothing}\n")
            file.flush()
            code, _, err = run("protocol", "check", file.name)
            self.assertEqual(code, 2)
            self.assertRegex(err, re.escape(file.name) + r":6:\d+: ")
            self.assertRegex(err, re.escape(file.name) + r":8:\d+: ")
            code, _, err = run("protocol", "check", file.name, "--json")
            self.assertEqual(code, 2)
            found = json.loads(err)
            self.assertEqual(found["status"], "PROTOCOL")
            self.assertGreaterEqual(len(found["diagnostics"]), 2)

    def test_an_unknown_protocol_is_not_found(self):
        code, _, err = run("protocol", "check", "no-such-protocol")
        self.assertEqual(code, 2)
        self.assertIn("NOT_FOUND", err)


class Report(unittest.TestCase):
    """What is handed to whom, after the stories of two protocols were played."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def report(self, story, *words):
        store = os.path.join(self.folder.name, story.replace("/", "-") + ".db")
        if not os.path.exists(store):
            self.assertEqual(run("scenario", "run", ROOT / "examples" / story, "--store", store, "--quiet")[0], 0)
        who = ["--store", store, "--as", MARIA]
        pathway = json.loads(run("pathway", "list", *who, "--json")[1])[0]["pathway"]
        code, out, err = run("report", *words, "--pathway", pathway, *who)
        self.assertEqual((code, err), (0, ""))
        return out

    def test_a_funder_gets_need_intensity_and_what_it_prevented(self):
        out = self.report("funding-intensity-huddle/1-the-story.yaml", "--for", "funder")
        need, intensity, prevented = (re.search(rf"{row}\b.*\n +answered +confirmed\n +value +(\S+)", out).group(1)
                                      for row in ("FIH-C2", "FIH-C4", "FIH-C6"))
        self.assertIn("staff-recommendation", need)
        self.assertEqual((intensity, prevented), ("within-authorization", "none-observed"))
        self.assertIn("What it measures", out)
        self.assertIn("Near fall on the way to the bathroom", out)
        for title in ("Who held what", "What is still to be done"):
            self.assertNotIn(title, out)

    def test_a_regulator_gets_response_oversight_and_decisions(self):
        out = self.report("post-crisis-warm-handoff/1-the-story.yaml", "--for", "regulator")
        for row in ("WHO-C1", "WHO-C2", "WHO-C3", "WHO-C5"):
            self.assertRegex(out, rf"{row}\b.*\n(.*\n)? +answered +confirmed")
        response, oversight, decisions = (out.index(title) for title in (
            "Who held what between release and first contact", "What was done, by whom, and what was raised to whom",
            "What was recorded and decided"))
        self.assertLess(response, oversight)
        self.assertIn("Nora Field", out[response:oversight])
        self.assertIn("missed", out[oversight:decisions])
        self.assertRegex(out[decisions:], r"by [A-Z][a-z]+ [A-Z][a-z]+ \(")

    def test_somebody_of_the_household_gets_what_consent_allows(self):
        out = self.report("funding-intensity-huddle/1-the-story.yaml", "--for", "caregiver", "--purpose", "family")
        self.assertRegex(out, r"FIH-C1.*\n +answered +confirmed\n +value +withheld")
        self.assertNotIn("Bounded to five evenings", out)
        self.assertNotIn("staff-recommendation", out)

    def test_an_audience_reads_for_a_purpose(self):
        code, _, err = run("report", "--for", "auditor", "--pathway", "X", "--store", "none.db", "--as", MARIA)
        self.assertNotEqual(code, 0)
        self.assertNotEqual(err, "")


class Store(unittest.TestCase):
    """One store with one pathway, filled step by step; tests only look or are refused."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.store = os.path.join(cls.folder.name, "care.db")
        cls.must("store", "init", "--fallback", "Ruth Adler:service-leader@harborview")
        cls.must("org", "set", "harborview", "provider")
        cls.must("org", "set", "brightpath", "case-management")
        cls.must("org", "set", "riverside", "provider")
        cls.must("role", "assign", MARIA, "from=2026-01-01T00:00:00Z", "on_call=yes")
        cls.must("role", "assign", SAM, "from=2026-01-01T00:00:00Z")
        cls.must("protocol", "activate", "failed-first-visit-huddle")
        receipt = json.loads(cls.must("pathway", "start", "failed-first-visit-huddle", "subject=p-1",
                                      "zone=America/New_York", "--as", MARIA, "--json"))
        cls.pathway = receipt[0]["pathway"]
        cls.must("do", "join-pathway", "brightpath", *cls.on(MARIA))
        cls.must("submit", "discharge_plan", "first_visit_at=2026-03-03 14:00", "warning_signs=missed-contact",
                 "warning_signs=withdrawal", "preferred_contact_method=telephone", *cls.on(DENISE))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def must(cls, *words):
        code, out, err = run(*words, "--store", cls.store)
        if code != 0:
            raise AssertionError(f"{words}: {code} {err}")
        return out

    @classmethod
    def on(cls, who):
        return ["--pathway", cls.pathway, "--as", who]

    def tool(self, *words):
        return run(*words, "--store", self.store)

    def test_commands_without_an_answer_say_ok_in_json(self):
        for words in (["org", "set", "harborview", "provider"], ["protocol", "activate", "failed-first-visit-huddle"],
                      ["role", "assign", SAM, "from=2026-01-01T00:00:00Z"]):
            self.assertEqual(json.loads(self.must(*words, "--json")), {"status": "OK"})
            self.assertEqual(self.must(*words), "")

    def test_init_refuses_a_store_that_exists(self):
        code, _, err = self.tool("store", "init", "--fallback", "Ruth Adler:service-leader@harborview")
        self.assertEqual(code, 2)
        self.assertIn("EXISTS", err)

    def test_a_foreign_file_is_refused(self):
        path = os.path.join(self.folder.name, "foreign.db")
        Path(path).write_bytes(b"SQLite format 3\0" + b"no" * 4000)
        code, _, err = run("role", "list", "--store", path)
        self.assertEqual(code, 3)
        self.assertRegex(err, "UNSUPPORTED|CORRUPT")

    def test_views_are_tables_and_cards(self):
        self.assertIn("Maria Chen", self.must("role", "list"))
        self.assertIn("failed-first-visit-huddle", self.must("protocol", "list"))
        self.assertIn("first_visit", self.must("pathway", "show", *self.on(MARIA)))
        self.assertIn(self.pathway, self.must("pathway", "list", "--as", MARIA))
        board = self.must("board", *self.on(MARIA))
        self.assertRegex(board, r" 1\. ")
        self.assertIn("Sam Ortiz (frontline-worker)", board)
        self.assertIn("EST", board)  # the pathway's zone, not the machine's
        self.assertIn("UTC", self.must("board", "--zone", "UTC", *self.on(MARIA)))
        self.assertIn("FVH-C1", self.must("audit", "validate", *self.on(MARIA)))
        self.assertIn("intact", self.must("audit", "verify"))
        self.assertIn("Denise Walker", self.must("audit", "show", *self.on(MARIA)))

    def test_json_of_every_view_parses(self):
        for words in (["role", "list"], ["protocol", "list"], ["pathway", "show", *self.on(MARIA)],
                      ["pathway", "show", "--live", *self.on(MARIA)], ["pathway", "list", "--as", MARIA],
                      ["board", *self.on(MARIA)], ["audit", "show", *self.on(MARIA)],
                      ["audit", "validate", *self.on(MARIA)], ["audit", "verify"],
                      ["outbox", "lease", "--as", MARIA]):
            code, out, err = self.tool(*words, "--json")
            self.assertEqual((code, err), (0, ""), words)
            self.assertIsInstance(json.loads(out), list, words)

    def test_a_pathway_is_shown_as_it_was_known_then(self):
        time.sleep(1.1)
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        time.sleep(1.1)
        self.must("do", "notice", "pathway", "text=the ferry is late", *self.on(DENISE))
        self.must("submit", "contact", "contact_outcome=attempted", "contact_method=video", "contact_planned=planned",
                  *self.on(DENISE))
        self.assertIn("video", self.must("pathway", "show", *self.on(MARIA)))
        then = self.must("pathway", "show", "--as-of", moment, *self.on(MARIA))
        self.assertNotIn("video", then)
        self.assertIn("discharge_plan", then)
        self.assertNotIn("ferry", self.must("audit", "show", "--as-of", moment, *self.on(MARIA)))
        code, _, err = self.tool("pathway", "show", "--as-of", "2020-01-01T00:00:00Z", *self.on(MARIA))
        self.assertNotEqual(code, 0)
        self.assertIn("nothing was known", err)
        shown = self.must("pathway", "show", "--happened-by", "2020-01-01T00:00:00Z", *self.on(MARIA))
        self.assertIn("first_visit", shown)  # items are there; of entries only what had happened
        self.assertIn("no entries", shown)
        code, _, err = self.tool("pathway", "show", "--as-of", "2199-01-01T00:00:00Z", *self.on(MARIA))
        self.assertEqual(code, 2)
        self.assertIn("known_at", err)

    def test_who_knew_something_since_when_and_how(self):
        self.must("pathway", "show", *self.on(SAM))
        known = json.loads(self.must("knowledge", "discharge_plan", *self.on(MARIA), "--json"))
        hows = {(row["person"], row["how"], row["through"]) for row in known}
        self.assertIn(("Denise Walker", "wrote", ""), hows)
        self.assertIn(("Sam Ortiz", "read", "pathway"), hows)
        self.assertIn("Denise Walker", self.must("knowledge", "discharge_plan", *self.on(MARIA)))
        code, _, err = self.tool("knowledge", "no_such_thing", *self.on(MARIA))
        self.assertEqual(code, 2)
        self.assertIn("NOT_FOUND", err)

    def test_a_damaged_board_index_is_named_and_rebuilt(self):
        before = self.must("board", "--as", MARIA)
        with contextlib.closing(sqlite3.connect(self.store)) as file, file:
            gone = file.execute("delete from kv where hex(k) like '026272%'").rowcount  # the queues of roles
        self.assertGreater(gone, 0)
        self.assertIn("Nothing is left to do", self.must("board", "--as", MARIA))
        code, out, _ = self.tool("audit", "verify", "--json")
        self.assertEqual(code, 1)
        bad = [row for row in json.loads(out) if row["kind"] == "board"]
        self.assertEqual(len(bad), gone)
        self.assertTrue(all(row["problem"].startswith("MISSING: the row of ") for row in bad))
        self.assertEqual(self.must("rebuild"), "")
        self.assertNotIn("MISSING", self.must("audit", "verify"))
        self.assertEqual(self.must("board", "--as", MARIA), before)

    def test_refusals_end_with_one_and_say_why(self):
        code, _, err = self.tool("do", "close", "first_visit", *self.on(SAM))
        self.assertEqual(code, 2)  # no step of an appointment
        self.assertIn("INVALID", err)
        code, _, err = self.tool("do", "book", "first_visit", "start=2026-03-03 14:00", *self.on(SAM))
        self.assertEqual(code, 1)
        self.assertIn("WRONG_STATE", err)
        code, _, err = self.tool("do", "confirm", "first_visit", *self.on(DENISE))
        self.assertEqual(code, 1)
        self.assertIn("DENIED", err)
        code, _, err = self.tool("board", *self.on("Kim Novak:supervisor@riverside"))
        self.assertEqual(code, 1)
        self.assertIn("DENIED", err)
        code, _, err = self.tool("do", "accept", "first_visit", "--expect", "0", *self.on(SAM), "--json")
        self.assertEqual(code, 1)
        self.assertEqual(json.loads(err)["status"], "STALE")

    def test_mistakes_end_with_two_and_name_the_argument(self):
        code, _, err = self.tool("submit", "discharge_plan", "warning_signs=other", "colour=blue",
                                 *self.on(DENISE))
        self.assertEqual(code, 2)
        self.assertIn("colour", err)
        code, _, err = self.tool("submit", "discharge_plan", "warning_signs=nothing-of-the-kind", *self.on(DENISE))
        self.assertEqual(code, 2)
        self.assertIn("warning_signs", err)
        code, _, err = self.tool("submit", "no_such_form", "a=b", *self.on(DENISE))
        self.assertEqual(code, 2)
        self.assertIn("NOT_FOUND", err)
        code, _, err = self.tool("submit", "discharge_plan", "just-a-word", *self.on(DENISE))
        self.assertEqual(code, 2)
        self.assertIn("NAME=VALUE", err)
        for time in ("yesterday", "2026-02-30T10:00:00Z", "2026-03-08 02:30", "2026-03-02T14:00:00-25:00"):
            code, _, err = self.tool("do", "accept", "first_visit", "--at", time, *self.on(SAM))
            self.assertEqual(code, 2, time)
            self.assertIn(time, err)
        code, _, err = self.tool("do", "accept", "first_visit", "--expect", "many", *self.on(SAM))
        self.assertEqual(code, 2)
        self.assertIn("--expect takes a number", err)
        code, _, err = self.tool("board", "--pathway", "not-an-id", "--as", MARIA)
        self.assertEqual(code, 2)
        code, _, err = self.tool("outbox", "settle", "token", "perhaps", "--as", MARIA)
        self.assertEqual(code, 2)

    def test_a_command_id_takes_effect_once(self):
        words = ["submit", "contact", "contact_outcome=attempted", "contact_method=telephone",
                 "contact_planned=planned", *self.on(DENISE), "--json"]
        first = json.loads(self.must(*words, "--id", "once"))[0]
        again = json.loads(self.must(*words, "--id", "once"))[0]
        self.assertEqual((first["repeated"], again["repeated"]), (False, True))
        self.assertEqual(first["sequence"], again["sequence"])
        code, _, err = self.tool("do", "accept", "first_visit", "--id", "once", *self.on(SAM))
        self.assertEqual(code, 1)
        self.assertIn("KEY_REUSED", err)

    def test_pages_continue_where_the_last_one_ended(self):
        first = self.must("audit", "show", "--limit", "1", *self.on(MARIA))
        self.assertIn("more: --from 1", first)
        second = json.loads(self.must("audit", "show", "--limit", "1", "--from", "1", "--json", *self.on(MARIA)))
        self.assertEqual([row["sequence"] for row in second], [1])

    def test_no_colours_in_a_pipe_and_with_no_color(self):
        words = ["board", *self.on(MARIA), "--store", self.store]
        self.assertNotIn("\033", run(*words, TERM="xterm")[1])
        self.assertIn("\033[", on_terminal(*words))
        self.assertNotIn("\033[", on_terminal(*words, NO_COLOR="1"))

    def test_control_characters_in_stored_text_do_not_reach_the_terminal(self):
        self.must("submit", "contact", "contact_outcome=attempted", "contact_method=telephone",
                  "contact_planned=planned", "contact_note=\033[31mred\007 \u009b2J", *self.on(DENISE))
        shown = self.must("pathway", "show", *self.on(MARIA))
        self.assertIn("red", shown)
        self.assertNotRegex(shown, "[\x00-\x09\x0b-\x1f\x7f\x80-\x9f]")


class Versions(unittest.TestCase):
    """Two pathways under a protocol that gets a new version."""

    TEXT = """protocol: watch
version: {version}
title: watch
uses: [common]
subject: person
protects: somebody
escalate: overdue-at-provider
items:
  check: {{kind: task, owner: supervisor, at_start: yes, due: {due}}}
  {item}: {{kind: task, owner: supervisor, on_demand: yes, due: 1 day}}
"""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.store = os.path.join(self.folder.name, "care.db")
        self.must("store", "init", "--fallback", "Ruth Adler:service-leader@harborview")
        self.must("org", "set", "harborview", "provider")
        self.must("role", "assign", MARIA, "from=2026-01-01T00:00:00Z")
        self.activate("1.0.0", "2 days", "walk")
        self.pathways = [json.loads(self.must("pathway", "start", "watch", f"subject=p-{i}", "zone=America/New_York",
                                              "--as", MARIA, "--json"))[0]["pathway"] for i in range(2)]

    def tool(self, *words):
        return run(*words, "--store", self.store)

    def must(self, *words):
        code, out, err = self.tool(*words)
        self.assertEqual(code, 0, (words, err))
        return out

    def activate(self, version, due, item):
        path = os.path.join(self.folder.name, "watch.yaml")
        Path(path).write_text(self.TEXT.format(version=version, due=due, item=item))
        self.must("protocol", "activate", path)

    def test_a_dry_run_lists_what_would_become_of_every_clock(self):
        self.activate("1.1.0", "1 day", "walk")
        out = self.must("pathway", "migrate", "--all", "--dry-run", "--as", MARIA)
        self.assertEqual(out.count("moved     check"), 2)
        self.assertIn("protocol  watch: 1.0.0 to 1.1.0", out)
        rows = [json.loads(line) for line in
                self.must("pathway", "migrate", "--all", "--dry-run", "--json", "--as", MARIA).splitlines()]
        self.assertEqual({row["pathway"] for row in rows}, set(self.pathways))
        out = self.must("pathway", "migrate", "--all", "--as", MARIA)
        self.assertIn("2 done, 0 refused", out)
        self.assertEqual(self.must("pathway", "migrate", "--all", "--dry-run", "--as", MARIA), "")
        self.assertIn("EXISTS", self.tool("pathway", "migrate", "--pathway", self.pathways[0], "--as", MARIA)[2])

    def test_what_is_refused_keeps_no_other_from_its_turn(self):
        self.must("do", "add", "walk", "--pathway", self.pathways[0], "--as", MARIA)
        self.activate("2.0.0", "2 days", "stroll")
        code, out, _ = self.tool("pathway", "migrate", "--all", "--dry-run", "--as", MARIA)
        self.assertEqual(code, 1)
        self.assertRegex(out, r"refused   walk \d+\.\d+: the item no longer exists")
        code, out, _ = self.tool("pathway", "migrate", "--all", "--as", MARIA)
        self.assertEqual(code, 1)
        self.assertIn("1 done, 1 refused", out)
        self.assertEqual(self.tool("pathway", "migrate", "--as", MARIA)[0], 2)

    def test_everything_of_a_person_is_reassigned(self):
        out = self.must("each", "reassign", "from=Maria Chen", "to=Omar Haddad", "reason=on leave", "--as", MARIA)
        self.assertIn("2 done, 0 refused", out)
        out = self.must("each", "reassign", "from=Maria Chen", "to=Omar Haddad", "reason=on leave", "--as", MARIA)
        self.assertIn("0 done, 0 refused", out)


class Advance(unittest.TestCase):
    def test_time_passes_and_the_ladder_runs(self):
        with tempfile.TemporaryDirectory() as folder:
            store = os.path.join(folder, "care.db")

            def must(*words):
                code, out, err = run(*words, "--store", store)
                self.assertEqual(code, 0, (words, err))
                return out
            must("role", "list", "--create", "--fallback", "Ruth Adler:service-leader@harborview")
            must("org", "set", "harborview", "provider")
            must("protocol", "activate", "failed-first-visit-huddle")
            pathway = json.loads(must("pathway", "start", "failed-first-visit-huddle", "subject=p-1", "zone=UTC", "--as",
                                      MARIA, "--json"))[0]["pathway"]
            who = ["--pathway", pathway, "--as", MARIA]
            must("submit", "discharge_plan", "first_visit_at=2035-03-03 14:00", "warning_signs=other",
                 "preferred_contact_method=telephone", *who)
            self.assertIn("UNOWNED (frontline-worker)", must("board", *who))
            self.assertIn("nothing was due", must("advance", "--at", "2035-03-03T23:59:59Z"))
            self.assertNotIn("OVERDUE", must("board", *who))
            self.assertIn(pathway, must("advance", "--at", "2035-03-04T00:00:00Z"))
            self.assertIn("OVERDUE", must("board", *who))


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=1))
