# SPDX-License-Identifier: Apache-2.0
"""A failed first visit: what holds the second one, and what can be proved so far."""
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo
from stepdown import Clock, Engine, HeldError, Storage

clock = Clock(datetime(2026, 3, 3, 9, tzinfo=ZoneInfo("America/New_York")))
with Engine.create(Storage.memory(), fallback=("Ruth Adler", "service-leader", "harborview"), clock=clock) as engine:
    engine.set_organization("harborview", "provider")
    engine.activate("failed-first-visit-huddle")
    people = {"Maria Chen": "supervisor", "Sam Ortiz": "frontline-worker", "Lena Brandt": "known-staff"}
    for person, role in people.items():
        engine.assign_role(role, "harborview", person)
    maria, sam, lena = (engine.session(person, role, "harborview") for person, role in people.items())
    pathway = maria.open_pathway("failed-first-visit-huddle", subject="person-4471", zone="America/New_York")
    pathway.submit("discharge_plan", first_visit_at=clock.now + timedelta(hours=5), warning_signs=["withdrawal"])
    visit = clock.advance(timedelta(hours=5))
    pathway.seen_by(sam).do("refuse", "first_visit", visit_time=visit, access_attempt=["knocked", "doorbell"],
                            attempts=3, person_response="heard-but-not-engaging", staff_safety_concern=False)
    pathway.do("start", "huddle")
    pathway.submit("huddle_record", next_planned_contact=visit + timedelta(days=1), next_contact_owner="Lena Brandt")
    pathway.do("decide", "huddle", decision="second-visit", reason="a familiar voice", evidence="visit_record")
    pathway.seen_by(lena).do("accept", "second_visit")
    try:
        pathway.seen_by(lena).do("start", "second_visit")
    except HeldError as held:
        print(held, *(f"  {need.row} {need.reason}: {need.says}" for need in held.needs), sep="\n")
    print(*(f"{line.row} {line.answered}: {line.says}" for line in pathway.validation()), sep="\n")
