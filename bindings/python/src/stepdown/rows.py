# SPDX-License-Identifier: Apache-2.0
"""Results: sequences of rows with named columns. A result is fetched whole, in one call; moments become `datetime` when they
are looked at."""
from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Optional, TypeVar, Union, overload

from . import _core

_TIME, _ROWS = 4, 5
_Raw = tuple["Columns", list[tuple[Any, ...]]]


class Columns:
    """Names and types of columns; one object for each kind of result."""

    __slots__ = ("names", "types", "index", "special")

    def __init__(self, names: tuple[str, ...], types: tuple[int, ...]) -> None:
        self.names = names
        self.types = types
        self.index = {name: i for i, name in enumerate(names)}
        self.special = frozenset(i for i, kind in enumerate(types) if kind in (_TIME, _ROWS))


_NONE = Columns((), ())
_core.install(Columns)


class Row(Mapping[str, Any]):
    """One row: `row["state"]`, `row.state` (`row.from_` where the name is a word of Python), `dict(row)`."""

    __slots__ = ("_columns", "_cells")

    def __init__(self, columns: Columns, cells: tuple[Any, ...]) -> None:
        self._columns = columns
        self._cells = cells

    def __getitem__(self, name: str) -> Any:
        columns = self._columns
        i = columns.index[name]
        cell = self._cells[i]
        if i not in columns.special:
            return cell
        if columns.types[i] == _TIME:
            return _core.moment(cell) if cell is not None else None
        return Rows(*cell) if cell is not None else Rows(_NONE, [])

    def __getattr__(self, name: str) -> Any:
        columns = object.__getattribute__(self, "_columns")
        known = name if name in columns.index else name.rstrip("_")
        if known not in columns.index:
            raise AttributeError(f"no column {name}; there are {', '.join(columns.names)}")
        return self[known]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns.names)

    def __len__(self) -> int:
        return len(self._columns.names)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._columns.names]

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in self.items() if value not in ("", None))
        return f"Row({', '.join(shown)})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Row):
            return self._columns.names == other._columns.names and self._cells == other._cells
        return dict(self) == other if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[object, ...]:
        return _row, (self._columns.names, self._columns.types, _plain(self._columns, self._cells))

    def as_dict(self) -> dict[str, Any]:
        """Plain dicts and lists all the way down."""
        return _dict(self._columns, self._cells)


def _dict(columns: Columns, cells: tuple[Any, ...]) -> dict[str, Any]:
    plain = dict(zip(columns.names, cells))
    for i in columns.special:
        cell = cells[i]
        if columns.types[i] == _ROWS:
            plain[columns.names[i]] = [_dict(cell[0], one) for one in cell[1]] if cell is not None else []
        elif cell is not None:
            plain[columns.names[i]] = _core.moment(cell)
    return plain


_R = TypeVar("_R", bound="Rows")


class Rows(Sequence[Row]):
    """A result: a sequence of rows. `next` is the token for the next page, "" at the end."""

    __slots__ = ("_columns", "_rows", "next", "more")

    def __init__(self, columns: Columns, rows: list[tuple[Any, ...]], next: str = "", more: int = 0) -> None:
        self._columns = columns
        self._rows = rows
        self.next = next
        self.more = bool(more)

    @classmethod
    def take(cls: type[_R], result: _core.Handle) -> _R:
        """All of a result of C."""
        return cls(*_core.c.Result_table(result))

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self._columns.names

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self: _R, index: slice) -> _R: ...
    def __getitem__(self: _R, index: Union[int, slice]) -> Union[Row, _R]:
        if isinstance(index, slice):
            return type(self)(self._columns, self._rows[index])
        return Row(self._columns, self._rows[index])

    def __iter__(self) -> Iterator[Row]:
        columns = self._columns
        return (Row(columns, cells) for cells in self._rows)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Rows):
            return self.columns == other.columns and self._rows == other._rows
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[object, ...]:
        columns = self._columns
        return _rows, (type(self), columns.names, columns.types, [_plain(columns, cells) for cells in self._rows],
                       self.next, self.more)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self)} rows of {', '.join(self.columns)}>"

    def where(self: _R, **wanted: object) -> _R:
        """The rows in which these columns have these values."""
        return type(self)(self._columns, [row._cells for row in self if all(row[k] == v for k, v in wanted.items())])

    def as_dicts(self) -> list[dict[str, Any]]:
        """Plain dicts and lists all the way down."""
        columns = self._columns
        return [_dict(columns, cells) for cells in self._rows]

    def column(self, name: str) -> list[Any]:
        """The values of one column."""
        return [row[name] for row in self]

    # ---- notebooks ---------------------------------------------------------------------------------------------------

    _shown: Optional[tuple[str, ...]] = None  # columns in this order; None: all

    def _colour(self, row: Row) -> str:
        return ""

    def _repr_html_(self) -> str:
        names = self._shown or self.columns
        head = "".join(f"<th style='text-align:left'>{html.escape(name)}</th>" for name in names)
        body = "".join(self._row_html(row, names) for row in self)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _row_html(self, row: Row, names: tuple[str, ...]) -> str:
        colour = self._colour(row)
        style = f" style='background:{colour}'" if colour else ""
        cells = "".join(f"<td style='text-align:left'>{_cell_html(row[name])}</td>" for name in names)
        return f"<tr{style}>{cells}</tr>"


