"""The report's figures, recomputed by loops over the rows that they describe."""

from collections import Counter
from fractions import Fraction

import attrs
import pytest

from retailcrm import open_shop
from retailcrm.domain.problems import Problem
from retailcrm.report.data import Strength
from retailcrm.report.page import render_page
from retailcrm.shop.figures.quality import problem_rows
from retailcrm.shop.observed import FileAccount
from retailcrm.shop.policy import policy_from_table

AS_OF = "2024-03-31"
EMPTY = "id,who,state,placed,paid_at,total,paid,refunded\n"
LADDER = {
    "currency": "CNY",
    "window": "lifetime",
    "hold": "forever",
    "qualify_at": "paid",
    "tiers": [
        {"name": "member", "label_zh": "普通会员", "label_en": "Member"},
        {"name": "gold", "label_zh": "金卡", "label_en": "Gold", "enter": {"spend": "200.00"}},
    ],
}


def data_of(shop, as_of=AS_OF):
    """Gather the page's figures of a shop."""
    return shop.describe(as_of).data


def half_up(part, whole):
    """Divide amounts, halves away from zero."""
    value = Fraction(abs(part), whole) + Fraction(1, 2)
    return int(value) * (1 if part >= 0 else -1)


def test_the_small_shop_by_hand(small):
    """Eight counted orders of four people: 230, 30, 190 and 20 yuan."""
    data = data_of(small(policy=policy_from_table({"ladder": LADDER})))
    line = data.headline
    assert (line.customers, line.orders, line.gross, line.refunded, line.net) == (4, 8, 52000, 5000, 47000)
    assert (line.aov, line.per_buyer) == (5875, 11750)
    # Ann and Eve bought on two days or more: 250 of 470.
    assert line.repurchase_rate == 0.5
    assert line.returning_share == pytest.approx(25000 / 47000)
    # The top fifth of four people is 0.8 of Ann.
    assert line.top_share == pytest.approx(0.8 * 23000 / 47000)
    # Sum of (2 i - n - 1) x_i over n S, of 20, 30, 190, 230.
    assert line.gini == pytest.approx((-3 * 20 - 30 + 190 + 3 * 230) / (4 * 470))
    assert (data.potential, data.since, data.as_of) == (1, "2024-01-03", AS_OF)
    months = [(m.month, m.orders, m.net, m.buyers, m.new_buyers) for m in data.months]
    assert months == [
        ("2024-01", 2, 13000, 2, 2),
        ("2024-02", 3, 24000, 2, 1),
        ("2024-03", 3, 10000, 2, 1),
    ]
    assert [(t.key, t.customers, t.orders, t.net) for t in data.tiers] == [
        ("member", 3, 5, 24000),
        ("gold", 1, 3, 23000),
    ]
    assert {c.strength: (c.orders, c.net) for c in data.quality.coverage} == {
        Strength.STABLE: (8, 47000),
        Strength.WEAK: (0, 0),
        Strength.NONE: (0, 0),
    }


def test_the_simulated_shop_by_loops(kit, open_demo, repo_root):
    """Headline, segments, activity, classes, tiers, months and files of 2,000 orders."""
    shop = open_demo(policy=repo_root / "examples/policies/tiers_metals.toml")
    data = data_of(shop, "2024-07-01")
    rows = shop.insight.score("2024-07-01").to_arrow().to_pylist()
    for row in rows:
        row["fen"] = int(row["net"] * 100)
    counts = [
        r for r in kit.shop_rows(shop).values() if r["state"] in (2, 3, 4, 5) and r["refunded"] < r["gross"]
    ]
    net = sum(r["gross"] - r["refunded"] for r in counts)
    line = data.headline
    assert (line.customers, line.orders, line.net) == (len(rows), len(counts), net)
    assert line.aov == half_up(net, len(counts))
    assert line.per_buyer == half_up(sum(r["fen"] for r in rows), len(rows))
    several = [r for r in rows if r["purchase_days"] >= 2]
    assert line.repurchase_rate == pytest.approx(len(several) / len(rows))
    assert line.returning_share == pytest.approx(sum(r["fen"] for r in several) / sum(r["fen"] for r in rows))
    rising = sorted(r["fen"] for r in rows)
    weighted = sum((2 * i - len(rows) - 1) * x for i, x in enumerate(rising, start=1))
    assert line.gini == pytest.approx(weighted / (len(rows) * sum(rising)))
    whole, rest = divmod(Fraction(len(rows), 5), 1)
    top = sum(rising[-int(whole) :]) + rest * rising[-int(whole) - 1]
    assert line.top_share == pytest.approx(float(top / sum(rising)))
    groups = {
        "segment": data.segments,
        "activity": data.activity,
        "value_class": data.value_classes,
        "tier": data.tiers,
    }
    for column, found in groups.items():
        for group in found:
            inside = [r for r in rows if r[column] == group.key]
            assert group.customers == len(inside)
            assert group.orders == sum(r["orders"] for r in inside)
            assert group.net == sum(r["fen"] for r in inside)
        assert sum(group.customers for group in found) == len(rows)
    for segment in data.segments:
        days = [r["days_since_last"] for r in rows if r["segment"] == segment.key]
        assert segment.mean_days_since_last == (pytest.approx(sum(days) / len(days)) if days else None)
    by_month = Counter(
        r["paid_at"].astimezone(rows[0]["first_order_at"].tzinfo).strftime("%Y-%m") for r in counts
    )
    assert {m.month: m.orders for m in data.months} == dict(by_month)
    assert sum(m.new_buyers for m in data.months) == len(rows)
    assert data.lorenz.x[0] == data.lorenz.y[0] == 0
    assert data.lorenz.x[-1] == data.lorenz.y[-1] == 1


