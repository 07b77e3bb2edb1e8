"""Shopify: orders and customers exports, told apart by their headers.

Columns are matched by name whatever their order or subset: shops without point of sale lack four, and
the platform has moved others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.adapters.sources.field import find_fields, header_name
from retailcrm.adapters.sources.shopify.columns import CUSTOMER, ORDER, RECIPIENT
from retailcrm.ports.hookspecs import hookimpl
from retailcrm.ports.sources import Match, Sample, Source, SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from retailcrm.domain.problems import Problem
    from retailcrm.ports.batches import Batch

_ORDERS, _CUSTOMERS = "orders export", "customers export"

_NEEDED: Final = {_ORDERS: "Name", _CUSTOMERS: "Email"}
_MARKS: Final = {
    _ORDERS: ("Financial Status", "Fulfillment Status", "Fulfilled at", "Lineitem name", "Lineitem quantity"),
    _CUSTOMERS: (
        *("Accepts Email Marketing", "Accepts SMS Marketing", "Accepts Marketing", "Tax Exempt"),
        *("Default Address Address1", "Default Address City", "Default Address Country Code"),
    ),
}
"""Column names of which one at least must be there."""

_OWN: Final = {
    _ORDERS: (
        *("Financial Status", "Fulfillment Status", "Fulfilled at", "Paid at", "Created at", "Total"),
        *("Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku", "Refunded Amount"),
        *("Lineitem discount", "Lineitem fulfillment status", "Cancelled at", "Shipping Province"),
    ),
    _CUSTOMERS: (
        *("Customer ID", "First Name", "Last Name", "Accepts Email Marketing", "Accepts SMS Marketing"),
        *("Accepts Marketing", "Total Spent", "Total Orders", "Tax Exempt", "Default Address Address1"),
        *("Default Address City", "Default Address Country Code", "Default Address Province Code"),
    ),
}
"""Column names that hardly stand together in anybody else's file."""

_LEAST: Final = 4


class Shopify:
    """Reads what a seller exports from the orders and customers pages of the Shopify admin."""

    name = "shopify"
    platform = "shopify"
    names_currency = True
    """Orders have a column of their currency: a shop that has none yet may take it from there."""

    def identify(self, sample: Sample) -> Match | None:
        """Recognise an export by its column names."""
        for row, cells in enumerate(sample.rows):
            kind, known = _kind(cells)
            if kind is not None:
                strength = min(95, 60 + 3 * known)
                return Match(strength=strength, reason=f"{kind}: {known} known column names", header_row=row)
        return None

    def exported_at(self, name: str, zone: str) -> datetime | None:  # noqa: ARG002 - names tell no moment
        """Tell no moment: files are always called ``orders_export_1.csv`` and ``customers_export.csv``."""
        return None

    def read(self, file: SourceFile) -> Iterator[Batch | Problem]:
        """Yield the records of one export."""
        # Both load Arrow.
        from retailcrm.adapters.sources.shopify.customers import read_customers  # noqa: PLC0415
        from retailcrm.adapters.sources.shopify.orders import read_orders  # noqa: PLC0415

        kind, _ = _kind(file.header)
        if kind == _CUSTOMERS:
            yield from read_customers(file, find_fields(file.header, CUSTOMER))
        else:
            fields = {**ORDER, **RECIPIENT} if file.personal else ORDER
            yield from read_orders(file, fields, find_fields(file.header, fields))


@hookimpl
def register_sources(register: Callable[[Source], None]) -> None:
    """Offer the Shopify reader."""
    register(Shopify())


def _kind(header: tuple[str, ...]) -> tuple[str | None, int]:
    """Say which export a header is, and by how many known columns."""
    there = {header_name(name) for name in header}
    best: tuple[str | None, int] = (None, 0)
    for kind, own in _OWN.items():
        known = _count(own, there)
        sure = _count((_NEEDED[kind],), there) and _count(_MARKS[kind], there)
        if sure and known >= _LEAST and known > best[1]:
            best = (kind, known)
    return best


def _count(names: tuple[str, ...], there: set[str]) -> int:
    return sum(header_name(name) in there for name in names)
