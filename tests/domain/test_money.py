"""Money: exact amounts, their text, their shares."""

from __future__ import annotations

import time
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.domain.money import (
    Money,
    Rounding,
    decimal_text,
    exponent,
    format_money,
    line_amount,
    parse_amount,
    split,
)
from retailcrm.domain.money.currencies import SIGNS
from retailcrm.errors import CurrencyMismatchError, InputError

CURRENCIES = st.sampled_from(["CNY", "USD", "HKD", "JPY", "KRW", "KWD", "CLF", "EUR", "CHF", "TWD"])
MINOR = st.integers(-(10**18) + 1, 10**18 - 1)


class TestMoney:
    """Amounts of one currency behave like numbers; of two, not at all."""

    def test_adds_subtracts_and_compares_one_currency(self) -> None:
        """3.10 + 0.02 = 3.12; the order is that of the minor units."""
        a, b = Money(310, "CNY"), Money(2, "CNY")
        assert (a + b, a - b, -a) == (Money(312, "CNY"), Money(308, "CNY"), Money(-310, "CNY"))
        assert b < a
        assert b <= a
        assert a > b
        assert a >= b
        assert a == Money(310, "CNY")

    @pytest.mark.parametrize(
        "use", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a >= b]
    )
    def test_two_currencies_are_never_mixed(self, use: Any) -> None:
        """Sums and comparisons of yuan and dollars raise."""
        with pytest.raises(CurrencyMismatchError, match="CNY and USD"):
            use(Money(1, "CNY"), Money(1, "USD"))

    def test_equality_of_two_currencies_is_false(self) -> None:
        """A yuan is not a dollar, and asking is allowed (sets and dicts ask)."""
        assert Money(1, "CNY") != Money(1, "USD")
        assert len({Money(1, "CNY"), Money(1, "USD"), Money(1, "CNY")}) == 2

    @pytest.mark.parametrize("minor", [1.0, "1", True, None, Decimal(1)])
    def test_only_whole_numbers_are_minor_units(self, minor: Any) -> None:
        """Floats, texts, booleans and decimals are programming errors."""
        with pytest.raises(TypeError, match="whole minor units"):
            Money(minor, "CNY")

    @pytest.mark.parametrize("currency", ["", "cny", "RM", "CNYX", "¥", "CN1"])
    def test_a_currency_is_three_capitals(self, currency: str) -> None:
        """Signs and lower-case codes are refused."""
        with pytest.raises(InputError, match="ISO 4217"):
            Money(1, currency)

    @pytest.mark.parametrize("use", [lambda a: a + 1, lambda a: a - 1, lambda a: a < 1, lambda a: a * 1.5])
    def test_plain_numbers_are_not_money(self, use: Any) -> None:
        """Money and a bare number do not mix."""
        with pytest.raises(TypeError):
            use(Money(1, "CNY"))


class TestExponent:
    """Decimals by ISO 4217."""

    @pytest.mark.parametrize(
        ("currency", "digits"),
        [("CNY", 2), ("USD", 2), ("JPY", 0), ("KRW", 0), ("VND", 0), ("KWD", 3), ("TND", 3), ("CLF", 4)],
    )
    def test_decimals_follow_the_standard(self, currency: str, digits: int) -> None:
        """Two unless the standard says otherwise."""
        assert exponent(currency) == digits


