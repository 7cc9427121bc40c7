# SPDX-License-Identifier: Apache-2.0
"""What the tests share: a small host with people, a protocol in force and a clock, and an eye on what is left over."""
from __future__ import annotations

import gc
import sys
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "examples/python"))

import stepdown  # noqa: E402

PROTOCOL = "failed-first-visit-huddle"
NOON = datetime(2026, 3, 3, 17, tzinfo=timezone.utc)
FALLBACK = ("Ruth Adler", "service-leader", "harborview")


class Case(unittest.TestCase):
    """Nothing of the library may be left when a test is over."""

    def setUp(self) -> None:
        gc.collect()
        self.live = stepdown.live_objects()

    def tearDown(self) -> None:
        gc.collect()
        self.assertEqual(stepdown.live_objects(), self.live, "objects of the library are left")


class Host:
    """A store with three people and one pathway."""

    def __init__(self, storage: stepdown.Storage | None = None, name: str | None = None) -> None:
        self.clock = stepdown.Clock(NOON)
        self.storage = storage or stepdown.Storage.memory()
        self.engine = stepdown.Engine.create(self.storage, fallback=FALLBACK, clock=self.clock, seed=7, name=name)
        self.engine.set_organization("harborview", "provider")
        self.engine.activate(PROTOCOL)
        for person, role in {"Maria Chen": "supervisor", "Sam Ortiz": "frontline-worker",
                             "Lena Brandt": "known-staff"}.items():
            self.engine.assign_role(role, "harborview", person)
        self.maria = self.engine.session("Maria Chen", "supervisor", "harborview")
        self.sam = self.engine.session("Sam Ortiz", "frontline-worker", "harborview")
        self.pathway = self.maria.open_pathway(PROTOCOL, subject="p-1", zone="America/New_York")

    def refuse_first_visit(self) -> stepdown.Row:
        self.pathway.submit("discharge_plan", first_visit_at=NOON + timedelta(hours=1), warning_signs="withdrawal")
        self.clock.advance(timedelta(hours=2))
        return self.pathway.seen_by(self.sam).do(
            "refuse", "first_visit", visit_time=self.clock.now, access_attempt="knocked", attempts=3,
            person_response="heard-but-not-engaging", staff_safety_concern=False)

    def held(self) -> stepdown.HeldError:
        """A second visit whose gate holds it."""
        self.refuse_first_visit()
        self.pathway.do("start", "huddle")
        self.pathway.submit("huddle_record", next_planned_contact=NOON + timedelta(days=1),
                            next_contact_owner="Lena Brandt")
        self.pathway.do("decide", "huddle", decision="second-visit", reason="a familiar voice",
                        evidence="visit_record")
        lena = self.pathway.seen_by(self.engine.session("Lena Brandt", "known-staff", "harborview"))
        lena.do("accept", "second_visit")
        try:
            lena.do("start", "second_visit")
        except stepdown.HeldError as held:
            return held
        raise AssertionError("the gate did not hold")
