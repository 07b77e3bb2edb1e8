"""Refunds, times, reviews, completeness, freshness, and which periods are compared."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from html import unescape
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from retailcrm import open_shop
from retailcrm.analytics.columns import MISSING
from retailcrm.analytics.metrics import MonthlyMetrics
from retailcrm.domain.orders import OrderState
from retailcrm.domain.parcels import ParcelEvent
from retailcrm.errors import SettingsError
from retailcrm.ports.batches import Grain
from retailcrm.report.page import render_page
from retailcrm.shop.figures.quality import REACHES_PAST
from retailcrm.shop.figures.spans import latest_span
from retailcrm.shop.policy import policy_from_table
from retailcrm.simulate import ShopSpec, simulate_shop, write_full_exports

AS_OF = "2024-07-01"
END = np.datetime64("2024-06-30T16:00", "us")
EPOCH = date(1970, 1, 1)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Give a simulated shop with everything that it exports."""
    exported = write_full_exports(
        simulate_shop(ShopSpec(seed=29, customers=900)), tmp_path_factory.mktemp("full")
    )
    opened = open_shop()
    opened.imports.files(exported.reports)
    if exported.buyers is not None:
        opened.imports.buyers(exported.buyers)
    for path, mapping in exported.mapped:
        opened.imports.files(path, mapping=mapping)
    return opened


@pytest.fixture(scope="module")
def data(shop):
    """Give its figures."""
    return shop.describe(AS_OF).data


@pytest.fixture(scope="module")
def orders(shop):
    """Give its order table."""
    return next(shop.imports.kept.parts())


def test_refunding(shop, data, orders):
    """Orders in full and in part that went back, of all that were ever paid for; reasons by money."""
    paid = np.isin(orders.state, [2, 3, 4, 5, 7]) & ~orders.credit
    whole = orders.state == OrderState.REFUNDED
    back = np.where(whole, np.maximum(orders.refunded, orders.gross), orders.refunded)[paid]
    found = data.refunding
    assert (found.orders, found.refunded_orders) == (paid.sum(), (back > 0).sum())
    assert (found.gross, found.refunded) == (orders.gross[paid].sum(), back.sum())
    refunds = shop.imports.kept.beside().refunds
    sums, times = {}, {}
    for reason, amount in zip(refunds.reason.tolist(), refunds.amount.tolist(), strict=True):
        sums[reason or ""] = sums.get(reason or "", 0) + amount
        times[reason or ""] = times.get(reason or "", 0) + 1
    wanted = sorted(sums, key=lambda reason: (-sums[reason], reason))
    assert [(r.reason, r.refunds, r.amount) for r in found.reasons] == [
        (reason, times[reason], sums[reason]) for reason in wanted
    ]


def hours(start, end):
    """Give whole minutes as hours."""
    return int((end - start) / np.timedelta64(1, "m")) / 60


def test_delays(shop, data, orders):
    """Nearest-rank quantiles and shares in time of every step, order by order."""
    beside = shop.imports.kept.beside()
    first: dict[tuple[int, int], np.datetime64] = {}
    parcels = beside.parcels
    for order, event, at in zip(parcels.order.tolist(), parcels.event.tolist(), parcels.at, strict=True):
        if order >= 0 and not np.isnat(at):
            first[order, event] = min(at, first.get((order, event), at))

    def told(column, event):
        own = [np.datetime64("NaT")] * len(orders) if column is None else column
        return [first.get((i, event), at) if np.isnat(at) else at for i, at in enumerate(own)]

    steps = {
        "payment": (orders.placed_at, orders.paid_at, (1, 6), 24),
        "delivery": (
            told(orders.shipped_at, ParcelEvent.SHIPPED),
            told(orders.received_at, ParcelEvent.SIGNED),
            (3,),
            72,
        ),
    }
    if orders.shipped_at is not None:
        steps["shipping"] = (orders.paid_at, orders.shipped_at, (2,), 48)
    rows = {row.key: row for row in data.delays}
    assert set(steps) <= set(rows)
    for key, (starts, ends, waiting, limit) in steps.items():
        took, could, did, turned = [], 0, 0, 0
        late = END - np.timedelta64(limit, "h")
        for start, end, state in zip(starts, ends, orders.state.tolist(), strict=True):
            if np.isnat(start) or start >= END:
                continue
            if not np.isnat(end) and end < start:
                turned += 1
                continue
            done = not np.isnat(end) and end < END
            if not done and np.isnat(end) and state not in waiting:
                continue
            if done:
                took.append(hours(start, end))
            if start <= late:
                could += 1
                did += done and end - start <= np.timedelta64(limit, "h")
        took.sort()
        row = rows[key]
        assert (row.count, row.reversed_count, row.within_hours) == (len(took), turned, limit)
        assert row.median_hours == pytest.approx(took[math.ceil(len(took) / 2) - 1])
        assert row.p90_hours == pytest.approx(took[math.ceil(Fraction(9, 10) * len(took)) - 1])
        assert row.within == pytest.approx(did / could)