class TestParse:
    """Amounts as platforms, sellers and spreadsheets write them."""

    @pytest.mark.parametrize(
        ("text", "minor"),
        [
            ("312.00", 31200),
            ("312", 31200),
            ("312.5", 31250),
            ("312.5000", 31250),
            ("0", 0),
            ("-0.00", 0),
            (".5", 50),
            ("5.", 500),
            ("\t312.00\t", 31200),
            ("\u3000 312.00\u00a0", 31200),
            ("'138.00", 13800),
            ("¥312.00", 31200),
            ("￥1,234.00", 123400),
            ("¥ 12", 1200),
            ("CNY 12.30", 1230),
            ("RMB12.30", 1230),
            ("598.00元", 59800),
            ("0元", 0),
            ("12 圆", 1200),
            ("1,234,567.89", 123456789),
            ("３１２．５０", 31250),
            ("－１，２３４", -123400),
            ("(3.20)", -320),
            ("（3.20）", -320),
            ("+3.20", 320),
            ("-3.20", -320),
            ("−3.20", -320),
            ("-¥3.20", -320),
            ("¥-3.20", -320),
            ("007.10", 710),
            ("9999999999999999.99", 10**18 - 1),
        ],
    )
    def test_reads_what_chinese_exports_hold(self, text: str, minor: int) -> None:
        """Signs, units, blanks, full-width forms and groups are understood."""
        assert parse_amount(text, "CNY") == minor

    @pytest.mark.parametrize(
        ("text", "currency", "minor"),
        [
            ("$5.00", "USD", 500),
            ("US$5.00", "USD", 500),
            ("NT$5", "TWD", 500),
            ("€5.10", "EUR", 510),
            ("£5.10", "GBP", 510),
            ("¥512", "JPY", 512),
            ("512.00", "JPY", 512),
            ("1.234", "KWD", 1234),
            ("CHF 5.10", "CHF", 510),
        ],
    )
    def test_reads_other_currencies(self, text: str, currency: str, minor: int) -> None:
        """Each with its own sign and decimals."""
        assert parse_amount(text, currency) == minor

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "empty"),
            (" \t", "empty"),
            ("-", "no digits"),
            ("null", "no digits"),
            ("¥", "no digits"),
            (".", "no digits"),
            ("张三", "no digits"),
            ("nan", "not a finite number"),
            ("-INF", "not a finite number"),
            ("1.9E+15", "exponent"),
            ("1e3", "exponent"),
            ("12,34.00", "commas or points"),
            ("1,2345", "commas or points"),
            (",123", "commas or points"),
            ("1.2.3", "commas or points"),
            ("12,50", "commas or points"),
            ("12 34", "not a number"),
            ("12.00元起", "not a number"),
            ("100²", "not a number"),
            ("①00", "not a number"),
            ("٣١٢", "no digits"),
            ("0x1F", "not a number"),
            ("1_000", "not a number"),
            ("--5", "more than one sign"),
            ("-¥-5", "more than one sign"),
            ("(-5)", "more than one sign"),
            ("(5", "not a number"),
            ("5)", "not a number"),
            ("0.335", "3 decimals, but CNY has 2"),
            ("$5.00", r"marked \$, but the amounts are in CNY"),
            ("US$5.00", r"marked US\$"),
            ("10000000000000000.00", "more than 18 digits"),
            ("1" * 101, "longer than 100"),
        ],
    )
    def test_refuses_everything_else_with_its_reason(self, text: str, reason: str) -> None:
        """A cell that is no amount raises an error that a person can act on."""
        with pytest.raises(InputError, match=reason):
            parse_amount(text, "CNY")

    def test_the_yen_has_no_decimals(self) -> None:
        """Fractions of a yen are refused, not rounded."""
        with pytest.raises(InputError, match="2 decimals, but JPY has 0"):
            parse_amount("5.25", "JPY")

    def test_an_unlisted_currency_takes_signs_but_not_another_code(self) -> None:
        """An Argentine $ is no US dollar mark; a euro code is no franc."""
        assert parse_amount("$5", "ARS") == 500
        with pytest.raises(InputError, match="marked EUR"):
            parse_amount("EUR5", "CHF")

    @pytest.mark.parametrize(
        "seed", ["1", "1,", "(", "'", " ", "¥", "１", "-", "1,234", "é\u0301\u0316", "\t1"]
    )
    def test_a_megabyte_of_anything_is_answered_at_once(self, seed: str) -> None:
        """Hostile cells cost linear time: a megabyte takes well under 50 ms."""
        text = seed * (10**6 // len(seed))
        begun = time.perf_counter()
        with pytest.raises(InputError):
            parse_amount(text, "CNY")
        assert time.perf_counter() - begun < 0.05

    @given(MINOR, CURRENCIES)
    def test_reads_back_what_we_write(self, minor: int, currency: str) -> None:
        """Both written forms give the amount again."""
        assert parse_amount(decimal_text(minor, currency), currency) == minor
        assert parse_amount(format_money(minor, currency), currency) == minor

    @given(st.text(max_size=30) | st.text("0123456789,.-+()¥$元eE '", max_size=12))
    def test_answers_or_refuses_and_agrees_with_decimal(self, text: str) -> None:
        """No other error escapes; a plain decimal that is taken has Decimal's value."""
        try:
            minor = parse_amount(text, "CNY")
        except InputError:
            return
        if set(text) <= set("0123456789.-+"):
            assert Decimal(text) * 100 == minor


class TestWrite:
    """Amounts for files and for people."""

    @pytest.mark.parametrize(
        ("minor", "currency", "plain", "shown"),
        [
            (31200, "CNY", "312.00", "¥312.00"),
            (31200, "USD", "312.00", "US$312.00"),
            (123456789, "CNY", "1234567.89", "¥1,234,567.89"),
            (-5, "CNY", "-0.05", "-¥0.05"),
            (0, "CNY", "0.00", "¥0.00"),
            (1234, "JPY", "1234", "JP¥1,234"),
            (1234, "KWD", "1.234", "KWD 1.234"),
            (-12345, "CLF", "-1.2345", "-CLF 1.2345"),
        ],
    )
    def test_writes_all_decimals_exactly(self, minor: int, currency: str, plain: str, shown: str) -> None:
        """Sign, groups and the currency's own number of decimals."""
        assert (decimal_text(minor, currency), format_money(minor, currency)) == (plain, shown)
        assert str(Money(minor, currency)) == shown

    def test_no_two_currencies_share_a_sign(self) -> None:
        """A printed amount tells its currency."""
        assert len(set(SIGNS.values())) == len(SIGNS)


class TestSplit:
    """Sharing out never loses or makes a minor unit."""

    @pytest.mark.parametrize(
        ("minor", "weights", "parts"),
        [
            (100, [1, 1, 1], (34, 33, 33)),
            (-100, [1, 1, 1], (-34, -33, -33)),
            (7, [3, 2, 1, 1], (3, 2, 1, 1)),
            # Exact shares 0.75, 0.15, 0.10: the one unit goes to the largest remainder.
            (1, [75, 15, 10], (1, 0, 0)),
            # Exact shares 2.5 and 2.5: a tie, so the earlier part.
            (5, [1, 1], (3, 2)),
            (10, [0, 1, 0, 2], (0, 3, 0, 7)),
            (0, [0, 0], (0, 0)),
            (0, [], ()),
        ],
    )
    def test_gives_left_over_units_to_the_largest_remainders(
        self, minor: int, weights: list[int], parts: tuple[int, ...]
    ) -> None:
        """Worked by hand."""
        assert split(minor, weights) == parts

    @given(MINOR, st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(any))
    def test_parts_add_up_and_lie_within_one_unit_of_their_share(
        self, minor: int, weights: list[int]
    ) -> None:
        """Conservation, the quota rule, mirror symmetry and nothing for weight 0."""
        parts = split(minor, weights)
        assert sum(parts) == minor
        assert all(
            abs(part * sum(weights) - minor * weight) < sum(weights)
            for part, weight in zip(parts, weights, strict=True)
        )
        assert split(-minor, weights) == tuple(-part for part in parts)
        assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)

    @pytest.mark.parametrize(("minor", "weights"), [(1, []), (1, [0, 0]), (5, [2, -1])])
    def test_refuses_to_share_with_nobody(self, minor: int, weights: list[int]) -> None:
        """No part, no weight or a negative weight is an error."""
        with pytest.raises(InputError, match="cannot share"):
            split(minor, weights)

    @pytest.mark.parametrize(("minor", "weights"), [(1.0, [1]), (1, [0.5, 0.5])])
    def test_refuses_floats(self, minor: Any, weights: Any) -> None:
        """Amounts and weights are whole."""
        with pytest.raises(TypeError, match="int"):
            split(minor, weights)


