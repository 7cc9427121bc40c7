# SPDX-License-Identifier: Apache-2.0
"""The golden records in other hands: cbor2 decodes every row, core, body and disclosure and re-encodes them canonically
to the same bytes; hashlib recomputes every commitment. Then whole stores, written by scenarios, are read and verified by
nothing but docs/format.md: its tables of keys, events and attributes are read from the page itself."""
import glob
import hashlib
import lzma
import os
import re
import sqlite3
import struct
import subprocess
import sys
import tempfile

import cbor2

UNKNOWN = object()


def recode(data, what):
    value = cbor2.loads(data)
    assert cbor2.dumps(value, canonical=True) == data, f"{what}: not canonical"
    return value


def no_floats_or_tags(value, what):
    assert not isinstance(value, (float, cbor2.CBORTag)), f"{what}: {value!r}"
    children = []
    if isinstance(value, dict):
        for key in value:
            assert type(key) is int and key >= 0, f"{what}: key {key!r}"
        children = list(value.values())
    elif isinstance(value, list):
        children = value
    for child in children:
        no_floats_or_tags(child, what)


def disclosed(data, commitment, number, what):
    """The value of a disclosure whose commitment has been checked; UNKNOWN when it is erased."""
    if data is None:
        return UNKNOWN
    assert hashlib.sha256(data).digest() == commitment, f"{what}: commitment"
    parts = recode(data, what)
    no_floats_or_tags(parts, what)
    salt, value, key = parts
    assert isinstance(salt, bytes) and len(salt) == 16 and key == number, what
    return value


def check_body(body, core, count, what):
    cited = []
    for code, name, back, ordinal, attributes in body:
        assert 0x100 < code < 0x10000 and name >= 0 and ordinal >= 0, what
        assert 0 <= back <= core[3], f"{what}: target"
        assert list(attributes) == sorted(attributes), f"{what}: order of attributes"
        cited += [v[1] for v in attributes.values() if isinstance(v, list) and v[0] == 0]
    assert cited == list(range(1, count + 1)), f"{what}: numbers of withheld fields"


def check(path):
    with open(path, "rb") as file:
        row = file.read()
    core_bytes, disclosures = recode(row, path)
    core = recode(core_bytes, f"{path}: core")
    no_floats_or_tags(core, path)
    assert core[0] == 1 and len(core[1]) == 16 and len(core[2]) == 16, path
    assert len(core_bytes) <= 16 * 1024, path
    commitments = core.get(15, {})
    assert list(commitments) == list(range(1, len(commitments) + 1)), path
    assert len(disclosures) == 1 + len(commitments), path
    assert set(core.get(18, {})) <= set(commitments), path
    body = disclosed(disclosures[0], core[14], 0, f"{path}: body")
    for number, commitment in commitments.items():
        disclosed(disclosures[number], commitment, number, f"{path}: disclosure {number}")
    if body is not UNKNOWN:
        check_body(body, core, len(commitments), path)
    return hashlib.sha256(b"\0" + core_bytes).hexdigest()


LEAVES = {
    "access": "d5a0bd7071676a48a396392575fa5edeb400ada1e138423baf731536dac29e6b",
    "before-1970": "ab198583ef6a36010a316999d36e547c389bb9c4d5f2d2f2a8d5cf92c65efd89",
    "erased-body": "eebf1e317cfed37e6e88554a862201472ddfa8d3a8abf48f54849eaf1b118b7a",
    "erased-field": "eebf1e317cfed37e6e88554a862201472ddfa8d3a8abf48f54849eaf1b118b7a",
    "genesis": "85fbae55aab4288b03f832c51adfccc0daf8521b1cfb7db9d95b5aa85a3ee406",
    "refusal": "eebf1e317cfed37e6e88554a862201472ddfa8d3a8abf48f54849eaf1b118b7a",
    "values": "61e6dcda96a531e7a64c16ed5b6f08e7144c0b0e0181a43e4fc1ebb47c060a5f",
}

# ---- a whole store, read with nothing but the page --------------------------------------------------------------------

