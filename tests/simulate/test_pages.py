"""Text for many rows at once, compared with Python's own formatting."""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.simulate.pages import (
    Calendar,
    cells_of,
    digits,
    money,
    number,
    optional_number,
    squeeze,
    texts_of,
)

COUNTS = st.lists(st.integers(0, 10**19 // 2), min_size=1, max_size=8)


def lines(cells):
    """Read cells back."""
    return texts_of([cells], len(cells)).tolist()


@given(COUNTS)
def test_numbers_are_spelt_as_python_spells_them(values):
    """With and without leading zeros, up to nineteen digits."""
    column = np.array(values, np.int64)
    assert [f"{v:019d}" for v in values] == lines(digits(column, 19))
    assert [str(v) for v in values] == lines(number(column, 19))
    assert [str(v) if v else "" for v in values] == lines(optional_number(column, 19))


@given(st.lists(st.integers(0, 9_999_999), min_size=1, max_size=8))
def test_money_has_two_decimals(values):
    """598 yuan are 598.00."""
    assert [f"{v // 100}.{v % 100:02d}" for v in values] == lines(money(np.array(values)))


@given(st.lists(st.none() | st.integers(0, 100 * 86_400 - 1), min_size=1, max_size=8))
def test_stamps_are_spelt_as_datetime_spells_them(seconds):
    """Seconds from a first day; a missing instant is an empty text."""
    first = datetime(2024, 2, 1, tzinfo=UTC)
    start = np.datetime64("2024-02-01", "us")
    times = np.array(
        [np.datetime64("NaT", "us") if s is None else start + np.timedelta64(s, "s") for s in seconds]
    )
    calendar = Calendar.of(np.datetime64("2024-02-01"), 100)
    moments = [None if s is None else first + timedelta(seconds=s) for s in seconds]
    assert [f"{m:%Y-%m-%d %H:%M:%S}" if m else "" for m in moments] == lines(calendar.stamps(times))
    assert [f"{m:%Y%m%d}" if m else "" for m in moments] == lines(calendar.days(times))


@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="gb18030")), min_size=1, max_size=6))
def test_squeezing_loses_nothing_but_padding(texts):
    """Cells and constants side by side read as Python joins them, in both encodings."""
    for encoding in ("utf-8", "gb18030"):
        cells = cells_of(texts, encoding)
        page = squeeze([b"<", cells, b"", b"|", cells, b">\n"], len(texts))
        assert "".join(f"<{t}|{t}>\n" for t in texts) == bytes(page).decode(encoding)
