# SPDX-License-Identifier: Apache-2.0
"""How somebody uses the package who checks types strictly; mypy finds nothing here. Not run."""
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Optional

import stepdown
from stepdown import Backend, Engine, Operation, Storage, Transaction


class Nothing(Transaction):
    def get(self, keys: Sequence[bytes]) -> Iterable[Optional[bytes]]:
        return [None for _ in keys]

    def scan(self, start: bytes, end: Optional[bytes], limit: int, descending: bool) -> list[tuple[bytes, bytes]]:
        return []

    def commit(self, checks: Sequence[tuple[bytes, bool]], operations: Sequence[Operation]) -> None:
        raise stepdown.ReadOnlyError("nothing is kept here")

    def abort(self) -> None:
        pass


class Store(Backend):
    def begin(self, write: bool, prefetch: Sequence[bytes]) -> Nothing:
        return Nothing()


def first_due(engine: Engine) -> datetime:
    due = engine.next_due()
    return due if due is not None else datetime.now(timezone.utc)


def main() -> int:
    with Storage(Store()) as storage, Engine(storage, log=lambda level, message: None) as engine:
        session = engine.session("Maria Chen", "supervisor", "harborview", purpose="treatment")
        pathway = session.open_pathway("p", {"subject_kind": "person"}, subject="x", zone="UTC", note=["a", 1])
        receipt = pathway.do("start", "huddle", due=timedelta(hours=4), command_id="x", expected=receipt_number(pathway))
        names: list[str] = [row["name"] for row in pathway.items(live=True)]
        held = [need.row for need in stepdown.HeldError("x").needs]
        board: stepdown.Board = session.board(overdue=True)[:3]
        rules: list[stepdown.Rule] = stepdown.conformance(lambda reopen: Store())
        return len(names) + len(held) + len(board) + len(rules) + int(receipt["sequence"]) + first_due(engine).year


def receipt_number(pathway: stepdown.Pathway) -> Optional[int]:
    return int(pathway.opened.sequence) if pathway.opened else None
