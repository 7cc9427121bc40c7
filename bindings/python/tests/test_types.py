# SPDX-License-Identifier: Apache-2.0
"""mypy --strict: nothing in the package, nothing in a program that is right, and every mistake of one that is not."""
from __future__ import annotations

import importlib.util
import inspect
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import stepdown

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parents[2] / "examples/python"


@unittest.skipIf(importlib.util.find_spec("mypy") is None, "mypy is not installed")
class Types(unittest.TestCase):
    def mypy(self, *paths: object) -> tuple[int, str]:
        with tempfile.TemporaryDirectory() as folder:  # away from everything that mypy might find beside it
            done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--no-incremental", *map(str, paths)],
                                  cwd=folder, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def test_the_package_has_nothing_to_complain_about(self) -> None:
        folder = Path(inspect.getfile(stepdown)).parent
        self.assertTrue((folder / "py.typed").exists())
        status, told = self.mypy("--package", "stepdown")
        self.assertEqual(status, 0, told)

    def test_programs_that_are_right_are_right(self) -> None:
        status, told = self.mypy(HERE / "user_good.py", *EXAMPLES.glob("*.py"))
        self.assertEqual(status, 0, told)

    def test_every_mistake_is_found(self) -> None:
        marked = {number for number, line in enumerate((HERE / "user_bad.py").read_text().split("\n"), 1)
                  if line.endswith("# mistake")}
        _, told = self.mypy(HERE / "user_bad.py")
        self.assertEqual({int(number) for number in re.findall(r"user_bad\.py:(\d+): error", told)}, marked, told)


if __name__ == "__main__":
    unittest.main()
