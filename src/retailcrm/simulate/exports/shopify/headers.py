"""Header rows of the Shopify exports, in their order."""

from __future__ import annotations

from typing import Final


def _columns(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


_ADDRESS: Final = (
    *("Name", "Street", "Address1", "Address2", "Company"),
    *("City", "Zip", "Province", "Country", "Phone"),
)

ORDERS: Final = (
    *_columns(
        "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,"
        "Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,"
        "Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,"
        "Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status"
    ),
    *(f"{whose} {part}" for whose in ("Billing", "Shipping") for part in _ADDRESS),
    *_columns(
        "Notes,Note Attributes,Cancelled at,Payment Method,Payment Reference,Refunded Amount,Vendor,"
        "Outstanding Balance,Employee,Location,Device ID,Id,Tags,Risk Level,Source,Lineitem discount"
    ),
    *(f"Tax {i} {part}" for i in range(1, 6) for part in ("Name", "Value")),
    *_columns(
        "Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,Payment ID,"
        "Payment Terms Name,Next Payment Due At,Payment References"
    ),
)
"""The 79 columns of ``orders_export``."""

CUSTOMERS: Final = (
    *_columns("Customer ID,First Name,Last Name,Email,Accepts Email Marketing"),
    *(f"Default Address {part}" for part in ("Company", "Address1", "Address2", "City")),
    *(f"Default Address {part}" for part in ("Province Code", "Country Code", "Zip", "Phone")),
    *_columns("Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags"),
)
"""The 20 columns of ``customers_export``."""
