"""Imported files, orders and decisions in a database: what goes in comes out, on every kind of database."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.adapters.stores.databases import KINDS, create_all, opened

from retailcrm.adapters.stores.sql.ledger import SqlLedger
from retailcrm.adapters.stores.sql.orders import SqlOrders
from retailcrm.adapters.stores.sql.orders_columns import kind_of, settled
from retailcrm.adapters.stores.sql.orders_digest import digest_of
from retailcrm.analytics.columns import MISSING
from retailcrm.errors import ConflictError, MissingExtraError
from retailcrm.ports.batches import COLUMNS, Grain
from retailcrm.ports.orders import ORDER_COLUMNS, ColumnsKept, FileKept

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from retailcrm.adapters.stores.sql.executor import Database

NOW = datetime(2024, 4, 1, 12, 30, 0, 7, tzinfo=UTC)
TEXTS = st.sampled_from(
    ["", "a", "小明", "0", "\0", "a\0\ufdd0b", "\ufdd0\ufdd1", "o'clock", "%s ? $1", "x" * 300]
)
WHOLES = st.sampled_from([0, -1, 5, 2**62, -(2**62), MISSING, None])
SMALL = st.sampled_from([0, 1, 5, -1, None])
TYPES: dict[str, Any] = {
    "instant": pa.int64(),
    "whole": pa.int64(),
    "flag": pa.bool_(),
    "birthday": pa.int32(),
    "text": pa.large_string(),
}


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give a database with all tables."""
    with opened(request.param, tmp_path, request) as found:
        create_all(found)
        yield found


@st.composite
def tables(draw: st.DrawFn) -> tuple[Grain, pa.Table]:
    """Give a table of any grain, with some of its columns, in several chunks."""
    grain = draw(st.sampled_from(list(Grain)))
    rows = draw(st.integers(1, 7))
    columns: dict[str, Any] = {"record": pa.array(range(5, 5 + rows), pa.int64())}
    for name, kind in COLUMNS[grain].items():
        if not draw(st.booleans()):
            continue
        values = {"text": TEXTS | st.none(), "flag": st.booleans() | st.none()}.get(kind, SMALL)
        values = WHOLES if kind in ("instant", "whole") else values
        column = pa.array(draw(st.lists(values, min_size=rows, max_size=rows)), TYPES.get(kind, pa.int8()))
        coded = kind == "text" and draw(st.booleans())
        columns[name] = column.dictionary_encode() if coded else column
    whole = pa.table(columns)
    cut = draw(st.integers(0, rows))
    return grain, pa.concat_tables([whole.slice(0, cut), whole.slice(cut)]).unify_dictionaries()


def file_of(book: SqlOrders, tables: dict[Grain, pa.Table], digest: str) -> FileKept:
    """Give a row of the journal."""
    return FileKept(
        file=book.last_file()[0] + 1,
        digest=digest,
        name="订单\0.csv",
        source="taobao",
        platform="taobao",
        exported_at=NOW,
        imported_at=NOW,
        buyers_only=False,
        account='{"a": 1}',
        told="{}",
        grains={
            grain: ColumnsKept(
                rows=len(rows), columns={f.name: kind_of(f) for f in rows.schema}, digest=digest_of([rows])
            )
            for grain, rows in tables.items()
        },
    )


def plain(table: pa.Table) -> dict[str, list[Any]]:
    """Give a table as plain values."""
    return {name: table.column(name).to_pylist() for name in table.column_names}


def test_rows_come_back_as_they_went_in(database: Database) -> None:
    """Every grain and kind of column: texts that repeat, none, NUL, what is missing, what the file lacks."""
    book, count = SqlOrders(database, "main"), iter(range(10**9))
    book.begin("CNY", "UTC", NOW)

    @settings(max_examples=40 if database.dialect == "sqlite" else 15)
    @given(tables())
    def check(told: tuple[Grain, pa.Table]) -> None:
        grain, rows = told
        kept = settled(rows)
        file = file_of(book, {grain: kept}, str(next(count)))
        with book.unit():
            book.add(file, {grain: kept})
            inside = book.rows(file, grain)
        (found,) = book.files(file.file - 1)
        outside = book.rows(found, grain)
        assert found == file_with(file, account="")
        for back in (inside, outside):
            assert {f.name: kind_of(f) for f in back.schema} == dict(file.grains[grain].columns)
            assert plain(back) == plain(kept.select(back.column_names))
        assert digest_of(book.pieces(found, grain)) == file.grains[grain].digest

    check()
    assert set(book.accounts()) <= {'{"a": 1}'}


