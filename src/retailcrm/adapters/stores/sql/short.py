"""What rows of the ledger say in short, beside their columns: JSON lists in a fixed order.

A journal of years is mostly these texts, so they repeat neither what a column says nor themselves: a text
that is the key of its entry, or the name of its lot, is 0. Moments are microseconds since 1970, UTC. Every
value is written, also where it is what most have; a list of another length is refused by whoever reads
(:mod:`retailcrm.adapters.stores.sql.long`).
"""

from __future__ import annotations

from functools import lru_cache
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any, Final

from retailcrm.adapters.stores.sql.codecs import micros, rule_document, some_micros
from retailcrm.domain.points.documents import canonical, fraction_text
from retailcrm.domain.points.following import earner_of
from retailcrm.domain.points.lots import Bucket

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.earning import Earner
    from retailcrm.domain.points.entries import Entry, Movement
    from retailcrm.domain.points.expiry import Expiry
    from retailcrm.domain.points.following import Awarded, OrderFacts
    from retailcrm.domain.points.holds import Hold
    from retailcrm.domain.points.lots import Lot
    from retailcrm.ports.ledger import Spending
    from retailcrm.ports.outcomes import Done

Short = tuple[Any, ...]
"""A list that JSON can write."""

BUCKETS: Final = tuple(Bucket)
"""Buckets by their numbers."""

_NUMBERS: Final = {bucket: number for number, bucket in enumerate(BUCKETS)}
_MOST: Final = 4096
"""Texts of lots that are kept."""


class LotTexts:
    """Writes lots; one lot stands in an entry, in its account and in a row of its own."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Lot, str]] = {}

    def __call__(self, lot: Lot) -> str:
        """Write all of a lot but its name, or give what was written of the very same value before."""
        known = self._known.get(id(lot))
        if known is not None and known[0] is lot:
            return known[1]
        if len(self._known) >= _MOST:
            self._known.clear()
        text = canonical(short_lot(lot))
        # The lot is kept with its text, so that its id names nothing else meanwhile.
        self._known[id(lot)] = lot, text
        return text

    def named(self, lots: Sequence[Lot], key: str | None = None) -> str:
        """Write a list of lots, each with its name."""
        return "[" + ",".join([f"[{_name(lot.id, key)},{self(lot)}]" for lot in lots]) + "]"


lot_text: Final = LotTexts()


def short_lot(lot: Lot) -> Short:
    """Give all of a lot but its name."""
    return (
        _same(lot.root, lot.id), _same(lot.source, lot.id),
        micros(lot.awarded_at), some_micros(lot.activates_at), some_micros(lot.expires_at),
        micros(lot.touched_at), some_micros(lot.limit_at),
        (lot.pending, lot.available, lot.held, lot.spent, lot.expired, lot.reversed, lot.moved),
        _expiry(lot.expiry), None if lot.idle is None else _expiry(lot.idle), lot.owners,
    )  # fmt: skip


def entry_text(entry: Entry) -> str:
    """Write what an entry's columns do not say."""
    key, places = entry.key, {lot.id: place for place, lot in enumerate(entry.lots)}
    rest = (
        [_movement(one, places) for one in entry.movements],
        entry.debt, entry.forgiven, None if entry.opens is None else _hold(entry.opens),
        _same(entry.closes, key), _same(entry.reference, key), entry.reason, entry.actor,
    )  # fmt: skip
    return f"[{lot_text.named(entry.lots, key)},{canonical(rest)[1:]}"


def account_text(account: Account) -> str:
    """Write what an account's columns do not say."""
    lots = lot_text.named(account.lots)
    if not account.holds and account.debt_at is None:
        # Nearly always.
        return f"[{lots},[],null]"
    rest = ([_hold(hold) for hold in account.holds], some_micros(account.debt_at))
    return f"[{lots},{canonical(rest)[1:]}"


def award_text(award: Awarded) -> str:
    """Write what an order earned, without what is known of it; the rule by its digest."""
    earned, told = award.award, award.order
    return canonical(
        (
            _same(award.lot, f"order:{award.reference}"), micros(award.at), earned.points, earned.shares,
            earned.bases, fraction_text(earned.exact), fraction_text(earned.multiplier),
            [(one.what, one.amount) for one in earned.excluded], earned.cut, earned.rule,
            # Only a backend says parts that do not follow from what is known.
            None if told == earner_of(award.known) else _earner(told, award.reference),
            rule_of(award), award.room, award.taken, award.forgiven, fraction_text(award.share),
            [fraction_text(one) for one in award.multipliers], award.before,
        )
    )  # fmt: skip


def rule_of(award: Awarded) -> str:
    """Give the digest of the rule that an order earned by."""
    return rule_document(award.rule)[0]


def known_text(facts: OrderFacts) -> str:
    """Write what is known of an order; its reference is a column."""
    return canonical(
        (
            micros(facts.paid_at), some_micros(facts.shipped_at), some_micros(facts.completed_at),
            some_micros(facts.refunded_at), facts.gross, facts.refunded, facts.shipping, facts.lines,
            None if facts.parts is None else _earner(facts.parts, facts.reference),
        )
    )  # fmt: skip


def done_text(done: Done) -> str:
    """Write what a command came to when it was done first; its key is a column."""
    return f"[{encode_basestring(done.account)},{done.points},{done.version},{canonical(dict(done.detail))}]"


def spending_text(spending: Spending) -> str:
    """Write what a redemption spent; its key, account and order are columns."""
    left = ",".join([f"[{encode_basestring(one.lot)},{one.points}]" for one in spending.allocations])
    rest = f"{spending.points},{spending.value},{encode_basestring(spending.reward)},{spending.pieces}"
    return f"[[{left}],{rest}]"


def _same(text: str, name: str) -> str | int:
    return 0 if text == name else text


def _name(text: str, key: str | None) -> str:
    return "0" if text == key else encode_basestring(text)


def _movement(one: Movement, places: dict[str, int]) -> Short:
    source = None if one.source is None else _NUMBERS[one.source]
    return places.get(one.lot, one.lot), source, _NUMBERS[one.target], one.points


def _hold(hold: Hold) -> Short:
    allocations = [(one.lot, one.points) for one in hold.allocations]
    return hold.id, allocations, micros(hold.ends_at), hold.reference


@lru_cache(maxsize=256)
def _expiry(expiry: Expiry) -> Short:
    on = None if expiry.on is None else expiry.on.isoformat()
    return expiry.months, expiry.days, expiry.snap, on, expiry.zone


def _earner(told: Earner, reference: str) -> Short:
    lines = [
        (one.id, one.price, one.discount, None if one.rate is None else fraction_text(one.rate), one.earns)
        for one in told.lines
    ]
    return (
        _same(told.reference, reference), lines, told.shipping, told.tax, told.by_points, told.by_gift_card
    )  # fmt: skip
