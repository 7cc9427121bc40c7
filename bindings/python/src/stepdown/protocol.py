# SPDX-License-Identifier: Apache-2.0
"""Protocol files: checking, viewing and comparing them, and putting sets of them together."""
from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Optional, Union

from . import _core
from .errors import ReentrantError
from .rows import Rows

_c = _core.c


class Protocol:
    """A set of protocols, overlays and parameter settings.

    >>> protocol = Protocol("failed-first-visit-huddle")
    >>> protocol.check()

    Names are those of protocols that ship with the library. From several threads a set is used one after another.
    """

    __slots__ = ("_handle", "_lock", "_inside", "__weakref__")

    def __init__(self, *names: str, files: tuple[Union[str, os.PathLike[str]], ...] = (),
                 parameters: Optional[Mapping[str, str]] = None, organization: Optional[str] = None) -> None:
        self._handle: _core.Handle = _c.new_Protocol()
        self._lock = threading.Lock()
        self._inside: Optional[int] = None
        for name in names:
            self.add(name)
        for file in files:
            self.add_file(file)
        for parameter, value in (parameters or {}).items():
            self.set(parameter, value)
        if organization is not None:
            self.set_organization(organization)

    @contextmanager
    def _alone(self) -> Iterator[_core.Handle]:
        """The handle, for this thread alone."""
        me = threading.get_ident()
        if self._inside == me:
            raise ReentrantError("the set is used from inside a callback of a call that uses it")
        with self._lock:
            self._inside = me
            try:
                yield self._handle
            finally:
                self._inside = None

    def add(self, name: str) -> Protocol:
        """Add a shipped protocol by name."""
        with self._alone() as handle:
            _c.Protocol_add_builtin(handle, name)
        return self

    def add_text(self, text: Union[str, bytes], file: str = "text.yaml") -> Protocol:
        """Add a protocol or an overlay from memory; `file` names it in diagnostics."""
        with self._alone() as handle:
            _c.Protocol_add_text(handle, file, text)
        return self

    def add_file(self, path: Union[str, os.PathLike[str]]) -> Protocol:
        """Add a protocol or an overlay from a file."""
        with self._alone() as handle:
            _c.Protocol_add_file(handle, os.fspath(path))
        return self

    def set(self, parameter: str, value: str) -> Protocol:
        """Set a parameter to a value as written in a protocol file."""
        with self._alone() as handle:
            _c.Protocol_set(handle, parameter, value)
        return self

    def set_organization(self, organization: str) -> Protocol:
        """For which organization the set is put in force; "" for everyone."""
        with self._alone() as handle:
            _c.Protocol_set_organization(handle, organization)
        return self

    def check(self) -> None:
        """Compile and lint; raises `ProtocolError`, whose `diagnostics` are every problem with file, line and column."""
        with self._alone() as handle:
            _c.Protocol_check(handle)

    def text(self) -> str:
        """A readable summary with the ids of the rows."""
        with self._alone() as handle:
            return str(_c.Protocol_show(handle))

    def dot(self) -> str:
        """A diagram, for Graphviz."""
        with self._alone() as handle:
            return str(_c.Protocol_draw(handle))

    def elements(self) -> Rows:
        """What the set consists of: roles, items, forms, fields, rules, gates, needs, confirmations, measures."""
        with self._alone() as handle:
            return Rows.take(_c.Protocol_elements(handle))

    def changes_to(self, after: Protocol) -> Rows:
        """What differs in `after`: what was added, removed, tightened, loosened or changed."""
        first, second = sorted((self, after), key=id)  # always in one order, so that no two threads wait for each other
        if first is second:
            with self._alone() as handle:
                return Rows.take(_c.protocol_diff(handle, handle))
        with first._alone(), second._alone():
            return Rows.take(_c.protocol_diff(self._handle, after._handle))

    @staticmethod
    def shipped() -> Rows:
        """The protocols that ship with the library."""
        return Rows.take(_c.protocol_builtins())
