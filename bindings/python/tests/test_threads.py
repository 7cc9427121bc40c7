# SPDX-License-Identifier: Apache-2.0
"""Threads: the interpreter's lock is let go, nobody waits for anybody in a circle, and work in parallel comes out whole."""
from __future__ import annotations

import ctypes
import faulthandler
import os
import threading
import time
import unittest
from typing import Any, Callable

import stepdown
from support import NOON, PROTOCOL, Case, Host
from test_storage import Fragile

DEADLOCK = 60  # seconds, then every thread's stack is shown and the test ends


class Watched(Case):
    def setUp(self) -> None:
        super().setUp()
        faulthandler.dump_traceback_later(DEADLOCK, exit=True)

    def tearDown(self) -> None:
        faulthandler.cancel_dump_traceback_later()
        super().tearDown()

    def together(self, *works: Callable[[], Any]) -> list[Any]:
        """Run these at the same time; what they raise fails the test."""
        outcomes: list[Any] = [None] * len(works)

        def run(index: int) -> None:
            try:
                outcomes[index] = works[index]()
            except BaseException as error:
                outcomes[index] = error

        threads = [threading.Thread(target=run, args=(i,)) for i in range(len(works))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return outcomes


class Threads(Watched):
    def test_a_call_that_waits_lets_others_run(self) -> None:
        """One thread waits in C for another that is inside the same engine; a third one goes on counting."""
        store = Fragile()
        host = Host(stepdown.Storage(store))
        inside, go_on = threading.Event(), threading.Event()
        trip = store.trip

        def slow(slot: str) -> None:
            if slot == "commit" and threading.current_thread().name == "writer":
                inside.set()
                go_on.wait(10)
            trip(slot)

        store.trip = slow  # type: ignore[method-assign]
        writer = threading.Thread(target=lambda: host.pathway.do("notice", "pathway", text="x"), name="writer")
        writer.start()
        inside.wait(10)
        reader = threading.Thread(target=host.engine.next_due)  # waits for the engine
        reader.start()
        counted, until = 0, time.monotonic() + 0.2
        while time.monotonic() < until:
            counted += 1
        self.assertTrue(reader.is_alive())
        go_on.set()
        writer.join()
        reader.join()
        self.assertGreater(counted, 10000)
        del store.trip
        host.engine.close()

    def test_callbacks_and_cheap_calls_do_not_wait_for_each_other(self) -> None:
        """A callback holds the engine and wants the interpreter's lock; others hold that and want the engine."""
        store = Fragile()
        host = Host(stepdown.Storage(store))

        def write() -> None:
            for _ in range(40):
                host.pathway.do("notice", "pathway", text="x")

        def read() -> None:
            for _ in range(300):
                host.engine.next_due()
                host.clock.now
                stepdown.live_objects()

        self.together(write, read, read, read)
        self.assertTrue(host.pathway.verify().intact)
        host.engine.close()

    def test_one_engine_serves_many_threads(self) -> None:
        host = Host()
        self.together(*[lambda: [host.pathway.do("notice", "pathway", text="x") for _ in range(25)] for _ in range(6)])
        self.assertEqual(len(list(host.pathway.records())), 151)
        self.assertTrue(host.pathway.verify().intact)
        host.engine.close()

    def test_engines_on_one_storage_work_side_by_side(self) -> None:
        host = Host()

        def work(name: str) -> int:
            engine = stepdown.Engine(host.storage, name=name, clock=host.clock, retries=1000)
            session = engine.session("Maria Chen", "supervisor", "harborview")
            opened = [session.open_pathway(PROTOCOL, subject=f"{name}-{i}", zone="America/New_York") for i in range(10)]
            engine.close()
            return len(opened)

        self.assertEqual(self.together(*[lambda n=n: work(f"ward {n}") for n in range(4)]), [10] * 4)
        self.assertEqual(len(list(host.maria.pathways())), 41)
        host.engine.close()

    def test_a_protocol_set_is_used_one_after_another(self) -> None:
        host = Host()
        first, second = stepdown.Protocol(PROTOCOL), stepdown.Protocol("step-up-pathway")

        def compare() -> None:
            for _ in range(3):
                first.changes_to(second)
                second.changes_to(first)
                first.changes_to(first)

        def use() -> None:
            for _ in range(3):
                first.check()
                host.engine.activate(first)
                host.pathway.replay(first)

        self.together(compare, compare, use, use)
        host.engine.close()

    def test_a_set_used_from_inside_its_own_call_is_refused(self) -> None:
        store = Fragile()
        host = Host(stepdown.Storage(store))
        protocol = stepdown.Protocol(PROTOCOL)
        trip = store.trip

        def reenter(slot: str) -> None:
            trip(slot)
            protocol.check()

        store.trip = reenter  # type: ignore[method-assign]
        with self.assertRaises(stepdown.ReentrantError):
            host.engine.activate(protocol)
        del store.trip
        protocol.check()
        host.engine.close()

    def test_a_clock_may_be_moved_while_engines_read_it(self) -> None:
        host = Host()

        def move() -> None:
            for _ in range(2000):
                host.clock.advance(NOON - NOON.replace(hour=16, minute=59, second=59))

        self.together(move, move, lambda: [host.pathway.board() for _ in range(50)])
        host.engine.close()


@unittest.skipUnless(os.environ.get("STEPDOWN_SPEED"), "STEPDOWN_SPEED is not set")
class Foreign(Watched):
    def test_threads_that_python_never_saw_may_call_and_be_called_back(self) -> None:
        foreign = ctypes.CDLL(os.environ["STEPDOWN_SPEED"])
        store = Fragile()
        host = Host(stepdown.Storage(store))
        outcomes: list[object] = []
        boom = Exception("on a thread of C")

        @ctypes.CFUNCTYPE(None)
        def work() -> None:
            try:
                outcomes.append(host.pathway.do("notice", "pathway", text="x").sequence)
                store.fail["get"] = boom
                host.pathway.do("notice", "pathway", text="x")
            except Exception as error:
                outcomes.append(error)
            store.fail.clear()

        for _ in range(20):
            self.assertEqual(foreign.speed_on_thread(work), 0)
        self.assertEqual([outcome for outcome in outcomes if isinstance(outcome, int)], list(range(1, 21)))
        self.assertTrue(all(outcome is boom for outcome in outcomes if not isinstance(outcome, int)))
        outcomes.clear()
        boom.__traceback__ = None
        del work
        host.engine.close()


class Progress(Watched):
    def test_progress_is_told_stops_and_raises(self) -> None:
        host = Host()
        for _ in range(300):
            host.pathway.do("notice", "pathway", text="x")
        told: list[int] = []
        self.assertTrue(all(row.intact for row in host.engine.verify(progress=told.append)))
        self.assertTrue(told and told == sorted(told))
        with self.assertRaises(stepdown.MisuseError):
            host.engine.verify(progress=lambda done: False)
        boom = RuntimeError("stop")

        def raises(done: int) -> None:
            raise boom

        with self.assertRaises(RuntimeError) as raised:
            host.engine.verify(progress=raises)
        self.assertIs(raised.exception, boom)
        with self.assertRaises(TypeError):
            host.engine.verify(progress=5)  # type: ignore[arg-type]
        host.engine.close()


if __name__ == "__main__":
    unittest.main()
