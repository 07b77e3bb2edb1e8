"""Rows of the ledger read at full length again; see :mod:`retailcrm.adapters.stores.sql.short`."""

from __future__ import annotations

import json
from collections import OrderedDict
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from retailcrm.adapters.stores.sql.codecs import moment
from retailcrm.adapters.stores.sql.short import BUCKETS
from retailcrm.domain.points.account import Account
from retailcrm.domain.points.earning import Award, Earner, Excluded, LineAmount
from retailcrm.domain.points.entries import Entry, Movement, Verb
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.following import Awarded, OrderFacts, earner_of
from retailcrm.domain.points.holds import Allocation, Hold
from retailcrm.domain.points.lots import Lot
from retailcrm.errors import StoreError
from retailcrm.ports.ledger import Spending
from retailcrm.ports.outcomes import Done

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from retailcrm.domain.points.wallets import EarnRule

_T = TypeVar("_T")

WRONG: Final = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)
"""What a row that is none raises."""

_MOST: Final = 4096
"""Rows that a reader keeps."""


def reading(what: str, read: Callable[..., _T]) -> Callable[..., _T]:
    """Give a reader of rows that says what a row is none of.

    Args:
        what: What they are rows of.
        read: Reads one.

    Returns:
        A function that reads a row, or raises a ``StoreError``.
    """

    def carefully(*row: Any) -> _T:  # noqa: ANN401 - whatever the database holds
        try:
            return read(*row)
        except WRONG as error:
            raise StoreError(f"the store holds a row that is no {what}: {error}") from error

    return carefully


class Rows(Generic[_T]):
    """Reads rows into values; the same row gives the same value without reading it again.

    Args:
        read: Reads one; its result never changes.
    """

    def __init__(self, read: Callable[..., _T]) -> None:
        self._read = read
        self._known: OrderedDict[tuple[Any, ...], _T] = OrderedDict()

    def __call__(self, *row: Any) -> _T:  # noqa: ANN401 - whatever the database holds
        """Read a row."""
        found = self._known.get(row)
        if found is None:
            found = self._read(*row)
            self.keep(row, found)
        return found

    def keep(self, row: tuple[Any, ...], value: _T) -> None:
        """Know from now on what a row says, for whoever has just written it."""
        self._known[row] = value
        if len(self._known) > _MOST:
            self._known.popitem(last=False)


def lot_from(name: str, short: str) -> Lot:
    """Read a lot.

    Args:
        name: Its id.
        short: All of it but the name, as :mod:`retailcrm.adapters.stores.sql.short` writes it.
    """
    return _lot(name, json.loads(short))


def entry_from(
    account: str, version: int, verb: str, key: str, effective_at: int, recorded_at: int, short: str
) -> Entry:
    """Read an entry: its columns, and what they do not say."""
    lots, movements, debt, forgiven, opens, closes, reference, reason, actor = json.loads(short)
    touched = tuple(_lot(_text(name, key), rest) for name, rest in lots)
    return Entry(
        account=account,
        version=version,
        verb=Verb(verb),
        key=key,
        effective_at=moment(effective_at),
        recorded_at=moment(recorded_at),
        movements=tuple(_movement(one, touched) for one in movements),
        lots=touched,
        debt=debt,
        forgiven=forgiven,
        opens=None if opens is None else _hold(opens),
        closes=_text(closes, key),
        reference=_text(reference, key),
        reason=_text(reason),
        actor=_text(actor),
    )


def account_from(
    name: str, version: int, recorded_at: int | None, settled_at: int | None, debt: int, short: str
) -> Account:
    """Read an account: its columns, and what they do not say."""
    lots, holds, debt_at = json.loads(short)
    return Account(
        id=name,
        version=version,
        recorded_at=_moment(recorded_at),
        lots=tuple(_lot(_text(lot), rest) for lot, rest in lots),
        holds=tuple(_hold(one) for one in holds),
        debt=debt,
        debt_at=_moment(debt_at),
        settled_at=_moment(settled_at),
    )


def award_from(reference: str, known: str, short: str, rule_of: Callable[[str], EarnRule]) -> Awarded:
    """Read what an order earned.

    Args:
        reference: Which order.
        known: What is known of it.
        short: What it earned.
        rule_of: Gives the rule of a digest.
    """
    (
        lot, at, points, shares, bases, exact, multiplier, excluded, cut, programme, told, digest, room,
        taken, forgiven, share, multipliers, before,
    ) = json.loads(short)  # fmt: skip
    facts = facts_from(reference, known)
    award = Award(
        points=points,
        shares=tuple(shares),
        bases=tuple(bases),
        exact=_fraction(exact),
        multiplier=_fraction(multiplier),
        excluded=tuple(Excluded(_text(what), amount) for what, amount in excluded),
        cut=cut,
        rule=_text(programme),
    )
    return Awarded(
        reference=reference,
        lot=_text(lot, f"order:{reference}"),
        at=moment(at),
        known=facts,
        award=award,
        order=earner_of(facts) if told is None else _earner(told, reference),
        rule=rule_of(digest),
        multipliers=tuple(_fraction(one) for one in multipliers),
        room=room,
        taken=taken,
        forgiven=forgiven,
        share=_fraction(share),
        before=tuple(_text(one) for one in before),
    )


