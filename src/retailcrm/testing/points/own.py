"""Our own rules behind the museum's adapter: the pure core, with accounts in a dictionary."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from threading import RLock
from typing import TYPE_CHECKING, Final, TypeVar

import attrs

from retailcrm.domain.labels import Label
from retailcrm.domain.points.account import Account
from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.earning import Earner, LineAmount, award_of
from retailcrm.domain.points.holds import Allocation
from retailcrm.domain.points.lots import Bucket, Lot
from retailcrm.domain.points.moving import Moved, transfer
from retailcrm.domain.points.outcomes import Accepted, Outcome
from retailcrm.domain.points.quotes import Cart, Quote, quote_redemption
from retailcrm.domain.points.reversal import LatePolicy, Reversed, give_back, reverse
from retailcrm.domain.points.settling import settle
from retailcrm.domain.points.spending import capture, redeem, reserve, void
from retailcrm.domain.points.wallets import EarnRule, Redemption
from retailcrm.domain.tiers import Hold, Ladder, Requirement, Tier, TierEvent, Window, tier_as_of
from retailcrm.testing.points.systems import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from retailcrm.domain.points.entries import Entry

_TICK: Final = timedelta(microseconds=1)
_ZONE: Final = "Asia/Shanghai"
_Answer = TypeVar("_Answer")


@attrs.define
class _Award:
    """What an order earned."""

    account: str
    points: int
    taken: int = 0
    forgiven: int = 0


class RetailcrmPoints:
    """The rules of :mod:`retailcrm.domain.points`, nothing else: one shop, its accounts in memory.

    Example:
        >>> from datetime import UTC, datetime
        >>> shop = RetailcrmPoints()
        >>> shop.advance(datetime(2024, 1, 1, tzinfo=UTC))
        >>> shop.earn("ann", 100, order="o1", key="1")
        >>> shop.redeem("ann", 30, order="o2", key="2"), shop.balance("ann")
        (True, 70)
    """

    def __init__(self) -> None:
        self._now = datetime.min.replace(tzinfo=UTC)
        self._accounts: dict[str, Account] = {}
        self._journals: dict[str, list[Entry]] = {}
        self._lots: dict[str, Lot] = {}
        self._awards: dict[str, _Award] = {}
        self._spent: dict[str, tuple[str, tuple[Allocation, ...]]] = {}
        self._holders: dict[str, str] = {}
        self._done: dict[str, tuple[object, object]] = {}
        self._bought: dict[str, list[TierEvent]] = {}
        self._rate = Fraction(1)
        self._lock = RLock()

    # -- what every command shares -------------------------------------------------------------------

    def _once(self, key: str, said: object, do: Callable[[], _Answer]) -> _Answer:
        """Carry a command out, unless it was carried out before."""
        with self._lock:
            if key in self._done:
                before, answer = self._done[key]
                if before != said:
                    raise Refused(f"the key {key!r} was used for something else")
                return answer  # type: ignore[return-value]  # the same words had the same answer
            answer = do()
            self._done[key] = (said, answer)
            return answer

    def _account(self, customer: str) -> Account:
        return self._accounts.get(customer, Account(id=customer))

    def _write(self, outcome: Outcome) -> bool:
        """Keep what a decision came to."""
        self._accounts[outcome.account.id] = outcome.account
        self._journals.setdefault(outcome.account.id, []).extend(outcome.entries)
        self._lots |= {lot.id: lot for entry in outcome.entries for lot in entry.lots}
        return isinstance(outcome, Accepted)

    # -- the six methods -----------------------------------------------------------------------------

    def advance(self, now: datetime) -> None:
        """Let it be a later moment; nothing needs to run."""
        self._now = now

    def earn(
        self,
        customer: str,
        points: int,
        *,
        order: str,
        key: str,
        activates_at: datetime | None = None,
        expires_at: datetime | None = None,
        channel: str = "",
    ) -> None:
        """Award points for an order."""

        def do() -> None:
            self._write(
                earn(
                    self._account(customer), points, lot=order, source=f"order:{channel}{order}", key=key,
                    now=self._now, activates_at=activates_at or self._now, limit_at=expires_at,
                )
            )  # fmt: skip
            self._awards[order] = _Award(customer, points)

        self._once(key, ("earn", customer, points, order, activates_at, expires_at, channel), do)

    def redeem(self, customer: str, points: int, *, order: str, key: str, channel: str = "") -> bool:
        """Spend points on an order."""

        def do() -> bool:
            outcome = redeem(self._account(customer), points, key=key, now=self._now, reference=order)
            if allowed := self._write(outcome):
                self._spend(customer, order, outcome.entries[-1])
            return allowed

        return self._once(key, ("redeem", customer, points, order, channel), do)

    def _spend(self, customer: str, order: str, entry: Entry) -> None:
        """Remember which points an order took, the sum of what it took from each lot."""
        taken = {one.lot: one.points for one in self._spent.get(order, (customer, ()))[1]}
        for one in entry.movements:
            if one.target is Bucket.SPENT:
                taken[one.lot] = taken.get(one.lot, 0) + one.points
        self._spent[order] = (customer, tuple(Allocation(lot, points) for lot, points in taken.items()))

    def cancel(self, order: str, *, key: str) -> None:
        """Undo what was spent on an order."""

        def do() -> None:
            if order not in self._spent:
                return
            customer, taken = self._spent.pop(order)
            self._write(
                give_back(
                    self._account(customer), taken, sum(one.points for one in taken), self._lots, key=key,
                    now=self._now, policy=LatePolicy(), reference=order,
                )
            )  # fmt: skip

        self._once(key, ("cancel", order), do)

    def refund(self, order: str, share: Fraction, *, key: str) -> None:
        """Take back what an order earned."""

        def do() -> None:
            award = self._awards[order]
            lots = tuple(lot for lot in self._lots.values() if lot.root == order and lot.owners == ())
            told = Reversed(awarded=award.points, lots=lots, points=award.taken, forgiven=award.forgiven)
            outcome = reverse(self._account(award.account), told, share, key=key, now=self._now)
            if self._write(outcome):
                award.taken += outcome.points  # type: ignore[union-attr]  # it was allowed
                award.forgiven += sum(entry.forgiven for entry in outcome.entries)

        self._once(key, ("refund", order, share), do)

    def balance(self, customer: str) -> int:
        """Give the points that can be spent now, less what is owed."""
        draft = Draft(self._account(customer), "balance", self._now)
        settle(draft)
        return draft.account.available - draft.account.debt

    # -- what a system may leave out -----------------------------------------------------------------

    def reserve(self, customer: str, points: int, *, hold: str, ends_at: datetime, key: str) -> bool:
        """Set points aside until a moment."""

        def do() -> bool:
            self._holders.setdefault(hold, customer)
            return self._write(
                reserve(self._account(customer), points, hold=hold, ends_at=ends_at, key=key, now=self._now)
            )

        return self._once(key, ("reserve", customer, points, hold, ends_at), do)

    def capture(self, hold: str, *, key: str) -> bool:
        """Spend all that was set aside."""
        return self._once(key, ("capture", hold), lambda: self._end(capture, hold, key))

    def void(self, hold: str, *, key: str) -> bool:
        """Let go what was set aside."""
        return self._once(key, ("void", hold), lambda: self._end(void, hold, key))

    def _end(self, how: Callable[..., Outcome], hold: str, key: str) -> bool:
        holder = self._holders.get(hold)
        return holder is not None and self._write(how(self._account(holder), hold, key=key, now=self._now))

    def give(self, customer: str, taker: str, points: int, *, key: str) -> bool:
        """Give spendable points away."""

        def do() -> bool:
            moved = transfer(
                self._account(customer), self._account(taker), points, key=f"gift:{key}", now=self._now
            )
            if not isinstance(moved, Moved):
                return self._write(moved)
            return self._write(moved.giver) and self._write(moved.taker)

        return self._once(key, ("give", customer, taker, points), do)

    def set_rate(self, rate: str) -> None:
        """Let orders earn so many points for a whole unit of money from now on."""
        self._rate = Fraction(rate)

    def buy(self, customer: str, order: str, *, goods: int, shipping: int, by_points: int, key: str) -> None:
        """Award what an order earns, at once."""
        told = Earner(
            reference=order, lines=(LineAmount(id="1", price=goods),), shipping=shipping, by_points=by_points
        )
        points = award_of(told, EarnRule(rate=self._rate)).points
        self.earn(customer, points, order=order, key=key)
        self._bought.setdefault(customer, []).append(TierEvent(self._now, goods, 1, order))

    def quote(self, total: int, wanted: int, points_per_unit: str) -> Sequence[int]:
        """Give the points that an order would take, and the minor units that they pay."""
        rich = earn(
            Account(id="anybody"), wanted, lot="1", source="quote", key="1", now=self._now,
            activates_at=self._now,
        )  # fmt: skip
        rule = Redemption(points_per_unit=Fraction(points_per_unit))
        quote = quote_redemption(rich.account, Cart(goods=total), wanted, rule, unit=100, now=self._now)
        return (quote.points, quote.value) if isinstance(quote, Quote) else (0, 0)

    def tier(self, customer: str, thresholds: Mapping[str, int]) -> str:
        """Give the highest tier that her orders reach."""
        (base, _), *others = thresholds.items()
        ladder = Ladder(
            currency="CNY", zone=_ZONE, window=Window("lifetime"), hold=Hold("forever"),
            tiers=(
                Tier(name=base, label=Label(base, base)),
                *(Tier(name=n, label=Label(n, n), enter=Requirement(spend=least)) for n, least in others),
            ),
        )  # fmt: skip
        return tier_as_of(self._bought.get(customer, []), ladder, self._now + _TICK, None).tier.name

    def journal(self, customer: str) -> Sequence[tuple[int, datetime, str]]:
        """Give every line of her account."""
        return [(entry.version, entry.recorded_at, repr(entry)) for entry in self._journals.get(customer, [])]
