"""Numbers are written exactly, and the same way everywhere."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm.report import formats


@settings(max_examples=50)
@given(minor=st.integers(-(10**16), 10**16))
def test_money_is_exact_to_the_last_digit(minor):
    """Read back as a decimal, the written amount is the minor units given."""
    text = formats.money(minor, "CNY").replace("¥", "").replace(",", "").replace(formats.MINUS, "-")
    assert Decimal(text) * 100 == minor


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (974774793, "GBP", "£9,747,747.93"),
        (-5, "CNY", "−¥0.05"),
        (1234, "JPY", "JP¥1,234"),
        (1234, "CHF", "CHF\N{NO-BREAK SPACE}12.34"),
        (None, "CNY", "–"),
    ],
)
def test_money_carries_sign_or_code(minor, currency, text):
    """The currency's sign or code stands before the amount, decimals as the currency has."""
    assert formats.money(minor, currency) == text


@pytest.mark.parametrize(
    ("minor", "lang", "text"),
    [
        (0, "zh", "¥0"),
        (50_000, "zh", "¥500"),
        (12_500_000, "zh", "¥12.5万"),
        (12_500_000, "en", "¥125K"),
        (3_000_000_000, "zh", "¥3,000万"),
        (30_000_000_000, "zh", "¥3亿"),
        (30_000_000_000, "en", "¥300M"),
        (-200_000_000, "en", "−¥2M"),
    ],
)
def test_axis_amounts_use_the_large_units_of_the_language(minor, lang, text):
    """Chinese counts in 万 and 亿, English in thousands, millions and billions."""
    assert formats.short_money(minor, "CNY", lang) == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (formats.count(1234567), "1,234,567"),
        (formats.count(-5), "−5"),
        (formats.share(0.6338), "63.4%"),
        (formats.share(-0.05), "−5.0%"),
        (formats.share(None), "–"),
        (formats.days(1234.4), "1,234"),
        (formats.days(None), "–"),
        (formats.hours(0.004, "en"), "< 1\N{NO-BREAK SPACE}min"),
        (formats.hours(48, "en"), "2\N{NO-BREAK SPACE}d"),
        (formats.growth(-0.0001), "0.0%"),
        (formats.points(None, "zh"), "–"),
        (formats.ratio(0.5964), "0.60"),
        (formats.ratio(None), "–"),
    ],
)
def test_plain_numbers(written, text):
    """Counts have separators, shares one decimal, days none, ratios two; missing is a dash."""
    assert written == text


def test_a_share_of_nothing_is_not_defined():
    """Without a whole above zero there is no share."""
    assert formats.part_of(1, 4) == 0.25
    assert formats.part_of(0, 0) is None
    assert formats.part_of(5, -10) is None
