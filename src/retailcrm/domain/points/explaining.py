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
from retailcrm.domain.points.quotes import Quote, quote_redemption
from retailcrm.errors import InputError

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

_AT_A_TIME: Final = ("minimum", "multiple")
"""What limits a number of points whatever they pay."""


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


def explain_refusal(
    refusal: Refusal,
    entries: Sequence[Entry],
    at: datetime,
    *,
    about: str = "",
    cart: Cart | None = None,
    redemption: Redemption | None = None,
    unit: int = 100,
) -> Document:
    """Derive why a command was refused.

    Args:
        refusal: What it came to.
        entries: The account's journal before it, whole.
        at: When it was decided.
        about: The lot, reservation or order that was named in it, if one was.
        cart: What was to be paid, if a cart was.
        redemption: The rule on spending: with a cart, and where it was too few points or no multiple.
        unit: Minor units in one whole unit of money.

    Returns:
        The limit, what was asked for and allowed, how far apart they are, and the balance behind it; with a
        cart the derivation of its quote, on that balance.

    Raises:
        InputError: The limit follows from a cart, a rule or an order that is not given.
    """
    journal = (*entries, *refusal.entries)
    if cart is not None and redemption is None:
        raise InputError("what a cart lets points pay follows from the rule on spending")
    if cart is None:
        _enough(refusal, about, redemption)
    stands = _stands(journal, at)
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
        "rule": _at_a_time(refusal, redemption) if cart is None else None,
        "quote": None
        if cart is None or redemption is None
        else _refused_quote(refusal, stands, cart, redemption, unit),
        "balance": explain_balance(journal, stands),
    }


def _stands(journal: Sequence[Entry], at: datetime) -> datetime:
    """Give the moment of a decision: no earlier than anything that took effect, whatever the clock says."""
    return max([in_utc(at), *(entry.effective_at for entry in journal)])


def _enough(refusal: Refusal, about: str, redemption: Redemption | None) -> None:
    """Refuse to derive a limit without what it follows from."""
    if refusal.limit in ("share_of_order", "order_total") or (refusal.limit == "nothing" and refusal.asked):
        raise InputError(f"limit {refusal.limit} follows from a cart: give it")
    if refusal.limit in _AT_A_TIME and redemption is None:
        raise InputError(f"limit {refusal.limit} follows from the rule on spending: give it")
    if refusal.limit == "nothing" and not about:
        raise InputError("nothing was there of an order: say of which")


def _at_a_time(refusal: Refusal, redemption: Redemption | None) -> Document | None:
    """Give how many points may be spent at a time, where that was the limit."""
    if redemption is None or refusal.limit not in _AT_A_TIME:
        return None
    return {"least": redemption.least, "multiple": redemption.multiple}


def _refused_quote(refusal: Refusal, at: datetime, cart: Cart, redemption: Redemption, unit: int) -> Document:
    """Derive the quote behind a refusal; the refusal's own balance is what it stands on."""
    quote = quote_redemption(refusal.account, cart, refusal.asked, redemption, unit=unit, now=at)
    document = explain_quote(quote, (), at, cart=cart, redemption=redemption, unit=unit, wanted=refusal.asked)
    del document["balance"]
    return document


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
        "balance": explain_balance(entries, _stands(entries, at)),
    }
