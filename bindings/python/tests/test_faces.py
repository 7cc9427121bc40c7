# SPDX-License-Identifier: Apache-2.0
"""What a user of the package sees: native values both ways, errors with detail, docstrings, and nothing of SWIG."""
from __future__ import annotations

import ast
import asyncio
import builtins
import doctest
import importlib.metadata
import inspect
import pickle
import unittest
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import stepdown
import stepdown._core as core
from support import FALLBACK, NOON, PROTOCOL, Case, Host

NEW_YORK = ZoneInfo("America/New_York")


class Times(Case):
    def test_moments_are_exact_both_ways_also_before_1970_and_in_microseconds(self) -> None:
        for at in (datetime(1969, 12, 31, 23, 59, 59, 999999, timezone.utc), datetime(1, 1, 1, tzinfo=timezone.utc),
                   datetime(9999, 12, 31, 23, 59, 59, 999999, timezone.utc), datetime(2026, 3, 8, 2, 30, 0, 1, NEW_YORK),
                   datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=NEW_YORK)):
            self.assertEqual(core.moment(core.microseconds(at)), at.astimezone(timezone.utc))
        clock = stepdown.Clock(datetime(1931, 5, 6, 7, 8, 9, 10, timezone.utc))
        self.assertEqual(clock.now.isoformat(), "1931-05-06T07:08:09.000010+00:00")
        clock.now = NOON
        self.assertEqual(clock.advance(timedelta(microseconds=-1)), NOON - timedelta(microseconds=1))

    def test_a_time_without_zone_is_refused(self) -> None:
        with self.assertRaisesRegex(stepdown.InvalidError, "2026-03-03T09:00:00 has no zone"):
            stepdown.Clock(datetime(2026, 3, 3, 9))
        with self.assertRaises(TypeError):
            stepdown.Clock(date(2026, 3, 3))  # type: ignore[arg-type]

    def test_durations_are_written_as_protocols_have_them(self) -> None:
        for length, text in ((timedelta(0), "0 seconds"), (timedelta(hours=4), "4 hours"),
                             (timedelta(days=1, minutes=30), "24 hours 30 minutes"),
                             (timedelta(seconds=1, microseconds=250000), "1.25 seconds")):
            self.assertEqual(core.duration(length), text)
        with self.assertRaises(stepdown.InvalidError):
            core.duration(timedelta(seconds=-1))

    def test_moments_of_results_are_datetimes(self) -> None:
        host = Host()
        show = host.pathway.show()
        self.assertEqual(show.opened_at, NOON)
        self.assertIs(show.opened_at.tzinfo, timezone.utc)
        host.refuse_first_visit()
        self.assertIsNone(host.pathway.item("huddle").finished_at)
        self.assertEqual(host.pathway.item("first_visit").finished_at, NOON + timedelta(hours=2))
        show = host.pathway.show()
        self.assertEqual(host.engine.next_due(), show.next_due)
        host.engine.close()