TYPES = {2: "choice", 3: "list", 4: "time", 5: "duration", 6: "quantity", 8: "reference", 9: "decision", 10: "statement",
         11: "person", 12: "role", 13: "date", 14: "interval"}
PLAIN = {type(None): "none", bool: "boolean", int: "quantity", str: "text", bytes: "bytes"}
HEAD = struct.Struct(">BBQQqq32s32s")
SYMBOLS_FIRST = 1024
OPENED, ATTACHED, MIGRATED, ERASED = (1, 1), (1, 10), (1, 11), (29, 1)


def type_of(value):
    """Name of a value's type, its shape checked as the page says."""
    if not isinstance(value, list):
        return PLAIN[type(value)]
    kind, parts = value[0], value[1:]
    numbers = all(type(part) is int for part in parts)
    good = {2: [str], 4: [int], 5: [int] * 4, 10: [str, bool], 11: [str], 12: [str], 13: [int]}
    if kind in good:
        assert [type(part) for part in parts] == good[kind], value
    elif kind in (3, 9):
        for part in parts:
            type_of(part)
    elif kind == 6:
        assert len(parts) in (2, 3) and 0 <= parts[1] <= 18 and (len(parts) == 3) == isinstance(parts[-1], str), value
        assert len(parts) == 3 or parts[1] > 0, value
    elif kind == 8:
        assert numbers and 2 <= len(parts) <= 4 and (len(parts) == 2 or parts[-1] != 0), value
    else:
        assert kind == 14 and numbers and len(parts) in (1, 2), value
    return TYPES[kind]


