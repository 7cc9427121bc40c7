# SPDX-License-Identifier: Apache-2.0
"""Crisis-stabilization and step-down pathways: protocols become work that somebody owns, gates hold a step until what it
needs is there, and everything that happened can be proved.

>>> engine = Engine.create(Storage.memory(), fallback=("Ruth Adler", "service-leader", "harborview"))
>>> engine.set_organization("harborview", "provider")
>>> engine.activate("failed-first-visit-huddle")
>>> session = engine.session("Maria Chen", "supervisor", "harborview")
>>> pathway = session.open_pathway("failed-first-visit-huddle", subject="person-4471", zone="America/New_York")
>>> len(pathway.id)
26
>>> try:
...     pathway.do("start", "second_visit")
... except Error as error:
...     print(error.status)
NOT_FOUND

Everything may be used from any thread, and every call that can wait lets other threads run; in asyncio use
`await asyncio.to_thread(pathway.board)`.
"""
from __future__ import annotations

from . import _core, errors
from ._error import Diagnostic, Error, Need
from .engine import Clock, Engine, Pathway, Session
from .errors import *  # noqa: F403
from .protocol import Protocol
from .rows import Board, Gate, Row, Rows, Validation
from .storage import Backend, Operation, Rule, Storage, Transaction, conformance

__version__: str = _core.c.stepdown_version()


def live_objects() -> int:
    """Handles of the library that exist in this process; for tests of what is freed."""
    return int(_core.c.stepdown_live_objects())


__all__ = ["Backend", "Board", "Clock", "Diagnostic", "Engine", "Error", "Gate", "Need", "Operation", "Pathway",
           "Protocol", "Row", "Rows", "Rule", "Session", "Storage", "Transaction", "Validation", "conformance",
           "errors", "live_objects"]
__all__ += [name for name in errors.__all__ if name not in __all__]
