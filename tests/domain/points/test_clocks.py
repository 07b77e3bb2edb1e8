"""A clock that is set back: what somebody does now happens after all that happened, never before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from retailcrm.domain.points.account import Account, replay
from retailcrm.domain.points.adjusting import adjust
from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.checker import check, check_journal
from retailcrm.domain.points.documents import entry_document
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.expiry import NEVER, Expiry
from retailcrm.domain.points.explaining import explain_quote
from retailcrm.domain.points.holds import Allocation
from retailcrm.domain.points.moving import Moved, hand_over, merge, split, transfer
from retailcrm.domain.points.outcomes import Accepted, Refusal
from retailcrm.domain.points.programme import Reward
from retailcrm.domain.points.quotes import quote_redemption
from retailcrm.domain.points.reversal import LatePolicy, Reversed, give_back, reverse
from retailcrm.domain.points.rewards import first_stock, reserve_reward
from retailcrm.domain.points.spending import capture, redeem, reserve, void
from retailcrm.domain.points.terms import Cart
from retailcrm.domain.points.wallets import Redemption


def day(number: int) -> datetime:
    return datetime(2024, 5, number, tzinfo=UTC)


def seen_day_9(name: str = "ann", expiry: Expiry = NEVER, extra: int = 0) -> Any:
    """Give an account of 10 points, one of which was spent on day 9, with its journal."""
    first = earn(
        Account(id=name), 10, lot=f"{name}1", source="a", key="a", now=day(1), activates_at=day(1),
        expiry=expiry,
    )  # fmt: skip
    if extra:
        more = earn(first.account, extra, lot="2", source="b", key="b", now=day(1), activates_at=day(1))
        first = Accepted(account=more.account, entries=(*first.entries, *more.entries), points=0)
    spent = redeem(first.account, 1, key="c", now=day(9))
    return spent.account, [*first.entries, *spent.entries]


def checked(journal: Any, *outcomes: Any) -> None:
    """See that a journal holds with what came after it."""
    entries = [*journal, *(entry for outcome in outcomes for entry in outcome.entries)]
    assert check_journal([entry_document(entry) for entry in entries]) == ()
    assert replay(entries[0].account, entries) == (outcomes[-1].account if outcomes else None)


def test_a_reservation_lasts_as_long_as_was_asked_for() -> None:
    """Asked on "day 5" for a day, in an account that has seen day 9: from day 9 until day 10."""
    account, journal = seen_day_9()
    held = reserve(account, 4, hold="h", ends_at=day(6), key="h", now=day(5))
    assert held.entries[-1].effective_at == day(9)
    assert held.account.hold("h") is not None
    assert held.account.holds[0].ends_at == day(10)
    spent = capture(held.account, "h", key="k", now=day(9) + timedelta(hours=23))
    assert isinstance(spent, Accepted)
    over = capture(held.account, "h", key="k", now=day(10))
    assert isinstance(over, Refusal)
    checked(journal, held, spent)


def test_nothing_is_spent_after_it_lapsed() -> None:
    """Three points of "day 5" lapse on day 7, and day 9 was seen before: the nine others can be spent."""
    account, journal = seen_day_9()
    late = earn(account, 3, lot="b", source="b", key="b", now=day(5), activates_at=day(5), limit_at=day(7))
    assert late.account.usable(day(5)) == 9
    refused = redeem(late.account, 10, key="d", now=day(5))
    assert isinstance(refused, Refusal)
    assert (refused.limit, refused.allowed) == ("balance", 9)
    spent = redeem(late.account, 9, key="e", now=day(5))
    assert [(entry.verb, entry.effective_at) for entry in spent.entries] == [
        (Verb.EXPIRE, day(7)),
        (Verb.REDEEM, day(9)),
    ]
    checked([*journal, *late.entries], spent)


def test_every_live_verb_takes_effect_after_what_was_seen() -> None:
    """Spending, corrections and returns on "day 5" of an account that has seen day 9 happen on day 9."""
    account, journal = seen_day_9(extra=5)
    held = reserve(account, 2, hold="h", ends_at=day(6), key="h", now=day(5))
    told: dict[str, Any] = {"key": "k", "now": day(5)}
    lots = {lot.id: lot for lot in account.lots}
    outcomes = [
        redeem(account, 1, **told),
        capture(held.account, "h", 1, **told),
        void(held.account, "h", **told),
        adjust(account, 3, reason="why", actor="eve", **told),
        adjust(account, -3, reason="why", actor="eve", **told),
        give_back(account, [Allocation("2", 1)], 0, lots, policy=LatePolicy(), **told),
    ]
    for outcome in outcomes:
        assert isinstance(outcome, Accepted)
        assert all(entry.effective_at == day(9) for entry in outcome.entries)
        assert outcome.account.settled_at == day(9)
        before = [*journal, *held.entries] if outcome in outcomes[1:3] else journal
        checked(before, outcome)


@pytest.mark.parametrize("how", ["transfer", "merge", "split", "hand_over"])
@pytest.mark.parametrize("seen", ["giver", "taker"])
def test_both_sides_of_a_move_are_at_one_moment(how: str, seen: str) -> None:
    """One of two accounts has seen day 9; points that leave on "day 5" leave and arrive on day 9."""
    late, _ = seen_day_9("late")
    young = earn(
        Account(id="young"), 6, lot="y", source="a", key="a", now=day(1), activates_at=day(1)
    ).account
    giver, taker = (late, young) if seen == "giver" else (young, late)
    told: dict[str, Any] = {"key": "m", "now": day(5)}
    if how == "transfer":
        found: Any = transfer(giver, taker, 4, **told)
    elif how == "merge":
        found = merge(giver, taker, **told)
    elif how == "hand_over":
        found = hand_over(giver, taker, [giver.lots[0].root], **told)
    else:
        joined = merge(giver, taker, key="j", now=day(4)).taker.account
        assert joined.settled_at == day(9)
        found = split(joined, Account(id=giver.id), **told)
    assert isinstance(found, Moved)
    entries = [*found.giver.entries, *found.taker.entries]
    assert {entry.effective_at for entry in entries} == {day(9)}


def test_a_grace_begins_when_points_return() -> None:
    """Points lapsed on day 3 and return on "day 5" after day 9: their two days of grace end on the 12th."""
    earned = earn(
        Account(id="ann"), 10, lot="1", source="a", key="a", now=day(1), activates_at=day(1),
        limit_at=day(3),
    )  # fmt: skip
    spent = redeem(earned.account, 10, key="s", now=day(2))
    seen = earn(spent.account, 1, lot="2", source="b", key="b", now=day(9), activates_at=day(9))
    lots = {"1": spent.entries[-1].lots[0]}
    back = give_back(
        seen.account, [Allocation("1", 10)], 10, lots, key="g", now=day(5),
        policy=LatePolicy(late="grace", grace=Expiry(days=2)),
    )  # fmt: skip
    assert [lot.expires_at for lot in back.account.lots if lot.root == "1"] == [day(12)]
    checked([*earned.entries, *spent.entries, *seen.entries], back)


def test_a_quote_is_what_a_redemption_will_take() -> None:
    """Points of "day 5" that lapse on day 7 are not quoted once day 9 was seen; and that is derived."""
    account, journal = seen_day_9()
    late = earn(account, 300, lot="b", source="b", key="b", now=day(5), activates_at=day(5), limit_at=day(7))
    cart, rule = Cart(goods=1000), Redemption()
    quote = quote_redemption(late.account, cart, None, rule, unit=100, now=day(5))
    assert getattr(quote, "points", 0) == 9
    document = explain_quote(quote, [*journal, *late.entries], day(5), cart=cart, redemption=rule, unit=100)
    assert check(document) == ()


def test_a_reward_is_set_aside_as_long_as_its_points() -> None:
    """Asked on "day 5" for a day after day 9 was seen: points and piece both return on day 10."""
    account, _ = seen_day_9()
    mug = Reward(id="mug", points=5, stock=1)
    done: Any = reserve_reward(
        account, first_stock(mug), mug, taken_before=0, tier=None, hold="h", ends_at=day(6), key="k",
        now=day(5),
    )  # fmt: skip
    assert [one.ends_at for one in done.stock.aside] == [day(10)] == [done.outcome.account.holds[0].ends_at]


def test_what_lies_ahead_has_not_happened() -> None:
    """An award and a refund said to take effect tomorrow take effect now: nobody's points wait for it."""
    earned = earn(
        Account(id="ann"), 9, lot="1", source="a", key="a", now=day(1), effective_at=day(30),
        activates_at=day(1),
    )  # fmt: skip
    told = Reversed(awarded=9, lots=earned.account.lots)
    back = reverse(earned.account, told, Fraction(1, 3), key="r", now=day(2), effective_at=day(30))
    assert [entry.effective_at for entry in back.entries] == [day(2)]
    spent = redeem(back.account, 6, key="s", now=day(3))
    assert isinstance(spent, Accepted)
    assert (spent.account.settled_at, spent.entries[-1].verb) == (day(3), Verb.REDEEM)
    checked(earned.entries, back, spent)
