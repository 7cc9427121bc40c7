# SPDX-License-Identifier: Apache-2.0
"""The vectors of every language: recorded calls of C, made again through the package, come out byte for byte the same. Needs
STEPDOWN_VECTORS, a folder of records as bindings/run.sh makes them."""
from __future__ import annotations

import os
import re
import unittest
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from replay import play
from stepdown import errors

ROOT = Path(__file__).resolve().parents[3]
# What no program can bring about from outside, or only with a back end that calls back; tested in test_storage.py.
ELSEWHERE = {"REENTRANT", "CONTENDED", "UNKNOWN"}
NEVER = {"INTERNAL"}


class Vectors(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = os.environ.get("STEPDOWN_VECTORS")
        if not folder:
            raise unittest.SkipTest("STEPDOWN_VECTORS is not set")
        os.chdir(ROOT)  # where they were recorded; they name files
        cls.records = sorted(Path(folder).glob("*.record"))

    def test_everything_comes_out_as_in_c(self) -> None:
        steps = 0
        with ProcessPoolExecutor() as players:
            for record, (count, wrong, _, _) in zip(self.records, players.map(play, self.records)):
                self.assertEqual(wrong, [], record.name)
                steps += count
        print(f"\n{steps} calls of {len(self.records)} records as in C")
        self.assertGreater(len(self.records), 10)
        self.assertGreater(steps, 3000)

    def test_the_records_of_the_api_hold_every_call_and_every_status(self) -> None:
        _, wrong, calls, statuses = play(next(record for record in self.records if record.name == "api.record"))
        self.assertEqual(wrong, [])
        source = (Path(__file__).resolve().parents[2] / "vectors/record.c").read_text(encoding="utf-8")
        recorded = set(re.findall(r'\b(?:PLAIN|VIEW|MAKE|WORDS|OF_PATHWAY|call)\("([\w.]+)"', source))
        self.assertGreater(len(recorded), 50)
        self.assertEqual(recorded - calls, set(), "calls that the recorder knows and api.c does not make")
        known = {kind.status for kind in errors.BY_CODE.values()} | {"OK"}
        self.assertEqual(known - statuses, ELSEWHERE | NEVER)


if __name__ == "__main__":
    unittest.main()
