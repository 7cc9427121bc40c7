# SPDX-License-Identifier: Apache-2.0
"""Plays recorded calls (bindings/vectors/record.c) through the package, and compares everything that comes back, byte for byte,
with what C got."""
from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Any, Optional

import stepdown
from stepdown import errors

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
UNITS = {"hour": 3600, "minute": 60, "second": 1, "day": 86400}


def moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def length(text: str) -> timedelta:
    return timedelta(seconds=sum(int(n) * UNITS[unit] for n, unit in re.findall(r"(\d+) (\w+?)s?\b", text)))


# ---- results as C writes them ----------------------------------------------------------------------------------------

def json_text(value: str) -> str:
    return '"' + re.sub(r'["\\\x00-\x1f]', lambda m: "\\" + m[0] if m[0] in '"\\' else f"\\u{ord(m[0]):04x}", value) + '"'


def json_value(value: object) -> str:
    if isinstance(value, stepdown.Rows):
        return json_rows(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        text = value.strftime(f"{value.year:04}-%m-%dT%H:%M:%S")
        return f'"{text}{f".{value.microsecond:06}".rstrip("0") if value.microsecond else ""}Z"'
    return "null" if value is None else json_text(str(value))


def json_rows(rows: Any) -> str:
    return "[" + ",".join("{" + ",".join(f'"{name}":{json_value(row[name])}' for name in row) + "}"
                          for row in rows) + "]"


# ---- steps -----------------------------------------------------------------------------------------------------------

class Failing(stepdown.Backend):
    """Every transaction fails with one status."""

    def __init__(self, code: int) -> None:
        self.code = code

    def begin(self, write: bool, prefetch: Any) -> stepdown.Transaction:
        raise errors.BY_CODE[self.code]("the storage was told to fail")


class Player:
    """The objects of a record, and what each call is here."""

    def __init__(self) -> None:
        self.objects: dict[int, Any] = {}
        self.clock = stepdown.Clock(EPOCH)
        self.stores: dict[int, dict[str, Any]] = {}  # made, but no engine opened yet

    def engine_of(self, step: dict[str, Any]) -> stepdown.Engine:
        storage, made = self.objects[step["on"]], self.stores.pop(step["on"], None)
        if made is None:
            return stepdown.Engine(storage, clock=self.clock, seed=0)
        return stepdown.Engine.create(storage, fallback=tuple(made["fallback"]), label=made["name"], clock=self.clock,
                                      seed=0)

    def arguments(self, command: dict[str, Any]) -> dict[str, Any]:
        arguments: dict[str, Any] = {}
        for name, kind, value in command["arguments"]:
            native = moment(value) if kind == "time" else value
            arguments[name] = [*arguments[name], native] if name in arguments else [native]
        return arguments

    def options(self, command: dict[str, Any]) -> dict[str, Any]:
        options: dict[str, Any] = {"command_id": command.get("id"), "expected": command.get("expected")}
        if "occurred" in command:
            at, offset = command["occurred"]
            zone = timezone.utc if offset == -2**31 else timezone(timedelta(minutes=offset))
            options["occurred"] = moment(at).astimezone(zone)
        return options

    def execute(self, session: stepdown.Session, step: dict[str, Any]) -> Any:
        command = step["command"]
        return [session.execute(command["verb"], command["target"], self.arguments(command), pathway=step["pathway"],
                                **self.options(command))]

    def play(self, step: dict[str, Any], rows: int) -> Any:
        """The value that the call gives; `rows` is how many C got."""
        call, on = step["call"], self.objects.get(step.get("on", -1))
        noun, _, verb = call.partition(".")
        if noun == "free":
            self.objects.pop(step["object"], None)
            return None
        made = self.make(call, step, on)
        if made is not None:
            self.objects[step.get("made", -1)] = made
            return None
        if noun == "pathway":
            return self.pathway(verb, stepdown.Pathway(on, step["pathway"]), step, rows)
        return getattr(self, noun)(verb, on, step, rows)

    def make(self, call: str, step: dict[str, Any], on: Any) -> Any:
        makers: dict[str, Callable[[], Any]] = {
            "storage": stepdown.Storage.memory,
            "storage.failing": lambda: stepdown.Storage(Failing(step["code"])),
            "engine": lambda: self.engine_of(step),
            "protocol": stepdown.Protocol,
            "session": lambda: on.session(step["actor"], step["role"], step["organization"], purpose=step["purpose"]),
        }
        return makers[call]() if call in makers else None

    def store(self, verb: str, storage: stepdown.Storage, step: dict[str, Any], rows: int) -> None:
        if step["status"] == "OK":
            self.stores[step["on"]] = step  # with the engine that is opened next
        else:
            stepdown.Engine.create(storage, fallback=tuple(step["fallback"]), label=step["name"], clock=self.clock)

    def storage(self, verb: str, storage: stepdown.Storage, step: dict[str, Any], rows: int) -> Any:
        answer = storage.backup(step["path"]) if verb == "backup" else getattr(storage, verb)()  # type: ignore[func-returns-value]
        return json.dumps(answer, separators=(",", ":")) if verb == "statistics" else answer

    def engine(self, verb: str, engine: stepdown.Engine, step: dict[str, Any], rows: int) -> Any:
        calls: dict[str, Callable[[], Any]] = {
            "advance": lambda: engine.advance(moment(step["until"]), limit=step["limit"]),
            "rebuild": lambda: engine.rebuild(snapshots=bool(step["snapshots"])),
            "activate": lambda: engine.activate(self.objects[step["protocol"]]),
            "set_organization": lambda: engine.set_organization(step["organization"], step["kind"]),
            "assign_role": lambda: engine.assign_role(
                step["role"], step["organization"], step["person"], start=moment(step["from"]),
                until=None if step["until"] is None else moment(step["until"]), on_call=bool(step["on_call"])),
            "verify": lambda: engine.verify(step["pathway"]),
        }
        return calls[verb]() if verb in calls else getattr(engine, verb)()

    def protocol(self, verb: str, protocol: Any, step: dict[str, Any], rows: int) -> Any:
        given = {"add": ["name"], "add_file": ["path"], "set": ["parameter", "value"],
                 "set_organization": ["organization"], "add_text": ["content", "file"]}
        arguments = [step[name] for name in given.get(verb, [])]
        if verb == "changes_to":
            arguments = [self.objects[step["after"]]]
        answer = getattr(stepdown.Protocol if verb == "shipped" else protocol, verb)(*arguments)
        return None if isinstance(answer, stepdown.Protocol) else answer

    def session(self, verb: str, session: stepdown.Session, step: dict[str, Any], rows: int) -> Any:
        calls: dict[str, Callable[[], Any]] = {
            "execute": lambda: self.execute(session, step),
            "execute_each": lambda: first(session.execute_each(
                step["command"]["verb"], step["command"]["target"], self.arguments(step["command"]),
                page=step["limit"]), rows),
            "pathways": lambda: first(session.pathways(page=step["limit"]), rows),
            "board": lambda: session.board(resume=step["resume"] or "", limit=step["limit"], **self.query(step["query"])),
            "lease": lambda: session.lease(step["limit"], timedelta(seconds=step["seconds"])),
            "settle": lambda: session.settle(step["token"], delivered=bool(step["delivered"])),
            "show_for": lambda: session.show_for(step["role"], step["organization"], purpose=step["purpose"]),
            "look_back": lambda: session.look_back(*(
                None if step[name] is None else moment(step[name]) for name in ("known_at", "happened_by"))),
            "emergency": lambda: session.emergency(step["pathway"], step["reason"], timedelta(seconds=step["seconds"])),
        }
        return calls[verb]() if verb in calls else getattr(session, verb)()

    def query(self, query: dict[str, str]) -> dict[str, Any]:
        return {name: length(value) if name == "due_within" else True if value == "yes" else value
                for name, value in query.items()}

    def pathway(self, verb: str, pathway: stepdown.Pathway, step: dict[str, Any], rows: int) -> Any:
        calls: dict[str, Callable[[], Any]] = {
            "show": lambda: [pathway.show()],
            "items": lambda: pathway.items(live=bool(step["live"])),
            "dashboard": lambda: pathway.dashboard(step["name"]),
            "gate": lambda: pathway.gate(step["gate"]),
            "knowledge": lambda: pathway.knowledge(step["what"]),
            "records": lambda: first(pathway.records(step["from"], page=step["limit"]), rows),
            "replay": lambda: pathway.replay(self.objects[step["protocol"]]),
        }
        return calls[verb]() if verb in calls else getattr(pathway, verb)()


def first(rows: Iterator[stepdown.Row], count: int) -> list[stepdown.Row]:
    """A page of `count` rows: no more is asked for."""
    return list(islice(rows, max(count, 1)))


# ---- comparing -------------------------------------------------------------------------------------------------------

def differs(step: dict[str, Any], expected: bytes, value: Any, error: Optional[stepdown.Error]) -> str:
    """What is not as C had it; "" when nothing."""
    status = error.status if error is not None else "OK"
    if status != step["status"]:
        return f"{status} instead of {step['status']} ({error or step.get('message')})"
    if error is not None:
        told = (error.message, error.detail, [list(one) for one in error.diagnostics])
        wanted = (step.get("message"), step.get("detail"), step.get("diagnostics"))
        return "" if told == wanted else f"{told} instead of {wanted}"
    if "text" in step:
        return "" if value == step["text"] else "another text"
    if "moment" in step:
        wanted_moment = None if step["moment"] is None else moment(step["moment"])
        return "" if value == wanted_moment else f"{value} instead of {wanted_moment}"
    got = b"null" if value is None else json_rows(value).encode()
    if got != expected:
        at = next((i for i, (a, b) in enumerate(zip(got, expected)) if a != b), min(len(got), len(expected)))
        return f"byte {at}: {got[max(at - 40, 0):at + 60]!r} instead of {expected[max(at - 40, 0):at + 60]!r}"
    if isinstance(value, stepdown.Rows) and value.next != step.get("next", ""):
        return "another token for the next page"
    if "more" in step and value.more != bool(step["more"]):
        return "another word about whether there is more"
    return ""


def play(record: Path) -> tuple[int, list[str], set[str], set[str]]:
    """How many calls, what differed, which calls and which statuses there were."""
    player, wrong, count = Player(), [], 0
    calls: set[str] = set()
    statuses: set[str] = set()
    with open(record, "rb") as file:
        for count, line in enumerate(file, 1):
            step, expected = json.loads(line), next(file).rstrip(b"\n")
            calls.add(step["call"])
            statuses.add(step.get("status", "OK"))
            if step["now"] is not None:
                player.clock.now = moment(step["now"])
            value, error = None, None
            try:
                value = player.play(step, expected.count(b"{") and len(json.loads(expected)))
            except stepdown.Error as raised:
                error = raised
            difference = differs(step, expected, value, error) if step["call"] != "free" else ""
            if difference:
                wrong.append(f"{record.name}:{2 * count - 1}: {step['call']}: {difference}")
                if len(wrong) > 20:
                    break
    return count, wrong, calls, statuses


if __name__ == "__main__":
    import sys
    for name in sys.argv[1:]:
        print(name, play(Path(name))[:2])
