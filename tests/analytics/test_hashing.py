"""Hashes of many texts at once: the same everywhere, told apart, well spread."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.columns import Texts
from retailcrm.analytics.hashing import hash_texts, hex_texts, mix

WORD = 1 << 64


def spread(value: int) -> int:
    """Mix one number as SplitMix64 does, in plain integers."""
    value = (value + 0x9E3779B97F4A7C15) % WORD
    value = ((value ^ value >> 30) * 0xBF58476D1CE4E5B9) % WORD
    value = ((value ^ value >> 27) * 0x94D049BB133111EB) % WORD
    return value ^ value >> 31


def hashed(text: str) -> int:
    """Hash one text by the definition, in plain integers."""
    data, base = text.encode(), 0xD1342543DE82EF95
    total = sum((byte + 1) * pow(base, place + 1, WORD) for place, byte in enumerate(data))
    return spread((total + len(data) * 0x9E3779B97F4A7C15) % WORD)


@given(st.lists(st.text(max_size=30), max_size=8))
def test_a_column_is_hashed_text_by_text(texts: list[str]) -> None:
    """Each number is what the definition gives, wherever the text stands in its block."""
    want = [hashed(text) for text in texts]
    assert hash_texts(Texts.of(texts)).tolist() == want
    # A part of a block begins anywhere in its bytes.
    block = Texts.of(["prefix", *texts, "suffix"])
    assert hash_texts(Texts(block.data, block.offsets[1:-1])).tolist() == want


def test_the_mixer_is_splitmix64() -> None:
    """The first outputs of the generator seeded with 0, as published with its source."""
    steps = np.arange(3, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    want = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert mix(steps).tolist() == want


def test_a_hash_never_changes_between_versions() -> None:
    """Order numbers made of it are stored by users: these, by the definition, are for ever."""
    want = ["e220a8397b1dcdaf", "6dd36f49dc7f88b9", "159f2640998758d6"]
    rows = hex_texts(hash_texts(Texts.of(["", "a", "小明"])))
    assert [row.tobytes().decode() for row in rows] == want


def test_texts_that_differ_little_are_far_apart() -> None:
    """Of 200,000 numbers that count up none collide, and each bit is set in about half of them."""
    found = hash_texts(Texts.of(str(5_113_000_000_000_000_000 + i) for i in range(200_000)))
    assert len(np.unique(found)) == 200_000
    bits = np.unpackbits(found.view(np.uint8)).reshape(-1, 64).mean(axis=0)
    assert np.abs(bits - 0.5).max() < 0.01
    parts = np.bincount((found % np.uint64(256)).astype(np.int64), minlength=256)
    assert parts.min() > 600
    assert parts.max() < 970


@given(st.lists(st.integers(0, WORD - 1), max_size=6), st.integers(1, 16))
def test_hexadecimal_is_pythons(values: list[int], digits: int) -> None:
    """The lowest digits, with zeros in front."""
    rows = hex_texts(np.array(values, np.uint64), digits)
    assert rows.shape == (len(values), digits)
    assert [row.tobytes().decode() for row in rows] == [f"{value:016x}"[16 - digits :] for value in values]


def test_no_texts_have_no_hashes() -> None:
    """An empty column is no special case."""
    assert hash_texts(Texts.of([])).tolist() == []
