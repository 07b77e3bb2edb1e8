"""Derivations: what an answer follows from, as a plain document that a stranger can work through again.

Whoever doubts a balance, an award, a quote or a refusal gets its derivation; the module ``checker`` knows
nothing of this package and re-computes every number of it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.domain.periods import in_utc
from retailcrm.domain.points.documents import (
    SCHEMA,
    Document,
    canonical,
    entry_document,
    fraction_text,
    moment_text,
)
from retailcrm.domain.points.history import balance, debts, falling_due, known_by
from retailcrm.domain.points.lots import Bucket, Lot
from retailcrm.domain.points.quotes import Quote

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from fractions import Fraction

    from retailcrm.domain.points.earning import Award, Earner
    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.holds import Hold
    from retailcrm.domain.points.outcomes import Refusal
    from retailcrm.domain.points.quotes import NoQuote
    from retailcrm.domain.points.terms import Cart
    from retailcrm.domain.points.wallets import EarnRule, Redemption


_PAYING: Final = ("points_per_unit", "least", "multiple", "share_of_order", "shipping", "rounding")
"""What of a rule of redemption a quote follows from."""


def explain_balance(entries: Sequence[Entry], at: datetime, *, known: datetime | None = None) -> Document:
    """Derive what an account held, or will hold, at a moment.

    Args:
        entries: Its journal, oldest first, whole.
        at: The moment about which is asked; aware.
        known: The moment at which is asked; ``None``: everything that was written counts.

    Returns:
        The entries, what falls due beside them, every lot with where its points are and by which entries,
        the debt, the open reservations, and the sums.
    """
    written = known_by(entries, known)
    due = falling_due(written, at)
    journal = (*written, *due)
    counting = [entry for entry in journal if entry.effective_at <= at]
    parts = {"entries": [entry_document(e) for e in written], "due": [entry_document(e) for e in due]}
    return {
        "schema": SCHEMA,
        "kind": "balance",
        "account": written[0].account if written else "",
        "at": moment_text(at),
        "known": moment_text(known),
        **parts,
        "journal": digest(parts["entries"] + parts["due"]),
        "lots": _lots(counting),
        "debts": [
            {"version": entry.version, "counts_from": moment_text(moment), "debt": entry.debt}
            for moment, entry in debts(journal)
            if moment <= at
        ],
        "holds": _holds(counting),
        "balances": attrs.asdict(balance(entries, at, known=known)),
    }


def digest(documents: Sequence[Document]) -> str:
    """Give the digest of a journal: two derivations with one digest speak of the same entries.

    Args:
        documents: Of its entries, oldest first.

    Returns:
        SHA-256, 64 hexadecimal digits.
    """
    return hashlib.sha256(canonical(list(documents)).encode()).hexdigest()


def _lots(counting: Sequence[Entry]) -> list[Document]:
    """Give every lot as it was, with the movements that made it so."""
    lots: dict[str, Lot] = {}
    why: dict[str, list[Document]] = {}
    for entry in counting:
        lots |= {lot.id: lot for lot in entry.lots}
        for one in entry.movements:
            why.setdefault(one.lot, []).append(
                {
                    "version": entry.version,
                    "verb": entry.verb.value,
                    "effective_at": moment_text(entry.effective_at),
                    "source": None if one.source is None else one.source.value,
                    "target": one.target.value,
                    "points": one.points,
                }
            )
    return [
        {
            "id": lot.id,
            "source": lot.source,
            "points": lot.points,
            "activates_at": moment_text(lot.activates_at),
            "expires_at": moment_text(lot.expires_at),
            "buckets": {bucket.value: getattr(lot, bucket) for bucket in Bucket},
            "why": why[lot.id],
        }
        for _, lot in sorted(lots.items())
    ]


def _holds(counting: Sequence[Entry]) -> list[Document]:
    """Give the reservations that were open."""
    holds: dict[str, Hold] = {}
    for entry in counting:
        holds.pop(entry.closes, None)
        if entry.opens is not None:
            holds[entry.opens.id] = entry.opens
    return [
        {"id": hold.id, "points": hold.points, "ends_at": moment_text(hold.ends_at)}
        for _, hold in sorted(holds.items())
    ]


def explain_refusal(refusal: Refusal, entries: Sequence[Entry], at: datetime, *, about: str = "") -> Document:
    """Derive why a command was refused.

    Args:
        refusal: What it came to.
        entries: The account's journal before it, whole.
        at: When it was decided.
        about: The lot or reservation that was named in it, if one was.

    Returns:
        The limit, what was asked for and allowed, how far apart they are, and the balance behind it.
    """
    journal = (*entries, *refusal.entries)
    # A clock that was set back decides on the account as it stands, which is later.
    stands = max([in_utc(at), *(entry.effective_at for entry in journal)])
    return {
        "schema": SCHEMA,
        "kind": "refusal",
        "limit": refusal.limit,
        "asked": refusal.asked,
        "allowed": refusal.allowed,
        # What is owed is repaid before anything can be spent.
        "distance": abs(refusal.asked - refusal.allowed) + refusal.account.debt,
        "about": about,
        "message": refusal.message,
        "balance": explain_balance(journal, stands),
    }


def explain_award(
    order: Earner,
    award: Award,
    rule: EarnRule,
    *,
    unit: int = 100,
    multipliers: Sequence[Fraction] = (),
    room: int | None = None,
) -> Document:
    """Derive what an order earned.

    Args:
        order: The order.
        award: What it earned.
        rule: What orders earned then.
        unit: Minor units in one whole unit of money.
        multipliers: Of the customer's tier and of campaigns.
        room: Points that the caps still left; ``None`` without caps.

    Returns:
        All that went in, the parts that earned nothing, each part's exact points, the rounding, the shares
        and what a cap took off.
    """
    return {
        "schema": SCHEMA,
        "kind": "award",
        "reference": order.reference,
        "rule": {
            "digest": award.rule,
            "rate": fraction_text(rule.rate),
            "base": attrs.asdict(rule.base),
            **{name: getattr(rule, name) for name in ("rounding", "round_at", "together", "least")},
        },
        "unit": unit,
        "multipliers": [fraction_text(one) for one in multipliers],
        "room": room,
        "order": {
            "lines": [
                attrs.asdict(line) | {"rate": None if line.rate is None else fraction_text(line.rate)}
                for line in order.lines
            ],
            **{name: getattr(order, name) for name in ("shipping", "tax", "by_points", "by_gift_card")},
        },
        "excluded": [attrs.asdict(one) for one in award.excluded],
        "bases": list(award.bases),
        "multiplier": fraction_text(award.multiplier),
        "exact": fraction_text(award.exact),
        "shares": list(award.shares),
        "cut": award.cut,
        "points": award.points,
    }


def explain_quote(
    quote: Quote | NoQuote,
    entries: Sequence[Entry],
    at: datetime,
    *,
    cart: Cart,
    redemption: Redemption,
    unit: int,
    wanted: int | None = None,
) -> Document:
    """Derive what points pay of a cart, or why none do.

    Args:
        quote: What was quoted.
        entries: The account's journal, whole.
        at: When it was quoted.
        cart: What was to be paid.
        redemption: The rule.
        unit: Minor units in one whole unit of money.
        wanted: Points that were asked for at most; ``None`` for as many as possible.

    Returns:
        All that went in, the numbers on the way, the result, what bound, the way past it, and the balance.
    """
    result: dict[str, Any] = {"points": 0, "value": 0, "remainder": cart.due}
    if isinstance(quote, Quote):
        result = {"points": quote.points, "value": quote.value, "remainder": quote.remainder}
    return {
        "schema": SCHEMA,
        "kind": "quote",
        "cart": attrs.asdict(cart),
        "rule": attrs.asdict(redemption, filter=lambda field, _: field.name in _PAYING)
        | {
            "points_per_unit": fraction_text(redemption.points_per_unit),
            "share_of_order": fraction_text(redemption.share_of_order),
        },
        "unit": unit,
        "wanted": wanted,
        "steps": [attrs.asdict(step) for step in quote.steps],
        **result,
        "limit": quote.binding if isinstance(quote, Quote) else quote.limit,
        "allowed": quote.allowed,
        "missing": attrs.asdict(quote.missing),
        "balance": explain_balance(entries, at),
    }
