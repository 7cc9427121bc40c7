# SPDX-License-Identifier: Apache-2.0
"""The golden records in other hands: cbor2 decodes every row, core, body and disclosure and re-encodes them canonically
to the same bytes; hashlib recomputes every commitment. Format: docs/format.md."""
import glob
import hashlib
import sys

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
    assert core[0] == 0 and len(core[1]) == 16 and len(core[2]) == 16, path
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
    "access": "1a767d64a8de5c0d4c22f1bccc7588d179963f30d26a243035d12d18af79c169",
    "before-1970": "7efb72d2bd81d5c3c6239e135ed5706c712b68fb03e9ba826a9c7c68e7934e55",
    "erased-body": "eb56e922d4304a6f54e2687ba8b6af354120121d761529b140a47b070d58e73f",
    "erased-field": "eb56e922d4304a6f54e2687ba8b6af354120121d761529b140a47b070d58e73f",
    "genesis": "d841a96a66d863dad9068b7ec310cc9780fc30eedf115eecc66a46f9b9111b6a",
    "refusal": "eb56e922d4304a6f54e2687ba8b6af354120121d761529b140a47b070d58e73f",
    "values": "399dd80b1bef4b3f26eb305eeb47d72f7f03aeb1d73a8f876f8a3c9eec2f3d39",
}

found = {path.rsplit("/", 1)[1][:-5]: check(path) for path in sorted(glob.glob("tests/record/golden/*.cbor"))}
if found != LEAVES:
    sys.exit("leaf hashes are not the documented ones:\n" + "\n".join(f'    "{k}": "{v}",' for k, v in found.items()))
print(f"{len(found)} golden records re-encoded, hashes agree")
