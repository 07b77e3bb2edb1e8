"""Cut points and the settings they are fitted by: exact, checked, printed, and kept for the next date."""

from __future__ import annotations

import json
from fractions import Fraction

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.rfm import Cut, Cuts, RfmSpec, fit_cuts, score
from retailcrm.analytics.rfm.fitting import mean, order_statistics
from retailcrm.errors import CurrencyMismatchError, SettingsError

PER_ORDER = RfmSpec(monetary="per_order")


def test_frozen_cuts_score_the_next_date(make_summary):
    """Cut points kept from one date score later figures by the same limits, however customers moved."""
    then = make_summary([{"days": d, "orders": o} for d, o in ((1, 5), (20, 4), (40, 3), (60, 2), (80, 1))])
    cuts = fit_cuts(then)
    assert cuts.r.edges == (80, 60, 40, 20)
    now = make_summary([{"days": d, "orders": 9} for d in (0, 19, 20, 79, 80, 500)], as_of="2024-09-01")
    scores = score(now, cuts)
    assert scores.r.tolist() == [5, 5, 4, 2, 1, 1]
    assert scores.f.tolist() == [5] * 6
    assert "F: nobody scores 1, 2, 3, 4" in [note.en for note in scores.notes]


def test_bands_include_their_limit(make_summary):
    """At most 30 days, at least 2 orders, at least the amount: meeting the limit passes it."""
    spec = RfmSpec(method="bands", r_bands=(90, 30), f_bands=(2, 5), m_bands=(10000, 50000))
    rows = [
        {"days": 30, "orders": 5, "net": 50000},
        {"days": 31, "orders": 4, "net": 49999},
        {"days": 90, "orders": 2, "net": 10000},
        {"days": 91, "orders": 1, "net": 9999},
    ]
    scores = score(make_summary(rows), fit_cuts(make_summary(rows), spec))
    assert scores.code.tolist() == [333, 222, 222, 111]
    assert scores.levels == 3
    assert fit_cuts(make_summary([]), spec) == attrs.evolve(fit_cuts(make_summary(rows), spec), customers=0)


def test_a_mean_with_a_huge_denominator_is_rounded_down():
    """Averages over very different numbers of orders need no fraction of a thousand digits."""
    divisors = np.array([997, 991, 983, 977, 971])
    exact = sum(Fraction(1, int(d)) for d in divisors) / 5
    found = mean(np.ones(5, np.int64), divisors)
    assert 0 <= exact - found < Fraction(1, 10**6)
    assert found.denominator <= 10**6


def test_cuts_print_and_come_back(make_summary):
    """Cut points survive JSON unchanged, and print with their figures, money as money."""
    rows = [{"days": d, "orders": o, "net": n} for d, o, n in ((1, 3, 250), (5, 1, 100), (9, 2, 275))]
    for spec in (RfmSpec(bins=3), PER_ORDER, RfmSpec(method="mean", monetary="per_order")):
        cuts = fit_cuts(make_summary(rows), spec)
        assert Cuts.from_dict(json.loads(json.dumps(cuts.to_dict()))) == cuts
    assert str(fit_cuts(make_summary(rows), RfmSpec(bins=3))).splitlines() == [
        "quantile cuts of 3 customers as of 2024-07-01T00:00:00.000000 UTC",
        "R 3  days_since_last < 5",
        "R 2  days_since_last < 9 and >= 5",
        "R 1  days_since_last >= 9",
        "F 3  orders > 2",
        "F 2  orders > 1 and <= 2",
        "F 1  orders <= 1",
        "M 3  net > ¥2.50",
        "M 2  net > ¥1.00 and <= ¥2.50",
        "M 1  net <= ¥1.00",
    ]
    mean_cuts = fit_cuts(make_summary([{"net": 1, "days": 2}, {"net": 2, "days": 3}]), RfmSpec(method="mean"))
    assert mean_cuts.rows() == [
        ("R", "days_since_last", 2, "< 2.5"),
        ("R", "days_since_last", 1, ">= 2.5"),
        ("F", "orders", 1, "any"),
        ("M", "net", 2, "> ≈¥0.02"),
        ("M", "net", 1, "<= ≈¥0.02"),
    ]


