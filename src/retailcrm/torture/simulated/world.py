"""A simulated shop with everything around it: clock, disk, whatever ends its process, and its books."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from retailcrm.errors import (
    ClockJumpError,
    ConflictError,
    IdempotencyConflictError,
    InputError,
    RetailCRMError,
    StoreError,
    UnknownOutcomeError,
)
from retailcrm.ports.outcomes import Done, Refused, Unknown
from retailcrm.torture.deliveries import MAPPING
from retailcrm.torture.simulated.books import Books
from retailcrm.torture.simulated.clients import ask
from retailcrm.torture.simulated.faults import CrashError, Fuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.ports.ledger import Ledger
    from retailcrm.ports.outcomes import Outcome
    from retailcrm.shop.open import Shop
    from retailcrm.shop.policy import Policy
    from retailcrm.torture.commands import Command
    from retailcrm.torture.simulated.exports import Export, Platform
    from retailcrm.torture.simulated.places import Place

_T = TypeVar("_T")

Fault = tuple[str, int]
"""What goes wrong, and after how many writing statements."""

_NOTHING_WRITTEN: Final = ("StoreError", "ConflictError")

NONE: Fault = ("", 0)


@attrs.define(kw_only=True)
class World:
    """Everything that there is.

    Attributes:
        place: Where the shop is kept.
        rules: The shop's.
        changed: Changes a shop that was opened: tests put bugs in.
        platform: Exports files of orders; ``None`` for a store that keeps none.
        now: The true time; files are written by it.
        watch: Is told every line of the trace.
        skew: How far the shop's clock is ahead.
        latest: The latest moment that the shop's clock showed.
        books: What must be true.
        known: The newest moment that a delivered file shows of each order in it.
        kept: Files that were acknowledged, by their moment and the number of their rows.
        counts: Counts of what was done, and of what went wrong on purpose.
        problems: Everything that was wrong, in words.
    """

    place: Place
    rules: Policy
    changed: Callable[[Shop], Shop]
    platform: Platform | None
    now: datetime
    watch: Callable[[str], None]
    skew: timedelta = timedelta(0)
    latest: datetime = attrs.field(init=False)
    books: Books = attrs.field(factory=Books, init=False)
    known: dict[str, datetime] = attrs.field(factory=dict, init=False)
    kept: set[tuple[datetime, int]] = attrs.field(factory=set, init=False)
    counts: Counter[str] = attrs.field(factory=Counter, init=False)
    problems: list[str] = attrs.field(factory=list, init=False)
    shop: Shop = attrs.field(init=False)
    _fuse: Fuse = attrs.field(init=False)
    _trace: Any = attrs.field(factory=hashlib.sha256, init=False)

    def __attrs_post_init__(self) -> None:
        """Open the shop for the first time."""
        self.latest = self.now
        self._fuse = Fuse(self.place.leave)
        self.open()

    @property
    def ledger(self) -> Ledger:
        """The shop's points as they are kept."""
        points: Any = self.shop._points  # noqa: SLF001 - books look below the verbs
        ledger: Ledger = points.ledger
        return ledger

    @property
    def digest(self) -> str:
        """Digest of the trace so far."""
        found: str = self._trace.hexdigest()
        return found

    def clock(self) -> datetime:
        """Give the time by the shop's clock."""
        shown = self.now + self.skew
        self.latest = max(self.latest, shown)
        return shown

    def note(self, *what: object) -> None:
        """Add a line to the trace."""
        line = " ".join(map(str, what))
        self._trace.update(f"{line}\n".encode())
        self.watch(line)

    def wrong(self, found: list[str]) -> None:
        """Note what must not be."""
        self.problems += found
        for problem in found:
            self.note("PROBLEM", problem)

    # ---- the process ---------------------------------------------------------------------------------

    def open(self) -> None:
        """Open the shop as a process does that begins."""
        self.shop = self.changed(self.place.open(self.rules, self.clock, self._fuse))

    def crash(self) -> None:
        """End the process while it does nothing, and begin the next."""
        self.place.leave()
        self._begin_again()

    def _begin_again(self) -> None:
        self.counts["crashes"] += 1
        self.place.gone()
        self.open()
        self.wrong(self.books.look(self.ledger))

    def _under(self, fault: Fault, act: Callable[[], _T]) -> _T | str:
        """Do something under a fault; give what it came to, or the name of what ended it."""
        self._fuse.set(*fault)
        try:
            found: _T | str = act()
        except CrashError:
            found = "crash"
        except (StoreError, ConflictError, UnknownOutcomeError, ClockJumpError, InputError) as error:
            found = type(error).__name__
        finally:
            self.counts["faults"] += bool(self._fuse.blown)
            self._fuse.set("")
        if found == "crash":
            self._begin_again()
        return found

    # ---- what is done to the shop --------------------------------------------------------------------

    def ask(self, command: Command, fault: Fault = NONE) -> Outcome | None:
        """Let a command arrive; give its answer, ``None`` if there is none, or none that is certain."""
        if command.name in self.books.doubt:
            self.wrong(self.books.look(self.ledger))
        before = command.name in self.books.done
        if not before:
            self.books.doubt[command.name] = command
        self.counts["commands"] += 1
        try:
            found = self._under(fault, lambda: ask(self.shop.loyalty, command))
        except RetailCRMError as error:
            self.wrong([f"{command.verb} {command.key}: {error!r}"])
            return None
        self.note("ask", command, *fault, "->", _said(found))
        if isinstance(found, Done):
            self.wrong(self.books.settle(command, found))
            return found
        if isinstance(found, Refused) or found in _NOTHING_WRITTEN or self._to_come(command, found):
            self.books.doubt.pop(command.name, None)
            there = self.ledger.effect(command.verb, command.key)
            if (there is not None) is not before or (before and isinstance(found, Refused)):
                self.wrong([f"{command.verb} {command.key} came to {found}, and its key says {there}"])
        elif not isinstance(found, Unknown) and found != "crash":
            self.wrong([f"{command.verb} {command.key} came to {found}"])
        return found if isinstance(found, Refused) else None

    def _to_come(self, command: Command, found: object) -> bool:
        """Tell whether an order is refused because the clock was set back to before it was paid."""
        late = command.verb == "earn" and datetime.fromisoformat(str(command.about[3])) > self.clock()
        return late and found == "InputError"

    def misuse(self, command: Command) -> None:
        """Use a key for something else than it stands for: that is an error, and changes nothing."""
        first, *rest = command.about
        other = attrs.evolve(command, about=(f"{first}?", *rest))
        try:
            found: object = ask(self.shop.loyalty, other)
        except IdempotencyConflictError:
            found = ""
        if found:
            self.wrong([f"{other} used a key of something else, and came to {found}"])
        self.note("misuse", other)

    def tick(self, fault: Fault = NONE, *, confirm: bool = False) -> None:
        """Let time go by in the shop."""
        found = self._under(fault, lambda: self.shop.advance(self.clock(), confirm_clock=confirm))
        self.note("tick", self.clock(), *fault, "->", found if isinstance(found, str) else found.accounts)

    def take(self, export: Export, fault: Fault = NONE) -> None:
        """Let a file of orders arrive."""
        for number in export.numbers:
            self.known[number] = max(export.at, self.known.get(number, export.at))
        self.counts["files"] += 1
        found = self._under(fault, lambda: self.shop.imports.files(export.path, mapping=MAPPING))
        self.note("take", export.path.name, *fault, "->", found if isinstance(found, str) else found.accepted)
        if not isinstance(found, str):
            self.wrong([f"{export.path.name}: {one.message}" for one in found.problems])
            self.kept.add(export.name)

    def check(self) -> None:
        """Compare everything with the books."""
        sold = {} if self.platform is None else self.platform.orders
        self.wrong(self.books.problems(self.ledger, sold, self.known))
        if self.platform is not None:
            there = {(one.exported_at, one.accepted) for one in self.shop.imports.accounts()}
            self.wrong(
                [f"the file of {at} with {rows} rows is gone" for at, rows in sorted(self.kept - there)]
            )
        self.counts["checks"] += 1
        self.note("check", self.books.digest(self.ledger))


def _said(found: Outcome | str) -> str:
    """Write an answer so that the same one is the same text: a detail has no order."""
    if not isinstance(found, Done):
        return str(found)
    again = " again" if found.repeated else ""
    return f"{found.account} {found.points} version {found.version} {sorted(found.detail.items())}{again}"
