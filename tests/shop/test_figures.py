"""The report's figures of orders against pandas, on a simulated shop and on the real files."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from retailcrm import Policy, load_policy, open_shop
from retailcrm.adapters.sources.mapping.reading import load_mapping
from retailcrm.analytics.regions import region_of, short_province
from retailcrm.domain.orders import OrderState
from retailcrm.shop.policy import policy_from_table
from retailcrm.simulate import ShopSpec, simulate_shop, write_full_exports

pd = pytest.importorskip("pandas")

BANDS = {"<18": 0, "18-24": 18, "25-29": 25, "30-34": 30, "35-39": 35, "40-49": 40, "50-59": 50, "60+": 60}
REAL = {
    "online_retail": ("online_retail.csv.gz", "online_retail.toml", "2011-12-01"),
    "taobao": ("taobao_orders_2019h1.xlsx", "taobao_orders_2019h1.toml", "2019-06-15"),
}


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """Give everything that a simulated shop of some 5,000 orders exports."""
    return write_full_exports(
        simulate_shop(ShopSpec(seed=11, customers=1500)), tmp_path_factory.mktemp("full")
    )


def fill(shop, exported):
    """Import all of it."""
    shop.imports.files(exported.reports)
    if exported.buyers is not None:
        shop.imports.buyers(exported.buyers)
    for path, mapping in exported.mapped:
        shop.imports.files(path, mapping=mapping)
    return shop


@pytest.fixture(scope="module")
def simulated(exported, repo_root):
    """Give the simulated shop with the demo's ladder, at its end."""
    return fill(open_shop(policy=load_policy(repo_root / "src/retailcrm/cli/demo_shop.toml")), exported)


@pytest.fixture(
    scope="module",
    params=["simulated", *(pytest.param(name, marks=pytest.mark.data) for name in REAL)],
)
def described(request, repo_root):
    """Give a shop, its moment, its figures and its counted orders as a pandas frame."""
    if request.param == "simulated":
        shop, as_of = request.getfixturevalue("simulated"), "2024-07-01"
    else:
        name, mapping_name, as_of = REAL[request.param]
        mapping = load_mapping(repo_root / "examples/mappings" / mapping_name)
        shop = open_shop(policy=Policy(zone=mapping.zone, currency=mapping.currency))
        shop.imports.files([request.getfixturevalue("data_dir") / name], mapping=mapping)
    found = shop.describe(as_of)
    orders, notes = frames(shop, as_of)
    return shop, as_of, found, orders, notes


def frames(shop, as_of):
    """Give counted orders and credit notes with everything that groups are made of."""
    (table,) = shop.imports.kept.parts()
    zone = shop.policy.zone
    every = pd.DataFrame(
        {
            "row": np.arange(len(table)),
            "who": table.customer,
            "state": table.state,
            "credit": table.credit,
            "gross": table.gross,
            "refunded": table.refunded,
            "placed": table.placed_at,
            "paid": table.paid_at,
            "back_at": table.refunded_at,
            **{
                name: [None] * len(table) if column is None else column.tolist()
                for name in ("province", "city", "channel")
                for column in [getattr(table, name)]
            },
        }
    )
    every["at"] = every["paid"].fillna(every["placed"])
    end = pd.Timestamp(as_of).tz_localize(zone).tz_convert("UTC").tz_localize(None)
    whole = every["state"] == OrderState.REFUNDED
    back = every["refunded"].where(~whole, np.maximum(every["refunded"], every["gross"]))
    took = every["back_at"].fillna(every["at"])
    every["back"] = back.where(took < end, 0)
    full = ~every["credit"] & (every["back"] > 0) & (every["back"] >= every["gross"])
    counts = every["state"].isin([2, 3, 4, 5, 7]) & ~every["credit"] & ~full & (every["at"] < end)
    counts &= ~(whole & (took < end))
    notes = every[every["credit"] & (every["placed"].fillna(every["paid"]) < end)].copy()
    orders = every[counts].copy()
    for frame in (orders, notes):
        local = frame["at"].dt.tz_localize("UTC").dt.tz_convert(zone)
        frame["day"] = local.dt.date
        frame["month"] = local.dt.strftime("%Y-%m")
    orders["net"] = orders["gross"] - orders["back"]
    known = orders[orders["who"] >= 0]
    first = known.sort_values(["who", "at", "row"]).drop_duplicates("who").set_index("who")["at"]
    orders["first_at"] = orders["who"].map(first)
    return orders, notes


