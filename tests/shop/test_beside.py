"""What a shop knows beside its orders: products, reviews, parcels, refunds and how fresh all that is."""

from datetime import timedelta
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm.domain.parcels import ParcelEvent
from retailcrm.ports.batches import BuyerKey, Grain
from retailcrm.shop.observations import Observations
from retailcrm.shop.partitions import LEAST_BUDGET, PartitionedObservations

E = ParcelEvent
ID = BuyerKey(platform="ours", kind="id")
NICK = BuyerKey(platform="taobao", kind="nick")


def new_store(where):
    """Open an empty store in memory or on disk."""
    if where == "memory":
        return Observations("CNY", "Asia/Shanghai")
    return PartitionedObservations("CNY", "Asia/Shanghai", LEAST_BUDGET)


@pytest.fixture(params=["memory", "disk"])
def kept(request):
    """Give an empty store of either kind."""
    store = new_store(request.param)
    yield store
    store.close()


@pytest.fixture
def memory():
    """Give an empty store in memory."""
    return new_store("memory")


def picked(rows, *names):
    """Take some columns of plain rows."""
    return [tuple(row[name] for name in names) for row in rows]


# -- products ----------------------------------------------------------------------------------------


def test_a_product_has_the_newest_value_of_each_field(kit, kept):
    """A newer file that lacks a column, or a cell, erases nothing; the stock has its own moment."""
    old = {"product": "T1", "title": "tea", "category": "food/tea", "cost": 500, "stock": 9, "on_shelf": True}
    kit.keep(
        kept, (Grain.PRODUCTS, [{"product": "T1", "price": 900, "stock": None, "title": "green tea"}]), at=2
    )
    kit.keep(kept, (Grain.PRODUCTS, [old, {"product": "T2", "on_shelf_since": kit.day(1)}]), at=1)
    kit.keep(kept, (Grain.PRODUCTS, [{"product": "T1", "title": ""}, {"product": ""}]), at=3)
    products = {row["keys"]: row for row in kit.table(kept.beside().products)}
    assert products["T1"] == {
        "keys": "T1", "title": "green tea", "category": "food/tea", "cost": 500, "price": 900, "stock": 9,
        "on_shelf": 1, "on_shelf_since": None, "seen_at": kit.day(1),
    }  # fmt: skip
    assert (products["T2"]["on_shelf_since"], products["T2"]["seen_at"]) == (kit.day(1), None)
    assert set(products) == {"T1", "T2"}


PRODUCT = st.fixed_dictionaries(
    {"product": st.sampled_from(["A", "B"])},
    optional={
        "title": st.none() | st.sampled_from(["x", "y"]),
        "cost": st.none() | st.integers(0, 3),
        "stock": st.none() | st.integers(0, 3),
        "on_shelf": st.none() | st.booleans(),
    },
)
REVIEW = st.fixed_dictionaries(
    {"at": st.none() | st.integers(1, 2)},
    optional={
        "review": st.none() | st.sampled_from(["", "r1", "r2"]),
        "buyer": st.none() | st.sampled_from(["ann", "bob", "t**1"]),
        "number": st.none() | st.sampled_from(["1", "2", "9"]),
        "product": st.none() | st.sampled_from(["A", "B"]),
        "score": st.none() | st.sampled_from([0, 50, 100]),
        "text": st.none() | st.sampled_from(["", "good"]),
        "second_text": st.none() | st.sampled_from(["", "still good"]),
    },
)
PARCEL = st.fixed_dictionaries(
    {"number": st.sampled_from(["1", "2", "9"])},
    optional={
        "parcel": st.none() | st.sampled_from(["p1", "p2"]),
        "carrier": st.none() | st.sampled_from(["sf", "yt"]),
        "event": st.none() | st.sampled_from(E),
        "at": st.none() | st.integers(1, 3),
        "shipped_at": st.none() | st.integers(1, 3),
        "signed_at": st.none() | st.integers(3, 5),
    },
)
ORDERS = [
    {"number": "1", "paid": 5, "paid_at": 1, "buyer": "ann", "shipped_at": 2},
    {"number": "2", "paid": 5, "paid_at": 1, "buyer": "bob", "shipped_at": None},
]


def dated(kit, rows):
    """Turn numbers of days into moments."""
    days = ("at", "second_at", "shipped_at", "signed_at", "paid_at", "asked_at", "settled_at")
    return [{k: kit.day(v) if k in days and v is not None else v for k, v in row.items()} for row in rows]


def grain(kind, rows):
    """Draw a file of one grain: its day and rows."""
    return st.tuples(st.just(kind), st.integers(1, 3), st.lists(rows, min_size=1, max_size=4))


