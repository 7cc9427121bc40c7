# SPDX-License-Identifier: Apache-2.0
"""Storage back ends written in Python: the conformance suite, exceptions that come home as the same object, and what a back
end does wrong."""
from __future__ import annotations

import gc
import sys
import threading
import traceback
import unittest
from collections.abc import Iterable, Sequence
from typing import Any, Optional

import stepdown
from stepdown import Operation, Storage
from support import FALLBACK, PROTOCOL, Case, Host
import backend  # of the examples; support says where they are


class Boom(Exception):
    pass


class Fragile(backend.Memory):
    """The example's back end, which raises `fail[slot]` whenever that is set."""

    def __init__(self) -> None:
        super().__init__()
        self.fail: dict[str, Any] = {}
        self.calls: list[str] = []

    def trip(self, slot: str) -> None:
        self.calls.append(slot)
        if self.fail.get(slot) is not None:
            raise self.fail[slot]

    def open(self) -> None:
        self.trip("open")

    def close(self) -> None:
        self.trip("close")

    def ping(self) -> None:
        self.trip("ping")

    def begin(self, write: bool, prefetch: Sequence[bytes]) -> stepdown.Transaction:
        self.trip("begin")
        return FragileTransaction(self, self.commits)


class FragileTransaction(backend.MemoryTransaction):
    store: Fragile

    def get(self, keys: Sequence[bytes]) -> Any:
        self.store.trip("get")
        return super().get(keys)

    def scan(self, start: bytes, end: Optional[bytes], limit: int, descending: bool) -> Any:
        self.store.trip("scan")
        return super().scan(start, end, limit, descending)

    def commit(self, checks: Sequence[tuple[bytes, bool]], operations: Sequence[Operation]) -> None:
        self.store.trip("commit")
        super().commit(checks, operations)

    def abort(self) -> None:
        self.store.trip("abort")


class Conformance(Case):
    def test_the_example_keeps_every_promise(self) -> None:
        rules = stepdown.conformance(backend.factory)
        self.assertGreater(len(rules), 40)
        self.assertEqual([rule for rule in rules if rule.result == "FAILED"], [])
        self.assertEqual([rule.name for rule in rules if rule.result == "skipped"],
                         ["reopened_store_keeps_what_was_committed"])

    def test_a_store_that_lasts_is_opened_again(self) -> None:
        last: list[backend.Memory] = []

        def factory(reopen: bool) -> stepdown.Backend:
            if not reopen:
                last[:] = [backend.Memory()]
            return last[0]

        self.assertEqual({rule.result for rule in stepdown.conformance(factory)}, {"passed"})

    def test_broken_promises_are_named(self) -> None:
        class Forgetful(backend.Memory):
            def write(self, key: bytes, value: Optional[bytes]) -> None:
                if not key.endswith(b"2"):
                    super().write(key, value)

        failed = [rule for rule in stepdown.conformance(lambda reopen: Forgetful()) if rule.result == "FAILED"]
        self.assertTrue(failed)
        self.assertTrue(all(rule.detail for rule in failed))

    def test_a_factory_that_gives_no_back_end_is_told(self) -> None:
        with self.assertRaisesRegex(TypeError, "the factory gave dict"):
            stepdown.conformance(lambda reopen: {})  # type: ignore[arg-type, return-value]
        with self.assertRaisesRegex(TypeError, "expected a stepdown.Backend"):
            Storage(object())  # type: ignore[arg-type]


