"""What each grain of a mapping may say: its fields, those that every record needs, and its sections."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.adapters.sources.field import Kind
from retailcrm.ports.batches import COLUMNS, Grain

if TYPE_CHECKING:
    from collections.abc import Mapping

PERSONAL: Final = frozenset({"name", "phone", "email", "address"})
"""Fields of an order that are its recipient's: read only where the user asks for them."""

_ANY: Final = frozenset({"name", "grain", "zone", "currency", "platform", "file", "columns", "keep"})
_INSTANT_WORDS: Final = ("placed_at", "paid_at")
_PLACE: Final = {"province": Kind.TEXT, "city": Kind.TEXT}
_SALE: Final = {
    "number": Kind.KEY,
    "buyer": Kind.NAME,
    "state": Kind.STATE,
    **dict.fromkeys(_INSTANT_WORDS, Kind.INSTANT),
    "refunded": Kind.AMOUNT,
    "quantity": Kind.COUNT,
    "unit_price": Kind.PRICE,
    **_PLACE,
}
_PEOPLE: Final = {"name": Kind.NAME, "phone": Kind.PHONE, "email": Kind.EMAIL, "address": Kind.NAME}


def _with_any(sections: frozenset[str]) -> frozenset[str]:
    return _ANY | sections


@attrs.frozen(kw_only=True)
class GrainForm:
    """What a mapping of one grain may say.

    Attributes:
        word: The grain, as mappings write it.
        fields: Its fields, and how each is read.
        always: A record without these, where the mapping names them, is rejected.
        sections: The settings and sections that mean something.
        lenient: A value that cannot be read is left out with a warning, and the record stays.
        repeats: A key stands on several rows.
    """

    word: str
    fields: Mapping[str, Kind]
    always: frozenset[str]
    sections: frozenset[str] = attrs.field(converter=_with_any)
    lenient: bool = False
    repeats: bool = False


_SALE_SECTIONS: Final = frozenset({"money", "buyer", "states", "constants", "cancel", "key"})
_SALE_ALWAYS: Final = frozenset({"number", "placed_at", "quantity", "unit_price"})

FORMS: Final[Mapping[Grain, GrainForm]] = MappingProxyType(
    {
        Grain.ORDERS: GrainForm(
            word="order",
            fields={
                **_SALE,
                **dict.fromkeys(("shipped_at", "received_at", "completed_at", "refunded_at"), Kind.INSTANT),
                **dict.fromkeys(("total", "paid", "postage"), Kind.AMOUNT),
                "channel": Kind.TEXT,
                "gifts": Kind.TEXT,
                **_PEOPLE,
            },
            always=_SALE_ALWAYS,
            sections=_SALE_SECTIONS,
        ),
        Grain.LINES: GrainForm(
            word="line",
            fields={
                **_SALE,
                # The lines of an order repeat its buyer; orders seldom do.
                "buyer": Kind.TEXT,
                "line": Kind.KEY,
                "product": Kind.TEXT,
                "category": Kind.PATH,
                "amount": Kind.AMOUNT,
            },
            always=_SALE_ALWAYS | {"amount"},
            sections=_SALE_SECTIONS,
            repeats=True,
        ),
        Grain.CUSTOMERS: GrainForm(
            word="customer",
            fields={
                "buyer": Kind.NAME,
                **_PEOPLE,
                **_PLACE,
                "gender": Kind.GENDER,
                "birthday": Kind.BIRTHDAY,
                "joined_at": Kind.INSTANT,
                "level": Kind.TEXT,
                "points": Kind.COUNT,
                "source": Kind.TEXT,
                "tags": Kind.TAGS,
                **dict.fromkeys(("consent", "consent_sms", "consent_email"), Kind.ANSWER),
            },
            always=frozenset({"buyer"}),
            sections=frozenset({"buyer", "genders", "answers"}),
            lenient=True,
        ),
        Grain.PRODUCTS: GrainForm(
            word="product",
            fields={
                "product": Kind.NAME,
                "title": Kind.NAME,
                "category": Kind.PATH,
                **dict.fromkeys(("cost", "price"), Kind.AMOUNT),
                "stock": Kind.COUNT,
                "on_shelf": Kind.ANSWER,
                "on_shelf_since": Kind.INSTANT,
            },
            always=frozenset({"product"}),
            sections=frozenset({"answers"}),
            lenient=True,
        ),
        Grain.REFUNDS: GrainForm(
            word="refund",
            fields={
                "refund": Kind.KEY,
                "number": Kind.KEY,
                "amount": Kind.AMOUNT,
                **dict.fromkeys(("settled_at", "asked_at"), Kind.INSTANT),
                "reason": Kind.TEXT,
            },
            always=frozenset({"refund", "number", "amount"}),
            sections=frozenset({"key"}),
        ),
        Grain.REVIEWS: GrainForm(
            word="review",
            fields={
                **dict.fromkeys(("review", "number"), Kind.KEY),
                **dict.fromkeys(("buyer", "product"), Kind.TEXT),
                "score": Kind.SCORE,
                **dict.fromkeys(("text", "second_text"), Kind.NAME),
                **dict.fromkeys(("at", "second_at"), Kind.INSTANT),
            },
            always=frozenset(),
            sections=frozenset({"buyer", "scores", "score"}),
            lenient=True,
        ),
        Grain.PARCELS: GrainForm(
            word="parcel",
            fields={
                **dict.fromkeys(("number", "parcel"), Kind.KEY),
                "carrier": Kind.TEXT,
                "event": Kind.EVENT,
                **{name: Kind.INSTANT for name, kind in COLUMNS[Grain.PARCELS].items() if kind == "instant"},
            },
            always=frozenset({"number", "event", "at"}),
            sections=frozenset({"events"}),
            repeats=True,
        ),
    }
)
"""The grains, in the order of the guide."""

GRAINS: Final[Mapping[str, Grain]] = MappingProxyType({form.word: grain for grain, form in FORMS.items()})

SECTIONS: Final = frozenset().union(*(form.sections for form in FORMS.values()))
"""Every setting and section of any grain."""

EVERY_FIELD: Final = frozenset(name for form in FORMS.values() for name in form.fields)


def base(name: str) -> str:
    """Give the field that a column belongs to: ``category.1`` holds the top level of ``category``."""
    return name.partition(".")[0]
