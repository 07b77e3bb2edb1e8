"""Points of an award that lapsed in another account: they cover a refund, and nothing is taken for them."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

from retailcrm.domain.points.account import Account
from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.checker import check_journal
from retailcrm.domain.points.documents import entry_document
from retailcrm.domain.points.outcomes import Accepted
from retailcrm.domain.points.reversal import Reversed, Shortfall, reverse

NOW = datetime(2024, 5, 1, tzinfo=UTC)


def refunded(told: Reversed, share: Fraction, shortfall: Shortfall) -> tuple[int, int, int]:
    """Refund an award of which nothing is here, in an account with 3 other points: taken, owed, forgiven."""
    other = earn(Account(id="bob"), 3, lot="o", source="o", key="o", now=NOW, activates_at=NOW)
    found = reverse(other.account, told, share, key="r", now=NOW, shortfall=shortfall)
    assert isinstance(found, Accepted)
    entries = [*other.entries, *found.entries]
    assert check_journal([entry_document(one) for one in entries]) == ()
    return 3 - found.account.available, found.account.debt, sum(one.forgiven for one in found.entries)


def test_what_lapsed_elsewhere_comes_before_others_points() -> None:
    """Of 10 points 6 lapsed elsewhere: half of a refund is covered; all of it takes 3 and leaves 1 owed."""
    told = Reversed(awarded=10, lots=(), lapsed=6)
    assert refunded(told, Fraction(1, 2), "debt") == (0, 0, 5)
    assert refunded(told, Fraction(1), "debt") == (3, 1, 6)


def test_it_is_covered_once() -> None:
    """After a half that it covered, 1 of the 6 is left for the other half: 3 are taken and 1 is owed."""
    told = Reversed(awarded=10, lots=(), lapsed=6, forgiven=5)
    assert refunded(told, Fraction(1), "debt") == (3, 1, 1)


def test_where_shortfalls_are_let_go_it_still_comes_first() -> None:
    """Within the balance: 4 of the 10 are wanted of others, 3 are there. Only pending: nothing is touched."""
    told = Reversed(awarded=10, lots=(), lapsed=6)
    assert refunded(told, Fraction(1), "within_balance") == (3, 0, 7)
    assert refunded(told, Fraction(1), "only_pending") == (0, 0, 10)