class Homecoming(Case):
    def test_the_engine_works_on_it(self) -> None:
        host = Host(Storage(backend.Memory()))
        host.held()
        self.assertTrue(host.pathway.verify().intact)
        self.assertTrue(host.storage.statistics()["keys"] > 10)
        host.engine.close()

    def test_an_exception_comes_home_as_the_same_object_from_every_slot(self) -> None:
        for slot in ("begin", "get", "scan"):
            store = Fragile()
            host = Host(Storage(store))
            boom = store.fail[slot] = Boom(slot)
            try:
                if slot == "scan":
                    host.engine.rebuild(snapshots=True)
                    host.pathway.show()
                else:
                    host.pathway.do("notice", "pathway", text="x")
                self.fail(f"{slot}: nothing was raised")
            except Boom as raised:
                self.assertIs(raised, boom)
                self.assertIn("in trip", "".join(traceback.format_exception(raised)))
            store.fail.clear()
            host.pathway.show()  # and nothing is broken
            host.engine.close()
        store = Fragile()
        boom = store.fail["open"] = Boom()
        with self.assertRaises(Boom) as raised:
            Storage(store)
        self.assertIs(raised.exception, boom)
        store.fail = {"ping": boom, "close": boom}
        storage = Storage(store)
        for call in (storage.ping, storage.close):
            with self.assertRaises(Boom) as raised:
                call()
            self.assertIs(raised.exception, boom)

    def test_what_a_commit_raises_means_unknown_unless_it_says_otherwise(self) -> None:
        store = Fragile()
        host = Host(Storage(store))
        before = host.pathway.show().sequence
        boom = store.fail["commit"] = Boom()
        with self.assertRaises(Boom) as raised:
            host.pathway.do("notice", "pathway", text="x")
        self.assertIs(raised.exception, boom)
        busy = store.fail["commit"] = stepdown.BusyError("locked")
        with self.assertRaises(stepdown.BusyError) as busy_raised:
            host.pathway.do("notice", "pathway", text="x")
        self.assertIs(busy_raised.exception, busy)
        store.fail.clear()
        self.assertEqual(host.pathway.show().sequence, before)
        host.engine.close()

    def test_a_commit_that_always_loses_is_contended_and_one_without_outcome_is_unknown(self) -> None:
        store = Fragile()
        host = Host(Storage(store))
        store.fail["commit"] = stepdown.ConflictError("somebody else was faster")
        with self.assertRaises(stepdown.ContendedError):
            host.pathway.do("notice", "pathway", text="x")
        self.assertGreater(store.calls.count("commit"), 16)
        unknown = store.fail["commit"] = stepdown.UnknownError("the line went dead")
        try:
            host.pathway.do("notice", "pathway", text="x")
            self.fail("nothing was raised")
        except stepdown.UnknownError as raised:
            self.assertIs(raised, unknown)
        store.fail.clear()
        host.engine.close()

    def test_a_commit_that_was_applied_after_all_has_taken_effect(self) -> None:
        store = Fragile()
        host = Host(Storage(store))
        commit = FragileTransaction.commit

        def applied(self: FragileTransaction, checks: Any, operations: Any) -> None:
            commit(self, checks, operations)
            raise Boom("the answer was lost")

        try:
            FragileTransaction.commit = applied  # type: ignore[method-assign]
            receipt = host.pathway.do("notice", "pathway", text="x")
        finally:
            FragileTransaction.commit = commit  # type: ignore[method-assign]
        self.assertEqual(host.pathway.show().sequence, receipt.sequence)
        self.assertTrue(host.pathway.verify().intact)
        host.engine.close()

    def test_keyboard_interrupts_and_exits_come_home_too(self) -> None:
        store = Fragile()
        host = Host(Storage(store))
        for kind in (KeyboardInterrupt, SystemExit, MemoryError):
            store.fail["get"] = kind()
            with self.assertRaises(kind):
                host.pathway.do("notice", "pathway", text="x")
        store.fail.clear()
        host.engine.close()

    def test_what_nobody_can_catch_is_shown_and_not_lost(self) -> None:
        store = Fragile()
        host = Host(Storage(store))
        told: list[Any] = []
        before, sys.unraisablehook = sys.unraisablehook, told.append
        try:
            store.fail["abort"] = Boom("abort")
            host.pathway.show()
            with self.assertRaises(stepdown.NotFoundError):
                host.pathway.do("start", "huddle")
        finally:
            sys.unraisablehook = before
            store.fail.clear()
        self.assertTrue(told and all(isinstance(one.exc_value, Boom) for one in told))
        del told
        host.engine.close()

    def test_the_engine_logs_what_it_could_not_write_when_it_goes(self) -> None:
        store, told = Fragile(), []
        engine = stepdown.Engine.create(Storage(store), fallback=FALLBACK,
                                        log=lambda level, message: told.append((level, message)))
        engine.set_organization("harborview", "provider")
        engine.activate(PROTOCOL)
        maria = engine.session("Maria Chen", "supervisor", "harborview")
        maria.open_pathway(PROTOCOL, subject="p", zone="America/New_York").board()
        store.fail["commit"] = Boom("full")
        del maria, engine
        gc.collect()
        self.assertEqual(told, [(1, "full")])
        store.fail.clear()

    def test_nested_calls_neither_eat_nor_lose_the_error(self) -> None:
        inner = Host()

        class Nested(Fragile):
            def trip(self, slot: str) -> None:
                if slot == "abort":
                    try:
                        inner.pathway.do("start", "huddle")
                    except stepdown.NotFoundError:
                        inner.pathway.board()
                super().trip(slot)

        store = Nested()
        host = Host(Storage(store))
        boom = store.fail["get"] = Boom()
        with self.assertRaises(Boom) as raised:
            host.pathway.do("notice", "pathway", text="x")
        self.assertIs(raised.exception, boom)
        store.fail.clear()
        host.engine.close()
        inner.engine.close()

    def test_calling_the_engine_from_its_own_storage_is_refused(self) -> None:
        store = Fragile()
        host = Host(Storage(store))

        class Calls:
            def __bool__(self) -> bool:
                return True

        def trip(slot: str) -> None:
            if slot == "get":
                host.engine.next_due()

        store.trip = trip  # type: ignore[method-assign]
        with self.assertRaises(stepdown.ReentrantError):
            host.pathway.do("notice", "pathway", text="x")
        del store.trip
        host.engine.close()

    def test_sessions_of_several_threads_get_their_own_exceptions(self) -> None:
        wrong: list[object] = []

        def work(number: int) -> None:
            class Mine(Exception):
                pass

            store = Fragile()
            host = Host(Storage(store))
            for round in range(60):
                mine = store.fail["get"] = Mine(number, round)
                try:
                    host.pathway.do("notice", "pathway", text="x")
                    wrong.append("nothing raised")
                except Mine as raised:
                    if raised is not mine:
                        wrong.append(raised)
            store.fail.clear()
            host.engine.close()

        threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


