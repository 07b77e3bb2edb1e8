"""The contracts of stores find what is wrong: ledgers and feeds in memory with one bug each."""

from __future__ import annotations

import threading
import unicodedata
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from retailcrm.adapters.stores.memory import MemoryFeed, MemoryLedger, MemoryStore
from retailcrm.errors import ConflictError, RetailCRMError
from retailcrm.ports.ledger import Unit
from retailcrm.testing.stores import FeedContract, LedgerContract, StoreContract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.following import Awarded
    from retailcrm.domain.points.referrals import Brought
    from retailcrm.ports.feed import Page
    from retailcrm.ports.ledger import Change, Effect, Spending

# ---- guards ------------------------------------------------------------------------------------------


class NoVersions(MemoryLedger):
    """Whoever writes last wins."""

    def _check(self, unit: Unit) -> None:
        super()._check(attrs.evolve(unit, changes=()))


class NewIsNotChecked(MemoryLedger):
    """An account that was thought to be empty is written over."""

    def _check(self, unit: Unit) -> None:
        super()._check(attrs.evolve(unit, changes=tuple(c for c in unit.changes if c.before.version)))


class LookedAtIsNotChecked(MemoryLedger):
    """An account without entries is never compared."""

    def _check(self, unit: Unit) -> None:
        super()._check(attrs.evolve(unit, changes=tuple(c for c in unit.changes if c.entries)))


class NoStocks(MemoryLedger):
    """The last mug goes twice."""

    def _check(self, unit: Unit) -> None:
        super()._check(attrs.evolve(unit, stocks=()))


class NoKeys(MemoryLedger):
    """A key can be used again."""

    def _check(self, unit: Unit) -> None:
        super()._check(attrs.evolve(unit, effect=None, effects=()))


class OneKeyForAll(MemoryLedger):
    """Keys of two verbs meet."""

    def _check(self, unit: Unit) -> None:
        super()._check(unit)
        if unit.effect is not None and unit.effect.key in {key for _, key in self._effects}:
            raise ConflictError("used")


class OneNameForTwo(MemoryLedger):
    """A redemption takes the name of another one, which is lost."""

    def _check(self, unit: Unit) -> None:
        super()._check(attrs.evolve(unit, spendings=()))


class OneReservationForTwo(MemoryLedger):
    """A reservation takes the name of another customer's, which then cannot be found."""

    def _check(self, unit: Unit) -> None:
        holders, self._holders = self._holders, {}
        super()._check(unit)
        self._holders = holders


class HalfWritten(MemoryLedger):
    """Each part is checked right before it is written."""

    def write(self, unit: Unit) -> None:
        for change in unit.changes:
            super().write(Unit(changes=(change,)))
        super().write(attrs.evolve(unit, changes=()))


# ---- units -------------------------------------------------------------------------------------------


class OnlyALock(MemoryLedger):
    """What a unit wrote stays, whatever becomes of it."""

    def unit(self) -> AbstractContextManager[object]:
        return self._steps.lock


class NoUnit(MemoryLedger):
    """Every write is its own."""

    def unit(self) -> AbstractContextManager[object]:
        return nullcontext()


class InnerKeeps(MemoryLedger):
    """The end of a unit inside another keeps what was written so far."""

    @contextmanager
    def unit(self) -> Iterator[None]:
        with super().unit():
            yield
            self._steps._undo.clear()


class FailedPartForgotten(MemoryLedger):
    """What a part that failed was asked to write is missing, and the rest is kept."""

    @contextmanager
    def unit(self) -> Iterator[None]:
        with super().unit():
            yield
            self._steps._failed = False


class DirtyReads(MemoryLedger):
    """Whoever reads sees what others have not finished."""

    def accounts(self) -> Iterator[str]:
        return iter(sorted(self._accounts))


# ---- what is kept ------------------------------------------------------------------------------------


class AwardInTwoPlaces(MemoryLedger):
    """An award that went to another account stays in the first as well."""

    def _keep_award(self, account: str, award: Awarded) -> None:
        homes, self._homes = self._homes, {}
        super()._keep_award(account, award)
        self._homes = homes | self._homes


class FirstLots(MemoryLedger):
    """A lot stays as it was first written."""

    def lots(self, account: str) -> Mapping[str, Any]:
        first: dict[str, Any] = {}
        for entry in self.entries(account):
            for lot in entry.lots:
                first.setdefault(lot.id, lot)
        return first