def test_coinciding_cut_points_print_as_nobody(make_summary):
    """A level that no figure can reach is printed as such; bands print what passes them."""
    cuts = fit_cuts(make_summary([{"orders": o} for o in (1, 1, 1, 1, 2)]), RfmSpec(bins=3))
    assert [text for x, _, _, text in cuts.rows() if x == "F"] == ["> 1", "nobody", "<= 1"]
    bands = RfmSpec(method="bands", r_bands=(30,), f_bands=(2,), m_bands=(500,))
    assert [row[3] for row in fit_cuts(make_summary([]), bands).rows()] == [
        "<= 30",
        "> 30",
        ">= 2",
        "< 2",
        ">= ¥5.00",
        "< ¥5.00",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version 2"),
        ({"colour": 1}, "unknown keys.*colour"),
        ({"spec": {"bins": 5, "kind": "x"}}, "unknown RFM setting kind"),
        ({"spec": {"bins": 4}}, "do not fit"),
        ({"currency": None}, None),
        ({"r": {"figure": "days_since_last"}}, "not cut points"),
        ({"r": 3}, "not cut points"),
    ],
)
def test_damaged_cut_points_are_refused(make_summary, change, message):
    """Cut points that were edited into nonsense are a setting to fix, not a wrong score."""
    plain = fit_cuts(make_summary([{"net": n} for n in range(9)])).to_dict()
    if message is None:
        del plain["currency"]
        change, message = {}, "currency"
    with pytest.raises(SettingsError, match=message):
        Cuts.from_dict({**plain, **change})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"edges": (1, 2), "levels": 2}, "needs 1 cut points"),
        ({"edges": (), "levels": 2}, "needs 1 cut points"),
        ({"edges": (), "levels": 2, "neutral": 3}, "neutral"),
        ({"edges": (Fraction(1, 2**40),), "levels": 2}, "finer"),
        ({"edges": (2, 1), "levels": 3}, "poor to good"),
        ({"edges": (1, 2), "levels": 3, "lower_is_better": True}, "poor to good"),
    ],
)
def test_a_cut_is_checked_when_made(wrong, message):
    """Cut points of the wrong number or order cannot exist."""
    with pytest.raises(SettingsError, match=message):
        Cut(figure="orders", **wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"method": "ntile"}, "method must be one of"),
        ({"frequency": "items"}, "frequency"),
        ({"amount": "list"}, "amount"),
        ({"monetary": "mean"}, "monetary"),
        ({"bins": 1}, "2 to 9"),
        ({"bins": 10}, "2 to 9"),
        ({"bins": True}, "2 to 9"),
        ({"method": "mean", "bins": 5}, "sets bins to 2"),
        ({"f_bands": (1, 2)}, "does not read f_bands"),
        ({"method": "bands"}, "2 to 9"),
        ({"method": "bands", "r_bands": (9,), "f_bands": (1,), "m_bands": ()}, "equally many"),
        ({"method": "bands", "r_bands": (1, 9), "f_bands": (1, 2), "m_bands": (1, 2)}, "r_bands must fall"),
        ({"method": "bands", "r_bands": (9, 1), "f_bands": (1, 1), "m_bands": (1, 2)}, "f_bands must rise"),
        ({"method": "bands", "r_bands": (9.5,), "f_bands": (1,), "m_bands": (1,)}, "fractions"),
        ({"method": "bands", "r_bands": ("x",), "f_bands": (1,), "m_bands": (1,)}, "fractions"),
        ({"method": "bands", "r_bands": "90", "f_bands": (1,), "m_bands": (1,)}, "fractions"),
    ],
)
def test_contradictory_specs_are_refused(wrong, message):
    """A spec with unknown words, unread or impossible settings says which one to fix."""
    with pytest.raises(SettingsError, match=message):
        RfmSpec(**wrong)


def test_a_spec_survives_a_table():
    """Settings written to a table and read back are the same, bands included."""
    spec = RfmSpec(method="bands", r_bands=(90, 30), f_bands=(2, 5), m_bands=("500", Fraction(2001, 2)))
    assert RfmSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    assert RfmSpec.from_dict({}) == RfmSpec()
    assert [
        RfmSpec(amount=a, monetary=m).money for a in ("net", "gross") for m in ("total", "per_order")
    ] == [
        "net",
        "net_per_order",
        "gross",
        "gross_per_order",
    ]


def test_cuts_of_one_currency_refuse_another(make_summary):
    """Money cut in yuan does not score dollars."""
    cuts = fit_cuts(make_summary([{"net": 5}]))
    with pytest.raises(CurrencyMismatchError, match=r"CNY.*USD"):
        score(make_summary([{"net": 5}], currency="USD"), cuts)


@given(
    st.lists(st.tuples(st.integers(-(10**6), 10**6), st.integers(1, 50)), min_size=1, max_size=30), st.data()
)
def test_order_statistics_of_fractions(pairs, data):
    """The k-th smallest average is the k-th smallest exact fraction."""
    place = data.draw(st.integers(1, len(pairs)))
    top, bottom = (np.array(column) for column in zip(*pairs, strict=True))
    assert order_statistics(top, bottom, [place]) == [sorted(Fraction(a, b) for a, b in pairs)[place - 1]]
