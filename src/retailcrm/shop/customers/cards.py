"""One customer's orders, money and tier as they stood at a moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.analytics.counting import CountingPolicy, counted, refunded_as_of, refunds
from retailcrm.analytics.tables import Customers, OrderTable
from retailcrm.domain.identity import CustomerId, OrderRef, Strength
from retailcrm.domain.money import Money
from retailcrm.domain.orders import Observation, OrderState, facts_as_of
from retailcrm.domain.periods import instant_of
from retailcrm.domain.tiers import Progress, TierState, progress, tier_as_of
from retailcrm.shop.insight import AsOf, moment_of
from retailcrm.shop.picking import picked
from retailcrm.shop.tiering import events_of, joined_at, moment_in_utc, order_positions, rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from retailcrm.domain.customers import Customer
    from retailcrm.domain.parcels import ParcelEvent
    from retailcrm.ports.tier_metrics import TierMetric
    from retailcrm.shop.policy import Policy

_TICK: Final = timedelta(microseconds=1)


@attrs.frozen(kw_only=True)
class OrderCard:
    """One order as it stood at the moment asked for, by all that the files have told since.

    Attributes:
        ref: Platform, shop and number.
        state: Where it stood.
        placed_at: When it was placed, ``None`` unknown.
        paid_at: When it was paid, ``None`` not yet, never or unknown.
        gross: Paid before refunds (due, while unpaid).
        refunded: Paid back by then.
        credit: A refund that names no order.
        counts: Whether it counted as a purchase.
    """

    ref: OrderRef
    state: OrderState
    placed_at: datetime | None
    paid_at: datetime | None
    gross: Money
    refunded: Money
    credit: bool
    counts: bool


@attrs.frozen(kw_only=True)
class ReviewCard:
    """One review that she wrote.

    Attributes:
        at: When, ``None`` unknown.
        score: Percent of full marks; ``None`` not told.
        product: What about; ``None`` not told.
        order: Number of the order; ``None`` not told.
        text: What she wrote; empty if nothing. Hidden where the card is printed.
        second_text: What she added later; empty if nothing. Hidden too.
    """

    at: datetime | None
    score: int | None
    product: str | None
    order: str | None
    text: str = attrs.field(default="", repr=False)
    second_text: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class ParcelCard:
    """One event of a parcel of hers.

    Attributes:
        at: When, ``None`` unknown.
        event: What happened.
        order: Number of the order.
        carrier: Who carries it; ``None`` not told.
        parcel: Its tracking number; ``None`` not told.
    """

    at: datetime | None
    event: ParcelEvent
    order: str
    carrier: str | None
    parcel: str | None


@attrs.frozen(kw_only=True)
class CustomerCard:
    """One customer's file at a moment.

    Attributes:
        id: Her present id.
        strength: How surely she can be told from others.
        orders: Her orders, oldest first.
        gross: Paid on orders that count, before refunds.
        refunded: Paid back on them by then, and by credit notes.
        tier: Her tier with its reasons; ``None`` without a ladder.
        progress: What is missing for the next tier; ``None`` without a ladder.
        ids: All ids that are she today, sorted: more than one after a merge.
        profile: Who she is, by all that the files tell; ``None`` if none of them describes her.
        reviews: Her reviews by then, oldest first.
        parcels: What had happened by then to the parcels of her orders, oldest first.
    """

    id: CustomerId
    strength: Strength
    orders: tuple[OrderCard, ...]
    gross: Money
    refunded: Money
    tier: TierState | None
    progress: Progress | None
    ids: tuple[CustomerId, ...] = ()
    profile: Customer | None = None
    reviews: tuple[ReviewCard, ...] = ()
    parcels: tuple[ParcelCard, ...] = ()

    @property
    def net(self) -> Money:
        """Gross less refunds; may be negative."""
        return self.gross - self.refunded


@attrs.frozen
class Cards:
    """Makes cards out of orders.

    Attributes:
        policy: The rules.
        metrics: Tier metrics of the plug-ins, by name.
        shop: The shop's key in order references.
    """

    policy: Policy
    metrics: Mapping[str, TierMetric]
    shop: str

    def card(self, orders: OrderTable, as_of: AsOf) -> CustomerCard:
        """Make the card of the only customer of a table; see :func:`of_customer`."""
        moment, policy = moment_of(as_of, self.policy.zone), self.policy.counting
        began = np.fmin(orders.placed_at, orders.paid_at)
        rows = np.argsort(began, kind="stable")
        counts = counted(orders, policy, moment)
        paid_back, back_at = refunded_as_of(orders, policy, moment), _refund_moments(orders, policy)
        cards = [
            self._order(orders, i, moment, back_at[i], int(paid_back[i]), counts=bool(counts[i]))
            for i in rows.tolist()
        ]
        tier, ahead = self._standing(orders, as_of)
        matters = counts | orders.credit
        customer = CustomerId(orders.customers.ids[0])
        return CustomerCard(
            id=customer,
            strength=Strength(int(orders.customers.strength[0])),
            orders=tuple(card for card in cards if card is not None),
            gross=Money(int(orders.gross[counts].sum()), orders.currency),
            refunded=Money(int(paid_back[matters].sum()), orders.currency),
            tier=tier,
            progress=ahead,
            ids=(customer,),
        )

    def _order(
        self,
        orders: OrderTable,
        row: int,
        moment: np.datetime64,
        back_at: np.datetime64,
        paid_back: int,
        *,
        counts: bool,
    ) -> OrderCard | None:
        """Show one order, ``None`` if it was not there yet."""
        ref = self._ref(orders, row)
        seen = Observation(
            ref=ref,
            observed_at=moment_in_utc(moment) - _TICK,
            state=OrderState(int(orders.state[row])),
            placed_at=moment_or_none(orders.placed_at[row]),
            paid_at=moment_or_none(orders.paid_at[row]),
            completed_at=None if orders.completed_at is None else moment_or_none(orders.completed_at[row]),
            refunded_at=moment_or_none(back_at),
        )
        order = facts_as_of([seen], moment_in_utc(moment), "order_date")
        if order is None:
            return None
        return OrderCard(
            ref=ref,
            state=order.state,
            placed_at=order.placed_at,
            paid_at=order.paid_at,
            gross=Money(int(orders.gross[row]), orders.currency),
            refunded=Money(paid_back, orders.currency),
            credit=bool(orders.credit[row]),
            counts=counts,
        )

    def _standing(self, orders: OrderTable, as_of: AsOf) -> tuple[TierState | None, Progress | None]:
        ladder = self.policy.ladder
        if ladder is None:
            return None, None
        instant, moment = instant_of(as_of, self.policy.zone), moment_of(as_of, self.policy.zone)
        rows = rows_of(orders, ladder, moment, self.policy.counting, self.metrics)
        positions = order_positions(orders, ladder, moment, self.policy.counting)
        keys = [str(self._ref(orders, i)) for i in range(len(orders))]
        # Who has not bought anything yet would join now.
        joined = moment_or_none(joined_at(orders, rows, moment, self.policy.counting)[0]) or instant
        state = tier_as_of(events_of(rows, positions, keys), ladder, instant, joined)
        return state, progress(state, ladder, instant)

    def _ref(self, orders: OrderTable, row: int) -> OrderRef:
        return OrderRef(platform=platform_of(orders, row), shop=self.shop, number=orders.numbers[row])


def of_customer(orders: OrderTable, code: int) -> OrderTable:
    """Give one customer's orders as a table of its own, so that nothing is computed for the others."""
    hers = picked(orders, np.flatnonzero(orders.customer == code))
    customers = Customers(
        ids=orders.customers.ids.take(np.array([code])), strength=orders.customers.strength[[code]]
    )
    return attrs.evolve(hers, customers=customers, customer=np.zeros(len(hers), np.int32))


def of_nobody(orders: OrderTable, customers: Customers) -> OrderTable:
    """Give a table without orders, for somebody who has none."""
    return attrs.evolve(picked(orders, np.empty(0, np.int64)), customers=customers)


def _refund_moments(orders: OrderTable, policy: CountingPolicy) -> NDArray[np.datetime64]:
    """Tell when the refund of each order took effect; NaT without refund."""
    back = refunds(orders, policy)
    at = np.full(len(orders), np.datetime64("NaT", "us"))
    at[back.row] = back.at
    return at


def platform_of(orders: OrderTable, row: int) -> str:
    """Name the platform that knows an order's number."""
    assert orders.platform is not None  # noqa: S101 - folding always tells
    return str(orders.platform.values[int(orders.platform.codes[row])])


def moment_or_none(at: Any) -> datetime | None:  # noqa: ANN401 - numpy scalars
    """Give an instant of a column as an aware datetime, ``None`` for NaT."""
    return None if np.isnat(at) else moment_in_utc(at)
