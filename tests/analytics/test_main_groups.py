"""Main groups: the fewest that suffice, found by trying every set."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.main_groups import main_groups
from retailcrm.errors import InputError

nets = st.lists(st.integers(-30, 100), max_size=8)
shares = st.fractions(min_value=Fraction(1, 20), max_value=1, max_denominator=20)


def fewest(net: list[int], share: Fraction) -> int | None:
    """Try all sets, small ones first: how many groups suffice?"""
    total = sum(net)
    for size in range(len(net) + 1):
        if any(sum(chosen) >= share * total for chosen in combinations(net, size)):
            return size
    return None


@given(nets, shares)
def test_no_smaller_set_suffices(net: list[int], share: Fraction) -> None:
    """Of all 2**n sets none with fewer groups brings the share; the one found does."""
    found = main_groups(np.array(net, np.int64), share)
    if sum(net) <= 0:
        assert (found.main, found.net, found.share) == ((), 0, None)
        return
    assert len(found.main) == fewest(net, share)
    assert found.net == sum(net[i] for i in found.main) >= share * sum(net)
    assert found.total == sum(net)


@given(nets, shares)
def test_losing_groups_are_never_main(net: list[int], share: Fraction) -> None:
    """Groups with a net of zero or less stay out, and no secondary group is bigger than a main one."""
    main = main_groups(np.array(net, np.int64), share).main
    assert all(net[i] > 0 for i in main)
    rest = [net[i] for i in range(len(net)) if i not in main]
    assert not main or max(rest, default=0) <= min(net[i] for i in main)


def test_ties_go_by_position() -> None:
    """Of equal groups the earlier is taken, and the biggest stands first."""
    found = main_groups(np.array([20, 30, 20, 30], np.int64), "0.7")
    assert found.main == (1, 3, 0)
    assert found.share == Fraction(80, 100)


@pytest.mark.parametrize(
    ("net", "share", "main"),
    [
        ([80, 15, 5], 0.8, (0,)),
        ([79, 15, 6], 0.8, (0, 1)),
        ([5], 1, (0,)),
        ([0, 0], 0.8, ()),
        ([], 0.8, ()),
        ([50, 50, 0], 1, (0, 1)),
    ],
)
def test_main_groups_by_hand(net: list[int], share: float, main: tuple[int, ...]) -> None:
    """Exactly the share suffices; a fen less needs one more group."""
    assert main_groups(np.array(net, np.int64), share).main == main


@pytest.mark.parametrize("share", [0, -0.1, 1.01])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    """Nothing, less than nothing and more than all cannot be asked for."""
    with pytest.raises(InputError, match="above 0 and at most 1"):
        main_groups(np.array([1]), share)