class TestLineAmount:
    """Unit prices stay exact until the line is rounded, once."""

    @pytest.mark.parametrize(
        ("quantity", "price", "half_up", "half_even", "down"),
        [
            (3, "0.335", 101, 100, 100),
            (1, "0.005", 1, 0, 0),
            (1, "0.015", 2, 2, 1),
            (-1, "0.005", -1, 0, 0),
            (-3, "0.335", -101, -100, -100),
            (6, "2.55", 1530, 1530, 1530),
            (Decimal("0.485"), "39.80", 1930, 1930, 1930),
            (0, "9.99", 0, 0, 0),
        ],
    )
    def test_rounds_once_in_the_named_way(
        self, quantity: Decimal | int, price: str, half_up: int, half_even: int, down: int
    ) -> None:
        """Halves away from zero, halves to even, or towards zero, worked by hand."""
        ways: tuple[Rounding, ...] = ("half_up", "half_even", "down")
        assert tuple(line_amount(quantity, Decimal(price), "CNY", way) for way in ways) == (
            half_up,
            half_even,
            down,
        )

    @given(
        st.integers(-(10**6), 10**6),
        st.decimals(-(10**6), 10**6, places=6, allow_nan=False),
        CURRENCIES,
        st.sampled_from(get_args(Rounding)),
    )
    def test_agrees_with_decimal_arithmetic(
        self, quantity: int, price: Decimal, currency: str, way: Rounding
    ) -> None:
        """The same as quantizing in a wide decimal context."""
        modes = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN, "down": ROUND_DOWN}
        with localcontext(prec=60):
            expected = (quantity * price).scaleb(exponent(currency)).quantize(Decimal(1), modes[way])
        assert line_amount(quantity, price, currency, way) == expected

    @pytest.mark.parametrize("price", ["NaN", "Infinity", "1E+999999", "1E-999999", "1" * 41])
    def test_refuses_numbers_that_no_price_has(self, price: str) -> None:
        """A price of a million digits is an attack or damage, and is refused at once."""
        with pytest.raises(InputError, match="usual size"):
            line_amount(1, Decimal(price), "CNY")

    def test_refuses_floats_and_unknown_rounding(self) -> None:
        """0.1 is not a price, "up" not one of the ways."""
        price: Any = 0.1
        with pytest.raises(TypeError, match="float"):
            line_amount(1, price, "CNY")
        way: Any = "up"
        with pytest.raises(InputError, match="half_up, half_even, down"):
            line_amount(1, Decimal("0.1"), "CNY", way)


@pytest.mark.parametrize(("word", "meant"), [("RMB", "CNY"), ("NTD", "TWD")])
def test_an_everyday_currency_word_is_refused_with_the_code_meant(word, meant):
    """RMB would otherwise become a currency of its own beside CNY."""
    with pytest.raises(InputError, match=meant):
        exponent(word)
