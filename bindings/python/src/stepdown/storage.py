# SPDX-License-Identifier: Apache-2.0
"""Where records are kept: a SQLite file, memory, or a back end of your own, written in Python."""
from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import NamedTuple, Optional, Union

from . import _core
from ._core import Operation
from .errors import Error, UnsupportedError

_c = _core.c
_SYNCHRONOUS = {"full": 0, "normal": 1}


# ---- bringing a back end ---------------------------------------------------------------------------------------------

class Transaction(ABC):
    """One transaction of a back end: reads one snapshot and ends with `commit` or `abort`. Its own writes are not visible
    to it. One thread at a time uses it."""

    @abstractmethod
    def get(self, keys: Sequence[bytes]) -> Iterable[Optional[bytes]]:
        """The value of each key, in their order; None for a key that does not exist."""

    @abstractmethod
    def scan(self, start: bytes, end: Optional[bytes], limit: int,
             descending: bool) -> Iterable[tuple[bytes, bytes]]:
        """Rows with start <= key < end (None: to the last), at most `limit`, in key order or the other way round. Keys are
        compared as bytes."""

    @abstractmethod
    def commit(self, checks: Sequence[tuple[bytes, bool]], operations: Sequence[Operation]) -> None:
        """Apply everything or nothing, durably, and end the transaction.

        Raise `ConflictError` when a key that is written or checked was committed by another transaction after the snapshot,
        when a check (key, True) finds that the key exists, and when the key of a "put-new" exists. Every other
        `stepdown.Error` that you raise must mean that nothing was applied, except `UnknownError`. Any exception that is
        not a `stepdown.Error` is taken for `UnknownError`.
        """

    @abstractmethod
    def abort(self) -> None:
        """End the transaction without effect."""


class Backend(ABC):
    """A storage back end. Its methods are called from any thread and must not call the engine that is calling them.

    What a method raises comes out of the call that needed the storage, as the same object. A `stepdown.Error` keeps its
    meaning (`ConflictError`, `BusyError`, …); anything else stops the call, and nothing is applied.
    """

    @abstractmethod
    def begin(self, write: bool, prefetch: Sequence[bytes]) -> Transaction:
        """Start a transaction. `write`: operations will be committed. `prefetch`: keys that will be read first, a hint."""

    def open(self) -> None:
        """Make ready."""

    def close(self) -> None:
        """Let go of files and connections; no transaction is open."""

    def statistics(self) -> Mapping[str, int]:
        """Figures about the storage."""
        return {}

    def checkpoint(self) -> None:
        """Move what was logged into the main file, if there is such a thing."""

    def backup(self, path: str) -> None:
        """Write a copy to `path`."""
        raise UnsupportedError("this storage cannot be backed up")

    def vacuum(self) -> None:
        """Give room that deletions left back."""

    def ping(self) -> None:
        """Raise when the storage does not answer."""


class Rule(NamedTuple):
    """How a back end fared at one rule of the conformance suite: "passed", "FAILED" or "skipped", and why."""

    name: str
    result: str
    detail: str


def conformance(factory: Callable[[bool], Backend], *, thorough: bool = False) -> list[Rule]:
    """Put a back end through every rule that the engine relies on.

    `factory(False)` gives a new, empty back end for each rule; `factory(True)` the last one again after it was closed, or
    raises `UnsupportedError` when it does not last.
    """
    failed: list[BaseException] = []

    def make(reopen: bool) -> Backend:
        backend = factory(reopen)
        if not isinstance(backend, Backend):
            failed.append(TypeError(f"the factory gave {type(backend).__name__}, not a stepdown.Backend"))
            raise failed[0]
        return backend

    report = _c.storage_conformance(make, 1 if thorough else 0)
    if failed:
        raise failed[0]
    words = ("passed", "FAILED", "skipped")
    return [Rule(_c.Report_name(report, i), words[_c.Report_result(report, i)], _c.Report_detail(report, i))
            for i in range(_c.Report_count(report))]


# ---- using a storage -------------------------------------------------------------------------------------------------

class Storage:
    """An open storage. An engine keeps the one it uses alive; `close` (or the end of a `with`) closes it for everybody.

    >>> with Storage.memory() as storage:
    ...     storage.ping()
    """

    __slots__ = ("_handle", "__weakref__")

    def __init__(self, backend: Backend) -> None:
        """A storage on a back end of your own."""
        if not isinstance(backend, Backend):
            raise TypeError(f"expected a stepdown.Backend, not {type(backend).__name__}")
        self._handle: _core.Handle = _c.storage_register(backend)

    @classmethod
    def _of(cls, handle: _core.Handle) -> Storage:
        storage = cls.__new__(cls)
        storage._handle = handle
        return storage

    @classmethod
    def memory(cls) -> Storage:
        """A storage in memory, gone when nothing uses it any more."""
        return cls._of(_c.storage_memory(None))

    @classmethod
    def sqlite(cls, path: Union[str, os.PathLike[str]], *, create: bool = True, read_only: bool = False,
               synchronous: str = "full", busy_timeout: timedelta = timedelta(seconds=5),
               cache_kibibytes: int = 2048, checkpoint_pages: int = 1000) -> Storage:
        """A storage in a SQLite file; several processes may open one file.

        `synchronous`: "full" (what is committed survives a power failure) or "normal" (a power failure may take the last
        commits with it, whole ones). `busy_timeout`: how long a call waits for another writer before `BusyError`.
        """
        if synchronous not in _SYNCHRONOUS:
            raise ValueError(f"synchronous is {' or '.join(_SYNCHRONOUS)}, not {synchronous!r}")
        options = _c.new_StorageOptions()
        _c.StorageOptions_set_create(options, int(create))
        _c.StorageOptions_set_read_only(options, int(read_only))
        _c.StorageOptions_set_synchronous(options, _SYNCHRONOUS[synchronous])
        _c.StorageOptions_set_busy_timeout(options, busy_timeout // timedelta(milliseconds=1))
        _c.StorageOptions_set_cache(options, cache_kibibytes)
        _c.StorageOptions_set_checkpoint(options, checkpoint_pages)
        return cls._of(_c.storage_sqlite(os.fspath(path), options))

    def close(self) -> None:
        """Close now; later calls, and engines that use it, raise `ClosedError`. Closing twice is closing once."""
        _c.Storage_close(self._handle)

    def checkpoint(self) -> None:
        """Move what was logged into the main file."""
        _c.Storage_checkpoint(self._handle)

    def backup(self, path: Union[str, os.PathLike[str]]) -> None:
        """Write a copy as of one moment to `path`, which must not exist, while others go on working."""
        _c.Storage_backup(self._handle, os.fspath(path))

    def vacuum(self) -> None:
        """Give room that deletions left back to the system, and overwrite what was deleted."""
        _c.Storage_vacuum(self._handle)

    def statistics(self) -> dict[str, int]:
        """Figures about the storage; which ones depends on its kind."""
        figures: dict[str, int] = json.loads(_c.Storage_statistics(self._handle))
        return figures

    def ping(self) -> None:
        """Raise when it does not answer."""
        _c.Storage_ping(self._handle)

    def __enter__(self) -> Storage:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()


__all__ = ["Backend", "Operation", "Rule", "Storage", "Transaction", "conformance", "Error"]
