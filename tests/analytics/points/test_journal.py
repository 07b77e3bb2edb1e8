"""Journals as columns: every movement is there, and what fell due is added where it is asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from tests.analytics.points.journals import ZONE, instant, rows_of, shops

from retailcrm.analytics.points.journal import movements_of
from retailcrm.analytics.points.outstanding import balances, by_account
from retailcrm.analytics.tables.points import BUCKETS, VERBS
from retailcrm.domain.points import Account, Expiry, Reversed, redeem, reserve, reverse
from retailcrm.domain.points.awarding import earn, extend

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
FAR = datetime(2030, 1, 1, tzinfo=UTC)


@settings(max_examples=60, deadline=None)
@given(shops())
def test_every_movement_is_a_row(shop):
    """The columns hold the movements of the entries, one by one, in their order, and each lot once."""
    found = movements_of(shop.entries, ZONE)
    names = found.lots.accounts.tolist()
    rows = rows_of(shop, FAR)
    assert [VERBS[v].value for v in found.verb] == [row["verb"] for row in rows]
    assert [BUCKETS[b].value for b in found.target] == [row["target"] for row in rows]
    assert [None if b < 0 else BUCKETS[b].value for b in found.source] == [row["source"] for row in rows]
    assert found.points.tolist() == [row["points"] for row in rows]
    assert found.effective_at.tolist() == [row["at"].replace(tzinfo=None) for row in rows]
    assert [names[found.lots.account[lot]] for lot in found.lot] == [row["account"] for row in rows]
    assert sorted(found.lots.points.tolist()) == sorted(
        lot.points for lots in shop.lots.values() for lot in lots.values()
    )


@settings(max_examples=60, deadline=None)
@given(shops())
def test_what_fell_due_is_what_the_account_says(shop):
    """With as_of, what every account can spend is what the account itself answers for that moment."""
    for days in (0, 4, 40, 400):
        at = shop.now + timedelta(days=days)
        moved = movements_of(shop.entries, ZONE, as_of=instant(at))
        there = by_account(balances(moved, instant(at + timedelta(microseconds=1))))
        for i, name in enumerate(there.accounts):
            account = shop.accounts[name]
            if not account.debt:
                assert there.available[i] == account.usable(at)


def test_debts_and_reservations_fall_due_too():
    """A lot that activates repays the debt first, and a reservation that is over gives its points back."""
    account, journal = Account(id="ann"), []

    def take(outcome):
        journal.extend(outcome.entries)
        return outcome.account

    common = {"now": NOON, "source": "order:1"}
    account = take(earn(account, 10, lot="a", key="1", activates_at=NOON, **common))
    account = take(redeem(account, 10, key="2", now=NOON, reference="reward:mug"))
    lot = journal[-1].lots[0]
    award = Reversed(awarded=10, lots=(lot,))
    account = take(reverse(account, award, Fraction(1), key="3", now=NOON, shortfall="debt"))
    week = NOON + timedelta(days=7)
    account = take(earn(account, 15, lot="b", key="4", activates_at=week, **common))
    moved = movements_of({"ann": journal}, ZONE, as_of=instant(week))
    there = by_account(balances(moved, instant(week + timedelta(hours=1))))
    assert (there.pending.tolist(), there.available.tolist()) == ([0], [5])
    assert moved.spent_on.tolist().count("mug") == 1

    account = take(redeem(account, 1, key="5", now=week))
    ends = week + timedelta(hours=1)
    account = take(reserve(account, 4, hold="h", ends_at=ends, key="6", now=week))
    for hours, expected in ((0, (0, 4)), (1, (4, 0))):
        moved = movements_of({"ann": journal}, ZONE, as_of=instant(week + timedelta(hours=hours)))
        there = by_account(balances(moved, instant(week + timedelta(days=1))))
        assert (there.available.tolist()[0], there.held.tolist()[0]) == expected


def test_a_journal_as_it_was_known():
    """What was written later is not there, and a lot's expiry is the one that was believed."""
    account, journal = Account(id="ann"), []
    outcome = earn(
        account, 9, lot="a", source="order:1", key="1", now=NOON, activates_at=NOON,
        idle=Expiry(days=10, zone=ZONE),
    )  # fmt: skip
    journal += outcome.entries
    later = NOON + timedelta(days=5)
    journal += extend(outcome.account, key="2", now=later, active_at=later).entries
    believed = movements_of({"ann": journal}, ZONE, known=instant(later))
    now = movements_of({"ann": journal}, ZONE)
    assert (now.lots.expires_at - believed.lots.expires_at).tolist() == [timedelta(days=5)]
    # On the 5th, nobody knew that she would do anything: on the 13th the points would have lapsed.
    when = np.datetime64("2024-01-13", "us")
    gone = movements_of({"ann": journal}, ZONE, known=instant(later), as_of=when)
    kept = movements_of({"ann": journal}, ZONE, as_of=when)
    assert balances(gone, when).open.tolist() == [0]
    assert balances(kept, when).open.tolist() == [9]


def test_what_points_were_spent_on():
    """Orders are one kind, rewards are told apart by their id, and what is not said is missing."""
    account, journal = Account(id="ann"), []
    outcome = earn(account, 99, lot="a", source="signin:1", key="1", now=NOON, activates_at=NOON)
    journal += outcome.entries
    for i, reference in enumerate(("order:O-1:2", "reward:mug:blue", "", "cart", "reward:")):
        outcome = redeem(outcome.account, 1, key=f"r{i}", now=NOON, reference=reference)
        journal += outcome.entries
    found = movements_of({"ann": journal}, ZONE)
    assert found.spent_on.tolist() == [None, None, "order", "mug:blue", None, "cart", "reward"]
    assert found.lots.source.tolist() == ["signin"]


def test_no_journal_at_all():
    """Accounts without entries, or no accounts, make empty columns."""
    empty = movements_of({"ann": []}, ZONE, as_of=np.datetime64("2024-01-01", "us"))
    assert (len(empty), len(empty.lots), empty.lots.accounts.tolist()) == (0, 0, ["ann"])
    assert len(movements_of({}, ZONE)) == 0
