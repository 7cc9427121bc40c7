# SPDX-License-Identifier: Apache-2.0
"""The root of all exceptions, and how one is made from what C reports."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Optional


class Diagnostic(NamedTuple):
    """One problem of a protocol file, with its place."""

    file: str
    line: int
    column: int
    message: str
    rule: str

    def __str__(self) -> str:
        rule = f" [{self.rule}]" if self.rule else ""
        return f"{self.file}:{self.line}:{self.column}: {self.message}{rule}"


@dataclass(frozen=True)
class Need:
    """An unmet need of a gate: its row, what it says, why it is not met and who can clear it."""

    row: str
    says: str
    reason: str
    explanation: str
    who: str


class Error(Exception):
    """Anything that the library refuses or that fails.

    `code` and `status` name it, `message` is for people, `detail` for programs. For protocol files `diagnostics` holds
    every problem with file, line and column.
    """

    code: int = 0
    status: str = ""

    def __init__(self, message: str = "", detail: Optional[dict[str, str]] = None,
                 diagnostics: Sequence[Diagnostic] = (), code: Optional[int] = None) -> None:
        super().__init__(message)
        self.message = message
        self.detail: dict[str, str] = dict(detail or {})
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return "\n  ".join([self.message, *map(str, self.diagnostics)])

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.message, self.detail, self.diagnostics, self.code)

    @property
    def needs(self) -> tuple[Need, ...]:
        """The unmet needs of a gate that holds a step; empty for other errors."""
        numbers = [key[len("need."):] for key in self.detail if key.startswith("need.")]
        parts = ("need", "says", "reason", "explanation", "who")
        return tuple(Need(*(self.detail.get(f"{part}.{number}", "") for part in parts)) for number in numbers)


def make(code: int, message: str, details: list[tuple[str, str]],
         diagnostics: list[tuple[str, int, int, str, str]]) -> Error:
    """Called by C for an error that no exception of Python's stands behind."""
    from .errors import BY_CODE  # it needs Error
    return BY_CODE.get(code, Error)(message, dict(details), [Diagnostic(*one) for one in diagnostics], code)
