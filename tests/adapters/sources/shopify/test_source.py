"""Shopify's exports are known by their columns, whatever their names, subsets and order."""

from __future__ import annotations

import gzip
import zipfile
from typing import TYPE_CHECKING, Any, Final

import pytest

from retailcrm import plugins
from retailcrm.adapters.sources.shopify import Shopify
from retailcrm.adapters.sources.taobao import Taobao
from retailcrm.ports.sources import Sample
from retailcrm.simulate import ShopSpec, simulate_shop, write_shopify_exports
from retailcrm.simulate.exports.shopify.headers import CUSTOMERS, ORDERS

if TYPE_CHECKING:
    from pathlib import Path

    from retailcrm.ports.sources import Match

POS: Final = ("Outstanding Balance", "Employee", "Location", "Device ID")
STRANGERS: Final = (
    ("订单编号", "买家会员名", "总金额", "买家实际支付金额", "订单状态"),
    ("Name", "Email", "Total"),
    ("order_id", "customer_id", "ordered_at", "amount"),
    (
        "InvoiceNo",
        "StockCode",
        "Description",
        "Quantity",
        "InvoiceDate",
        "UnitPrice",
        "CustomerID",
        "Country",
    ),
    ("Date", "Order #", "N. Revenue (formatted)", "Status", "Customer", "Product(s)", "Items sold"),
    (
        "Name",
        "Username",
        "Last Active",
        "Sign Up",
        "Email",
        "Orders",
        "Total Spend",
        "AOV",
        "Country / Region",
    ),
    ("First Name", "Last Name", "Email", "Phone", "City", "Customer ID", "Total Orders", "Total Spent"),
    ("Handle", "Title", "Vendor", "Variant SKU", "Variant Price", "Status", "Total"),
)


def match(*header: str) -> Match | None:
    """Ask about a file of this header."""
    return Shopify().identify(Sample(name="a.csv", rows=(header,)))


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        (ORDERS, "orders export"),
        ([c for c in ORDERS if c not in POS], "orders export"),
        ([c for c in ORDERS if c != "Id"], "orders export"),
        (["Name", "Email", "Financial Status", "Total", "Created at", "Lineitem name"], "orders export"),
        (CUSTOMERS, "customers export"),
        ([*CUSTOMERS, "Accepts WhatsApp Marketing"], "customers export"),
    ],
)
def test_an_export_is_known_whatever_its_columns_and_their_order(columns: list[str], reason: str) -> None:
    """All of them, fewer of them, in another order, in capitals or with blanks around."""
    turned = sorted(columns, reverse=True)
    for header in (columns, turned, [f" {c.upper()} " for c in columns]):
        found = match(*header)
        assert found is not None
        assert found.reason.startswith(reason)


@pytest.mark.parametrize("header", STRANGERS, ids=lambda header: header[0])
def test_files_of_others_are_not_taken(header: tuple[str, ...]) -> None:
    """Common words such as Name, Email and Total are not enough."""
    assert match(*header) is None


def test_taobao_does_not_take_them() -> None:
    """The two brands never contend for a file."""
    for header in (ORDERS, CUSTOMERS):
        assert Taobao().identify(Sample(name="a.csv", rows=(header,))) is None


def test_it_is_built_in() -> None:
    """The manager offers it without any installation."""
    assert "shopify" in plugins.sources(plugins.plugin_manager())


def test_names_of_files_tell_no_moment() -> None:
    """They are always the same."""
    assert Shopify().exported_at("orders_export_1.csv", "UTC") is None


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Write the exports of a small shop."""
    shop = simulate_shop(ShopSpec(seed=11, customers=60))
    return write_shopify_exports(shop, tmp_path_factory.mktemp("exports"), parts=3)


def test_a_big_export_comes_in_several_files_of_one_archive(
    exports: list[Path], take_file: Any, tmp_path: Path
) -> None:
    """Each member is read as if it stood alone, and so is a file packed with gzip."""
    settings = {"zone": "America/New_York", "currency": "USD", "region": "US"}
    alone = [table for path in exports for table in take_file(path, Shopify(), **settings)]
    packed = tmp_path / "orders_export.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in exports:
            archive.write(path, path.name)
    members = take_file(packed, Shopify(), **settings)
    assert [table.rows for table in members] == [table.rows for table in alone]
    assert [table.found.table.name.rpartition("!")[2] for table in members] == [path.name for path in exports]
    gz = tmp_path / "orders_export_1.csv.gz"
    gz.write_bytes(gzip.compress(exports[0].read_bytes()))
    (one,) = take_file(gz, Shopify(), **settings)
    assert one.rows == alone[0].rows
