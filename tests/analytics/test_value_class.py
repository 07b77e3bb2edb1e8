"""Value classes: how often by how large per order, with cuts that are printed."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.value_class import VALUE_CLASSES, fit_value_cuts, given_value_cuts, value_classes
from retailcrm.errors import CurrencyMismatchError, SettingsError

rows = st.lists(
    st.fixed_dictionaries({"orders": st.integers(1, 5), "net": st.integers(-50, 500)}),
    min_size=1,
    max_size=25,
)


def test_the_four_classes(make_summary):
    """Frequent and large is high, frequent and small mid, rare and small low, rare and large its own."""
    summary = make_summary(
        [
            {"orders": 3, "net": 60000},  # 200 per order
            {"orders": 3, "net": 59999},
            {"orders": 2, "net": 39999},
            {"orders": 2, "net": 40000},
        ]
    )
    cuts = given_value_cuts("CNY", least_frequency=3, least_per_order=20000)
    assert value_classes(summary, cuts).tolist() == ["high", "mid", "low", "rare_large"]
    assert VALUE_CLASSES["rare_large"].zh == "偶发大单客户"
    assert value_classes(summary, cuts).values.tolist() == list(VALUE_CLASSES)


def test_median_cuts_by_hand(make_summary):
    """Above the median customer in orders, and in exact money per order."""
    summary = make_summary([{"orders": 1, "net": 30}, {"orders": 2, "net": 10}, {"orders": 3, "net": 35}])
    cuts = fit_value_cuts(summary)
    assert cuts.frequency.edges == (2,)
    assert cuts.size.edges == (Fraction(35, 3),)
    assert value_classes(summary, cuts).tolist() == ["rare_large", "low", "mid"]
    assert cuts.rules["high"].en == "orders > 2, net spend per order > ≈¥0.12"
    assert cuts.rules["low"] == (
        "订单数 <= 2，单均净消费额 <= ≈¥0.12",
        "orders <= 2, net spend per order <= ≈¥0.12",
    )
    assert cuts.basis == "median"


def test_other_figures(make_summary):
    """Days instead of orders, and money before refunds, if the shop wants."""
    summary = make_summary(
        [
            {"orders": 4, "purchase_days": 1, "gross": 400, "net": 4},
            {"orders": 2, "purchase_days": 2, "gross": 100, "net": 100},
        ]
    )
    cuts = fit_value_cuts(summary, frequency="purchase_days", amount="gross")
    assert value_classes(summary, cuts).tolist() == ["rare_large", "mid"]
    given_cuts = given_value_cuts(
        "CNY", least_frequency=2, least_per_order=60, frequency="purchase_days", amount="gross"
    )
    assert value_classes(summary, given_cuts).tolist() == ["rare_large", "mid"]
    assert given_cuts.rules["high"].zh == "购买天数 >= 2，单均实付金额 >= ¥0.60"


def test_customers_without_differences(make_summary):
    """Where all are equal nobody is frequent or large, and the rules say so."""
    summary = make_summary([{"net": 5}, {"net": 5}])
    cuts = fit_value_cuts(summary)
    assert value_classes(summary, cuts).tolist() == ["low", "low"]
    assert cuts.rules["high"].en == "orders (all equal: nobody), net spend per order (all equal: nobody)"
    assert cuts.rules["low"].zh == "订单数（都相同），单均净消费额（都相同）"
    assert value_classes(make_summary([]), fit_value_cuts(make_summary([]))).tolist() == []


@given(rows, st.integers(1, 5), st.integers(-20, 300))
def test_given_cuts_agree_with_fractions(make_summary, several, often, large):
    """Each customer is where exact fractions put her, meeting a cut included."""
    cuts = given_value_cuts("CNY", least_frequency=often, least_per_order=large)
    names = {(True, True): "high", (True, False): "mid", (False, False): "low", (False, True): "rare_large"}
    wanted = [names[row["orders"] >= often, Fraction(row["net"], row["orders"]) >= large] for row in several]
    assert value_classes(make_summary(several), cuts).tolist() == wanted


@pytest.mark.parametrize(
    "wrong", [{"least_frequency": 0}, {"least_frequency": 2.5}, {"least_per_order": 9.9}]
)
def test_wrong_cuts_are_refused(wrong):
    """Cuts are whole numbers, a frequency at least one."""
    with pytest.raises(SettingsError, match="whole numbers"):
        given_value_cuts("CNY", **{"least_frequency": 2, "least_per_order": 100, **wrong})


def test_cuts_of_one_currency_refuse_another(make_summary):
    """Yuan cuts do not class dollars."""
    cuts = given_value_cuts("CNY", least_frequency=2, least_per_order=100)
    with pytest.raises(CurrencyMismatchError):
        value_classes(make_summary([{"net": 5}], currency="USD"), cuts)