ANY_FILES = st.lists(
    st.one_of(
        grain(Grain.PRODUCTS, PRODUCT), grain(Grain.REVIEWS, REVIEW), grain(Grain.PARCELS, PARCEL),
        grain(Grain.ORDERS, st.sampled_from(ORDERS)),
    ),
    min_size=1,
    max_size=5,
)  # fmt: skip


def filled(kit, store, files):
    """Keep files in a store, each with the moment and the name that it was drawn with."""
    for name, (kind, at, rows) in files:
        kit.keep(store, (kind, dated(kit, rows), NICK), at=at, name=f"{name}.csv")
    return store


def everything(kit, store):
    """Give all that a store tells, as plain values."""
    beside = store.beside()
    tables = {name: getattr(beside, name) for name in ("products", "reviews", "parcels", "refunds")}
    (orders,) = store.parts()
    return {
        **{name: None if table is None else kit.table(table) for name, table in tables.items()},
        "orders": kit.rows(orders),
        "kinds": [(k.grain, k.records, str(k.newest_at), str(k.exported_at)) for k in beside.kinds],
    }


@settings(max_examples=40)
@given(ANY_FILES, st.randoms(use_true_random=False))
def test_files_of_all_kinds_may_come_in_any_order_and_twice(kit, files, random):
    """The same tables, rows in the same sequence, whatever the sequence and the repeats of import."""
    named = list(enumerate(files))
    wanted = everything(kit, filled(kit, new_store("memory"), named))
    again = [*named, *named]
    random.shuffle(again)
    assert everything(kit, filled(kit, new_store("memory"), again)) == wanted


@settings(max_examples=8)
@given(ANY_FILES)
def test_both_stores_tell_the_same_where_both_tell(kit, files):
    """On disk there are no parcels, and reviews point nowhere; all else is equal, orders too."""
    named = list(enumerate(files))
    one = everything(kit, filled(kit, new_store("memory"), named))
    store = filled(kit, new_store("disk"), named)
    other = everything(kit, store)
    store.close()
    assert other["parcels"] is None
    for review in one["reviews"] or []:
        review["order"] = review["customer"] = None
    assert {**one, "parcels": None} == other


# -- reviews -----------------------------------------------------------------------------------------


def reviews(kit, store):
    """Give the reviews as plain rows."""
    return kit.table(store.beside().reviews)


def test_a_second_review_of_a_newer_file_joins_the_first(kit, memory):
    """By its number on its platform, else by who wrote what about which product, and when."""
    by_number = {"review": "r1", "at": kit.day(1), "score": 100, "text": "good", "buyer": "ann"}
    by_content = {
        "at": kit.day(1),
        "score": 80,
        "text": "fine",
        "buyer": "bob",
        "product": "A",
        "number": "2",
    }
    other = {**by_content, "product": "B"}
    later = {"second_text": "still", "second_at": kit.day(5)}
    kit.keep(memory, (Grain.REVIEWS, [by_number, by_content, other], NICK), at=2)
    kit.keep(
        memory, (Grain.REVIEWS, [{**by_number, "score": 20, **later}, {**by_content, **later}], NICK), at=6
    )
    kit.keep(memory, (Grain.REVIEWS, [by_number], NICK), at=1, name="older")
    kit.keep(memory, (Grain.REVIEWS, [by_number], BuyerKey(platform="jd", kind="nick")), at=1, platform="jd")
    found = reviews(kit, memory)
    assert sorted(picked(found, "score", "has_text", "has_second", "second_at"), key=str) == sorted(
        [
            (20, True, True, kit.day(5)),
            (80, True, True, kit.day(5)),
            (80, True, False, None),
            (100, True, False, None),
        ],
        key=str,
    )


def test_a_review_points_to_its_order_and_its_customer(kit, memory):
    """The customer of the order, where the review hides hers; nobody, where no file has either."""
    kit.keep(memory, (Grain.ORDERS, dated(kit, ORDERS), NICK))
    rows = [
        {"at": kit.day(3), "buyer": "bob", "score": 100},
        {"at": kit.day(3), "buyer": "a**n", "number": "1"},
        {"at": kit.day(3), "buyer": "a**n", "number": "9"},
        {"at": kit.day(3), "buyer": "cat", "number": ""},
    ]
    kit.keep(memory, (Grain.REVIEWS, rows, NICK), name="r")
    (orders,) = memory.parts()
    table = memory.beside().reviews
    ids, numbers = [*orders.customers.ids.tolist(), None], [*orders.numbers.tolist(), None]
    assert [ids[c] for c in table.customer] == ["bob", "ann", None, None]
    assert [numbers[o] for o in table.order] == [None, "1", None, None]


