"""What was done to a shop in memory, done again to a shop in a store that crashes and is told twice."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm import open_shop
from retailcrm.domain.points.documents import canonical, entry_document, state_hash
from retailcrm.errors import RetailCRMError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from retailcrm import Policy, Shop

NESTED: Final = ("loyalty", "imports", "customers", "rewards")
"""Parts of a shop whose methods are recorded."""

LOOKS: Final = ("balance", "history", "left", "points")
"""What looks only; it may bring accounts together, but a second time in a row it changes nothing."""

OFTEN: Final = 0.1
"""How often each kind of misfortune happens before a call that writes."""


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

    def on(self, shop: Any) -> Any:
        """Do it; give what it comes to."""
        for name in self.path:
            shop = getattr(shop, name)
        return answer_of(lambda: shop(*self.asked, **dict(self.more)))


def answer_of(call: Callable[[], Any]) -> Any:
    """Give what a call comes to, an error of ours by its kind; in a form that can be compared."""
    try:
        found = call()
    except RetailCRMError as error:
        return type(error).__name__
    if hasattr(found, "customers"):
        return found.customers.to_arrow().to_pylist()
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
            result: list[Any] = []

            def call() -> Any:
                result.append(found(*asked, **more))
                return result[0]

            try:
                answer = answer_of(call)
                if not result:
                    return found(*asked, **more)  # the same error again, for the caller
                return result[0]
            finally:
                self._calls[place] = attrs.evolve(self._calls[place], answer=answer)

        return recorded


@attrs.define
class Replay:
    """A shop in a store, to which things happen.

    Attributes:
        url: Where.
        policy: The rules.
        rng: Chooses what goes wrong when.
        crash: Ends the store's connections as a crash does.
    """

    url: str
    policy: Policy
    rng: random.Random
    crash: Callable[[Shop], None]
    now: datetime | None = None
    told: list[Call] = attrs.field(factory=list)
    names: dict[str, str] = attrs.field(factory=dict)
    happened: list[str] = attrs.field(factory=list)
    shop: Any = None

    def open(self) -> None:
        """Open the shop; tell it again what it may have kept in memory only."""
        self.shop = open_shop(self.url, policy=self.policy, clock=lambda: self.now)
        here, kept = self.now, {one.merge_id for one in self.shop.customers.merges}
        for call in self.told:
            self.now = call.now
            if call.path[-1] == "table":
                assert call.on(self.shop) == call.answer
            elif not kept:
                self.decide(call)
        self.now = here

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
        for number, call in enumerate(calls):
            asked = repr((call.path, call.asked, call.more))
            if call.now != self.now or not call.looks:
                seen.clear()
            if asked in seen:
                continue
            seen.add(asked)
            self.now = call.now
            self.misfortune(call)
            found = self.decide(call) if call.path[0] == "customers" else call.on(self.shop)
            assert found == call.answer, f"call {number}, {call.path}{call.asked}: {found} is not {call.answer}"
            if call.path[0] in ("imports", "customers") and isinstance(found, tuple):
                self.told.append(call)

    def misfortune(self, call: Call) -> None:
        """Before a call that writes: a crash, a unit that is given up, a crash in the middle of one."""
        if call.looks:
            return
        if self.rng.random() < OFTEN:
            self.happened.append("crash")
            self.again()
        if call.keyed and self.rng.random() < OFTEN:
            self.happened.append("given up")
            with suppress(_GivenUpError), self.ledger.unit():
                call.on(self.shop)
                raise _GivenUpError
        if call.keyed and self.url != "memory:" and self.rng.random() < OFTEN:
            self.happened.append("half-way")
            unit = self.ledger.unit()
            unit.__enter__()
            call.on(self.shop)
            self.again()
        if call.keyed and self.rng.random() < OFTEN and isinstance(call.answer, tuple):
            self.happened.append("twice")
            call.on(self.shop)

    def again(self) -> None:
        """Crash, and open the shop again."""
        if self.url != "memory:":
            self.crash(self.shop)
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
