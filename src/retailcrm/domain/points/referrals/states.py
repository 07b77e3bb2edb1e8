"""A referral as a value: who clicked when, how far it is, and what keeps it from going on."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

import attrs

from retailcrm.domain.periods import in_utc

if TYPE_CHECKING:
    from retailcrm.domain.labels import Label
    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.lots import Lot
    from retailcrm.domain.points.outcomes import Accepted
    from retailcrm.domain.points.programme import Referral

_DAY: Final = timedelta(days=1)

Hindrance = Literal["self", "counted", "no_click", "customer", "minimum", "flagged", "not_held"]
"""Why a referral does not go on."""


class Stage(StrEnum):
    """How far a referral is."""

    ATTRIBUTED = "attributed"
    """She clicked; no order has counted yet."""

    HELD = "held"
    """Both sides' points wait for a person, because a check raised a flag."""

    QUALIFIED = "qualified"
    """Both sides earned; the points wait for the end of the return window, or can be spent."""

    RETURNED = "returned"
    """The order went back, and both sides' points with it."""

    REFUSED = "refused"
    """A check raised a flag, or a person declined."""


@attrs.frozen
class Flag:
    """Something that a check noticed. It never quotes a phone, an address or any other value.

    Attributes:
        code: A stable word for programs.
        message: One sentence for the person who decides, in both languages.
    """

    code: str = attrs.field(validator=attrs.validators.matches_re(r"[a-z][a-z0-9_]*"))
    message: Label


@attrs.frozen(order=True)
class Click:
    """Somebody followed a customer's link.

    Attributes:
        at: When; aware, kept in UTC.
        referrer: Whose link.
    """

    at: datetime = attrs.field(converter=in_utc)
    referrer: str


@attrs.frozen(kw_only=True)
class CompletedOrder:
    """An order of the customer who came.

    Attributes:
        reference: Which order.
        ordered_at: When it was placed (or paid, where that is all one knows); aware, kept in UTC.
        completed_at: When receipt was confirmed; aware, kept in UTC.
        net: Paid less refunds so far, minor units.
    """

    reference: str
    ordered_at: datetime = attrs.field(converter=in_utc)
    completed_at: datetime = attrs.field(converter=in_utc)
    net: int


@attrs.frozen(kw_only=True)
class Brought:
    """The referral of one customer, as it stands.

    Attributes:
        referred: The customer who came.
        clicks: Whose links she followed, earliest first.
        stage: How far it is.
        referrer: Who brought her; empty before an order counted. The rest likewise.
        order: The order that counted.
        ordered_at: When it was placed.
        due_at: When both sides' points can be spent.
        least: What the order had to come to, as the rule was then, minor units.
        points: What the referrer and the referred were awarded.
        flags: What the checks noticed.
        decided_by: The person who released or declined it.
    """

    referred: str
    clicks: tuple[Click, ...] = ()
    stage: Stage = Stage.ATTRIBUTED
    referrer: str = ""
    order: str = ""
    ordered_at: datetime | None = None
    due_at: datetime | None = None
    least: int = 0
    points: tuple[int, int] = (0, 0)
    flags: tuple[Flag, ...] = ()
    decided_by: str = ""

    @property
    def source(self) -> str:
        """What both sides' points are awarded for."""
        return f"referral:{self.referred}"

    @property
    def lots(self) -> tuple[str, str]:
        """Ids of the two lots: two, so that they differ where both accounts become one later."""
        return f"{self.source}/referrer", f"{self.source}/referred"


@attrs.frozen(kw_only=True)
class Side:
    """An account that a referral touches.

    Attributes:
        account: As stored.
        lots: Lots of its award that are closed by now, where there are any.
        elsewhere: Lots of its award in accounts that were merged into this one, as they were left there.
    """

    account: Account
    lots: tuple[Lot, ...] = ()
    elsewhere: tuple[Lot, ...] = ()


@attrs.frozen(kw_only=True)
class BothSides:
    """A referral went on: write its state and both accounts together, or nothing of it.

    Attributes:
        state: The referral after it.
        referrer: What the account of the one who brought her comes to.
        referred: What the account of the one who came comes to.
    """

    state: Brought
    referrer: Accepted
    referred: Accepted


@attrs.frozen(kw_only=True)
class NotBrought:
    """A referral does not go on.

    Attributes:
        state: What to keep, the end ``refused`` among it; ``None``: there is nothing to keep.
        hindrance: Why.
        message: One sentence for a person.
    """

    state: Brought | None
    hindrance: Hindrance
    message: str


def clicked(state: Brought | None, referrer: str, referred: str, at: datetime) -> Brought | NotBrought:
    """Note that a customer followed another's link.

    Args:
        state: Her referral so far; ``None``: none yet.
        referrer: Whose link.
        referred: Who followed it.
        at: When; aware.

    Returns:
        Her referral; the same clicks in any order, and any number of times, give the same one.

    Example:
        >>> from datetime import UTC
        >>> day = datetime(2024, 5, 1, tzinfo=UTC)
        >>> clicked(None, "ann", "ann", day).hindrance
        'self'
    """
    if referrer == referred:
        return NotBrought(state=state, hindrance="self", message="nobody brings herself")
    state = state or Brought(referred=referred)
    if state.stage is not Stage.ATTRIBUTED:
        return NotBrought(state=state, hindrance="counted", message="she was brought before")
    return attrs.evolve(state, clicks=tuple(sorted({*state.clicks, Click(at, referrer)})))


def attributed(
    state: Brought, ordered_at: datetime, rule: Referral, bought_at: datetime | None = None
) -> Click | None:
    """Find who brought a customer: her last click at or before an order, if it is not too old.

    Who had bought before she clicked was a customer already: links that she follows then bring nobody.

    Args:
        state: Her referral.
        ordered_at: When she ordered; aware.
        rule: What referrals earn; a click holds for its ``within`` days of 24 hours.
        bought_at: When she first paid for any other order; aware, ``None`` if never.
    """
    until = ordered_at if bought_at is None else min(ordered_at, bought_at)
    last = max((click for click in state.clicks if click.at <= until), default=None)
    return None if last is None or ordered_at >= last.at + rule.within * _DAY else last
