"""One customer's orders, read by index: the same as sorting everybody's."""

import attrs
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retailcrm import open_shop
from retailcrm.domain.identity import Evidence
from retailcrm.ports.batches import BuyerKey, Grain
from retailcrm.shop.loyalty.known_orders import KnownOrders
from retailcrm.shop.loyalty.orders_of import OrdersOf
from retailcrm.shop.merges import Merges
from retailcrm.shop.merging import MergedStore
from retailcrm.shop.observations import Observations
from retailcrm.shop.policy import policy_from_table
from retailcrm.shop.stored import orders_of
from retailcrm.shop.stored.observations import StoredObservations

PEOPLE = ["ann", "bob", "cat", "nobody"]
OURS = {
    "name": "ours",
    "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "completed"},
}
WHY = [Evidence.stated("the same person")]


@st.composite
def shops(draw):
    """Give orders, lines and merges of a few people, perhaps on two platforms."""
    people = st.sampled_from([*PEOPLE[:3], None])
    order = st.fixed_dictionaries(
        {"number": st.sampled_from("123456"), "buyer": people, "paid": st.integers(1, 9)}
    )
    line = st.fixed_dictionaries(
        {
            "number": st.sampled_from("1234567"),
            "line": st.sampled_from(["10", "20", "30"]),
            "buyer": people,
            "product": st.sampled_from(["scarf", None]),
            "amount": st.integers(-2, 9),
        }
    )
    several = lambda rows: st.lists(rows, max_size=6)  # noqa: E731 - said once
    return {
        "files": draw(
            st.lists(st.tuples(st.sampled_from(["taobao", "web"]), several(order), several(line)), max_size=3)
        ),
        "merges": draw(st.lists(st.permutations(PEOPLE).map(lambda some: some[:2]), max_size=2)),
        "products": draw(st.booleans()),
    }


def fill(kit, keeps, told):
    """Bring the same files into several stores."""
    for at, (platform, orders, lines) in enumerate(told["files"], 1):
        key = BuyerKey(platform=platform, kind="id", strength=2)
        if not told["products"]:
            lines = [{n: v for n, v in line.items() if n != "product"} for line in lines]  # noqa: PLW2901
        parts = [
            (Grain.ORDERS, [o | {"paid_at": kit.day(at)} for o in orders], key),
            (Grain.LINES, lines, key),
        ]
        for kept in keeps:
            kit.keep(kept, *(part for part in parts if part[1]), at=at, platform=platform)


def ids_of(kept):
    """Give everybody's ids before merges, and some that nobody has."""
    return [*kept.folded().orders.customers.ids.tolist(), "nobody", "web:id:nobody"]


def test_a_customers_orders_are_those_of_the_whole(kit, new_database, open_parts, monkeypatch):
    """Orders, lines, names and customers: by index and by sorting, merged and not; many at once too."""
    database, count = new_database(), iter(range(10**9))

    @settings(deadline=None, suppress_health_check=list(HealthCheck))
    @given(shops(), st.sampled_from([1, 20_000]), st.integers(1, 3))
    def check(told, by_index, at_once):
        monkeypatch.setattr(orders_of, "_BY_INDEX", by_index)
        monkeypatch.setattr(orders_of, "_AT_ONCE", at_once)
        parts = open_parts(database, shop=f"shop{next(count)}")
        memory, merges = Observations("CNY", "Asia/Shanghai"), Merges()
        fill(kit, (parts.kept, memory), told)
        ids = ids_of(memory)
        for keep, gone in told["merges"]:
            pair = [next((i for i in ids if i.endswith(name)), name) for name in (keep, gone)]
            if merges.present().get(pair[0], pair[0]) == merges.present().get(pair[1], pair[1]):
                continue
            for log in (merges, parts.merges):
                log.merge(*pair, evidence=WHY, actor="mei", at=kit.day(9))
        whole = MergedStore(memory, merges)
        held_against(kit, parts.orders, OrdersOf(whole.parts, whole.lines), ids)

    check()


def held_against(kit, found, wanted, ids):
    """Hold what an index gives equal to what sorting gives."""
    assert sorted(found.customers()) == sorted(wanted.customers())
    for name in PEOPLE:
        assert sorted(found.called(name)) == sorted(wanted.called(name))
    for number in "1237":
        assert found.buyers(number) == wanted.buyers(number)
    for customer in ids:
        held_against_one(kit, found, wanted, customer)
    present = [customer for customer in ids if wanted.of(customer) is not None]
    together = list(found.among([*present, "stranger"]))
    for customer in present:
        (one,) = (one for one in together if one.of(customer) is not None)
        held_against_one(kit, one, wanted, customer)
    assert all(one.of("stranger") is None for one in together)


def held_against_one(kit, found, wanted, customer):
    """Hold one customer's orders and lines equal."""
    mine, theirs = found.of(customer), wanted.of(customer)
    assert (mine is None) == (theirs is None)
    if mine is None:
        assert found.lines_of(customer) == wanted.lines_of(customer) == ()
        return
    mine, theirs = (attrs.evolve(one, postage=None) for one in (mine, theirs))
    assert kit.rows(mine) == kit.rows(theirs)
    assert lines_by_order(mine, found.lines_of(customer)) == lines_by_order(theirs, wanted.lines_of(customer))


def lines_by_order(orders, lines):
    """Give what lines sold for by platform and number."""
    names = zip(orders.platform.tolist(), orders.numbers.tolist(), strict=True)
    return dict(zip(names, lines, strict=True)) if lines else {}


def test_a_customer_of_no_files_has_no_orders(open_parts):
    """A shop without files knows nobody."""
    orders = open_parts().orders
    assert orders.of("ann") is None
    assert orders.lines_of("ann") == orders.called("ann") == ()
    assert list(orders.customers()) == []


@pytest.mark.parametrize("customer", ["O'Hara", "100%", "小明\0", "%s"])
def test_ids_may_have_any_characters(kit, open_parts, customer):
    """No id is taken for a part of a statement."""
    parts = open_parts()
    kit.keep(
        parts.kept, (Grain.ORDERS, [{"number": "1", "paid": 5, "buyer": customer, "paid_at": kit.day(1)}])
    )
    (found,) = parts.orders.customers()
    assert parts.orders.of(found).customers.ids.tolist() == [customer]


def test_whoever_asks_for_many_customers_reads_theirs_alone(tmp_path, monkeypatch):
    """More than a handful of them, of whom the points of each come to what they come to in memory."""
    names = [f"c{number:02}" for number in range(40)]
    table = pa.table(
        {
            "id": [f"{name}-{nth}" for name in names for nth in (1, 2)],
            "who": [name for name in names for _ in (1, 2)],
            "at": [f"2024-03-0{nth}" for _ in names for nth in (1, 2)],
            "amount": ["50.00", "7.00"] * len(names),
        }
    )
    policy = policy_from_table({"points": {"waiting": {"until": "paid"}}})
    found = []
    with open_shop(policy=policy) as memory, open_shop(f"sqlite:///{tmp_path}/s.db", policy=policy) as stored:
        for shop in (memory, stored):
            shop.imports.table(table, OURS)
        monkeypatch.setattr(StoredObservations, "folded", None)
        monkeypatch.setattr(StoredObservations, "pieces", None)
        for shop in (memory, stored):
            accounts = shop.loyalty._accounts
            found.append(
                KnownOrders.of(accounts, names[3:33], "points", np.datetime64("2024-03-02T12:00", "us"))
            )
    assert sorted(found[1].facts) == names[3:33]
    assert found[0].facts == found[1].facts
    assert {len(facts) for facts in found[1].facts.values()} == {2}
