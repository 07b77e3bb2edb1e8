"""Many files folded into one order table: the columnar fold does what the one-order rule does."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.columns import MISSING
from retailcrm.domain.identity import Identity, OrderRef
from retailcrm.domain.money import Money
from retailcrm.domain.orders import Observation, OrderState, fold
from retailcrm.ports.batches import BuyerKey, Grain
from retailcrm.shop.money_rule import settle

S = OrderState
TIMES = ("placed_at", "paid_at", "completed_at", "refunded_at")
NUMBERS = ("1001", "1002", "1003")
JAN = datetime(2024, 1, 1, tzinfo=UTC)

_cells = {
    "state": st.sampled_from([None, *OrderState]),
    "buyer": st.sampled_from([None, "小明", "Ann", "t**1", "null"]),
    **{name: st.one_of(st.none(), st.integers(0, 3).map(lambda d: JAN + timedelta(d))) for name in TIMES},
    **{
        name: st.one_of(st.none(), st.sampled_from([0, 30, 70, 100]))
        for name in ("total", "paid", "refunded")
    },
}


@st.composite
def _file(draw):
    """Draw a snapshot: its moment, its columns, and a row for some orders, now and then two."""
    columns = draw(st.sets(st.sampled_from(sorted(_cells)), min_size=1).filter(lambda c: c != {"buyer"}))
    numbers = draw(st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=4))
    rows = [{"number": n, **{c: draw(_cells[c]) for c in sorted(columns)}} for n in numbers]
    return draw(st.integers(1, 4)), rows


def made(kit, snapshots):
    """Make the files; names tell files of one moment apart."""
    return [
        kit.file(rows, at=moment, name=f"{i}.csv", key=BuyerKey(platform="taobao", kind="nick"))
        for i, (moment, rows) in enumerate(snapshots)
    ]


def money(minor):
    """Make an amount of a settled cell."""
    return None if minor == MISSING else Money(int(minor), "CNY")


def observation(row, file, sequence):
    """Read one row as an observation; whether its gross may be net of a refund nobody told."""
    told = [row.get(name) for name in ("total", "paid", "refunded")]
    total, paid, refunded = (np.array([MISSING if v is None else v]) for v in told)
    state = row.get("state")
    states = np.array([-1 if state is None else state], np.int8)
    gross, back = settle(file.money_rule, states, total, paid, refunded)
    unsure = back[0] == MISSING and paid[0] != MISSING and gross[0] != total[0]
    buyer = row.get("buyer")
    seen = Observation(
        ref=OrderRef("taobao", "main", row["number"]),
        observed_at=file.exported_at,
        sequence=sequence,
        state=state,
        gross=None if unsure else money(gross[0]),
        refunded=money(back[0]),
        buyer=None if buyer is None else Identity.of("taobao", "main", "nick", buyer),
        **{name: row.get(name) for name in TIMES},
    )
    return seen, (money(gross[0]) if unsure else None)


def expected(files, snapshots):
    """Fold each order by the one-order rule."""
    ranked = sorted(zip(files, snapshots, strict=True), key=lambda f: (f[0].exported_at, f[0].name))
    seen, unsure = {}, {}
    for rank, (file, (_, rows)) in enumerate(ranked):
        for i, row in enumerate(rows):
            observed, maybe = observation(row, file, rank * 100 + i)
            seen.setdefault(row["number"], []).append(observed)
            if maybe is not None:
                unsure[row["number"]] = maybe
    return {number: _plain(fold(several), unsure.get(number)) for number, several in seen.items()}


def _plain(order, unsure):
    """Give the folded order as the table shows it: what nobody told is zero or inferred."""
    gross = (order.gross or unsure or Money(0, "CNY")).minor
    refunded = order.refunded.minor if order.refunded else 0
    state = order.state
    if not order.seen:
        given_back = gross > 0 and refunded >= gross
        state = S.UNKNOWN if order.paid_at is None else S.REFUNDED if given_back else S.PAID
    if state is S.REFUNDED:
        refunded = max(refunded, gross)
    shown = refunded > 0 or state is S.REFUNDED
    known = order.buyer is not None and order.buyer.strength > 0
    return {
        "state": state,
        "gross": gross,
        "refunded": refunded,
        "first_seen": order.refund_first_seen if shown else None,
        "buyer": order.buyer.value if known else None,
        **{name: getattr(order, name) for name in TIMES},
    }


@given(st.lists(_file(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_columnar_fold_equals_the_one_order_rule(kit, snapshots, random):
    """Order by order, state, money, times, refund's first sight and buyer; in any sequence of delivery."""
    files = made(kit, snapshots)
    wanted = expected(files, snapshots)
    random.shuffle(files)
    found = kit.rows(kit.fold(*files).orders)
    assert {n: {k: row[k] for k in wanted[n]} for n, row in found.items()} == wanted


