"""``shop.imports.table``: pandas, Polars and Arrow tables through a mapping, exact to the minor unit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from retailcrm import Shop, open_shop
from retailcrm.domain.orders import OrderState
from retailcrm.errors import ImportRefusedError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from retailcrm.shop.imports import ImportResult

S = OrderState
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
NOW: Final = datetime(2024, 5, 1, tzinfo=UTC)
MAPPING: Final[Mapping[str, Any]] = {
    "name": "till", "grain": "order", "zone": "Asia/Shanghai", "currency": "CNY",
    "columns": {
        "number": "order", "buyer": {"column": "who", "optional": True}, "paid_at": "when", "total": "sum",
        "refunded": {"column": "back", "optional": True}, "state": "status",
    },
    "buyer": {"kind": "id", "strength": "stable"},
    "states": {"completed": ["done", "成功"], "closed": "void"},
}  # fmt: skip
USUAL: Final[dict[str, list[Any]]] = {
    "order": ["a1", "a2", "a3"],
    "who": ["ann", None, "𠮷"],
    "when": [datetime(2024, 3, d, 8, 30, 1) for d in (1, 2, 3)],  # noqa: DTZ001 - naive on purpose
    "sum": ["12.30", "0.10", "1,000"],
    "back": ["", "0.00", "1.05"],
    "status": ["done", "成功", "void"],
}


def arrow_table(columns: Mapping[str, Any]) -> pa.Table:
    """Make an Arrow table."""
    return pa.table(dict(columns))


def pandas_table(columns: Mapping[str, Any]) -> pd.DataFrame:
    """Make a pandas table."""
    return pd.DataFrame(dict(columns))


def polars_table(columns: Mapping[str, Any]) -> pl.DataFrame:
    """Make a Polars table."""
    return pl.DataFrame(dict(columns))


MAKERS: Final = pytest.mark.parametrize("make", [arrow_table, pandas_table, polars_table])


def imported(table: Any, mapping: Mapping[str, Any] = MAPPING, **options: Any) -> tuple[Shop, ImportResult]:
    """Import a table into a new shop."""
    shop = open_shop(clock=lambda: NOW, **options)
    return shop, shop.imports.table(table, mapping)


def rows(shop: Shop) -> dict[str, dict[str, Any]]:
    """Give a shop's orders as plain values, by number."""
    (table,) = shop.imports.kept.parts()
    buyers = [*table.customers.ids.tolist(), None]
    return {
        number: {
            "paid_at": table.paid_at[i].astype("M8[us]").item().replace(tzinfo=UTC),
            "money": (int(table.gross[i]), int(table.refunded[i])),
            "state": S(int(table.state[i])),
            "buyer": buyers[table.customer[i]],
        }
        for i, number in enumerate(table.numbers)
    }


def with_column(name: str, values: Any) -> dict[str, Any]:
    """Replace one column of the usual table."""
    return {**USUAL, name: values}


def amounts(table: Any) -> list[int]:
    """Import a table; give what was due for each order, in minor units."""
    shop, result = imported(table)
    assert result.problems == ()
    return [row["money"][0] for row in rows(shop).values()]


def instants(table: Any) -> list[datetime]:
    """Import a table; give when each order was paid."""
    shop, result = imported(table)
    assert result.problems == ()
    return [row["paid_at"] for row in rows(shop).values()]


@MAKERS
def test_a_table_of_each_library(make: Callable[[Mapping[str, Any]], Any]) -> None:
    """Text amounts, naive times in the mapping's zone, nulls and states read as from a file."""
    shop, result = imported(make(USUAL))
    assert (result.accepted, result.rejected, result.problems) == (3, 0, ())
    assert result.files[0].exported_at == NOW
    # 08:30:01 in Shanghai is 00:30:01 UTC.
    day = datetime(2024, 3, 1, 0, 30, 1, tzinfo=UTC)
    assert rows(shop) == {
        "a1": {"paid_at": day, "money": (12_30, 0), "state": S.COMPLETED, "buyer": "ann"},
        "a2": {"paid_at": day + timedelta(1), "money": (10, 0), "state": S.COMPLETED, "buyer": None},
        "a3": {"paid_at": day + timedelta(2), "money": (1000_00, 1_05), "state": S.CLOSED, "buyer": "𠮷"},
    }


@MAKERS
@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        pytest.param([7, 0, 123456], [7_00, 0, 123456_00], id="int"),
        pytest.param([0.1, 1234.56, 19.99], [10, 1234_56, 19_99], id="float"),
        pytest.param([0.29, 1.15, 8.2], [29, 1_15, 8_20], id="float that binary cannot write"),
        pytest.param([Decimal("0.10"), Decimal("1.00"), Decimal("99.99")], [10, 1_00, 99_99], id="Decimal"),
        pytest.param(
            [Decimal("0.1000"), Decimal("1.0000"), Decimal("99.9900")], [10, 1_00, 99_99], id="zeros"
        ),
    ],
)
def test_amounts_of_every_type_are_exact(
    make: Callable[[Mapping[str, Any]], Any], values: list[Any], wanted: list[int]
) -> None:
    """Whole numbers are yuan; floats are the decimals that they print as; nothing is rounded."""
    assert amounts(make(with_column("sum", values))) == wanted


