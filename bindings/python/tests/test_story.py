# SPDX-License-Identifier: Apache-2.0
"""The story that every language tells comes out the same, and is the one that the README shows."""
from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
STORY = ROOT / "examples/python/story.py"
LINES = 25


class Story(unittest.TestCase):
    def test_it_prints_what_it_prints_in_every_language(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([sys.executable, str(STORY)], cwd=folder, capture_output=True, text=True)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout, (ROOT / "bindings/vectors/story.txt").read_text(encoding="utf-8"))

    def test_the_readme_shows_it_in_few_lines(self) -> None:
        code = STORY.read_text(encoding="utf-8").split('"""', 2)[2].strip()
        readme = (ROOT / "bindings/python/README.md").read_text(encoding="utf-8")
        shown = re.search(r"```python\n(.*?)```", readme, re.S)
        self.assertIsNotNone(shown)
        assert shown
        self.assertEqual(shown[1].strip(), code)
        self.assertLessEqual(sum(1 for line in code.split("\n") if line.strip()), LINES)
        printed = re.search(r"```text\n(.*?)```", readme, re.S)
        assert printed
        self.assertEqual(printed[1], (ROOT / "bindings/vectors/story.txt").read_text(encoding="utf-8"))

    def test_the_other_examples_run(self) -> None:
        for path in sorted((ROOT / "examples/python").glob("*.py")):
            done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=60)
            self.assertEqual((done.returncode, done.stderr), (0, ""), path.name)


if __name__ == "__main__":
    unittest.main()