class Arguments(Case):
    def test_arguments_are_native_values(self) -> None:
        host = Host()
        host.pathway.submit("discharge_plan", {"warning_signs": ["missed-contact", "withdrawal"]},
                            first_visit_at=datetime(2026, 3, 3, 14, tzinfo=NEW_YORK))
        host.clock.advance(timedelta(hours=3))
        host.pathway.seen_by(host.sam).do(
            "refuse", "first_visit", visit_time=NOON, access_attempt=("knocked",), attempts=3,
            person_response={"": "heard-but-not-engaging", "note": "movement behind the door"},
            staff_safety_concern=False, occurred=NOON + timedelta(hours=2, minutes=5))
        record = host.pathway.entries().where(form="visit_record")[0]
        fields = {field.name: field.value for field in record.fields}
        self.assertEqual(fields["attempts"], "3")
        self.assertEqual(fields["staff_safety_concern"], "no")
        self.assertIn("movement behind the door", str(fields))
        self.assertEqual(record.occurred_at, NOON + timedelta(hours=2, minutes=5))
        host.engine.close()

    def test_keywords_that_are_words_of_python_lose_their_underscore(self) -> None:
        host = Host()
        host.refuse_first_visit()
        with self.assertRaisesRegex(stepdown.InvalidError, "from"):
            host.pathway.do("start", "huddle", from_=[1, "two", True, date(2026, 3, 3), Decimal("1.50"), 2.5])
        with self.assertRaisesRegex(TypeError, "x: an argument cannot be object"):
            host.pathway.do("start", "huddle", x=object())
        host.engine.close()

    def test_text_keeps_characters_beyond_the_bmp_nul_and_nothing(self) -> None:
        host = Host()
        host.refuse_first_visit()
        host.pathway.do("start", "huddle")
        for text in ("Zoë 😀 \u0000 \U0010ffff", "x" * 4096):
            host.pathway.submit("huddle_statement", what_happened=text)
            self.assertEqual(host.pathway.entries().where(form="huddle_statement")[0].fields[0].value, text)
        with self.assertRaises(stepdown.LimitError):
            host.pathway.do("notice", "pathway", text="x" * (1 << 20))
        with self.assertRaises(UnicodeEncodeError):
            host.pathway.do("notice", "pathway", text="\ud800")
        with self.assertRaisesRegex(ValueError, "null character"):
            host.engine.session("a\0b", "supervisor", "harborview")
        with self.assertRaises(TypeError):
            host.engine.session(b"a", "supervisor", "harborview")  # type: ignore[arg-type]
        host.engine.close()

    def test_a_protocol_comes_as_text_bytes_or_file(self) -> None:
        text = "protocol: x\n"
        for given in (text, text.encode(), bytearray(text.encode()), memoryview(text.encode())):
            with self.assertRaises(stepdown.ProtocolError) as raised:
                stepdown.Protocol().add_text(given, "mine.yaml").check()  # type: ignore[arg-type]
            self.assertEqual(raised.exception.diagnostics[0].file, "mine.yaml")
        with self.assertRaises(stepdown.LimitError):
            stepdown.Protocol().add_text(b" " * ((1 << 20) + 1))
        with self.assertRaises(stepdown.NotFoundError):
            stepdown.Protocol("no-such-protocol")


