"""Columns cleaned all at once give what cleaning their cells one by one gives."""

# ruff: noqa: DTZ001, DTZ007 - local times without a zone are what files hold

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from retailcrm.adapters.sources import cleaning
from retailcrm.adapters.sources.cleaning_values import count, moment, price_steps
from retailcrm.adapters.sources.field import header_name
from retailcrm.analytics.columns import MISSING
from retailcrm.domain.money import line_amount, parse_amount
from retailcrm.domain.periods import instant_of
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

CURRENCIES = st.sampled_from(["CNY", "USD", "JPY", "KWD"])
BLANK: Final = " \t\r\n\u00a0\u3000\u200b\ufeff"


def texts(*cells: str | None) -> Any:
    """Make an Arrow column."""
    return pa.array(list(cells), pa.string())


def one(parse: Callable[..., int], *arguments: Any) -> int | None:
    """Parse one text; ``None`` where it is refused."""
    try:
        return parse(*arguments)
    except InputError:
        return None


def units(column: tuple[Any, Any]) -> list[int | None]:
    """Give the values of a parsed column, refused ones as ``None``."""
    values, bad = column
    assert all(value == MISSING for value in values[bad].tolist())
    return [None if refused else value for value, refused in zip(values.tolist(), bad, strict=True)]


# Texts


@pytest.mark.parametrize(
    "nick",
    [
        "=^_^=",
        "@小满的",
        "'tis",
        "'",
        '="',
        '=""',
        '="a"b"',
        "+1",
        "-3-",
        "＝",
        "0'9",
        "#1",
        "null1",
        "--",
        "=1+1",
        "𠮷",
    ],
)
def test_a_nick_that_only_looks_like_protection_survives(nick: str) -> None:
    """What a spreadsheet would not have written is left as it is."""
    want = None if nick == '=""' else nick
    assert cleaning.cleaned(texts(nick, "x")).to_pylist() == [want, "x"]


@pytest.mark.parametrize(
    ("cell", "want"),
    [
        ('="1930000000000647"', "1930000000000647"),
        ('\t="193 " ', "193"),
        ("'13800138000", "13800138000"),
        ("'=^_^=", "=^_^="),
        ("'@小满的", "@小满的"),
        ("'＝1", "＝1"),
        ("' \t=1", "=1"),
        ("59497802\t", "59497802"),
        ("\u3000上海\u00a0", "上海"),
        ("\ufeff\u200b上海", "上海"),
        *(
            (word, None)
            for word in ("", " ", "null", "NULL", "-", "无退款申请", "没有申请退款", '=""', '="null"')
        ),
    ],
)
def test_what_spreadsheets_and_platforms_put_around_a_value_is_taken_off(cell: str, want: str | None) -> None:
    """Protection, apostrophes, blanks of every kind, and words for "no value"."""
    assert cleaning.cleaned(texts(cell)).to_pylist() == [want]
    assert cleaning.cleaned(texts(cell, "x", None)).to_pylist() == [want, "x", None]


def clean_one(text: str) -> str | None:
    """Clean one cell by the rules, slowly."""
    text = text.strip(BLANK)
    if found := re.fullmatch(r'="([^"]*)"', text):
        text = found[1].strip(BLANK)
    if re.match(r"'([0-9]|[ \t\r\n\f]*[=+\-@＝＋－＠])", text):
        text = text[1:].strip(BLANK)
    return None if text in ("", "null", "NULL", "-", "无退款申请", "没有申请退款") else text


PROTECTED = st.text(alphabet="12 \"'a=", max_size=4).map('="{}"'.format)


@given(st.lists(st.one_of(st.text(alphabet="=\"'+-@ 1a中\n\u3000", max_size=6), PROTECTED), max_size=6))
def test_cleaning_a_column_cleans_each_cell(cells: list[str]) -> None:
    """The quick way for columns that are protected throughout changes nothing."""
    assert cleaning.cleaned(texts(*cells)).to_pylist() == [clean_one(cell) for cell in cells]


@given(st.lists(PROTECTED, min_size=1, max_size=6))
def test_cleaning_a_protected_column_cleans_each_cell(cells: list[str]) -> None:
    """A column of ="..." alone, quotes within included."""
    assert cleaning.cleaned(texts(*cells)).to_pylist() == [clean_one(cell) for cell in cells]