def test_one_time_told_twice_is_no_delay(small):
    """Where orders are placed and paid at the same instant throughout, nothing is said of payment."""
    text = "id,who,state,placed,paid_at,total,paid,refunded\n"
    text += "".join(f"{i},a{i},completed,2024-01-0{i} 10:00,2024-01-0{i} 10:00,5,5,0\n" for i in range(1, 5))
    assert small(text).describe("2024-03-31").data.delays == ()


def test_reviews(shop, data):
    """Good of scored reviews, by month and by product, with enough scores, the lowest interval first."""
    reviews = shop.imports.kept.beside().reviews
    zone = ZoneInfo("Asia/Shanghai")
    columns = (reviews.score.tolist(), reviews.product.tolist(), reviews.has_second.tolist())
    rows = [
        (at.astype("datetime64[s]").item().replace(tzinfo=UTC).astimezone(zone), score, product, again)
        for at, score, product, again in zip(reviews.at, *columns, strict=True)
        if at < END
    ]
    scored = [row for row in rows if row[1] != MISSING]
    found = data.reviews
    assert (found.reviews, found.scored) == (len(rows), len(scored))
    assert found.good == sum(row[1] >= 80 for row in scored)
    assert found.rate == pytest.approx(found.good / found.scored)
    assert found.second <= sum(row[3] for row in rows)
    for month in found.months:
        inside = [row for row in scored if row[0].strftime("%Y-%m") == month.month]
        assert (month.scored, month.good) == (len(inside), sum(row[1] >= 80 for row in inside))
    assert sum(month.reviews for month in found.months) == len(rows)
    products = {row[2] for row in scored}
    counts = {p: [row[1] >= 80 for row in scored if row[2] == p] for p in products}
    enough = {p: c for p, c in counts.items() if len(c) >= 10}
    assert (
        sorted((w.scored, w.good) for w in found.worst)
        == sorted((len(c), sum(c)) for c in enough.values())[-len(found.worst) :]
        or len(enough) > 20
    )
    assert [w.low for w in found.worst] == sorted(w.low for w in found.worst)
    change = next(c for c in data.comparison.changes if c.key == "good_review_rate")
    june = [row[1] >= 80 for row in scored if row[0].strftime("%Y-%m") == "2024-06"]
    assert change.now == pytest.approx(sum(june) / len(june))


def test_completeness_and_freshness(shop, data):
    """How many people's fields are known or masked, and how old the newest record of each kind is."""
    beside = shop.imports.kept.beside()
    people = beside.people
    rows = {row.key: row for row in data.quality.completeness}
    assert {row.people for row in rows.values()} == {len(people.profiles)}
    for key in ("name", "phone"):
        texts = people.contacts[key].tolist()
        masked = [text for text in texts if text is not None and ("*" in text or "＊" in text)]
        assert rows[key].masked == len(masked)
        assert rows[key].known == len(texts) - texts.count(None) - len(masked)
    assert rows["consent"].known == (people.profiles.consent >= 0).sum()
    assert {key for key, row in rows.items() if row.newest is None} <= {"name", "phone", "gender", "birthday"}
    assert "tags" not in rows
    assert rows["gender"].known == (people.profiles.gender >= 0).sum()
    assert rows["birthday"].known == (people.profiles.birthday >= 0).sum()
    assert rows["joined_at"].known == (~np.isnat(people.profiles.joined_at)).sum()
    assert rows["points"].known == (people.profiles.points != MISSING).sum()
    assert 0 < rows["birthday"].known < len(people.profiles)
    assert data.members == len(people.profiles)
    kinds = {str(kind.grain): kind for kind in beside.kinds}
    assert [row.key for row in data.quality.freshness] == list(kinds)
    assert {"orders", "lines", "customers", "products", "reviews", "parcels"} <= set(kinds)
    for row in data.quality.freshness:
        assert row.records == kinds[row.key].records
        if row.key in ("customers", "products"):
            assert row.newest_record is None
        day = date.fromisoformat(row.newest_record or row.newest_export)
        assert row.days_old == max((date(2024, 7, 1) - day).days, 0)
    assert data.quality.stray_refunds == beside.stray_refunds


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_orders_of_unknown_buyers_make_a_page(small, lang, tmp_path):
    """No customer, no segment; orders, places, months and a comparison of what needs no buyer."""
    text = "id,who,state,placed,paid_at,total,paid,refunded\n"
    text += "".join(f"{i},,completed,2024-0{i}-03,2024-0{i}-03,{i}0,{i}0,0\n" for i in range(1, 4))
    shop = small(text)
    data = shop.describe("2024-04-01").data
    assert (data.headline.orders, data.headline.customers, data.headline.net) == (3, 0, 6000)
    assert (data.segments, data.activity, data.value_classes, data.tiers) == ((), (), (), ())
    assert [n.en for n in data.quality.notes] == [data.quality.notes[-1].en]  # nobody is scored
    assert (data.main_groups, data.potential, data.lorenz.x) == (None, None, ())
    assert [(month.orders, month.buyers) for month in data.months] == [(1, 0)] * 3
    assert [change.key for change in data.comparison.changes] == ["net", "orders", "aov", "refund_rate"]
    note = data.quality.notes[-1]
    assert "no order has a buyer" in note.en
    page = render_page(data, lang=lang)
    assert getattr(note, lang) in unescape(page)
    assert shop.report(tmp_path / "r.html", as_of="2024-04-01", lang=lang).exists()


