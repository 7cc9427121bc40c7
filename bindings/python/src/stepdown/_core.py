# SPDX-License-Identifier: Apache-2.0
"""The only module that knows the generated one. Its functions take and give bare handles, numbers and text; the others make
Python of them. Moments are microseconds since 1970 in C and aware `datetime` here, exact both ways."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any, NamedTuple, Optional

from . import _error, _native, native
from .errors import InvalidError

c: Any = _native  # its functions; importing `native` has told it how handles are freed
assert native

Handle = Any  # a bare pointer object of the generated module, which frees what it points to

TIME_NONE = -(2**63)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)
NO_OFFSET = -(2**31)


class Operation(NamedTuple):
    """What a commit does with one key: "put" (set it), "put-new" (set it; ConflictError when it exists) or "delete"."""

    kind: str
    key: bytes
    value: bytes


def install(make_columns: Callable[[tuple[str, ...], tuple[int, ...]], object]) -> None:
    """Tell C what it makes Python objects with."""
    c.host_install(_error.make, make_columns, Operation, _error.Error, datetime, timezone.utc)


# ---- time ------------------------------------------------------------------------------------------------------------

# `datetime` in UTC from microseconds; None for "no moment".
moment: Callable[[int], Optional[datetime]] = c.host_moment


def microseconds(at: datetime) -> int:
    """Microseconds since 1970 of an aware `datetime`."""
    if not isinstance(at, datetime):
        raise TypeError(f"expected datetime, not {type(at).__name__}")
    if at.utcoffset() is None:
        raise InvalidError(f"the time {at.isoformat()} has no zone")
    return (at - EPOCH) // MICROSECOND


def duration(length: timedelta) -> str:
    """A length of time as protocols write it; a day is 24 hours, whatever the clocks do."""
    total = length // MICROSECOND
    if total < 0:
        raise InvalidError("a duration is not negative")
    hours, rest = divmod(total, 3_600_000_000)
    minutes, rest = divmod(rest, 60_000_000)
    seconds = f"{rest // 1_000_000}.{rest % 1_000_000:06}".rstrip("0").rstrip(".")
    parts = [f"{hours} hours" if hours else "", f"{minutes} minutes" if minutes else "",
             f"{seconds} seconds" if seconds != "0" else ""]
    return " ".join(part for part in parts if part) or "0 seconds"


# ---- commands --------------------------------------------------------------------------------------------------------

def _set(command: Handle, name: str, value: object) -> None:
    if isinstance(value, str):
        c.Command_set_text(command, name, value)
    elif isinstance(value, bool):
        c.Command_set_text(command, name, "yes" if value else "no")
    elif isinstance(value, int):
        c.Command_set_integer(command, name, value)
    elif isinstance(value, datetime):
        c.Command_set_time(command, name, microseconds(value))
    elif isinstance(value, timedelta):
        c.Command_set_text(command, name, duration(value))
    elif isinstance(value, date):
        c.Command_set_text(command, name, value.isoformat())
    elif isinstance(value, Mapping):
        for part, inner in value.items():
            _set(command, f"{name}.{part}" if part else name, inner)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for one in value:
            _set(command, name, one)
    elif isinstance(value, (float,)) or type(value).__name__ == "Decimal":
        c.Command_set_text(command, name, str(value))
    else:
        raise TypeError(f"{name}: an argument cannot be {type(value).__name__}")


def command(session: Handle, verb: str, target: Optional[str], arguments: Mapping[str, object],
            named: Mapping[str, object], command_id: Optional[str], expected: Optional[int],
            occurred: Optional[datetime]) -> Handle:
    """A command, filled. A trailing underscore of a keyword (`from_`) is not part of the name."""
    handle = c.new_Command(session, verb, target)
    for name, value in arguments.items():
        _set(handle, name, value)
    for name, value in named.items():
        _set(handle, name.rstrip("_"), value)
    if command_id is not None:
        c.Command_set_id(handle, command_id)
    if expected is not None:
        c.Command_set_expected(handle, expected)
    if occurred is not None:
        offset = None if occurred.tzinfo is timezone.utc else occurred.utcoffset()
        c.Command_set_occurred(handle, microseconds(occurred),
                               NO_OFFSET if offset is None else offset // timedelta(minutes=1))
    return handle
