"""One customer's file: ``shop.customers``."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import Texts
from retailcrm.analytics.counting import CountingPolicy, counted, refunded_as_of, refunds
from retailcrm.analytics.hashing import hash_texts
from retailcrm.analytics.tables import Customers, OrderTable
from retailcrm.domain.identity import CustomerId, Identity, OrderRef, Strength
from retailcrm.domain.money import Money
from retailcrm.domain.orders import Observation, OrderState, facts_as_of
from retailcrm.domain.periods import instant_of
from retailcrm.domain.tiers import Progress, TierState, progress, tier_as_of
from retailcrm.errors import NotFoundError
from retailcrm.shop.buyers import ids_of
from retailcrm.shop.insight import AsOf, moment_of
from retailcrm.shop.picking import picked
from retailcrm.shop.tiering import events_of, joined_at, moment_in_utc, order_positions, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

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
class CustomerCard:
    """One customer's file at a moment.

    Attributes:
        id: Her id.
        strength: How surely she can be told from others.
        orders: Her orders, oldest first.
        gross: Paid on orders that count, before refunds.
        refunded: Paid back on them by then, and by credit notes.
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
            who: A customer id as in the scores, or an identity as the platform knows it. Where all keys
                of the shop are of one kind, an identity's value alone decides.
            as_of: A date D means D 00:00 in the shop's zone; exclusive.

        Returns:
            Her file; what happened at ``as_of`` or later is not in it.

        Raises:
            NotFoundError: Nobody has that id, or the identity is of another shop or tells nobody apart.

        Example:
            >>> import pyarrow as pa
            >>> from retailcrm import open_shop
            >>> from retailcrm.domain.identity import Identity
            >>> orders = pa.table({"id": ["1"], "who": ["ann"], "at": ["2024-03-01"], "amount": ["50.00"]})
            >>> shop = open_shop()
            >>> _ = shop.imports.table(orders, {
            ...     "name": "ours",
            ...     "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
            ...     "buyer": {"kind": "id", "strength": "stable"}, "constants": {"state": "completed"}})
            >>> ann = shop.customers.get(Identity.of("ours", "main", "id", "ann"), as_of="2024-04-01")
            >>> print(ann.id, ann.gross, ann.orders[0].ref)
            ann ¥50.00 ours/main/1
        """
        wanted = self._ids(who)
        for orders in self.parts():
            for customer_id in wanted:
                code = _find(orders, customer_id)
                if code is not None:
                    return self._card(orders, code, as_of)
        raise NotFoundError(
            f"no customer {who!r} in shop {self.shop}; ids are those of the scores' customer_id"
        )

    def _ids(self, who: str | Identity) -> tuple[str, ...]:
        if isinstance(who, str):
            return (who,)
        return ids_of(who) if who.shop == self.shop and who.strength else ()

    def _card(self, orders: OrderTable, code: int, as_of: AsOf) -> CustomerCard:
        moment, policy = moment_of(as_of, self.policy.zone), self.policy.counting
        orders = _of_customer(orders, code)
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
        return CustomerCard(
            id=CustomerId(orders.customers.ids[0]),
            strength=Strength(int(orders.customers.strength[0])),
            orders=tuple(card for card in cards if card is not None),
            gross=Money(int(orders.gross[counts].sum()), orders.currency),
            refunded=Money(int(paid_back[matters].sum()), orders.currency),
            tier=tier,
            progress=ahead,
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
            placed_at=_moment(orders.placed_at[row]),
            paid_at=_moment(orders.paid_at[row]),
            completed_at=None if orders.completed_at is None else _moment(orders.completed_at[row]),
            refunded_at=_moment(back_at),
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
        joined = _moment(joined_at(orders, rows, moment, self.policy.counting)[0]) or instant
        state = tier_as_of(events_of(rows, positions, keys), ladder, instant, joined)
        return state, progress(state, ladder, instant)

    def _ref(self, orders: OrderTable, row: int) -> OrderRef:
        return OrderRef(platform=_platform(orders, row), shop=self.shop, number=orders.numbers[row])


def _of_customer(orders: OrderTable, code: int) -> OrderTable:
    """Give one customer's orders as a table of its own, so that nothing is computed for the others."""
    hers = picked(orders, np.flatnonzero(orders.customer == code))
    customers = Customers(
        ids=orders.customers.ids.take(np.array([code])), strength=orders.customers.strength[[code]]
    )
    return attrs.evolve(hers, customers=customers, customer=np.zeros(len(hers), np.int32))


def _refund_moments(orders: OrderTable, policy: CountingPolicy) -> NDArray[np.datetime64]:
    """Tell when the refund of each order took effect; NaT without refund."""
    back = refunds(orders, policy)
    at = np.full(len(orders), np.datetime64("NaT", "us"))
    at[back.row] = back.at
    return at


def _platform(orders: OrderTable, row: int) -> str:
    assert orders.platform is not None  # noqa: S101 - folding always tells
    return str(orders.platform.values[int(orders.platform.codes[row])])


def _find(orders: OrderTable, wanted: str) -> int | None:
    ids = orders.customers.ids
    same_hash = np.flatnonzero(hash_texts(ids) == hash_texts(Texts.of([wanted])))
    return next((int(i) for i in same_hash if ids[int(i)] == wanted), None)


def _moment(at: Any) -> datetime | None:  # noqa: ANN401 - numpy scalars
    return None if np.isnat(at) else moment_in_utc(at)
