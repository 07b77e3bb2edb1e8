"""Scores read from roll-ups are the scores of all orders, whatever was imported and in whatever order."""

from contextlib import closing
from datetime import timedelta

import attrs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.adapters.stores.databases import KINDS
from tests.shop.stored.histories import DAYS, START, ladder, orders_by_hand, table_of
from tests.shop.stored.test_following import MAPPING, files, one_order, table

from retailcrm import open_shop
from retailcrm.adapters.stores.sql.rollups import SqlRollUps
from retailcrm.analytics.columns import Texts
from retailcrm.analytics.counting import CountingPolicy
from retailcrm.domain.identity import Evidence
from retailcrm.errors import StoreError
from retailcrm.ports.rollups import FIGURES, Block, Head
from retailcrm.shop.insight import NoIdentityError
from retailcrm.shop.policy import Policy
from retailcrm.shop.stored.rolling import blocks_asked, blocks_of, changed_block, figures_of, less

FEW = max(settings().max_examples // 4, 1)
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
END = START + timedelta(days=DAYS + 10)


def countings():
    return st.builds(
        CountingPolicy,
        clock=st.sampled_from(["paid", "placed"]),
        full_refund=st.sampled_from(["drop", "keep"]),
        undated_refund=st.sampled_from(["order_date", "first_seen"]),
    )


def scores(insight, as_of):
    """Give what scores say, or that nobody can be scored."""
    try:
        found = insight.score(as_of)
    except NoIdentityError:
        return None
    rows = sorted(found.to_arrow().to_pylist(), key=lambda row: row["customer_id"])
    return rows, found.coverage, found.strength.tolist(), len(found)


def from_all_orders(shop):
    """Give the shop's scoring without roll-ups."""
    return attrs.evolve(shop.insight, buyers=None)


def read(shop, as_of):
    """Tell whether a moment's scores are read from roll-ups."""
    looked = []
    moment = np.datetime64(as_of.replace(tzinfo=None), "us")
    shop.insight.buyers(moment, lambda: looked.append(1) or shop.insight.reduced(as_of))
    return not looked


@settings(max_examples=FEW, suppress_health_check=QUIET)
@given(countings(), files(), st.lists(st.sampled_from(["ann", "bob", "cat"]), max_size=2, unique=True))
def test_roll_ups_score_as_all_orders_do(tmp_path_factory, counting, several, merged):
    """After every file and merge, at the end and at moments before, both ways give the same scores."""
    policy = Policy(counting=counting)
    now = [START + timedelta(days=DAYS // 2)]
    url = f"sqlite:///{tmp_path_factory.mktemp('shop')}/shop.db"
    with closing(open_shop(url, policy=policy, clock=lambda: now[0])) as shop:
        for place, (found, hours) in enumerate(several):
            shop.imports.table(table(found), MAPPING)
            if place == 1 and len(merged) == 2:
                merge(shop, *merged)
            now[0] += timedelta(hours=hours)
            for as_of in (END, START + timedelta(days=6), START + timedelta(days=1, hours=13)):
                assert scores(shop.insight, as_of) == scores(from_all_orders(shop), as_of)
            assert read(shop, END)


def merge(shop, keep, gone):
    """Take two customers for one person, known to the files or not."""
    merges = shop.insight.parts.__self__.merges
    merges.merge(keep, gone, evidence=[Evidence.stated("she said so")], actor="test", at=END)


def test_customers_stand_by_their_ids_either_way(tmp_path):
    """The rows of scores are in one sequence, whether read from roll-ups or not."""
    with closing(open_shop(f"sqlite:///{tmp_path}/shop.db", clock=lambda: END)) as shop:
        told = [one_order(str(n), name, n) for n, name in enumerate(["cat", "bob", "ann"])]
        shop.imports.table(table(told), MAPPING)
        assert shop.insight.score(END).customer_ids.tolist() == ["ann", "bob", "cat"]
        # Half of what is stored lies after this moment's day: orders are looked at.
        assert shop.insight.score(START + timedelta(days=1)).customer_ids.tolist() == ["cat"]


def test_who_lies_ahead_is_counted_anew(tmp_path):
    """A few customers with orders after the moment are counted anew; for many, all orders are looked at."""
    with closing(open_shop(f"sqlite:///{tmp_path}/shop.db", clock=lambda: END)) as shop:
        old = [one_order(f"a{n}", f"c{n}", 1) for n in range(60)]
        new = [one_order(f"b{n}", f"c{n}", 9) for n in range(40)]
        shop.imports.table(table(old + new[:20]), MAPPING)
        middle = START + timedelta(days=5)
        assert read(shop, middle)
        assert scores(shop.insight, middle) == scores(from_all_orders(shop), middle)
        shop.imports.table(table(new), MAPPING)
        assert not read(shop, middle)
        assert scores(shop.insight, middle) == scores(from_all_orders(shop), middle)


def test_what_roll_ups_cannot_tell_is_looked_up(tmp_path):
    """A ladder, or rules that nobody has imported by, ask all orders; the next import rolls up by them."""
    url, told = f"sqlite:///{tmp_path}/shop.db", table([one_order("1", "ann", 1)])
    with closing(open_shop(url, clock=lambda: END)) as shop:
        shop.imports.table(told, MAPPING)
    placed = Policy(counting=CountingPolicy(clock="placed"))
    with closing(open_shop(url, policy=placed, clock=lambda: END)) as shop:
        assert not read(shop, END)
        shop.imports.table(table([one_order("2", "bob", 2)]), MAPPING)
        assert read(shop, END)
    rungs = Policy(ladder=ladder("Asia/Shanghai"))
    with closing(open_shop(url, policy=rungs, clock=lambda: END)) as shop:
        assert not read(shop, END)
        assert {one["tier"] for one in shop.insight.score(END).to_arrow().to_pylist()} == {"member"}


IDS = st.lists(st.text("abc", min_size=1, max_size=3), unique=True)


@given(IDS, IDS, st.data())
def test_blocks_hold_what_a_dictionary_holds(old, touched, data):
    """Whatever is put in and taken out, blocks stay sorted, within bounds, and have everybody once."""
    rows = {name: np.full(len(FIGURES), n) for n, name in enumerate(sorted(old))}
    figures = np.array(list(rows.values()), np.int64).reshape(len(rows), len(FIGURES))
    blocks = {one.first: one for one in blocks_of(Texts.of(rows), figures, size=3)}
    new = {name: np.full(len(FIGURES), -1) for name in touched if data.draw(st.booleans())}
    for first, names in blocks_asked(sorted(blocks), touched).items():
        blocks |= {one.first: one for one in changed_block(blocks[first], names, new, size=3)}
    expected = {name: row[0] for name, row in rows.items() if name not in touched}
    expected |= dict.fromkeys(new, -1)
    firsts = sorted(blocks)
    found = [name for first in firsts for name in blocks[first].ids.tolist()]
    assert found == sorted(expected)
    assert [int(row[0]) for first in firsts for row in blocks[first].figures] == [
        expected[name] for name in found
    ]
    assert firsts[0] == ""
    for first, after in zip(firsts, [*firsts[1:], None], strict=True):
        names = blocks[first].ids.tolist()
        assert all(first <= name and (after is None or name < after) for name in names)
        assert len(names) <= 6


def test_unknown_buyers_are_kept_by_difference():
    """What goes and what comes is taken off and added; the newest moment is never earlier than it was."""
    total, gone, new = (np.array([0, n, 0, 0, 0, 10 * n, n, 1, n]) for n in (9, 4, 2))
    assert less(total, gone, new).tolist() == [0, 7, 0, 0, 0, 70, 7, 1, 9]


def test_figures_by_hand():
    """Two orders of a day, a full refund, a credit note and an unknown buyer, counted by hand."""
    orders, _ = table_of(
        orders_by_hand(
            {"paid_at": 1, "gross": 100, "refunded": 30, "refunded_at": 4},
            {"paid_at": 1.2, "gross": 50},
            {"paid_at": 2, "gross": 70, "refunded": 70, "refunded_at": 3},
            {"paid_at": 2, "gross": 8, "customer": -1},
            {"placed_at": 6, "paid_at": 6, "gross": 0, "refunded": 5, "credit": True, "customer": 1},
        )
    )
    figures, unknown = figures_of(orders, CountingPolicy())
    ann, bob, *others = figures.tolist()
    first, last, settled, noted = (
        int((START + timedelta(days=days)).timestamp() * 1_000_000) for days in (1, 1.2, 4, 6)
    )
    assert ann == [2, 2, 1, first, last, 150, 30, 0, settled]
    never = np.iinfo(np.int64).min
    assert bob == [2, 0, 0, never, never, 0, 5, 1, noted]
    assert all(row == [2, 0, 0, never, never, 0, 0, 0, never] for row in others)
    assert unknown[[1, 5, 6, 7]].tolist() == [1, 8, 0, 0]


@pytest.fixture
def rollups(new_database):
    """Give the roll-ups of a shop in an empty database, with two blocks."""
    found = SqlRollUps(new_database(), "main")
    names = Texts.of(["ann", "bob", "小明"])
    figures = np.arange(27).reshape(3, 9) - 5
    found.write("rules", Head(file=3, unknown=np.arange(9)), blocks_of(names, figures, size=2))
    return found


@pytest.mark.parametrize("new_database", KINDS, indirect=True)
def test_blocks_are_read_as_they_were_written(rollups):
    """Ids and figures come back, all at once or block by block; other rules have none."""
    every = rollups.every("rules")
    assert every.ids.tolist() == ["ann", "bob", "小明"]
    assert every.figures.tolist() == (np.arange(27).reshape(3, 9) - 5).tolist()
    assert rollups.firsts("rules") == ["", "小明"]
    (last,) = rollups.blocks("rules", ["小明"])
    assert (last.first, last.ids.tolist(), last.figures[0, 0]) == ("小明", ["小明"], 13)
    head = rollups.head("rules")
    assert (head.file, head.unknown.tolist()) == (3, list(range(9)))
    assert rollups.head("others") is None
    assert len(rollups.every("others").ids) == 0
    rollups.write(
        "rules", head, [Block(first="", ids=Texts.of([]), figures=np.empty((0, 9), np.int64))], ["小明"]
    )
    assert len(rollups.every("rules").ids) == 0
    rollups.clear()
    assert rollups.head("rules") is None


@pytest.mark.parametrize(
    ("table_name", "change"),
    [
        ("summaries", "packed = 'BBBB' || substr(packed, 5)"),
        ("summaries", "first = first || 'x'"),
        ("summaries", "customers = customers + 1"),
        ("rolled", "unknown = 'BBBB' || substr(unknown, 5)"),
        ("rolled", "file = 1"),
    ],
)
def test_a_changed_roll_up_is_found(rollups, table_name, change):
    """A value that was changed in the database is told; nobody builds upon it."""
    assert list(rollups.damaged()) == []
    rollups.database.executor.run(f"UPDATE retailcrm_{table_name} SET {change}")  # noqa: S608 - our own
    assert len(list(rollups.damaged())) >= 1
    if table_name == "rolled":
        assert rollups.head("rules") is None
    else:
        with pytest.raises(StoreError, match="not as it was written"):
            list(rollups.blocks("rules", rollups.firsts("rules")))
