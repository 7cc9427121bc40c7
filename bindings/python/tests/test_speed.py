# SPDX-License-Identifier: Apache-2.0
"""What a call costs over the same call in C, measured by turns in one process; and fetching a result whole against reading it
cell by cell. Needs STEPDOWN_SPEED, the shared library made of bindings/tests/speed.c; `--update` writes the figures into
docs/speed-of-bindings.md."""
from __future__ import annotations

import ctypes
import os
import platform
import sys
import timeit
import unittest
from pathlib import Path
from typing import Any, Callable

import stepdown
import stepdown._core as core
from support import PROTOCOL, Case, Host

ROUNDS = 40  # of a millisecond or so, in which nobody else may come between
OVERHEAD = 150  # nanoseconds over C for a plain query
BULK = 20       # times faster than cell by cell


def cell_by_cell(result: Any) -> list[dict[str, Any]]:
    """A result as somebody reads it who has nothing but the functions of C."""
    c, rows = core.c, []
    for row in range(c.Result_count(result)):
        values = {}
        for column in range(c.Result_columns(result)):
            kind, value = c.Result_column_type(result, column), None
            if kind == 1:
                value = c.Result_text(result, row, column)
            elif kind == 5:
                nested = c.Result_rows(result, row, column)
                value = cell_by_cell(nested) if nested is not None else []
            else:
                value = c.Result_integer(result, row, column)
                value = core.moment(value) if kind == 4 else bool(value) if kind == 3 else value
            values[c.Result_column_name(result, column)] = value
        rows.append(values)
    return rows


class Speed(Case):
    @classmethod
    def setUpClass(cls) -> None:
        path = os.environ.get("STEPDOWN_SPEED")
        if not path:
            raise unittest.SkipTest("STEPDOWN_SPEED is not set")
        cls.c = ctypes.CDLL(path)
        cls.c.speed_measure.restype = ctypes.c_double
        cls.c.speed_measure.argtypes = [ctypes.c_char_p, ctypes.c_long]
        cls.c.speed_begin()
        cls.host = Host()
        cls.host.refuse_first_visit()
        for _ in range(300):
            cls.host.pathway.do("notice", "pathway", text="moved house")
        for i in range(100):
            pathway = cls.host.maria.open_pathway(PROTOCOL, subject=f"p-{i}", zone="America/New_York")
            pathway.submit("discharge_plan", first_visit_at=cls.host.clock.now, warning_signs="withdrawal")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.host.engine.close()
        del cls.host
        assert cls.c.speed_end() == 0, "the other copy of the library has its own count"

    def figures(self, name: str, call: Callable[[], object], times: int) -> tuple[float, float]:
        """Least nanoseconds in C and in Python."""
        in_c = in_python = 1e18
        timer = timeit.Timer(call)
        for _ in range(ROUNDS):
            in_c = min(in_c, self.c.speed_measure(name.encode(), times))
            in_python = min(in_python, timer.timeit(times) / times * 1e9)
        self.assertGreater(in_c, 0)
        report(name, in_c, in_python)
        return in_c, in_python

    def within(self, name: str, call: Callable[[], object], times: int, most: float) -> None:
        over = 1e18
        for _ in range(3):  # a machine that is busy with other things gets two more chances
            in_c, in_python = self.figures(name, call, times)
            over = min(over, in_python - in_c)
            if over < most:
                return
        self.fail(f"{name}: {over:.0f} ns over C, not below {most}")

    def test_a_plain_query_costs_little_over_c(self) -> None:
        self.within("ping", self.host.storage.ping, 10000, OVERHEAD)
        self.within("live_objects", stepdown.live_objects, 10000, OVERHEAD)

    def test_a_query_that_gives_a_datetime(self) -> None:
        self.within("next_due", self.host.engine.next_due, 1500, 3 * OVERHEAD)

    def test_views_are_fetched_whole(self) -> None:
        self.figures("board", self.host.pathway.board, 200)
        self.figures("records", lambda: list(self.host.pathway.records()), 3)

    def test_a_result_comes_at_once_faster_than_cell_by_cell(self) -> None:
        host, c = self.host, core.c
        for name, result in (("records", c.Session_records(host.maria._handle, host.pathway.id, 0, 1000)),
                             ("board", c.Session_board_query(host.maria._handle, None, "", 1000))):
            self.assertGreater(c.Result_count(result), 100)
            self.assertEqual(cell_by_cell(result), stepdown.Rows.take(result).as_dicts())
            best = 0.0
            for _ in range(3):
                whole = min(timeit.repeat(lambda: c.Result_table(result), number=5, repeat=ROUNDS)) / 5
                cells = min(timeit.repeat(lambda: cell_by_cell(result), number=1, repeat=ROUNDS // 2))
                best = max(best, cells / whole)
                if best >= BULK:
                    break
            report(f"{name}: whole (left) against cell by cell (right), both in Python", whole * 1e9, cells * 1e9)
            self.assertGreaterEqual(best, BULK, name)


lines: list[str] = []


def report(name: str, first: float, second: float) -> None:
    lines[:] = [line for line in lines if not line.startswith(f"| {name} |")]  # the last try counts
    if "against" in name:
        lines.append(f"| {name} | {first:,.0f} | {second:,.0f} | {second / first:.1f} times faster |")
    else:
        lines.append(f"| {name} | {first:,.0f} | {second:,.0f} | {second - first:+,.0f} ns, {second / first:.2f} times |")


SECTION = f"""## Python

CPython {platform.python_version()}, one wheel for the stable ABI. Measured anew by `python bindings/python/tests/test_speed.py --update`.

| call | C | Python | |
|---|---|---|---|
"""


def update_page() -> None:
    path = Path(__file__).resolve().parents[3] / "docs/speed-of-bindings.md"
    head, _, rest = path.read_text(encoding="utf-8").partition("## Python\n")
    _, mark, others = rest.partition("\n## ")
    path.write_text(head + SECTION + "\n".join(lines) + "\n" + mark + others, encoding="utf-8")


if __name__ == "__main__":
    update = "--update" in sys.argv
    if update:
        sys.argv.remove("--update")
    done = unittest.main(exit=False)
    print(*lines, sep="\n")
    if update and done.result.wasSuccessful():
        update_page()
    sys.exit(not done.result.wasSuccessful())