@given(_file())
def test_a_single_report_needs_no_folding_but_gives_the_same(kit, snapshot):
    """The short way for one report with each order once equals the long way, taken by a second file."""
    moment, rows = snapshot
    once = list({row["number"]: row for row in rows}.values())
    alone = kit.rows(kit.fold(*made(kit, [(moment, once)])).orders)
    other = [{"number": "other", "paid": 5}]
    beside = kit.rows(kit.fold(*made(kit, [(moment, once), (1, other)])).orders)
    del beside["other"]
    assert alone == beside


@given(st.lists(_file(), min_size=1, max_size=3))
def test_the_same_file_again_changes_nothing(kit, snapshots):
    """A re-delivered file folds to the same table."""
    files = made(kit, snapshots)
    once = kit.rows(kit.fold(*files).orders)
    assert kit.rows(kit.fold(*files, *files).orders) == once


def test_an_older_export_imported_later_overwrites_nothing(kit):
    """Newer values stay, and what only the older file tells is added."""
    new = kit.file([{"number": "1", "state": S.COMPLETED, "total": 100}], at=9, name="new.csv")
    old = kit.file(
        [{"number": "1", "state": S.PAID, "total": 120, "paid_at": kit.day(1)}], at=2, name="old.csv"
    )
    row = kit.rows(kit.fold(new, old).orders)["1"]
    assert (row["state"], row["gross"], row["paid_at"]) == (S.COMPLETED, 100, kit.day(1))


def test_a_column_that_a_newer_file_lacks_erases_nothing(kit):
    """Money, time and buyer of the fuller file survive a later file of states alone."""
    full = kit.file(
        [{"number": "1", "total": 100, "paid": 70, "refunded": 30, "paid_at": kit.day(3), "buyer": "小明"}],
        at=4,
        name="full.csv",
    )
    states = kit.file([{"number": "1", "state": S.COMPLETED}], at=9, name="states.csv")
    row = kit.rows(kit.fold(full, states).orders)["1"]
    assert (row["gross"], row["refunded"], row["paid_at"]) == (100, 30, kit.day(3))
    assert (row["buyer"], row["state"]) == ("小明", S.COMPLETED)


def test_an_end_is_never_undone(kit):
    """Closed stays closed when a newer file still says paid; refunded stays refunded after closed."""
    files = [
        kit.file([{"number": "1", "state": a}, {"number": "2", "state": b}], at=at, name=f"{at}.csv")
        for at, a, b in ((1, S.CLOSED, S.REFUNDED), (2, S.PAID, S.CLOSED), (3, S.COMPLETED, S.COMPLETED))
    ]
    rows = kit.rows(kit.fold(*files).orders)
    assert (rows["1"]["state"], rows["2"]["state"]) == (S.CLOSED, S.REFUNDED)


def test_a_masked_nick_in_a_newer_file_does_not_erase_the_plain_one(kit):
    """The strongest buyer told wins, then the newest of equals."""
    files = [
        kit.file([{"number": "1", "buyer": buyer, "paid": 1}], at=i, name=f"{i}.csv")
        for i, buyer in enumerate(["老王", "小明", "小**"], start=1)
    ]
    assert kit.rows(kit.fold(*files).orders)["1"]["buyer"] == "小明"


def test_a_stable_key_wins_over_a_newer_weak_one(kit):
    """A phone in a later file does not displace the nick of an earlier one."""
    phone = BuyerKey(platform="taobao", kind="phone", strength=1)
    old = kit.file([{"number": "1", "buyer": "小明", "paid": 1}], at=1, name="a.csv")
    new = kit.file([{"number": "1", "buyer": "13800138000", "paid": 1}], at=2, name="b.csv", key=phone)
    row = kit.rows(kit.fold(old, new).orders)["1"]
    assert (row["buyer"], row["strength"]) == ("taobao:nick:小明", 2)