class Results(Case):
    def test_rows_are_sequences_and_mappings(self) -> None:
        host = Host()
        host.refuse_first_visit()
        items = host.pathway.items()
        self.assertEqual([item.name for item in items], items.column("name"))
        self.assertEqual(items[-1], items[len(items) - 1])
        self.assertEqual(items[:2].column("id"), items.column("id")[:2])
        self.assertIsInstance(items[:1], stepdown.Rows)
        with self.assertRaises(IndexError):
            items[len(items)]
        row = items.where(name="first_visit")[0]
        self.assertEqual(row["state"], row.state)
        self.assertEqual(dict(row)["state"], "refused")
        self.assertIn("state", row)
        self.assertIn("state", dir(row))
        with self.assertRaisesRegex(AttributeError, "no column stat; there are id, name"):
            row.stat
        with self.assertRaises(KeyError):
            row["stat"]
        self.assertIn("state='refused'", repr(row))
        plain = host.pathway.show().as_dict()
        self.assertIsInstance(plain["items"], list)
        self.assertIsInstance(plain["items"][0], dict)
        host.engine.close()

    def test_results_outlive_everything_and_can_be_pickled(self) -> None:
        host = Host()
        host.refuse_first_visit()
        show, board = host.pathway.show(), host.pathway.board()
        host.engine.close()
        del host
        self.assertEqual(pickle.loads(pickle.dumps(board)), board)
        again = pickle.loads(pickle.dumps(show))
        self.assertEqual(again.as_dict(), show.as_dict())
        self.assertEqual(again["items"][0].state, show["items"][0].state)

    def test_long_results_come_page_by_page(self) -> None:
        host = Host()
        for i in range(5):
            other = host.maria.open_pathway(PROTOCOL, subject=f"p-{i}", zone="America/New_York")
            other.submit("discharge_plan", first_visit_at=NOON + timedelta(hours=1), warning_signs="withdrawal")
        self.assertEqual(len(list(host.maria.pathways(page=2))), 6)
        self.assertEqual([r.sequence for r in host.pathway.records(page=1)],
                         [r.sequence for r in host.pathway.records()])
        first = host.maria.board(limit=2)
        self.assertEqual(len(first), 2)
        self.assertTrue(first.next)
        second = host.maria.board(limit=2, resume=first.next)
        self.assertFalse(set(first.column("pathway")) & set(second.column("pathway")))
        done = list(host.maria.execute_each("notice", "pathway", page=2, text="moved house"))
        self.assertEqual([row.status for row in done], ["OK"] * 6)
        self.assertEqual(host.maria.board(person="Sam Ortiz", overdue=True, due_within=timedelta(hours=4)).column("owner"),
                         [])
        host.engine.close()

    def test_a_session_looks_back_and_shows_what_others_may_read(self) -> None:
        host = Host()
        host.refuse_first_visit()
        self.assertEqual(host.pathway.item("first_visit").state, "refused")
        host.maria.look_back(NOON)
        self.assertEqual(host.pathway.item("first_visit").state, "booked")
        with self.assertRaises(stepdown.MisuseError):
            host.pathway.do("start", "huddle")
        host.maria.look_back()
        host.maria.show_for("funder", purpose="payment")
        shown = host.pathway.entries()
        host.maria.show_for(None)
        self.assertEqual(shown.column("id"), host.pathway.entries().column("id"))
        with self.assertRaises(stepdown.InvalidError):
            host.maria.show_for("", purpose="payment")
        self.assertIn("Sam Ortiz", host.pathway.knowledge("first_visit").column("person"))
        host.engine.close()

    def test_boards_gates_and_validations_show_themselves_in_notebooks(self) -> None:
        host = Host()
        host.held()
        board, gate, validation = host.pathway.board(), host.pathway.gate("second_visit_starts"), host.pathway.validation()
        self.assertFalse(gate.open)
        self.assertEqual(len(gate.unmet), 4)
        for shown, words in ((board, ("Second visit", "Lena Brandt", "FVH-G2")), (gate, ("held", "FVH-G2", "missing")),
                             (validation, ("FVH-C3", "confirmed"))):
            page = shown._repr_html_()
            for word in words:
                self.assertIn(word, page)
            self.assertEqual(page.count("<tr"), page.count("</tr>"))
        evil = stepdown.Rows(core_columns(("text",), (1,)), [("<script>",)])
        self.assertIn("&lt;script&gt;", evil._repr_html_())
        host.engine.close()

    def test_advancing_tells_what_fired_and_whether_there_is_more(self) -> None:
        host = Host()
        host.refuse_first_visit()
        host.clock.advance(timedelta(days=2))
        fired = host.engine.advance()
        self.assertEqual(fired.column("status"), ["OK"] * len(fired))
        self.assertTrue(len(fired) > 0)
        while fired.more:
            fired = host.engine.advance()
        due = host.engine.next_due()
        self.assertTrue(due is None or due > host.clock.now)
        host.engine.close()


def core_columns(names: tuple[str, ...], types: tuple[int, ...]) -> stepdown.rows.Columns:
    return stepdown.rows.Columns(names, types)


class Errors(Case):
    def test_every_code_has_its_class_below_its_family(self) -> None:
        from stepdown.errors import BY_CODE
        families = {1: stepdown.InputError, 2: stepdown.ProgramError, 3: stepdown.RefusedError, 4: stepdown.RetryError,
                    5: stepdown.ResourceError, 6: stepdown.StorageError, 7: stepdown.Error}
        seen = 0
        for code in range(1, 100):
            name = core.c.stepdown_status_name(code)
            self.assertEqual(name != "?", code in BY_CODE, name)
            if name != "?":
                seen += 1
                kind = BY_CODE[code]
                self.assertEqual((kind.code, kind.status), (code, name))
                self.assertTrue(issubclass(kind, families[core.c.stepdown_status_category(code)]))
                says = core.c.stepdown_status_text(code)
                self.assertEqual(inspect.getdoc(kind), says[0].upper() + says[1:] + ".")
                self.assertIs(getattr(stepdown, kind.__name__), kind)
        self.assertEqual(seen, len(BY_CODE))

    def test_a_held_gate_names_its_needs(self) -> None:
        host = Host()
        held = host.held()
        self.assertIsInstance(held, stepdown.RefusedError)
        self.assertEqual(held.code, 10)
        self.assertEqual(held.detail["gate"], "second_visit_starts")
        self.assertEqual([need.row for need in held.needs], ["FVH-G2", "FVH-G3", "FVH-G4", "FVH-G5"])
        self.assertEqual(held.needs[0].reason, "missing")
        self.assertTrue(held.needs[0].who)
        again = pickle.loads(pickle.dumps(held))
        self.assertEqual((type(again), again.needs, again.code), (type(held), held.needs, held.code))
        host.engine.close()

    def test_native_exceptions_catch_them_too(self) -> None:
        host = Host()
        with self.assertRaises(LookupError):
            host.maria.pathway("a" * 26).board()
        with self.assertRaises(ValueError):
            host.maria.pathway("?").board()
        host.engine.close()

    def test_the_library_refuses_what_is_missing(self) -> None:
        host = Host()
        with self.assertRaisesRegex(stepdown.InvalidError, "role"):
            host.engine.session("a", None, "harborview")  # type: ignore[arg-type]
        with self.assertRaises(TypeError):
            stepdown.Engine(None)  # type: ignore[arg-type]
        host.engine.close()


