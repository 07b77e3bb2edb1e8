"""The report's figures of points: what journals and orders come to together, and nothing from the future."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from retailcrm import open_shop
from retailcrm.report.data.points import Recognised
from retailcrm.shop.loyalty.figures import movements, points_figures
from retailcrm.shop.loyalty.gathering import stacked
from retailcrm.simulate import ShopSpec, simulate_shop, write_full_exports

APRIL = np.datetime64("2024-04-01", "us")
HEADER = "流水号,买家会员名,兑换内容,积分,时间"


def figures(shop, at=APRIL):
    """Give a shop's figures."""
    return points_figures(shop._points, at)


def till(path, rows):
    """Write a file of redemptions."""
    path.write_text("\n".join([HEADER, *rows, ""]), "utf-8")
    return path


def test_the_months_by_hand(shop):
    """50 + 30 + 20 points issued, 5 taken back; 65 usable until the end of 2025, 30 wait for receipt."""
    found = figures(shop)
    (march,) = found.months
    assert (march.month, march.opening, march.issued, march.reversed, march.closing) == (
        "2024-03",
        0,
        100,
        5,
        95,
    )
    assert (found.pending, found.available, found.held, found.holders) == (30, 65, 0, 2)
    assert [(row.key, row.points) for row in found.expiring] == [("2025-12", 65), ("waiting", 30)]
    assert (found.orders, found.one_by_one, found.wallet) == (3, 0, "")
    assert found.lapsing.points == 0
    assert (found.redeeming.able, found.redeeming.times, found.redeeming.median_days) == (2, 0, None)


def test_the_liability_and_its_lines_by_hand(shop):
    """95 points at a fen each, all assumed to be redeemed; 100.50 sold, of which 0.99 is for 100 points."""
    owed = figures(shop).liability
    assert (owed.total, owed.at_most, owed.share, owed.assumed, owed.points_per_unit) == (
        95,
        95,
        1.0,
        True,
        "100",
    )
    assert owed.month == "2024-03"
    # 10,050 x 100 / 10,150 is 99; the refund of 5.00 takes back 5 of 100 points: 99 x 5 / 100 is 5.
    assert [(line.account.en, line.debit, line.credit) for line in owed.lines] == [
        ("Cash or receivables", 10_050, 0), ("Revenue: goods", 0, 9_951),
        ("Contract liability: points", 0, 99),
        ("Revenue: goods", 495, 0), ("Contract liability: points", 5, 0), ("Cash or receivables", 0, 500),
    ]  # fmt: skip


def test_breakage_is_withheld_with_its_reason(shop):
    """One month is not enough for anything."""
    found = figures(shop).breakage
    assert (found.matured, found.forecast, found.tested) == (None, None, None)
    assert found.withheld is not None
    assert found.withheld.en.startswith("The 3 oldest months")


def test_points_spent_show_up(shop, tmp_path):
    """20 for an order and 10 for a pen, by one of two customers, the middle point after nine days."""
    rows = ["1,ann,订单抵扣,20,2024-03-10 00:00", "2,ann,pen,10,2024-03-11 12:00"]
    assert shop.take_redemptions(till(tmp_path / "till.csv", rows)).redemptions == 2
    found = figures(shop)
    assert (found.months[0].redeemed, found.available, found.outstanding) == (30, 35, 65)
    # Of 99 fen deferred for 100 points, 5 with 5 of them taken back: 94 x 30 / 95 is 30, as they paid.
    assert found.liability.recognised == Recognised(points=30, worth=30, redeemed=30, broken=0)
    who = found.redeeming
    assert (who.able, who.customers, who.times, who.points, who.median_days) == (2, 1, 2, 30, 9)
    assert [(row.label.en, row.points) for row in who.spent_on] == [("Money off orders", 20), ("pen", 10)]
    assert who.participation == 0.5


