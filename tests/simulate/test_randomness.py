"""The integer generator: published outputs, independence from chunking, and honest distributions."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm.simulate.randomness import (
    WAIT_UNIT,
    Choice,
    Draws,
    Stream,
    below,
    mix_one,
    splitmix,
    waits,
)

SEEDS = st.integers(0, 2**64 - 1)


def test_splitmix_gives_the_published_outputs():
    """Started at 1234567 it gives the five numbers that reference implementations print."""
    published = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert published == splitmix(1234567, np.arange(5)).tolist()


@given(SEEDS, st.integers(0, 2**63 - 1))
def test_one_number_and_a_column_are_scrambled_alike(seed, index):
    """The vector form equals plain whole-number arithmetic modulo 2**64."""
    state = (seed + index * 0x9E3779B97F4A7C15) % 2**64
    assert mix_one(state) == splitmix(seed, np.array([index]))[0]


@given(SEEDS, st.lists(st.integers(0, 2**40), min_size=1, max_size=20))
@settings(max_examples=30)
def test_a_draw_depends_on_nothing_but_seed_stream_and_index(seed, indices):
    """Drawing all at once or one by one gives the same numbers."""
    draws = Draws(seed)
    together = draws.of(Stream.LINE, np.array(indices)).tolist()
    assert together == [int(draws.of(Stream.LINE, np.array([i]))[0]) for i in indices]


def test_streams_differ():
    """No two streams of one seed give the same numbers."""
    seen = {int(Draws(5).of(stream, np.array([0]))[0]) for stream in Stream}
    assert len(seen) == len(Stream)


@given(st.integers(0, 2**64 - 1), st.integers(1, 2**31))
def test_below_uses_one_half_of_the_bits(bits, limit):
    """Outcomes are floor(half x limit / 2**32), computed here with big integers."""
    column = np.array([bits], np.uint64)
    assert (bits >> 32) * limit // 2**32 == below(column, limit)[0]
    assert (bits % 2**32) * limit // 2**32 == below(column, limit, low=True)[0]


def test_choices_follow_their_weights():
    """Weights 1, 0, 3 give about 25 %, never, and 75 % (5 sigma of 40,000 draws is 1.1 %)."""
    picked = Counter(Choice.of((1, 0, 3)).pick(Draws(1).of(1, np.arange(40_000))).tolist())
    assert set(picked) == {0, 2}
    assert abs(picked[0] / 40_000 - 0.25) < 0.011


def test_waits_are_exponential():
    """Mean 1, and a share of e**-1 = 36.8 % and e**-2 = 13.5 % beyond one and two means."""
    drawn = waits(Draws(2).of(1, np.arange(100_000)))
    assert abs(drawn.mean() / WAIT_UNIT - 1) < 0.016
    assert abs((drawn > WAIT_UNIT).mean() - 0.3679) < 0.008
    assert abs((drawn > 2 * WAIT_UNIT).mean() - 0.1353) < 0.006


def test_averaged_waits_are_steadier():
    """The mean of three exponential waits keeps the mean and has a third of the variance."""
    drawn = waits(Draws(3).of(1, np.arange(100_000)), calls=3)
    assert abs(drawn.mean() / WAIT_UNIT - 1) < 0.01
    assert abs(drawn.var() / WAIT_UNIT**2 - 1 / 3) < 0.015