def test_small_groups_withhold_their_rates():
    """Of ten people and more rates are shown; the policy may ask for more or fewer."""
    text = "id,who,state,placed,paid_at,total,paid,refunded,province\n"
    rows = [("广东", i) for i in range(10)] + [("浙江省", 10 + i) for i in range(9)]
    text += "".join(f"{i},b{i},completed,2024-01-03,2024-01-03,5,5,0,{p}\n" for p, i in rows)
    columns = [line.split(",") for line in text.splitlines()]
    table = pa.table({name: [row[i] for row in columns[1:]] for i, name in enumerate(columns[0])})
    mapping = {
        "columns": {
            "number": "id", "buyer": "who", "state": "state", "placed_at": "placed", "paid_at": "paid_at",
            "total": "total", "paid": "paid", "refunded": "refunded", "province": "province",
        },
        "buyer": {"kind": "id", "strength": "stable"},
        "states": {"completed": "completed"},
    }  # fmt: skip

    def withheld(**rules):
        with open_shop(policy=policy_from_table(rules)) as shop:
            shop.imports.table(table, mapping)
            found = shop.describe("2024-02-01").data.breakdowns
            rows = next(b for b in found if b.key == "province").rows
            assert all((row.aov is None) == row.withheld for row in rows)
            return {row.key: row.withheld for row in rows}

    assert withheld() == {"广东": False, "浙江": True}
    assert withheld(report={"least_people": 9}) == {"广东": False, "浙江": False}
    assert withheld(report={"least_people": 11}) == {"广东": True, "浙江": True}


def test_records_past_the_day_make_nothing_fresh(small):
    """At the end of February the newest order is of the 20th, though the file has one of 11 March."""
    shop = small()
    (row,) = shop.describe("2024-03-01").data.quality.freshness
    assert (row.newest_record, row.days_old, row.newest_export) == ("2024-02-20", 10, "2024-04-10")
    assert shop.describe("2024-03-01").data.quality.notes[-1] == REACHES_PAST
    later = shop.describe("2024-03-31").data.quality
    assert (later.freshness[0].newest_record, later.freshness[0].days_old) == ("2024-03-11", 20)
    assert REACHES_PAST not in later.notes


def test_every_kind_of_record_is_as_old_as_its_newest_before_the_day(shop, orders):
    """In the middle of the data no age is below zero, each kind's is that of its own tables."""
    moment = np.datetime64("2023-06-30T16:00", "us")
    quality = shop.describe("2023-07-01").data.quality
    assert REACHES_PAST in quality.notes
    beside = shop.imports.kept.beside()
    of_line = beside.lines.order[beside.lines.order >= 0]
    times = {
        "orders": (orders.placed_at, orders.paid_at),
        "lines": (orders.placed_at[of_line], orders.paid_at[of_line]),
        "refunds": (beside.refunds.settled_at, beside.refunds.asked_at),
        "reviews": (beside.reviews.at, beside.reviews.second_at),
        "parcels": (beside.parcels.at,),
    }
    for row in quality.freshness:
        if row.key in ("customers", "products"):
            assert (row.newest_record, row.days_old) == (None, 0)
            continue
        newest = max(at for column in times[row.key] for at in column.tolist() if at and at < moment.item())
        day = (newest + timedelta(hours=8)).date()
        assert (row.newest_record, row.days_old) == (day.isoformat(), (date(2023, 7, 1) - day).days)


