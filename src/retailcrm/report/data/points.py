"""Points: what came and went, what is outstanding and lapses when, what the shop owes for it, who spends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.report.data.words import COUNT, MINOR, both

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailcrm.domain.labels import Label

LAPSED: Final = "lapsed"
"""Key of what is past its expiry and can be used all the same: a checkout holds it."""

FLOWS: Final = ("issued", "redeemed", "expired", "reversed")
"""What moves most points, as fields of :class:`PointsMonth`."""


@attrs.frozen(kw_only=True)
class PointsMonth:
    """One calendar month: ``opening + issued - redeemed - expired - reversed + other == closing``.

    Attributes:
        month: ``YYYY-MM``.
        opening: Points outstanding at its beginning.
        issued: Awarded.
        redeemed: Spent.
        expired: Lapsed.
        reversed: Taken back because orders were.
        other: What else came less what else went: points given back, corrections, opening balances,
            transfers, repaid debts.
        closing: Points outstanding at its end.
    """

    month: str = attrs.field(validator=attrs.validators.matches_re(r"\d{4}-(0[1-9]|1[0-2])"))
    opening: int = attrs.field(validator=COUNT)
    issued: int = attrs.field(validator=COUNT)
    redeemed: int = attrs.field(validator=COUNT)
    expired: int = attrs.field(validator=COUNT)
    reversed: int = attrs.field(validator=COUNT)
    other: int = 0
    closing: int = attrs.field(validator=COUNT)

    def __attrs_post_init__(self) -> None:
        """Refuse a month that does not add up."""
        came, went = self.issued + self.other, self.redeemed + self.expired + self.reversed
        if self.opening + came - went != self.closing:
            raise ValueError(f"{self.month}: {self.opening} + {came} - {went} is not {self.closing}")


@attrs.frozen(kw_only=True)
class ExpiryRow:
    """Unused points that lapse in one month.

    Attributes:
        key: ``YYYY-MM``, the month of their last day, or ``lapsed``, ``never``, ``waiting``.
        label: Its name, for what is no month.
        points: How many.
        amount: What they are expected to cost, minor units.
    """

    key: str
    label: Label = attrs.field(converter=both)
    points: int = attrs.field(validator=COUNT)
    amount: int = attrs.field(validator=COUNT)


@attrs.frozen(kw_only=True)
class BackTested:
    """The forecast of the months that were hidden from it.

    Attributes:
        months: How many were hidden.
        forecast: Points that it said would be redeemed in them.
        actual: Points that were.
    """

    months: int = attrs.field(validator=COUNT)
    forecast: int = attrs.field(validator=COUNT)
    actual: int = attrs.field(validator=MINOR)

    @property
    def error(self) -> float | None:
        """How much too many it said, as a share of what happened; ``None`` where nothing did."""
        return (self.forecast - self.actual) / self.actual if self.actual > 0 else None


@attrs.frozen(kw_only=True)
class Breakage:
    """What share of points lapses unused.

    Attributes:
        matured: Of the months whose points are all used or lapsed; ``None`` if there is none.
        months: How many those are.
        forecast: Of all points in the end; ``None`` if it would be a guess.
        low: Lower end of its 95 % interval; ``None`` where the spread cannot be seen.
        high: Upper end.
        withheld: Why there is no forecast; ``None`` if there is one.
        tested: How good it would have been; ``None`` if that cannot be said.
        untested: Why it cannot; ``None`` if it can.
    """

    matured: float | None
    months: int = attrs.field(validator=COUNT)
    forecast: float | None = None
    low: float | None = None
    high: float | None = None
    withheld: Label | None = None
    tested: BackTested | None = None
    untested: Label | None = None


@attrs.frozen(kw_only=True)
class BookLine:
    """One line of a journal: the account, and an amount on one side, minor units.

    Attributes:
        event: What it is for.
        account: Which account.
        debit: Minor units, 0 or more.
        credit: Minor units, 0 or more.
    """

    event: Label = attrs.field(converter=both)
    account: Label = attrs.field(converter=both)
    debit: int = attrs.field(validator=COUNT)
    credit: int = attrs.field(validator=COUNT)


@attrs.frozen(kw_only=True)
class Recognised:
    """What the redemptions of a month took off prices, and what they brought in the books.

    Attributes:
        points: Points of orders redeemed in the month, less those given back.
        worth: What these paid, their face value, minor units.
        redeemed: Revenue of points redeemed that the journal lines show, minor units; below 0 where a
            changed estimate takes revenue back.
        broken: Revenue of breakage that they show; likewise.
    """

    points: int = attrs.field(validator=MINOR)
    worth: int = attrs.field(validator=MINOR)
    redeemed: int = attrs.field(validator=MINOR)
    broken: int = attrs.field(validator=MINOR)


@attrs.frozen(kw_only=True)
class PointsLiability:
    """What outstanding points are expected to cost the shop.

    Attributes:
        total: Minor units: points, times what a point pays, times the share expected to be redeemed.
        at_most: Minor units, if every point were redeemed.
        points_per_unit: Points for one whole unit of money, as a decimal or a fraction.
        share: Share of the outstanding points that is expected to be redeemed.
        assumed: Whether that share is an assumption (all of them), because nothing can be forecast.
        month: The month whose lines :attr:`lines` are, ``YYYY-MM``; empty without lines.
        lines: What to book for that month, debits and credits alike in sum.
        recognised: Why its revenue is not what its redemptions paid; ``None`` without lines.
    """

    total: int = attrs.field(validator=COUNT)
    at_most: int = attrs.field(validator=COUNT)
    points_per_unit: str
    share: float | None
    assumed: bool
    month: str = ""
    lines: tuple[BookLine, ...] = ()
    recognised: Recognised | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse lines that do not balance."""
        if sum(line.debit for line in self.lines) != sum(line.credit for line in self.lines):
            raise ValueError("the lines of a journal balance")


