"""One customer's file: ``shop.customers``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from retailcrm.analytics.columns import Texts
from retailcrm.analytics.counting import counted
from retailcrm.analytics.hashing import hash_texts
from retailcrm.domain.identity import CustomerId, Identity, OrderRef, Strength
from retailcrm.domain.money import Money
from retailcrm.domain.orders import OrderState
from retailcrm.domain.periods import instant_of
from retailcrm.domain.tiers import Progress, TierState, progress, tier_as_of
from retailcrm.errors import NotFoundError
from retailcrm.shop.insight import AsOf, moment_of
from retailcrm.shop.tiering import events_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.ports.tier_metrics import TierMetric
    from retailcrm.shop.policy import Policy


@attrs.frozen(kw_only=True)
class OrderCard:
    """One order as the files have it now.

    Attributes:
        ref: Platform, shop and number.
        state: Where it stands.
        placed_at: When it was placed, ``None`` unknown.
        paid_at: When it was paid, ``None`` never or unknown.
        gross: Paid before refunds (due, while unpaid).
        refunded: Paid back.
        credit: A refund that names no order.
        counts: Whether it counts as a purchase at the moment asked for.
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
class CustomerCard:
    """One customer's file at a moment.

    Attributes:
        id: Her id.
        strength: How surely she can be told from others.
        orders: Her orders, oldest first.
        gross: Paid on orders that count, before refunds.
        refunded: Paid back on them.
        tier: Her tier with its reasons; ``None`` without a ladder.
        progress: What is missing for the next tier; ``None`` without a ladder.
    """

    id: CustomerId
    strength: Strength
    orders: tuple[OrderCard, ...]
    gross: Money
    refunded: Money
    tier: TierState | None
    progress: Progress | None


@attrs.frozen
class CustomerFiles:
    """Look customers up: ``shop.customers``.

    Attributes:
        parts: Gives the shop's orders in parts of disjoint customers.
        policy: The rules.
        metrics: Tier metrics of the plug-ins, by name.
        shop: The shop's key in order references.
    """

    parts: Callable[[], Iterable[OrderTable]]
    policy: Policy
    metrics: Mapping[str, TierMetric]
    shop: str

    def get(self, who: str | Identity, *, as_of: AsOf) -> CustomerCard:
        """Give one customer's file.

        Args:
            who: A customer id as in the scores, or an identity as the platform knows it.
            as_of: A date D means D 00:00 in the shop's zone; exclusive.

        Raises:
            NotFoundError: Nobody has that id.
        """
        wanted = who.value if isinstance(who, Identity) else who
        for orders in self.parts():
            code = _find(orders, wanted)
            if code is not None:
                return self._card(orders, code, as_of)
        raise NotFoundError(
            f"no customer {wanted!r} in shop {self.shop}; ids are those of the scores' customer_id"
        )

    def _card(self, orders: OrderTable, code: int, as_of: AsOf) -> CustomerCard:
        moment = moment_of(as_of, self.policy.zone)
        placed = np.where(np.isnat(orders.placed_at), orders.paid_at, orders.placed_at)
        rows = np.flatnonzero((orders.customer == code) & ~(placed >= moment))
        rows = rows[np.argsort(placed[rows], kind="stable")]
        counts = counted(orders, self.policy.counting, moment)
        cards = tuple(self._order(orders, int(i), counts=bool(counts[i])) for i in rows)
        tier, ahead = self._standing(orders, code, as_of)
        mine = [i for i in rows if counts[i] or orders.credit[i]]
        return CustomerCard(
            id=CustomerId(orders.customers.ids[code]),
            strength=Strength(int(orders.customers.strength[code])),
            orders=cards,
            gross=Money(int(orders.gross[mine].sum()), orders.currency),
            refunded=Money(int(orders.refunded[mine].sum()), orders.currency),
            tier=tier,
            progress=ahead,
        )

    def _order(self, orders: OrderTable, row: int, *, counts: bool) -> OrderCard:
        return OrderCard(
            ref=OrderRef(platform=_platform(orders, row), shop=self.shop, number=orders.numbers[row]),
            state=OrderState(int(orders.state[row])),
            placed_at=_moment(orders.placed_at[row]),
            paid_at=_moment(orders.paid_at[row]),
            gross=Money(int(orders.gross[row]), orders.currency),
            refunded=Money(int(orders.refunded[row]), orders.currency),
            credit=bool(orders.credit[row]),
            counts=counts,
        )

    def _standing(
        self, orders: OrderTable, code: int, as_of: AsOf
    ) -> tuple[TierState | None, Progress | None]:
        ladder = self.policy.ladder
        if ladder is None:
            return None, None
        moment = moment_of(as_of, self.policy.zone)
        rows = rows_of(orders, ladder, moment, self.policy.counting, self.metrics)
        numbers = np.where(rows.refund_of == -1, np.arange(len(rows)), -1)
        numbers[(rows.refund_of == -1) & (rows.spend < 0)] = -1
        mine = orders.customer == code
        first = np.fmin(orders.paid_at[mine], orders.placed_at[mine])
        joined = None if np.isnat(first).all() else _moment(np.nanmin(first))
        instant = instant_of(as_of, self.policy.zone)
        state = tier_as_of(events_of(rows, code, numbers), ladder, instant, joined)
        return state, progress(state, ladder, instant)


def _platform(orders: OrderTable, row: int) -> str:
    assert orders.platform is not None  # noqa: S101 - folding always tells
    return str(orders.platform.values[int(orders.platform.codes[row])])


def _find(orders: OrderTable, wanted: str) -> int | None:
    ids = orders.customers.ids
    same_hash = np.flatnonzero(hash_texts(ids) == hash_texts(Texts.of([wanted])))
    return next((int(i) for i in same_hash if ids[int(i)] == wanted), None)


def _moment(at: Any) -> datetime | None:  # noqa: ANN401 - numpy scalars
    if np.isnat(at):
        return None
    moment: datetime = at.astype("datetime64[us]").astype(datetime)
    return moment.replace(tzinfo=UTC)
