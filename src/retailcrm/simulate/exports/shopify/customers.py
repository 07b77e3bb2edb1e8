"""``customers_export``: a row a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.simulate.exports.shopify import headers, people
from retailcrm.simulate.exports.shopify.cells import body, either, pool
from retailcrm.simulate.pages import digits, number
from retailcrm.simulate.shop import chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.simulate.baskets import Ints
    from retailcrm.simulate.pages import Part
    from retailcrm.simulate.shop import SimulatedShop

_PAGE: Final = 1 << 13
_FIRST_ID, _ID_STEP, _ID_WIDTH = 6_940_112_000_000, 33_067, 13
_TAGS: Final = ("", "", "newsletter", "repeat, newsletter")


def customers_export(shop: SimulatedShop) -> Iterator[bytes | bytearray]:
    """Write everybody who ordered, page by page.

    Args:
        shop: The shop.

    Yields:
        Bytes: the header, then rows.
    """
    orders = np.bincount(shop.customer, minlength=shop.customers)
    # Unpaid orders add nothing; sums of a few orders stay exact in float64's 53 bits.
    spent = np.bincount(shop.customer, shop.paid, shop.customers).astype(np.int64)
    yield (",".join(headers.CUSTOMERS) + "\n").encode()
    for customer in chunks(np.arange(shop.customers), _PAGE):
        columns = _columns(shop, customer, orders[customer], spent[customer])
        yield body(headers.CUSTOMERS, columns, len(customer))


def _columns(shop: SimulatedShop, customer: Ints, orders: Ints, spent: Ints) -> dict[str, list[Part]]:
    draws = shop.draws
    given, surname = people.names(draws, customer)
    where = people.address(draws, customer)
    home = ("Address1", "Address2", "City", "Zip")
    by_mail, by_phone = (
        people.consents(draws, customer, choice)
        for choice in (people.Choice.EMAIL_CONSENT, people.Choice.PHONE_CONSENT)
    )
    return {f"Default Address {part}": where[part] for part in home} | {
        "Customer ID": [b"'", number(customer * _ID_STEP + _FIRST_ID, _ID_WIDTH)],
        "First Name": given,
        "Last Name": surname,
        "Email": people.email(draws, customer),
        "Accepts Email Marketing": either(by_mail, "yes", "no"),
        "Default Address Province Code": where["Province"],
        "Default Address Country Code": where["Country"],
        "Phone": people.phone(draws, customer),
        "Accepts SMS Marketing": either(by_phone, "yes", "no"),
        "Total Spent": [number(spent // 100, 9), b".", digits(spent % 100, 2)],
        "Total Orders": [number(orders, 4)],
        "Tax Exempt": [b"no"],
        "Tags": [pool(_TAGS)[customer % len(_TAGS)]],
    }