def file_with(file: FileKept, **changes: Any) -> FileKept:
    """Give a file with something else."""
    return attrs.evolve(file, **changes)


def test_numbers_that_are_not_told_have_one_form() -> None:
    """What a batch of a file lacks is as missing as what a row does not tell."""
    table = pa.table({"paid": pa.array([1, None, MISSING]), "state": pa.array([None, -1, 3], pa.int8())})
    assert plain(settled(table)) == {"paid": [1, MISSING, MISSING], "state": [-1, -1, 3]}


def test_a_flipped_bit_changes_the_digest(database: Database) -> None:
    """A changed number, a changed text, a text that moved to the next row: each is seen."""
    book = SqlOrders(database, "main")
    rows = pa.table({
        "record": pa.array([1, 2], pa.int64()), "number": pa.array(["12", "3"], pa.large_string()),
        "paid": pa.array([64, 65], pa.int64()),
    })  # fmt: skip
    file = file_of(book, {Grain.ORDERS: rows}, "d")
    book.add(file, {Grain.ORDERS: rows})
    wrong = (
        "paid = 66 WHERE paid = 64",
        "number = '13' WHERE number = '12'",
        "number = NULL WHERE paid = 65",
    )
    for change in (*wrong, "number = CASE number WHEN '12' THEN '1' ELSE '23' END"):
        with database.unit() as run, suppress(KeyError), database.savepoint():
            run.run("UPDATE retailcrm_observed_orders SET " + change)  # noqa: S608 - our own words
            assert digest_of(book.pieces(file, Grain.ORDERS)) != file.grains[Grain.ORDERS].digest
            raise KeyError
    assert digest_of(book.pieces(file, Grain.ORDERS)) == file.grains[Grain.ORDERS].digest


def test_rows_of_some_orders_come_by_file(database: Database) -> None:
    """Rows are found by number in all files, each file's in its own order; sub-orders by their lines."""
    book = SqlOrders(database, "main")
    for digest, numbers in (("a", ["3", "1", "2", "1"]), ("b", ["9", "1"])):
        lines = [f"{number}{place}" for place, number in enumerate(numbers)]
        rows = pa.table({
            "record": pa.array(range(len(numbers)), pa.int64()),
            "number": pa.array(numbers, pa.large_string()),
            "line": pa.array(lines, pa.large_string()),
        })  # fmt: skip
        book.add(file_of(book, {Grain.LINES: rows}, digest), {Grain.LINES: rows})
    wanted = pa.array(["1", "2", "none"])
    found = book.rows_with(Grain.LINES, ["record", "number"], wanted)
    assert {file: plain(rows) for file, rows in found.items()} == {
        1: {"record": [1, 2, 3], "number": ["1", "2", "1"]},
        2: {"record": [1], "number": ["1"]},
    }
    assert (
        sorted(book.told(Grain.LINES, "line", "number", wanted).to_pylist()) == ["11", "11", "13", "22"][1:]
    )
    assert book.told(Grain.LINES, "number", "line", pa.array(["22", "90"])).to_pylist() in (
        ["2", "9"],
        ["9", "2"],
    )


def orders(*rows: dict[str, Any]) -> pa.Table:
    """Give orders of which little is told."""
    types = {"text": pa.large_string(), "coded": pa.large_string(), "int8": pa.int8(), "bool": pa.bool_()}
    blank = {"text": "", "coded": None, "int8": 0, "bool": False, "int64": MISSING}
    made = {
        name: pa.array(
            [row.get(name, 0 if name in ("gross", "refunded") else blank[kind]) for row in rows],
            types.get(kind, pa.int64()),
        )
        for name, kind in ORDER_COLUMNS.items()
    }
    return pa.table({n: c.dictionary_encode() if ORDER_COLUMNS[n] == "coded" else c for n, c in made.items()})


