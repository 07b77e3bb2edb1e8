"""The column names and status texts of Shopify's exports, all forms in one table each.

Source: header rows of exports as seen in programs that read them. Forms differ in which of these
columns they have and where.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.adapters.sources.field import Field, Kind, header_name
from retailcrm.domain.orders import OrderState
from retailcrm.ports.batches import BuyerKey

if TYPE_CHECKING:
    from collections.abc import Mapping


CONTACT: Final = BuyerKey(platform="shopify", kind="contact", strength=2)
"""Orders have no customer number: an e-mail address, or else a phone, is all that joins them."""


def _table(texts: Mapping[OrderState, tuple[str, ...]]) -> Mapping[str, int]:
    """Turn a table of texts round; words may be joined by ``_`` or blanks."""
    spelt = [(text, state) for state, words in texts.items() for text in words]
    return {header_name(form): state for text, state in spelt for form in (text, text.replace("_", " "))}


FINANCIAL: Final = _table(
    {
        OrderState.PLACED: ("pending", "authorized", "partially_paid"),
        OrderState.PAID: ("paid", "partially_refunded"),
        OrderState.CLOSED: ("voided", "expired"),
        OrderState.REFUNDED: ("refunded",),
    }
)
"""Financial Status: what became of the money."""

FULFILLMENT: Final = _table(
    {
        # Restocked goods tell nothing of the money that went back: its own column does.
        OrderState.PLACED: (
            *("unfulfilled", "pending", "open", "in_progress", "on_hold", "scheduled", "restocked"),
            *("pending_fulfillment", "request_declined", "unshipped"),
        ),
        OrderState.SHIPPED: ("fulfilled", "partial", "partially_fulfilled", "shipped"),
    }
)
"""Fulfillment Status: what became of the goods; whatever is not shipped stands as placed."""

ANSWERS: Final[Mapping[str, int]] = {"yes": 1, "true": 1, "no": 0, "false": 0}
"""Whether a customer accepts marketing."""


def _named(*names: str) -> Field:
    return Field(names=names, kind=Kind.NAME)


def _amount(name: str) -> Field:
    return Field(names=(name,), kind=Kind.AMOUNT)


def _instant(name: str) -> Field:
    return Field(names=(name,), kind=Kind.INSTANT)


def _text(*names: str) -> Field:
    return Field(names=names, kind=Kind.TEXT)


ORDER: Final[Mapping[str, Field]] = {
    "number": Field(names=("Name",), kind=Kind.KEY, required=True),
    "id": Field(names=("Id",), kind=Kind.KEY),
    "email": _named("Email"),
    "phone": _named("Phone"),
    "financial": Field(names=("Financial Status",), kind=Kind.STATE, states=FINANCIAL),
    "fulfillment": Field(names=("Fulfillment Status",), kind=Kind.STATE, states=FULFILLMENT),
    "placed_at": _instant("Created at"),
    "paid_at": _instant("Paid at"),
    "shipped_at": _instant("Fulfilled at"),
    "cancelled_at": _instant("Cancelled at"),
    "currency": _text("Currency"),
    "total": _amount("Total"),
    "postage": Field(names=("Shipping",), kind=Kind.AMOUNT, lenient=True),
    "refunded": _amount("Refunded Amount"),
    "channel": _text("Source"),
    "province": _text("Shipping Province Name", "Shipping Province"),
    "city": _text("Shipping City"),
    "sku": _text("Lineitem sku"),
    "title": _text("Lineitem name"),
    "quantity": Field(names=("Lineitem quantity",), kind=Kind.COUNT),
    "price": Field(names=("Lineitem price",), kind=Kind.PRICE),
    "discount": _amount("Lineitem discount"),
}
"""Orders export: 79 columns, 75 without point of sale, and the older forms."""

RECIPIENT: Final[Mapping[str, Field]] = {
    "recipient": _named("Shipping Name"),
    "recipient_phone": Field(names=("Shipping Phone",), kind=Kind.PHONE),
    "recipient_email": Field(names=("Email",), kind=Kind.EMAIL),
    "address1": _named("Shipping Address1"),
    "address2": _named("Shipping Address2"),
    "zip": _named("Shipping Zip"),
    "country": _text("Shipping Country"),
}
"""Who receives an order: read only where it is asked for."""

CUSTOMER: Final[Mapping[str, Field]] = {
    "id": Field(names=("Customer ID",), kind=Kind.KEY),
    "contact_email": _named("Email"),
    "contact_phone": _named("Phone"),
    "first_name": _named("First Name"),
    "last_name": _named("Last Name"),
    "email": Field(names=("Email",), kind=Kind.EMAIL),
    "phone": Field(names=("Phone",), kind=Kind.PHONE),
    "address1": _named("Default Address Address1", "Address1"),
    "address2": _named("Default Address Address2", "Address2"),
    "city": _text("Default Address City", "City"),
    "province": _text(
        "Default Address Province", "Province", "Default Address Province Code", "Province Code"
    ),
    "zip": _named("Default Address Zip", "Zip"),
    "country": _text("Default Address Country", "Country", "Default Address Country Code", "Country Code"),
    "tags": Field(names=("Tags",), kind=Kind.TAGS),
    "consent": Field(names=("Accepts Marketing",), kind=Kind.ANSWER, states=ANSWERS),
    "consent_email": Field(names=("Accepts Email Marketing",), kind=Kind.ANSWER, states=ANSWERS),
    "consent_sms": Field(names=("Accepts SMS Marketing",), kind=Kind.ANSWER, states=ANSWERS),
}
"""Customers export: today's 20 columns with whatever follows them, and the older form."""
