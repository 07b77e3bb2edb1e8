"""Points as plain documents: what a store keeps, a file carries and a checker reads.

A document is made of dictionaries, lists, texts, whole numbers and nothing else. Moments are ISO 8601 in
UTC with microseconds, words of an enumeration stand for themselves, exact fractions are ``"n/d"``. Every
field is written out, so that a default which changes some day never changes what was written before it.
"""

from __future__ import annotations

import hashlib
import json
import json.encoder
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from retailcrm.domain.periods import in_utc
from retailcrm.domain.points.account import Account
from retailcrm.domain.points.earning import Award, Excluded
from retailcrm.domain.points.entries import Entry, Movement, Verb
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.fields import Fields, read, whole
from retailcrm.domain.points.holds import Allocation, Hold
from retailcrm.domain.points.lots import Bucket, Lot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from fractions import Fraction

Document = dict[str, Any]
"""What JSON can say."""

SCHEMA: Final = 1
"""Version of all documents of this module; a reader refuses any other."""

_TEXTS: Final = ("key", "closes", "reference", "reason", "actor")
_LOT_MOMENTS: Final = ("awarded_at", "activates_at", "expires_at", "touched_at", "limit_at")


def canonical(document: object) -> str:
    """Write a document as JSON in the one way in which it is hashed.

    Example:
        >>> canonical({"b": 1, "a": "积分"})
        '{"a":"积分","b":1}'
    """
    return _encode(document)


def writer(default: Callable[[object], object] | None = None) -> Callable[[object], str]:
    """Give what writes documents: the standard library's writer, made once and not for every document.

    Args:
        default: Gives something that JSON can say for what it cannot; without it such a thing is an error.
    """
    encoder = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=default)
    written_in_c: Any = getattr(json.encoder, "c_make_encoder", None)
    if written_in_c is None:
        return encoder.encode
    text = json.encoder.encode_basestring
    parts = written_in_c(None, encoder.default, text, None, ":", ",", True, False, True)
    return lambda document: "".join(parts(document, 0))


_encode: Final = writer()


def state_hash(account: Account) -> str:
    """Give a digest of an account: the same operations give the same one, whatever keeps them.

    Args:
        account: As it is.

    Returns:
        SHA-256 of its canonical document, 64 hexadecimal digits.

    Example:
        >>> state_hash(Account(id="ann"))[:12]
        '03e479f70855'
    """
    return hashlib.sha256(canonical(account_document(account)).encode()).hexdigest()


@lru_cache(maxsize=1 << 14)
def moment_text(moment: datetime | None) -> str | None:
    """Write a moment in UTC with microseconds.

    Example:
        >>> from datetime import datetime
        >>> moment_text(datetime.fromisoformat("2024-01-01T08:00:00+08:00"))
        '2024-01-01T00:00:00.000000+00:00'
    """
    return None if moment is None else in_utc(moment).isoformat(timespec="microseconds")


def fraction_text(value: Fraction) -> str:
    """Write an exact number.

    Example:
        >>> from fractions import Fraction
        >>> fraction_text(Fraction(3))
        '3/1'
    """
    return f"{value.numerator}/{value.denominator}"


def entry_document(entry: Entry) -> Document:
    """Write an entry as a document.

    Args:
        entry: Any entry.

    Returns:
        What :func:`entry_from` reads back as the very same entry.
    """
    return entry_frame(entry) | {"lots": [lot_document(lot) for lot in entry.lots]}


def entry_frame(entry: Entry) -> Document:
    """Write an entry without its lots, for whoever has written these already."""
    return {
        "schema": SCHEMA,
        "account": entry.account,
        "version": entry.version,
        "verb": entry.verb.value,
        "effective_at": moment_text(entry.effective_at),
        "recorded_at": moment_text(entry.recorded_at),
        "movements": [
            {
                "lot": one.lot,
                "source": None if one.source is None else one.source.value,
                "target": one.target.value,
                "points": one.points,
            }
            for one in entry.movements
        ],
        "debt": entry.debt,
        "forgiven": entry.forgiven,
        "opens": None if entry.opens is None else hold_document(entry.opens),
        **{name: getattr(entry, name) for name in _TEXTS},
    }


def entry_from(document: Mapping[str, Any]) -> Entry:
    """Read an entry.

    Raises:
        InputError: It is no document of an entry, or one of another version of this format.
    """

    def build(fields: Fields) -> Entry:
        opens = fields.take("opens")
        return Entry(
            account=fields.text("account"),
            version=fields.whole("version"),
            verb=Verb(fields.text("verb")),
            effective_at=fields.known_moment("effective_at"),
            recorded_at=fields.known_moment("recorded_at"),
            movements=tuple(_movement_from(one) for one in fields.take("movements")),
            lots=tuple(lot_from(one) for one in fields.take("lots")),
            debt=fields.whole("debt"),
            forgiven=fields.whole("forgiven"),
            opens=None if opens is None else hold_from(opens),
            **{name: fields.text(name) for name in _TEXTS},
        )

    return read("an entry", document, build, schema=SCHEMA)


def account_document(account: Account) -> Document:
    """Write an account as a document.

    Args:
        account: As it is.

    Returns:
        What :func:`account_from` reads back as the very same account.
    """
    return account_frame(account) | {"lots": [lot_document(lot) for lot in account.lots]}


def account_frame(account: Account) -> Document:
    """Write an account without its lots, for whoever has written these already."""
    return {
        "schema": SCHEMA,
        "id": account.id,
        "version": account.version,
        "recorded_at": moment_text(account.recorded_at),
        "holds": [hold_document(hold) for hold in account.holds],
        "debt": account.debt,
        "debt_at": moment_text(account.debt_at),
        "settled_at": moment_text(account.settled_at),
    }


