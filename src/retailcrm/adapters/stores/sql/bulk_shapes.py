"""The shapes of the ledger's documents, each cut out of one made-up value of its kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.adapters.stores.sql.bulk_texts import Shape
from retailcrm.adapters.stores.sql.codecs import award_text
from retailcrm.domain.points.account import Account
from retailcrm.domain.points.documents import (
    account_document,
    canonical,
    entry_document,
    fraction_text,
    lot_document,
    moment_text,
)
from retailcrm.domain.points.earning import Award
from retailcrm.domain.points.entries import Entry, Movement, Verb
from retailcrm.domain.points.following import Awarded, OrderFacts, earner_of
from retailcrm.domain.points.lots import Bucket, Lot
from retailcrm.domain.points.wallets import EarnRule
from retailcrm.ports.points_facts import told_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.domain.points.wallets import Wallet

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


def _moment(at: datetime) -> str:
    return canonical(moment_text(at))


def lot_shape(wallet: Wallet) -> Shape:
    """Give the shape of a lot's document: of one that an order earned in a wallet."""
    return Shape.of(*_lot(wallet, _Marks.new())[1:])


def _lot(wallet: Wallet, marks: _Marks) -> tuple[Lot, str, dict[str, str]]:
    names = ("awarded_at", "activates_at", "expires_at", "touched_at", "limit_at")
    moments: dict[str, Any] = {name: next(marks.moments) for name in names}
    points: dict[str, Any] = {name: next(marks.numbers) for name in BUCKETS}
    lot = Lot(id="@lot@", source="@lot@", expiry=wallet.expiry, idle=wallet.inactive, **moments, **points)
    found = {"lot": '"@lot@"'}
    found |= {name: _moment(at) for name, at in moments.items()}
    return lot, canonical(lot_document(lot)), found | {name: str(n) for name, n in points.items()}


def movement_shape() -> Shape:
    """Give the shape of a list of one movement, as an entry has it."""
    moved = next(_Marks.new().numbers)
    entry = _entry(_Marks.new(), movements=(Movement("@lot@", Bucket.SPENT, Bucket.MOVED, moved),))
    document = canonical(entry_document(entry)["movements"])
    marks = {"lot": '"@lot@"', "source": '"spent"', "target": '"moved"', "points": str(moved)}
    return Shape.of(document, marks)


def _entry(marks: _Marks, movements: tuple[Movement, ...] = ()) -> Entry:
    return Entry(
        account="@account@", version=next(marks.numbers), verb=Verb.TRANSFER, key="@key@",
        effective_at=next(marks.moments), recorded_at=next(marks.moments), forgiven=next(marks.numbers),
        reference="@reference@", reason="@reason@", movements=movements,
    )  # fmt: skip


def entry_shape() -> Shape:
    """Give the shape of an entry's document."""
    entry = _entry(_Marks.new())
    marks = {
        "account": '"@account@"', "version": str(entry.version), "verb": '"transfer"', "key": '"@key@"',
        "effective_at": _moment(entry.effective_at), "recorded_at": _moment(entry.recorded_at),
        "forgiven": str(entry.forgiven), "reference": '"@reference@"', "reason": '"@reason@"',
        "movements": '"movements":[]', "lots": '"lots":[]',
    }  # fmt: skip
    return Shape.of(canonical(entry_document(entry)), marks)


def account_shape() -> Shape:
    """Give the shape of an account's document."""
    marks = _Marks.new()
    account = Account(
        id="@account@", version=next(marks.numbers), recorded_at=next(marks.moments),
        settled_at=next(marks.moments),
    )  # fmt: skip
    assert account.recorded_at is not None  # noqa: S101 - just given
    assert account.settled_at is not None  # noqa: S101 - just given
    found = {
        "account": '"@account@"', "version": str(account.version), "lots": '"lots":[]',
        "recorded_at": _moment(account.recorded_at), "settled_at": _moment(account.settled_at),
    }  # fmt: skip
    return Shape.of(canonical(account_document(account)), found)


def event_shape() -> Shape:
    """Give the shape of an entry's document in the event feed."""
    marks = _Marks.new()
    entry = _entry(marks, movements=(Movement("@lot@", Bucket.SPENT, Bucket.MOVED, next(marks.numbers)),))
    entry = attrs.evolve(entry, account="@wallet@/@customer@")
    found = {
        "customer": '"@customer@"', "wallet": '"@wallet@"', "version": str(entry.version),
        "what": '"transfer"', "at": _moment(entry.effective_at), "reference": '"@reference@"',
        "points": str(entry.movements[0].points),
    }  # fmt: skip
    fact = told_by(entry)
    assert fact is not None  # noqa: S101 - it moves points
    return Shape.of(canonical(dict(fact.document)), found)


def award_shape(rule: EarnRule, digest: str) -> Shape:
    """Give the shape of an award's document."""
    return Shape.of(*_award(rule, digest))


def known_shape() -> Shape:
    """Give the shape of what an award's document says of its order."""
    document, marks = _award(EarnRule(), "")
    return Shape.of(known_of(document), {name: mark for name, mark in marks.items() if name in _KNOWN})


def known_of(award: str) -> str:
    """Cut what is known of its order out of an award's document: no text in it has the words of its end."""
    _, _, rest = award.partition('"known":')
    return rest[: rest.index(',"lot":"')]


_MOMENTS: Final = ("paid_at", "shipped_at", "completed_at", "refunded_at")
_AMOUNTS: Final = ("shipping", "gross", "refunded")
_KNOWN: Final = ("reference", "lines", *_MOMENTS, *_AMOUNTS)


def _award(rule: EarnRule, digest: str) -> tuple[str, dict[str, str]]:
    marks = _Marks.new()
    facts: dict[str, Any] = {name: next(marks.moments) for name in _MOMENTS}
    amounts: dict[str, Any] = {name: next(marks.numbers) for name in _AMOUNTS}
    known = OrderFacts(reference="@reference@", **facts, **amounts)
    numbers = {name: next(marks.numbers) for name in ("points", "cut", "room", "taken", "forgiven")}
    exact, multiplier, share = (Fraction(1, next(marks.numbers)) for _ in range(3))
    award = Award(
        points=numbers["points"], shares=(next(marks.numbers),), bases=(next(marks.numbers),), exact=exact,
        multiplier=multiplier, cut=numbers["cut"], rule=digest,
    )  # fmt: skip
    awarded = Awarded(
        reference="@reference@", lot="@lot@", at=next(marks.moments), known=known, award=award,
        order=earner_of(known), rule=rule, room=numbers["room"], taken=numbers["taken"],
        forgiven=numbers["forgiven"], share=share,
    )  # fmt: skip
    found = {"reference": '"@reference@"', "lot": '"@lot@"', "at": _moment(awarded.at)}
    found |= {name: _moment(at) for name, at in facts.items()}
    found |= {name: str(n) for name, n in (amounts | numbers).items()}
    found |= {"shares": f"[{award.shares[0]}]", "bases": f"[{award.bases[0]}]"}
    found |= {"exact": f'"{fraction_text(exact)}"', "multiplier": f'"{fraction_text(multiplier)}"'}
    found |= {"share": f'"{fraction_text(share)}"', "lines": '"lines":[]', "excluded": '"excluded":[]'}
    return award_text(awarded), found | {"multipliers": '"multipliers":[]'}
