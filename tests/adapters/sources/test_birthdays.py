"""Birthdays in every form that member lists have, the quick way and one by one."""

from __future__ import annotations

import datetime as dt
from typing import Final

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.adapters.sources.birthdays import birthday, birthdays, quick_birthdays, typed_birthdays
from retailcrm.domain.customers import Birthday
from retailcrm.errors import InputError

MAY = Birthday(5, 1, 1990)
FORMS: Final = [
    ("1990-05-01", MAY),
    ("1990/5/1", MAY),
    ("1990.5.1", MAY),
    ("19900501", MAY),
    ("1990年5月1日", MAY),
    ("1990 年 5 月 1 日", MAY),
    ("一九九〇年五月一日", MAY),
    ("1990-05-01 00:00:00", MAY),
    ("1990-05-01T08:30", MAY),
    ("1990/5/1 0:00", MAY),
    ("32994", MAY),
    ("32994.0", MAY),
    ("公历1990-5-1", MAY),
    ("05-01", Birthday(5, 1)),
    ("5/1", Birthday(5, 1)),
    ("0501", Birthday(5, 1)),
    ("5月1日", Birthday(5, 1)),
    ("５月１号", Birthday(5, 1)),
    ("五月一日", Birthday(5, 1)),
    ("--05-01", Birthday(5, 1)),
    ("0000-05-01", Birthday(5, 1)),
    ("02-29", Birthday(2, 29)),
    ("2000-02-29", Birthday(2, 29, 2000)),
    ("农历八月十五", Birthday(8, 15, lunar=True)),
    ("农历 8-15", Birthday(8, 15, lunar=True)),
    ("(农历)8月15日", Birthday(8, 15, lunar=True)),
    ("八月十五(农历)", Birthday(8, 15, lunar=True)),
    ("阴历八月十五", Birthday(8, 15, lunar=True)),
    ("lunar 08-15", Birthday(8, 15, lunar=True)),
    ("Lunar 1990-08-15", Birthday(8, 15, 1990, lunar=True)),
    ("农历1990年八月十五", Birthday(8, 15, 1990, lunar=True)),
    ("农历二月三十", Birthday(2, 30, lunar=True)),
    ("正月初一", Birthday(1, 1, lunar=True)),
    ("腊月廿三", Birthday(12, 23, lunar=True)),
    ("冬月二十", Birthday(11, 20, lunar=True)),
    ("腊月三十", Birthday(12, 30, lunar=True)),
    ("十一月初十", Birthday(11, 10, lunar=True)),
    ("闰四月初二", Birthday(4, 2, lunar=True)),
]
NONE: Final = ["0000-00-00", "0000-00-00 00:00:00", "0001-01-01 00:00:00", "00000000"]
WRONG: Final = [
    "2023-02-29", "1900-02-29", "13-01", "04-31", "2月30日", "1890-01-01", "2200-01-01", "9999-12-31",
    "1990-05", "1990", "199005", "900501", "123456", "01.05", "八月十五", "十二月三十", "农历13-01",
    "农历8-31", "五一月一日", "八月二二日", "生日快乐", "1990-05-01 morning", "-1", "1",
]  # fmt: skip


@pytest.mark.parametrize(("text", "want"), FORMS)
def test_a_birthday_is_read_in_every_form(text: str, want: Birthday) -> None:
    """With year or without, solar or lunar, in digits or in words; alone and in a column."""
    assert birthday(text) == want.code
    codes, bad = birthdays(pa.array(["1980-01-01", text, None]))
    assert (codes.tolist(), bad.tolist()) == ([19800101, want.code, -1], [False] * 3)
    assert codes.dtype == "int32"


@pytest.mark.parametrize("text", NONE)
def test_a_day_of_zeros_is_none(text: str) -> None:
    """Programs write it where they know no birthday: that is no mistake of the file's."""
    codes, bad = birthdays(pa.array([text]))
    assert (codes.tolist(), bad.tolist()) == ([-1], [False])


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_day_is_marked(text: str) -> None:
    """Impossible days, years without days, days that could be two, and other texts."""
    with pytest.raises(InputError):
        birthday(text)
    codes, bad = birthdays(pa.array([text, "1990-05-01"]))
    assert (codes.tolist(), bad.tolist()) == ([-1, 19900501], [True, False])


DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31))
WRITTEN: Final = (
    lambda d: d.isoformat(),
    lambda d: f"{d.year}/{d.month}/{d.day}",
    lambda d: f"{d.year}年{d.month}月{d.day}日",
    lambda d: f"{d:%Y%m%d}",
    lambda d: f"{d.isoformat()} 00:00:00",
)
WITHOUT_YEAR: Final = (
    lambda d: f"{d:%m-%d}",
    lambda d: f"{d.month}月{d.day}日",
    lambda d: f"{d.month}/{d.day}",
    lambda d: f"{d:%m%d}",
)


@given(st.lists(st.tuples(DAYS, st.sampled_from(WRITTEN)), max_size=10))
def test_days_with_a_year_come_back(days: list[tuple[dt.date, object]]) -> None:
    """Any day in any form is that day again, and each alone as in the column."""
    texts = [write(day) for day, write in days]  # type: ignore[operator]
    codes, bad = birthdays(pa.array(texts, pa.string()))
    assert codes.tolist() == [int(f"{day:%Y%m%d}") for day, _ in days] == [birthday(text) for text in texts]
    assert not bad.any()


@given(st.lists(st.tuples(DAYS, st.sampled_from(WITHOUT_YEAR)), max_size=10))
def test_days_without_a_year_come_back(days: list[tuple[dt.date, object]]) -> None:
    """The month always goes before the day."""
    texts = [write(day) for day, write in days]  # type: ignore[operator]
    codes, bad = birthdays(pa.array(texts, pa.string()))
    assert codes.tolist() == [day.month * 100 + day.day for day, _ in days]
    assert not bad.any()


TENS: Final = ("初", "十", "廿")


@given(st.integers(1, 12), st.integers(1, 30))
def test_lunar_days_come_back(month: int, day: int) -> None:
    """In digits behind the word, and in the words of the lunar calendar."""
    want = Birthday(month, day, lunar=True).code
    numerals = ["", *"一二三四五六七八九"]
    of_month = "正二三四五六七八九十冬腊"[month - 1]
    of_day = {10: "初十", 20: "二十", 30: "三十"}.get(day, TENS[day // 10 % 3] + numerals[day % 10])
    assert birthday(f"农历{month}-{day}") == birthday(f"农历{of_month}月{of_day}") == want


@given(st.lists(st.one_of(st.none(), st.text("0123456789-/.年月日 农历初廿十", max_size=10)), max_size=10))
def test_a_column_is_read_as_its_texts_one_by_one(texts: list[str | None]) -> None:
    """Whatever stands there, the patterns of the column and the single reader agree."""
    codes, bad = birthdays(pa.array(texts, pa.string()))
    for text, code, refused in zip(texts, codes.tolist(), bad.tolist(), strict=True):
        try:
            want = None if text is None else birthday(text)
        except InputError:
            assert (code, refused) == (-1, True)
        else:
            assert (code, refused) == (-1 if want is None else want, False)


def test_plain_columns_are_read_at_once() -> None:
    """Only of ISO days and empty cells; every other cell sends the column the longer way."""
    quick = quick_birthdays(pa.array([b"1990-05-01", b"", b"2000-02-29"]))
    assert quick is not None
    assert (quick[0].tolist(), quick[1].tolist()) == ([19900501, -1, 20000229], [False, True, False])
    for other in (b"1990/05/01", b"2023-02-29", b"0000-00-00", b"1890-01-01", b"05-01", "五月一日".encode()):
        assert quick_birthdays(pa.array([b"1990-05-01", other])) is None


def test_days_of_a_table_in_memory_are_taken_as_they_are() -> None:
    """The day of a date or time column; years that are no customer's are marked."""
    days = pa.array([dt.datetime(1990, 5, 1, 8), None, dt.datetime(1800, 1, 1)], pa.timestamp("ms"))  # noqa: DTZ001 - a cell has no zone
    codes, bad = typed_birthdays(days)
    assert (codes.tolist(), bad.tolist()) == ([19900501, -1, -1], [False, False, True])
