"""What went back on lines, against a loop over exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.line_refunds import line_refunds

lines = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6)
orders = st.lists(st.tuples(lines, st.integers(0, 120)), max_size=5)


def spread(of: list[tuple[int, int]], amount: int) -> list[int]:
    """Share one order's refund line by line, in exact fractions."""
    found = [told for _, told in of]
    left = max(amount - sum(found), 0)
    open_ = [i for i, (gross, told) in enumerate(of) if gross > told]
    while open_ and left:
        total = sum(of[i][0] for i in open_)
        share = {i: Fraction(left * of[i][0], total) for i in open_}
        full = [i for i in open_ if share[i] >= of[i][0] - of[i][1]]
        if full:
            for i in full:
                left -= of[i][0] - found[i]
                found[i] = of[i][0]
            open_ = [i for i in open_ if i not in full]
            continue
        for i in open_:
            found[i] += int(share[i])
            left -= int(share[i])
        for i in sorted(open_, key=lambda i: (-(share[i] % 1), i))[:left]:
            found[i] += 1
        left = 0
    return found


def together(several: list[tuple[list[tuple[int, int]], int]], scale: int = 1) -> list[int]:
    """Spread the refunds of several orders at once."""
    order = [i for i, (of, _) in enumerate(several) for _ in of]
    rows = [line for of, _ in several for line in of]
    gross, told = (np.array([row[i] * scale for row in rows], np.int64) for i in range(2))
    amount = np.array([amount * scale for _, amount in several], np.int64)
    found: list[int] = line_refunds(np.array(order, np.int32), gross, told, amount).tolist()
    return found


@given(orders)
def test_many_orders_at_once_are_each_alone(several: list[tuple[list[tuple[int, int]], int]]) -> None:
    """Every line is what a loop gives; orders get their refund back as far as their lines' gross goes."""
    found = together(several)
    assert found == [back for of, amount in several for back in spread(of, amount)]
    first = 0
    for of, amount in several:
        back = found[first : first + len(of)]
        first += len(of)
        told = sum(line[1] for line in of)
        most = sum(max(line) for line in of)
        assert sum(back) == max(told, min(amount, most))
        assert all(told_of <= b <= max(gross, told_of) for b, (gross, told_of) in zip(back, of, strict=True))
        if len(of) == 1 and of[0][1] <= amount <= of[0][0]:
            assert back == [amount]


@pytest.mark.parametrize(
    ("of", "amount", "backs"),
    [
        ([(100, 0)], 30, [30]),
        ([(60, 0), (40, 0)], 30, [18, 12]),
        # 10 x 50/75 = 6 2/3, 10 x 25/75 = 3 1/3: the unit left goes to the larger remainder.
        ([(50, 0), (25, 0)], 10, [7, 3]),
        ([(1, 0), (1, 0), (1, 0)], 2, [1, 1, 0]),
        # 20 told, 40 more: 20 each by gross, but the first has 10 left; its other 10 go to the second.
        ([(50, 40), (50, 0)], 80, [50, 30]),
        ([(50, 10), (0, 0)], 10, [10, 0]),
        ([(50, 30)], 10, [30]),
        ([(50, 0), (30, 0)], 99, [50, 30]),
    ],
)
def test_by_hand(of: list[tuple[int, int]], amount: int, backs: list[int]) -> None:
    """By gross, largest remainder, never more than is left of a line, never less than it told."""
    assert together([(of, amount)]) == backs


def test_amounts_beyond_a_machine_word() -> None:
    """Products of hundreds of millions are still exact: 7/10 and 3/10 of 10^11 fen."""
    assert together([([(7, 0), (3, 0)], 5)], 2 * 10**10) == [7 * 10**10, 3 * 10**10]
    assert line_refunds(np.zeros(0, np.int32), *(np.zeros(0, np.int64),) * 3).tolist() == []
