"""Debts in time: nothing is repaid before it is owed, and nothing by points that have lapsed by then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from tests.domain.points.journals import STEPS, World

from retailcrm.domain.points.account import Account
from retailcrm.domain.points.awarding import earn, set_free
from retailcrm.domain.points.checker import check_journal
from retailcrm.domain.points.documents import entry_document
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.moving import merge
from retailcrm.domain.points.outcomes import Accepted
from retailcrm.domain.points.reversal import Reversed, reverse
from retailcrm.domain.points.spending import redeem


def day(number: int) -> datetime:
    return datetime(2024, 5, number, tzinfo=UTC)


class Told:
    """An account and its journal, told one command after the other."""

    def __init__(self, name: str = "ann") -> None:
        self.account, self.entries = Account(id=name), []  # type: tuple[Account, list[Any]]

    def take(self, outcome: Any) -> Any:
        assert isinstance(outcome, Accepted)
        self.account = outcome.account
        self.entries += outcome.entries
        return outcome

    def lot(self, name: str) -> Any:
        return next(lot for entry in reversed(self.entries) for lot in entry.lots if lot.id == name)

    def checked(self) -> None:
        assert check_journal([entry_document(entry) for entry in self.entries]) == ()


def owing(spent_at: int = 1, refunded_at: int = 3, **waiting: Any) -> Told:
    """Spend the 5 points of lot 1, let lot 2 wait for its event, then refund lot 1: 5 are owed."""
    told = Told()
    told.take(earn(told.account, 5, lot="1", source="a", key="a", now=day(1), activates_at=day(1)))
    spent = told.take(redeem(told.account, 5, key="b", now=day(spent_at)))
    told.take(earn(told.account, 8, lot="2", source="b", key="c", now=day(1), **waiting))
    award = Reversed(awarded=5, lots=(spent.entries[-1].lots[0],))
    told.take(reverse(told.account, award, Fraction(1), key="d", now=day(refunded_at)))
    assert told.account.debt == 5
    return told


def test_nothing_is_repaid_before_it_is_owed() -> None:
    """Told on day 4 that lot 2 came in on day 2: it repays on day 3, when the debt arose."""
    told = owing()
    came = told.take(set_free(told.account, "2", key="e", now=day(4), effective_at=day(2)))
    assert [(entry.verb, entry.effective_at) for entry in came.entries] == [
        (Verb.ACTIVATE, day(2)),
        (Verb.REPAY, day(3)),
    ]
    sums = [sum(entry.debt for entry in told.entries if entry.effective_at <= day(n)) for n in (1, 2, 3, 4)]
    assert sums == [0, 0, 0, 0]
    assert (told.account.debt, told.account.debt_at, told.account.available) == (0, day(3), 3)
    told.checked()


def test_points_that_lapsed_before_the_debt_arose_do_not_repay_it() -> None:
    """Lot 2 came in on day 2 for a day and some hours; the debt arose on day 5."""
    told = owing(refunded_at=5, expiry=Expiry(days=1))
    came = told.take(set_free(told.account, "2", key="e", now=day(6), effective_at=day(2)))
    assert [(entry.verb, entry.effective_at) for entry in came.entries] == [
        (Verb.ACTIVATE, day(2)),
        (Verb.EXPIRE, day(4)),
    ]
    assert (told.account.debt, told.lot("2").expired) == (5, 8)
    told.checked()


def test_an_activation_that_takes_effect_after_its_own_lapse_repays_nothing() -> None:
    """Awarded on day 6 for something that came in on day 2 and lapsed on day 4: too late to repay."""
    told = owing()
    told.take(earn(told.account, 4, lot="3", source="c", key="e", now=day(6), expiry=Expiry(days=1)))
    came = told.take(set_free(told.account, "3", key="f", now=day(7), effective_at=day(2)))
    assert [entry.verb for entry in came.entries] == [Verb.ACTIVATE, Verb.EXPIRE]
    assert came.entries[0].effective_at == day(6)
    assert came.entries[0].lots[0].expires_at == day(4)
    assert told.account.debt == 5
    told.checked()


def test_a_debt_that_moves_is_owed_from_then_on() -> None:
    """Ann's debt of day 3 goes to Bob on day 5; what came in for him on day 4 repays on day 5."""
    told = owing()
    bob = Told("bob")
    bob.take(earn(bob.account, 9, lot="b", source="b", key="k", now=day(1)))
    both = merge(told.account, bob.account, key="m", now=day(5))
    assert both.giver.account.debt_at == both.taker.account.debt_at == day(5)
    bob.take(both.taker)
    bob.take(set_free(bob.account, "b", key="f", now=day(6), effective_at=day(4)))
    assert [entry.effective_at for entry in bob.entries if entry.debt] == [day(5), day(5)]
    assert (bob.account.debt, bob.account.available) == (0, 4)
    bob.checked()


@pytest.mark.parametrize("later", [False, True])
def test_a_checker_sees_a_debt_that_is_repaid_too_early(later: bool) -> None:
    """The same journal, its repayment a day before the debt: found."""
    told = owing()
    told.take(set_free(told.account, "2", key="e", now=day(4), effective_at=day(2)))
    documents = [entry_document(entry) for entry in told.entries]
    if not later:
        early = entry_document(told.entries[-2])["effective_at"]
        documents[-1]["effective_at"] = documents[-1]["lots"][0]["touched_at"] = early
    assert bool(check_journal(documents)) == (not later)


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_no_debt_is_ever_below_nothing(steps: Any) -> None:
    """Whatever is told in whatever order: summed by effective time no moment owes less than nothing."""
    for journal in World(steps).journals.values():
        owed, last = 0, datetime.min.replace(tzinfo=UTC)
        for entry in sorted(journal, key=lambda one: (one.effective_at, one.version)):
            owed += entry.debt
            assert owed >= 0
        for entry in journal:
            if entry.debt:
                assert entry.effective_at >= last
                last = entry.effective_at


def test_a_lapse_to_come_is_foreseen() -> None:
    """Lot 2 comes in on day 2 and lapses on day 4; with the debt of day 3 it repays, and 3 are left."""
    told = owing(activates_at=day(6), expiry=Expiry(days=1))
    assert [told.account.usable(day(n)) for n in (5, 6, 7, 8)] == [0, 3, 3, 0]
    assert told.account.usable(day(6) + timedelta(hours=1)) == 3