BYTES = st.one_of(
    st.binary(max_size=6),
    st.text(alphabet="a中𠮷\n€", max_size=4).map(lambda text: text.encode("gb18030")),
    st.text(alphabet="a中𠮷\n€", max_size=4).map(str.encode),
)


@given(st.lists(st.one_of(BYTES, st.none()), max_size=6), st.sampled_from(["utf-8", "gb18030", "big5hkscs"]))
@example([b"\x95", b"2\x827"], "gb18030")
@example([b"a", None, b"\n"], "gb18030")
def test_decoding_a_column_decodes_each_cell(cells: list[bytes | None], encoding: str) -> None:
    """Strictly: a cell that is no text is marked, and half a character never joins its neighbour."""
    want: list[str | None] = []
    for cell in cells:
        try:
            want.append(None if cell is None else cell.decode(encoding))
        except UnicodeDecodeError:
            want.append(None)
    found, bad = cleaning.decoded(pa.array(cells, pa.binary()), encoding)
    assert found.to_pylist() == want
    assert bad.tolist() == [cell is not None and text is None for cell, text in zip(cells, want, strict=True)]


# Amounts, counts, prices

NUMBERS = st.one_of(
    st.decimals(-(10**9), 10**9, places=2).map(str),
    st.decimals(-(10**4), 10**4, places=5).map(str),
    st.integers(-(10**19), 10**19).map(str),
    st.text(alphabet="0123456789.,-+ ¥￥元eE()x_", max_size=9),
    st.sampled_from(
        ["598.00元", "￥1,234.00", "1.93E+15", "1e3", "0x10", "1_000", "nan", "inf", "１２", "'5", ".5", "5."]
    ),
)
PLAIN_NUMBERS = st.lists(st.one_of(st.decimals(-999, 999, places=2).map(str), st.just("")), max_size=5)


@given(st.lists(NUMBERS, max_size=5), CURRENCIES)
def test_amounts_of_a_column_are_the_amounts_of_its_cells(cells: list[str], currency: str) -> None:
    """The columnar rule is parse_amount, whether the cells are plain or not."""
    want = [one(parse_amount, cell, currency) for cell in cells]
    assert units(cleaning.amounts(texts(*cells), currency)) == want
    quick = cleaning.quick_amounts(pa.array([cell.encode() for cell in cells], pa.binary()), currency)
    if quick is not None and "" not in cells:
        assert quick[0].tolist() == want


@given(PLAIN_NUMBERS)
def test_plain_amounts_take_the_quick_way(cells: list[str]) -> None:
    """Decimals and empty cells need no second look."""
    quick = cleaning.quick_amounts(pa.array([cell.encode() for cell in cells], pa.binary()), "CNY")
    assert quick is not None
    assert quick[1].tolist() == [cell == "" for cell in cells]
    assert quick[0].tolist() == [parse_amount(cell, "CNY") if cell else MISSING for cell in cells]


@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        ("598.00元", 59800),
        ("￥1,234.00", 123400),
        ("¥0.5", 50),
        ("(3.00)", -300),
        ("－1.5", -150),
        ("1.500", 150),
    ],
)
def test_amounts_as_platforms_write_them(cell: str, minor: int) -> None:
    """Units, signs, thousands and full-width characters."""
    assert units(cleaning.amounts(texts(cell), "CNY")) == [minor]


@pytest.mark.parametrize(
    "cell", ["1.9E+15", "1.93068e+15", "1e3", "0.335", "12,34", "abc", "nan", "inf", "1" * 30]
)
def test_what_is_no_amount_is_refused(cell: str) -> None:
    """An order number that a spreadsheet rounded is no money, nor is half a fen."""
    assert units(cleaning.amounts(texts(cell, "1.00"), "CNY")) == [None, 100]
    assert cleaning.quick_amounts(pa.array([cell.encode()], pa.binary()), "CNY") is None


@given(st.lists(NUMBERS, max_size=5))
def test_counts_of_a_column_are_the_counts_of_its_cells(cells: list[str]) -> None:
    """Whole numbers only, of at most 15 digits; hexadecimal and exponents are none."""
    want = [one(count, cell) for cell in cells]
    assert units(cleaning.counts(texts(*cells))) == want
    quick = cleaning.quick_counts(pa.array([cell.encode() for cell in cells], pa.binary()))
    if quick is not None and "" not in cells:
        assert quick[0].tolist() == want