def test_orders_are_found_by_number_and_customer(database: Database) -> None:
    """Of several platforms; written over, and gone."""
    book = SqlOrders(database, "main")
    book.begin("CNY", "UTC", NOW)
    for platform in ("taobao", "web"):
        book.add(file_with(file_of(book, {}, platform), platform=platform), {})
    told = orders(
        {"platform": "taobao", "number": "1", "customer": "ann", "placed_at": 9, "gross": 5, "credit": True},
        {"platform": "web", "number": "1", "customer": "bob", "province": "上海", "state": 4, "strength": 2},
        {"platform": "web", "number": "2", "customer": "ann", "placed_at": 3},
        {"platform": "web", "number": "3"},
    )
    assert not book.has_orders()
    book.write_orders(told, told.slice(0, 0))
    assert book.has_orders()
    assert plain(book.orders()) == plain(told)
    assert list(book.customers()) == ["ann", "bob"]
    both = book.orders_numbered(pa.array(["1", "7"]))
    assert both.column("platform").to_pylist() == ["taobao", "web"]
    assert book.orders_of(["ann", "zoe"]).column("number").to_pylist() == ["2", "1"]
    assert len(book.orders_of([])) == len(book.orders_numbered(pa.array([], pa.string()))) == 0
    after = orders({"platform": "web", "number": "2", "customer": "bob", "postage": 0, "first_seen": 8})
    book.write_orders(after, told.slice(0, 1))
    assert book.orders().column("number").to_pylist() == ["1", "2", "3"]
    assert plain(book.orders_numbered(pa.array(["2"]))) == plain(after)


def test_the_shop_knows_how_far_its_files_tell(database: Database) -> None:
    """The newest export counts, whatever comes in later; a shop begins once."""
    book = SqlOrders(database, "main")
    assert book.begin("CNY", "UTC", NOW) == book.begin("USD", "Asia/Shanghai", NOW) == ("CNY", "UTC")
    for second in (5, 9, 7):
        book.note_observed(NOW.replace(second=second))
    seen = database.executor.one("SELECT observed_at FROM retailcrm_shops")
    assert seen == (int(NOW.replace(second=9).timestamp()) * 1_000_000 + 7,)


def test_decisions_are_added_and_never_twice(database: Database) -> None:
    """Whoever does not know the newest decision may not decide."""
    book = SqlOrders(database, "main")
    book.begin("CNY", "UTC", NOW)
    assert book.last_decision() == (0, "")
    book.decide(["first\0", "second"], 0)
    assert book.decisions() == ["first\0", "second"]
    assert book.decisions(1) == ["second"]
    assert book.last_decision()[0] == 2
    with pytest.raises(ConflictError):
        book.decide(["other"], 1)
    assert database.executor.one("SELECT decisions FROM retailcrm_shops") == (2,)


def test_what_came_along_with_an_account_is_older_than_ones_own_decision(database: Database) -> None:
    """Whoever looks at an account and decides in one unit hears of that decision next, or of none undone."""
    book, ledger = SqlOrders(database, "main"), SqlLedger(database, "main")
    book.begin("CNY", "UTC", NOW)
    with database.unit():
        ledger.whole_account("points/ann", "rules")
        book.decide(["first"], 0)
        assert book.last_decision()[0] == 1
        with suppress(ZeroDivisionError), database.savepoint():
            book.decide(["second"], 1)
            ledger.whole_account("points/ann", "rules")
            raise ZeroDivisionError
        assert book.last_decision()[0] == 1


def test_very_many_rows_are_written_and_read_in_pieces(database: Database) -> None:
    """More rows than are Python values at a time keep their order and their digest."""
    book = SqlOrders(database, "main")
    count = 70_000
    rows = pa.table({
        "record": pa.array(np.arange(count)),
        "number": pa.array([str(i) for i in range(count)], pa.large_string()),
        "paid": pa.array(np.arange(count) * 3),
    })  # fmt: skip
    file = file_of(book, {Grain.ORDERS: rows}, "d")
    with book.unit(count):
        book.add(file, {Grain.ORDERS: rows})
    assert plain(book.rows(file, Grain.ORDERS)) == plain(rows.select([*file.grains[Grain.ORDERS].columns]))
    some = book.rows_with(Grain.ORDERS, ["number"], pa.array([str(i) for i in range(0, count, 3)]))
    assert some[1].column("number").to_pylist() == [str(i) for i in range(0, count, 3)]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_columns_of_postgres_need_its_extra(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole columns come through ADBC; without it the message names what to install."""
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(MissingExtraError, match="postgres"):
        SqlOrders(database, "main").orders()
