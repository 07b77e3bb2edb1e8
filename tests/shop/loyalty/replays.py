"""What was done to a shop in memory, done again to a shop in a store that crashes and is told twice."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm import open_shop
from retailcrm.domain.points.account import replay
from retailcrm.domain.points.documents import canonical, entry_document, state_hash
from retailcrm.errors import RetailCRMError
from retailcrm.ports.outcomes import Done
from retailcrm.shop.loyalty.advancing import Advanced
from retailcrm.shop.loyalty.joining import followed

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from datetime import datetime

    from retailcrm import Policy

NESTED: Final = ("loyalty", "imports", "customers", "rewards")
"""Parts of a shop whose methods are recorded."""

LOOKS: Final = ("balance", "history", "left", "points")
"""What looks only; it may bring accounts together, but a second time in a row it changes nothing."""

LOOKED: Final = 0.2
"""How many of those looks are done again that cannot change anything: most of all calls are such looks."""

OFTEN: Final = 0.05
"""How often each kind of misfortune happens before a call that writes, beside the one that is sure to."""


@attrs.frozen
class Call:
    """A call on a shop, and what it came to."""

    path: tuple[str, ...]
    asked: tuple[Any, ...]
    more: tuple[tuple[str, Any], ...]
    now: datetime
    answer: Any

    @property
    def looks(self) -> bool:
        """Whether it only looks."""
        return self.path[-1] in LOOKS

    @property
    def keyed(self) -> bool:
        """Whether it may come twice."""
        return "key" in dict(self.more)

    @property
    def done(self) -> bool:
        """Whether it was a command, and was done."""
        return isinstance(self.answer, tuple) and self.answer[1] is not None

    def on(self, shop: Any) -> Any:
        """Do it; give what it comes to."""
        for name in self.path:
            shop = getattr(shop, name)
        try:
            return said(shop(*self.asked, **dict(self.more)))
        except RetailCRMError as error:
            return type(error).__name__


def said(found: Any) -> Any:
    """Give an answer in a form that can be compared."""
    if hasattr(found, "customers"):
        # Who stands before whom nobody promises.
        return sorted(found.customers.to_arrow().to_pylist(), key=lambda row: str(row["customer_id"]))
    if hasattr(found, "problems"):
        return tuple(found.problems)
    return (found, getattr(found, "repeated", None))


class Recorded:
    """A shop, or a part of one, that remembers what it is asked.

    Args:
        part: The shop or its part.
        calls: Where to.
        clock: Tells the time.
        path: How to come to the part.
    """

    def __init__(
        self, part: Any, calls: list[Call], clock: Callable[[], datetime], path: tuple[str, ...] = ()
    ) -> None:
        self._part, self._calls, self._clock, self._path = part, calls, clock, path

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        path = (*self._path, name)
        if name in NESTED:
            return Recorded(found, self._calls, self._clock, path)
        if name.startswith("_") or not callable(found):
            return found

        def recorded(*asked: Any, **more: Any) -> Any:
            place = len(self._calls)
            self._calls.append(Call(path, asked, tuple(more.items()), self._clock(), None))
            try:
                result = found(*asked, **more)
            except RetailCRMError as error:
                self._calls[place] = attrs.evolve(self._calls[place], answer=type(error).__name__)
                raise
            self._calls[place] = attrs.evolve(self._calls[place], answer=said(result))
            return result

        return recorded


@attrs.define
class Replay:
    """A shop in a store, to which things happen.

    Attributes:
        url: Where.
        policy: The rules.
        rng: Chooses what goes wrong when.
        crash: Ends a shop's connections as a crash does.
        ledger_only: Only points are kept in the store; files and merges are told again after a crash.
        now: What its clock says.
        told: What it keeps in memory only.
        names: Names of merges here, by those in memory.
        happened: What went wrong, in its order.
        sure: At which call each kind of misfortune is bound to happen.
        shop: The shop.
        store: The shop that keeps the points.
    """

    url: str
    policy: Policy
    rng: random.Random
    crash: Callable[[Any], None]
    ledger_only: bool
    now: datetime
    told: list[Call] = attrs.field(factory=list)
    names: dict[str, str] = attrs.field(factory=dict)
    happened: list[str] = attrs.field(factory=list)
    sure: dict[str, int] = attrs.field(factory=dict)
    shop: Any = None
    store: Any = None

    def open(self) -> None:
        """Open the shop, and tell it again what it keeps in memory only."""
        given: dict[str, Any] = {"policy": self.policy, "allow_plugins": ()}
        if not self.ledger_only:
            self.shop = self.store = open_shop(self.url, clock=lambda: self.now, **given)
            return
        self.shop = open_shop(clock=lambda: self.now, **given)
        # Whoever opens a store alone opens its shop: so does this, for the store.
        self.store = open_shop(self.url, shop="beside", **given)
        accounts = self.shop.loyalty._accounts
        found = self.store._database.ledger("main")
        object.__setattr__(self.shop, "_points", attrs.evolve(accounts, ledger=found))
        here = self.now
        for call in self.told:
            self.now = call.now
            if call.path[-1] == "table":
                assert call.on(self.shop) == call.answer
            else:
                self.decide(call)
        self.now = here
        # What is decided from now on moves points in the store; what is told again has moved them before.
        self.shop.customers = attrs.evolve(self.shop.customers, joined=followed(self.shop._points))

    def decide(self, call: Call) -> Any:
        """Merge, or take a merge back, under the name that it has here."""
        if call.path[-1] == "undo":
            call = attrs.evolve(call, asked=(self.names[call.asked[0]],))
        found = call.on(self.shop)
        if call.path[-1] == "merge" and isinstance(call.answer, tuple):
            self.names[call.answer[0]] = found[0]
            return call.answer
        return found

    def do(self, calls: list[Call]) -> None:
        """Do all that was recorded; each comes to what it came to in memory."""
        seen: set[str] = set()
        everyone = True
        self.sure = self.chosen(calls)
        for number, call in enumerate(calls):
            asked = repr((call.path, call.asked, call.more))
            if call.now != self.now or not call.looks:
                seen.clear()
            # Whoever is looked at after it changed who is who may be brought together then: so all are.
            everyone = everyone if call.looks else call.path[0] in ("imports", "customers")
            if asked in seen or (call.looks and not everyone and self.rng.random() >= LOOKED):
                continue
            seen.add(asked)
            self.now = call.now
            self.misfortune(number, call)
            found = self.decide(call) if call.path[0] == "customers" else call.on(self.shop)
            assert self.same(found, call), (
                f"call {number}, {call.path}{call.asked} at {call.now}, after {self.happened}: "
                f"{different(found, call.answer)}"
            )
            if call.path[0] in ("imports", "customers") and isinstance(found, tuple):
                self.told.append(call)
            if call.keyed and isinstance(found, tuple) and found[1] is not None:
                self.twice(number, call, found[0])

    def same(self, found: Any, call: Call) -> bool:
        """Tell whether a call came to what it came to in memory."""
        if self.ledger_only:
            return bool(found == call.answer)
        # What a refund takes back, or what is gone, may have lapsed in another account than in memory.
        moved = call.path[-1] in ("reverse", "refund", "points") and bool(self.shop.customers.merges)
        return alike(found, call.answer, moved=moved)

    def chosen(self, calls: list[Call]) -> dict[str, int]:
        """Choose a call for each kind of misfortune, so that each that can happen in a story does."""
        writes = [number for number, call in enumerate(calls) if not call.looks]
        keyed = [number for number in writes if calls[number].keyed]
        done = [number for number in keyed if calls[number].done]
        places = {"given up": keyed, "twice": done}
        if self.url != "memory:":
            places |= {"crash": writes, "half-way": keyed}
        return {kind: self.rng.choice(numbers) for kind, numbers in sorted(places.items()) if numbers}

    def happens(self, kind: str, number: int) -> bool:
        """Tell whether a misfortune happens at a call; note it."""
        if self.sure.get(kind) != number and self.rng.random() >= OFTEN:
            return False
        self.happened.append(kind)
        return True

    def twice(self, number: int, call: Call, done: Any) -> None:
        """Send a command that was done once more, sometimes."""
        if self.happens("twice", number):
            assert call.on(self.shop) == (done, True)

    def misfortune(self, number: int, call: Call) -> None:
        """Before a call that writes: a crash, a unit that is given up, a crash in the middle of one."""
        if call.looks:
            return
        if self.url != "memory:" and self.happens("crash", number):
            self.again()
        if call.keyed and self.happens("given up", number):
            with suppress(_GivenUpError), self.ledger.unit():
                call.on(self.shop)
                raise _GivenUpError
        if call.keyed and self.url != "memory:" and self.happens("half-way", number):
            unit = self.ledger.unit()
            unit.__enter__()
            call.on(self.shop)
            del unit
            self.again()

    def again(self) -> None:
        """Crash, and open the shop again."""
        self.crash(self)
        self.open()

    @property
    def ledger(self) -> Any:
        return self.shop.loyalty._accounts.ledger


class _GivenUpError(Exception):
    """A caller changed her mind."""


def kept(shop: Any) -> dict[str, Any]:
    """Give all that is kept of a shop's points: a hash for each account, its journal, and what is beside."""
    ledger = shop.loyalty._accounts.ledger
    found: dict[str, Any] = {"merged": dict(ledger.merged()), "advanced": ledger.advanced()}
    found["stock"] = ledger.stock("mug")
    for name in ledger.accounts():
        found[f"{name} hash"] = state_hash(ledger.account(name))
        found[f"{name} journal"] = [canonical(entry_document(one)) for one in ledger.entries(name)]
        found[name] = [dict(ledger.lots(name)), dict(ledger.awards(name)), list(ledger.spendings(name))]
    return found