@pytest.mark.parametrize(
    ("cell", "pieces"), [("6", 6), ("6.0", 6), ("-1", -1), ("1,200", 1200), ("007", 7), ("+3.", 3), ("６", 6)]
)
def test_counts_as_files_write_them(cell: str, pieces: int) -> None:
    """Zeros after the point, thousands, signs, full-width digits."""
    assert units(cleaning.counts(texts(cell))) == [pieces]


@pytest.mark.parametrize(
    "cell", ["1.5", "1,5", "0x10", "1e3", "1_000", "", "-", "9223372036854775807", "-9223372036854775808"]
)
def test_what_is_no_number_of_pieces_is_refused(cell: str) -> None:
    """Nothing is rounded, and the number that means "missing" cannot come from a file."""
    assert units(cleaning.counts(texts(cell))) == [None]
    quick = cleaning.quick_counts(pa.array([cell.encode()], pa.binary()))
    assert quick is None or (cell == "" and quick[1].tolist() == [True])


@given(st.lists(NUMBERS, max_size=5), CURRENCIES)
def test_prices_of_a_column_are_the_prices_of_its_cells(cells: list[str], currency: str) -> None:
    """The quick way and the slow way give the same exact steps."""
    want = [one(price_steps, cell, currency) for cell in cells]
    assert units(cleaning.prices(texts(*cells), currency)) == want
    quick = cleaning.quick_prices(pa.array([cell.encode() for cell in cells], pa.binary()), currency)
    if quick is not None and "" not in cells:
        assert quick[0].tolist() == want


@given(st.decimals(-(10**6), 10**6, places=8), CURRENCIES)
def test_a_price_is_exact_to_six_decimals_beyond_its_currency(price: Decimal, currency: str) -> None:
    """Steps are the decimal itself, shifted; what has more decimals is refused and never rounded."""
    digits = {"JPY": 0, "KWD": 3}.get(currency, 2) + 6
    shifted = price.scaleb(digits)
    exact = shifted == shifted.to_integral_value()
    assert one(price_steps, f"{price:f}", currency) == (int(shifted) if exact else None)


@pytest.mark.parametrize(
    ("cell", "price"),
    [("￥0.0425", "0.0425"), ("1,234.5678元", "1234.5678"), ("-0.001", "-0.001"), ("(0.005)", "-0.005"),
     ("3", "3"), ("-￥.125", "-0.125"), ("12.50", "12.5")],
)  # fmt: skip
def test_prices_as_files_write_them(cell: str, price: str) -> None:
    """Marks and signs as in amounts, decimals beyond the fen."""
    assert price_steps(cell, "CNY") == int(Decimal(price) * 10**8)


@pytest.mark.parametrize(
    "cell", ["", "1.9E+15", "1,5", "$3.333", "1.2.3", "1.234abc1", "--1.001", "0.000000001", "9" * 20]
)
def test_what_is_no_price_is_refused(cell: str) -> None:
    """Another currency, another form, too fine or too large."""
    assert one(price_steps, cell, "CNY") is None


@given(
    st.lists(st.tuples(st.integers(-(10**4), 10**4), st.decimals(-(10**5), 10**5, places=4)), max_size=6),
    CURRENCIES,
)
@example(
    [(1, Decimal("0.005")), (-1, Decimal("0.005")), (3, Decimal("0.335")), (-3, Decimal("0.335"))], "CNY"
)
def test_a_line_is_rounded_once_and_half_away_from_zero(
    lines: list[tuple[int, Decimal]], currency: str
) -> None:
    """Quantity times price on columns is line_amount, for sub-cent prices and returns too."""
    steps, bad = cleaning.prices(texts(*(f"{price:f}" for _, price in lines)), currency)
    assert not bad.any()
    found, bad = cleaning.products(np.array([pieces for pieces, _ in lines], np.int64), steps)
    assert not bad.any()
    assert found.tolist() == [line_amount(pieces, price, currency) for pieces, price in lines]


def test_products_beyond_any_money_are_refused_and_missing_factors_stay_missing() -> None:
    """No overflow, no warning, no amount where a factor is not told."""
    pieces = np.array([10**14, 2, MISSING, MISSING], np.int64)
    steps = np.array([10**17, MISSING, 5, MISSING], np.int64)
    found, bad = cleaning.products(pieces, steps)
    assert (found.tolist(), bad.tolist()) == ([MISSING] * 4, [True, False, False, False])


# Times