class Board(Rows):
    """What must happen next, what hurts first on top."""

    __slots__ = ()
    _shown = ("attention", "action", "state", "owner", "owner_role", "due", "blocked_by", "escalates_to", "evidence")

    def _colour(self, row: Row) -> str:
        return "#fbd5d5" if row["overdue"] else "#fdeec8" if row["unowned"] or row["attention"] else ""


class Gate(Rows):
    """A gate: the needs of one step, which of them are met, and what is lacking. `gate.open` says whether it may be passed."""

    __slots__ = ()

    @property
    def open(self) -> bool:
        """May the step be done now?"""
        return bool(self[0]["open"])

    @property
    def title(self) -> str:
        """What the gate is about, for people."""
        return str(self[0]["title"])

    @property
    def needs(self) -> Rows:
        """Every need, with its verdict and reasons."""
        return self[0]["needs"]  # type: ignore[no-any-return]

    @property
    def unmet(self) -> Rows:
        """The needs that are not met."""
        needs = self.needs
        return Rows(needs._columns, [row._cells for row in needs if row["verdict"] != "met"])

    def _repr_html_(self) -> str:
        state = "open" if self.open else "held"
        colour = "#d8f0d8" if self.open else "#fbd5d5"
        lines = "".join(
            f"<tr style='background:{'#d8f0d8' if need['verdict'] == 'met' else '#fbd5d5'}'>"
            f"<td style='text-align:left'>{html.escape(need['row'])}</td>"
            f"<td style='text-align:left'>{html.escape(need['says'])}</td>"
            f"<td style='text-align:left'>{html.escape(need['verdict'])}</td>"
            f"<td style='text-align:left'>{_cell_html(need['reasons'])}</td></tr>" for need in self.needs)
        return (f"<p><b>{html.escape(self.title)}</b>: <span style='background:{colour}'>{state}</span></p>"
                f"<table><tbody>{lines}</tbody></table>")


class Validation(Rows):
    """The auditable validation: for each confirmation whether it is answered, and what proves it."""

    __slots__ = ()
    _shown = ("row", "says", "about", "answered", "value", "label", "records", "lacking")
    _colours = {"confirmed": "#d8f0d8", "unconfirmed": "#fbd5d5", "not yet due": "#fdeec8"}

    def _colour(self, row: Row) -> str:
        return self._colours.get(row["answered"], "")


def _cell_html(value: object) -> str:
    if isinstance(value, Rows):
        return "<br>".join(html.escape(", ".join(_text(cell) for cell in row.values() if cell not in ("", None)))
                           for row in value)
    return html.escape(_text(value))


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M UTC")
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)


# ---- pickling: columns are told by name ------------------------------------------------------------------------------

def _plain(columns: Columns, cells: tuple[Any, ...]) -> tuple[Any, ...]:
    def plain(kind: int, cell: Any) -> Any:
        if kind != _ROWS or cell is None:
            return cell
        inner, rows = cell
        return inner.names, inner.types, [_plain(inner, one) for one in rows]
    return tuple(plain(kind, cell) for kind, cell in zip(columns.types, cells))


def _full(types: tuple[int, ...], cells: tuple[Any, ...]) -> tuple[Any, ...]:
    def full(kind: int, cell: Any) -> Any:
        if kind != _ROWS or cell is None:
            return cell
        names, inner, rows = cell
        return Columns(names, inner), [_full(inner, one) for one in rows]
    return tuple(full(kind, cell) for kind, cell in zip(types, cells))


def _row(names: tuple[str, ...], types: tuple[int, ...], cells: tuple[Any, ...]) -> Row:
    return Row(Columns(names, types), _full(types, cells))


def _rows(kind: type[Rows], names: tuple[str, ...], types: tuple[int, ...], rows: list[tuple[Any, ...]], next: str,
          more: bool) -> Rows:
    return kind(Columns(names, types), [_full(types, cells) for cells in rows], next, more)
