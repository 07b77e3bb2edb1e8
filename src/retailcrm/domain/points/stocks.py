"""Stock of rewards: every piece ever supplied is left, set aside, or taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from retailcrm.domain.periods import in_utc
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from retailcrm.domain.points.programme import Reward


@attrs.frozen(kw_only=True)
class Aside:
    """Pieces set aside for a checkout, with the points that are to pay for them.

    Attributes:
        account: Whose checkout it was when they were set aside.
        hold: Id of the reservation; of all that are open no other has it.
        pieces: How many.
        ends_at: First moment at which they are not set aside any more; aware, kept in UTC.
    """

    account: str
    hold: str
    pieces: int = attrs.field(validator=attrs.validators.ge(1))
    ends_at: datetime = attrs.field(converter=in_utc)


@attrs.frozen(kw_only=True)
class Stock:
    """How much there is of a reward: every piece ever supplied is left, set aside or taken.

    Attributes:
        reward: The reward's id.
        supplied: Pieces in all; ``None``: as many as are asked for.
        taken: Pieces that customers took, but for those that came back into stock.
        aside: Reservations that were open when it was written.
        version: Changes so far: whoever writes the next one read this one.

    Raises:
        InputError: More is taken and set aside than there is.
    """

    reward: str
    supplied: int | None = None
    taken: int = attrs.field(default=0, validator=attrs.validators.ge(0))
    aside: tuple[Aside, ...] = ()
    version: int = 0

    def __attrs_post_init__(self) -> None:
        """Refuse to promise what is not there."""
        if self.left is not None and self.left < 0:
            raise InputError(f"{-self.left} more of {self.reward!r} would be gone than there are")

    @property
    def held(self) -> int:
        """Pieces set aside, as last written."""
        return sum(one.pieces for one in self.aside)

    @property
    def left(self) -> int | None:
        """Pieces that can be taken, as last written; ``None``: as many as are asked for."""
        return None if self.supplied is None else self.supplied - self.taken - self.held

    def aside_of(self, hold: str) -> Aside | None:
        """Find the pieces of a reservation, whoever has it by now: its account may have been merged."""
        return next((one for one in self.aside if one.hold == hold), None)

    def aside_without(self, gone: Aside) -> tuple[Aside, ...]:
        """Give the other reservations."""
        return tuple(one for one in self.aside if one is not gone)


def first_stock(reward: Reward) -> Stock:
    """Give the stock of a reward that nobody has taken any of."""
    return Stock(reward=reward.id, supplied=reward.stock)


def stock_at(stock: Stock, now: datetime) -> Stock:
    """Give the stock at a moment: pieces whose reservation has ended are back.

    Args:
        stock: As stored.
        now: When; aware. A reservation does not hold at its end any more, as in accounts.
    """
    return attrs.evolve(stock, aside=tuple(one for one in stock.aside if now < one.ends_at))


def supply(stock: Stock, pieces: int) -> Stock:
    """Put pieces into stock.

    Raises:
        InputError: Not a positive number of pieces, or the stock has no number.
    """
    if isinstance(pieces, bool) or pieces < 1:
        raise InputError(f"a supply is a whole number of pieces from 1, not {pieces!r}")
    if stock.supplied is None:
        raise InputError(f"as many of {stock.reward!r} are there as are asked for")
    return changed(stock, supplied=stock.supplied + pieces)


def changed(stock: Stock, **fields: Any) -> Stock:  # noqa: ANN401 - fields of a stock
    """Give the next version of a stock."""
    return attrs.evolve(stock, version=stock.version + 1, **fields)
