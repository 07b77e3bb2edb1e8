"""The Shopify exports, read back with nothing but the standard library."""

import csv
import re
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from retailcrm.domain.orders import OrderState
from retailcrm.errors import SettingsError
from retailcrm.simulate import FOODS, ShopSpec, simulate_shop, write_shopify_exports

NUMBER = re.compile(r"'\+1[2-9]\d\d55501\d\d")
MONEY = {
    "pending": {OrderState.PLACED},
    "paid": {OrderState.PAID, OrderState.SHIPPED, OrderState.COMPLETED},
    "partially_refunded": {OrderState.PAID, OrderState.SHIPPED, OrderState.COMPLETED},
    "refunded": {OrderState.REFUNDED},
    "voided": {OrderState.CLOSED},
    "expired": {OrderState.CLOSED},
}


@pytest.fixture(scope="module")
def shop():
    """A small shop over eighteen months."""
    return simulate_shop(ShopSpec(seed=2023, customers=900))


@pytest.fixture(scope="module")
def files(shop, tmp_path_factory):
    """Its exports."""
    return write_shopify_exports(shop, tmp_path_factory.mktemp("exports") / "new")


def read(path):
    """Read a CSV strictly."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.fixture(scope="module")
def orders(files):
    """The rows of each order by its name."""
    found = defaultdict(list)
    for path in files[:-1]:
        for row in read(path):
            found[row["Name"]].append(row)
    return found


def cents(text):
    """Read an amount exactly."""
    return int(Decimal(text) * 100)


def instant(text):
    """Read a time with its offset; nothing where there is none."""
    return np.datetime64("NaT", "us") if not text else np.datetime64(_utc(text), "us")


def _utc(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def test_the_headers_are_shopifys(files):
    """All 79 columns of orders and 20 of customers stand there, each once."""
    for path, columns in zip(files, (79, 79, 20), strict=True):
        header = path.read_text("utf-8").split("\n", 1)[0].split(",")
        assert len(header) == len(set(header)) == columns


def test_every_order_is_there_with_all_its_facts(shop, orders):
    """The first row of each order has its times, state and amounts; its number counts from #1001."""
    assert len(orders) == len(shop)
    for i in range(len(shop)):
        first = orders[f"#{1001 + i}"][0]
        assert cents(first["Total"]) == shop.total[i]
        assert cents(first["Refunded Amount"]) == shop.refunded[i]
        assert cents(first["Discount Amount"]) == shop.discount[i]
        assert cents(first["Subtotal"]) + cents(first["Shipping"]) == shop.total[i]
        assert shop.state[i] in MONEY[first["Financial Status"]]
        assert (first["Financial Status"] == "partially_refunded") == (0 < shop.refunded[i] < shop.total[i])
        told = {"Created at": shop.placed_at, "Paid at": shop.paid_at, "Fulfilled at": shop.shipped_at}
        for name, times in told.items():
            assert np.array_equal(instant(first[name]), times[i], equal_nan=True)
        assert (first["Fulfillment Status"] == "fulfilled") == (not np.isnat(shop.shipped_at[i]))


def test_later_rows_of_an_order_tell_of_lines_only(orders):
    """Beside name and address they have nothing but what they sell."""
    several = [rows for rows in orders.values() if len(rows) > 1]
    assert len(several) > 100
    for rows in several:
        for row in rows[1:]:
            told = {name for name, text in row.items() if text and not name.startswith("Lineitem ")}
            assert told <= {"Name", "Email", "Vendor"}
            assert row["Email"] == rows[0]["Email"]


def test_lines_add_up_to_the_goods_of_their_order(shop, orders):
    """Price times quantity, less the discount of the line, is the subtotal; titles go with codes."""
    lines = shop.line_table()
    titles = {food.code: food.title for food in FOODS}
    sold = defaultdict(list)
    for order, product, quantity in zip(
        lines.order.tolist(), lines.product.tolist(), lines.quantity.tolist(), strict=True
    ):
        sold[order].append((product, quantity))
    for i in range(len(shop)):
        rows = orders[f"#{1001 + i}"]
        assert sorted(sold[i]) == sorted((r["Lineitem name"], int(r["Lineitem quantity"])) for r in rows)
        due = [
            cents(r["Lineitem price"]) * int(r["Lineitem quantity"]) - cents(r["Lineitem discount"])
            for r in rows
        ]
        assert sum(due) == cents(rows[0]["Subtotal"])
        assert all(titles[r["Lineitem sku"]] == r["Lineitem name"] for r in rows if r["Lineitem sku"])


def test_times_have_the_offset_of_their_zone(orders):
    """New York is four hours behind in summer and five in winter."""
    offsets = {rows[0]["Created at"][5:7]: rows[0]["Created at"][20:] for rows in orders.values()}
    assert offsets["07"] == "-0400"
    assert offsets["01"] == "-0500"


def test_a_customer_is_one_address_or_one_number(shop, orders, files):
    """Contacts and customers are one to one, in both exports; all addresses are of nobody's domain."""
    customers = read(files[-1])
    contacts = [row["Email"] or row["Phone"] for row in customers]
    assert len(contacts) == len(set(contacts)) == shop.customers
    assert all(c.endswith("@example.com") or NUMBER.fullmatch(c) for c in contacts)
    assert 0 < sum(c.startswith("'") for c in contacts) < shop.customers // 10
    for i, customer in enumerate(shop.customer.tolist()):
        first = orders[f"#{1001 + i}"][0]
        assert (first["Email"] or first["Phone"]) == contacts[customer]
    spent = [0] * shop.customers
    for customer, paid in zip(shop.customer.tolist(), shop.paid.tolist(), strict=True):
        spent[customer] += paid
    assert [cents(row["Total Spent"]) for row in customers] == spent
    assert sum(int(row["Total Orders"]) for row in customers) == len(shop)


def test_ids_are_guarded_and_all_different(orders):
    """An apostrophe keeps spreadsheet programs off the thirteen digits."""
    ids = [rows[0]["Id"] for rows in orders.values()]
    assert len(ids) == len(set(ids))
    assert all(i[0] == "'" and i[1:].isdigit() and len(i) == 14 for i in ids)


def test_some_notes_have_several_lines(orders):
    """A note may break the line inside its quotes."""
    assert any("\n" in rows[0]["Notes"] for rows in orders.values())


def test_the_same_seed_gives_the_same_bytes(shop, files, tmp_path):
    """Written again the files are equal, byte by byte; another seed gives others."""
    again = write_shopify_exports(shop, tmp_path / "again")
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in files]
    other = write_shopify_exports(simulate_shop(ShopSpec(seed=2024, customers=900)), tmp_path / "other")
    assert other[0].read_bytes() != files[0].read_bytes()


def test_the_form_may_be_chosen(shop, tmp_path):
    """One file without Id, in another currency and zone."""
    path, _ = write_shopify_exports(shop, tmp_path, ids=False, currency="INR", zone="Asia/Kolkata", parts=1)
    rows = read(path)
    assert "Id" not in rows[0]
    assert len(rows[0]) == 78
    assert {row["Currency"] for row in rows if row["Total"]} == {"INR"}
    assert all(row["Created at"].endswith(" +0530") for row in rows if row["Total"])


def test_no_parts_are_refused(shop, tmp_path):
    """Orders cannot be split into no file."""
    with pytest.raises(SettingsError, match="parts"):
        write_shopify_exports(shop, tmp_path, parts=0)