def facts_from(reference: str, known: str) -> OrderFacts:
    """Read what is known of an order."""
    paid, shipped, completed, back, gross, refunded, shipping, lines, parts = json.loads(known)
    return OrderFacts(
        reference=reference,
        paid_at=moment(paid),
        shipped_at=_moment(shipped),
        completed_at=_moment(completed),
        refunded_at=_moment(back),
        gross=gross,
        refunded=refunded,
        shipping=shipping,
        lines=tuple(lines),
        parts=None if parts is None else _earner(parts, reference),
    )


def done_from(key: str, short: str) -> Done:
    """Read what a command came to."""
    account, points, version, detail = json.loads(short)
    told = {name: one if isinstance(one, str) else _whole(one) for name, one in detail.items()}
    return Done(
        key=key, account=_text(account), points=_whole(points), version=_whole(version), detail=told
    )  # fmt: skip


def spending_from(key: str, account: str, order: str, short: str) -> Spending:
    """Read what a redemption spent: its columns, and what they do not say."""
    allocations, points, value, reward, pieces = json.loads(short)
    return Spending(
        key=key,
        account=account,
        allocations=tuple(Allocation(_text(lot), _whole(many)) for lot, many in allocations),
        points=_whole(points),
        value=_whole(value),
        order=order,
        reward=_text(reward),
        pieces=_whole(pieces),
    )


def _whole(number: object) -> int:
    if type(number) is not int:
        raise TypeError(f"a whole number, not {type(number).__name__}")
    return number


def _text(text: object, name: str | None = None) -> str:
    if text == 0 and name is not None:
        return name
    if not isinstance(text, str):
        raise TypeError(f"a text, not {type(text).__name__}")
    return text


def _moment(count: int | None) -> datetime | None:
    return None if count is None else moment(count)


def _lot(name: str, short: list[Any]) -> Lot:
    root, source, awarded, activates, expires, touched, limit, buckets, expiry, idle, owners = short
    pending, available, held, spent, expired, reversed_, moved = buckets
    return Lot(
        id=name,
        root=_text(root, name),
        source=_text(source, name),
        awarded_at=moment(awarded),
        activates_at=_moment(activates),
        expires_at=_moment(expires),
        touched_at=moment(touched),
        limit_at=_moment(limit),
        pending=pending,
        available=available,
        held=held,
        spent=spent,
        expired=expired,
        reversed=reversed_,
        moved=moved,
        expiry=_expiry(*expiry),
        idle=None if idle is None else _expiry(*idle),
        owners=tuple(_text(one) for one in owners),
    )


@lru_cache(maxsize=1024)
def _fraction(text: str) -> Fraction:
    """Read a fraction; most awards have the multiplier and the share of others, and round sums."""
    return Fraction(text)


@lru_cache(maxsize=256)
def _expiry(months: int | None, days: int | None, snap: Any, on: str | None, zone: str) -> Expiry:  # noqa: ANN401 - Expiry looks at it
    day = None if on is None else date.fromisoformat(on)
    return Expiry(months=months, days=days, snap=snap, on=day, zone=zone)


def _movement(short: list[Any], lots: tuple[Lot, ...]) -> Movement:
    lot, source, target, points = short
    name = lots[lot].id if isinstance(lot, int) else _text(lot)
    return Movement(name, None if source is None else BUCKETS[source], BUCKETS[target], points)


def _hold(short: list[Any]) -> Hold:
    name, allocations, ends_at, reference = short
    parts = tuple(Allocation(_text(lot), points) for lot, points in allocations)
    return Hold(id=_text(name), allocations=parts, ends_at=moment(ends_at), reference=_text(reference))


def _earner(short: list[Any], reference: str) -> Earner:
    name, lines, shipping, tax, by_points, by_gift_card = short
    return Earner(
        reference=_text(name, reference),
        lines=tuple(_line(*one) for one in lines),
        shipping=shipping,
        tax=tax,
        by_points=by_points,
        by_gift_card=by_gift_card,
    )


def _line(name: str, price: int, discount: int, rate: str | None, earns: bool) -> LineAmount:
    told = None if rate is None else Fraction(rate)
    return LineAmount(id=_text(name), price=price, discount=discount, rate=told, earns=earns)
