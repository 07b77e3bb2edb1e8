"""``orders_export``: a row a line, of which an order's first one tells of the order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.domain.orders import OrderState
from retailcrm.simulate import words
from retailcrm.simulate.baskets import prices
from retailcrm.simulate.exports.shopify import headers, people
from retailcrm.simulate.exports.shopify.cells import body, either, only, pool, stamps
from retailcrm.simulate.exports.views import View
from retailcrm.simulate.foods import FOODS, SHOP_NAME
from retailcrm.simulate.pages import money, number
from retailcrm.simulate.progress import CLOSES_AFTER
from retailcrm.simulate.randomness import below
from retailcrm.simulate.shop import chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.simulate.baskets import Ints
    from retailcrm.simulate.pages import Calendar, Part
    from retailcrm.simulate.progress import Instants
    from retailcrm.simulate.shop import SimulatedShop

_PAGE: Final = 1 << 13
_FIRST_NUMBER: Final = 1001
_FIRST_ID, _ID_STEP, _ID_WIDTH = 7_210_448_000_000, 33_067, 13
_NOTE_ODDS: Final = 12
_TAGS: Final = ("", "", "", "wholesale", "repeat, newsletter", "gift")
_PAID_WITH: Final = ("Shopify Payments", "PayPal Express Checkout", "manual")
_FINANCIAL: Final = ("pending", "paid", "partially_refunded", "refunded", "voided", "expired")


@attrs.frozen(kw_only=True)
class Form:
    """How the files are written.

    Attributes:
        ids: Whether there is a column ``Id``.
        currency: What the column ``Currency`` says.
        zone: IANA zone of times.
        calendar: Dates to write.
    """

    ids: bool
    currency: str
    zone: str
    calendar: Calendar

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names."""
        return tuple(name for name in headers.ORDERS if self.ids or name != "Id")

    def stamp(self, times: Instants) -> list[Part]:
        """Spell instants."""
        return stamps(times, self.zone, self.calendar)


def orders_export(shop: SimulatedShop, rows: Ints, form: Form) -> Iterator[bytes | bytearray]:
    """Write some orders page by page.

    Args:
        shop: The shop.
        rows: Which orders, in the order in which they are written.
        form: How.

    Yields:
        Bytes: the header, then rows.
    """
    yield (",".join(form.columns) + "\n").encode()
    for part in chunks(rows, _PAGE):
        orders = View(shop, part, shop.as_of, form.calendar)
        row, place = np.nonzero(orders.baskets.quantity)
        lines = orders.take(row)
        first = np.append(True, row[1:] != row[:-1])
        told = _of_order(lines, form) | _of_money(lines) | _of_buyer(lines)
        columns = {name: only(cells, first) for name, cells in told.items()}
        columns |= _of_line(orders, row, place)
        columns |= {
            "Name": [b"#", number(lines.rows + _FIRST_NUMBER, 10)],
            "Email": people.email(lines.draws, lines.customer),
        }
        yield body(form.columns, columns, len(row))


def _of_order(view: View, form: Form) -> dict[str, list[Part]]:
    """Number, status and times."""
    serial = view.rows * _ID_STEP + _FIRST_ID
    closed = view.state == OrderState.CLOSED
    never = np.datetime64("NaT", "us")
    cancelled = np.where(closed, view.known.placed_at + CLOSES_AFTER, never)
    returned = (view.state == OrderState.REFUNDED) & ~view.is_shipped
    cancelled = np.where(returned, view.known.refunded_at, cancelled)
    draw = below(view.draws.of(people.Choice.ORDER, view.key), 10_000)
    note = np.minimum(draw % (len(words.MESSAGES) * _NOTE_ODDS), len(words.MESSAGES))
    return {
        "Id": [b"'", number(serial, _ID_WIDTH)],
        "Financial Status": [pool(_FINANCIAL)[_financial(view)]],
        "Created at": form.stamp(view.known.placed_at),
        "Paid at": form.stamp(view.known.paid_at),
        "Fulfilled at": form.stamp(view.known.shipped_at),
        "Cancelled at": form.stamp(cancelled),
        "Fulfillment Status": [
            pool(("unfulfilled", "fulfilled", "restocked"))[np.where(returned, 2, view.is_shipped)]
        ],
        "Currency": [form.currency.encode()],
        "Notes": [pool((*words.MESSAGES, ""))[note]],
        "Tags": [pool(_TAGS)[draw % len(_TAGS)]],
        "Risk Level": [b"Low"],
        "Source": [pool(("web", "iphone"))[view.channel]],
        "Payment Method": [pool(_PAID_WITH)[draw % len(_PAID_WITH)]],
        "Shipping Method": [b"Standard"],
    }


def _financial(view: View) -> Ints:
    """Say what became of the money: a position in the list of words for it."""
    partly = (view.known.refund > 0) & (view.known.refund < view.total)
    expired = 4 + below(view.draws.of(people.Choice.ORDER, view.key), 2, low=True)
    states = [OrderState.PLACED, OrderState.CLOSED, OrderState.REFUNDED]
    met = [view.state == state for state in states]
    return np.select([*met, partly], [np.int64(0), expired, np.int64(3), np.int64(2)], np.int64(1))


def _of_money(view: View) -> dict[str, list[Part]]:
    """What the order costs, and what went back."""
    baskets = view.baskets
    code = np.where(baskets.discount > 0, 1, 0)
    return {
        "Subtotal": [money(baskets.goods - baskets.discount)],
        "Shipping": [money(baskets.postage)],
        "Taxes": [b"0.00"],
        "Total": [money(view.total)],
        "Discount Code": [pool(("", "WELCOME"))[code]],
        "Discount Amount": [money(baskets.discount)],
        "Refunded Amount": [money(view.known.refund)],
        "Outstanding Balance": [money(np.where(view.state == OrderState.PLACED, view.total, 0))],
    }


def _of_buyer(view: View) -> dict[str, list[Part]]:
    """Who ordered, and where to."""
    draws, customer = view.draws, view.customer
    given, surname = people.names(draws, customer)
    where = people.address(draws, customer) | {"Name": [*given, b" ", *surname]}
    columns = {f"{whose} {part}": cells for whose in ("Billing", "Shipping") for part, cells in where.items()}
    columns |= {f"{whose} Province Name": where["Province"] for whose in ("Billing", "Shipping")}
    accepts = people.consents(draws, customer, people.Choice.EMAIL_CONSENT)
    return columns | {
        "Phone": people.phone(draws, customer),
        "Accepts Marketing": either(accepts, "yes", "no"),
    }


def _of_line(orders: View, row: Ints, place: Ints) -> dict[str, list[Part]]:
    """What a row sells: gifts have no sku."""
    baskets = orders.baskets
    product = baskets.product[row, place]
    sku = pool(tuple(food.code if food.price else "" for food in FOODS))
    sent = orders.is_shipped[row]
    return {
        "Lineitem quantity": [number(baskets.quantity[row, place], 2)],
        "Lineitem name": [pool(tuple(food.title for food in FOODS))[product]],
        "Lineitem price": [money(prices()[product])],
        "Lineitem sku": [sku[product]],
        "Lineitem requires shipping": [b"true"],
        "Lineitem taxable": [b"false"],
        "Lineitem fulfillment status": either(sent, "fulfilled", "pending"),
        "Lineitem discount": [money((baskets.amount - baskets.line_due)[row, place])],
        "Vendor": [SHOP_NAME.encode()],
    }
