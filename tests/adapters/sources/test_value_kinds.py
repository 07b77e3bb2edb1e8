"""Cells about people, products, reviews and parcels, kind by kind."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.adapters.sources.cleaning_values import percent_score
from retailcrm.adapters.sources.field import Field, Kind
from retailcrm.adapters.sources.value_kinds import category_path, joined_levels, quick_emails, read_value
from retailcrm.analytics.columns import MISSING, Coded
from retailcrm.errors import InputError


def read(kind: Kind, texts: list[str | None], **more: Any) -> tuple[list[Any], list[bool]]:
    """Read a column, as plain values; coded columns and plain ones alike."""
    field, plain = Field(names=("x",), kind=kind, **more), pa.array(texts, pa.string())
    column, bad = read_value(field, plain, "CN")
    again, bad_again = read_value(field, plain.dictionary_encode(), "CN")
    assert (column.tolist(), bad.tolist()) == (again.tolist(), bad_again.tolist())
    return column.tolist(), bad.tolist()


def test_addresses_are_written_small_and_odd_ones_are_kept() -> None:
    """What has no form of an address is marked; a masked one is hidden, not wrong."""
    found, bad = read(Kind.EMAIL, ["Ann@Example.COM", "ann", "a@b", "a b@c.de", "a***@qq.com", "***", None])
    assert found == ["ann@example.com", "ann", "a@b", "a b@c.de", "a***@qq.com", "***", ""]
    assert bad == [False, True, True, True, False, False, False]


def test_plain_addresses_are_taken_at_once() -> None:
    """Only if no cell needs cleaning."""
    quick = quick_emails(pa.array([b"ann.b+c@example.co.uk", b""]))
    assert quick is not None
    assert (quick[0].tolist(), quick[1].tolist()) == (["ann.b+c@example.co.uk", ""], [False, True])
    for other in (b"Ann@example.com", b" a@b.cd", b"-", b"a@b", "安@b.cd".encode()):
        assert quick_emails(pa.array([b"a@b.cd", other])) is None
    assert quick_emails(pa.array([], pa.binary())) is None


def test_words_are_looked_up_whatever_their_width() -> None:
    """A text that is not in the table is marked, one that tells nothing is none."""
    found, bad = read(Kind.GENDER, ["女", "Ｆ", "保密", "?", None], states={"女": 0, "f": 0, "保密": -1})
    assert (found, bad) == ([0, 0, -1, -1, -1], [False, False, False, True, False])


@pytest.mark.parametrize(
    ("text", "full_marks", "want"),
    [
        ("5", 5, 100), ("4", 5, 80), ("4.5", 5, 90), ("1", 5, 20), ("0", 5, 0), ("5星", 5, 100),
        ("4 分", 5, 80),
        ("4/5", 5, 80), ("4 stars", 5, 80), ("8", 10, 80), ("1", 3, 33), ("2", 3, 67), ("1", 8, 13),
        ("98%", None, 98), ("98%", 5, 98), ("99.5%", None, 100), ("４", 5, 80),
    ],
)  # fmt: skip
def test_a_score_is_percent_of_full_marks(text: str, full_marks: int | None, want: int) -> None:
    """Rounded half up."""
    assert percent_score(text, full_marks) == want


@pytest.mark.parametrize(
    ("text", "full_marks"), [("5", None), ("6", 5), ("-1", 5), ("4/10", 5), ("101%", 5), ("good", 5), ("", 5)]
)
def test_what_is_no_score_is_refused(text: str, full_marks: int | None) -> None:
    """Numbers without full marks, numbers beyond them, other texts."""
    with pytest.raises(InputError):
        percent_score(text, full_marks)


def test_words_for_scores_go_before_numbers() -> None:
    """A table may say what a number means in this file."""
    found, bad = read(Kind.SCORE, ["好评", "3", "5", "x", None], states={"好评": 100, "3": 50}, full_marks=5)
    assert (found, bad) == ([100, 50, 100, MISSING, MISSING], [False, False, False, True, False])


def test_a_category_is_a_path_from_the_top_down() -> None:
    """Levels trimmed, empty ones left out; a slash within a level becomes a wide one."""
    assert read(Kind.PATH, ["女装/连衣裙", " 女装 / ", None, "/"])[0] == ["女装/连衣裙", "女装", None, None]
    found, _ = read(Kind.PATH, ["A > B/C > D", "A>B/C>D"], separator=">")
    assert found == ["A/B／C/D"] * 2
    assert category_path(["", "a", "", "b/c"]) == "a/b／c"


levels = st.lists(st.sampled_from(["a", "b", None]), min_size=6, max_size=6)


@given(st.lists(levels, min_size=1, max_size=3))
def test_levels_in_columns_of_their_own_are_joined(columns: list[list[str | None]]) -> None:
    """As if each row's cells had stood in one, by joining them row by row."""
    found = joined_levels([Coded.of(column) for column in columns])
    want = ["/".join(filter(None, row)) or None for row in zip(*columns, strict=True)]
    assert found.tolist() == want
    assert len(set(found.values.tolist())) == len(found.values)


def test_tags_are_joined_by_commas() -> None:
    """Of any width; each once; another separator leaves no comma within a tag."""
    assert read(Kind.TAGS, ["老客，微信, 老客", ",", None])[0] == ["老客,微信", None, None]
    assert read(Kind.TAGS, ["a,b|c"], separator="|")[0] == ["a，b,c"]