NEW_YORK: Final = "America/New_York"
ZONES = st.sampled_from(["Asia/Shanghai", NEW_YORK, "Europe/London", "Australia/Lord_Howe", "UTC"])
NEAR_CHANGES = st.one_of(
    st.datetimes(datetime(1990, 1, 1), datetime(2035, 1, 1)),
    *(
        st.datetimes(datetime(*day), datetime(*day) + timedelta(days=1))
        for day in ((2024, 3, 10), (2024, 11, 3), (2024, 3, 31), (2024, 10, 27), (2024, 4, 7), (2024, 10, 6))
    ),
)


def utc(found: tuple[Any, Any]) -> list[datetime | None]:
    """Give parsed instants as Python knows them."""
    return [None if np.isnat(value) else value.item().replace(tzinfo=UTC) for value in found[0]]


@given(st.lists(NEAR_CHANGES, max_size=5), ZONES, st.sampled_from(["%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S"]))
def test_local_times_of_a_column_are_instants_by_the_rule_of_periods(
    moments: list[datetime], zone: str, form: str
) -> None:
    """Gaps and overlaps of daylight saving included, one by one, quickly and by pattern."""
    moments = [local.replace(microsecond=0, fold=0) for local in moments]
    cells = [local.strftime(form) for local in moments]
    want = [instant_of(local, zone) for local in moments]
    assert utc(cleaning.instants(texts(*cells), zone)) == want
    assert utc(cleaning.instants(texts(*cells), zone, form)) == want
    assert [moment(cell, zone).replace(tzinfo=UTC) for cell in cells] == want
    quick = cleaning.quick_instants(pa.array([cell.encode() for cell in cells], pa.binary()), zone)
    assert (quick is not None) == (form[2] == "-" or not cells)
    assert quick is None or utc(quick) == want


def test_a_skipped_hour_has_the_offset_from_before_and_a_repeated_one_comes_first() -> None:
    """New York 2024: 02:30 on 10 March is 07:30 UTC, 01:30 on 3 November is 05:30 UTC."""
    cells = ["2024-03-10 02:30:00", "2024-11-03 01:30:00"]
    want = [datetime(2024, 3, 10, 7, 30, tzinfo=UTC), datetime(2024, 11, 3, 5, 30, tzinfo=UTC)]
    assert utc(cleaning.instants(texts(*cells), NEW_YORK)) == want
    assert utc(cleaning.instants(texts(*cells, "2024/7/1"), NEW_YORK))[:2] == want


SHANGHAI_NOON: Final = datetime(2020, 2, 21, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "cell",
    [
        "2020-02-21 12:00:00", "2020-02-21 12:00", "2020-02-21T12:00:00", "2020/2/21 12:00",
        "2020/02/21 12:00:00", "2020/2/21  12:00", "2020.2.21 12:00", "2020-2-21 12:00:00",
        "2020年2月21日 12:00", "2020年02月21日12:00:00", "20200221120000", "2020-02-21 12:00:00.000",
        "2020-02-21 12:00:00.000000000", "2020-02-21T12:00:00+08:00", "2020-02-21T04:00:00Z",
        "2020-02-20T23:00:00-05:00", "2020/2/21 12:00:00.0", "２０２０／２／２１ １２：００",
    ],
)  # fmt: skip
def test_times_as_files_write_them(cell: str) -> None:
    """Every usual form is the same instant, an offset of its own going before the zone."""
    assert moment(cell, "Asia/Shanghai").replace(tzinfo=UTC) == SHANGHAI_NOON
    assert utc(cleaning.instants(texts(cell, None), "Asia/Shanghai")) == [SHANGHAI_NOON, None]


@pytest.mark.parametrize(
    "cell", ["2020-02-21", "2020/2/21", "20200221", "2020年2月21日", "2020.02.21", "2020/2/21 0:00"]
)
def test_a_date_is_its_midnight(cell: str) -> None:
    """Without a time of day the day's first moment in the zone is meant."""
    assert moment(cell, "Asia/Shanghai") == datetime(2020, 2, 20, 16)


def test_fractions_of_a_second_are_kept() -> None:
    """Three digits are milliseconds, nine are cut to microseconds."""
    cells = ["2019-06-30 22:46:22.511", "2019/6/30 22:46:22.511", "2019-06-30 22:46:22.511123999"]
    assert [when.microsecond for when in utc(cleaning.instants(texts(*cells), "UTC")) if when] == [
        511000,
        511000,
        511123,
    ]


