# SPDX-License-Identifier: Apache-2.0
"""A storage back end in Python: every committed version of every key, in memory. Run it to see how it fares in the
conformance suite."""
from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from typing import Optional

import stepdown
from stepdown import Backend, ConflictError, Operation, Transaction

# Versions of one key: (number of the commit, value; None when it was deleted), newest last.
Versions = list[tuple[int, Optional[bytes]]]


class Memory(Backend):
    """Readers see the versions that were there when they began, so they never wait for writers."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.commits = 0
        self.versions: dict[bytes, Versions] = {}
        self.keys: list[bytes] = []  # sorted

    def begin(self, write: bool, prefetch: Sequence[bytes]) -> Transaction:
        return MemoryTransaction(self, self.commits)

    def statistics(self) -> dict[str, int]:
        return {"keys": len(self.keys), "commits": self.commits}

    def changed_since(self, key: bytes, snapshot: int) -> bool:
        versions = self.versions.get(key)
        return versions is not None and versions[-1][0] > snapshot

    def value_at(self, key: bytes, snapshot: int) -> Optional[bytes]:
        for commit, value in reversed(self.versions.get(key, [])):
            if commit <= snapshot:
                return value
        return None

    def write(self, key: bytes, value: Optional[bytes]) -> None:
        if key not in self.versions:
            self.versions[key] = []
            insort(self.keys, key)
        self.versions[key].append((self.commits, value))


class MemoryTransaction(Transaction):
    def __init__(self, store: Memory, snapshot: int) -> None:
        self.store = store
        self.snapshot = snapshot

    def get(self, keys: Sequence[bytes]) -> Iterator[Optional[bytes]]:
        return (self.store.value_at(key, self.snapshot) for key in keys)

    def scan(self, start: bytes, end: Optional[bytes], limit: int, descending: bool) -> Iterator[tuple[bytes, bytes]]:
        with self.store.lock:
            keys = self.store.keys
            within = keys[bisect_left(keys, start):len(keys) if end is None else bisect_left(keys, end)]
        for key in reversed(within) if descending else within:
            value = self.store.value_at(key, self.snapshot)
            if value is not None:
                yield key, value  # nobody asks for more than `limit`

    def commit(self, checks: Sequence[tuple[bytes, bool]], operations: Sequence[Operation]) -> None:
        store = self.store
        with store.lock:
            for key in [key for key, _ in checks] + [operation.key for operation in operations]:
                if store.changed_since(key, self.snapshot):
                    raise ConflictError("somebody else was faster")
            must_be_absent = [key for key, absent in checks if absent]
            must_be_absent += [operation.key for operation in operations if operation.kind == "put-new"]
            if any(store.value_at(key, self.snapshot) is not None for key in must_be_absent):
                raise ConflictError("it exists already")
            if operations:
                store.commits += 1
                for operation in operations:
                    store.write(operation.key, None if operation.kind == "delete" else operation.value)

    def abort(self) -> None:
        pass


def factory(reopen: bool) -> Backend:
    if reopen:
        raise stepdown.UnsupportedError("it does not last")
    return Memory()


if __name__ == "__main__":
    rules = stepdown.conformance(factory)
    for rule in rules:
        if rule.result != "passed":
            print(rule.result, rule.name, rule.detail, sep=": ")
    print(f"{sum(rule.result == 'passed' for rule in rules)} of {len(rules)} rules passed")