class Mistakes(Case):
    """A back end that answers wrongly gets an exception that says so, never a crash."""

    def wrong(self, what: str, answer: object, kind: type[BaseException], text: str = "") -> None:
        store = backend.Memory()
        host = Host(Storage(store))

        class Wrong(backend.MemoryTransaction):
            pass

        setattr(Wrong, what, lambda self, *arguments: answer() if callable(answer) else answer)
        store.begin = lambda write, prefetch: Wrong(store, store.commits)  # type: ignore[method-assign]
        with self.assertRaisesRegex(kind, text):
            host.engine.rebuild()
            host.pathway.show()
        host.storage.close()

    def test_values_must_be_bytes_one_for_each_key(self) -> None:
        self.wrong("get", ["text"] * 9, TypeError, "bytes-like")
        self.wrong("get", [1] * 9, TypeError, "bytes-like")
        self.wrong("get", [], ValueError, "get\\(\\) gave 0 values for")
        self.wrong("get", 7, TypeError, "not iterable")
        self.wrong("get", lambda: (1 / 0 for _ in "ab"), ZeroDivisionError)
        self.wrong("get", lambda: (value for value in [b"x" * 70000] * 9), stepdown.Error)

    def test_rows_must_be_pairs_in_order(self) -> None:
        for answer, kind in (([b"a"], Exception), ([(b"a", b"b", b"c")], ValueError), ([(1, 2)], TypeError),
                             ([(b"zz", b""), (b"a", b"")], stepdown.Error), (None, TypeError)):
            store = backend.Memory()
            host = Host(Storage(store))

            class Wrong(backend.MemoryTransaction):
                def scan(self, *arguments: Any) -> Any:
                    return answer

            store.begin = lambda write, prefetch: Wrong(store, store.commits)  # type: ignore[method-assign]
            with self.assertRaises(kind):
                host.engine.rebuild(snapshots=True)
                host.pathway.show()
            host.storage.close()

    def test_no_transaction_figures_or_backup(self) -> None:
        store = backend.Memory()
        storage = Storage(store)
        store.begin = lambda write, prefetch: None  # type: ignore[method-assign, assignment, return-value]
        with self.assertRaisesRegex(TypeError, "begin\\(\\) returned no transaction"):
            stepdown.Engine(storage)
        store.statistics = lambda: {"keys": "many"}  # type: ignore[method-assign, dict-item, return-value]
        with self.assertRaises(TypeError):
            storage.statistics()
        store.statistics = lambda: [1]  # type: ignore[method-assign, assignment, return-value]
        with self.assertRaises(Exception):
            storage.statistics()
        with self.assertRaises(stepdown.UnsupportedError):
            storage.backup("somewhere")
        storage.vacuum()
        storage.checkpoint()


if __name__ == "__main__":
    unittest.main()
