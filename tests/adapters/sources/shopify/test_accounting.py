"""One record that is an order and a line of it is one record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from retailcrm import open_shop
from retailcrm.analytics.columns import Texts
from retailcrm.ports.batches import Batch, Grain
from retailcrm.shop.observed import Collector

RECORDS = np.array([1, 2], np.int64)


def batch(grain: Grain, again: int = 0) -> Batch:
    """Give two rows of a grain."""
    columns = {"number": Texts.of(["a", "b"])}
    return Batch(grain=grain, records=RECORDS, columns=columns, currency="USD", again=again)


def test_rows_told_again_are_not_counted_again() -> None:
    """Two orders and their two lines are two records, of which progress hears once."""
    heard: list[int] = []
    collector = Collector(currency="USD", progress=lambda _, records: heard.append(records))
    tables = collector.collect(
        [batch(Grain.ORDERS), batch(Grain.LINES, again=1), batch(Grain.REFUNDS, again=2)]
    )
    assert collector.accepted == 3
    assert heard == [2, 1, 0]
    assert {len(table) for table in tables.values()} == {2}


@pytest.mark.parametrize("again", [-1, 3])
def test_more_rows_than_there_are_cannot_be_told_again(again: int) -> None:
    """The plugin is broken, not the file."""
    with pytest.raises(ValueError, match="again"):
        batch(Grain.LINES, again)


def test_the_account_of_a_file_adds_up(forms: Any, tmp_path: Any) -> None:
    """Accepted, rejected and blank records are all records of the file."""
    rows = [
        forms.order("#2"),
        forms.line("#2"),
        {},
        forms.order("#1", Total="x"),
        forms.line("#1"),
        forms.line("#0"),
    ]
    path = tmp_path / "orders_export_1.csv"
    path.write_bytes(forms.sheet(rows))
    shop = open_shop(zone="America/New_York", currency="USD")
    (account,) = shop.imports.files(path).files
    assert (account.records, account.accepted, account.rejected, account.blank) == (6, 3, 2, 1)
    assert account.source == "shopify"


def test_recipients_reach_the_people_of_the_shop(forms: Any, tmp_path: Any) -> None:
    """Only where they are asked for."""
    columns = (*forms.columns, "Shipping Name")
    path = tmp_path / "orders_export_1.csv"
    path.write_bytes(forms.sheet([forms.order("#1") | {"Shipping Name": "Ann Lee"}], columns))
    for personal in (False, True):
        shop = open_shop(zone="America/New_York", currency="USD")
        shop.imports.files(path, personal=personal)
        people = shop.customers.store.beside().people
        told = people.contacts["name"].tolist() if "name" in people.contacts else []
        assert ("Ann Lee" in told) == personal
