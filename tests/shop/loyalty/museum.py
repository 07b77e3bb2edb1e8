"""A whole shop behind the museum's adapter: its verbs, its store, its clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm import Shop, open_shop
from retailcrm.domain.identity import Identity, OrderRef
from retailcrm.domain.labels import Label
from retailcrm.domain.money import Money
from retailcrm.domain.orders import Observation, OrderState, fold
from retailcrm.domain.points.earning import Earner, LineAmount
from retailcrm.domain.points.terms import Cart
from retailcrm.domain.tiers import Hold, Ladder, Requirement, Tier, Window
from retailcrm.errors import IdempotencyConflictError, NotFoundError
from retailcrm.ports.outcomes import Done
from retailcrm.shop.loyalty.loyalty import Loyalty
from retailcrm.shop.policy import policy_from_table
from retailcrm.testing.points import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from retailcrm import Policy
    from retailcrm.domain.orders import Order
    from retailcrm.ports.outcomes import Outcome

GRAIN: Final = 60
"""Fen for a point, so that a refund of any tenth or sixth of an order is a whole amount."""


@cache
def policy_of(rate: str, ends: datetime | None, points_per_unit: str) -> Policy:
    """Give a programme: what a yuan earns, on which day all of it lapses, what a yuan costs in points."""
    last = None if ends is None else (ends - timedelta(days=1)).date()
    return policy_from_table(
        {
            "shop": {"zone": "UTC"},
            "points": {
                "earn": {"rate": rate} if Fraction(rate) else False,
                "waiting": {"days": "never"},
                "expiry": {"never": True} if last is None else {"on": last},
                "redemption": {"hold_minutes": 500_000, "points_per_unit": points_per_unit},
            },
        }
    )


class ShopPoints:
    """The points of a shop. Rules that an exhibit changes are another policy of the same shop.

    Args:
        url: Where the shop is kept.
        name: Its key.
    """

    def __init__(self, url: str, name: str = "main") -> None:
        self._now = datetime.min.replace(tzinfo=UTC)
        self._rate, self._name = "1", name
        self._orders: dict[str, dict[str, Any]] = {}
        self._spent: dict[str, list[str]] = {}
        self.shop: Shop = open_shop(
            url, shop=name, policy=policy_of("1", None, "100"), clock=lambda: self._now
        )

    # -- what every command shares -------------------------------------------------------------------

    def _under(self, policy: Policy) -> Loyalty:
        """Give the shop's verbs under other rules."""
        accounts = self.shop.loyalty._accounts
        assert policy.points is not None
        return Loyalty(attrs.evolve(accounts, policy=policy, programme=policy.points))

    def _done(self, verb: Callable[..., Outcome], *asked: Any, **more: Any) -> bool:
        """Send a command; a key that stands for another command is a refusal of the adapter."""
        try:
            return isinstance(verb(*asked, **more), Done)
        except IdempotencyConflictError as error:
            raise Refused(str(error)) from error
        except NotFoundError:
            return False

    def _order(self, order: str, share: Fraction = Fraction(0)) -> tuple[Order, Earner]:
        """Give an order as a backend hands it in, with what was refunded by now."""
        told = self._orders[order]
        facts = {name: told[name] for name in ("paid_at", "completed_at")} | {
            "gross": Money(told["gross"], "CNY"), "state": OrderState.PAID,
        }  # fmt: skip
        if share:
            back = share * told["gross"]
            assert back.denominator == 1
            facts |= {"refunded": Money(int(back), "CNY"), "refunded_at": self._now}
        ref, buyer = OrderRef("web", self._name, order), Identity.of("web", self._name, "id", told["who"])
        seen = Observation(ref=ref, observed_at=self._now, buyer=buyer, **facts)
        parts = Earner(reference=str(ref), **told["parts"])
        return fold([seen]), parts

    # -- the six methods -----------------------------------------------------------------------------

    def advance(self, now: datetime) -> None:
        """Let it be a later moment; nothing needs to run."""
        self._now = now

    def earn(
        self, customer: str, points: int, *, order: str, key: str, activates_at: datetime | None = None,
        expires_at: datetime | None = None, channel: str = "",
    ) -> None:  # fmt: skip
        """Hand in an order that earns so many points."""
        goods = points * GRAIN
        known = self._orders.get(order)
        told = {
            "who": customer, "paid_at": self._now, "completed_at": activates_at or self._now, "gross": goods,
            "parts": {"lines": (LineAmount(id=f"1{channel}", price=goods),)},
        }  # fmt: skip
        self._orders[order] = told if known is None or known["gross"] != goods else known
        self._hand_in(order, key, str(Fraction(100, GRAIN)), expires_at)

    def _hand_in(self, order: str, key: str, rate: str, ends: datetime | None) -> None:
        found, parts = self._order(order)
        self._done(self._under(policy_of(rate, ends, "100")).earn, found, key=key, parts=parts)

    def redeem(self, customer: str, points: int, *, order: str, key: str, channel: str = "") -> bool:
        """Spend points on an order."""
        about = f"{channel}{order}"
        allowed = self._done(self.shop.loyalty.redeem, customer, points, key=key, order=about)
        keys = self._spent.setdefault(order, [])
        if allowed and key not in keys:
            keys.append(key)
        return allowed

    def cancel(self, order: str, *, key: str) -> None:
        """Give back what was spent on an order."""
        for number, spent in enumerate(self._spent.get(order, ())):
            self._done(self.shop.loyalty.give_back, spent, key=f"{key}/{number}")

    def refund(self, order: str, share: Fraction, *, key: str) -> None:
        """Hand the order in again, with what was paid back so far."""
        found, parts = self._order(order, share)
        self._done(self.shop.loyalty.earn, found, key=key, parts=parts)

    def balance(self, customer: str) -> int:
        """Give the points that can be spent now, less what is owed."""
        found = self.shop.loyalty.balance(customer)
        return found.available - found.debt

    # -- what a system may leave out -----------------------------------------------------------------

    def reserve(self, customer: str, points: int, *, hold: str, ends_at: datetime, key: str) -> bool:
        """Set points aside: a reservation is named by its key."""
        assert key
        minutes = (ends_at - self._now) // timedelta(minutes=1)
        return self._done(self.shop.loyalty.reserve, customer, points, key=hold, minutes=minutes)

    def capture(self, hold: str, *, key: str) -> bool:
        """Spend all that was set aside."""
        return self._done(self.shop.loyalty.capture, hold, key=key)

    def void(self, hold: str, *, key: str) -> bool:
        """Let go what was set aside."""
        return self._done(self.shop.loyalty.void, hold, key=key)

    def give(self, customer: str, taker: str, points: int, *, key: str) -> bool:
        """Give spendable points away."""
        return self._done(self.shop.loyalty.transfer, customer, taker, points, key=key)

    def set_rate(self, rate: str) -> None:
        """Let orders earn so many points for a yuan from now on."""
        self._rate = rate

    def buy(self, customer: str, order: str, *, goods: int, shipping: int, by_points: int, key: str) -> None:
        """Hand in an order with what it consists of."""
        self._orders.setdefault(order, {
            "who": customer, "paid_at": self._now, "completed_at": self._now, "gross": goods + shipping,
            "parts": {
                "lines": (LineAmount(id="1", price=goods),), "shipping": shipping, "by_points": by_points,
            },
        })  # fmt: skip
        self._hand_in(order, key, self._rate, None)

    def quote(self, total: int, wanted: int, points_per_unit: str) -> Sequence[int]:
        """Give the points that an order would take of somebody who has them, and what they pay."""
        who = f"rich {total} {wanted}"
        self.shop.loyalty.adjust(who, wanted, key=who, reason="to be asked", actor="museum")
        found = self._under(policy_of("1", None, points_per_unit)).quote(
            who, Cart(goods=total), points=wanted
        )
        return (found.points, getattr(found, "value", 0)) if hasattr(found, "points") else (0, 0)

    def tier(self, customer: str, thresholds: Mapping[str, int]) -> str:
        """Give the highest tier that her orders reach."""
        (base, _), *others = thresholds.items()
        ladder = Ladder(
            currency="CNY", zone="UTC", window=Window("lifetime"), hold=Hold("forever"),
            tiers=(
                Tier(name=base, label=Label(base, base)),
                *(Tier(name=n, label=Label(n, n), enter=Requirement(spend=least)) for n, least in others),
            ),
        )  # fmt: skip
        policy = attrs.evolve(policy_of("1", None, "100"), ladder=ladder)
        found = self._under(policy)._accounts.tier_of(customer, self._now + timedelta(microseconds=1))
        assert found is not None
        return found

    def journal(self, customer: str) -> Sequence[tuple[int, datetime, str]]:
        """Give every line of her account."""
        return [(one.version, one.recorded_at, repr(one)) for one in self.shop.loyalty.history(customer)]
