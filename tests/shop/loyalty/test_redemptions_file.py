"""A till's file of spent points: each row at its own time, once; bad rows are told, never raised."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from retailcrm.errors import ImportRefusedError, SettingsError
from retailcrm.simulate import ShopSpec, simulate_shop, write_full_exports

HEADER = "流水号,买家会员名,订单编号,兑换内容,积分,时间"


@pytest.fixture
def till(tmp_path):
    """Write a file of rows under the usual header."""

    def write(*rows: str, header: str = HEADER, encoding: str = "utf-8-sig") -> object:
        path = tmp_path / "till.csv"
        path.write_bytes("\r\n".join([header, *rows, ""]).encode(encoding))
        return path

    return write


def test_points_are_spent_at_the_time_of_the_row(shop, till):
    """Ann's 50 points are hers from 4 March on; 20 go on the tenth, and the journal says for which order."""
    taken = shop.take_redemptions(till("1,ann,77,订单抵扣,20,2024-03-10 09:30:00"))
    assert (taken.redemptions, taken.points, taken.repeated, taken.problems) == (1, 20, 0, ())
    spent = next(entry for entry in shop.loyalty.history("ann") if entry.verb == "redeem")
    assert spent.effective_at == datetime(2024, 3, 10, 9, 30, tzinfo=UTC)
    assert spent.reference == "order:77"
    before, after = (
        shop.loyalty.balance("ann", at=datetime(2024, 3, day, tzinfo=UTC)).available for day in (10, 11)
    )
    assert (before, after) == (50, 30)


def test_nothing_is_known_before_it_happened(shop, till):
    """On 3 March nothing was received yet: all 50 points were pending, and none can be spent."""
    (problem,) = shop.take_redemptions(till("1,ann,,,10,2024-03-03 12:00:00")).problems
    assert (problem.code, problem.record, problem.first_line) == ("balance", 1, 2)
    assert str(problem) == "till.csv, line 2: 10 points cannot be spent: 0 points are available [balance]"


def test_a_refund_that_came_later_leaves_the_points_then(make_shop, bring, till):
    """100 points are spent; then the order goes back whole, and the points are owed."""
    shop = make_shop()
    bring(shop, {"id": "1", "who": "ann", "at": "2024-03-01", "done": "2024-03-04", "amount": "100.00",
                 "back": "100.00", "back_at": "2024-03-20"})  # fmt: skip
    assert shop.take_redemptions(till("1,ann,,,100,2024-03-10")).redemptions == 1
    assert shop.loyalty.balance("ann").debt == 100


def test_rows_are_taken_in_the_sequence_of_time(shop, till):
    """The later row stands first in the file; the earlier one finds all points still there."""
    taken = shop.take_redemptions(till("2,ann,,,30,2024-03-12", "1,ann,,,20,2024-03-10"))
    assert taken.redemptions == 2
    assert [entry.points for entry in _spent(shop)] == [20, 30]


def _spent(shop):
    """Give the movements by which Ann's points were spent."""
    entries = [entry for entry in shop.loyalty.history("ann") if entry.verb == "redeem"]
    return [movement for entry in entries for movement in entry.movements]


def test_a_file_is_taken_once(shop, till):
    """The same file again, or one that repeats a row beside new ones, spends nothing twice."""
    path = till("1,ann,,,20,2024-03-10")
    shop.take_redemptions(path)
    again = shop.take_redemptions(path)
    assert (again.redemptions, again.repeated, again.problems) == (0, 1, ())
    more = shop.take_redemptions(till("1,ann,,,20,2024-03-10", "2,ann,,,5,2024-03-11"))
    assert (more.redemptions, more.points, more.repeated) == (1, 5, 1)
    assert shop.loyalty.balance("ann").available == 25


def test_rows_without_an_id_are_told_apart_by_what_they_say(shop, till):
    """Two equal rows are two redemptions, and the file again is none."""
    path = till("ann,10,2024-03-10", "ann,10,2024-03-10", header="买家会员名,积分,时间")
    assert shop.take_redemptions(path).redemptions == 2
    assert shop.take_redemptions(path).repeated == 2


def test_an_id_stands_for_one_row(shop, till):
    """Another number of points under the same id is a problem."""
    shop.take_redemptions(till("1,ann,,,20,2024-03-10"))
    (problem,) = shop.take_redemptions(till("1,ann,,,21,2024-03-10")).problems
    assert problem.code == "id"


def test_rewards_of_the_catalogue_are_bought(make_shop, bring, till):
    """A row that names a reward and its price takes a piece of the stock, as long as there is one."""
    shop = make_shop(reward=[{"id": "mug", "points": 20, "stock": 1}])
    bring(shop, {"id": "1", "who": "ann", "at": "2024-03-01", "done": "2024-03-04", "amount": "90.00"})
    taken = shop.take_redemptions(
        till("1,ann,,mug,20,2024-03-10", "2,ann,,mug,20,2024-03-11", "3,ann,,pen,5,2024-03-12")
    )
    assert [problem.code for problem in taken.problems] == ["stock"]
    assert (taken.redemptions, taken.points) == (2, 25)
    assert shop.loyalty.rewards.left("mug") == 0
    assert [e.reference for e in shop.loyalty.history("ann") if e.verb == "redeem"] == [
        "reward:mug",
        "reward:pen",
    ]
    assert shop.take_redemptions(till("1,ann,,mug,20,2024-03-10")).repeated == 1