@attrs.frozen(kw_only=True)
class SpentOnRow:
    """What points were spent on.

    Attributes:
        label: ``order`` money off orders, or a reward.
        points: How many.
        times: Redemptions.
        customers: Who took part.
    """

    label: Label = attrs.field(converter=both)
    points: int = attrs.field(validator=COUNT)
    times: int = attrs.field(validator=COUNT)
    customers: int = attrs.field(validator=COUNT)


@attrs.frozen(kw_only=True)
class Redeeming:
    """Who redeemed in the latest months.

    Attributes:
        months: How many months are looked at.
        able: Customers who had points to spend.
        customers: Thereof those who spent some.
        times: Redemptions.
        points: Points spent.
        median_days: Days from award to redemption, of the middle point; ``None`` without any.
        often: Customers by how often they redeemed.
        spent_on: By what they spent on, most points first.
    """

    months: int = attrs.field(validator=COUNT)
    able: int = attrs.field(validator=COUNT)
    customers: int = attrs.field(validator=COUNT)
    times: int = attrs.field(validator=COUNT)
    points: int = attrs.field(validator=COUNT)
    median_days: int | None
    often: tuple[tuple[Label, int], ...] = ()
    spent_on: tuple[SpentOnRow, ...] = ()

    @property
    def participation(self) -> float | None:
        """Share of the customers with points to spend who did; ``None`` if nobody had any."""
        return self.customers / self.able if self.able else None


@attrs.frozen(kw_only=True)
class Lapsing:
    """Points that lapse soon, unless they are spent.

    Attributes:
        days: Within so many days.
        points: How many can be spent now and not any more then.
        customers: Whose.
    """

    days: int = attrs.field(validator=COUNT)
    points: int = attrs.field(validator=COUNT)
    customers: int = attrs.field(validator=COUNT)


@attrs.frozen(kw_only=True)
class Points:
    """A shop's points, in the wallet that is spent.

    Attributes:
        wallet: Its name, where the shop has several wallets; empty if it has one.
        holders: Customers with unused points: pending, available or held.
        pending: Points awarded that cannot be spent yet.
        available: Points that can be spent on the report's date: those that lapse with it are not.
        held: Points reserved.
        lapsed: Points that have had their last day and lapse at the report's very beginning; in none of the
            three, though the last month still closes with them.
        months: Calendar months, rising, no gaps; each opens as the one before closed.
        expiring: What is unused, by month of expiry.
        lapsing: What lapses soon.
        breakage: What share lapses unused.
        liability: What the points cost.
        redeeming: Who redeems.
        orders: Orders that earned points.
        one_by_one: Thereof worked out one by one, because columns could not.
    """

    wallet: str = ""
    holders: int = attrs.field(validator=COUNT)
    pending: int = attrs.field(validator=COUNT)
    available: int = attrs.field(validator=COUNT)
    held: int = attrs.field(validator=COUNT)
    lapsed: int = attrs.field(default=0, validator=COUNT)
    months: tuple[PointsMonth, ...] = ()
    expiring: tuple[ExpiryRow, ...] = ()
    lapsing: Lapsing
    breakage: Breakage
    liability: PointsLiability
    redeeming: Redeeming
    orders: int = attrs.field(default=0, validator=COUNT)
    one_by_one: int = attrs.field(default=0, validator=COUNT)

    def __attrs_post_init__(self) -> None:
        """Refuse figures that contradict each other."""
        for before, after in zip(self.months, self.months[1:], strict=False):
            if before.closing != after.opening:
                raise ValueError(f"{after.month} does not open as {before.month} closed")
        if sum(row.points for row in self.expiring) != self.outstanding:
            raise ValueError("what lapses some time, or never, is not what is outstanding")
        if self.months and self.months[-1].closing != self.outstanding + self.lapsed:
            raise ValueError(
                "the last month does not close with what is outstanding and what has just lapsed"
            )

    @property
    def outstanding(self) -> int:
        """Unused points: neither spent nor lapsed nor taken back."""
        return self.pending + self.available + self.held

    @property
    def whole(self) -> Mapping[str, int]:
        """Every flow since the beginning."""
        return {name: sum(getattr(row, name) for row in self.months) for name in FLOWS}
