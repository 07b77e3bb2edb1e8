"""Rows grouped by order, and what the newest, the least and the states of each group come to."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from retailcrm.analytics.columns import MISSING
from retailcrm.analytics.observations import Runs, fold_states, has_value, newest_values
from retailcrm.domain.orders import OrderState

GROUPS = hnp.arrays(np.int64, st.integers(0, 40), elements=st.integers(0, 6))
NAT = np.datetime64("NaT", "us")


def by_group(group, values):
    """Collect values by group in a plain dictionary, in the order they come."""
    found = {}
    for g, value in zip(group.tolist(), values, strict=True):
        found.setdefault(g, []).append(value)
    return dict(sorted(found.items()))


@given(GROUPS)
def test_runs_list_each_present_group_once_and_its_rows_in_sequence(group):
    """Groups rise, starts point at their first rows, and rows of a group keep their sequence."""
    runs = Runs.of(group)
    expected = by_group(group, range(len(group)))
    assert runs.groups.tolist() == list(expected)
    assert [part.tolist() for part in np.split(runs.order, runs.starts[1:]) if len(part)] == list(
        expected.values()
    )


@given(st.data(), GROUPS)
def test_reductions_equal_plain_loops(data, group):
    """Sums, extremes, any and newest of each group are what a loop over its rows gives."""
    values = np.array(
        data.draw(st.lists(st.integers(-50, 50), min_size=len(group), max_size=len(group))), int
    )
    flags = np.array(data.draw(st.lists(st.booleans(), min_size=len(group), max_size=len(group))), bool)
    runs, rows = Runs.of(group), by_group(group, range(len(group)))
    assert runs.sums(values).tolist() == [sum(values[i] for i in r) for r in rows.values()]
    assert runs.least(values).tolist() == [min(values[i] for i in r) for r in rows.values()]
    assert runs.greatest(values).tolist() == [max(values[i] for i in r) for r in rows.values()]
    assert runs.any(flags).tolist() == [any(flags[i] for i in r) for r in rows.values()]
    assert runs.newest(flags).tolist() == [max((i for i in r if flags[i]), default=-1) for r in rows.values()]


def test_sums_stay_exact_beyond_what_a_float_holds():
    """Two amounts around 2**62 add up to the last fen."""
    runs = Runs.of(np.array([0, 0]))
    assert runs.sums(np.array([2**61 + 1, 2**61 + 1])).tolist() == [2**62 + 2]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (np.array([1, MISSING, 0]), [True, False, True]),
        (np.array(["2024-01-01", "NaT"], "datetime64[us]"), [True, False]),
        (np.array([3, -1, 0], np.int8), [True, False, True]),
        (np.array([3, -1, 0], np.int32), [True, False, True]),
    ],
)
def test_what_tells_something(column, expected):
    """Missing is MISSING in amounts, NaT in instants, -1 in codes and states; zero tells something."""
    assert has_value(column).tolist() == expected


def test_a_missing_cell_erases_nothing():
    """The newest value that tells something wins; a group without any stays missing."""
    runs = Runs.of(np.array([0, 0, 0, 1, 1]))
    amounts = np.array([5, 7, MISSING, MISSING, MISSING])
    assert newest_values(runs, amounts).tolist() == [7, MISSING]
    times = np.array(["2024-01-02", "2024-01-01", "NaT", "NaT", "NaT"], "datetime64[us]")
    newest = newest_values(runs, times)
    assert newest[0] == np.datetime64("2024-01-01", "us")
    assert np.isnat(newest[1])
    assert newest_values(runs, np.array([2, -1, 4, -1, -1], np.int32)).tolist() == [4, -1]


def test_newest_values_of_no_rows_are_none():
    """An empty column folds into an empty one of the same type."""
    runs = Runs.of(np.empty(0, np.int64))
    assert newest_values(runs, np.empty(0, "datetime64[us]")).dtype == np.dtype("datetime64[us]")
    assert fold_states(runs, np.empty(0, np.int8)).tolist() == []
    assert runs.sums(np.empty(0, np.int64)).tolist() == []
    assert runs.any(np.empty(0, bool)).tolist() == []
    assert runs.newest(np.empty(0, bool)).tolist() == []


@given(st.lists(st.sampled_from([-1, *OrderState]), min_size=1, max_size=6))
def test_states_fold_to_the_highest_where_ends_are_highest(states):
    """The state of an order is the greatest seen, closed above all stages and refunded above closed."""
    folded = fold_states(Runs.of(np.zeros(len(states), np.int64)), np.array(states, np.int8))
    assert folded.tolist() == [max(states)]
    assert folded.dtype == np.int8


@given(st.permutations([OrderState.PAID, OrderState.SHIPPED, OrderState.COMPLETED, OrderState.PLACED]))
def test_states_never_move_backwards(states):
    """Whatever the sequence of observation, an order that was completed stays completed."""
    assert fold_states(Runs.of(np.zeros(4, np.int64)), np.array(states, np.int8)).tolist() == [5]


def test_a_missing_instant_is_not_a_number():
    """NaT is told from every instant, also from the one at the beginning of time."""
    assert not has_value(np.array([NAT]))[0]
    assert has_value(np.array([0]).view("datetime64[us]"))[0]