def test_the_newest_buyer_counts_whichever_report_names_her(kit):
    """A newer line file goes before an older order report."""
    orders = kit.file([{"number": "1", "buyer": "old", "paid": 1}], at=1, name="orders.csv")
    lines = kit.file(
        [{"number": "1", "buyer": "new", "amount": 1, "paid_at": kit.day(1)}],
        at=2,
        grain=Grain.LINES,
        name="lines.csv",
    )
    assert kit.rows(kit.fold(orders, lines).orders)["1"]["buyer"] == "new"


def test_a_file_without_refunds_does_not_lower_an_amount_told_with_its_refund(kit):
    """Paid 70 of 100 in a file that shows no refund may be net: the 100 with its refund of 30 stays."""
    told = kit.file([{"number": "1", "total": 100, "paid": 70, "refunded": 30}], at=1, name="told.csv")
    untold = kit.file([{"number": "1", "total": 100, "paid": 70}], at=2, name="untold.csv")
    row = kit.rows(kit.fold(told, untold).orders)["1"]
    assert (row["gross"], row["refunded"]) == (100, 30)


def test_one_number_on_two_platforms_is_two_orders(kit):
    """Orders are keyed by platform and number, and customer ids say which platform's key they are."""
    ours = kit.file([{"number": "1", "buyer": "ann", "paid": 100}], at=1, name="a.csv")
    theirs = kit.file(
        [{"number": "1", "buyer": "ann", "paid": 500}],
        at=1,
        name="b.csv",
        platform="shopify",
        key=BuyerKey(platform="shopify", kind="id"),
    )
    rows = kit.rows(kit.fold(ours, theirs).orders)
    assert (rows[("taobao", "1")]["gross"], rows[("shopify", "1")]["gross"]) == (100, 500)
    assert rows[("taobao", "1")]["buyer"] == "taobao:nick:ann"
    assert rows[("shopify", "1")]["buyer"] == "shopify:id:ann"


@pytest.mark.parametrize("number", ["0001000000000000000", "1", "－", "X-1", "9" * 30])
def test_any_text_is_an_order_number(kit, number):
    """Numbers are text: leading zeros, letters and any length survive on several platforms too."""
    rows = [{"number": number, "paid": 1}, {"number": "2", "paid": 2}]
    files = [kit.file(rows, platform=p, name=p, key=BuyerKey(platform=p, kind="id")) for p in ("a", "b")]
    assert set(kit.rows(kit.fold(files[0]).orders)) == {number, "2"}
    assert ("b", number) in kit.rows(kit.fold(*files).orders)


def test_numbers_that_differ_in_zeros_alone_are_two_orders(kit):
    """01 and 1 are two numbers."""
    rows = [{"number": "01", "paid": 1}, {"number": "1", "paid": 2}]
    found = kit.rows(kit.fold(kit.file(rows)).orders)
    assert (found["01"]["gross"], found["1"]["gross"]) == (1, 2)


def test_places_are_the_newest_told_by_orders_else_by_lines(kit):
    """The order report's province goes before the lines'; an order only lines tell of has theirs."""
    lines = kit.file(
        [
            {"number": n, "amount": 1, "paid_at": kit.day(1), "province": p}
            for n, p in (("1", "上海"), ("2", "浙江"))
        ],
        grain=Grain.LINES,
        name="lines.csv",
    )
    orders = kit.file([{"number": "1", "paid": 1, "province": "浙江"}], name="orders.csv")
    folded = kit.fold(lines, orders).orders
    rows = kit.rows(folded)
    assert (rows["1"]["province"], rows["2"]["province"]) == ("浙江", "浙江")
    assert len(set(folded.province.values)) == len(folded.province.values)


def test_a_refund_first_seen_is_the_first_export_that_showed_it(kit):
    """Shown on the 3rd and again on the 7th: first seen on the 3rd, whichever report showed it."""
    lines = kit.file(
        [{"number": "1", "amount": 70, "refunded": 30, "paid_at": kit.day(1)}],
        at=3,
        grain=Grain.LINES,
        name="lines.csv",
    )
    orders = kit.file([{"number": "1", "total": 100, "paid": 70, "refunded": 30}], at=7, name="orders.csv")
    assert kit.rows(kit.fold(orders, lines).orders)["1"]["first_seen"] == kit.day(3)


