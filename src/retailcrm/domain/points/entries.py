"""Entries: what was written into an account, for ever; a correction is another entry."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.periods import in_utc

if TYPE_CHECKING:
    from datetime import datetime

    from retailcrm.domain.points.holds import Hold
    from retailcrm.domain.points.lots import Bucket, Lot


class Verb(StrEnum):
    """What an entry does."""

    EARN = "earn"
    ACTIVATE = "activate"
    EXPIRE = "expire"
    REDEEM = "redeem"
    RESERVE = "reserve"
    CAPTURE = "capture"
    VOID = "void"
    REVERSE = "reverse"
    """Points of an award go back because the order did."""

    GIVE_BACK = "give_back"
    """Redeemed points return to the lots they came from."""

    REPAY = "repay"
    """Points that came in settle a debt."""

    TRANSFER = "transfer"
    """Points go to another account, or come from one: a gift, a pool, two members who are one."""

    ADJUST = "adjust"
    """A person corrects the account."""

    OPEN = "open"
    """Points that another system kept until now."""

    RESCHEDULE = "reschedule"
    """Waiting points become spendable at another moment than was thought."""

    EXTEND = "extend"
    """The customer did something, so points that lapse when she does nothing last longer."""


@attrs.frozen
class Movement:
    """Some points of one lot going from one bucket to another.

    Attributes:
        lot: The lot's id.
        source: Where they were; ``None`` for points that come into being.
        target: Where they go.
        points: How many, at least 1.
    """

    lot: str
    source: Bucket | None
    target: Bucket
    points: int = attrs.field(validator=attrs.validators.ge(1))


@attrs.frozen(kw_only=True)
class Entry:
    """One line of an account's journal.

    Attributes:
        account: Whose.
        version: The account's version that it makes: 1, 2, 3, ... without a gap.
        verb: What it does.
        key: Idempotency key of the command it belongs to; settling what is due has the key of the
            command that met it.
        effective_at: When it took effect; never earlier than the last effect on any of its lots.
        recorded_at: When it was written; rises with every entry of an account.
        movements: What moves.
        lots: The lots that it touches, as they are after it.
        debt: What it adds to the account's debt, negative where it repays.
        forgiven: Points of an award that a refund should have taken and nobody will ask for any more.
        opens: The reservation that it makes or changes, as it is after it.
        closes: Id of the reservation that it ends; empty if none.
        reference: What it is about: an order, a refund, a cart.
        reason: Why, in a word for programs or a sentence by a person.
        actor: Who, where a person did it.
    """

    account: str
    version: int
    verb: Verb
    key: str
    effective_at: datetime = attrs.field(converter=in_utc)
    recorded_at: datetime = attrs.field(converter=in_utc)
    movements: tuple[Movement, ...] = ()
    lots: tuple[Lot, ...] = ()
    debt: int = 0
    forgiven: int = 0
    opens: Hold | None = None
    closes: str = ""
    reference: str = ""
    reason: str = ""
    actor: str = ""
