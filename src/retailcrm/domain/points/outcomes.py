"""What a decision comes to: entries to write, or a refusal that says which limit bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

if TYPE_CHECKING:
    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.entries import Entry

Limit = Literal[
    "balance",
    "debt",
    "minimum",
    "multiple",
    "share_of_order",
    "order_total",
    "unknown_hold",
    "hold_total",
    "refunded_share",
    "unknown_lot",
    "cap",
    "stock",
    "each",
    "tier",
    "referral",
    "refund_total",
    "unknown_order",
    "nothing",
]
"""What can stand in the way."""


@attrs.frozen(kw_only=True)
class Accepted:
    """The command is allowed.

    Attributes:
        account: The account after it.
        entries: What to write, in order, first of all what fell due meanwhile.
        points: What the command itself moved; 0 where there was nothing to do.
    """

    account: Account
    entries: tuple[Entry, ...]
    points: int


@attrs.frozen(kw_only=True)
class Refusal:
    """The command is not allowed; what fell due meanwhile may still be written.

    Attributes:
        account: The account with what fell due.
        entries: What fell due.
        limit: What stood in the way.
        asked: How much was asked for.
        allowed: How much would have been allowed.
        message: One sentence for a person.
    """

    account: Account
    entries: tuple[Entry, ...]
    limit: Limit
    asked: int
    allowed: int
    message: str


Outcome = Accepted | Refusal
