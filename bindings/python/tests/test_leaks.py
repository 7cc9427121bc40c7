# SPDX-License-Identifier: Apache-2.0
"""The same work thousands of times over, failures included: memory, handles and Python objects stay where they were."""
from __future__ import annotations

import gc
import os
import resource
import unittest
from typing import Callable

import stepdown
from support import FALLBACK, NOON, Case, Host
import backend  # of the examples; support says where they are
from test_storage import Boom, Fragile

ROUNDS = int(os.environ.get("STEPDOWN_ROUNDS", "1500"))
GROWTH = 768  # KiB, which allocators take as they like


def resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() // 1024


class Leaks(Case):
    def stays_flat(self, work: Callable[[], object], rounds: int) -> None:
        for _ in range(rounds // 4):
            work()
        gc.collect()
        before, objects, live = resident(), len(gc.get_objects()), stepdown.live_objects()
        for _ in range(rounds):
            work()
        gc.collect()
        self.assertEqual(stepdown.live_objects(), live)
        self.assertLess(len(gc.get_objects()) - objects, 50)
        self.assertLess(resident() - before, GROWTH)

    def test_reading_and_being_refused(self) -> None:
        host = Host()
        host.held()

        def work() -> None:
            host.pathway.board()
            host.pathway.show().as_dict()
            host.pathway.gate("second_visit_starts").unmet
            for call in (lambda: host.pathway.do("start", "huddle"), lambda: host.engine.verify(progress=5),
                         lambda: stepdown.Protocol().add_text("x: [").check(),
                         lambda: stepdown.Protocol().add_text(5)):  # type: ignore[arg-type]
                with self.assertRaises(Exception):
                    call()

        self.stays_flat(work, ROUNDS // 3)
        host.engine.close()

    def test_opening_and_dropping(self) -> None:
        def work() -> None:
            store = Fragile()
            engine = stepdown.Engine.create(stepdown.Storage(store), fallback=FALLBACK, clock=stepdown.Clock(NOON),
                                            log=lambda level, message: None, seed=3)
            session = engine.session("Ruth Adler", "service-leader", "harborview")
            list(session.pathways())
            store.fail["begin"] = Boom()
            with self.assertRaises(Boom):
                session.lease()
            with self.assertRaises(stepdown.ProtocolError):
                stepdown.Protocol().add_text("protocol: y").check()

        self.stays_flat(work, ROUNDS)

    def test_commands_with_failing_back_ends(self) -> None:
        store = Fragile()
        host = Host(stepdown.Storage(store))

        def work() -> None:
            for slot in ("begin", "get", "commit"):
                store.fail = {slot: Boom(slot)}
                with self.assertRaises(Boom):
                    host.pathway.do("notice", "pathway", text="x")
            store.fail = {}
            store.calls.clear()

        self.stays_flat(work, ROUNDS)
        host.engine.close()

    def test_conformance_again_and_again(self) -> None:
        self.stays_flat(lambda: stepdown.conformance(backend.factory), 6)


if __name__ == "__main__":
    unittest.main()
