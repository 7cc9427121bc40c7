# SPDX-License-Identifier: Apache-2.0
# Written by bindings/generate.py from include/stepdown/status.h.
"""Exceptions: one class for each status code, below one for each family of codes.

What to do is decided by the family, so catch `RefusedError` to tell the user why, or `RetryError` to try again.
"""
from __future__ import annotations

import builtins

from ._error import Error


class InputError(Error):
    """The input must be mended."""


class ProgramError(Error):
    """The calling program must be mended."""


class RefusedError(Error):
    """The rules of care say no; tell the user why."""


class RetryError(Error):
    """The same call may succeed later."""


class ResourceError(Error):
    """Memory or disk ran out."""


class StorageError(Error):
    """The store needs an operator."""


class InvalidError(InputError, builtins.ValueError):
    """An argument, a field or a file is malformed or out of range."""

    code = 1
    status = "INVALID"


class NotFoundError(InputError, builtins.LookupError):
    """No such pathway, item, entry, form, gate or protocol."""

    code = 2
    status = "NOT_FOUND"


class ExistsError(InputError):
    """It exists already."""

    code = 3
    status = "EXISTS"


class LimitError(InputError, builtins.ValueError):
    """A documented limit on size or number is exceeded."""

    code = 4
    status = "LIMIT"


class MisuseError(ProgramError):
    """The call is not allowed on this handle or at this point."""

    code = 5
    status = "MISUSE"


class ClosedError(ProgramError):
    """The handle was closed."""

    code = 6
    status = "CLOSED"


class ReentrantError(ProgramError):
    """Called on an engine from inside one of its own callbacks."""

    code = 7
    status = "REENTRANT"


class HeldError(RefusedError):
    """A gate holds the step; the detail names every unmet need."""

    code = 10
    status = "HELD"


class DeniedError(RefusedError):
    """Role, organization, purpose or consent does not allow it."""

    code = 11
    status = "DENIED"


class WrongStateError(RefusedError):
    """The item is not in a state from which this step leads."""

    code = 12
    status = "WRONG_STATE"


class StaleError(RefusedError):
    """The expected version is old: read again and decide again."""

    code = 13
    status = "STALE"


class KeyReusedError(RefusedError):
    """The command id was used before for another request."""

    code = 14
    status = "KEY_REUSED"


class ProtocolError(InputError):
    """A protocol file was refused; its diagnostics say where and why."""

    code = 15
    status = "PROTOCOL"


class ContendedError(RetryError):
    """Other writers kept winning; try again."""

    code = 20
    status = "CONTENDED"


class BusyError(RetryError):
    """The storage is busy; nothing was applied."""

    code = 21
    status = "BUSY"


class TimedOutError(RetryError, builtins.TimeoutError):
    """The storage timed out; nothing was applied."""

    code = 22
    status = "TIMEOUT"


class ConflictError(RetryError):
    """Storage: a checked or written key changed since the snapshot."""

    code = 23
    status = "CONFLICT"


class UnknownError(RetryError):
    """Storage: the commit may or may not have been applied; ask again with the same command id."""

    code = 24
    status = "UNKNOWN"


class OutOfMemoryError(ResourceError, builtins.MemoryError):
    """Out of memory."""

    code = 30
    status = "NOMEM"


class FullError(ResourceError):
    """The storage has no room."""

    code = 31
    status = "FULL"


class InputOutputError(StorageError):
    """Reading or writing failed."""

    code = 40
    status = "IO"


class CorruptError(StorageError):
    """Stored bytes do not fit together; nothing was changed."""

    code = 41
    status = "CORRUPT"


class ReadOnlyError(StorageError):
    """The storage is open for reading only."""

    code = 42
    status = "READONLY"


class UnsupportedError(StorageError):
    """A foreign file, or a format newer than this library knows."""

    code = 43
    status = "UNSUPPORTED"


class HostError(Error):
    """A callback of the host failed; the error may carry the host's own exception."""

    code = 50
    status = "HOST"


class InternalError(ProgramError):
    """An invariant of the library does not hold; nothing was changed."""

    code = 60
    status = "INTERNAL"


BY_CODE: dict[int, type[Error]] = {
    1: InvalidError,
    2: NotFoundError,
    3: ExistsError,
    4: LimitError,
    5: MisuseError,
    6: ClosedError,
    7: ReentrantError,
    10: HeldError,
    11: DeniedError,
    12: WrongStateError,
    13: StaleError,
    14: KeyReusedError,
    15: ProtocolError,
    20: ContendedError,
    21: BusyError,
    22: TimedOutError,
    23: ConflictError,
    24: UnknownError,
    30: OutOfMemoryError,
    31: FullError,
    40: InputOutputError,
    41: CorruptError,
    42: ReadOnlyError,
    43: UnsupportedError,
    50: HostError,
    60: InternalError,
}

__all__ = [
    "BusyError",
    "ClosedError",
    "ConflictError",
    "ContendedError",
    "CorruptError",
    "DeniedError",
    "Error",
    "ExistsError",
    "FullError",
    "HeldError",
    "HostError",
    "InputError",
    "InputOutputError",
    "InternalError",
    "InvalidError",
    "KeyReusedError",
    "LimitError",
    "MisuseError",
    "NotFoundError",
    "OutOfMemoryError",
    "ProgramError",
    "ProtocolError",
    "ReadOnlyError",
    "ReentrantError",
    "RefusedError",
    "ResourceError",
    "RetryError",
    "StaleError",
    "StorageError",
    "TimedOutError",
    "UnknownError",
    "UnsupportedError",
    "WrongStateError",
]