def account_from(document: Mapping[str, Any]) -> Account:
    """Read an account.

    Raises:
        InputError: It is no document of an account, or one of another version of this format.
    """

    def build(fields: Fields) -> Account:
        return Account(
            id=fields.text("id"),
            version=fields.whole("version"),
            recorded_at=fields.moment("recorded_at"),
            lots=tuple(lot_from(one) for one in fields.take("lots")),
            holds=tuple(hold_from(one) for one in fields.take("holds")),
            debt=fields.whole("debt"),
            debt_at=fields.moment("debt_at"),
            settled_at=fields.moment("settled_at"),
        )

    return read("an account", document, build, schema=SCHEMA)


def award_document(award: Award) -> Document:
    """Write an award as a document.

    Args:
        award: What an order earned.

    Returns:
        What :func:`award_from` reads back as the very same award.
    """
    return {
        "schema": SCHEMA,
        "points": award.points,
        "shares": list(award.shares),
        "bases": list(award.bases),
        "exact": fraction_text(award.exact),
        "multiplier": fraction_text(award.multiplier),
        "excluded": [{"what": one.what, "amount": one.amount} for one in award.excluded],
        "cut": award.cut,
        "rule": award.rule,
    }


def award_from(document: Mapping[str, Any]) -> Award:
    """Read an award.

    Raises:
        InputError: It is no document of an award, or one of another version of this format.
    """

    def build(fields: Fields) -> Award:
        return Award(
            points=fields.whole("points"),
            shares=tuple(whole(one) for one in fields.take("shares")),
            bases=tuple(whole(one) for one in fields.take("bases")),
            exact=fields.fraction("exact"),
            multiplier=fields.fraction("multiplier"),
            excluded=tuple(
                read("a part", one, lambda part: Excluded(part.text("what"), part.whole("amount")))
                for one in fields.take("excluded")
            ),
            cut=fields.whole("cut"),
            rule=fields.text("rule"),
        )

    return read("an award", document, build, schema=SCHEMA)


def lot_document(lot: Lot) -> Document:
    """Write a lot as a document, a part of others."""
    return {
        "id": lot.id,
        "source": lot.source,
        **{name: moment_text(getattr(lot, name)) for name in _LOT_MOMENTS},
        "expiry": expiry_document(lot.expiry),
        "idle": None if lot.idle is None else expiry_document(lot.idle),
        "root": lot.root,
        "owners": list(lot.owners),
        "buckets": {bucket.value: getattr(lot, bucket) for bucket in Bucket},
    }


def lot_from(document: Mapping[str, Any]) -> Lot:
    """Read a lot.

    Raises:
        InputError: It is no document of a lot.
    """

    def build(fields: Fields) -> Lot:
        idle = fields.take("idle")
        buckets: dict[str, Any] = read(
            "buckets", fields.take("buckets"), lambda each: {str(name): each.whole(name) for name in Bucket}
        )
        moments: dict[str, Any] = {name: fields.moment(name) for name in _LOT_MOMENTS}
        return Lot(
            id=fields.text("id"),
            source=fields.text("source"),
            expiry=expiry_from(fields.take("expiry")),
            idle=None if idle is None else expiry_from(idle),
            root=fields.text("root"),
            owners=fields.texts("owners"),
            **moments,
            **buckets,
        )

    return read("a lot", document, build)


def hold_document(hold: Hold) -> Document:
    """Write a reservation as a document, a part of others."""
    return {
        "id": hold.id,
        "allocations": [{"lot": one.lot, "points": one.points} for one in hold.allocations],
        "ends_at": moment_text(hold.ends_at),
        "reference": hold.reference,
    }


def hold_from(document: Mapping[str, Any]) -> Hold:
    """Read a reservation.

    Raises:
        InputError: It is no document of a reservation.
    """

    def build(fields: Fields) -> Hold:
        return Hold(
            id=fields.text("id"),
            allocations=tuple(
                read("an allocation", one, lambda part: Allocation(part.text("lot"), part.whole("points")))
                for one in fields.take("allocations")
            ),
            ends_at=fields.known_moment("ends_at"),
            reference=fields.text("reference"),
        )

    return read("a reservation", document, build)


def expiry_document(expiry: Expiry) -> Document:
    """Write a rule of expiry as a document, a part of others."""
    return {
        "months": expiry.months,
        "days": expiry.days,
        "snap": expiry.snap,
        "on": None if expiry.on is None else expiry.on.isoformat(),
        "zone": expiry.zone,
    }


def expiry_from(document: Mapping[str, Any]) -> Expiry:
    """Read a rule of expiry.

    Raises:
        InputError: It is no document of such a rule.
    """

    def build(fields: Fields) -> Expiry:
        months, days, on, snap = (fields.take(name) for name in ("months", "days", "on", "snap"))
        return Expiry(
            months=None if months is None else whole(months),
            days=None if days is None else whole(days),
            snap=snap,
            on=None if on is None else date.fromisoformat(on),
            zone=fields.text("zone"),
        )

    return read("a rule of expiry", document, build)


def _movement_from(document: Mapping[str, Any]) -> Movement:
    def build(fields: Fields) -> Movement:
        source = fields.take("source")
        return Movement(
            lot=fields.text("lot"),
            source=None if source is None else Bucket(source),
            target=Bucket(fields.text("target")),
            points=fields.whole("points"),
        )

    return read("a movement", document, build)
