"""Tables in memory read like files, and more exactly: their types are believed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.adapters.sources.arrow_table import as_texts
from retailcrm.errors import ImportRefusedError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")

Take = Any

MAPPING: Final[dict[str, Any]] = {
    "name": "orders",
    "columns": {"number": "no", "buyer": "who", "placed_at": "when", "paid": "paid", "city": "city"},
    "buyer": {"strength": "stable"},
    "constants": {"state": "completed"},
}
NOON: Final = datetime(2024, 3, 25, 12)  # noqa: DTZ001 - local
ROWS: Final[dict[str, list[Any]]] = {
    "no": ["5113000000000047045", "5113000000000047046", None],
    "who": ["小明", None, "=^_^="],
    "when": [NOON, NOON, NOON],
    "paid": ["1,234.50", None, "0.01"],
    "city": ["杭州", "杭州", None],
}
MAKERS: Final[dict[str, Callable[[Any], Any]]] = {
    "pyarrow": pa.table,
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
}
makers = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def with_column(name: str, values: Any) -> dict[str, Any]:
    """Replace a column of the usual rows."""
    rows = {key: column[: len(values)] for key, column in ROWS.items()}
    rows["no"] = [str(i) for i in range(len(values))]
    return {**rows, name: values}


@makers
def test_a_table_of_any_library_reads_like_a_file(take_table: Take, make: Callable[[Any], Any]) -> None:
    """Texts are cleaned, nulls are no values, naive times are in the zone of the mapping or the shop."""
    found = take_table(make(ROWS), MAPPING)
    assert found.column("number") == ["5113000000000047045", "5113000000000047046"]
    assert found.column("buyer") == ["小明", None]
    assert found.column("paid") == [123450, None]
    assert found.column("placed_at") == [datetime(2024, 3, 25, 4, tzinfo=UTC)] * 2
    assert found.column("city") == ["杭州", "杭州"]
    (problem,) = found.problems
    assert (problem.source, problem.record, problem.first_line, problem.code) == ("table", 3, 3, "missing")
    assert found.accounts_for(3)


@makers
def test_floats_are_the_decimals_that_they_print_as(take_table: Take, make: Callable[[Any], Any]) -> None:
    """1.5 is 1.50 exactly; NaN is no value; finer than the currency is refused, not rounded."""
    paid = [1.5, 19.99, 0.01, 12_345_678_901.25, float("nan"), 0.1 + 0.2]
    found = take_table(
        make(with_column("paid", paid) | {k: [v[0]] * 6 for k, v in ROWS.items() if k not in ("paid", "no")}),
        MAPPING,
    )
    assert found.column("paid") == [150, 1999, 1, 1_234_567_890_125, None]
    assert found.rejected == {6: {"amount"}}


@pytest.mark.parametrize(
    ("values", "minor"),
    [
        (pa.array([Decimal("12.30"), Decimal("-1.00")]), [1230, -100]),
        (pa.array([12, -1]), [1200, -100]),
        (pa.array([12, 255], pa.uint8()), [1200, 25500]),
        (pa.array([0.1, 2.5], pa.float32()), [10, 250]),
        (pa.array(["1", "2"], pa.large_string()), [100, 200]),
        (pa.array(["1", "2"], pa.string_view()), [100, 200]),
        (pa.array([b"1", b"2"], pa.binary()), [100, 200]),
        (pa.array(["1", "2"]).dictionary_encode(), [100, 200]),
        (pa.array([1.5, 2.5]).dictionary_encode(), [150, 250]),
        (pa.array([None, None], pa.null()), [None, None]),
    ],
    ids=str,
)
def test_amounts_of_every_type_are_exact(take_table: Take, values: Any, minor: list[int | None]) -> None:
    """Decimals, whole numbers, narrow floats, texts of every layout, dictionaries, nothing at all."""
    assert take_table(pa.table(with_column("paid", values)), MAPPING).column("paid") == minor


SHANGHAI: Final = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("values", "hour"),
    [
        *((pa.array([NOON], pa.timestamp(unit)), 4) for unit in ("s", "ms", "us", "ns")),
        (pa.array([NOON], pa.timestamp("us", "UTC")), 12),
        (pa.array([NOON.replace(tzinfo=SHANGHAI)], pa.timestamp("ms", "America/New_York")), 4),
        (pa.array([NOON], pa.timestamp("us")).dictionary_encode(), 4),
        (pa.array(["2024-03-25T12:00:00+01:00"]), 11),
    ],
    ids=str,
)
def test_times_with_a_zone_are_their_instants(take_table: Take, values: Any, hour: int) -> None:
    """The column's own zone goes before the mapping's; a naive time is local."""
    found = take_table(pa.table(with_column("when", values)), MAPPING)
    assert found.column("placed_at") == [datetime(2024, 3, 25, hour, tzinfo=UTC)]


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()], ids=str)
def test_a_date_is_its_midnight(take_table: Take, kind: Any) -> None:
    """In the zone of the mapping."""
    found = take_table(pa.table(with_column("when", pa.array([date(2024, 3, 25)], kind))), MAPPING)
    assert found.column("placed_at") == [datetime(2024, 3, 24, 16, tzinfo=UTC)]


def test_a_pattern_is_for_texts(take_table: Take) -> None:
    """A column of instants needs none; texts and whole numbers of days are read by it."""
    columns = {**MAPPING["columns"], "placed_at": {"column": "when", "format": "%Y%m%d"}}
    mapping = {**MAPPING, "columns": columns}
    want = [datetime(2024, 3, 24, 16, tzinfo=UTC)]
    for values in (pa.array(["20240325"]), pa.array([20240325]), pa.array([datetime(2024, 3, 25)])):  # noqa: DTZ001
        assert take_table(pa.table(with_column("when", values)), mapping).column("placed_at") == want


def test_times_that_no_order_can_have_are_refused(take_table: Take) -> None:
    """The year 1 stands for "not set" in some programs."""
    found = take_table(pa.table(with_column("when", [NOON, datetime(1, 1, 1)])), MAPPING)  # noqa: DTZ001
    assert found.rejected == {2: {"instant"}}


@makers
def test_whole_numbers_are_order_numbers_with_all_digits(
    take_table: Take, make: Callable[[Any], Any]
) -> None:
    """19 digits; floats that still are exact, too; floats that lost digits are refused, never made one."""
    exact = [5_113_000_000_000_047_045, 5_113_000_000_000_047_046]
    assert take_table(make(with_column("no", exact)), MAPPING).column("number") == [str(n) for n in exact]
    floats = [1_930_000_000_000_647.0, 17_850.0]
    assert take_table(make(with_column("no", floats)), MAPPING).column("number") == [
        "1930000000000647",
        "17850",
    ]
    lost = take_table(make(with_column("no", [float(n) for n in exact])), MAPPING)
    assert lost.rejected == {1: {"damaged-number"}, 2: {"damaged-number"}}


def test_categories_are_their_texts(take_table: Take) -> None:
    """Of pandas and of Polars, for columns that repeat and that do not."""
    frames = [
        pd.DataFrame(with_column("city", pd.Categorical(["杭州", None, "北京"]))).assign(
            who=pd.Categorical(["a", "b", "a"])
        ),
        pl.DataFrame(with_column("city", ["杭州", None, "北京"])).with_columns(
            pl.col("city").cast(pl.Categorical), pl.Series("who", ["a", "b", "a"], pl.Categorical)
        ),
    ]
    for frame in frames:
        found = take_table(frame, MAPPING)
        assert (found.column("city"), found.column("buyer")) == (["杭州", None, "北京"], ["a", "b", "a"])


def test_a_column_that_nobody_reads_may_be_anything(take_table: Take) -> None:
    """Lists beside the mapped columns are no obstacle; as a mapped column they are named."""
    table = pa.table({**with_column("city", ["x"]), "items": [[1, 2]]})
    assert take_table(table, MAPPING).column("city") == ["x"]
    with pytest.raises(InputError, match=r"column 'city' of type list<.*> cannot be read as text"):
        take_table(pa.table(with_column("city", [["x"]])), MAPPING)


def test_many_rows_in_many_chunks_keep_their_numbers(take_table: Take) -> None:
    """Records run over the chunks of a stream and over our own blocks."""
    one = pa.table(with_column("paid", [1, 2, 3]))
    many = pa.concat_tables([one] * 40_000)
    found = take_table(many, MAPPING)
    assert found.records == list(range(1, 120_001))
    assert len(found.batches) == 2


def test_a_mapping_by_place_reads_a_table_by_place(take_table: Take) -> None:
    """Columns called 0, 1, 2 ... need no names of their own."""
    file = {"columns": ["no", "who", "when", "paid", "city"], "header": False}
    table = pa.table(list(ROWS.values()), names=["0", "1", "2", "3", "4"])
    assert take_table(table, {**MAPPING, "file": file}).column("buyer") == ["小明", None]


def test_a_table_that_does_not_fit_is_refused(take_table: Take) -> None:
    """A column is lacking, or it is no table at all."""
    with pytest.raises(ImportRefusedError, match=r"does not find: who|buyer = who; did you mean 'whom'\?"):
        take_table(pa.table(ROWS).rename_columns(["no", "whom", "when", "paid", "city"]), MAPPING)
    with pytest.raises(InputError, match="list has no Arrow stream"):
        take_table([1, 2], MAPPING)


def test_an_empty_table_has_no_records(take_table: Take) -> None:
    """No rows, no batch, no problem."""
    found = take_table(pa.table(ROWS).slice(0, 0), MAPPING)
    assert (found.rows, found.problems) == ([], [])


@given(st.lists(st.one_of(st.none(), st.floats(-(2.0**52), 2.0**52)), max_size=6))
def test_a_float_is_written_as_python_writes_it(values: list[float | None]) -> None:
    """The shortest decimal that is the same float, never with an exponent."""
    texts = as_texts(pa.array(values, pa.float64())).to_pylist()
    for value, text in zip(values, texts, strict=True):
        assert (value is None) == (text is None)
        if text is not None and value is not None:
            assert "e" not in text
            assert (float(text), Decimal(text)) == (value, Decimal(repr(value)))
