"""Files made of plain rows, and tables taken apart into plain rows, for the tests of the shop."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pytest

from retailcrm import Shop, open_shop
from retailcrm.analytics.columns import MISSING
from retailcrm.analytics.tables import OrderTable
from retailcrm.domain.orders import OrderState
from retailcrm.domain.problems import Problem
from retailcrm.ports.batches import Batch, BuyerKey, Grain
from retailcrm.ports.sources import Row, batches_from_rows
from retailcrm.shop.folding import Folded, fold
from retailcrm.shop.observed import Collector, Observed
from retailcrm.simulate import BUYERS_FILE, ShopSpec, simulate_shop, write_taobao_exports

NICK: Final = BuyerKey(platform="taobao", kind="nick", strength=2)

Plain = dict[str, Any]


def day(n: int, hour: int = 0) -> datetime:
    """Give the n-th day of 2024, UTC."""
    return datetime(2024, 1, 1, hour, tzinfo=UTC) + timedelta(days=n - 1)


def make_batches(
    rows: Sequence[Mapping[str, Any]],
    *,
    grain: Grain = Grain.ORDERS,
    key: BuyerKey = NICK,
    name: str = "file.csv",
    **_: Any,
) -> Iterable[Batch | Problem]:
    """Make the batches of these rows; a column that no row names is a column the file lacks."""
    names = list(dict.fromkeys(column for row in rows for column in row))
    records = [Row(record=i + 1, cells={}, first_line=i + 2, last_line=i + 2) for i in range(len(rows))]
    return batches_from_rows(
        records,
        lambda record: {n: rows[record.record - 1].get(n) for n in names},
        source=name,
        currency="CNY",
        buyer_key=key,
        grain=grain,
    )


def make_file(
    rows: Sequence[Mapping[str, Any]],
    *,
    at: datetime | int = 1,
    platform: str = "taobao",
    name: str = "file.csv",
    buyers_only: bool = False,
    **settings: Any,
) -> Observed:
    """Make the file that has these rows, exported at a moment or on the n-th day of 2024."""
    moment = day(at) if isinstance(at, int) else at
    collector = Collector(currency="CNY")
    tables = collector.collect(make_batches(rows, name=name, **settings))
    return Observed(
        digest=f"{name}{collector.digest(moment)}",
        exported_at=moment,
        name=name,
        platform=platform,
        tables=tables,
        buyer_keys=collector.buyer_keys,
        seen=collector.seen,
        money_rule=collector.money_rule,
        buyers_only=buyers_only,
    )


def keep_file(
    store: Any,
    *tables: tuple[Grain, Sequence[Mapping[str, Any]]] | tuple[Grain, Sequence[Mapping[str, Any]], BuyerKey],
    at: datetime | int = 1,
    name: str = "file.csv",
    platform: str = "taobao",
) -> bool:
    """Read a file with tables of several grains into a store; say whether it was new."""
    moment = day(at) if isinstance(at, int) else at
    collector = Collector(currency="CNY")
    batches = [
        b for grain, rows, *key in tables for b in make_batches(rows, grain=grain, key=(*key, NICK)[0])
    ]
    collected = store.collect(collector, batches)
    observed = Observed(
        digest=f"{platform}:{name}{collector.digest(moment)}",
        exported_at=moment,
        name=name,
        platform=platform,
        tables=collected.tables,
        buyer_keys=collector.buyer_keys,
        seen=collector.seen,
        money_rule=collector.money_rule,
    )
    return bool(store.add(observed, collected))


def plain_table(table: Any) -> list[Plain]:
    """Give the rows of any table of columns as plain values; what is not told is None."""
    names = [field.name for field in attrs.fields(type(table))]
    columns = {name: _column(table, name) for name in names}
    return [{name: _told(column[i]) for name, column in columns.items()} for i in range(len(table))]


def _told(value: Any) -> Any:
    return None if value in (MISSING, -1) and not isinstance(value, bool) else value


def fold_files(*files: Observed, zone: str = "Asia/Shanghai") -> Folded:
    """Fold files of a shop in yuan."""
    return fold(files, currency="CNY", zone=zone)


def _instant(value: np.datetime64) -> datetime | None:
    return None if np.isnat(value) else value.astype("datetime64[us]").item().replace(tzinfo=UTC)


def _column(table: OrderTable, name: str) -> list[Any]:
    column = getattr(table, name)
    if column is None:
        return [None] * len(table)
    if isinstance(column, np.ndarray):
        return [_instant(v) for v in column] if column.dtype.kind == "M" else column.tolist()
    return column.tolist()


def plain_orders(table: OrderTable) -> dict[Any, Plain]:
    """Give each order as plain values, by number (by platform and number where there are several)."""
    ids = [*table.customers.ids.tolist(), None]
    strengths = [*table.customers.strength.tolist(), 0]
    names = (
        "placed_at", "paid_at", "completed_at", "refunded_at", "first_seen", "gross", "refunded", "credit",
        "province", "city", "platform", "channel", "shipped_at", "received_at", "postage",
    )  # fmt: skip
    columns = {name: _column(table, name) for name in names}
    found = {}
    for i, number in enumerate(table.numbers):
        row = {name: column[i] for name, column in columns.items()}
        row["state"] = OrderState(int(table.state[i]))
        row["buyer"], row["strength"] = ids[table.customer[i]], strengths[table.customer[i]]
        found[number if len(set(columns["platform"])) == 1 else (row["platform"], number)] = row
    assert len(found) == len(table)
    return found


def shop_orders(shop: Shop) -> dict[Any, Plain]:
    """Give all orders of a shop as plain values, in one part or several."""
    found: dict[Any, Plain] = {}
    for part in shop.imports.kept.parts():
        rows = plain_orders(part)
        assert not found.keys() & rows.keys()
        found |= rows
    return found


@pytest.fixture(scope="session")
def kit():
    """Give the makers: files of rows, their fold, and tables as plain values."""
    return SimpleNamespace(
        day=day, keep=keep_file, table=plain_table, file=make_file, batches=make_batches, fold=fold_files,
        rows=plain_orders, shop_rows=shop_orders, evolve=attrs.evolve,
    )  # fmt: skip


SMALL: Final = """\
id,who,state,placed,paid_at,total,paid,refunded
1,ann,completed,2024-01-01 10:00,2024-01-03 09:00,100,100,0
2,ann,completed,2024-01-31 23:30,2024-02-01 00:30,50,50,0
3,ann,shipped,2024-03-10 12:00,2024-03-10 12:00,80,80,0
4,bob,refunded,2024-02-10 12:00,2024-02-10 12:00,60,0,60
5,bob,completed,2024-01-05 12:00,2024-01-05 12:00,30,30,0
6,cat,completed,2024-02-20 12:00,2024-02-20 12:00,200,150,50
7,cat,completed,2024-02-20 20:00,2024-02-20 20:00,40,40,0
8,dan,placed,2024-03-01 12:00,,70,0,0
9,eve,completed,2024-03-01 12:00,2024-03-01 12:00,10,10,0
10,eve,completed,2024-03-11 12:00,2024-03-11 12:00,10,10,0
"""
"""Five people: a regular, one with a full refund, one with a partial one, one who never paid, a small one."""

SMALL_MAPPING: Final = {
    "name": "small",
    "zone": "Asia/Shanghai",
    "columns": {
        "number": "id", "buyer": "who", "state": "state", "placed_at": "placed", "paid_at": "paid_at",
        "total": "total", "paid": "paid", "refunded": "refunded",
    },
    "buyer": {"kind": "id", "strength": "stable"},
    "states": {state.name.lower(): state.name.lower() for state in OrderState},
}  # fmt: skip


@pytest.fixture
def small():
    """Give an opener of a shop of ten orders, exported on 10 April 2024."""

    def opener(text: str = SMALL, **settings: Any) -> Shop:
        shop = open_shop(clock=lambda: datetime(2024, 4, 10, tzinfo=UTC), **settings)
        rows = [line.split(",") for line in text.splitlines()]
        columns = {name: [row[i] or None for row in rows[1:]] for i, name in enumerate(rows[0])}
        shop.imports.table(pa.table(columns), SMALL_MAPPING)
        return shop

    return opener


@pytest.fixture(scope="session")
def demo():
    """Give a simulated shop of some 2,000 orders."""
    return simulate_shop(ShopSpec(seed=11, customers=600))


@pytest.fixture(scope="session")
def demo_files(demo, tmp_path_factory):
    """Give the simulated shop's exports: all but the buyers file, and the buyers file."""
    folder = tmp_path_factory.mktemp("exports")
    written = write_taobao_exports(demo, folder)
    return [path for path in written if path.name != BUYERS_FILE], folder / BUYERS_FILE


@pytest.fixture
def open_demo(demo_files) -> Iterable[Callable[..., Shop]]:
    """Give an opener of shops that hold the simulated exports; they are closed afterwards."""
    opened: list[Shop] = []

    def opener(**settings: Any) -> Shop:
        shop = open_shop(**settings)
        opened.append(shop)
        files, buyers = demo_files
        shop.imports.files(files)
        shop.imports.buyers(buyers)
        return shop

    yield opener
    for shop in opened:
        shop.close()
