"""Gifts, merges and splits, with numbers worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from retailcrm.domain.points.account import Account
from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.expiry import NEVER, Expiry
from retailcrm.domain.points.moving import Moved, hand_over, merge, split, transfer
from retailcrm.domain.points.outcomes import Refusal
from retailcrm.domain.points.reversal import Reversed, reverse
from retailcrm.domain.points.spending import capture, redeem, reserve
from retailcrm.errors import InputError

NOW = datetime(2024, 5, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def award(account: Account, points: int, lot: str, expiry: Expiry = NEVER, waits: int | None = 0) -> Account:
    """Award points."""
    return earn(
        account, points, lot=lot, source=f"order:{lot}", key=lot, now=NOW, expiry=expiry,
        activates_at=None if waits is None else NOW + waits * DAY,
    ).account  # fmt: skip


def moved(outcome: Any) -> tuple[Account, Account]:
    """Give both accounts of a movement."""
    assert isinstance(outcome, Moved)
    return outcome.giver.account, outcome.taker.account


def test_a_gift_takes_what_lapses_first_and_lapses_when_it_would_have() -> None:
    """Of 10 points until the 3rd and 10 for ever, a gift of 12 is 10 and 2; the taker loses 10 on the 3rd."""
    ann = award(award(Account(id="ann"), 10, "a"), 10, "b", Expiry(days=1))
    ann, bob = moved(transfer(ann, Account(id="bob"), 12, key="g", now=NOW))
    assert (ann.available, bob.available) == (8, 12)
    assert [(lot.root, lot.available, lot.expires_at, lot.owners) for lot in bob.lots] == [
        ("b", 10, datetime(2024, 5, 3, tzinfo=UTC), ()),
        ("a", 2, None, ()),
    ]
    assert bob.usable(datetime(2024, 5, 3, tzinfo=UTC)) == 2


def test_a_gift_is_refused_beyond_the_balance_and_in_debt() -> None:
    """Nobody gives what she does not have, or while she owes."""
    ann = award(Account(id="ann"), 10, "a")
    refused = transfer(ann, Account(id="bob"), 11, key="g", now=NOW)
    assert isinstance(refused, Refusal)
    assert (refused.limit, refused.allowed) == ("balance", 10)
    spent = redeem(ann, 10, key="s", now=NOW)
    owing = reverse(
        spent.account, Reversed(awarded=10, lots=spent.entries[-1].lots), Fraction(1), key="r", now=NOW
    ).account
    assert owing.debt == 10
    refused = transfer(owing, Account(id="bob"), 1, key="g", now=NOW)
    assert isinstance(refused, Refusal)
    assert refused.limit == "debt"
    with pytest.raises(InputError):
        transfer(ann, ann, 1, key="g", now=NOW)


def test_a_gift_makes_no_lot_twice() -> None:
    """Bob has 4 points of gift ``g``, in a lot of that name: once more it would take its place."""
    ann, bob = moved(transfer(award(Account(id="ann"), 10, "a"), Account(id="bob"), 4, key="g", now=NOW))
    with pytest.raises(InputError, match="there is a lot 'g/0' already"):
        transfer(ann, bob, 4, key="g", now=NOW)
    ann, bob = moved(transfer(ann, bob, 4, key="h", now=NOW))
    assert (ann.available, bob.available) == (2, 8)


def test_a_merge_brings_pending_reserved_and_owed_points_along() -> None:
    """4 waiting, 6 of 10 reserved and 4 spendable go; the reservation is captured in the other account."""
    ann = award(award(Account(id="ann"), 10, "a"), 4, "p", waits=None)
    ann = reserve(ann, 6, hold="h", ends_at=NOW + DAY, key="h", now=NOW).account
    bob = award(Account(id="bob"), 5, "b")
    ann, bob = moved(merge(ann, bob, key="m", now=NOW))
    assert (ann.lots, ann.holds, ann.debt) == ((), (), 0)
    assert (bob.pending, bob.available, bob.held) == (4, 9, 6)
    bob = capture(bob, "h", key="c", now=NOW).account
    assert (bob.available, bob.held) == (9, 0)


def test_a_debt_that_comes_along_is_paid_by_what_is_there() -> None:
    """One who owes 10 and one who has 25 are one who has 15."""
    ann = award(Account(id="ann"), 10, "a")
    spent = redeem(ann, 10, key="s", now=NOW)
    told = Reversed(awarded=10, lots=spent.entries[-1].lots)
    ann = reverse(spent.account, told, Fraction(1), key="r", now=NOW).account
    ann, bob = moved(merge(ann, award(Account(id="bob"), 25, "b"), key="m", now=NOW))
    assert (ann.debt, bob.debt, bob.available) == (0, 0, 15)


def test_a_split_returns_what_is_left_of_what_was_brought() -> None:
    """Of 10 brought points that lapse first, 4 were spent after the merge: 6 return, with the 3 that wait."""
    ann = award(award(Account(id="ann"), 10, "a", Expiry(days=9)), 3, "p", waits=None)
    ann, bob = moved(merge(ann, award(Account(id="bob"), 5, "b"), key="m", now=NOW))
    bob = redeem(bob, 4, key="s", now=NOW).account
    bob, ann = moved(split(bob, ann, key="p", now=NOW + DAY))
    assert (ann.available, ann.pending, bob.available, bob.pending) == (6, 3, 5, 0)
    assert ann.lots[0].expires_at == datetime(2024, 5, 11, tzinfo=UTC)


def test_one_award_is_handed_over_alone() -> None:
    """An order that was another's takes its points along, and no others."""
    ann = award(award(Account(id="ann"), 10, "a"), 7, "b")
    ann, bob = moved(hand_over(ann, Account(id="bob"), ["b"], key="o", now=NOW))
    assert (ann.available, bob.available, bob.lots[0].root) == (10, 7, "b")


def test_two_reservations_of_one_name_cannot_be_one_account_s() -> None:
    """A merge of two accounts whose reservations have one id is an error, not a loss."""
    pair = [
        reserve(award(Account(id=who), 5, who), 5, hold="h", ends_at=NOW + DAY, key="h", now=NOW).account
        for who in ("ann", "bob")
    ]
    with pytest.raises(InputError, match="h"):
        merge(*pair, key="m", now=NOW)