class Page:
    """The tables of docs/format.md."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.events, self.attributes, self.keys = {}, {}, {}
        for family, word, members in re.findall(r"^\| (\d+) ([\w-]+) \| (\d.*) \|$", text, re.M):
            for number, name, kind in re.findall(r"(\d+) ([\w-]+) \*(\w+)\*", members):
                self.events[int(family), int(number)] = (f"{word}.{name}", kind)
        for number, name, types, says, where in re.findall(
                r"^\| (\d+) \| ([\w-]+) \| ([\w, ]+) \| (.+) \| ([\w, ]+) \|$", text, re.M):
            self.attributes[int(number)] = (name, set(types.split(", ")), set(where.split(", ")))
        core = text[text.index("## Core"):text.index("## Body")]
        for number, star in re.findall(r"^\| (\d+)( \*)? \| .+ \| .+ \|$", core, re.M):
            self.keys[int(number)] = bool(star)

    def check_event(self, code, attributes, what):
        number = divmod(code, 256)
        assert number in self.events, f"{what}: event {number} stands nowhere on the page"
        name, kind = self.events[number]
        for key, value in attributes.items():
            if key >= SYMBOLS_FIRST or value is UNKNOWN:
                continue
            assert key in self.attributes, f"{what}: {name} has an attribute {key}, which stands nowhere on the page"
            word, types, where = self.attributes[key]
            found = type_of(value)
            assert found in types or found == "none" or "any" in types, f"{what}: {word} of {name} is a {found}"
            assert kind in where or "any" in where, f"{what}: an event of the class {kind} says {word}"
        return number, kind


class Store:
    def __init__(self, path, page):
        self.page = page
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA application_id").fetchone() == (0x73747064,)
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        self.rows = dict(connection.execute("SELECT k, v FROM kv"))
        connection.close()
        self.settings()
        self.symbols()
        self.sets = {key[2:]: self.definition_set(key, value) for key, value in self.rows.items() if key[:2] == b"\0d"}
        self.records = self.events = self.erased = 0

    def settings(self):
        row = self.rows[b"\0m"]
        assert hashlib.sha256(row[:-32]).digest() == row[-32:], "settings"
        settings = recode(row[:-32], "settings")
        assert list(settings) == list(range(7)) and settings[0] == 1 and len(settings[6]) == 32
        self.log = settings[1]

    def symbols(self):
        """Names by number, and the digest before each number."""
        digest, number, self.names, self.digests = bytes(32), SYMBOLS_FIRST, {}, {}
        while (name := self.rows.get(b"\0s" + number.to_bytes(4, "big"))) is not None:
            assert self.rows[b"\0n" + name] == number.to_bytes(4, "big"), name
            self.names[number], self.digests[number] = name.decode(), digest
            digest = hashlib.sha256(digest + number.to_bytes(4, "big") + name).digest()
            number += 1
        self.digests[number] = digest
        assert self.rows[b"\0k"] == number.to_bytes(4, "big") + digest, "end of the table of symbols"
        assert sum(key[:2] == b"\0n" for key in self.rows) == len(self.names)

    def source(self, digest):
        pieces = []
        while (piece := self.rows.get(b"\0p" + digest + len(pieces).to_bytes(2, "big"))) is not None:
            pieces.append(piece)
        text = b"".join(pieces)
        assert hashlib.sha256(text).digest() == digest, "source"
        return text.decode()

    def definition_set(self, key, value):
        subject, protocols, overlays, settings, dictionaries = recode(value, "definition set")
        assert len(key) == 34 and isinstance(subject, str) and all(len(setting) == 2 for setting in settings)
        return [self.source(digest) for file, digest in protocols + overlays + dictionaries]

    def chains(self):
        return sorted({key[1:17] for key in self.rows if key[0] == 1})

    def head(self, chain):
        head = HEAD.unpack(self.rows[b"\1" + chain + b"\1"])
        assert head[0] == 1 and head[1] in (0, 1, 2)
        return head

    def verify(self, chain):
        """The steps of "To verify one pathway"."""
        head = self.head(chain)
        previous, recorded, gone, erased, in_force, number = None, None, set(), set(), None, 0
        while (row := self.rows.get(b"\1" + chain + b"\2" + number.to_bytes(8, "big"))) is not None:
            what = f"{chain.hex()} {number}"
            core, body, values = self.record(row, what)
            assert core[1] == self.log and core[2] == chain and core[3] == number, what
            assert core.get(4) == previous and (recorded is None or core[5] >= recorded), what
            assert (core[7] == 6) == (head[1] == 2), what
            gone |= {(number, place) for place, value in enumerate(values) if value is UNKNOWN}
            in_force = self.follow(core, body, in_force, erased, what)
            assert core.get(12) == in_force and (in_force is None or in_force in self.sets), f"{what}: definition set"
            assert b"\2q" + chain + number.to_bytes(8, "big") in self.rows, f"{what}: queue"
            previous, recorded, number = hashlib.sha256(b"\0" + recode(row, what)[0]).digest(), core[5], number + 1
        assert gone == erased, f"{chain.hex()}: what is not there is not what was erased"
        assert head[2] == number - 1 and head[4] == recorded and head[6] == previous, f"{chain.hex()}: head"
        assert head[7] == (in_force or bytes(32)), f"{chain.hex()}: definition set of the head"
        self.records += number
        self.erased += len(erased)

    def record(self, row, what):
        core_bytes, disclosures = recode(row, what)
        assert len(row) <= 65535 and len(core_bytes) <= 16384, what
        core = recode(core_bytes, what)
        assert set(core) <= set(self.page.keys) and core[0] == 1, what
        assert all(key in core for key, always in self.page.keys.items() if always), what
        commitments = {0: core[14], **core.get(15, {})}
        assert list(commitments) == list(range(len(disclosures))), what
        values = [disclosed(data, commitments[place], place, what) for place, data in enumerate(disclosures)]
        body = [] if values[0] is UNKNOWN else values[0]
        if body:
            check_body(body, core, len(values) - 1, what)
        for event in body:
            event[4] = {key: values[value[1]] if isinstance(value, list) and value[0] == 0 else value
                        for key, value in event[4].items()}
        return core, body, values

    def follow(self, core, body, in_force, erased, what):
        for ordinal, (code, name, back, place, attributes) in enumerate(body):
            number, kind = self.page.check_event(code, attributes, what)
            self.events += 1
            assert name == 0 or name in self.names, f"{what}: symbol {name}"
            assert all(key in self.names for key in attributes if key >= SYMBOLS_FIRST), what
            if kind in ("entry", "open"):
                assert (back, place) == (0, ordinal), f"{what}: a new element is called after its place"
            if number in (OPENED, ATTACHED, MIGRATED):
                end, digest = attributes[48][1:]
                assert self.digests[end] == digest, f"{what}: symbols"
                in_force = attributes.get(24, core[12])
            if number == ERASED:
                erased |= {(attributes[7][1], place) for place in attributes[28][1:]}
        return in_force


def print_id(chain):
    bits = "".join(f"{byte:08b}" for byte in chain) + "00"
    return "".join("abcdefghijklmnopqrstuvwxyz234567"[int(bits[at:at + 5], 2)] for at in range(0, 130, 5))


def check_store(tool, page, scenario, *command):
    """Plays the scenario, carries the command out on its first pathway, and verifies every chain."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "store")
        subprocess.run([tool, "scenario", "run", "--quiet", "--store", path, scenario], check=True,
                       stdout=subprocess.DEVNULL)
        if command:
            store = Store(path, page)
            pathway = next(chain for chain in store.chains() if store.head(chain)[1] != 2)
            subprocess.run([tool, *command, "--store", path, "--pathway", print_id(pathway)], check=True,
                           stdout=subprocess.DEVNULL)
        store = Store(path, page)
        for chain in store.chains():
            store.verify(chain)
        assert store.records > 0 and bool(store.erased) == bool(command)
        return store


