#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stores that were written when record format 1 was frozen stay readable, verifiable and usable.

Each `golden/format-1/NAME.db.xz` was written by the story of that name; NAME.json.xz is what was read from it then: every
pathway, item, entry and record that the reader may see. A later library may say more, but never something else. Then the store is rebuilt from its
records alone, goes on in time, and must still verify.

`--add` plays the stories that have no files yet. Files that are there are never written anew: that is what frozen means.
"""
import json
import lzma
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOOL = os.environ["STEPDOWN_TOOL"]
ROOT = Path(__file__).resolve().parents[2]
FROZEN = ROOT / "tests/record/golden/format-1"
OF_THE_CLOCK = {"overdue", "late"}  # these compare with now
VIEWS = (("pathway", "show"), ("audit", "show"))


def run(*words):
    done = subprocess.run([TOOL, *map(str, words)], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def stories():
    """Who answers when every ladder has run out reads each story, by the story's name."""
    found = {}
    for path in sorted((ROOT / "examples").glob("*/1-the-story.yaml")):
        person, role = re.search(r"^fallback: \{person: (.+), role: (.+)\}$", path.read_text(), re.M).groups()
        found[path.parent.name] = f"{person}:{role}"
    return found


def read(store, reader):
    """Everything that the views say, by pathway."""
    words = ("--store", store, "--as", reader, "--json")
    pathways = sorted(row["pathway"] for row in json.loads(run("pathway", "list", "--all", *words)))
    return {pathway: {" ".join(view): json.loads(run(*view, "--pathway", pathway, *words)) for view in VIEWS}
            for pathway in pathways}


def differences(then, now, where=""):
    """What was said then and is not said now. Columns that came later are no difference."""
    if isinstance(then, dict) and isinstance(now, dict):
        return [d for key, value in then.items() if key not in OF_THE_CLOCK
                for d in (differences(value, now[key], f"{where}/{key}") if key in now else [f"{where}/{key}: gone"])]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [d for at, pair in enumerate(zip(then, now)) for d in differences(*pair, f"{where}/{at}")]
    return [] if then == now else [f"{where}: then {then!r}, now {now!r}"]


class OldStores(unittest.TestCase):
    def unpacked(self, name):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        store = Path(folder.name, name + ".db")
        store.write_bytes(lzma.decompress((FROZEN / f"{name}.db.xz").read_bytes()))
        return store

    def test_what_was_written_then_reads_the_same_and_goes_on(self):
        for name in stories():
            with self.subTest(name):
                store = self.unpacked(name)
                reader, then = json.loads(lzma.decompress((FROZEN / f"{name}.json.xz").read_bytes()))
                self.assertTrue(then and all(part for pathway in then.values() for part in pathway.values()))
                run("audit", "verify", "--store", store)
                self.assertEqual(differences(then, read(store, reader)), [])
                run("rebuild", "--store", store)
                self.assertEqual(differences(then, read(store, reader)), [], "folded anew from the records")
                run("advance", "--store", store, "--at", "2027-01-04T09:00:00Z")
                self.goes_on(store, reader)
                run("audit", "verify", "--store", store)

    def goes_on(self, store, reader):
        """Work that nobody foresaw, on each pathway that still runs."""
        words = ("--store", store, "--as", reader)
        before = read(store, reader)
        for pathway, seen in before.items():
            if not seen["pathway show"][0]["closed"]:
                run("do", "add", "task", "name=look again", "owner_role=" + reader.split(":")[1].split("@")[0],
                    "due=2027-02-01T12:00:00Z", "--pathway", pathway, *words)
                after = json.loads(run("pathway", "show", "--pathway", pathway, *words, "--json"))[0]
                self.assertGreater(after["sequence"], seen["pathway show"][0]["sequence"])
                self.assertIn("look again", [item["name"] for item in after["items"]])

    def test_every_story_has_its_store(self):
        self.assertEqual({path.name.split(".")[0] for path in FROZEN.glob("*.xz")}, set(stories()))

    def test_a_difference_is_seen(self):
        then = {"a": [1, {"state": "open"}]}
        self.assertEqual(differences(then, {"a": [1, {"state": "open", "new": 2}], "b": 3}), [])
        self.assertEqual(differences(then, {"a": [1, {"state": "closed"}]}), ["/a/1/state: then 'open', now 'closed'"])
        self.assertEqual(differences(then, {"a": [1]}), ["/a: then [1, {'state': 'open'}], now [1]"])


def add():
    for name, reader in stories().items():
        packed = FROZEN / f"{name}.db.xz"
        if packed.exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            store = Path(folder, "store.db")
            run("scenario", "run", "--quiet", "--store", store, f"examples/{name}/1-the-story.yaml")
            run("rebuild", "--store", store)
            data = store.read_bytes()
            said = json.dumps([reader, read(store, reader)], sort_keys=True).encode()
            packed.write_bytes(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))
            (FROZEN / f"{name}.json.xz").write_bytes(lzma.compress(said, preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    if sys.argv[1:] == ["--add"]:
        add()
    else:
        unittest.main()