def alike(found: Any, wanted: Any, *, moved: bool = False) -> bool:
    """Tell whether two answers are the same but for what says when it was written down.

    A shop in a store takes in what files tell as they come, one in memory when somebody asks: the same
    entries, of the same moments, may be written by the one or the other.

    Args:
        found: The one answer.
        wanted: The other.
        moved: Points of the order may have lapsed in accounts of two who are one, or were. What lapsed in
            the account where the others are is taken back there; what lapsed in another stays lapsed, and
            nobody owes it either. Whoever had nothing else has a row of a table there, and none here.
    """
    if moved and isinstance(found, list) and isinstance(wanted, list):
        return having(found) == having(wanted)
    if not (isinstance(found, tuple) and isinstance(wanted, tuple)):
        return bool(found == wanted)
    one, other = found[:1], wanted[:1]
    if one and isinstance(one[0], Done) and isinstance(other[0], Done):
        return bool(effect(one[0], moved=moved) == effect(other[0], moved=moved))
    if one and isinstance(one[0], tuple | Advanced):
        return True
    return found == wanted


def having(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the rows of a table of those who have points, or owe some."""
    return [row for row in rows if any(row[name] for name in ("pending", "available", "held", "debt"))]


def effect(done: Done, *, moved: bool) -> Done:
    """Give what a command did, without the version that it wrote; see :func:`alike`."""
    if moved and "taken_back" in done.detail:
        done = attrs.evolve(done, detail={**done.detail, "taken_back": 0})
    elif moved:
        done = attrs.evolve(done, points=0)
    return attrs.evolve(done, version=0)


def standing(shop: Any) -> dict[str, Any]:
    """Give how every account stands, whoever wrote down when, and in which of two that were one, how so."""
    ledger, gone = shop.loyalty._accounts.ledger, Counter[tuple[str, str]]()
    found: dict[str, Any] = {}
    for name in ledger.accounts():
        account = ledger.account(name)
        for lot in ledger.lots(name).values():
            # What lapsed where she was before cannot be taken back from there: it stays lapsed.
            gone.update({(lot.root, "spent"): lot.spent, (lot.root, "over"): lot.expired + lot.reversed})
        lots = sorted(
            (lot.root, lot.pending, lot.available, lot.held, str(lot.activates_at), str(lot.expires_at))
            for lot in account.lots
        )
        holds = [(hold.id, hold.points, hold.ends_at) for hold in account.holds]
        if lots or holds or account.debt:
            found[name] = account.debt, lots, holds
        assert replay(name, ledger.entries(name)) == account
    return found | {"gone": +gone}


def different(found: Any, wanted: Any) -> str:
    """Say where two answers differ, as deep as that can be told."""
    if isinstance(found, tuple) and isinstance(wanted, tuple) and len(found) == len(wanted):
        return next((different(*pair) for pair in zip(found, wanted, strict=True) if pair[0] != pair[1]), "")
    if isinstance(found, tuple) and isinstance(wanted, tuple):
        pairs = enumerate(zip(found, wanted, strict=False))
        first = next((n for n, (one, other) in pairs if one != other), min(len(found), len(wanted)))
        return f"{len(found)} for {len(wanted)}; at {first}: {found[first:][:1]} is not {wanted[first:][:1]}"
    return f"{found} is not {wanted}"
