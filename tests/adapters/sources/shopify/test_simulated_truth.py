"""Shopify exports of a simulated shop, imported again: every order is as the simulator knows it to be."""

from __future__ import annotations

import csv
import os
import shutil
from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pytest

from retailcrm import open_shop
from retailcrm.domain.orders import OrderState
from retailcrm.shop.policy import Policy
from retailcrm.simulate import FOODS, ShopSpec, simulate_shop, write_shopify_exports

if TYPE_CHECKING:
    from pathlib import Path

    from retailcrm.analytics.tables import LineTable, OrderTable
    from retailcrm.shop.open import Shop
    from retailcrm.simulate import SimulatedShop

ZONE: Final = "America/New_York"
FIRST: Final = 1001
MIB: Final = 1 << 20


@attrs.frozen
class Exported:
    """A simulated shop, and its exports with and without ``Id``."""

    truth: SimulatedShop
    files: dict[bool, list[Path]]


@pytest.fixture(scope="module", params=[7, 20_251_106])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """Write the exports of a shop, the older form without ``Id`` too."""
    truth = simulate_shop(ShopSpec(seed=request.param, customers=500))
    files = {
        ids: write_shopify_exports(truth, tmp_path_factory.mktemp("exports"), ids=ids)
        for ids in (True, False)
    }
    return Exported(truth, files)


def filled(files: list[Path], **settings: Any) -> Shop:
    """Import files into a new shop; every record has to be taken, and nothing said of any."""
    policy = attrs.evolve(Policy(), phone_region="US")
    shop = open_shop(policy=policy, zone=ZONE, currency="USD", **settings)
    result = shop.imports.files(files)
    for account, path in zip(result.files, files, strict=True):
        with path.open(encoding="utf-8", newline="") as file:
            records = sum(1 for _ in csv.reader(file)) - 1
        assert (account.records, account.accepted) == (records, records)
        assert {problem.code for problem in account.problems} <= {"no-id"}
    return shop


def present(shop: Shop) -> dict[str, dict[str, Any]]:
    """Give the shop's orders by number, of all its parts together."""
    return {number: row for part in shop.insight.parts() for number, row in rows_of(part).items()}


def rows_of(orders: OrderTable) -> dict[str, dict[str, Any]]:
    """Take an order table apart."""
    names = ("state", "gross", "refunded", "placed_at", "paid_at", "shipped_at")
    columns: dict[str, list[Any]] = {name: np.asarray(getattr(orders, name)).tolist() for name in names}
    ids = [*orders.customers.ids.tolist(), None]
    columns["buyer"] = [ids[code] for code in orders.customer.tolist()]
    for name in ("province", "city"):
        column = getattr(orders, name)
        assert column is not None
        columns[name] = column.tolist()
    numbers = orders.numbers.tolist()
    assert len(set(numbers)) == len(numbers)
    return {number: {name: column[i] for name, column in columns.items()} for i, number in enumerate(numbers)}


def names_of(files: list[Path], *, ids: bool) -> dict[str, int]:
    """Read with the csv module which number each of the shop's orders has."""
    numbers: dict[str, int] = {}
    for path in files[:-1]:
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["Total"]:
                    number = row["Id"].removeprefix("'") if ids else row["Name"]
                    numbers[number] = int(row["Name"].removeprefix("#")) - FIRST
    return numbers


def agree(truth: SimulatedShop, rows: dict[str, dict[str, Any]], numbers: dict[str, int]) -> None:
    """Compare order by order."""
    assert rows.keys() == numbers.keys()
    table = truth.order_table()
    assert table.province is not None
    assert table.city is not None
    provinces, cities = table.province.tolist(), table.city.tolist()
    # Shopify knows of no receipt.
    ends = {OrderState.COMPLETED: OrderState.SHIPPED}
    buyers: dict[int, set[str]] = defaultdict(set)
    for number, i in numbers.items():
        row, state = rows[number], OrderState(int(truth.state[i]))
        assert row["state"] == ends.get(state, state)
        assert (row["gross"], row["refunded"]) == (truth.total[i], truth.refunded[i])
        for name in ("placed_at", "paid_at", "shipped_at"):
            told = getattr(truth, name)[i]
            assert row[name] == (None if np.isnat(told) else told.item())
        assert (row["province"], row["city"]) == (provinces[i], cities[i])
        buyers[int(truth.customer[i])].add(row["buyer"])
    assert all(len(found) == 1 for found in buyers.values())
    assert len(set().union(*buyers.values())) == truth.customers


@pytest.mark.parametrize("ids", [True, False])
def test_every_order_is_as_it_was(exported: Exported, ids: bool) -> None:
    """Amounts, refunds, states, times, places and buyers agree, order by order."""
    files = exported.files[ids]
    agree(exported.truth, present(filled(files)), names_of(files, ids=ids))


