"""The shapes of the ledger's documents, each cut out of one made-up value of its kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.adapters.stores.sql.bulk_texts import Shape
from retailcrm.adapters.stores.sql.codecs import micros
from retailcrm.adapters.stores.sql.short import BUCKETS as SHORT_BUCKETS
from retailcrm.adapters.stores.sql.short import account_text, award_text, entry_text, known_text, lot_text
from retailcrm.domain.points.account import Account
from retailcrm.domain.points.documents import canonical, fraction_text, moment_text
from retailcrm.domain.points.earning import Award, Excluded
from retailcrm.domain.points.entries import Entry, Movement, Verb
from retailcrm.domain.points.following import Awarded, OrderFacts, earner_of
from retailcrm.domain.points.lots import Bucket, Lot
from retailcrm.ports.points_facts import told_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.domain.points.wallets import EarnRule, Wallet

_FAR: Final = 7_770_000_000_000_000_000
_FIRST: Final = datetime(9000, 1, 1, tzinfo=UTC)
BUCKETS: Final = ("pending", "available", "expired", "reversed")
"""Buckets in the sequence of :data:`retailcrm.ports.bulk.PENDING` and its like."""


@attrs.frozen
class _Marks:
    """Hands out values that stand nowhere else."""

    moments: Iterator[datetime]
    numbers: Iterator[int]

    @classmethod
    def new(cls) -> _Marks:
        return cls(
            moments=(_FIRST + timedelta(days=n) for n in range(1000)),
            numbers=iter(range(_FAR, _FAR + 1000)),
        )


def lot_shape(wallet: Wallet) -> Shape:
    """Give the shape of all of a lot but its name: of one that an order earned in a wallet."""
    marks = _Marks.new()
    names = ("awarded_at", "activates_at", "expires_at", "touched_at", "limit_at")
    moments: dict[str, Any] = {name: next(marks.moments) for name in names}
    points: dict[str, Any] = {name: next(marks.numbers) for name in BUCKETS}
    lot = Lot(id="@lot@", source="@lot@", expiry=wallet.expiry, idle=wallet.inactive, **moments, **points)
    found = {name: str(micros(at)) for name, at in moments.items()}
    return Shape.of(lot_text(lot), found | {name: str(n) for name, n in points.items()})


def _lot() -> Lot:
    return Lot(id="@lot@", source="@lot@", awarded_at=_FIRST)


def _entry(marks: _Marks) -> Entry:
    return Entry(
        account="@account@", version=next(marks.numbers), verb=Verb.TRANSFER, key="@key@",
        effective_at=next(marks.moments), recorded_at=next(marks.moments), forgiven=next(marks.numbers),
        reference="@reference@", reason="@reason@", lots=(_lot(),),
        movements=(Movement("@lot@", Bucket.SPENT, Bucket.MOVED, next(marks.numbers)),),
    )  # fmt: skip


def entry_shape() -> Shape:
    """Give the shape of what an entry's columns do not say."""
    entry = _entry(_Marks.new())
    spent, moved = (SHORT_BUCKETS.index(one) for one in (Bucket.SPENT, Bucket.MOVED))
    marks = {
        "forgiven": str(entry.forgiven), "reference": '"@reference@"', "reason": '"@reason@"',
        "lots": lot_text.named(entry.lots, entry.key),
        "movements": canonical([(0, spent, moved, entry.movements[0].points)]),
    }  # fmt: skip
    return Shape.of(entry_text(entry), marks)


def account_shape() -> Shape:
    """Give the shape of what an account's columns do not say."""
    account = Account(id="@account@", lots=(_lot(),))
    return Shape.of(account_text(account), {"lots": lot_text.named(account.lots)})


def event_shape() -> Shape:
    """Give the shape of an entry's document in the event feed."""
    entry = attrs.evolve(_entry(_Marks.new()), account="@wallet@/@customer@")
    found = {
        "customer": '"@customer@"', "wallet": '"@wallet@"', "version": str(entry.version),
        "what": '"transfer"', "at": canonical(moment_text(entry.effective_at)), "reference": '"@reference@"',
        "points": str(entry.movements[0].points),
    }  # fmt: skip
    fact = told_by(entry)
    assert fact is not None  # noqa: S101 - it moves points
    return Shape.of(canonical(dict(fact.document)), found)


def known_shape() -> Shape:
    """Give the shape of what is known of an order."""
    facts, marks = _facts(_Marks.new())
    return Shape.of(known_text(facts), marks)


def award_shape(rule: EarnRule, digest: str) -> Shape:
    """Give the shape of what an order earned."""
    marks = _Marks.new()
    known, _ = _facts(marks)
    numbers = {name: next(marks.numbers) for name in ("points", "cut", "room", "taken", "forgiven")}
    fractions = {name: Fraction(1, next(marks.numbers)) for name in ("exact", "multiplier", "share")}
    award = Award(
        points=numbers["points"], shares=(next(marks.numbers),), bases=(next(marks.numbers),),
        exact=fractions["exact"], multiplier=fractions["multiplier"], cut=numbers["cut"], rule=digest,
        excluded=(Excluded("shipping", next(marks.numbers)),),
    )  # fmt: skip
    times = (Fraction(1, next(marks.numbers)),)
    awarded = Awarded(
        reference="@reference@", lot="order:@reference@", at=next(marks.moments), known=known, award=award,
        order=earner_of(known), rule=rule, room=numbers["room"], taken=numbers["taken"],
        forgiven=numbers["forgiven"], share=fractions["share"], multipliers=times,
    )  # fmt: skip
    found = {"at": str(micros(awarded.at)), "multipliers": canonical([fraction_text(one) for one in times])}
    found |= {name: str(n) for name, n in numbers.items()}
    found |= {name: f'"{fraction_text(one)}"' for name, one in fractions.items()}
    found |= {"shares": f"[{award.shares[0]}]", "bases": f"[{award.bases[0]}]"}
    excluded = canonical([(one.what, one.amount) for one in award.excluded])
    return Shape.of(award_text(awarded), found | {"excluded": excluded})


def _facts(marks: _Marks) -> tuple[OrderFacts, dict[str, str]]:
    moments: dict[str, Any] = {name: next(marks.moments) for name in _MOMENTS}
    amounts: dict[str, Any] = {name: next(marks.numbers) for name in _AMOUNTS}
    lines = (next(marks.numbers),)
    known = OrderFacts(reference="@reference@", lines=lines, **moments, **amounts)
    found = {name: str(micros(at)) for name, at in moments.items()}
    found |= {name: str(n) for name, n in amounts.items()}
    return known, found | {"lines": canonical(lines)}


_MOMENTS: Final = ("paid_at", "shipped_at", "completed_at", "refunded_at")
_AMOUNTS: Final = ("shipping", "gross", "refunded")