def test_nothing_at_all_folds_into_an_empty_table(kit):
    """A shop without files has no orders and no lines."""
    folded = kit.fold()
    assert len(folded.orders) == 0
    assert folded.lines is None
    assert folded.stray_refunds == 0


REFUND = {"refund": "R1", "amount": 30, "settled_at": datetime(2024, 1, 9, tzinfo=UTC)}


def refund_file(kit, rows, at=10, name="refunds.csv"):
    """Make a refund report."""
    return kit.file(rows, at=at, grain=Grain.REFUNDS, name=name)


def test_a_refund_report_joins_by_order_number(kit):
    """Amount and moment come from the refund report; the order report's larger amount stays."""
    orders = kit.file(
        [
            {"number": "1", "state": S.COMPLETED, "total": 100, "paid": 100, "refunded": 0},
            {"number": "2", "state": S.COMPLETED, "total": 100, "paid": 50, "refunded": 50},
        ],
        at=5,
    )
    rows = [{**REFUND, "number": "1"}, {**REFUND, "refund": "R2", "number": "2"}]
    found = kit.rows(kit.fold(orders, refund_file(kit, rows)).orders)
    assert (found["1"]["gross"], found["1"]["refunded"]) == (100, 30)
    assert (found["1"]["refunded_at"], found["1"]["first_seen"]) == (kit.day(9), kit.day(10))
    assert (found["2"]["gross"], found["2"]["refunded"], found["2"]["first_seen"]) == (100, 50, kit.day(5))


def test_a_refund_report_joins_by_sub_order_number(kit):
    """Refunds that name a sub-order reach its order through the item report."""
    orders = kit.file([{"number": "1", "state": S.COMPLETED, "total": 100, "paid": 100, "refunded": 0}])
    lines = kit.file(
        [{"number": "1", "line": line, "amount": 50} for line in ("11", "12")],
        grain=Grain.LINES,
        name="i.csv",
    )
    rows = [{**REFUND, "number": "11"}, {**REFUND, "refund": "R2", "number": "12", "amount": 20}]
    folded = kit.fold(orders, lines, refund_file(kit, rows))
    assert kit.rows(folded.orders)["1"]["refunded"] == 50
    assert folded.stray_refunds == 0
    assert set(kit.rows(folded.orders)) == {"1"}


def test_a_refund_listed_under_both_numbers_is_one(kit):
    """One report names the sub-order, the next the order itself."""
    orders = kit.file([{"number": "1", "state": S.COMPLETED, "total": 100, "paid": 100, "refunded": 0}])
    lines = kit.file([{"number": "1", "line": "11", "amount": 50}], grain=Grain.LINES, name="i.csv")
    files = [refund_file(kit, [{**REFUND, "number": n}], name=n) for n in ("11", "1")]
    assert kit.rows(kit.fold(orders, lines, *files).orders)["1"]["refunded"] == 30


def test_refunds_that_moved_no_money_change_nothing(kit):
    """A refund that was closed has a moment, but gives the order neither amount nor date."""
    orders = kit.file([{"number": "1", "state": S.COMPLETED, "total": 100, "paid": 100, "refunded": 0}])
    folded = kit.fold(orders, refund_file(kit, [{**REFUND, "number": "1", "amount": 0}]))
    row = kit.rows(folded.orders)["1"]
    assert (row["refunded"], row["refunded_at"], row["first_seen"]) == (0, None, None)
    assert folded.stray_refunds == 0


def test_the_newest_of_several_reports_tells_each_refund(kit):
    """A refund listed twice counts once, by its newest row, and is first seen by the first that paid."""
    orders = kit.file([{"number": "1", "state": S.COMPLETED, "total": 100, "paid": 100, "refunded": 0}])
    reports = [
        refund_file(kit, [{**REFUND, "number": "1", "amount": amount}], at=at, name=f"r{at}.csv")
        for at, amount in ((6, 0), (8, 20), (12, 30))
    ]
    row = kit.rows(kit.fold(orders, *reports).orders)["1"]
    assert (row["refunded"], row["first_seen"]) == (30, kit.day(8))