@MAKERS
def test_large_floats_are_amounts_too(make: Callable[[Mapping[str, Any]], Any]) -> None:
    """A million yuan and more, as a float, is that amount and no order number that Excel damaged."""
    assert amounts(make(with_column("sum", [1e6, 12345678.9, 1e7]))) == [10**8, 1234567890, 10**9]


@MAKERS
def test_small_floats_are_amounts_too(make: Callable[[Mapping[str, Any]], Any]) -> None:
    """A fen as a float is one minor unit."""
    assert amounts(make(with_column("sum", [0.01, 0.0, 1e-2]))) == [1, 0, 1]


@pytest.mark.parametrize("value", [0.001, 1 / 3, float("inf")])
def test_amounts_finer_than_the_currency_are_refused(value: float) -> None:
    """A third of a yuan is no amount: a problem with its record, and the others are taken."""
    shop, result = imported(pandas_table(with_column("sum", [1.5, value, 2.5])))
    (problem,) = result.problems
    assert (problem.code, problem.record, problem.column) == ("amount", 2, "sum")
    assert set(rows(shop)) == {"a1", "a3"}


@MAKERS
def test_missing_values_of_every_kind(make: Callable[[Mapping[str, Any]], Any]) -> None:
    """None in a column of numbers (NaN in pandas) is no value; an order without a number is refused."""
    table = make({**USUAL, "back": [None, 1.05, None], "order": ["a1", None, "a3"]})
    shop, result = imported(table)
    assert [(p.code, p.record, p.column) for p in result.problems] == [("missing", 2, "order")]
    assert {n: row["money"] for n, row in rows(shop).items()} == {"a1": (12_30, 0), "a3": (1000_00, 0)}


CATEGORIES: Final[Mapping[str, Any]] = {
    "arrow": arrow_table(
        USUAL | {n: pa.array(USUAL[n]).dictionary_encode() for n in ("who", "status", "order")}
    ),
    "pandas": pandas_table(USUAL).astype(dict.fromkeys(("who", "status", "order"), "category")),
    "polars": polars_table(USUAL).with_columns(pl.col("who", "status", "order").cast(pl.Categorical)),
    "polars enum": polars_table(USUAL).with_columns(pl.col("status").cast(pl.Enum(["done", "成功", "void"]))),
}


@pytest.mark.parametrize(
    "kind",
    ["arrow", "pandas", "polars", "polars enum"],
)
def test_categories_are_their_texts(kind: str) -> None:
    """Categorical columns and dictionaries read as what they stand for, nulls as nulls."""
    assert rows(imported(CATEGORIES[kind])[0]) == rows(imported(arrow_table(USUAL))[0])


@pytest.mark.parametrize(
    "zone", [UTC, SHANGHAI, ZoneInfo("America/New_York"), timezone(timedelta(hours=5, minutes=30))]
)
@MAKERS
def test_times_with_a_zone_are_their_instants(make: Callable[[Mapping[str, Any]], Any], zone: Any) -> None:
    """The zone of the column decides, not the mapping's; microseconds are kept."""
    moments = [datetime(2024, m, 10, 23, 59, 59, 123456, tzinfo=UTC) for m in (1, 3, 7)]
    assert instants(make(with_column("when", [t.astimezone(zone) for t in moments]))) == moments


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_of_every_unit(unit: str) -> None:
    """Seconds to nanoseconds, naive, are local times of the mapping's zone."""
    naive = np.array(["2024-03-01T08:30:01"] * 3, f"M8[{unit}]")
    wanted = [datetime(2024, 3, 1, 0, 30, 1, tzinfo=UTC)] * 3
    assert instants(arrow_table(with_column("when", pa.array(naive)))) == wanted
    assert instants(pandas_table(with_column("when", naive))) == wanted


@MAKERS
def test_dates_are_midnights_of_the_mapping(make: Callable[[Mapping[str, Any]], Any]) -> None:
    """The first of March begins at 16:00 UTC of the day before."""
    table = make(with_column("when", [date(2024, 3, 1)] * 3))
    assert instants(table) == [datetime(2024, 2, 29, 16, tzinfo=UTC)] * 3


@MAKERS
def test_whole_numbers_as_order_numbers(make: Callable[[Mapping[str, Any]], Any]) -> None:
    """19-digit whole numbers keep every digit."""
    numbers = [5113000000000047045, 5113000000000047046, 7]
    shop, result = imported(make(with_column("order", numbers)))
    assert result.problems == ()
    assert set(rows(shop)) == set(map(str, numbers))