# -- parcels -----------------------------------------------------------------------------------------


def test_wide_rows_are_unfolded_and_every_event_is_there_once(kit, memory):
    """A row of moments and a row an event say the same; an undated event says nothing beside a dated one."""
    kit.keep(memory, (Grain.ORDERS, dated(kit, ORDERS), NICK))
    wide = {"number": "1", "parcel": "p", "shipped_at": kit.day(2), "signed_at": kit.day(4)}
    kit.keep(memory, (Grain.PARCELS, [wide]), at=3, name="wide")
    long = [
        {"number": "1", "parcel": "p", "event": E.SIGNED, "at": kit.day(4), "carrier": "sf"},
        {"number": "1", "parcel": "p", "event": E.SHIPPED, "at": None, "carrier": None},
        {"number": "1", "parcel": "p", "event": E.UNREACHABLE, "at": kit.day(3), "carrier": None},
        {"number": "9", "parcel": "q", "event": E.RETURNED, "at": kit.day(3), "carrier": None},
    ]
    kit.keep(memory, (Grain.PARCELS, long), at=2, name="long")
    events = kit.table(memory.beside().parcels)
    rows = picked(events, "order", "parcel", "carrier", "event", "at")
    assert sorted(rows, key=str) == sorted(
        [
            (0, "p", "sf", int(E.SHIPPED), kit.day(2)),
            (0, "p", "sf", int(E.UNREACHABLE), kit.day(3)),
            (0, "p", "sf", int(E.SIGNED), kit.day(4)),
            (None, "q", None, int(E.RETURNED), kit.day(3)),
        ],
        key=str,
    )


def test_parcels_tell_when_an_order_was_shipped_and_received(kit, kept):
    """The first parcel that left and the last that was signed for, unless the order report tells."""
    kit.keep(kept, (Grain.ORDERS, dated(kit, ORDERS), NICK))
    rows = [
        {"number": "1", "parcel": "a", "shipped_at": kit.day(5), "signed_at": kit.day(7)},
        {"number": "2", "parcel": "b", "shipped_at": kit.day(4), "signed_at": kit.day(9)},
        {"number": "2", "parcel": "c", "shipped_at": kit.day(3), "signed_at": kit.day(6)},
    ]
    kit.keep(kept, (Grain.PARCELS, rows), name="p")
    (orders,) = kept.parts()
    found = kit.rows(orders)
    assert (found["1"]["shipped_at"], found["1"]["received_at"]) == (kit.day(2), kit.day(7))
    assert (found["2"]["shipped_at"], found["2"]["received_at"]) == (kit.day(3), kit.day(9))


def test_columns_that_no_file_has_are_not_there(kit, kept):
    """No shipping, no receipt, no channel told: None, not a column of nothing."""
    kit.keep(kept, (Grain.ORDERS, [{"number": "1", "paid": 5, "paid_at": kit.day(1), "buyer": "ann"}], NICK))
    (orders,) = kept.parts()
    assert (orders.shipped_at, orders.received_at, orders.channel, orders.completed_at) == (None,) * 4


def test_the_newest_channel_told_is_the_orders(kit, kept):
    """An older file, and one that lacks the column, change nothing."""
    row = {"number": "1", "paid": 5, "paid_at": kit.day(1), "buyer": "ann"}
    kit.keep(kept, (Grain.ORDERS, [{**row, "channel": "手机"}], NICK), at=2, name="b")
    kit.keep(kept, (Grain.ORDERS, [{**row, "channel": "电脑"}], NICK), at=1, name="a")
    kit.keep(kept, (Grain.ORDERS, [row], NICK), at=3, name="c")
    (orders,) = kept.parts()
    assert orders.channel.tolist() == ["手机"]


# -- refunds -----------------------------------------------------------------------------------------


def refund(number, order, amount, **more):
    """Make a refund."""
    return {"refund": number, "number": order, "amount": amount, "settled_at": None, **more}