class Faces(Case):
    def test_examples_in_docstrings_are_true(self) -> None:
        for module in (stepdown, stepdown.engine, stepdown.protocol, stepdown.storage, stepdown.rows):
            failed, tried = doctest.testmod(module)
            self.assertEqual(failed, 0, module.__name__)

    def test_everything_public_has_a_docstring(self) -> None:
        for name in stepdown.__all__:
            thing = getattr(stepdown, name)
            self.assertTrue(inspect.getdoc(thing), name)
            if inspect.isclass(thing):
                for member, value in vars(thing).items():
                    if not member.startswith("_") and (inspect.isfunction(value) or isinstance(
                            value, (property, classmethod, staticmethod))):
                        self.assertTrue(inspect.getdoc(getattr(thing, member)), f"{name}.{member}")

    def test_only_the_core_knows_the_generated_module(self) -> None:
        folder = Path(inspect.getfile(stepdown)).parent
        for path in folder.glob("*.py"):
            if path.name in ("native.py", "_core.py"):
                continue
            names = {alias.name for node in ast.walk(ast.parse(path.read_text()))
                     if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names}
            self.assertFalse(names & {"native", "_native"}, path.name)
        for name in stepdown.__all__:
            self.assertNotIn("swig", (inspect.getdoc(getattr(stepdown, name)) or "").lower())

    def test_no_name_hides_one_of_python(self) -> None:
        self.assertEqual(set(stepdown.__all__) & set(dir(builtins)), set())

    def test_the_package_has_the_version_of_the_library(self) -> None:
        try:
            self.assertEqual(importlib.metadata.version("stepdown"), stepdown.__version__)
        except importlib.metadata.PackageNotFoundError:
            self.skipTest("the package is not installed")

    def test_asyncio_runs_calls_in_threads(self) -> None:
        host = Host()
        host.refuse_first_visit()

        async def boards() -> list[int]:
            found = await asyncio.gather(*(asyncio.to_thread(host.pathway.board) for _ in range(8)))
            return [len(board) for board in found]

        sizes = asyncio.run(boards())
        self.assertEqual(sizes, [sizes[0]] * 8)
        host.engine.close()

    def test_warnings_of_the_engine_come_to_the_log_and_seeds_repeat_ids(self) -> None:
        ids = set()
        for _ in range(2):
            told: list[tuple[int, str]] = []
            with stepdown.Engine.create(stepdown.Storage.memory(), fallback=FALLBACK, seed=11, retries=3, cache=10,
                                        clock=stepdown.Clock(NOON), log=lambda level, text: told.append((level, text)),
                                        zone_directory="/usr/share/zoneinfo", name="ward 3") as engine:
                engine.set_organization("harborview", "provider")
                engine.activate(stepdown.Protocol(PROTOCOL))
                maria = engine.session("Maria Chen", "supervisor", "harborview")
                ids.add(maria.open_pathway(PROTOCOL, subject="p", zone="America/New_York").id)
        self.assertEqual(len(ids), 1)


if __name__ == "__main__":
    unittest.main()