class NewestFirst(MemoryLedger):
    """A journal comes the wrong way round."""

    def entries(self, account: str) -> Sequence[Entry]:
        return super().entries(account)[::-1]


class HoldsForEver(MemoryLedger):
    """A reservation that ended is still somebody's."""

    def _keep_account(self, change: Change) -> None:
        super()._keep_account(attrs.evolve(change, before=attrs.evolve(change.before, holds=())))


class MergedForEver(MemoryLedger):
    """A merge that was undone still stands."""

    def _keep_who_is_who(self, unit: Unit) -> None:
        super()._keep_who_is_who(attrs.evolve(unit, merged=tuple(p for p in unit.merged if p[0] != p[1])))


class TimeGoesBack(MemoryLedger):
    """An older run of the clock takes back a newer one."""

    def _keep_who_is_who(self, unit: Unit) -> None:
        if unit.advanced is not None:
            self._clock.clear()
        super()._keep_who_is_who(unit)


class DueTooLate(MemoryLedger):
    """What falls due at a moment is due after it."""

    def due(self, until: datetime) -> Iterator[str]:
        return super().due(until - timedelta(microseconds=1))


class Seconds(MemoryLedger):
    """Moments are cut to milliseconds."""

    def due(self, until: datetime) -> Iterator[str]:
        return super().due(until.replace(microsecond=until.microsecond // 1000 * 1000))


class NobodysOrder(MemoryLedger):
    """Who asks for no order gets the redemptions of none."""

    def spent_on(self, wallet: str, order: str) -> Sequence[Spending]:
        found = (one for one in self._spendings.values() if one.order == order)
        return tuple(one for one in found if one.account.startswith(f"{wallet}/"))


class NobodysReferral(MemoryLedger):
    """Who asks for no order gets a referral that has none yet."""

    def referral_of(self, order: str) -> Brought | None:
        return next((one for one in self._referrals.values() if one.order == order), None)


class SpendingOnce(MemoryLedger):
    """What was given back of a redemption is forgotten."""

    def _keep_spending(self, spending: Spending) -> None:
        if spending.key not in self._spendings:
            super()._keep_spending(spending)


class Floats(MemoryLedger):
    """Money goes through a float."""

    def _keep_spending(self, spending: Spending) -> None:
        super()._keep_spending(attrs.evolve(spending, value=int(float(spending.value))))


class ListsWhoNeverWas(MemoryLedger):
    """Who was only looked at has an account."""

    def _keep(self, unit: Unit) -> None:
        super()._keep(unit)
        for change in unit.changes:
            self._steps.put(self._accounts, change.after.id, change.after)


class CaseBlind(MemoryLedger):
    """Ann and ann are one."""

    def account(self, account: str) -> Account:
        same = [name for name in self._accounts if name.casefold() == account.casefold()]
        return super().account(same[0] if same else account)


class Normalised(MemoryLedger):
    """Keys that look the same are the same."""

    def effect(self, verb: str, key: str) -> Effect | None:
        alike = [k for v, k in self._effects if v == verb and self.plain(k) == self.plain(key)]
        return super().effect(verb, alike[0]) if alike else None

    @staticmethod
    def plain(key: str) -> str:
        """Give a key as somebody who trims and normalises would keep it."""
        return unicodedata.normalize("NFC", key).strip()


class ForgetsRefunds(MemoryLedger):
    """Lines of a refund are lost."""

    def refunds(self, wallet: str, order: str) -> Any:
        found = super().refunds(wallet, order)
        return found and attrs.evolve(found, lines={})


class FewAccounts(MemoryLedger):
    """Only a page of accounts is given."""

    def accounts(self) -> Iterator[str]:
        return iter([*super().accounts()][:1000])


LEDGERS: Final = (
    NoVersions, NewIsNotChecked, LookedAtIsNotChecked, NoStocks, NoKeys, OneKeyForAll, OneNameForTwo,
    OneReservationForTwo, HalfWritten, OnlyALock, NoUnit, InnerKeeps, FailedPartForgotten, DirtyReads,
    AwardInTwoPlaces, FirstLots, NewestFirst, HoldsForEver, MergedForEver, TimeGoesBack, DueTooLate, Seconds,
    NobodysOrder, NobodysReferral, SpendingOnce, Floats, ListsWhoNeverWas, CaseBlind, Normalised,
    ForgetsRefunds, FewAccounts,
)  # fmt: skip


# ---- feeds and stores --------------------------------------------------------------------------------


class SkipsOne(MemoryFeed):
    """A page's cursor points past a fact that was not given."""

    def read(self, after: str = "", limit: int = 1000) -> Page:
        page = super().read(after, limit)
        return attrs.evolve(page, cursor=str(int(page.cursor) + 1)) if page.facts else page


class AnyCursor(MemoryFeed):
    """What is no cursor begins from the beginning."""

    def read(self, after: str = "", limit: int = 1000) -> Page:
        return super().read(after if after.isdecimal() else "", limit)


class LastIn(MemoryFeed):
    """Facts of one call come the wrong way round."""

    def write(self, facts: Any) -> None:
        super().write(reversed(list(facts)))


FEEDS: Final = (SkipsOne, AnyCursor, LastIn)


class TwoUnits(MemoryStore):
    """Events are kept beside the unit that tells them."""

    def feed(self, shop: str) -> MemoryFeed:
        known = self.__dict__.setdefault("feeds", {})
        return known.setdefault(shop, MemoryFeed())  # type: ignore[no-any-return]


class Silent(MemoryStore):
    """Movements of points are told to nobody."""

    def feed(self, shop: str) -> MemoryFeed:
        return self._ledgers.setdefault(f"feed of {shop}", MemoryLedger(MemoryFeed(self._steps))).feed


class OneShop(MemoryStore):
    """All shops are one."""

    def ledger(self, shop: str) -> MemoryLedger:  # noqa: ARG002 - that is the bug
        return super().ledger("main")


class AloneIsAUnit(MemoryStore):
    """What was acknowledged to whoever was alone goes if she falls over later."""

    def alone(self) -> AbstractContextManager[object]:
        return self.unit()


class AloneHidesErrors(MemoryStore):
    """Whatever goes wrong while she is alone, nobody hears of it."""

    def alone(self) -> AbstractContextManager[object]:
        return suppress(Exception)


class AloneForEver(MemoryStore):
    """Whoever raises while she is alone keeps all others out."""

    taken_by: threading.Thread | None = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        self.taken_by = threading.current_thread()
        yield
        self.taken_by = None

    def feed(self, shop: str) -> MemoryFeed:
        if self.taken_by not in (None, threading.current_thread()):
            raise ConflictError("somebody is alone")
        return super().feed(shop)


STORES: Final = (TwoUnits, Silent, OneShop, AloneIsAUnit, AloneHidesErrors, AloneForEver)


def fails(contract: type, opened: Callable[[], Any]) -> list[str]:
    """Run a contract's tests, each on something new, up to the first that fails."""
    for name in dir(contract):
        if name.startswith("test_"):
            try:
                getattr(contract(), name)(opened())
            except (AssertionError, RetailCRMError):
                return [name]
    return []


def shops_of(kind: type[MemoryLedger]) -> Callable[[], Callable[[str], MemoryLedger]]:
    """Give what opens the ledgers of one store."""

    def opened() -> Callable[[str], MemoryLedger]:
        known: dict[str, MemoryLedger] = {}
        return lambda shop: known.setdefault(shop, kind())

    return opened


@pytest.mark.parametrize("kind", LEDGERS, ids=lambda kind: kind.__name__)
def test_a_broken_ledger_is_found(kind: type[MemoryLedger]) -> None:
    """At least one promise of the contract fails on it."""
    assert fails(LedgerContract, shops_of(kind))


@pytest.mark.parametrize("kind", FEEDS, ids=lambda kind: kind.__name__)
def test_a_broken_feed_is_found(kind: type[MemoryFeed]) -> None:
    """At least one promise of the contract fails on it."""

    def opened() -> Callable[[str], MemoryFeed]:
        known: dict[str, MemoryFeed] = {}
        return lambda shop: known.setdefault(shop, kind())

    assert fails(FeedContract, opened)


@pytest.mark.parametrize("kind", STORES, ids=lambda kind: kind.__name__)
def test_a_broken_store_is_found(kind: type[MemoryStore]) -> None:
    """At least one promise of the contract fails on it."""
    assert fails(StoreContract, lambda: kind)


def test_what_is_right_passes() -> None:
    """The same way of running the contracts finds nothing in memory itself."""
    assert fails(LedgerContract, shops_of(MemoryLedger)) == []
    assert fails(FeedContract, lambda: MemoryStore().feed) == []
    assert fails(StoreContract, lambda: MemoryStore) == []