def test_every_line_is_as_it_was(exported: Exported) -> None:
    """Pieces and products of every order agree; gifts have no code and go by their title."""
    files = exported.files[True]
    shop = filled(files)
    (part,) = shop.insight.parts()
    lines = shop.customers.store.beside().lines
    assert lines is not None
    numbers, codes = names_of(files, ids=True), {food.title: food.code for food in FOODS if food.price}
    orders = part.numbers.tolist()
    found = Counter(
        (numbers[orders[order]], product, quantity) for order, product, quantity in taken_apart(lines)
    )
    told = Counter(
        (order, codes.get(product, product), quantity)
        for order, product, quantity in taken_apart(exported.truth.line_table())
    )
    assert found == told
    goods = defaultdict(int)
    for order, gross in zip(lines.order.tolist(), lines.gross.tolist(), strict=True):
        goods[numbers[orders[order]]] += gross
    # Lines come after discounts and without postage.
    truth = exported.truth
    assert goods == {i: int(truth.total[i] - truth.postage[i]) for i in range(len(truth))}


def taken_apart(lines: LineTable) -> list[tuple[int, str, int]]:
    """Give order, product and pieces of each line."""
    columns = (lines.order.tolist(), lines.product.tolist(), lines.quantity.tolist())
    return [(order, product or "", quantity) for order, product, quantity in zip(*columns, strict=True)]


def test_customers_of_both_exports_are_the_same_people(exported: Exported) -> None:
    """The member list knows every buyer by the id that her orders have, with her name and her city."""
    files = exported.files[True]
    shop = filled(files)
    (part,) = shop.insight.parts()
    people = shop.customers.store.beside().people
    rows = people.find(part.customers.ids)
    assert (rows >= 0).all()
    assert len(set(rows.tolist())) == exported.truth.customers
    with files[-1].open(encoding="utf-8", newline="") as file:
        names = Counter(f"{row['First Name']} {row['Last Name']}" for row in csv.DictReader(file))
    assert Counter(people.contacts["name"].tolist()) == names


def test_importing_again_and_in_another_order_changes_nothing(exported: Exported) -> None:
    """Files once more, backwards, or on disk in partitions: the same orders."""
    files = exported.files[True]
    once = present(filled(files))
    backwards = filled(files[::-1])
    again = backwards.imports.files(files)
    assert all(account.repeated for account in again.files)
    assert present(backwards) == once
    with filled(files, memory_budget=MIB) as partitioned:
        assert present(partitioned) == once


def test_an_older_export_takes_nothing_back(exported: Exported, tmp_path: Path) -> None:
    """Imported after the newer one, it lowers no refund and moves no order back."""
    files = exported.files[True][:-1]
    now = present(filled(files))
    old = tmp_path / "orders_export_1.csv"
    with files[0].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with old.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(before(row) for row in rows)
    os.utime(old, (1_600_000_000, 1_600_000_000))
    shop = filled(files)
    shop.imports.files(old)
    assert present(shop) == now


def before(row: dict[str, str]) -> dict[str, str]:
    """Show a row as it was when the order was new."""
    if not row["Total"]:
        return row
    nothing = dict.fromkeys(("Paid at", "Fulfilled at", "Cancelled at"), "")
    return (
        row
        | nothing
        | {
            "Financial Status": "pending",
            "Fulfillment Status": "unfulfilled",
            "Refunded Amount": "0.00",
        }
    )


def test_a_filled_down_file_sums_no_total_twice(exported: Exported, tmp_path: Path) -> None:
    """A spreadsheet program repeated every order on all its rows: the orders are the same."""
    files = exported.files[True][:-1]
    copies = []
    for path in files:
        copy = tmp_path / path.name
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        head: dict[str, str] = {}
        for row in rows:
            head = row if row["Total"] else head
            row.update({name: head[name] for name in row if not name.startswith(("Lineitem", "Vendor"))})
        with copy.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        shutil.copystat(path, copy)
        copies.append(copy)
    assert present(filled(copies)) == present(filled(files))


def test_net_sales_are_totals_less_refunds(exported: Exported) -> None:
    """The sum over all orders that count, by hand, is what the scores add up to."""
    shop = filled(exported.files[True])
    truth = exported.truth
    counted = (OrderState.PAID, OrderState.SHIPPED, OrderState.COMPLETED)
    paid = np.isin(truth.state, counted)
    scores = shop.insight.score(as_of="2024-07-01").to_pandas()
    net = sum((Decimal(text) for text in scores["net"]), Decimal(0))
    assert int(net * 100) == int((truth.total - truth.refunded)[paid].sum())
