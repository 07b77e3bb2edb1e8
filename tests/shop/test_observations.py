"""Where a shop keeps what files told, in memory and on disk alike."""

import pytest

from retailcrm.ports.batches import Grain
from retailcrm.shop.observations import Observations
from retailcrm.shop.observed import Collector
from retailcrm.shop.partitions import LEAST_BUDGET, PartitionedObservations


@pytest.fixture(params=["memory", "disk"])
def kept(request):
    """Give an empty store of either kind."""
    store = (
        Observations("CNY", "Asia/Shanghai")
        if request.param == "memory"
        else PartitionedObservations("CNY", "Asia/Shanghai", LEAST_BUDGET)
    )
    yield store
    store.close()


def keep(kit, store, rows, **settings):
    """Read a file of rows into a store; say whether it was new."""
    made = kit.file(rows, **settings)
    collector = Collector(currency="CNY")
    collected = store.collect(collector, kit.batches(rows, **settings))
    return store.add(kit.evolve(made, tables=collected.tables), collected)


def rows_of(kit, store):
    """Give all orders that a store has."""
    found = {}
    for part in store.parts():
        found |= kit.rows(part)
    return found


def test_an_empty_store_gives_one_empty_part(kept):
    """There is always a part, so that figures of nothing can be computed."""
    assert [len(part) for part in kept.parts()] == [0]


def test_a_file_is_kept_once(kit, kept):
    """The same content of the same moment is told from a new file, and changes nothing."""
    rows = [{"number": "1", "paid": 100, "buyer": "ann", "paid_at": kit.day(1)}]
    assert keep(kit, kept, rows)
    once = rows_of(kit, kept)
    assert not keep(kit, kept, rows)
    assert rows_of(kit, kept) == once
    assert once["1"]["gross"] == 100


def test_a_file_that_came_in_later_is_folded_in(kit, kept):
    """Orders given before are folded anew when another file has come in."""
    assert keep(kit, kept, [{"number": "1", "paid": 100}], at=1, name="a")
    assert rows_of(kit, kept)["1"]["gross"] == 100
    assert keep(kit, kept, [{"number": "1", "paid": 120}, {"number": "2", "paid": 5}], at=2, name="b")
    found = rows_of(kit, kept)
    assert (found["1"]["gross"], found["2"]["gross"]) == (120, 5)


def test_parts_can_be_read_again(kit, kept):
    """A second pass over the parts gives the same orders."""
    keep(kit, kept, [{"number": str(i), "paid": i, "buyer": f"b{i % 7}"} for i in range(50)])
    assert rows_of(kit, kept) == rows_of(kit, kept)


def test_lines_and_refunds_are_kept_beside_orders(kit, kept):
    """Every grain of every file reaches the fold."""
    keep(kit, kept, [{"number": "1", "line": "11", "amount": 90}], grain=Grain.LINES, name="lines")
    keep(kit, kept, [{"number": "1", "total": 100, "paid": 100, "refunded": 0}], name="orders")
    keep(
        kit, kept, [{"refund": "R", "number": "11", "amount": 30}], grain=Grain.REFUNDS, name="refunds", at=3
    )
    row = rows_of(kit, kept)["1"]
    assert (row["gross"], row["refunded"], row["first_seen"]) == (100, 30, kit.day(3))
