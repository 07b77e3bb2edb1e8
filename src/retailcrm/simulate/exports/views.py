"""What an export made at some moment knows of some orders."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.domain.orders import OrderState
from retailcrm.simulate.channels import channels_of
from retailcrm.simulate.numbering import NUMBER_WIDTH
from retailcrm.simulate.pages import Calendar, digits, number
from retailcrm.simulate.progress import states_of
from retailcrm.simulate.randomness import Stream, below
from retailcrm.simulate.shop import UTC_OFFSET

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.simulate.baskets import Baskets, Ints
    from retailcrm.simulate.pages import Cells, Part
    from retailcrm.simulate.progress import Instants, Progress
    from retailcrm.simulate.randomness import Draws, Keys
    from retailcrm.simulate.shop import SimulatedShop


@attrs.frozen(eq=False)
class View:
    """Orders as one export shows them.

    Attributes:
        shop: The whole truth.
        rows: Which orders, in the order they are written; ``int64``, shape ``(n,)``.
        moment: When the export is made, exclusive, UTC.
        calendar: Dates to write.
    """

    shop: SimulatedShop
    rows: NDArray[np.int64]
    moment: np.datetime64
    calendar: Calendar

    def __len__(self) -> int:
        """Count the orders."""
        return len(self.rows)

    @property
    def draws(self) -> Draws:
        """The shop's random numbers."""
        return self.shop.draws

    @cached_property
    def key(self) -> Keys:
        """Keys of the orders."""
        return self.shop.key[self.rows]

    @cached_property
    def customer(self) -> NDArray[np.int32]:
        """Who ordered."""
        return self.shop.customer[self.rows]

    @cached_property
    def channel(self) -> NDArray[np.int32]:
        """Where they were placed, positions in :data:`~retailcrm.simulate.channels.CHANNELS`."""
        return channels_of(self.draws, self.key, self.shop.placed_at[self.rows] + UTC_OFFSET)

    @cached_property
    def numbers(self) -> Ints:
        """订单编号."""
        return self.shop.numbers_of(self.rows)

    @cached_property
    def known(self) -> Progress:
        """What has happened so far."""
        return self.shop.progress(self.rows).seen_at(self.moment)

    @cached_property
    def total(self) -> Ints:
        """总金额."""
        return self.shop.total[self.rows]

    @cached_property
    def state(self) -> NDArray[np.int8]:
        """Where the orders stand."""
        return states_of(self.known, self.total, self.moment)

    @cached_property
    def baskets(self) -> Baskets:
        """What is in them."""
        return self.shop.baskets(self.rows)

    @property
    def is_paid(self) -> NDArray[np.bool_]:
        """Whether payment was seen."""
        return ~np.isnat(self.known.paid_at)

    @property
    def is_shipped(self) -> NDArray[np.bool_]:
        """Whether a parcel was sent."""
        return ~np.isnat(self.known.shipped_at)

    @property
    def paid(self) -> Ints:
        """买家实际支付金额: total less refunds, 0 while unpaid."""
        return np.where(self.is_paid, self.total - self.known.refund, 0)

    @property
    def settled(self) -> Ints:
        """打款商家金额: nothing before the order is complete."""
        return np.where(self.state == OrderState.COMPLETED, self.paid, 0)

    def chance(self, stream: Stream, outcomes: int) -> Ints:
        """Draw one of so many outcomes for each order."""
        return below(self.draws.of(stream, self.key), outcomes)

    def number(self) -> Cells:
        """Spell 订单编号."""
        return number(self.numbers, NUMBER_WIDTH)

    def payment_number(self) -> list[Part]:
        """Spell 支付单号: 28 digits that begin with the day."""
        serial = self.draws.of(Stream.DOCUMENT, self.key) % np.uint64(10**15)
        return [self.calendar.days(self.known.placed_at + UTC_OFFSET), b"22001", digits(serial, 15)]

    def stamp(self, times: Instants) -> Cells:
        """Spell instants on the shop's clock."""
        return self.calendar.stamps(times + UTC_OFFSET)

    def take(self, positions: NDArray[np.int64]) -> View:
        """Pick some of the orders, repeats allowed."""
        return attrs.evolve(self, rows=self.rows[positions])


def calendar_of(shop: SimulatedShop) -> Calendar:
    """Spell all dates that a shop's files can hold."""
    margin = 100
    return Calendar.of(np.datetime64(shop.spec.start), shop.spec.days + margin)
