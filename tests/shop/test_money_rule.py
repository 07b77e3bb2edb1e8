"""Whether "paid" is before or after refunds: found out from a file's own rows, then settled by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.columns import MISSING
from retailcrm.domain.orders import OrderState
from retailcrm.shop.money_rule import MoneyRule, PaidIs, detect, joined, settle

S = OrderState
NET = MoneyRule(PaidIs.NET, 1, 0, 0)
GROSS = MoneyRule(PaidIs.GROSS, 0, 1, 0)
UNTOLD = MoneyRule(PaidIs.UNTOLD, 0, 0, 0)
NONE = MISSING


def ints(*values):
    """Make a column of amounts."""
    return np.array(values, np.int64)


def settled(rule, state, total, paid, refunded):
    """Settle one row."""
    gross, back = settle(rule, np.array([state], np.int8), ints(total), ints(paid), ints(refunded))
    return gross[0], back[0]


@pytest.mark.parametrize(
    ("total", "paid", "refunded", "paid_is", "evidence"),
    [
        ([100, 80, 50], [70, 0, 50], [30, 80, 0], PaidIs.NET, (2, 0, 0)),
        ([100, 80, 50], [100, 80, 50], [30, 80, 0], PaidIs.GROSS, (0, 2, 0)),
        ([100, 50], [100, 50], [0, 0], PaidIs.UNTOLD, (0, 0, 0)),
        ([], [], [], PaidIs.UNTOLD, (0, 0, 0)),
        # Two of three rows are net: a majority, told with its evidence.
        ([100, 100, 100], [70, 90, 100], [30, 10, 20], PaidIs.NET, (2, 1, 0)),
        ([100, 100, 100], [70, 100, 100], [30, 10, 20], PaidIs.GROSS, (1, 2, 0)),
        # As many of each: the present generations are net.
        ([100, 100], [70, 100], [30, 10], PaidIs.NET, (1, 1, 0)),
        # Refunds, but neither identity holds (points, coupons).
        ([100], [60], [30], PaidIs.NET, (0, 0, 1)),
        # Rows that do not tell all three amounts are no evidence.
        ([100, NONE, 100], [70, 70, NONE], [NONE, 30, 30], PaidIs.UNTOLD, (0, 0, 0)),
    ],
)
def test_the_convention_is_counted_out(total, paid, refunded, paid_is, evidence):
    """The identity that holds on more refunded rows is the file's convention."""
    rule = detect(ints(*total), ints(*paid), ints(*refunded))
    assert (rule.paid_is, rule.net_rows, rule.gross_rows, rule.other_rows) == (paid_is, *evidence)


def test_batches_of_one_file_decide_together():
    """Evidence of batches is added up before it decides."""
    first = detect(ints(100, 100), ints(70, 100), ints(30, 10))
    second = detect(ints(100, 100), ints(100, 100), ints(30, 10))
    assert joined([first, second]) == MoneyRule(PaidIs.GROSS, 1, 3, 0)
    assert joined([UNTOLD, detect(ints(100), ints(60), ints(30))]) == MoneyRule(PaidIs.NET, 0, 0, 1)
    assert joined([]) == UNTOLD


@given(
    st.lists(
        st.tuples(*[st.one_of(st.just(NONE), st.integers(0, 5))] * 3),
        max_size=20,
    ),
    st.integers(0, 20),
)
def test_where_a_file_is_cut_into_batches_does_not_matter(rows, cut):
    """Detecting on all rows equals joining what two parts show."""
    columns = np.array(rows, np.int64).reshape(-1, 3).T
    parts = [detect(*columns[:, :cut]), detect(*columns[:, cut:])]
    assert joined(parts) == detect(*columns)


