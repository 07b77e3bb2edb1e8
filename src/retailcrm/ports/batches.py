"""What a source yields: batches of columns, checked against one list of column names."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
from numpy.typing import NDArray

from retailcrm.analytics.columns import Coded, Texts

if TYPE_CHECKING:
    from collections.abc import Mapping

Column = Texts | Coded | NDArray[Any]


class Grain(StrEnum):
    """What one row of a batch is."""

    ORDERS = "orders"
    """One observation of one order."""

    LINES = "lines"
    """One line (sub-order, item) of an order."""

    REFUNDS = "refunds"
    """One refund; one that failed has the amount 0."""

    CUSTOMERS = "customers"
    """What a member list or registration form says of one person."""

    PRODUCTS = "products"
    """One product of the shop's catalogue."""

    REVIEWS = "reviews"
    """One review, with its second review where there is one."""

    PARCELS = "parcels"
    """One event of a parcel, or all that is known of a parcel in one row."""


_TEXT, _INSTANT, _WHOLE, _STATE = "text", "instant", "whole", "state"
_ANSWER, _GENDER, _BIRTHDAY, _EVENT = "answer", "gender", "birthday", "event"

COLUMNS: Final[Mapping[Grain, Mapping[str, str]]] = {
    Grain.ORDERS: {
        "number": _TEXT,
        "buyer": _TEXT,
        "state": _STATE,
        "placed_at": _INSTANT,
        "paid_at": _INSTANT,
        "shipped_at": _INSTANT,
        "received_at": _INSTANT,
        "completed_at": _INSTANT,
        "total": _WHOLE,
        "paid": _WHOLE,
        "postage": _WHOLE,
        "refunded": _WHOLE,
        "refunded_at": _INSTANT,
        "province": _TEXT,
        "city": _TEXT,
        "channel": _TEXT,
        "name": _TEXT,
        "phone": _TEXT,
        "email": _TEXT,
        "address": _TEXT,
        "gifts": _TEXT,
    },
    Grain.LINES: {
        "number": _TEXT,
        "line": _TEXT,
        "buyer": _TEXT,
        "state": _STATE,
        "placed_at": _INSTANT,
        "paid_at": _INSTANT,
        "product": _TEXT,
        "category": _TEXT,
        "quantity": _WHOLE,
        "amount": _WHOLE,
        "refunded": _WHOLE,
        "credit": "flag",
        "province": _TEXT,
        "city": _TEXT,
    },
    Grain.REFUNDS: {
        "refund": _TEXT,
        "number": _TEXT,
        "amount": _WHOLE,
        "settled_at": _INSTANT,
        "asked_at": _INSTANT,
        "reason": _TEXT,
    },
    Grain.CUSTOMERS: {
        "buyer": _TEXT,
        "name": _TEXT,
        "phone": _TEXT,
        "email": _TEXT,
        "address": _TEXT,
        "province": _TEXT,
        "city": _TEXT,
        "gender": _GENDER,
        "birthday": _BIRTHDAY,
        "joined_at": _INSTANT,
        "level": _TEXT,
        "points": _WHOLE,
        "source": _TEXT,
        "tags": _TEXT,
        "consent": _ANSWER,
        "consent_sms": _ANSWER,
        "consent_email": _ANSWER,
    },
    Grain.PRODUCTS: {
        "product": _TEXT,
        "title": _TEXT,
        "category": _TEXT,
        "cost": _WHOLE,
        "price": _WHOLE,
        "stock": _WHOLE,
        "on_shelf": _ANSWER,
        "on_shelf_since": _INSTANT,
    },
    Grain.REVIEWS: {
        "review": _TEXT,
        "number": _TEXT,
        "buyer": _TEXT,
        "product": _TEXT,
        "score": _WHOLE,
        "text": _TEXT,
        "at": _INSTANT,
        "second_text": _TEXT,
        "second_at": _INSTANT,
    },
    Grain.PARCELS: {
        "number": _TEXT,
        "parcel": _TEXT,
        "carrier": _TEXT,
        "event": _EVENT,
        "at": _INSTANT,
        "shipped_at": _INSTANT,
        "arrived_at": _INSTANT,
        "attempt_failed_at": _INSTANT,
        "unreachable_at": _INSTANT,
        "signed_at": _INSTANT,
        "returned_at": _INSTANT,
    },
}
"""Column names of each grain and their kind.

``text``: :class:`Texts` or :class:`Coded`. ``instant``: UTC ``datetime64[us]``, NaT missing.
``whole``: ``int64``, amounts in minor units, :data:`~retailcrm.analytics.columns.MISSING` missing.
``state``: ``int8`` :class:`~retailcrm.domain.orders.OrderState`, -1 missing. ``flag``: ``bool``.

``total`` is the amount due after discounts with postage, ``postage`` that part of it; ``paid`` is as
exported, before or after refunds (which of the two is found out for each file); ``refunded`` is paid
back so far. A refund's ``amount`` is 0 where it failed. ``name``, ``phone``, ``email`` and
``address`` of an order are the recipient's: read only where :attr:`SourceFile.personal` asks for them.

``answer``: ``int8``, 1 yes, 0 no, -1 missing. ``gender``: ``int8`` position in
:data:`~retailcrm.domain.customers.profile.GENDERS`, -1 missing. ``birthday``: ``int32``
:attr:`~retailcrm.domain.customers.Birthday.code`, -1 missing. ``event``: ``int8``
:class:`~retailcrm.domain.parcels.ParcelEvent`, -1 missing. A category is a path from the top down with
``/`` between levels, tags are joined by ``,``, a score is percent of full marks (0 to 100).
"""

