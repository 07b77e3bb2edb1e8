"""Values of the ledger as canonical JSON, and back.

Accounts, entries, lots, awards, redemptions and what commands came to have a short form of their own
(:mod:`retailcrm.adapters.stores.sql.short`); the rest is written field by field as its class has them. Every
field is written out, so that a default which changes some day never changes what was written before it; one
that nobody knows is an error.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final, TypeVar

import attrs
import cattrs

from retailcrm.domain.labels import Label
from retailcrm.domain.points.documents import canonical, fraction_text, moment_text
from retailcrm.domain.points.referrals.states import Brought, Click, Flag, Stage
from retailcrm.domain.points.stocks import Aside, Stock
from retailcrm.domain.points.wallets import Cap, EarnBase, EarnRule
from retailcrm.errors import StoreError
from retailcrm.ports.ledger import RefundsTold

_T = TypeVar("_T")

_CLASSES: Final = (
    Cap, EarnBase, EarnRule, RefundsTold, Aside, Stock, Click, Flag, Brought,
)  # fmt: skip
"""What is written field by field, parts before what they are part of."""

_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_PROOF: Final = 16
_WRONG: Final = (TypeError, ValueError, KeyError, AttributeError, cattrs.ForbiddenExtraKeysError)
"""What a document that is none raises."""


def micros(moment: datetime) -> int:
    """Give a moment as microseconds since 1970, UTC.

    Example:
        >>> micros(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
        1000000
    """
    return (moment - _START) // _MICROSECOND


def some_micros(moment: datetime | None) -> int | None:
    """Give a moment that may be missing as microseconds since 1970, UTC."""
    return None if moment is None else micros(moment)


def moment(count: int) -> datetime:
    """Read microseconds since 1970."""
    return _START + timedelta(microseconds=count)


def proof(*values: object) -> str:
    """Give the digest of a row's values, by which a change of any of them is seen.

    Args:
        values: Texts, whole numbers and ``None``, in the order of the table's columns.

    Returns:
        16 hexadecimal digits: the first of the SHA-256 of the values' Python literals, joined by commas.

    Example:
        >>> proof("main", 1, None) == hashlib.sha256(b"'main',1,None").hexdigest()[:16]
        True
    """
    return hashlib.sha256(",".join(map(repr, values)).encode()).hexdigest()[:_PROOF]


def _converter() -> cattrs.Converter:
    made = cattrs.Converter(forbid_extra_keys=True, detailed_validation=False)
    made.register_unstructure_hook(datetime, moment_text)
    made.register_structure_hook(datetime, lambda text, _: datetime.fromisoformat(text))
    made.register_unstructure_hook(Fraction, fraction_text)
    made.register_structure_hook(Fraction, lambda text, _: Fraction(text))
    made.register_unstructure_hook(Label, list)
    made.register_structure_hook(Label, lambda both, _: Label(*both))
    # What a command came to says texts and whole numbers; both stay what they are.
    made.register_structure_hook(str | int, lambda value, _: value)
    made.register_structure_hook_func(lambda kind: kind is int, lambda value, _: _whole(value))
    names = {one.__name__: one for one in _CLASSES}
    known = names | {"datetime": datetime, "date": date, "Fraction": Fraction, "Label": Label, "Stage": Stage}
    for one in _CLASSES:
        attrs.resolve_types(one, localns=known | {"Mapping": Mapping})
    return made


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"a whole number, not {type(value).__name__}")
    return value


_CONVERTER: Final = _converter()


def written(value: Any) -> str:  # noqa: ANN401 - any of the classes above
    """Write a value as canonical JSON."""
    return canonical(_CONVERTER.unstructure(value))


def value_of(document: str, kind: type[_T]) -> _T:
    """Read a value.

    Args:
        document: What :func:`written` gave.
        kind: Its class.

    Raises:
        StoreError: The store holds something else there.
    """
    try:
        return _CONVERTER.structure(json.loads(document), kind)
    except _WRONG as error:
        raise StoreError(f"the store holds no {kind.__name__} where it should") from error


@lru_cache(maxsize=256)
def rule_document(rule: EarnRule) -> tuple[str, str]:
    """Give a rule of earning as canonical JSON, and its digest: awards name it by that."""
    document = written(rule)
    return hashlib.sha256(document.encode()).hexdigest()[:_PROOF], document