def test_what_lapses_soon_is_counted_with_its_owners(make_shop, bring):
    """40 points of Ann lapse on 5 May, within sixty days of 1 April; Bob's on 4 June do not."""
    shop = make_shop(expiry={"days": 40})
    bring(
        shop,
        {"id": "1", "who": "ann", "at": "2024-03-20", "done": "2024-03-25", "amount": "40.00"},
        {"id": "2", "who": "bob", "at": "2024-03-20", "done": "2024-03-25", "amount": "7.00"},
        {"id": "3", "who": "cat", "at": "2024-02-01", "done": "2024-02-20", "amount": "9.00"},
    )
    soon = figures(shop, np.datetime64("2024-03-31", "us")).lapsing
    assert (soon.days, soon.points, soon.customers) == (60, 40 + 7 + 9, 3)
    # Cat's lapse at midnight after the fortieth day, 31 March: at the report's beginning they are gone.
    april = figures(shop)
    assert (april.lapsing.points, april.lapsing.customers, april.lapsed, april.available) == (47, 2, 9, 47)


def test_a_shop_without_points_has_no_figures(make_shop):
    """No order, no programme: nothing to show."""
    assert figures(make_shop()) is None
    assert open_shop().describe("2024-04-01").data.points is None


def test_one_of_several_wallets_is_named(make_shop, bring):
    """The wallet that is spent is shown, by its name; the one that only counts for tiers is not."""
    shop = make_shop(wallet=[{"name": "status", "qualifying": True, "earn": {"rate": "3"}}])
    bring(shop, {"id": "1", "who": "ann", "at": "2024-03-01", "done": "2024-03-04", "amount": "50.00"})
    found = figures(shop)
    assert (found.wallet, found.outstanding) == ("points", 50)
    assert movements(shop._points, APRIL, "status").points.tolist() == [150, 150]


def test_merged_customers_points_stay_what_they_were(shop, tmp_path):
    """Ann's account was used before she was found to be Bob: they are one customer now."""
    shop.take_redemptions(till(tmp_path / "till.csv", ["1,ann,,20,2024-03-10"]))
    before = figures(shop)
    shop.customers.merge("bob", "ann", note="same", by="me")
    after = figures(shop)
    assert (after.outstanding, after.holders) == (before.outstanding, 1)
    assert sum(row.issued for row in after.months) == 100
    assert after.redeeming.points == 20


ROWS = 60


def _orders(seed: int) -> list[dict[str, str]]:
    """Make up orders of eight customers over ten months; some are received, some go back in part or whole."""
    chance = random.Random(seed)  # noqa: S311 - made-up data
    rows = []
    for number in range(ROWS):
        paid = datetime(2023, 3, 1, tzinfo=UTC) + timedelta(hours=chance.randrange(300 * 24))
        cents = chance.randrange(500, 40_000)
        row = {
            "id": str(number),
            "who": f"c{chance.randrange(8)}",
            "at": _text(paid),
            "amount": _money(cents),
        }
        if chance.random() < 0.8:
            row["done"] = _text(paid + timedelta(hours=chance.randrange(1, 400)))
        if chance.random() < 0.3:
            row["back"] = _money(cents if chance.random() < 0.4 else chance.randrange(1, cents))
            row["back_at"] = _text(paid + timedelta(hours=chance.randrange(1, 600)))
        rows.append(row)
    return rows


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S")


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _before(rows, at: str):
    """Forget what happens at a moment or later."""
    known = [row for row in rows if row["at"] < at]
    return [{name: text for name, text in row.items() if not _later(row, name, at)} for row in known]


def _later(row, name, at):
    moment = {"done": "done", "back": "back_at", "back_at": "back_at"}.get(name)
    return moment is not None and row.get(moment, "") >= at