@pytest.mark.parametrize(("name", "wanted"), [("order", "1930000000000647"), ("who", "193000000000")])
def test_whole_floats_that_kept_their_digits_are_whole_numbers(name: str, wanted: str) -> None:
    """Pandas makes floats of whole numbers beside a null: up to 2**53 none of their digits is lost."""
    table = pandas_table(with_column(name, [int(wanted), None, 7]))
    assert table[name].dtype == np.float64
    found = rows(imported(table)[0])
    assert wanted in (found if name == "order" else {row["buyer"] for row in found.values()})


def test_very_large_float_amounts_are_exact() -> None:
    """12,345,678,901.50 is an amount, in rupiah or won not even a large one."""
    assert amounts(pandas_table(with_column("sum", [12345678901.5, 1.5, 2.5])))[0] == 1234567890150


def test_float_order_numbers_that_lost_digits_are_refused() -> None:
    """Two 19-digit numbers in a float column have become one: rejected, never one order of two."""
    numbers = [5113000000000047045.0, 5113000000000047046.0, 5113000000000047047.0]
    shop, result = imported(pandas_table(with_column("order", numbers)))
    assert [(p.code, p.record) for p in result.problems] == [("damaged-number", i) for i in (1, 2, 3)]
    assert result.accepted == 0
    assert shop.imports.accounts()[0].rejected == 3


@pytest.mark.parametrize("thing", [None, 5, "a.csv", [{"order": 1}], {"order": [1]}, np.zeros((2, 2))])
def test_what_is_no_table_is_said_so(thing: Any) -> None:
    """The error names the type that was given and what would do."""
    with pytest.raises(InputError, match=rf"{type(thing).__name__} has no Arrow stream; give a pandas"):
        imported(thing)


@MAKERS
def test_a_table_without_a_mapped_column_is_refused(make: Callable[[Mapping[str, Any]], Any]) -> None:
    """The refusal lists what is lacking, what was found and what is near."""
    columns = {"Status" if name == "status" else name: values for name, values in USUAL.items()}
    columns["summ"] = columns.pop("sum")
    with pytest.raises(
        ImportRefusedError, match=r"total = sum; did you mean 'summ'\?.*Columns found: order, who"
    ):
        imported(make(columns))


def test_a_column_of_lists_is_refused() -> None:
    """What cannot be one cell of a file is said so, with its type."""
    with pytest.raises(InputError, match=r"list.*cannot be read as text"):
        imported(arrow_table(with_column("sum", [[1], [2], [3]])))


def test_a_column_that_nobody_maps_may_be_anything() -> None:
    """Lists beside the mapped columns are no obstacle."""
    _, result = imported(arrow_table({**USUAL, "tags": [["a"], [], None]}))
    assert result.accepted == 3


@MAKERS
def test_an_empty_table_has_no_orders(make: Callable[[Mapping[str, Any]], Any]) -> None:
    """No row, no problem, no order."""
    empty = make(USUAL)[:0] if make is not arrow_table else arrow_table(USUAL).slice(0, 0)
    shop, result = imported(empty)
    assert (result.files[0].records, result.problems) == (0, ())
    assert rows(shop) == {}


@MAKERS
def test_the_table_is_not_changed(make: Callable[[Mapping[str, Any]], Any]) -> None:
    """After an import it equals a copy made before."""
    table, same = make(USUAL), make(USUAL)
    shop, _ = imported(table)
    assert table.equals(same)
    again = shop.imports.table(table, MAPPING)
    assert again.files[0].repeated


def test_a_newer_table_wins_over_an_older_one() -> None:
    """The clock says when a table was observed: later values go over earlier ones."""
    clock = {"now": NOW}
    shop = open_shop(clock=lambda: clock["now"])
    shop.imports.table(pandas_table(USUAL), MAPPING)
    clock["now"] += timedelta(1)
    shop.imports.table(polars_table(with_column("sum", ["20", "0.10", "1,000"])), MAPPING)
    assert rows(shop)["a1"]["money"] == (20_00, 0)


def test_several_chunks_are_one_table() -> None:
    """Rows keep their records over the chunks of an Arrow table and the parts of a stream."""
    whole = arrow_table(with_column("sum", ["1", "x", "3"]))
    parts = pa.concat_tables([whole.slice(i, 1) for i in range(3)])
    for table in (whole, parts, pa.RecordBatchReader.from_batches(parts.schema, parts.to_batches())):
        shop, result = imported(table)
        assert [(p.record, p.value) for p in result.problems] == [(2, "x")]
        assert {n: row["money"][0] for n, row in rows(shop).items()} == {"a1": 1_00, "a3": 3_00}