@pytest.mark.parametrize(
    "cell",
    ["2023-02-29", "2023/2/29 0:00", "20230229", "2024-13-01", "2024-00-10", "2024/1/32", "24:00",
     "2024-03-25 25:00:00", "2024-03-25 22:60", "2024-03-25 22:30:61", "2020022", "202002", "1511544070",
     "43882.9", "1/2/2020", "01-02-2020", "2020/2-21", "2020/2/21x", "x", "²²²²²²²²", "0001-01-01 00:00:00",
     "9999-12-31", "1969-12-31"],
)  # fmt: skip
def test_what_is_no_time_or_could_be_two_is_refused(cell: str) -> None:
    """Impossible days, too few digits, serial numbers, and days that could be months."""
    _, bad = cleaning.instants(texts(cell, "2024-01-01"), "Asia/Shanghai")
    assert bad.tolist() == [True, False]


def test_the_ends_of_time_do_no_harm() -> None:
    """The last moment of the year 9999 west of Greenwich is beyond what UTC can write."""
    with pytest.raises(InputError):
        moment("9999-12-31 23:00:00", NEW_YORK)


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("%Y%m%d", ["19970101", "20200229"], ["20200230", "2020022", "20200229x", " 20200229", "20201301"]),
        ("%d/%m/%Y %H:%M", ["01/12/2010 08:26", "1/2/2010 8:26"], ["13/13/2010 8:26", "2010-12-01 08:26"]),
        ("%m/%d/%y", ["12/31/99"], ["31/12/99"]),
        ("%Y-%m-%dT%H:%M:%S%z", ["2024-03-25T22:30:00+0800"], ["2024-03-25T22:30:00"]),
    ],
)
def test_a_pattern_is_pythons_own(pattern: str, good: list[str], bad: list[str]) -> None:
    """Columns are read as datetime.strptime reads their cells, strict about days and digits."""
    found = cleaning.instants(texts(*good, *bad, None), "Asia/Shanghai", pattern)
    want = []
    for cell in good:
        local = datetime.strptime(cell, pattern)
        want.append(
            (local if local.tzinfo else local.replace(tzinfo=ZoneInfo("Asia/Shanghai"))).astimezone(UTC)
        )
    assert utc(found) == [*want, *([None] * len(bad)), None]
    assert found[1].tolist() == [False] * len(good) + [True] * len(bad) + [False]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_instants_that_a_table_knows_are_taken_as_they_are(unit: str) -> None:
    """A column with a zone is its instants, one without is local; nanoseconds are cut off."""
    naive = pa.array([datetime(2024, 3, 10, 2, 30), None], pa.timestamp(unit))
    aware = pa.array([datetime(2024, 3, 10, 2, 30), None], pa.timestamp(unit, "Europe/Paris"))
    gap = datetime(2024, 3, 10, 7, 30, tzinfo=UTC)
    assert utc(cleaning.typed_instants(naive, NEW_YORK)) == [gap, None]
    assert utc(cleaning.typed_instants(aware, NEW_YORK)) == [datetime(2024, 3, 10, 2, 30, tzinfo=UTC), None]
    _, bad = cleaning.typed_instants(pa.array([datetime(1700, 1, 1), None], pa.timestamp(unit)), NEW_YORK)
    assert bad.tolist() == [True, False]


def test_nanoseconds_are_cut_off_and_not_refused() -> None:
    """A table of pandas may be finer than a file can be."""
    fine = pa.array([1_710_000_000_123_456_789], pa.timestamp("ns"))
    assert utc(cleaning.typed_instants(fine, "UTC")) == [datetime(2024, 3, 9, 16, 0, 0, 123456, tzinfo=UTC)]


# States


def test_states_are_looked_up_whatever_their_width_and_case() -> None:
    """Full-width commas, blanks and capitals do not matter; what is not in the table is unknown."""
    table = {header_name("买家已付款，等待卖家发货"): 2, "paid": 2, "closed": 6}
    cells = ["买家已付款，等待卖家发货", "买家已付款,等待卖家发货", " PAID ", "Closed", "已收货", None]
    found, unknown = cleaning.states(texts(*cells), table, header_name)
    assert found.tolist() == [2, 2, 2, 6, 0, -1]
    assert unknown.tolist() == [False, False, False, False, True, False]