def _redemptions(seed: int) -> list[tuple[str, str]]:
    """Make up attempts to spend points: when, and the row; some are more than there is."""
    chance = random.Random(seed + 1000)  # noqa: S311 - made-up data
    found = []
    for number in range(25):
        at = datetime(2023, 3, 10, tzinfo=UTC) + timedelta(hours=chance.randrange(290 * 24))
        what = chance.choice(("", "pen", "mug"))
        found.append(
            (_text(at), f"{number},c{chance.randrange(8)},{what},{chance.randrange(10, 200)},{_text(at)}")
        )
    return sorted(found)


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_seen_before_it_happens(make_shop, bring, clock, tmp_path, seed):
    """A report of an earlier day is the same whether the shop knows what came later or not."""
    clock.set("2024-02-01")
    programme = {"expiry": {"months": 2, "snap": "month"}}
    at = f"2023-{4 + seed:02d}-15T00:00:00"
    rows, spent = _orders(seed), _redemptions(seed)
    knows, blind = make_shop(**programme), make_shop(**programme)
    bring(knows, *rows)
    bring(blind, *_before(rows, at))
    knows.take_redemptions(till(tmp_path / "all.csv", [row for _, row in spent]))
    blind.take_redemptions(till(tmp_path / "some.csv", [row for when, row in spent if when < at]))
    moment = np.datetime64(at, "us")
    assert figures(knows, moment) == figures(blind, moment)
    assert figures(knows, moment).months[-1].month == at[:7]


@pytest.mark.parametrize("seed", range(3))
def test_figures_are_what_every_account_says(make_shop, bring, clock, tmp_path, seed):
    """Customer by customer, touched or not, points are those that the shop's face tells."""
    clock.set("2024-02-01")
    shop = make_shop(expiry={"months": 2, "snap": "month"})
    bring(shop, *_orders(seed))
    shop.take_redemptions(till(tmp_path / "all.csv", [row for _, row in _redemptions(seed)]))
    now = np.datetime64("2024-02-01", "us")
    told = [shop.loyalty.balance(f"c{n}", at=datetime(2024, 2, 1, tzinfo=UTC)) for n in range(8)]
    found = figures(shop, now)
    # What lapses at the very moment is gone for who asks at it.
    assert found.available == sum(one.available for one in told)
    assert found.pending == sum(one.pending for one in told)


@pytest.fixture(scope="module")
def demo(tmp_path_factory, repo_root):
    """The files of a small simulated shop, and its rules."""
    folder = tmp_path_factory.mktemp("demo")
    files = write_full_exports(simulate_shop(ShopSpec(seed=5, customers=300)), folder)
    return files, repo_root / "src/retailcrm/cli/demo_shop.toml"


def _opened(demo, **settings):
    files, policy = demo
    shop = open_shop(policy=policy, **settings)
    shop.imports.files(sorted(files.reports))
    shop.imports.buyers(files.buyers)
    return shop


def test_using_an_account_changes_nothing_that_orders_come_to(demo):
    """With tiers, campaigns and caps, points issued are the same in columns and account by account."""
    files, _ = demo
    july = np.datetime64("2024-06-30T16:00", "us")
    plain, used = _opened(demo), _opened(demo)
    taken = used.take_redemptions(files.redemptions)
    before, after = figures(plain, july), figures(used, july)
    assert taken.redemptions > 5
    for name in ("month", "issued", "reversed"):
        assert [getattr(row, name) for row in before.months] == [getattr(row, name) for row in after.months]
    assert sum(row.redeemed for row in after.months) == taken.points
    assert after.breakage.forecast is not None


def test_orders_in_partitions_give_the_same_figures(demo):
    """A shop larger than memory adds its parts up."""
    files, _ = demo
    july = np.datetime64("2024-06-30T16:00", "us")
    whole = _opened(demo)
    whole.take_redemptions(files.redemptions)
    with _opened(demo, memory_budget=1 << 20) as parted:
        parted.take_redemptions(files.redemptions)
        assert figures(parted, july) == figures(whole, july)


def test_one_table_stacks_to_itself(shop):
    """Nothing is added to a table that stands alone."""
    table = movements(shop._points, APRIL)
    assert stacked([table]) is table
    twice = stacked([table, table])
    assert len(twice) == 2 * len(table)
    assert len(twice.lots.accounts) == 2 * len(table.lots.accounts)
    assert twice.lot.max() == 2 * len(table.lots) - 1