def test_several_refunds_of_one_order_add_up_to_the_latest_moment(kit):
    """Two refunds of 30 and 20 are 50, settled when the later one was."""
    orders = kit.file([{"number": "1", "state": S.COMPLETED, "total": 100, "paid": 100, "refunded": 0}])
    rows = [
        {"refund": "R1", "number": "1", "amount": 30, "settled_at": kit.day(9)},
        {"refund": "R2", "number": "1", "amount": 20, "settled_at": kit.day(8)},
        {"refund": "R3", "number": "1", "amount": 5, "settled_at": None},
    ]
    row = kit.rows(kit.fold(orders, refund_file(kit, rows)).orders)["1"]
    assert (row["refunded"], row["refunded_at"]) == (55, kit.day(9))


def test_refunds_without_a_number_are_told_apart_by_their_content(kit):
    """The same row again is the same refund; another amount is another one."""
    orders = kit.file([{"number": "1", "state": S.COMPLETED, "total": 100, "paid": 100, "refunded": 0}])
    rows = [{"number": "1", "amount": a, "settled_at": kit.day(9)} for a in (30, 20, 30)]
    assert kit.rows(kit.fold(orders, refund_file(kit, rows)).orders)["1"]["refunded"] == 50
    named = [{"refund": "R1", "number": "1", "amount": 30}, {"refund": None, "number": "1", "amount": 30}]
    assert kit.rows(kit.fold(orders, refund_file(kit, named)).orders)["1"]["refunded"] == 60


def test_paid_net_of_a_refund_that_only_the_refund_report_tells(kit):
    """An early report without refund column: paid 70 of 100 and a refund of 30 are one refund, not two."""
    orders = kit.file(
        [
            {"number": "1", "state": S.COMPLETED, "total": 100, "paid": 70},
            {"number": "2", "state": S.COMPLETED, "total": 100, "paid": 100},
            {"number": "3", "state": S.COMPLETED, "total": 100, "paid": 95},
        ]
    )
    rows = [{**REFUND, "refund": f"R{n}", "number": n} for n in "123"]
    for files in ([orders], [orders, kit.file([{"number": "4", "paid": 1}], name="other.csv")]):
        found = kit.rows(kit.fold(*files, refund_file(kit, rows)).orders)
        amounts = [(found[n]["gross"], found[n]["refunded"]) for n in "123"]
        assert amounts == [(100, 30), (100, 30), (95, 30)]


def test_a_refund_of_an_order_that_no_file_has_is_counted_as_stray(kit):
    """It makes no order."""
    orders = kit.file([{"number": "1", "paid": 1}])
    folded = kit.fold(orders, refund_file(kit, [{**REFUND, "number": "9"}]))
    assert set(kit.rows(folded.orders)) == {"1"}
    assert folded.stray_refunds == 1


def test_batches_of_one_file_may_differ_in_columns(kit):
    """What one batch has and another lacks is missing there, never a made-up number."""
    from retailcrm.analytics.columns import Coded, Texts
    from retailcrm.ports.batches import Batch
    from retailcrm.shop.observed import Collector, Observed

    def batch(numbers, **columns):
        return Batch(
            grain=Grain.ORDERS,
            records=np.arange(len(numbers)) + 1,
            columns={"number": Texts.of(numbers), **columns},
            currency="CNY",
            buyer_key=BuyerKey(platform="taobao", kind="nick"),
        )

    first = batch(["1"], buyer=Texts.of(["ann"]), total=np.array([100]))
    second = batch(
        ["2"],
        buyer=Coded.of([None]),
        state=np.array([2], np.int8),
        paid_at=np.array(["2024-01-02"], "M8[us]"),
    )
    collector = Collector(currency="CNY")
    tables = collector.collect([first, second])
    file = Observed(
        digest="d",
        exported_at=kit.day(1),
        name="f",
        platform="taobao",
        tables=tables,
        buyer_keys=collector.buyer_keys,
        seen=collector.seen,
    )
    rows = kit.rows(kit.fold(file).orders)
    assert (rows["1"]["gross"], rows["1"]["paid_at"], rows["1"]["buyer"]) == (100, None, "ann")
    assert (rows["2"]["gross"], rows["2"]["paid_at"], rows["2"]["buyer"]) == (0, kit.day(2), None)
    assert (rows["1"]["state"], rows["2"]["state"]) == (S.UNKNOWN, S.PAID)
