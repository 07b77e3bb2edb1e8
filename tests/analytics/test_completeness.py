"""Completeness: known, masked and unknown fields add up to the people."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.columns import MISSING, Coded
from retailcrm.analytics.completeness import completeness, days_old

texts = st.lists(st.none() | st.sampled_from(["张三", "张**", "1380013****", "＊＊", "a*b", "", "x"]))


@given(texts)
def test_texts_are_counted_one_by_one(column: list[str | None]) -> None:
    """Known, masked and unknown people add up to all, whichever values are hidden."""
    coded = Coded.of(column)
    found = completeness(coded, np.array(["*" in text for text in coded.values], bool))
    told = [text for text in column if text is not None]
    hidden = [text for text in told if "*" in text]
    assert (found.known, found.masked) == (len(told) - len(hidden), len(hidden))
    assert found.unknown == column.count(None)
    assert found.people == len(column)
    assert completeness(coded).known == len(told)


@pytest.mark.parametrize(
    "column",
    [
        np.array([1, -1, 0], np.int8),
        np.array([101, -1, 1231], np.int32),
        np.array([5, MISSING, -1], np.int64),
        np.array(["2024-01-01", "NaT", "2024-01-02"], "datetime64[us]"),
    ],
)
def test_other_columns_have_their_own_word_for_unknown(column: np.ndarray) -> None:
    """-1 in codes, MISSING in amounts (where -1 is a value), NaT in instants."""
    found = completeness(column)
    assert (found.known, found.masked, found.people) == (2, 0, 3)


@pytest.mark.parametrize(
    ("newest", "days"),
    [("2024-03-31T15:59", 1), ("2024-03-31T16:00", 0), ("2024-04-02T00:00", -1), ("NaT", None)],
)
def test_age_is_in_the_shops_days(newest: str, days: int | None) -> None:
    """Midnight in Shanghai is 16:00 UTC of the day before."""
    as_of = np.datetime64("2024-03-31T16:00", "us")
    assert days_old(np.datetime64(newest, "us"), as_of, "Asia/Shanghai") == days
