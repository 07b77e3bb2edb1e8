"""Observations on a store: after every import the stored orders are those that all files fold into."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from retailcrm.adapters.stores.sql.orders import SqlOrders
from retailcrm.domain.orders import OrderState
from retailcrm.ports.batches import BuyerKey, Grain
from retailcrm.shop.observations import Observations
from retailcrm.shop.observed import Collected, Collector
from retailcrm.shop.stored import observations
from retailcrm.shop.stored.order_rows import table_of

DELIVERIES = 200
"""Sequences of files that a pull request tries; nightly more."""

NUMBERS = st.sampled_from(["1", "2", "3", "4", "11", "12"])
LINES = st.sampled_from(["11", "12", "13", "1", "x"])
STATES = st.sampled_from([*OrderState, None])
BUYERS = st.sampled_from(["ann", "bob", "138****0000", "+86 13800138000", None])
AMOUNTS = st.sampled_from([0, 50, 100, None])
PLACES = st.sampled_from(["上海", "北京", None])
KEYS = {
    ("taobao", "nick"): BuyerKey(platform="taobao", kind="nick", strength=2),
    ("taobao", "weak"): BuyerKey(platform="taobao", kind="nick", strength=1),
    ("taobao", "phone"): BuyerKey(platform="taobao", kind="phone", strength=1),
    ("web", "nick"): BuyerKey(platform="web", kind="id", strength=2),
    ("web", "weak"): BuyerKey(platform="web", kind="email", strength=1),
    ("web", "phone"): BuyerKey(platform="web", kind="phone", strength=2),
}


def moments(day):
    """Give moments of the first days, or none."""
    return st.none() | st.integers(1, 4).map(day)


def columns_of(grain, day):
    """Give a strategy for each column that a file of a grain may have."""
    when = moments(day)
    return {
        Grain.ORDERS: {
            "number": NUMBERS, "buyer": BUYERS, "state": STATES, "placed_at": when, "paid_at": when,
            "shipped_at": when, "received_at": when, "total": AMOUNTS, "paid": AMOUNTS, "postage": AMOUNTS,
            "refunded": AMOUNTS, "refunded_at": when, "province": PLACES, "channel": PLACES,
        },
        Grain.LINES: {
            "number": NUMBERS, "line": LINES, "buyer": BUYERS, "state": STATES, "placed_at": when,
            "paid_at": when, "product": PLACES, "quantity": st.just(1), "amount": AMOUNTS,
            "refunded": AMOUNTS, "credit": st.booleans(), "city": PLACES,
        },
        Grain.REFUNDS: {
            "number": NUMBERS | LINES, "refund": st.sampled_from(["r1", "r2", None]), "amount": AMOUNTS,
            "settled_at": when,
        },
        Grain.PARCELS: {"number": NUMBERS, "parcel": PLACES, "shipped_at": when, "signed_at": when},
        Grain.CUSTOMERS: {"buyer": BUYERS, "name": PLACES},
        Grain.PRODUCTS: {"product": PLACES, "price": AMOUNTS},
    }[grain]  # fmt: skip


@st.composite
def tables(draw, day):
    """Give the rows of one table, each with the same columns."""
    grain = draw(st.sampled_from([Grain.ORDERS, Grain.ORDERS, Grain.LINES, Grain.REFUNDS, *list(Grain)[3:]])
                 .filter(lambda one: one is not Grain.REVIEWS))  # fmt: skip
    known = columns_of(grain, day)
    first = next(iter(known))
    names = [first, *(name for name in known if name != first and draw(st.booleans()))]
    rows = draw(
        st.lists(st.fixed_dictionaries({name: known[name] for name in names}), min_size=1, max_size=5)
    )
    return grain, [row for row in rows if row[first] is not None]


@st.composite
def imports(draw, kit):
    """Give the settings of one file."""
    platform = draw(st.sampled_from(["taobao", "taobao", "web"]))
    return {
        "platform": platform,
        "key": KEYS[platform, draw(st.sampled_from(["nick", "nick", "weak", "phone"]))],
        "table": draw(tables(kit.day)),
        "at": kit.day(draw(st.integers(5, 8))) + timedelta(hours=draw(st.integers(0, 1))),
        "name": draw(st.sampled_from(["a", "b"])),
        "buyers_only": False,
    }


@st.composite
def buyers_files(draw, kit):
    """Give the settings of a file that joins order numbers to buyers."""
    rows = draw(st.lists(st.fixed_dictionaries({"number": NUMBERS, "buyer": BUYERS}), min_size=1, max_size=4))
    return {
        "platform": "taobao",
        "key": KEYS["taobao", "nick"],
        "table": (Grain.ORDERS, rows),
        "at": kit.day(draw(st.integers(5, 8))),
        "name": "buyers",
        "buyers_only": True,
    }


def observed_of(kit, told):
    """Make a file and what was collected of it."""
    grain, rows = told["table"]
    made = kit.file(
        rows, at=told["at"], platform=told["platform"], name=told["name"], grain=grain, key=told["key"],
        buyers_only=told["buyers_only"],
    )  # fmt: skip
    return made, Collected(made.tables)


def stored_orders(kit, parts):
    """Give the stored orders as plain values."""
    rows = parts.kept.book.orders()
    return {
        (row["platform"], row.pop("number")): row
        for row in plain(kit, table_of(rows, "CNY", "Asia/Shanghai"))
    }


def plain(kit, orders):
    """Give orders as plain values; postage that nobody tells is none."""
    found = kit.rows(orders)
    for key, row in found.items():
        row["number"] = key if isinstance(key, str) else key[1]
        row["postage"] = row["postage"] or 0
    return list(found.values())


def folded_orders(kit, memory):
    """Give the orders of a shop in memory as plain values."""
    return {(row["platform"], row.pop("number")): row for row in plain(kit, memory.folded().orders)}


@pytest.mark.parametrize(
    ("new_database", "whole_from"),
    [("sqlite", 50_000), ("sqlite", 0), ("postgresql", 50_000)],
    indirect=["new_database"],
)
def test_stored_orders_are_the_fold_of_all_files(kit, new_database, open_parts, monkeypatch, whole_from):
    """Whatever comes in, in whatever order and however often: touched orders folded anew are enough."""
    monkeypatch.setattr(observations, "WHOLE_FROM", whole_from)
    database = new_database()
    most = max(settings().max_examples, DELIVERIES) if database.dialect == "sqlite" else 15
    try_sequences(kit, database, open_parts, most)


def try_sequences(kit, database, open_parts, most, phases=tuple(Phase)):
    """Let sequences of files come, each to a shop of its own, and after each file fold all of them anew."""
    shops = iter(range(10**9))

    @settings(max_examples=most, phases=phases, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.one_of(imports(kit), imports(kit), buyers_files(kit)), min_size=1, max_size=6))
    def check(told):
        parts = open_parts(database, shop=f"shop{next(shops)}")
        changes = []
        parts.kept.listeners.append(changes.append)
        memory, held = Observations("CNY", "Asia/Shanghai"), {}
        for one in told:
            made, collected = observed_of(kit, one)
            assert parts.kept.add(made, collected) == memory.add(made, collected)
            wanted = folded_orders(kit, memory)
            assert stored_orders(kit, parts) == wanted
            for change in changes:
                assert change.first == (not held)
                gone = {row["platform"] + row["number"] for row in plain(kit, change.before)}
                held = {key: row for key, row in held.items() if "".join(key) not in gone}
                held |= {(row["platform"], row.pop("number")): row for row in plain(kit, change.after)}
                people = {row["buyer"] for side in (change.before, change.after) for row in plain(kit, side)}
                assert set(change.customers) == people - {None}
            changes.clear()
            assert held == wanted

    check()


@pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
def test_an_order_that_counts_twice_is_found(kit, new_database, open_parts, monkeypatch):
    """The control: what an order is worth is counted once more with each file that tells of it again."""
    write = SqlOrders.write_orders

    def adds_up(self, rows, gone):
        was = {row["number"]: row["gross"] for row in self.orders().to_pylist()}
        gross = [row["gross"] + was.get(row["number"], 0) for row in rows.to_pylist()]
        place = rows.schema.get_field_index("gross")
        write(self, rows.set_column(place, "gross", pa.array(gross, pa.int64())), gone)

    monkeypatch.setattr(SqlOrders, "write_orders", adds_up)
    with pytest.raises(AssertionError):
        # Found is enough: to look for the shortest sequence that shows it takes half a minute.
        try_sequences(kit, new_database(), open_parts, DELIVERIES, (Phase.generate,))


def test_a_file_is_kept_once(kit, open_parts):
    """The same content of the same moment is told from a new file, and changes nothing."""
    parts = open_parts()
    told = []
    parts.kept.listeners.append(told.append)
    rows = [{"number": "1", "paid": 100, "buyer": "ann", "paid_at": kit.day(1)}]
    assert kit.keep(parts.kept, (Grain.ORDERS, rows))
    assert not kit.keep(parts.kept, (Grain.ORDERS, rows))
    assert len(told) == len(parts.kept.book.files()) == 1


def test_what_a_listener_raises_takes_the_import_back(kit, open_parts):
    """A file and what follows from it are one: neither row, order nor journal is left."""
    parts = open_parts()
    rows = [{"number": "1", "paid": 100}]

    def refuse(_):
        raise ValueError("no")

    parts.kept.listeners.append(refuse)
    with pytest.raises(ValueError, match="no"):
        kit.keep(parts.kept, (Grain.ORDERS, rows))
    assert parts.kept.files() == []
    assert not parts.kept.book.has_orders()
    parts.kept.listeners.clear()
    assert kit.keep(parts.kept, (Grain.ORDERS, rows))
    assert len(next(parts.kept.parts())) == 1


def test_another_processs_imports_are_seen(kit, open_parts, new_database):
    """Whoever shares the store sees a file as soon as it is in."""
    database = new_database()
    one, other = open_parts(database), open_parts(database)
    assert len(next(other.kept.parts())) == 0
    kit.keep(one.kept, (Grain.ORDERS, [{"number": "1", "paid": 100, "paid_at": kit.day(1)}]))
    assert len(next(other.kept.parts())) == 1
    assert other.kept.observed_at() == kit.day(1)


def test_an_import_that_was_rolled_back_is_forgotten(kit, open_parts, new_database):
    """What was read inside a transaction that failed is not taken for what is there."""
    database = new_database()
    parts = open_parts(database)
    with suppress(KeyError), database.unit():
        kit.keep(parts.kept, (Grain.ORDERS, [{"number": "1", "paid": 100}]), name="a")
        assert len(next(parts.kept.parts())) == 1
        raise KeyError
    assert len(next(parts.kept.parts())) == 0
    kit.keep(parts.kept, (Grain.ORDERS, [{"number": "2", "paid": 100}]), name="b")
    assert next(parts.kept.parts()).numbers.tolist() == ["2"]


def test_shops_in_one_store_do_not_meet(kit, open_parts, new_database):
    """The shop's key stands first in every key."""
    database = new_database()
    one, other = open_parts(database, shop="one"), open_parts(database, shop="other")
    file = (Grain.ORDERS, [{"number": "1", "paid": 100, "buyer": "ann", "paid_at": kit.day(1)}])
    assert kit.keep(one.kept, file)
    assert kit.keep(other.kept, file)
    assert len(one.kept.orders_of(["ann"])) == len(other.kept.orders_of(["ann"])) == 1