def test_files_and_problems_are_told(tmp_path, small):
    """Names without folders, records, the money rule in both languages, problems by frequency."""
    shop = small()
    path = tmp_path / "bad.csv"
    path.write_text("id,who,at,amount\n1,a,never,5\n2,b,2024-01-01,x\n3,c,2024-01-01,y\n", "utf-8")
    shop.imports.files(
        [path],
        mapping={
            "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
            "buyer": {"kind": "id", "strength": "stable"},
            "constants": {"state": "completed"},
        },
    )
    quality = data_of(shop).quality
    first, second = quality.files
    assert (first.name, first.accepted, first.rejected) == ("table", 10, 0)
    assert first.money_rule.en == "paid is already net of refunds: 2 of 2 refunded rows agree"
    assert first.money_rule.zh.startswith("实付金额已扣除退款")
    assert (second.name, second.accepted, second.rejected) == ("bad.csv", 0, 3)
    assert second.money_rule.en == ""
    assert [(p.code, p.count) for p in quality.problems] == [("amount", 2), ("instant", 1)]
    assert "bad.csv, line 3" in quality.problems[0].example
    assert quality.notes[0].en == "activity rests on: orders only"


def test_problems_are_counted_with_their_first_example(kit):
    """The most frequent code first, of equals the one seen first; those not kept are counted too."""

    def account(name, codes, more=0):
        problems = tuple(Problem(source=name, code=c, message=f"m{i}") for i, c in enumerate(codes))
        counts = Counter(codes)
        counts["state"] += more
        return FileAccount(
            name=name, source="s", reason="r", exported_at=kit.day(1), records=9, accepted=9, rejected=0,
            blank=0, problems=problems, problem_counts=dict(counts),
        )  # fmt: skip

    rows = problem_rows([account("a.csv", ["money", "state"]), account("b.csv", ["state", "time"], more=7)])
    assert [(row.code, row.count) for row in rows] == [("state", 9), ("money", 1), ("time", 1)]
    assert rows[0].example == "a.csv: m1 [state]"
    assert problem_rows([]) == ()


def test_policy_lines_are_on_the_page(small):
    """Every line of the policy in force."""
    shop = small()
    assert [(line.name, line.value) for line in data_of(shop).policy] == list(shop.policy.lines())


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "rows",
    [
        "",
        "1,ann,completed,2024-03-01,2024-03-01,70,70,0\n",
        "1,ann,placed,2024-03-01,,70,0,0\n",
        "1,ann,completed,2024-03-01,2024-03-01,0,0,0\n",
    ],
)
def test_the_page_is_written_for_the_smallest_shops(small, lang, rows):
    """No order, one customer, nobody who paid, an order for nothing: each gives a page."""
    data = data_of(small(EMPTY + rows))
    page = render_page(data, lang=lang)
    assert page.lstrip().lower().startswith("<!doctype html")
    assert data.headline.orders == ("completed" in rows)


def test_a_shop_without_orders_has_no_rates(small):
    """Nothing is divided by zero: shares and averages are not defined."""
    data = data_of(small(EMPTY))
    line = data.headline
    assert (line.customers, line.orders, line.net) == (0, 0, 0)
    assert {line.aov, line.per_buyer, line.repurchase_rate, line.top_share, line.gini} == {None}
    assert (data.since, data.months, data.lorenz.x, data.tiers) == (None, (), (), ())
    assert {row.mean_days_since_last for row in data.segments} == {None}


def test_the_first_order_may_be_a_guests(small):
    """Since when the shop's figures run: from the first counted order, whoever bought."""
    text = EMPTY + "1,,completed,2024-01-05,2024-01-05,70,70,0\n2,ann,completed,2024-02-01,2024-02-01,5,5,0\n"
    data = data_of(small(text))
    assert data.since == "2024-01-05"
    assert data.headline.orders == 2


def test_headline_counts_guests_as_orders_only(small):
    """Two orders, one of them a guest's: one customer, averages over orders and over customers."""
    text = EMPTY + "1,,completed,2024-02-01,2024-02-01,70,70,0\n2,ann,completed,2024-02-01,2024-02-01,5,5,0\n"
    shop = small(text)
    line = data_of(shop).headline
    assert (line.customers, line.orders, line.net) == (1, 2, 7500)
    assert (line.aov, line.per_buyer) == (3750, 500)


def test_reports_of_parts_equal_those_of_the_whole(demo_files):
    """In parts on disk the page's figures are the same, file by file and month by month, but of lines."""
    files, buyers = demo_files
    found = []
    for budget in (None, 1 << 20):
        with open_shop(memory_budget=budget) as shop:
            shop.imports.files(files)
            shop.imports.buyers(buyers)
            found.append(data_of(shop, "2024-07-01"))
    whole, parts = found
    assert parts.goods is None
    assert parts.quality.notes[:-1] == whole.quality.notes
    left_out = {"goods": None, "quality": attrs.evolve(whole.quality, notes=parts.quality.notes)}
    assert parts == attrs.evolve(whole, **left_out)
