"""The simulated shop: its truth, as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT, Coded, Texts
from retailcrm.analytics.tables import Customers, LineTable, OrderTable
from retailcrm.domain.parcels import ParcelEvent
from retailcrm.simulate import pages
from retailcrm.simulate.baskets import baskets_of
from retailcrm.simulate.channels import CHANNELS, channels_of
from retailcrm.simulate.contacts import nick_texts
from retailcrm.simulate.foods import FOODS
from retailcrm.simulate.numbering import NUMBER_WIDTH, numbers_of
from retailcrm.simulate.parcels import happenings_of
from retailcrm.simulate.people import kinds_of, places_of
from retailcrm.simulate.places import PLACES
from retailcrm.simulate.progress import Progress, progress_of, states_of, until
from retailcrm.simulate.randomness import Draws
from retailcrm.simulate.season import DAY_SECONDS, season_of
from retailcrm.simulate.visits import visits_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from numpy.typing import NDArray

    from retailcrm.simulate.baskets import Baskets, Ints
    from retailcrm.simulate.progress import Instants
    from retailcrm.simulate.spec import ShopSpec

ZONE: Final = "Asia/Shanghai"
CURRENCY: Final = "CNY"
UTC_OFFSET: Final = np.timedelta64(8, "h")
"""Of the zone; it has had no summer time since 1991."""

_CHUNK: Final = 1 << 16
_STRONG: Final = 2


@attrs.frozen(eq=False, kw_only=True)
class SimulatedShop:
    """A shop at the end of its window: one row an order, earliest first; amounts in fen.

    Attributes:
        spec: What was asked for.
        customer: Who ordered, 0 to ``n_customers`` - 1; ``int32``, shape ``(n_orders,)``.
        key: What further draws about an order start from; ``uint64``.
        placed_at: When it was placed, UTC; ``datetime64[us]``.
        paid_at: When it was paid; NaT if not, or not yet.
        shipped_at: When it was shipped; NaT likewise.
        received_at: When receipt was confirmed; NaT likewise.
        refunded_at: When money was paid back; NaT likewise.
        state: :class:`retailcrm.domain.orders.OrderState` values; ``int8``.
        total: 总金额, goods and postage less discount: the amount due; ``int64``.
        postage: 邮费, part of ``total``; ``int64``.
        discount: Coupons, already taken off ``total``; ``int64``.
        refunded: Paid back so far; ``int64``.
    """

    spec: ShopSpec
    customer: NDArray[np.int32]
    key: NDArray[np.uint64]
    placed_at: Instants
    paid_at: Instants
    shipped_at: Instants
    received_at: Instants
    refunded_at: Instants
    state: NDArray[np.int8]
    total: Ints
    postage: Ints
    discount: Ints
    refunded: Ints

    def __len__(self) -> int:
        """Count the orders."""
        return len(self.customer)

    @property
    def customers(self) -> int:
        """How many people ordered."""
        return int(self.customer.max()) + 1

    @property
    def draws(self) -> Draws:
        """The shop's random numbers."""
        return Draws(self.spec.seed)

    @property
    def as_of(self) -> np.datetime64:
        """The end of the window, exclusive, UTC."""
        return utc(self.spec.end)

    @property
    def paid(self) -> Ints:
        """What the shop has of each order: total less refunds, 0 while unpaid; ``int64``."""
        return np.where(np.isnat(self.paid_at), 0, self.total - self.refunded)

    def progress(self, rows: NDArray[np.int64]) -> Progress:
        """Pick the moments of some orders."""
        return Progress(
            placed_at=self.placed_at[rows],
            paid_at=self.paid_at[rows],
            shipped_at=self.shipped_at[rows],
            received_at=self.received_at[rows],
            refunded_at=self.refunded_at[rows],
            refund=self.refunded[rows],
        )

    def baskets(self, rows: NDArray[np.int64]) -> Baskets:
        """Unpack the contents of some orders: they are drawn again instead of kept."""
        season = season_of(self.spec.start, self.spec.days, self.spec.growth_percent)
        day = (self.placed_at[rows] - utc(self.spec.start)) // np.timedelta64(DAY_SECONDS, "s")
        day = day.astype(np.int64)
        return baskets_of(self.draws, self.spec.mix, self.key[rows], self.customer[rows], season, day)

    def kinds(self) -> NDArray[np.int32]:
        """Give each customer's true :class:`retailcrm.simulate.CustomerKind`; shape ``(n_customers,)``."""
        return kinds_of(self.draws, np.arange(self.customers), self.spec.mix)

    def nicks(self) -> Texts:
        """Give each customer's nick, 买家会员名, all different; shape ``(n_customers,)``."""
        return nick_texts(self.draws, np.arange(self.customers))

    def numbers(self) -> Texts:
        """Give each order's number, 订单编号: 18 or 19 digits, all different, rising with time."""
        parts = [
            pages.texts_of([pages.number(self.numbers_of(rows), NUMBER_WIDTH)], len(rows))
            for rows in chunks(np.arange(len(self)))
        ]
        return Texts.concat(parts)

    def numbers_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the numbers of some orders, as whole numbers."""
        return numbers_of(self.draws, self.key[rows], rows, len(self))

    def channels(self) -> NDArray[np.int32]:
        """Say where each order was placed: 1 on the phone, 0 at the computer; shape ``(n_orders,)``."""
        return channels_of(self.draws, self.key, self.placed_at + UTC_OFFSET)

    def signed_at(self) -> Instants:
        """Say when each order's parcel was signed for by the end of the window, UTC; NaT if not."""
        parts = [self._signed(rows) for rows in chunks(np.arange(len(self)))]
        return until(np.concatenate(parts), self.as_of)

    def _signed(self, rows: NDArray[np.int64]) -> Instants:
        """Say when the parcels of a chunk of orders are signed for."""
        happened = happenings_of(self.draws, self.key[rows], self.customer[rows], self.placed_at[rows])
        return happened[:, ParcelEvent.SIGNED]

    def order_table(self) -> OrderTable:
        """Give the truth that imports of this shop's files are compared with.

        Returns:
            All orders; customers are known by nick, refunds are dated, and first seen when made.
        """
        people = self.customers
        place = places_of(self.draws, np.arange(people))[self.customer]
        return OrderTable(
            currency=CURRENCY,
            zone=ZONE,
            customers=Customers(ids=self.nicks(), strength=np.full(people, _STRONG, np.int8)),
            numbers=self.numbers(),
            customer=self.customer,
            placed_at=self.placed_at,
            paid_at=self.paid_at,
            shipped_at=self.shipped_at,
            received_at=self.signed_at(),
            completed_at=self.received_at,
            state=self.state,
            credit=np.zeros(len(self), np.bool_),
            gross=self.total,
            refunded=self.refunded,
            refunded_at=self.refunded_at,
            first_seen=self.refunded_at,
            province=_coded(place, [p.province for p in PLACES]),
            city=_coded(place, [p.city for p in PLACES]),
            channel=Coded(self.channels(), Texts.of(CHANNELS)),
            postage=self.postage,
        )

    def line_table(self) -> LineTable:
        """Give the truth about order lines: gifts at 0, amounts before discounts."""
        parts = [self._lines(rows) for rows in chunks(np.arange(len(self)))]
        order, product, quantity, gross = (np.concatenate(column) for column in zip(*parts, strict=True))
        titles = Texts.of(food.title for food in FOODS)
        sold = Coded(product, titles)
        return LineTable(
            order=order, product=sold, quantity=quantity, gross=gross, refunded=np.zeros(len(gross), np.int64)
        )

    def _lines(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32], Ints, Ints]:
        """Unpack the lines of a chunk of orders."""
        baskets = self.baskets(rows)
        row, column = np.nonzero(baskets.quantity)
        product = baskets.product[row, column].astype(np.int32)
        return (
            rows[row].astype(np.int32),
            product,
            baskets.quantity[row, column],
            baskets.amount[row, column],
        )


