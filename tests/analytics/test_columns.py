"""Columns of text keep every text, in order, whatever is picked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.columns import MISSING, NO_INSTANT, Coded, Texts

texts = st.lists(st.text(max_size=8), max_size=12)


@given(texts)
def test_texts_come_back_as_they_went_in(several):
    """Packing and unpacking changes no text, empty ones and emoji included."""
    packed = Texts.of(several)
    assert packed.tolist() == list(packed) == several
    assert len(packed) == len(several)
    assert [packed[i] for i in range(len(several))] == several


@given(texts, st.data())
def test_take_is_indexing(several, data):
    """Picking positions, repeats allowed, gives the texts at those positions."""
    places = data.draw(st.lists(st.integers(0, len(several) - 1), max_size=10)) if several else []
    assert Texts.of(several).take(np.array(places, np.int64)).tolist() == [several[i] for i in places]


@given(texts, st.slices(12))
def test_slices_are_those_of_a_list(several, part):
    """A slice, steps and negative bounds included, is the list's slice."""
    assert Texts.of(several)[part].tolist() == several[part]


@given(st.lists(texts, max_size=4), st.slices(12))
def test_concat_joins_blocks_even_when_cut_from_others(blocks, part):
    """Joining blocks, also ones sliced out of bigger blocks, gives their texts one after the other."""
    joined = Texts.concat([Texts.of(block)[part] for block in blocks])
    assert joined.tolist() == [text for block in blocks for text in block[part]]


def test_one_text_from_the_end():
    """A negative position counts from the end; a wrong one raises like a list's."""
    names = Texts.of(["甲", "乙"])
    assert names[-1] == "乙"
    with pytest.raises(IndexError):
        names[2]


def test_texts_shared_with_a_larger_buffer():
    """Offsets need not start at zero: a window on a shared buffer reads its own texts."""
    whole = Texts.of(["aa", "b", "cc"])
    window = Texts(whole.data, whole.offsets[1:])
    assert window.tolist() == ["b", "cc"]
    assert window.take(np.array([1, 0])).tolist() == ["cc", "b"]
    assert Texts.concat([window, Texts.of(["d"])]).tolist() == ["b", "cc", "d"]


@given(st.lists(st.one_of(st.none(), st.text(max_size=3)), max_size=15))
def test_coded_keeps_texts_and_gaps(several):
    """Encoding keeps each text and each missing value, and lists each distinct text once."""
    coded = Coded.of(several)
    assert coded.tolist() == several
    assert len(coded) == len(several)
    assert sorted(coded.values) == sorted({text for text in several if text is not None})


def test_coded_take_shares_its_values():
    """Picking rows keeps the value list, missing rows included."""
    picked = Coded.of(["x", None, "y"]).take(np.array([2, 1, 1]))
    assert picked.tolist() == ["y", None, None]
    assert picked.values.tolist() == ["x", "y"]


def test_missing_values_are_one_bit_pattern():
    """MISSING and NaT are the same 64 bits, so a column of instants can be viewed as whole numbers."""
    assert np.array([NO_INSTANT]).view(np.int64)[0] == MISSING
