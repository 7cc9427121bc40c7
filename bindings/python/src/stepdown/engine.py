# SPDX-License-Identifier: Apache-2.0
"""Engines, sessions and pathways: doing things, and looking at what is there."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Optional, Union

from . import _core
from .protocol import Protocol
from .rows import Board, Gate, Row, Rows, Validation
from .storage import Storage

_c = _core.c
PAGE = 1000
_next_due: Callable[[_core.Handle], Optional[datetime]] = _c.Engine_next_due


class Clock:
    """A clock that stands still until it is moved: for tests, imports and simulations. Without one an engine goes by the
    system's clock. May be read and moved from any thread.

    >>> from datetime import datetime, timedelta, timezone
    >>> clock = Clock(datetime(2026, 3, 3, 9, tzinfo=timezone.utc))
    >>> clock.advance(timedelta(minutes=5)).isoformat()
    '2026-03-03T09:05:00+00:00'
    """

    __slots__ = ("_handle", "__weakref__")

    def __init__(self, now: datetime) -> None:
        self._handle: _core.Handle = _c.new_Clock(_core.microseconds(now))

    @property
    def now(self) -> datetime:
        """What the clock says, in UTC."""
        now: datetime = _c.Clock_now(self._handle)
        return now

    @now.setter
    def now(self, now: datetime) -> None:
        _c.Clock_set(self._handle, _core.microseconds(now))

    def advance(self, by: timedelta) -> datetime:
        """Move it on, and say what it says then."""
        now: datetime = _c.Clock_advance(self._handle, by // _core.MICROSECOND)
        return now

    def __repr__(self) -> str:
        return f"Clock({self.now.isoformat()})"


class Engine:
    """One user of one store: holds protocols, time and the cached state of pathways; sessions act through it.

    May be used from any thread. Calls on one engine queue; for throughput open several on one storage, each with a `name`
    of its own. `seed` makes ids repeat, for tests only. `log` is called with a level (1 error, 2 warning, 3 information) and
    a message without sensitive values.
    """

    __slots__ = ("_handle", "storage", "__weakref__")

    def __init__(self, storage: Storage, *, name: Optional[str] = None, clock: Optional[Clock] = None,
                 seed: Optional[int] = None, log: Optional[Callable[[int, str], object]] = None,
                 retries: Optional[int] = None, cache: Optional[int] = None,
                 zone_directory: Optional[str] = None) -> None:
        """Open an engine on a store; `NotFoundError` when there is none in the storage."""
        options = _options(name, clock, seed, log, retries, cache, zone_directory)
        self.storage = storage
        self._handle: _core.Handle = _c.new_Engine(_storage(storage), options)

    @classmethod
    def create(cls, storage: Storage, *, fallback: tuple[str, str, str], label: str = "stepdown",
               name: Optional[str] = None, clock: Optional[Clock] = None, seed: Optional[int] = None,
               log: Optional[Callable[[int, str], object]] = None, retries: Optional[int] = None,
               cache: Optional[int] = None, zone_directory: Optional[str] = None) -> Engine:
        """Make a new store in an empty storage, and open an engine on it.

        `fallback`: person, role and organization who answer when every ladder has run out. `ExistsError` when there is a
        store already.
        """
        person, role, organization = fallback
        options = _options(name, clock, seed, log, retries, cache, zone_directory)
        _c.store_create(_storage(storage), options, label, person, role, organization)
        engine = cls.__new__(cls)
        engine.storage = storage
        engine._handle = _c.new_Engine(storage._handle, options)
        return engine

    def close(self) -> None:
        """Write what is pending; later calls on it and its sessions raise `ClosedError`. Closing twice is closing once."""
        _c.Engine_close(self._handle)

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()

    # ---- time --------------------------------------------------------------------------------------------------------

    def advance(self, until: Optional[datetime] = None, *, limit: int = 0) -> Rows:
        """Let time pass: whatever is due up to `until` (None: now) fires, on at most `limit` pathways (0: all). One row for
        each pathway; `more` of the result says whether more is due."""
        moment = _core.microseconds(until) if until is not None else 2**63 - 1
        return Rows.take(_c.Engine_advance(self._handle, moment, limit))

    def next_due(self) -> Optional[datetime]:
        """When anything is due next; None when nothing is."""
        return _next_due(self._handle)

    def rebuild(self, *, snapshots: bool = False) -> None:
        """Throw away what is cached, with `snapshots` also what is stored: everything is folded anew from records."""
        _c.Engine_rebuild(self._handle, int(snapshots))

    # ---- protocols, organizations, roles -----------------------------------------------------------------------------

    def activate(self, *protocols: Union[Protocol, str]) -> None:
        """Put sets of protocols in force, or shipped protocols by name. All or nothing for each set; `ProtocolError` holds
        every problem."""
        names = [protocol for protocol in protocols if isinstance(protocol, str)]
        sets = [protocol for protocol in protocols if isinstance(protocol, Protocol)]
        if len(names) + len(sets) != len(protocols):
            raise TypeError("a protocol is a Protocol, or the name of a shipped one")
        for protocol in [Protocol(*names)] * bool(names) + sets:
            with protocol._alone() as handle:
                _c.Engine_activate(self._handle, handle)

    def protocols(self) -> Rows:
        """The protocols in force."""
        return Rows.take(_c.Engine_protocols(self._handle))

    def set_organization(self, organization: str, kind: str) -> None:
        """Make an organization known; `kind` as protocols name it ("provider")."""
        _c.Engine_set_organization(self._handle, organization, kind)

    def assign_role(self, role: str, organization: str, person: str, *, start: Optional[datetime] = None,
                    until: Optional[datetime] = None, on_call: bool = False) -> None:
        """`person` holds `role` in `organization`, from `start` (None: always has) until `until` (None: no end)."""
        _c.Engine_assign_role(self._handle, role, organization, person,
                              _core.microseconds(start) if start is not None else 0,
                              _core.microseconds(until) if until is not None else _core.TIME_NONE, int(on_call))

    def assignments(self) -> Rows:
        """Who holds which role."""
        return Rows.take(_c.Engine_assignments(self._handle))

    # ---- proof -------------------------------------------------------------------------------------------------------

    def verify(self, pathway: Optional[str] = None, *, progress: Optional[Callable[[int], object]] = None) -> Rows:
        """Check every record of a pathway's chain, or of all chains; one row for each chain, `intact` says how it is.
        `progress` is called now and then with the number of records done; False from it stops (`MisuseError`)."""
        return Rows.take(_c.Engine_verify(self._handle, pathway, progress))

    # ---- people ------------------------------------------------------------------------------------------------------

    def session(self, actor: str, role: str, organization: str, *, purpose: Optional[str] = None) -> Session:
        """A session of somebody whom you have authenticated; `purpose` of use is "treatment" unless said otherwise."""
        return Session(self, _c.Engine_session(self._handle, actor, role, organization, purpose))


def _storage(storage: Storage) -> _core.Handle:
    if not isinstance(storage, Storage):
        raise TypeError(f"expected a stepdown.Storage, not {type(storage).__name__}")
    return storage._handle


def _options(name: Optional[str], clock: Optional[Clock], seed: Optional[int],
             log: Optional[Callable[[int, str], object]], retries: Optional[int], cache: Optional[int],
             zone_directory: Optional[str]) -> _core.Handle:
    options = _c.new_Options()
    if name is not None:
        _c.Options_set_name(options, name)
    if clock is not None:
        _c.Options_set_clock(options, clock._handle)
    if seed is not None:
        _c.Options_set_seed(options, seed)
    if log is not None:
        _c.Options_set_log(options, log)
    if retries is not None:
        _c.Options_set_retries(options, retries)
    if cache is not None:
        _c.Options_set_cache(options, cache)
    if zone_directory is not None:
        _c.Options_set_zone_directory(options, zone_directory)
    return options


class Session:
    """An authenticated person with role, organization and purpose of use. Made by `Engine.session`; keeps the engine."""

    __slots__ = ("_handle", "engine", "__weakref__")

    def __init__(self, engine: Engine, handle: _core.Handle) -> None:
        self.engine = engine
        self._handle = handle

    def close(self) -> None:
        """Later calls raise `ClosedError`. Closing twice is closing once."""
        _c.Session_close(self._handle)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()

    # ---- doing -------------------------------------------------------------------------------------------------------

    def execute(self, verb: str, target: Optional[str] = None, arguments: Mapping[str, object] = {}, *,
                pathway: Optional[str] = None, command_id: Optional[str] = None, expected: Optional[int] = None,
                occurred: Optional[datetime] = None, **named: object) -> Row:
        """Carry a command out; its receipt tells what followed. Completely or not at all.

        Arguments are given as a mapping (for names that are no words of Python) or by keyword: text, numbers, True and
        False ("yes" and "no"), `datetime`, `date`, `timedelta`, a list of these, or a mapping of parts
        (`person_response={"": "refused", "note": "…"}`). Under a `command_id` the same command again gives the first
        receipt. `expected`: the sequence number that the user was looking at; `StaleError` when the pathway has moved on.
        `occurred`: when it happened, if that was not now; the offset of its zone is recorded as the source's own, except
        that of `timezone.utc`, which says nothing about where it was.
        """
        command = _core.command(self._handle, verb, target, arguments, named, command_id, expected, occurred)
        return Rows.take(_c.Session_execute(self._handle, pathway, command))[0]

    def execute_each(self, verb: str, target: Optional[str] = None, arguments: Mapping[str, object] = {}, *,
                     page: int = PAGE, **named: object) -> Iterator[Row]:
        """The same command on every pathway of the session's organization: one row for each on which there was something to
        do, with its status. Carried out page by page as rows are asked for: what is not asked for is not done."""
        command = _core.command(self._handle, verb, target, arguments, named, None, None, None)
        return _pages(lambda resume: Rows.take(_c.Session_execute_each(self._handle, command, resume, page)))

    def open_pathway(self, protocol: str, arguments: Mapping[str, object] = {}, *, subject: str, zone: str,
                     command_id: Optional[str] = None, occurred: Optional[datetime] = None,
                     **named: object) -> Pathway:
        """Open a pathway under a protocol. `zone`: the IANA zone in which its days begin and end."""
        whole = {**arguments, **named, "subject": subject, "zone": zone}
        receipt = self.execute("open", protocol, whole, command_id=command_id, occurred=occurred)
        return Pathway(self, receipt["pathway"], receipt)

    def pathway(self, pathway: str) -> Pathway:
        """A pathway by its id, as this session sees it."""
        return Pathway(self, pathway)

    def emergency(self, pathway: str, reason: str, length: timedelta = timedelta(hours=1)) -> None:
        """Emergency access to a pathway for so long. The reason goes on record before anything is shown, and somebody else
        reviews it within a day."""
        _c.Session_emergency(self._handle, pathway, reason, length // timedelta(seconds=1))

    # ---- looking -----------------------------------------------------------------------------------------------------

    def look_back(self, known_at: Optional[datetime] = None, happened_by: Optional[datetime] = None) -> None:
        """From now on ask about single pathways as they were known at a moment, and of entries only those of what had happened
        by another; without moments it looks back no longer. Meanwhile commands and boards across pathways raise
        `MisuseError`."""
        known, happened = (_core.microseconds(at) if at is not None else _core.TIME_NONE for at in (known_at, happened_by))
        _c.Session_look_back(self._handle, known, happened)

    def show_for(self, role: Optional[str], organization: Optional[str] = None, *,
                 purpose: Optional[str] = None) -> None:
        """From now on show only what somebody else may read too, for a purpose; None: what the session may read."""
        _c.Session_show_for(self._handle, role, organization, purpose)

    def pathways(self, *, page: int = PAGE) -> Iterator[Row]:
        """The pathways in which the session's organization takes part, fetched page by page."""
        return _pages(lambda resume: Rows.take(_c.Session_list(self._handle, resume, page)))

    def board(self, *, pathway: Optional[str] = None, organization: Optional[str] = None,
              person: Optional[str] = None, role: Optional[str] = None, overdue: bool = False, unowned: bool = False,
              blocked: bool = False, waiting: bool = False, due_within: Optional[timedelta] = None,
              limit: int = PAGE, resume: str = "") -> Board:
        """The board across pathways, what hurts first on top: a page of it. `next` of the result is the `resume` of the next
        page, "" at the end."""
        query = _c.new_Query()
        wanted = {"pathway": pathway, "organization": organization, "person": person, "role": role,
                  "overdue": "yes" if overdue else None, "unowned": "yes" if unowned else None,
                  "blocked": "yes" if blocked else None, "waiting": "yes" if waiting else None,
                  "due_within": _core.duration(due_within) if due_within is not None else None}
        for name, value in wanted.items():
            if value is not None:
                _c.Query_set(query, name, value)
        return Board.take(_c.Session_board_query(self._handle, query, resume, limit))

    # ---- outbox ------------------------------------------------------------------------------------------------------

    def lease(self, limit: int = 100, length: timedelta = timedelta(minutes=1)) -> Rows:
        """Take messages to deliver, oldest first; nobody else gets them for so long. What consent does not allow is withheld."""
        return Rows.take(_c.Session_lease(self._handle, limit, length // timedelta(seconds=1)))

    def settle(self, token: str, *, delivered: bool = True) -> None:
        """A leased message was delivered, or is given back."""
        _c.Session_settle(self._handle, token, int(delivered))


class Pathway:
    """One pathway as a session sees it. Nothing is kept here: every call asks the engine."""

    __slots__ = ("session", "id", "opened")

    def __init__(self, session: Session, id: str, opened: Optional[Row] = None) -> None:
        self.session = session
        self.id = id
        self.opened = opened

    def __repr__(self) -> str:
        return f"<Pathway {self.id}>"

    def seen_by(self, session: Session) -> Pathway:
        """The same pathway for another session."""
        return Pathway(session, self.id)

    # ---- doing -------------------------------------------------------------------------------------------------------

    def do(self, verb: str, target: Optional[str] = None, arguments: Mapping[str, object] = {}, *,
           command_id: Optional[str] = None, expected: Optional[int] = None, occurred: Optional[datetime] = None,
           **named: object) -> Row:
        """Any step of any item: `do("start", "huddle")`. `HeldError` when a gate holds it; see `Session.execute`."""
        return self.session.execute(verb, target, arguments, pathway=self.id, command_id=command_id,
                                    expected=expected, occurred=occurred, **named)

    def submit(self, form: str, arguments: Mapping[str, object] = {}, *, command_id: Optional[str] = None,
               expected: Optional[int] = None, occurred: Optional[datetime] = None, **fields: object) -> Row:
        """Fill in a form; one that is filled in already is amended."""
        return self.do("submit", form, arguments, command_id=command_id, expected=expected, occurred=occurred,
                       **fields)

    # ---- looking -----------------------------------------------------------------------------------------------------

    def _view(self, function: Callable[[Any, str], Any]) -> _core.Handle:
        return function(self.session._handle, self.id)

    def show(self) -> Row:
        """Everything about the pathway, with its participants, items and entries."""
        return Rows.take(self._view(_c.Session_show))[0]

    def items(self, *, live: bool = False) -> Rows:
        """Its items; with `live` only the unfinished ones."""
        return Rows.take(_c.Session_items(self.session._handle, self.id, int(live)))

    def item(self, name: str) -> Row:
        """The newest item of that name or id; `KeyError` when there is none."""
        found = [item for item in self.items() if name in (item["name"], item["id"])]
        if not found:
            raise KeyError(name)
        return found[-1]

    def entries(self) -> Rows:
        """Current entries with their fields."""
        return Rows.take(self._view(_c.Session_entries))

    def board(self) -> Board:
        """What must happen next, what hurts first on top."""
        return Board.take(self._view(_c.Session_board))

    def gate(self, gate: str) -> Gate:
        """A gate by its name or by the step that it guards, without passing it."""
        return Gate.take(_c.Session_gate(self.session._handle, self.id, gate))

    def dashboard(self, name: str) -> Rows:
        """Numbers about many; small ones are kept back."""
        return Rows.take(_c.Session_dashboard(self.session._handle, self.id, name))

    def measures(self) -> Rows:
        """Every measure of the pathway's protocols."""
        return Rows.take(self._view(_c.Session_measures))

    def responsibility(self) -> Rows:
        """Who held each responsibility from release to first contact, and every gap."""
        return Rows.take(self._view(_c.Session_responsibility))

    def knowledge(self, what: str) -> Rows:
        """Who knew of an item or an entry (its id, or its name), since when and how."""
        return Rows.take(_c.Session_knowledge(self.session._handle, self.id, what))

    def migration(self) -> Rows:
        """What `do("migrate")` would do, without doing it."""
        return Rows.take(self._view(_c.Session_migration))

    # ---- proof -------------------------------------------------------------------------------------------------------

    def validation(self) -> Validation:
        """The auditable validation: whether each confirmation is answered, by what, and what is lacking."""
        return Validation.take(self._view(_c.Session_validate))

    def records(self, start: int = 0, *, page: int = PAGE) -> Iterator[Row]:
        """The records from sequence number `start` on, fetched page by page."""
        return _pages(lambda resume: Rows.take(
            _c.Session_records(self.session._handle, self.id, int(resume or start), page)))

    def replay(self, protocol: Protocol) -> Rows:
        """What would have differed under other protocols; no rows: nothing."""
        with protocol._alone() as handle:
            return Rows.take(_c.Session_replay(self.session._handle, self.id, handle))

    def verify(self) -> Row:
        """Check every record of the pathway's chain."""
        return self.session.engine.verify(self.id)[0]


def _pages(fetch: Callable[[str], Rows]) -> Iterator[Row]:
    resume = ""
    while True:
        page = fetch(resume)
        yield from page
        resume = page.next
        if not resume:
            return