def test_the_collector_is_the_shops(kit, open_parts):
    """Rows reach the store through the same collector as in memory."""
    parts = open_parts()
    collector = Collector(currency="CNY")
    collected = parts.kept.collect(collector, kit.batches([{"number": "1"}]))
    assert len(collected.tables[Grain.ORDERS]) == 1


@pytest.mark.parametrize("new_database", ["sqlite", "postgresql"], indirect=True)
def test_imports_at_once_go_one_after_the_other(kit, new_database, open_parts):
    """Of the same file one is new; orders that several files tell of are folded from all of them."""
    database, memory = new_database(), Observations("CNY", "Asia/Shanghai")
    own = [[{"number": str(n), "paid": 10 * i + n, "buyer": "ann"} for n in range(i + 3)] for i in range(4)]
    both = [{"number": "1", "paid": 500, "paid_at": kit.day(2)}]

    def bring(kept, rows, at):
        return keep_rows(kit, kept, rows, at) + keep_rows(kit, kept, both, 9)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda i: bring(open_parts(database).kept, own[i], i + 1), range(4)))
    assert sum(found) == 5
    for i in range(4):
        bring(memory, own[i], i + 1)
    assert stored_orders(kit, open_parts(database)) == folded_orders(kit, memory)


def keep_rows(kit, kept, rows, at):
    """Keep a file of orders; say whether it was new."""
    return kit.keep(kept, (Grain.ORDERS, rows), at=at)