def test_an_account_that_went_on_is_not_written_back_in_time(shop, till):
    """Points were spent on 1 April; a row of March comes too late, and says so."""
    assert shop.loyalty.redeem("ann", 10, key="now").points == 10
    (problem,) = shop.take_redemptions(till("1,ann,,,10,2024-03-10")).problems
    assert problem.code == "late"
    assert shop.loyalty.balance("ann").available == 40


def test_two_rows_of_one_second_are_both_taken(shop, till):
    """Entries of one moment are written microseconds apart, which makes no row late."""
    taken = shop.take_redemptions(till("1,ann,,,10,2024-03-10", "2,ann,,,10,2024-03-10"))
    assert (taken.redemptions, taken.problems) == (2, ())


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("1,,,,10,2024-03-10", "buyer"),
        ("1,ann,,,ten,2024-03-10", "points"),
        ("1,ann,,,0,2024-03-10", "points"),
        ("1,ann,,,-5,2024-03-10", "points"),
        ("1,ann,,,1.5,2024-03-10", "points"),
        ("1,ann,,,9999999999999,2024-03-10", "points"),
        ("1,ann,,,10,tomorrow", "time"),
        ("1,ann", "points"),
        ("1,zoe-1999,,,10,2024-03-10", "balance"),
    ],
)
def test_a_bad_row_is_told_and_left_out(shop, till, row, code):
    """Its place and reason, never its buyer; the good row beside it is taken."""
    taken = shop.take_redemptions(till("", row, "9,ann,,,10,2024-03-11"))
    assert taken.redemptions == 1
    (problem,) = taken.problems
    assert (problem.code, problem.record, problem.first_line) == (code, 1, 3)
    assert "zoe-1999" not in str(problem)


def test_times_are_the_shops_unless_they_say_otherwise(shop, till):
    """The shop's days are UTC; an offset is taken as it stands; slashes are read too."""
    rows = (
        "1,ann,,,10,2024-03-10T08:00:00+08:00",
        "2,ann,,,10,2024/03/10 00:30",
        '3,ann,,,"1,0",2024-03-11',
    )
    taken = shop.take_redemptions(till(*rows))
    assert taken.redemptions == 3
    times = [entry.effective_at for entry in shop.loyalty.history("ann") if entry.verb == "redeem"]
    assert times[0] == datetime(2024, 3, 10, tzinfo=UTC)
    assert times[1] == datetime(2024, 3, 10, 0, 30, tzinfo=UTC)


def test_chinese_spreadsheets_are_read(shop, till):
    """GB18030 as a Chinese spreadsheet saves it, numbers in their protection."""
    taken = shop.take_redemptions(till('="1",ann,="0012",,10,2024-03-10', encoding="gb18030"))
    assert taken.redemptions == 1
    spent = next(entry for entry in shop.loyalty.history("ann") if entry.verb == "redeem")
    assert spent.reference == "order:0012"


@pytest.mark.parametrize("header", ["a,b", "", "买家会员名,积分"])
def test_another_file_is_refused(shop, till, header):
    """What lacks a buyer, points or a time is no such file."""
    with pytest.raises(ImportRefusedError, match="no column"):
        shop.take_redemptions(till("1,2", header=header))


def test_what_is_no_text_is_refused(shop, tmp_path):
    """Bytes of no known encoding are told as such."""
    path = tmp_path / "till.csv"
    path.write_bytes(b"\xff\xff\xff")
    with pytest.raises(ImportRefusedError, match="neither UTF-8 nor GB18030"):
        shop.take_redemptions(path)


def test_points_that_only_qualify_are_not_spent(make_shop, till):
    """A wallet that counts for tiers takes no redemptions, and neither does a shop without a programme."""
    from retailcrm import open_shop
    from retailcrm.shop.loyalty.redemptions_file import take_redemptions

    shop = make_shop(wallet=[{"name": "status", "qualifying": True}])
    with pytest.raises(SettingsError, match="count for tiers"):
        take_redemptions(shop._points, till("1,ann,,,1,2024-03-10"), wallet="status")
    with pytest.raises(SettingsError, match="points"):
        open_shop().take_redemptions(till("1,ann,,,1,2024-03-10"))


def test_merged_customers_spend_together(shop, till):
    """Bob is Ann: 50 of hers and 15 of his are one account, under whichever name the till knows."""
    shop.customers.merge("ann", "bob", note="same", by="me")
    taken = shop.take_redemptions(till("1,bob,,,60,2024-03-10"))
    assert (taken.redemptions, taken.problems) == (1, ())
    assert shop.loyalty.balance("ann").available == 5


def test_the_simulated_shops_file_is_taken_whole(tmp_path, repo_root):
    """The till never spends more than the programme gives: every row of a shop's file is taken."""
    from retailcrm import open_shop

    files = write_full_exports(simulate_shop(ShopSpec(seed=3, customers=400)), tmp_path)
    shop = open_shop(policy=repo_root / "src/retailcrm/cli/demo_shop.toml")
    shop.imports.files(sorted(files.reports))
    shop.imports.buyers(files.buyers)
    taken = shop.take_redemptions(files.redemptions)
    assert taken.redemptions > 10
    assert taken.problems == ()