KEYS: Final[Mapping[Grain, str]] = {
    Grain.ORDERS: "number",
    Grain.LINES: "number",
    Grain.REFUNDS: "number",
    Grain.CUSTOMERS: "buyer",
    Grain.PRODUCTS: "product",
    Grain.REVIEWS: "at",
    Grain.PARCELS: "number",
}
"""The column that every batch of a grain must have. Reviews without a number of their own are told
apart by who wrote what about which product and when."""

_DTYPES: Final[Mapping[str, str]] = {
    _INSTANT: "datetime64[us]",
    _WHOLE: "int64",
    _STATE: "int8",
    "flag": "bool",
    _ANSWER: "int8",
    _GENDER: "int8",
    _BIRTHDAY: "int32",
    _EVENT: "int8",
}


@attrs.frozen(kw_only=True)
class BuyerKey:
    """What the ``buyer`` column of a batch holds.

    Attributes:
        platform: Where the key is known: ``"taobao"``, ``"shopify"``, or a mapping's own word.
        kind: ``"nick"``, ``"id"``, ``"email"``, ``"phone"``, ...
        strength: Greatest strength the kind can have: 2 stable, 1 weak, 0 none. Values that look
            masked are taken as 0 whatever is said here.
    """

    platform: str
    kind: str
    strength: int = attrs.field(default=2, validator=attrs.validators.in_((0, 1, 2)))


@attrs.frozen(kw_only=True, eq=False)
class Batch:
    """Some rows of one file, as columns.

    Attributes:
        grain: What one row is.
        records: Record number of each row in its file, from 1; ``int64``, shape ``(n_rows,)``.
        columns: By name, see :data:`COLUMNS`; a name left out is a column that the file lacks,
            and erases nothing that an earlier file told.
        currency: ISO 4217 code of the amounts.
        buyer_key: What ``buyer`` holds; required where that column is given.
        blank: Blank records passed over since the last batch.
        again: How many of the rows stand for a record that a row of another batch has told of already:
            where one record is an order and a line of it, it is one record still.
        passed: Records left out since the last batch because the user asked for others only.

    Raises:
        ValueError: A column's name, kind or length is wrong, or more rows are told again than there are:
            the plugin is broken, not the file.
    """

    grain: Grain
    records: NDArray[np.int64]
    columns: Mapping[str, Column]
    currency: str
    buyer_key: BuyerKey | None = None
    blank: int = 0
    again: int = 0
    passed: int = 0

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.again <= len(self.records):
            raise ValueError(f"a batch of {len(self.records)} rows cannot tell {self.again} again")
        known = COLUMNS[self.grain]
        for name, column in self.columns.items():
            if name not in known:
                raise ValueError(
                    f"{self.grain} batches have no column {name!r}; they have: {', '.join(known)}"
                )
            _check_column(name, known[name], column, len(self.records))
        if KEYS[self.grain] not in self.columns:
            raise ValueError(f"a batch of {self.grain} needs the column {KEYS[self.grain]!r}")
        if "buyer" in self.columns and self.buyer_key is None:
            raise ValueError("a batch with the column 'buyer' needs a buyer_key")

    def __len__(self) -> int:
        return len(self.records)


def _check_column(name: str, kind: str, column: Column, rows: int) -> None:
    if len(column) != rows:
        raise ValueError(f"column {name!r} has {len(column)} rows, the batch has {rows}")
    if kind == _TEXT:
        if not isinstance(column, Texts | Coded):
            raise ValueError(f"column {name!r} must be Texts or Coded, not {type(column).__name__}")
    elif not isinstance(column, np.ndarray) or column.dtype != np.dtype(_DTYPES[kind]):
        raise ValueError(f"column {name!r} must be a numpy array of {_DTYPES[kind]}")
