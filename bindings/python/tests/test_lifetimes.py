# SPDX-License-Identifier: Apache-2.0
"""Handles in every order: closed, dropped, collected, used afterwards, used while they are closed, left at the end of the
program. Never a crash, nothing left over, and an exception where one is due."""
from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import weakref
from datetime import timedelta
from pathlib import Path

import stepdown
from support import FALLBACK, NOON, PROTOCOL, Case, Host
import backend  # of the examples; support says where they are
from test_storage import Fragile


class Orders(Case):
    def test_a_closed_parent_makes_its_children_raise(self) -> None:
        host = Host()
        host.refuse_first_visit()
        host.engine.close()
        host.engine.close()
        calls = [host.engine.next_due, host.engine.protocols, host.engine.advance, host.engine.assignments,
                 host.engine.verify, host.engine.rebuild, lambda: host.engine.activate(PROTOCOL),
                 lambda: host.engine.session("a", "b", "c"), lambda: host.engine.set_organization("a", "provider"),
                 lambda: host.engine.assign_role("a", "b", "c"), lambda: list(host.maria.pathways()), host.maria.board,
                 host.maria.lease, lambda: host.maria.emergency("a" * 26, "r"),
                 host.pathway.show, host.pathway.items, host.pathway.entries, host.pathway.board,
                 lambda: host.pathway.gate("g"), lambda: host.pathway.dashboard("d"), host.pathway.measures,
                 host.pathway.responsibility, host.pathway.migration, host.pathway.validation,
                 lambda: list(host.pathway.records()), lambda: host.pathway.replay(stepdown.Protocol(PROTOCOL)),
                 lambda: host.pathway.do("start", "huddle"), lambda: list(host.maria.execute_each("notice", "pathway"))]
        for number, call in enumerate(calls):
            with self.assertRaises(stepdown.ClosedError, msg=str(number)):
                call()
        host.maria.close()

    def test_a_closed_session_and_a_closed_storage_say_so(self) -> None:
        host = Host()
        with host.maria as maria:
            maria.board()
        with self.assertRaises(stepdown.ClosedError):
            host.pathway.board()
        host.pathway.seen_by(host.sam).show()
        host.storage.close()
        host.storage.close()
        for call in (host.storage.ping, host.storage.statistics, host.storage.vacuum, host.engine.next_due):
            with self.assertRaises(stepdown.ClosedError):
                call()

    def test_children_keep_what_they_stand_on(self) -> None:
        host = Host()
        session, pathway = host.maria, host.pathway
        del host
        gc.collect()
        pathway.do("notice", "pathway", text="x")
        engine = weakref.ref(session.engine)
        del session
        gc.collect()
        self.assertIsNotNone(engine())
        pathway.board()
        del pathway
        gc.collect()
        self.assertIsNone(engine())

    def test_parents_may_go_before_their_children_in_c_too(self) -> None:
        storage = stepdown.Storage.memory()
        engine = stepdown.Engine.create(storage, fallback=FALLBACK, clock=stepdown.Clock(NOON))
        session = engine.session("Ruth Adler", "service-leader", "harborview")
        bare = session._handle  # as another language's collector would have it
        del session, engine, storage
        gc.collect()
        self.assertEqual(len(list(stepdown.Session(None, bare).pathways())), 0)  # type: ignore[arg-type]

    def test_constructors_that_fail_leave_nothing(self) -> None:
        with self.assertRaises(stepdown.NotFoundError):
            stepdown.Engine(stepdown.Storage.memory())
        with self.assertRaises(stepdown.NotFoundError):
            stepdown.Storage.sqlite("no/such/folder/x.db", create=False)
        with self.assertRaises(stepdown.InvalidError):
            stepdown.Storage.sqlite("x.db", cache_kibibytes=1)
        with self.assertRaises(ValueError):
            stepdown.Storage.sqlite("x.db", synchronous="sometimes")
        storage = stepdown.Storage.memory()
        stepdown.Engine.create(storage, fallback=FALLBACK)
        with self.assertRaises(stepdown.ExistsError):
            stepdown.Engine.create(storage, fallback=FALLBACK)
        for bad in ({"name": ""}, {"name": "x" * 129}, {"zone_directory": ""}):
            with self.assertRaises(stepdown.InvalidError):
                stepdown.Engine(storage, **bad)

    def test_a_file_is_opened_again_with_all_that_was_in_it(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "care.db"
            with stepdown.Storage.sqlite(path, synchronous="normal", busy_timeout=timedelta(seconds=1)) as storage:
                host = Host(storage)
                host.engine.close()
                storage.checkpoint()
                storage.backup(Path(folder) / "copy.db")
            for name in ("care.db", "copy.db"):
                with stepdown.Storage.sqlite(Path(folder) / name, create=False) as storage, \
                        stepdown.Engine(storage) as engine:
                    maria = engine.session("Maria Chen", "supervisor", "harborview")
                    self.assertEqual([row.pathway for row in maria.pathways()], [host.pathway.id])


class WhileInUse(Case):
    def test_closing_during_a_call_lets_it_end(self) -> None:
        store = Fragile()
        host = Host(stepdown.Storage(store))
        inside, go_on = threading.Event(), threading.Event()
        outcome: list[object] = []
        trip = store.trip

        def slow(slot: str) -> None:
            if slot == "commit":
                inside.set()
                go_on.wait(10)
            trip(slot)

        def work() -> None:
            try:
                outcome.append(host.pathway.do("notice", "pathway", text="x").sequence)
            except stepdown.Error as error:
                outcome.append(error)

        store.trip = slow  # type: ignore[method-assign]
        worker = threading.Thread(target=work)
        worker.start()
        self.assertTrue(inside.wait(10))
        closer = threading.Thread(target=host.engine.close)
        closer.start()
        time.sleep(0.05)
        self.assertTrue(closer.is_alive())  # it waits for the call
        go_on.set()
        closer.join(10)
        worker.join(10)
        self.assertIsInstance(outcome[0], int)
        del store.trip
        with self.assertRaises(stepdown.ClosedError):
            host.engine.next_due()

    def test_dropping_the_last_name_during_a_call_lets_it_end(self) -> None:
        for _ in range(20):
            host = Host()
            pathway = host.pathway
            threads = [threading.Thread(target=pathway.board) for _ in range(3)]
            for thread in threads:
                thread.start()
            del host, pathway
            for thread in threads:
                thread.join(10)
                self.assertFalse(thread.is_alive())
            del threads, thread

    def test_collecting_all_the_time_changes_nothing(self) -> None:
        stop, wrong = threading.Event(), []

        def collect() -> None:
            while not stop.is_set():
                gc.collect()

        def work() -> None:
            try:
                for _ in range(5):
                    host = Host(stepdown.Storage(backend.Memory()))
                    host.cycle = [host, host.engine, host.storage]  # type: ignore[attr-defined]
                    host.held()
                    host.pathway.board()
            except BaseException as error:
                wrong.append(error)

        collector = threading.Thread(target=collect)
        workers = [threading.Thread(target=work) for _ in range(3)]
        for thread in [collector, *workers]:
            thread.start()
        for thread in workers:
            thread.join(60)
        stop.set()
        collector.join(10)
        self.assertEqual(wrong, [])


@unittest.skipUnless(os.environ.get("STEPDOWN_SPEED"), "STEPDOWN_SPEED is not set")
class TwoCopies(Case):
    def test_two_copies_of_the_library_in_one_process_do_not_meet(self) -> None:
        """Another program's copy with all its symbols in sight of everybody, as another binding would bring one."""
        other = ctypes.CDLL(os.environ["STEPDOWN_SPEED"], mode=ctypes.RTLD_GLOBAL)
        other.speed_begin()
        self.assertEqual(stepdown.live_objects(), self.live)
        host = Host()
        host.refuse_first_visit()
        self.assertGreater(stepdown.live_objects(), self.live)
        host.engine.close()
        self.assertEqual(other.speed_end(), 0)


LEFT_OPEN = """
import sys, threading
sys.path[:0] = {path!r}
import stepdown, backend
from support import Host
kept = Host(stepdown.Storage(backend.Memory()))
kept.refuse_first_visit()
plain = Host()
def forever():
    while True:
        plain.pathway.board()
        kept.pathway.board()
threading.Thread(target=forever, daemon=True).start()
{end}
"""


class Ending(Case):
    def test_a_program_may_end_with_everything_open(self) -> None:
        path = [str(Path(__file__).parent), *sys.path]
        for end in ("pass", "import time; time.sleep(0.1)", "sys.modules.pop('stepdown'); del stepdown",
                    "kept.cycle = kept"):
            done = subprocess.run([sys.executable, "-X", "dev", "-c", LEFT_OPEN.format(path=path, end=end)],
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, (end, done.stderr))
            self.assertNotIn("memory leak", done.stderr)
            self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    unittest.main()
