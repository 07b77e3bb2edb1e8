"""Rows of the ledger as plain documents, read by hand: nothing that writes or reads them elsewhere is asked.

Stores keep short lists (:mod:`retailcrm.adapters.stores.sql.short`); the independent checker reads documents
as :mod:`retailcrm.domain.points.documents` writes them. Whatever is not of its kind raises.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from json import JSONDecoder
from typing import TYPE_CHECKING, Any, Final

from retailcrm.domain.points.checker.journals import BUCKETS

if TYPE_CHECKING:
    from collections.abc import Mapping

Doc = dict[str, Any]

_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_KEPT: Final = 1 << 12
_decode: Final = JSONDecoder().raw_decode
"""What reads JSON, without a look for blanks around it: what stores write has none."""


def read(text: object) -> Any:  # noqa: ANN401 - whatever JSON says
    """Read what a row keeps beside its columns.

    Raises:
        ValueError: It is no JSON.
        TypeError: It is no text.
    """
    if not isinstance(text, str):
        raise TypeError("no text")
    value, end = _decode(text)
    if end != len(text):
        raise ValueError("more than JSON")
    return value


@lru_cache(_KEPT, typed=True)
def moment_text(count: int) -> str:
    """Write microseconds since 1970 as documents write a moment.

    Raises:
        TypeError: It is no whole number.

    Example:
        >>> moment_text(1)
        '1970-01-01T00:00:00.000001+00:00'
    """
    if type(count) is not int:
        raise TypeError("no moment")
    return (_START + timedelta(microseconds=count)).isoformat(timespec="microseconds")


def entry_of(row: Mapping[str, Any]) -> Doc:
    """Give the document of an entry.

    Args:
        row: Of the table ``entries``.
    """
    lots, movements, debt, forgiven, opens, closes, reference, reason, actor = read(row["document"])
    key = row["key"]
    shown = [lot_of(_text(name, key), short) for name, short in lots]
    names = [lot["id"] for lot in shown]
    return {
        "schema": 1,
        "account": row["account"],
        "version": row["version"],
        "verb": row["verb"],
        "effective_at": moment_text(row["effective_at"]),
        "recorded_at": moment_text(row["recorded_at"]),
        "movements": [
            {
                "lot": lot if type(lot) is str else names[_place(lot, names)],
                "source": None if source is None else BUCKETS[_place(source, BUCKETS)],
                "target": BUCKETS[_place(target, BUCKETS)],
                "points": points,
            }
            for lot, source, target, points in movements
        ],
        "lots": shown,
        "debt": debt,
        "forgiven": forgiven,
        "opens": None if opens is None else hold_of(opens),
        "key": key,
        "closes": closes if type(closes) is str else _text(closes, key),
        "reference": reference if type(reference) is str else _text(reference, key),
        "reason": _text(reason),
        "actor": _text(actor),
    }


def moved_in(document: object, key: str) -> tuple[int, str]:
    """Give how many points an entry moved, and its reference.

    Args:
        document: Of the row.
        key: Of the entry.
    """
    _, movements, _, _, _, _, reference, _, _ = read(document)
    return sum(points for _, _, _, points in movements), _text(reference, key)


def lot_of(name: str, short: list[Any]) -> Doc:
    """Give the document of a lot.

    Args:
        name: Its id.
        short: All else of it.
    """
    root, source, awarded, activates, expires, touched, limit, buckets, expiry, idle, owners = short
    pending, available, held, spent, expired, reversed_, moved = buckets
    return {
        "id": name,
        "source": source if type(source) is str else _text(source, name),
        "awarded_at": moment_text(awarded),
        "activates_at": None if activates is None else moment_text(activates),
        "expires_at": None if expires is None else moment_text(expires),
        "touched_at": moment_text(touched),
        "limit_at": None if limit is None else moment_text(limit),
        "expiry": _expiry(expiry),
        "idle": None if idle is None else _expiry(idle),
        "root": root if type(root) is str else _text(root, name),
        "owners": [] if owners == [] else [_text(one) for one in owners],
        "buckets": {
            "pending": pending,
            "available": available,
            "held": held,
            "spent": spent,
            "expired": expired,
            "reversed": reversed_,
            "moved": moved,
        },
    }


def hold_of(short: list[Any]) -> Doc:
    """Give the document of a reservation."""
    name, allocations, ends_at, reference = short
    return {
        "id": _text(name),
        "allocations": [{"lot": _text(lot), "points": points} for lot, points in allocations],
        "ends_at": moment_text(ends_at),
        "reference": _text(reference),
    }


def open_of(document: object) -> Doc:
    """Give what of an account stands in no column: its open lots, its reservations, since when it owes."""
    lots, holds, debt_at = read(document)
    return {
        "lots": [lot_of(_text(name), short) for name, short in lots],
        "holds": [hold_of(one) for one in holds],
        "debt_at": None if debt_at is None else moment_text(debt_at),
    }


def award_of(row: Mapping[str, Any]) -> Doc:
    """Give what matters here of an award: its lot and rule, how many points were awarded and taken back.

    Args:
        row: Of the table ``awards``.
    """
    lot, _, points, _, _, _, _, _, _, _, _, rule, _, taken, forgiven, _, _, _ = read(row["document"])
    _, _, _, _, _, _, _, _, _ = read(row["known"])
    return {
        "lot": _text(lot, f"order:{row['reference']}"),
        "points": points,
        "rule": _text(rule),
        "taken": taken,
        "forgiven": forgiven,
    }


def done_of(document: object) -> Doc:
    """Give what matters here of what a command came to: the account, and its version afterwards."""
    account, points, version, detail = read(document)
    if type(points) is not int or type(version) is not int or type(detail) is not dict:
        raise TypeError("not what a command came to")
    return {"account": _text(account), "version": version}


def spending_of(document: object) -> Doc:
    """Give what a redemption still has of each lot, what it took at first, and what it bought."""
    allocations, points, value, reward, pieces = read(document)
    if any(type(number) is not int for number in (points, value, pieces)):
        raise TypeError("no redemption")
    left = [{"lot": _text(lot), "points": part} for lot, part in allocations]
    return {"allocations": left, "points": points, "reward": _text(reward), "pieces": pieces}


def _expiry(short: list[Any]) -> Doc:
    months, days, snap, on, zone = short
    return {"months": months, "days": days, "snap": snap, "on": on, "zone": zone}


def _text(text: object, name: str | None = None) -> str:
    """Read a text; 0 stands for a name that is known."""
    if type(text) is str:
        return text
    if name is None or type(text) is not int or text:
        raise TypeError("no text")
    return name


def _place(number: object, among: tuple[str, ...] | list[str]) -> int:
    """Read which one of several."""
    if type(number) is not int or not 0 <= number < len(among):
        raise ValueError("none of them")
    return number
