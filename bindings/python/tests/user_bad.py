# SPDX-License-Identifier: Apache-2.0
"""Mistakes that mypy must find: one in each line that says so. Not run."""
from collections.abc import Sequence
from datetime import datetime

import stepdown


class Wrong(stepdown.Backend):
    def begin(self, write: str, prefetch: Sequence[bytes]) -> stepdown.Transaction:  # mistake
        raise NotImplementedError


storage = stepdown.Storage("care.db")  # mistake
engine = stepdown.Engine(stepdown.Storage.memory(), clok=None)  # mistake
due: datetime = engine.next_due()  # mistake
session = engine.session("Maria Chen", "supervisor")  # mistake
session.open_pathway("p", subject="x")  # mistake
session.pathway(5)  # mistake
engine.assign_role("a", "b", "c", start="2026-03-03")  # mistake
stepdown.Clock(0)  # mistake
stepdown.conformance(lambda reopen: 5)  # mistake
stepdown.HeldError("x").needs[0].reasons  # mistake
