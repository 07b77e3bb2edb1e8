"""Bits that flip in a file: seen, or of no account."""

from retailcrm.torture.flips import flip_bits

SEED = 20260722


def test_no_flipped_bit_changes_a_value_unseen() -> None:
    """200 copies of a file with one flipped bit each: verify finds out every one that changes a value."""
    found = flip_bits(seed=SEED, flips=200)
    assert not found.problems
    assert (found.detected > 50, found.detected + found.harmless) == (True, 200)


def test_a_check_that_sees_nothing_is_noticed() -> None:
    """Negative control: if every file passed, values would change unseen, and the harness says so."""
    found = flip_bits(seed=SEED, flips=40, clean=lambda _: True)
    assert found.silent > 0
