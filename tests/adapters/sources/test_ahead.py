"""Work done ahead: in order, a few at a time, and nothing left behind."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.adapters.sources.ahead import AHEAD, worked_ahead

if TYPE_CHECKING:
    from collections.abc import Iterator


@given(st.lists(st.integers(), max_size=8))
def test_results_come_in_the_order_of_the_items(items: list[int]) -> None:
    """Each with what it was made of, as many as there are."""
    assert list(worked_ahead(iter(items), lambda item: item * 2)) == [(item, item * 2) for item in items]


def test_no_more_is_taken_than_is_worked_on() -> None:
    """A reader of a large file holds a few blocks and never the file."""
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for item in range(50):
            taken += 1
            yield item

    for given_so_far, _ in enumerate(worked_ahead(items(), str), 1):
        assert taken <= given_so_far + AHEAD


def test_what_goes_wrong_on_a_thread_is_raised_here_in_its_turn() -> None:
    """Results before it are given; nothing after it is."""
    found = worked_ahead(iter([2, 1, 0, 5]), lambda item: 2 // item)
    assert (next(found), next(found)) == ((2, 1), (1, 2))
    with pytest.raises(ZeroDivisionError):
        next(found)
    assert list(found) == []


def test_a_reader_that_stops_leaves_no_thread_and_closes_the_items() -> None:
    """Half way, and also before anything was asked for."""
    closed = []

    def items() -> Iterator[int]:
        try:
            yield from range(100)
        finally:
            closed.append(True)

    before = set(threading.enumerate())
    found = worked_ahead(items(), str)
    assert next(found) == (0, "0")
    found.close()  # type: ignore[attr-defined] # it is a generator
    assert set(threading.enumerate()) <= before
    assert closed == [True]