@pytest.mark.parametrize(
    ("rule", "zh", "en"),
    [
        (
            MoneyRule(PaidIs.NET, 5646, 0, 1),
            "实付金额已扣除退款（实付 = 总金额 - 退款）：5,647 条退款记录中 5,646 条相符",
            "paid is already net of refunds: 5,646 of 5,647 refunded rows agree",
        ),
        (
            MoneyRule(PaidIs.GROSS, 1, 9, 2),
            "实付金额未扣除退款（实付 = 总金额）：12 条退款记录中 9 条相符",
            "paid is before refunds: 9 of 12 refunded rows agree",
        ),
        (UNTOLD, "没有退款记录可供判断", "no refunded row to tell paid-before from paid-after refunds"),
    ],
)
def test_the_rule_is_said_with_its_evidence(rule, zh, en):
    """One sentence in either language, with how many rows agree."""
    assert (rule.describe("zh"), rule.describe("en"), rule.describe()) == (zh, en, en)


PAID_STATES = [S.UNKNOWN, S.PAID, S.SHIPPED, S.RECEIVED, S.COMPLETED]


@pytest.mark.parametrize("state", PAID_STATES)
@pytest.mark.parametrize(
    ("rule", "total", "paid", "refunded", "gross", "back"),
    [
        # 100 due, 30 given back, 70 left: 100 was paid.
        (NET, 100, 70, 30, 100, 30),
        (GROSS, 100, 100, 30, 100, 30),
        # A row that shows its full payment is before refunds, whatever its file usually does.
        (NET, 100, 100, 30, 100, 30),
        # Part was paid by points: 95 of 100 came in, 10 went back.
        (NET, 100, 85, 10, 95, 10),
        (GROSS, 100, 95, 10, 95, 10),
        # Nothing to take off.
        (UNTOLD, 100, 100, 0, 100, 0),
        (UNTOLD, 100, 90, 0, 90, 0),
        # A file without the refund column, or without the total.
        (None, 100, 90, NONE, 90, NONE),
        (None, NONE, 70, 30, 100, 30),
        # A file with the amount due alone; a row that tells nothing.
        (None, 100, NONE, NONE, 100, NONE),
        (None, 100, NONE, 20, 100, 20),
        (None, NONE, NONE, NONE, NONE, NONE),
    ],
)
def test_paid_orders_by_hand(state, rule, total, paid, refunded, gross, back):
    """Gross is what came in before refunds, refunded is what went back, whichever way the file says it."""
    assert settled(rule, state, total, paid, refunded) == (gross, back)


@pytest.mark.parametrize("state", [S.PLACED, S.CLOSED])
@pytest.mark.parametrize("rule", [NET, GROSS, UNTOLD, None])
def test_an_order_never_paid_shows_what_was_due(state, rule):
    """An unpaid order of 100 shows 100; without the amount due, what the paid column says."""
    assert settled(rule, state, 100, 0, 0) == (100, 0)
    assert settled(rule, state, 100, NONE, NONE) == (100, NONE)
    assert settled(rule, state, NONE, 0, NONE) == (0, NONE)


@pytest.mark.parametrize(
    ("rule", "total", "paid", "refunded"),
    [
        (NET, 100, 0, 100),
        (GROSS, 100, 100, 100),
        (GROSS, 100, 0, 100),
        (NET, 100, 0, NONE),
        (None, 100, 0, NONE),
        (None, 100, 100, NONE),
        (None, NONE, 100, NONE),
        (None, 100, NONE, NONE),
        (NET, 100, 70, 30),
    ],
)
def test_a_refunded_order_is_given_back_whole(rule, total, paid, refunded):
    """The state says that all 100 went back, whatever amounts the file still shows."""
    assert settled(rule, S.REFUNDED, total, paid, refunded) == (100, 100)


def test_a_refunded_order_without_any_amount_stays_untold():
    """No amount is invented."""
    assert settled(None, S.REFUNDED, NONE, NONE, NONE) == (NONE, NONE)


@given(st.integers(0, 10**9), st.data())
def test_both_conventions_settle_to_the_same_truth(total, data):
    """Of one order paid in full, a net file and a gross file tell the same gross and refund."""
    refunded = data.draw(st.integers(0, total))
    net = settled(NET, S.COMPLETED, total, total - refunded, refunded)
    gross = settled(GROSS, S.COMPLETED, total, total, refunded)
    assert net == gross == (total, refunded)