def half_up(part, whole):
    """Divide amounts, halves away from zero."""
    if not whole:
        return None
    sign = 1 if part >= 0 else -1
    return sign * ((2 * abs(int(part)) + int(whole)) // (2 * int(whole)))


def figures(orders, notes):
    """Compute the columns of a breakdown's row from orders and credit notes of one group."""
    known = orders[orders["who"] >= 0]
    people = known.groupby("who").agg(days=("day", "nunique"), at=("at", "min"), first=("first_at", "min"))
    net = int(orders["gross"].sum() - orders["back"].sum() - notes["back"].sum())
    own = notes[notes["who"].isin(people.index)]
    known_net = int(known["gross"].sum() - known["back"].sum() - own["back"].sum())
    return {
        "orders": len(orders),
        "buyers": len(people),
        "new_buyers": int((people["at"] == people["first"]).sum()),
        "net": net,
        "refunded": int(orders["back"].sum() + notes["back"].sum()),
        "aov": half_up(net, len(orders)),
        "per_buyer": half_up(known_net, len(people)),
        "repurchase_rate": float((people["days"] >= 2).mean()) if len(people) else None,
        "known_orders": len(known),
    }


def check(rows, orders, notes, key, least=10, order=None):
    """Compare a breakdown with a group of both frames by a column; missing is not told, tails are joined."""
    of_order, of_note = orders[key].fillna(""), notes[key].fillna("")
    totals = {
        name: figures(orders[of_order == name], notes[of_note == name])
        for name in dict.fromkeys([*of_order, *of_note])
    }
    named = sorted((n for n in totals if n), key=lambda n: (-totals[n]["net"], n))
    if len(named) > 31:
        tail = set(named[31:])
        totals["*"] = figures(orders[of_order.isin(tail)], notes[of_note.isin(tail)])
        named = [*named[:31], "*"]
    elif order is not None:
        named = [name for name in order if name in totals]
    expected = [*named, *([""] if "" in totals else [])]
    found = [row.key for row in rows if row.orders or row.net]
    assert found == expected
    for row in rows:
        if row.key not in totals:
            assert (row.orders, row.buyers, row.net) == (0, 0, 0)
            continue
        wanted = totals[row.key]
        rates = ("aov", "per_buyer", "repurchase_rate")
        for name in ("orders", "buyers", "new_buyers", "net", "refunded"):
            assert getattr(row, name) == wanted[name], (row.key, name)
        assert row.withheld == (wanted["buyers"] < least)
        for name in rates:
            value = None if row.withheld else wanted[name]
            assert getattr(row, name) == (value if value is None else pytest.approx(value)), (row.key, name)
    return totals


def rows_of(data, key):
    """Give a breakdown's rows."""
    return next(found for found in data.breakdowns if found.key == key).rows


def test_places_and_channels(described):
    """Region, province, city and channel, as far as the file tells; regions are those of China."""
    _, _, found, orders, notes = described
    chinese = found.data.currency == "CNY"
    for frame in (orders, notes):
        told = frame["province"].notna()
        frame["region"] = frame["province"].where(~told, frame["province"].fillna("").map(region_of))
        frame["province"] = [
            p if not (isinstance(p, str) and chinese) else short_province(p) or p for p in frame["province"]
        ]
    keys = {breakdown.key for breakdown in found.data.breakdowns}
    for key in ("region", "province", "city", "channel"):
        told = orders[key].notna().any() and (chinese or key != "region")
        assert (key in keys) == told
        if told:
            order = ["east", "central", "west", "hmt", "other"] if key == "region" else None
            check(rows_of(found.data, key), orders, notes, key, order=order)


def test_people_and_tiers(simulated, described):
    """Gender, age, level and tier of the simulated shop's members."""
    shop, as_of, found, orders, notes = described
    if shop is not simulated:
        assert not {b.key for b in found.data.breakdowns} & {"gender", "age", "level", "tier"}
        return
    people = shop.imports.kept.beside().people.profiles
    today = pd.Timestamp(as_of)

    def age_band(code):
        year, month, day = code % 100_000_000 // 10_000, code // 100 % 100, code % 100
        if code < 0 or not year:
            return None
        age = today.year - year - ((today.month, today.day) < (month, day))
        return [name for name, start in BANDS.items() if age >= start][-1] if 0 <= age <= 120 else None

    genders = ["female", "male", "other"]
    file = {
        who: (None if g < 0 else genders[g], age_band(b), level)
        for who, g, b, level in zip(
            people.ids, people.gender.tolist(), people.birthday.tolist(), people.level.tolist(), strict=True
        )
    }
    (table,) = shop.imports.kept.parts()
    ids = [*table.customers.ids.tolist(), None]
    tiers = dict(zip(found.scores.customer_ids, found.scores.tier.tolist(), strict=True))
    for frame in (orders, notes):
        names = [ids[who] for who in frame["who"]]
        for i, key in enumerate(("gender", "age", "level")):
            frame[key] = pd.Series(
                [file.get(name, (None,) * 3)[i] for name in names], frame.index, dtype=object
            )
        frame["tier"] = pd.Series([tiers.get(name) for name in names], frame.index, dtype=object)
    assert orders["gender"].notna().mean() > 0.3
    for key, order in (
        ("gender", genders), ("age", list(BANDS)), ("level", None), ("tier", list(found.scores.tier_labels)),
    ):  # fmt: skip
        check(rows_of(found.data, key), orders, notes, key, order=order)


def test_months(described):
    """Every column of every calendar month; undated credit notes there are none."""
    _, _, found, orders, notes = described
    months = {row.month: row for row in found.data.months}
    assert list(months) == pd.period_range(min(months), max(months), freq="M").astype(str).tolist()
    assert {*orders["month"], *notes["month"]} <= set(months)
    known = orders[orders["who"] >= 0]
    ordered = known.sort_values(["who", "at", "row"]).drop_duplicates(["who", "day"])
    silence = pd.to_datetime(ordered["day"]) - pd.to_datetime(ordered.groupby("who")["day"].shift())
    back = ordered[silence >= pd.Timedelta(days=180)]
    first_month = known.groupby("who")["month"].min()
    for month, row in months.items():
        inside, of_note = orders[orders["month"] == month], notes[notes["month"] == month]
        wanted = figures(inside, of_note)
        assert (row.orders, row.buyers, row.net) == (wanted["orders"], wanted["buyers"], wanted["net"])
        assert (row.refunded, row.new_buyers) == (wanted["refunded"], wanted["new_buyers"])
        assert row.gross == inside["gross"].sum()
        assert row.reactivated == back[back["month"] == month]["who"].nunique()
        returning = inside[inside["who"].map(first_month).fillna("9") < month]
        own = of_note[of_note["who"].isin(returning["who"])]
        assert row.returning_net == returning["net"].sum() - own["back"].sum()


def test_the_comparison(described):
    """The last whole month against the one before, figure by figure."""
    _, as_of, found, orders, notes = described
    comparison = found.data.comparison
    end = pd.Timestamp(as_of).replace(day=1)
    edges = [end - pd.DateOffset(months=n) for n in range(4)]
    assert [comparison.end, comparison.start, comparison.before_start] == [
        str(edge.date()) for edge in edges[:3]
    ]
    assert comparison.name.en == comparison.start[:7]
    changes = {change.key: change for change in comparison.changes}

    def slot(n):
        start, stop = edges[n + 1].date(), edges[n].date()
        return tuple(f[[bool(start <= d < stop) for d in f["day"]] or f["credit"]] for f in (orders, notes))

    def people(frame):
        return set(frame.loc[frame["who"] >= 0, "who"])

    for n, side in ((0, "now"), (1, "before")):
        inside, of_note = slot(n)
        wanted = figures(inside, of_note)
        got = {key: getattr(change, side) for key, change in changes.items()}
        for key in ("orders", "net", "buyers", "new_buyers", "repurchase_rate"):
            assert got[key] == pytest.approx(wanted[key]), (key, side)
        assert got["aov"] == pytest.approx(wanted["net"] / wanted["orders"])
        assert got["orders_per_buyer"] == pytest.approx(wanted["known_orders"] / wanted["buyers"])
        assert got["per_buyer"] == pytest.approx(wanted["per_buyer"], abs=0.5)
        assert got["refund_rate"] == pytest.approx(wanted["refunded"] / inside["gross"].sum())
        assert got["new_customer_share"] == pytest.approx(wanted["new_buyers"] / wanted["buyers"])
        earlier = people(orders[orders["day"] < edges[n + 1].date()])
        assert got["acquisition_rate"] == pytest.approx(wanted["new_buyers"] / len(earlier))
        before = people(slot(n + 1)[0])
        assert got["rebuy_rate"] == pytest.approx(len(before & people(inside)) / len(before))
        cut = edges[n].date() - timedelta(days=90)
        lately = people(orders[(orders["day"] >= cut - timedelta(days=180)) & (orders["day"] < cut)])
        again = people(orders[(orders["day"] >= cut) & (orders["day"] < edges[n].date())])
        rate = len(lately - again) / len(lately) if lately else None
        if "churn_rate" in changes:
            assert got["churn_rate"] == (rate if rate is None else pytest.approx(rate))
    churn = changes.get("churn_rate")
    assert churn is None or churn.now is None or churn.low <= churn.now <= churn.high


def test_growth_of_groups(described):
    """Net of the two latest periods adds up to the comparison's, over all groups, unless some are small."""
    _, _, found, _, _ = described
    net = next(change for change in found.data.comparison.changes if change.key == "net")
    for breakdown in found.data.breakdowns:
        rows = breakdown.rows
        for row in rows:
            assert (row.net_latest is None) == (row.net_before is None)
            assert row.growth is None or not row.withheld
        if breakdown.key != "category" and all(row.net_latest is not None for row in rows if row.orders):
            assert sum(row.net_latest or 0 for row in rows) == net.now
            assert sum(row.net_before or 0 for row in rows) == net.before


def test_growth_is_withheld_of_groups_with_few_buyers_in_either_period():
    """Of February and March each group needs two buyers in both, its least; two orders of one are not."""
    head = "id,who,state,placed,paid_at,total,paid,refunded,province"
    rows = [
        # province, buyer, month
        ("广东", "a", 2), ("广东", "b", 2), ("广东", "a", 3), ("广东", "b", 3), ("广东", "c", 3),
        ("浙江", "d", 2), ("浙江", "e", 2), ("浙江", "d", 3), ("浙江", "d", 3),
        ("山东", "f", 2), ("山东", "g", 3), ("山东", "h", 3),
        ("四川", "i", 2), ("四川", "i", 3), ("广东", "z", 1),
    ]  # fmt: skip
    lines = [
        f"{i},{who},completed,2024-0{month}-0{1 + (month > 1)},2024-0{month}-02,5,5,0,{province}".split(",")
        for i, (province, who, month) in enumerate(rows)
    ]
    names = head.split(",")
    table = pa.table({name: [line[i] for line in lines] for i, name in enumerate(names)})
    mapping = {
        "columns": {
            "number": "id", "buyer": "who", "state": "state", "placed_at": "placed", "paid_at": "paid_at",
            "total": "total", "paid": "paid", "refunded": "refunded", "province": "province",
        },
        "buyer": {"kind": "id", "strength": "stable"},
        "states": {"completed": "completed"},
    }  # fmt: skip
    with open_shop(policy=policy_from_table({"report": {"least_people": 2}})) as shop:
        shop.imports.table(table, mapping)
        found = {row.key: row for row in rows_of(shop.describe("2024-04-01").data, "province")}
    both = {key: (row.withheld, row.net_before, row.net_latest) for key, row in found.items()}
    assert both == {
        "广东": (False, 1000, 1500),
        "浙江": (False, None, None),
        "山东": (False, None, None),
        "四川": (True, None, None),
    }
    assert found["广东"].growth == pytest.approx(1 / 2)
    assert {row.growth for key, row in found.items() if key != "广东"} == {None}


def test_main_groups_are_the_biggest_segments(described):
    """The fewest segments that bring four fifths of the customers' net."""
    _, _, found, _, _ = described
    main, segments = found.data.main_groups, found.data.segments
    total = sum(s.net for s in segments)
    biggest = sorted(segments, key=lambda s: -s.net)
    size = next(n for n in range(1, 99) if sum(s.net for s in biggest[:n]) >= 0.8 * total)
    assert main.main == tuple(s.key for s in biggest[:size])
    assert main.share == pytest.approx(sum(s.net for s in biggest[:size]) / total)
    people = sum(s.customers for s in segments)
    assert main.customers_share == pytest.approx(sum(s.customers for s in biggest[:size]) / people)


def test_parts_on_disk_give_the_same_figures(exported, simulated, repo_root):
    """Of a shop larger than memory all figures of orders are the same; what needs lines is left out."""
    policy = load_policy(repo_root / "src/retailcrm/cli/demo_shop.toml")
    whole = simulated.describe("2024-07-01").data
    with fill(open_shop(policy=policy, memory_budget=1 << 20), exported) as shop:
        assert len(list(shop.insight.parts())) > 1
        parts = shop.describe("2024-07-01").data
    same = (
        "headline", "months", "segments", "tiers", "comparison", "main_groups", "reviews", "members", "since",
    )  # fmt: skip
    for name in same:
        assert getattr(parts, name) == getattr(whole, name), name
    assert parts.breakdowns == tuple(b for b in whole.breakdowns if b.key != "category")
    assert parts.refunding == whole.refunding
    assert (parts.goods, parts.lifts, parts.taste) == (None, (), None)
    assert any("memory budget" in note.en for note in parts.quality.notes)
    assert parts.quality.completeness == whole.quality.completeness
    by_step = {row.key: row for row in whole.delays}
    # Where orders tell both times, parcels are not needed.
    assert all(row == by_step[row.key] for row in parts.delays if row.key in ("payment", "shipping"))


def test_local_days_are_the_shops(described):
    """The oracle's days are those of the shop's zone, not of UTC."""
    shop, _, _, orders, _ = described
    one = orders.iloc[0]
    assert one["day"] == one["at"].to_pydatetime().replace(tzinfo=ZoneInfo("UTC")).astimezone(
        ZoneInfo(shop.policy.zone)
    ).date()  # fmt: skip