def check_frozen(path, page):
    """A store that was written when the format was frozen."""
    with tempfile.TemporaryDirectory() as folder:
        unpacked = os.path.join(folder, "store")
        with lzma.open(path) as packed, open(unpacked, "wb") as file:
            file.write(packed.read())
        store = Store(unpacked, page)
        for chain in store.chains():
            store.verify(chain)
        assert store.records > 0
        return store


def same_tables(page):
    """The page names what the library names."""
    with open("src/record/events.def", encoding="utf-8") as file:
        text = file.read()
    families = {name: (int(number), word)
                for name, number, word in re.findall(r'^FAMILY\((\w+), (\d+), "([\w-]+)"\)', text, re.M)}
    events = {(families[family][0], int(number)): (f"{families[family][1]}.{word}", kind.lower())
              for family, number, word, kind in re.findall(
                  r'^EVENT\((\w+), \w+, (\d+), "([\w-]+)", (\w+)\)', text, re.M)}
    assert page.events == events, set(page.events.items()) ^ set(events.items())
    with open("src/record/event.h", encoding="utf-8") as file:
        numbers = {int(number): name for name, number in re.findall(r"^    ATTR_(\w+) = (\d+)", file.read(), re.M)
                   if int(number) < 768}
    names = {number: row[0].replace("-", "_").upper() for number, row in page.attributes.items()}
    assert names == numbers, set(names.items()) ^ set(numbers.items())


found = {path.rsplit("/", 1)[1][:-5]: check(path) for path in sorted(glob.glob("tests/record/golden/*.cbor"))}
if found != LEAVES:
    sys.exit("leaf hashes are not the documented ones:\n" + "\n".join(f'    "{k}": "{v}",' for k, v in found.items()))
print(f"{len(found)} golden records re-encoded, hashes agree")

PLAYED = [
    ("examples/failed-first-visit/1-the-story.yaml", "do", "erase", "huddle_statement", "basis=privacy-act",
     "authority=court", "--as", "Maria Chen:supervisor@harborview"),
    ("examples/regional-learning/1-the-story.yaml",),
    ("examples/step-down-taper/1-the-story.yaml",),
    ("examples/combined/1-the-story.yaml",),
]
page = Page("docs/format.md")
same_tables(page)
for played in PLAYED:
    store = check_store(os.environ["STEPDOWN_TOOL"], page, *played)
    print(f"{played[0]}: {store.records} records, {store.events} events, {len(store.names)} symbols, "
          f"{len(store.sets)} sets, {store.erased} erased")
frozen = [check_frozen(path, page) for path in sorted(glob.glob("tests/record/golden/format-1/*.db.xz"))]
assert frozen
print(f"{len(frozen)} frozen stores: {sum(store.records for store in frozen)} records")
