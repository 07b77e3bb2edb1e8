"""Corrections by a person, points that lapse by resting, and refunds that meet a lapse: by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from retailcrm.domain.points.account import Account
from retailcrm.domain.points.adjusting import adjust
from retailcrm.domain.points.awarding import earn, extend, set_free
from retailcrm.domain.points.entries import Entry, Verb
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.holds import Allocation
from retailcrm.domain.points.outcomes import Accepted, Outcome, Refusal
from retailcrm.domain.points.reversal import LatePolicy, Reversed, give_back, reverse
from retailcrm.domain.points.spending import redeem, reserve, void
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from retailcrm.domain.points.lots import Lot

NOW = datetime(2024, 5, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
TWO = Expiry(days=2)


def awarded(points: int, expiry: Expiry | None = None, idle: Expiry | None = None) -> Account:
    """Make an account with one lot."""
    return earn(
        Account(id="ann"), points, lot="a", source="order:a", key="a", now=NOW, activates_at=NOW,
        expiry=expiry or Expiry(), idle=idle,
    ).account  # fmt: skip


def last(outcome: Outcome, lot: str = "a") -> Lot:
    """Give a lot as a decision left it."""
    return next(one for entry in reversed(outcome.entries) for one in entry.lots if one.id == lot)


def verbs(entries: tuple[Entry, ...]) -> list[Verb]:
    """Give what was written."""
    return [entry.verb for entry in entries]


def test_a_correction_adds_and_takes_with_its_reason() -> None:
    """Points come as a lot of their own, go soonest expiry first, and the journal says who and why."""
    added = adjust(awarded(10, TWO), 5, key="k", now=NOW, reason="lost parcel", actor="eve")
    assert added.account.available == 15
    assert (added.entries[0].verb, added.entries[0].reason, added.entries[0].actor) == (
        Verb.ADJUST, "lost parcel", "eve",
    )  # fmt: skip
    taken = adjust(added.account, -12, key="l", now=NOW, reason="typing error", actor="eve")
    assert {lot.id: lot.reversed for lot in taken.entries[-1].lots} == {"a": 10, "adjust:k": 2}
    refused = adjust(taken.account, -4, key="m", now=NOW, reason="again", actor="eve")
    assert isinstance(refused, Refusal)
    assert (refused.limit, refused.asked, refused.allowed) == ("balance", 4, 3)


@pytest.mark.parametrize(("points", "reason", "actor"), [(0, "why", "eve"), (1, " ", "eve"), (1, "why", "")])
def test_a_correction_of_nothing_or_by_nobody_is_an_error(points: int, reason: str, actor: str) -> None:
    """It needs points, a reason and a name."""
    with pytest.raises(InputError):
        adjust(awarded(1), points, key="k", now=NOW, reason=reason, actor=actor)


def test_activity_keeps_reserved_points_too() -> None:
    """Points lapse after two days of rest; she does something while they are reserved, and gets them back."""
    held = reserve(awarded(10, idle=TWO), 10, hold="h", ends_at=NOW + 9 * DAY, key="h", now=NOW).account
    active = extend(held, key="x", now=NOW + DAY, active_at=NOW + DAY).account
    assert active.lots[0].expires_at == datetime(2024, 5, 5, tzinfo=UTC)
    assert void(active, "h", key="v", now=NOW + 3 * DAY).account.available == 10


def test_activity_does_not_bring_lapsed_points_back() -> None:
    """What lapsed while it was reserved stays lapsed, though she is active before it is let go."""
    held = reserve(awarded(10, idle=TWO), 10, hold="h", ends_at=NOW + 9 * DAY, key="h", now=NOW).account
    late = NOW + 4 * DAY
    active = extend(held, key="x", now=late, active_at=late).account
    assert void(active, "h", key="v", now=late).account.available == 0


def test_a_refund_that_meets_a_lapse_takes_lapsed_points() -> None:
    """All 10 lapsed before the refund of a half: 5 of them are taken back, and none can be spent again."""
    account = awarded(10, TWO)
    outcome = reverse(
        account, Reversed(awarded=10, lots=account.lots), Fraction(1, 2), key="r", now=NOW + 5 * DAY
    )
    assert verbs(outcome.entries) == [Verb.EXPIRE, Verb.REVERSE]
    lot = last(outcome)
    assert (lot.available, lot.expired, lot.reversed) == (0, 5, 5)
    assert outcome.account.available == outcome.account.debt == 0


def test_points_given_back_to_a_lot_that_lapses_meanwhile() -> None:
    """4 of 10 were spent; the other 6 lapse as the 4 come back: all 10 have lapsed, none is there twice."""
    spent = redeem(awarded(10, TWO), 4, key="s", now=NOW)
    outcome = give_back(
        spent.account, [Allocation("a", 4)], 4, {"a": last(spent)}, key="g", now=NOW + 5 * DAY,
        policy=LatePolicy(),
    )  # fmt: skip
    lot = last(outcome)
    assert (lot.available, lot.spent, lot.expired) == (0, 0, 10)


def test_reinstated_points_lapse_by_rest_again() -> None:
    """Points that lapsed by two days of rest are reinstated for two days more, not for ever."""
    spent = redeem(awarded(10, idle=TWO), 10, key="s", now=NOW)
    outcome = give_back(
        spent.account, [Allocation("a", 10)], 10, {"a": last(spent)}, key="g", now=NOW + 9 * DAY,
        policy=LatePolicy(late="reinstate"),
    )  # fmt: skip
    assert [lot.expires_at for lot in outcome.account.lots] == [datetime(2024, 5, 13, tzinfo=UTC)]


def test_points_that_come_after_their_end_pay_no_debt() -> None:
    """A parcel arrives when its points' fixed end has passed: they lapse, and what is owed stays owed."""
    spent = redeem(awarded(10), 10, key="s", now=NOW)
    owing = reverse(
        spent.account, Reversed(awarded=10, lots=(last(spent),)), Fraction(1), key="r", now=NOW
    ).account
    waiting = earn(owing, 4, lot="b", source="order:b", key="b", now=NOW, limit_at=NOW + DAY).account
    arrived = set_free(waiting, "b", key="f", now=NOW + 3 * DAY)
    assert isinstance(arrived, Accepted)
    assert (last(arrived, "b").expired, arrived.account.debt) == (4, 10)
