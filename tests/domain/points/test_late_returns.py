"""Points that come back to a lot that has lapsed: cancelling an order never takes the end off them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from retailcrm.domain.points.account import Account
from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.checker import check_journal
from retailcrm.domain.points.documents import entry_document
from retailcrm.domain.points.expiry import NEVER, Expiry
from retailcrm.domain.points.holds import Allocation
from retailcrm.domain.points.reversal import LatePolicy, give_back
from retailcrm.domain.points.spending import redeem
from retailcrm.errors import SettingsError


def day(number: int, month: int = 5) -> datetime:
    return datetime(2024, month, number, tzinfo=UTC)


def returned(now: datetime, policy: LatePolicy, **award: Any) -> Any:
    """Spend 10 points on the 2nd of May and get them back; give the account and all lots."""
    earned = earn(
        Account(id="ann"), 10, lot="1", source="a", key="a", now=day(1), activates_at=day(1), **award
    )
    spent = redeem(earned.account, 10, key="b", now=day(2))
    back = give_back(
        spent.account, [Allocation("1", 10)], 10, {"1": spent.entries[-1].lots[0]}, key="c", now=now,
        policy=policy,
    )  # fmt: skip
    entries = [*earned.entries, *spent.entries, *back.entries]
    assert check_journal([entry_document(entry) for entry in entries]) == ()
    return back.account, {lot.id: lot for entry in entries for lot in entry.lots}


def test_a_lot_that_would_be_lapsed_at_birth_is_not_made() -> None:
    """All points lapse on 3 May; reinstated on the 10th they would lapse on 3 May again: they stay lapsed."""
    policy = LatePolicy(late="reinstate")
    account, lots = returned(day(10), policy, expiry=Expiry(on=date(2024, 5, 3)))
    assert (account.available, account.lots, list(lots)) == (0, (), ["1"])
    assert (lots["1"].expired, lots["1"].moved) == (10, 0)


def test_a_grace_that_has_ended_is_none() -> None:
    """A grace until 5 May is over on the 10th, and holds on the 4th."""
    policy = LatePolicy(late="grace", grace=Expiry(on=date(2024, 5, 5)))
    ends = {"expiry": Expiry(on=date(2024, 5, 2))}
    over, lots = returned(day(10), policy, **ends)
    assert (over.available, lots["1"].expired) == (0, 10)
    there, _ = returned(day(4), policy, **ends)
    assert (there.available, there.lots[0].expires_at) == (10, day(6))


def test_a_fixed_end_is_not_taken_off() -> None:
    """Opened on 1 May until 4 May, reinstated on the 10th: three days again, not for ever."""
    account, lots = returned(day(10), LatePolicy(late="reinstate"), limit_at=day(4))
    (lot,) = account.lots
    assert (lot.limit_at, lot.expires_at, lot.expiry) == (day(13), day(13), NEVER)
    assert (account.usable(day(12)), account.usable(day(13))) == (10, 0)
    assert lots["1"].moved == 10


def test_an_expiry_from_the_award_begins_anew() -> None:
    """Points whose end was counted from the award last as the rule says: until the end of 12 May."""
    account, _ = returned(day(10), LatePolicy(late="reinstate"), limit_at=day(4), expiry=Expiry(days=2))
    assert (account.lots[0].limit_at, account.lots[0].expires_at) == (None, day(13))


@pytest.mark.parametrize("grace", [NEVER, Expiry(zone="Asia/Shanghai"), Expiry(snap="year")])
def test_a_grace_says_how_long(grace: Expiry) -> None:
    """A grace without an end would make lapsed points last for ever; unread, it does no harm."""
    with pytest.raises(SettingsError, match="how long"):
        LatePolicy(late="grace", grace=grace)
    assert LatePolicy(late="expire", grace=grace).grace == grace