def test_every_refund_that_succeeded_is_there_once_with_its_newest_reason(kit, kept):
    """Of sub-orders too; what failed is left out; strays are kept, counted and point to no order."""
    kit.keep(kept, (Grain.ORDERS, dated(kit, ORDERS), NICK))
    kit.keep(kept, (Grain.LINES, [{"number": "2", "line": "21", "amount": 5}]), name="lines")
    first = [
        refund("r1", "1", 3, reason="不想要", asked_at=kit.day(2)),
        refund("r2", "21", 2, reason=None, asked_at=kit.day(3)),
        refund("r3", "2", 0, reason="少件"),
        refund("r4", "777", 4, reason="少件"),
    ]
    second = [{**refund("r1", "1", 3, reason="质量问题"), "settled_at": kit.day(4)}]
    for name, (at, rows) in {"new": (3, second), "old": (2, first)}.items():
        kit.keep(kept, (Grain.REFUNDS, rows), at=at, name=name)
    beside = kept.beside()
    found = picked(kit.table(beside.refunds), "reason", "amount", "asked_at", "settled_at")
    assert sorted(found, key=str) == sorted(
        [
            ("质量问题", 3, kit.day(2), kit.day(4)),
            (None, 2, kit.day(3), None),
            ("少件", 4, None, None),
        ],
        key=str,
    )
    assert beside.stray_refunds == 1
    (orders,) = kept.parts()
    assert {n: row["refunded"] for n, row in kit.rows(orders).items()} == {"1": 3, "2": 2}
    if isinstance(kept, Observations):
        order = dict(zip(beside.refunds.amount.tolist(), beside.refunds.order.tolist(), strict=True))
        numbers = [*orders.numbers.tolist(), None]
        assert {amount: numbers[o] for amount, o in order.items()} == {3: "1", 2: "2", 4: None}


# -- the whole ---------------------------------------------------------------------------------------


def test_one_file_may_have_several_kinds_of_rows_with_their_own_buyer_keys(kit, kept):
    """Orders by nick and people by e-mail in one file; the account knows how much of each there is."""
    mail = BuyerKey(platform="taobao", kind="email")
    kit.keep(
        kept,
        (Grain.ORDERS, dated(kit, ORDERS), NICK),
        (Grain.CUSTOMERS, [{"buyer": "Ann@x.com", "joined_at": kit.day(8)}], mail),
        (Grain.PRODUCTS, [{"product": "A"}]),
        at=9,
    )
    beside = kept.beside()
    (orders,) = kept.parts()
    assert sorted(orders.customers.ids) == ["taobao:nick:ann", "taobao:nick:bob"]
    assert beside.people.profiles.ids[0].startswith("taobao:email:e-")
    kinds = {kind.grain: (kind.records, kind.newest_at, kind.exported_at) for kind in beside.kinds}
    export = np.datetime64(kit.day(9).replace(tzinfo=None), "us")
    assert kinds[Grain.CUSTOMERS] == (1, np.datetime64(kit.day(8).replace(tzinfo=None), "us"), export)
    assert kinds[Grain.ORDERS][:2] == (2, np.datetime64(kit.day(1).replace(tzinfo=None), "us"))
    assert np.isnat(kinds[Grain.PRODUCTS][1])
    assert list(kinds) == [Grain.ORDERS, Grain.CUSTOMERS, Grain.PRODUCTS]


def test_two_kinds_of_buyers_in_one_table_are_a_mistake_of_the_plugin(kit, kept):
    """A fold would take the keys of one for keys of the other."""
    batches = [(Grain.CUSTOMERS, [{"buyer": "ann"}], ID), (Grain.CUSTOMERS, [{"buyer": "bob"}], NICK)]
    with pytest.raises(ValueError, match="one buyer_key"):
        kit.keep(kept, *batches)


def test_lines_are_known_in_memory(kit, memory):
    """With the category path that they tell; products and people are none."""
    kit.keep(memory, (Grain.ORDERS, dated(kit, ORDERS), NICK))
    line = {"number": "1", "line": "11", "product": "A", "amount": 5, "category": "food/tea"}
    kit.keep(memory, (Grain.LINES, [line]), name="lines")
    beside = memory.beside()
    assert beside.lines.category.tolist() == ["food/tea"]
    assert (beside.products, beside.reviews, beside.parcels, beside.refunds) == (None,) * 4
    assert len(beside.people.profiles) == 0


def test_an_older_file_imported_later_overwrites_nothing(kit):
    """Whatever the sequence of three product lists, the newest price stands."""
    lists = [(day, [{"product": "A", "price": day * 100}]) for day in (1, 2, 3)]
    for sequence in permutations(lists):
        store = new_store("memory")
        for at, rows in sequence:
            kit.keep(store, (Grain.PRODUCTS, rows), at=at, name=str(at))
        assert store.beside().products.price.tolist() == [300]


def test_freshness_does_not_count_the_same_file_twice(kit, kept):
    """A second import adds no records."""
    for _ in range(2):
        kit.keep(kept, (Grain.REVIEWS, [{"at": kit.day(1), "score": 5, "second_at": kit.day(3)}]), at=4)
    (kind,) = kept.beside().kinds
    assert (kind.records, kind.newest_at.item()) == (1, kit.day(3).replace(tzinfo=None))
    assert kind.exported_at.item() == (kit.day(1) + timedelta(days=3)).replace(tzinfo=None)