def test_reviews_by_code_and_by_title_are_of_one_product(kit, small):
    """Two reviews name the code, two the title: one row of four, one of them good."""
    shop = small(policy=policy_from_table({"report": {"least_people": 3}}))
    kept = shop.imports.kept
    kit.keep(kept, (Grain.PRODUCTS, [{"product": "T1", "title": "green tea"}]), at=1, name="p.csv")
    rows = [
        {"product": product, "score": score, "at": kit.day(n), "buyer": f"b{n}", "text": str(n)}
        for n, (product, score) in enumerate(
            [("T1", 100), ("green tea", 20), ("T1", 40), ("green tea", 60), ("cup", 20)], start=1
        )
    ]
    kit.keep(kept, (Grain.REVIEWS, rows), at=2, name="r.csv")
    (worst,) = shop.describe("2024-03-31").data.reviews.worst
    assert (worst.product, worst.scored, worst.good, worst.rate) == ("green tea", 4, 1, 0.25)


def span_of(today, since, newest, *months):
    """Choose periods for a shop with orders in some months."""

    def day(text):
        return None if text is None else (date.fromisoformat(text) - EPOCH).days

    every = np.array(months, "datetime64[M]")
    ones = np.ones(len(every), np.int64)
    metrics = MonthlyMetrics(
        months=every, orders=ones, gross=ones, refunded=ones, buyers=ones, new_buyers=ones
    )
    found = latest_span(day(today), day(since), day(newest), metrics, "Asia/Shanghai")
    if found is None:
        return None
    edges = (found.earlier, found.before, found.start, found.end)
    return found.name.en, *(str(EPOCH + timedelta(days=edge)) for edge in edges)


@pytest.mark.parametrize(
    ("today", "since", "newest", "months", "span"),
    [
        (
            "2024-04-01", "2024-01-05", "2024-03-30", ("2024-01", "2024-02", "2024-03"),
            ("2024-03", "2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"),
        ),
        (
            "2024-04-18", "2024-02-07", "2024-04-17", ("2024-02", "2024-03", "2024-04"),
            ("2024-03", "2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"),
        ),
        (
            "2024-04-18", "2024-02-20", "2024-04-17", ("2024-02", "2024-03", "2024-04"),
            ("the last 30 days", "2024-01-19", "2024-02-18", "2024-03-19", "2024-04-18"),
        ),
        ("2024-04-18", "2024-02-28", "2024-04-17", ("2024-02", "2024-03", "2024-04"), None),
        ("2024-09-01", "2024-01-05", "2024-03-30", ("2024-01", "2024-02", "2024-03"), None),
        ("2024-04-18", None, None, (), None),
    ],
)  # fmt: skip
def test_which_periods_are_compared(today, since, newest, months, span):
    """Two whole months if the data hold them, else thirty days, else nothing; stale data are not compared."""
    assert span_of(today, since, newest, *months) == span


def test_periods_begin_at_the_shops_midnight():
    """The instants of a span are midnights in Shanghai, across a change of the clock elsewhere too."""
    found = latest_span(
        19814, 19000, 19813,
        MonthlyMetrics(
            months=np.array(["2024-02", "2024-03"], "datetime64[M]"),
            **{n: np.ones(2, np.int64) for n in ("orders", "gross", "refunded", "buyers", "new_buyers")},
        ),
        "Europe/London",
    )  # fmt: skip
    assert found is not None
    assert found.latest.start == np.datetime64("2024-03-01T00:00", "us")
    assert found.latest.end == np.datetime64(datetime(2024, 3, 31, 23), "us")  # noqa: DTZ001 - UTC
    assert found.previous.end == found.latest.start
    assert found.third.end == found.previous.start


def test_definitions_say_the_numbers_in_force(small):
    """What depends on a number of days is defined with the policy's, in both languages."""
    with small(policy=policy_from_table({"report": {"lapsed_days": 21}})) as shop:
        changes = {change.key: change for change in shop.describe("2024-04-01").data.comparison.changes}
    # Ann's first silence is 29 days, her second 38; cat's is within a day, Eve's 10 days.
    assert (changes["reactivated"].now, changes["reactivated"].before) == (1, 1)
    assert "21 days of silence" in changes["reactivated"].definition.en
    assert "21 天" in changes["reactivated"].definition.zh
    assert changes["net"].definition.en.startswith("Paid on the period's counted orders")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("least_people", 0),
        ("main_percent", 101),
        ("good_from", "80"),
        ("slow_days", True),
        ("lapsed_days", 1.5),
    ],
)
def test_report_settings_out_of_range_are_refused(name, value):
    """Whole numbers of a range only; the message says which setting and where."""
    with pytest.raises(SettingsError, match=rf"\[report\] {name} must be a whole number from 1"):
        policy_from_table({"report": {name: value}})
    with pytest.raises(
        SettingsError, match=r"\[report\]: unknown setting 'slow_day'; did you mean 'slow_days'"
    ):
        policy_from_table({"report": {"slow_day": 1}})