def simulate_shop(spec: ShopSpec) -> SimulatedShop:
    """Run a shop from its first day to its last.

    Args:
        spec: What kind of shop.

    Returns:
        The shop; the same spec gives the same bytes on every machine.

    Example:
        >>> from retailcrm.simulate import ShopSpec, simulate_shop
        >>> shop = simulate_shop(ShopSpec(seed=7, customers=100))
        >>> shop.customers, len(shop.numbers()[0])
        (100, 18)
    """
    visits = visits_of(spec)
    columns = _empty_columns(len(visits.customer))
    opens, as_of, draws = utc(spec.start), utc(spec.end), Draws(spec.seed)
    season = season_of(spec.start, spec.days, spec.growth_percent)
    for first in range(0, len(visits.customer), _CHUNK):
        part = slice(first, first + _CHUNK)
        key, customer, second = visits.key[part], visits.customer[part], visits.second[part]
        baskets = baskets_of(draws, spec.mix, key, customer, season, second // DAY_SECONDS)
        total, placed_at = baskets.total, opens + second.astype("timedelta64[s]")
        known = progress_of(draws, key, placed_at, total, baskets.line_due[:, 0]).seen_at(as_of)
        made = attrs.asdict(known, recurse=False)
        made["refunded"] = made.pop("refund")
        made |= {"total": total, "postage": baskets.postage, "discount": baskets.discount}
        made["state"] = states_of(known, total, as_of)
        for name, values in made.items():
            columns[name][part] = values
    return SimulatedShop(spec=spec, customer=visits.customer, key=visits.key, **columns)


def _empty_columns(orders: int) -> dict[str, NDArray[Any]]:
    """Make room for the columns that are filled chunk by chunk."""
    instants = ("placed_at", "paid_at", "shipped_at", "received_at", "refunded_at")
    amounts = ("total", "postage", "discount", "refunded")
    columns: dict[str, NDArray[Any]] = {name: np.empty(orders, INSTANT) for name in instants}
    columns |= {name: np.empty(orders, np.int64) for name in amounts}
    columns["state"] = np.empty(orders, np.int8)
    return columns


def chunks(rows: NDArray[np.int64], size: int = _CHUNK) -> Iterator[NDArray[np.int64]]:
    """Split rows into pieces that fit in a processor's cache."""
    for first in range(0, len(rows), size):
        yield rows[first : first + size]


def utc(day: date) -> np.datetime64:
    """Give the UTC instant at which a local day begins."""
    return np.datetime64(day, "us") - UTC_OFFSET


def _coded(codes: NDArray[np.int32], texts: list[str]) -> Coded:
    """Make a column of texts of which several positions may say the same."""
    labels = Coded.of(texts)
    return Coded(labels.codes[codes], labels.values)
