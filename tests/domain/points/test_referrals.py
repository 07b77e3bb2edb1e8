"""Referrals: who brought whom, both sides awarded and taken back, and nobody twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.domain.labels import Label
from retailcrm.domain.points import Account, Expiry, Verb, redeem, replay
from retailcrm.domain.points.moving import merge
from retailcrm.domain.points.programme import Referral
from retailcrm.domain.points.referrals import (
    BothSides,
    Brought,
    Click,
    CompletedOrder,
    Flag,
    NotBrought,
    Side,
    Stage,
    attributed,
    clicked,
    decide,
    qualify,
    refunded,
)
from retailcrm.domain.points.wallets import Wallet
from retailcrm.errors import InputError

DAY: Final = timedelta(days=1)
START: Final = datetime(2024, 5, 1, tzinfo=UTC)
RULE: Final = Referral(referrer=100, referred=50, within=30, least=1000, days=15)
WALLET: Final = Wallet(expiry=Expiry(months=12, snap="year"))
FLAG: Final = Flag("same_phone", Label("同号", "same phone"))


def day(n: float) -> datetime:
    """Give a moment so many days after the start."""
    return START + n * DAY


def clicks(*given_: tuple[float, str]) -> Brought:
    """Give the referral of ben after some clicks."""
    state: Brought | NotBrought | None = None
    for n, who in given_:
        assert not isinstance(state, NotBrought)
        state = clicked(state, who, "ben", day(n))
    assert isinstance(state, Brought)
    return state


def order(ordered: float = 2, completed: float = 9, net: int = 5000) -> CompletedOrder:
    """Give an order of ben's."""
    return CompletedOrder(reference="o1", ordered_at=day(ordered), completed_at=day(completed), net=net)


def count(state: Brought, the_order: CompletedOrder | None = None, **more: Any) -> BothSides | NotBrought:
    """Let an order count for ann, who has an empty account, as ben has."""
    given_: dict[str, Any] = {
        "referrer": Account(id="ann"), "referred": Account(id="ben"), "wallet": WALLET, "key": "k",
        "now": day(9),
    }  # fmt: skip
    rule = more.pop("rule", RULE)
    return qualify(state, the_order or order(), rule, **(given_ | more))


def counted(**more: Any) -> BothSides:
    """Give ben's referral by ann, counted on day 9."""
    both = count(clicks((0, "ann")), **more)
    assert isinstance(both, BothSides)
    return both


def back(both: BothSides, net: int = 0, at: float = 12, **more: Any) -> BothSides:
    """Refund the order that counted."""
    given_: dict[str, Any] = {
        "referrer": Side(account=both.referrer.account), "referred": Side(account=both.referred.account),
        "wallet": WALLET, "key": "r", "now": day(at),
    }  # fmt: skip
    return refunded(both.state, more.pop("order", "o1"), net, **(given_ | more))


# ---- who brought her -----------------------------------------------------------------------------------


def test_nobody_brings_herself() -> None:
    """Neither by her own link, nor with one account for both."""
    own = clicked(None, "ben", "ben", day(0))
    assert isinstance(own, NotBrought)
    assert (own.hindrance, own.state) == ("self", None)
    one = count(clicks((0, "ann")), referrer=Account(id="ben"))
    assert isinstance(one, NotBrought)
    assert one.hindrance == "self"


def test_the_last_click_before_the_order_wins() -> None:
    """A click while the parcel is on its way comes too late; one at the moment of the order does not."""
    state = clicks((0, "ann"), (1, "cat"), (3, "dan"))
    assert [attributed(state, day(n), RULE) for n in (0.5, 1, 2, 3)] == [
        Click(day(0), "ann"),
        Click(day(1), "cat"),
        Click(day(1), "cat"),
        Click(day(3), "dan"),
    ]


def test_a_click_holds_for_its_days() -> None:
    """Thirty days of 24 hours, the last moment excluded; an old click of another does not come back."""
    state = clicks((0, "ann"))
    assert attributed(state, day(30) - timedelta(microseconds=1), RULE) is not None
    assert attributed(state, day(30), RULE) is None
    assert attributed(state, day(6), attrs.evolve(RULE, within=5)) is None
    assert attributed(state, day(-1), RULE) is None


@given(st.permutations([(0, "ann"), (1, "cat"), (1, "dan"), (4, "ann"), (0, "ann")]))
def test_the_order_in_which_clicks_are_told_of_does_not_matter(told: list[tuple[int, str]]) -> None:
    """Nor does telling of one twice."""
    assert clicks(*told) == clicks((0, "ann"), (1, "cat"), (1, "dan"), (4, "ann"))


def test_who_bought_before_the_click_is_not_brought() -> None:
    """Bought on day 1: the link of day 0 counts, at that very moment too; one of day 2 brings a customer."""
    state = clicks((0, "ann"), (1, "cat"), (2, "dan"))
    found = [attributed(state, day(5), RULE, day(n)) for n in (0.5, 1, 3, 9)]
    assert [click.referrer for click in found if click is not None] == ["ann", "cat", "dan", "dan"]
    assert attributed(state, day(5), RULE, day(-1)) is None
    no = count(clicks((0, "ann")), bought_at=day(-1))
    assert isinstance(no, NotBrought)
    assert (no.hindrance, no.state) == ("customer", clicks((0, "ann")))
    both = count(clicks((0, "ann")), bought_at=day(1))
    assert isinstance(both, BothSides)
    assert both.state.ordered_at == day(2)


def test_an_old_click_before_the_first_purchase_does_not_hold_longer() -> None:
    """Clicked on day 0 and 35, bought on day 20: by day 40 one click is too old, one too late."""
    no = count(clicks((0, "ann"), (35, "cat")), order(40, 41), bought_at=day(20), now=day(41))
    assert isinstance(no, NotBrought)
    assert no.hindrance == "customer"


# ---- an order counts -----------------------------------------------------------------------------------


def test_both_sides_wait_through_the_return_window() -> None:
    """Awarded when the order completes, spendable 15 days later, lapsing by the wallet's rule."""
    both = counted()
    assert (both.state.stage, both.state.referrer, both.state.order) == (Stage.QUALIFIED, "ann", "o1")
    for side, points, lot in zip((both.referrer, both.referred), (100, 50), both.state.lots, strict=True):
        assert (side.account.pending, side.account.available, side.points) == (points, 0, points)
        (entry,) = side.entries
        assert (entry.verb, entry.effective_at, entry.lots[0].id) == (Verb.EARN, day(9), lot)
        assert (side.account.usable(day(24) - timedelta(seconds=1)), side.account.usable(day(24))) == (
            0,
            points,
        )
        assert side.account.lots[0].expires_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_an_order_that_is_told_of_late_counts_from_its_completion() -> None:
    """Awarded and spendable as if it had been told of in time; written when it was."""
    late = counted(now=day(30)).referrer
    first, second = late.entries
    assert (first.verb, first.effective_at, first.recorded_at) == (Verb.EARN, day(9), day(30))
    assert (second.verb, second.effective_at) == (Verb.ACTIVATE, day(24))


def test_every_setting_of_the_rule_is_read() -> None:
    """Points of each side, least amount, days of waiting, and how expiry counts."""
    assert counted(rule=attrs.evolve(RULE, referrer=7)).referrer.points == 7
    assert counted(rule=attrs.evolve(RULE, referred=8)).referred.points == 8
    assert isinstance(count(clicks((0, "ann")), rule=attrs.evolve(RULE, least=5001)), NotBrought)
    soon = counted(rule=attrs.evolve(RULE, days=0))
    assert soon.referrer.account.available == 100
    slow = attrs.evolve(RULE, days=300)
    from_award = attrs.evolve(WALLET, expiry_from="award")
    ends = [
        counted(rule=slow, wallet=wallet).referrer.account.lots[0].expires_at
        for wallet in (WALLET, from_award)
    ]
    assert ends == [datetime(2027, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)]
    idle = attrs.evolve(WALLET, inactive=Expiry(days=10))
    assert counted(wallet=idle).referrer.account.lots[0].expires_at == day(35)


@pytest.mark.parametrize(("net", "hindrance"), [(999, "minimum"), (1000, None), (0, "minimum")])
def test_an_order_reaches_the_least_amount_or_waits_for_the_next(net: int, hindrance: str | None) -> None:
    """The boundary counts; an order below it leaves the referral open for another."""
    first = count(clicks((0, "ann")), order(net=net))
    assert getattr(first, "hindrance", None) == hindrance
    if isinstance(first, NotBrought):
        assert first.state is not None
        assert isinstance(count(first.state, order(ordered=5)), BothSides)


def test_an_order_of_nothing_never_counts() -> None:
    """Without a least amount there is still a fen to be paid."""
    free = attrs.evolve(RULE, least=0)
    assert isinstance(count(clicks((0, "ann")), order(net=0), rule=free), NotBrought)
    both = count(clicks((0, "ann")), order(net=1), rule=free)
    assert isinstance(both, BothSides)
    assert back(both).state.stage is Stage.RETURNED


def test_without_a_click_in_time_nobody_earns() -> None:
    """A referral whose click is too old stays open: she may follow another link."""
    late = count(clicks((0, "ann")), order(ordered=31, completed=40), now=day(40))
    assert isinstance(late, NotBrought)
    assert late.hindrance == "no_click"
    assert late.state is not None
    assert late.state.stage is Stage.ATTRIBUTED


def test_a_customer_is_brought_once_for_ever() -> None:
    """No second order counts, nor a second click, nor the same order again, not even after a refund."""
    both = counted()
    for state in (both.state, back(both).state):
        again = count(state, order(ordered=20, completed=21), now=day(21))
        assert isinstance(again, NotBrought)
        assert (again.hindrance, again.state) == ("counted", state)
        other = clicked(state, "cat", "ben", day(20))
        assert isinstance(other, NotBrought)
        assert other.hindrance == "counted"


def test_an_order_counts_when_it_is_completed() -> None:
    """Not before."""
    with pytest.raises(InputError, match="when it is completed"):
        count(clicks((0, "ann")), now=day(8))


# ---- it goes back --------------------------------------------------------------------------------------


def test_a_refund_takes_both_sides_back() -> None:
    """While they wait, the points simply go; nobody owes anything."""
    gone = back(counted())
    assert gone.state.stage is Stage.RETURNED
    for side, points in ((gone.referrer, 100), (gone.referred, 50)):
        assert (side.account.pending, side.account.debt, side.points) == (0, 0, points)
        assert [(entry.verb, entry.reference) for entry in side.entries] == [(Verb.REVERSE, "o1")]


@pytest.mark.parametrize(
    ("net", "stage"), [(1000, Stage.QUALIFIED), (999, Stage.RETURNED), (0, Stage.RETURNED)]
)
def test_a_partial_refund_counts_once_the_order_is_too_small(net: int, stage: Stage) -> None:
    """At the least amount it still counts, a fen below it does not."""
    assert back(counted(), net=net).state.stage is stage


def test_a_refund_told_of_twice_or_of_another_order_changes_nothing() -> None:
    """No entry is written, and the state is the same."""
    both = counted()
    other = back(both, order="o2")
    assert (other.state, other.referrer.entries, other.referred.entries) == (both.state, (), ())
    once = back(both)
    twice = back(once, at=13)
    assert (twice.state, twice.referrer.entries, twice.referred.entries) == (once.state, (), ())


def test_todays_rule_does_not_matter_to_a_refund() -> None:
    """The least amount is the one that held when the order counted, the points are those awarded."""
    both = counted(rule=attrs.evolve(RULE, least=4000))
    assert both.state.least == 4000
    assert back(both, net=3999).referrer.points == 100


def test_spent_points_are_owed_after_a_refund() -> None:
    """Ann spent 80 of her 100: 20 go, 80 are owed; the wallet may say that they are let go instead."""
    both = counted()
    spent = redeem(both.referrer.account, 80, key="s", now=day(25))
    left = Side(account=spent.account)
    owed = back(both, at=26, referrer=left)
    assert (owed.referrer.account.available, owed.referrer.account.debt) == (0, 80)
    within = back(both, at=26, referrer=left, wallet=attrs.evolve(WALLET, shortfall="within_balance"))
    assert (within.referrer.account.available, within.referrer.account.debt) == (0, 0)


def test_a_closed_lot_has_to_be_brought_along() -> None:
    """All of it was spent: without the lot nobody could tell that from lapsed, so nothing is guessed."""
    both = counted()
    spent = redeem(both.referrer.account, 100, key="s", now=day(25))
    assert not spent.account.lots
    with pytest.raises(InputError, match="closed lot"):
        back(both, at=26, referrer=Side(account=spent.account))
    closed = next(lot for entry in spent.entries for lot in entry.lots if lot.spent)
    owed = back(both, at=26, referrer=Side(account=spent.account, lots=(closed,)))
    assert owed.referrer.account.debt == 100


@pytest.mark.parametrize(("spent", "owed"), [(100, 100), (30, 30), (0, 0)])
def test_what_became_of_points_before_a_merge_is_brought_along(spent: int, owed: int) -> None:
    """Ann spent some, the rest lapsed, and she became another: what lapsed is not owed, what was spent is."""
    both = counted(wallet=attrs.evolve(WALLET, expiry=Expiry(days=2)))
    account = both.referrer.account
    if spent:
        account = redeem(account, spent, key="s", now=day(25)).account
    closed = attrs.evolve(both.referrer.account.lots[0], pending=0, spent=spent, expired=100 - spent)
    gone = back(both, at=50, referrer=Side(account=Account(id="amy"), elsewhere=(closed,)))
    assert (gone.referrer.account.debt, gone.state.stage) == (owed, Stage.RETURNED)


def test_two_sides_that_become_one_account_give_both_back() -> None:
    """Ann and ben turn out to be one member: the second side's entries follow the first's."""
    both = counted()
    moved = merge(both.referred.account, both.referrer.account, key="m", now=day(10))
    one = Side(account=moved.taker.account)
    gone = back(both, referrer=one, referred=one)
    assert (gone.referrer.points, gone.referred.points) == (100, 50)
    assert gone.referred.account.pending == 0
    entries = (*both.referrer.entries, *moved.taker.entries, *gone.referrer.entries, *gone.referred.entries)
    assert replay("ann", entries) == gone.referred.account


# ---- flags ---------------------------------------------------------------------------------------------


def test_flags_refuse_a_referral_for_ever() -> None:
    """Nobody earns, and what was noticed is kept; a later order is not tried either."""
    no = count(clicks((0, "ann")), flags=[FLAG])
    assert isinstance(no, NotBrought)
    assert no.hindrance == "flagged"
    assert no.state is not None
    assert (no.state.stage, no.state.flags, no.state.points) == (Stage.REFUSED, (FLAG,), (0, 0))
    assert "same_phone" in no.message
    assert isinstance(count(no.state), NotBrought)


WAIT: Final = attrs.evolve(RULE, flagged="wait")


def held() -> BothSides:
    """Give a referral that waits for a person."""
    both = counted(rule=WAIT, flags=[FLAG])
    assert both.state.stage is Stage.HELD
    return both


def decided(both: BothSides, at: float, *, release: bool, **more: Any) -> BothSides | NotBrought:
    """Decide about a referral that waits."""
    sides = {"referrer": Side(account=both.referrer.account), "referred": Side(account=both.referred.account)}
    given_: dict[str, Any] = {"actor": "eve", "key": "d", "now": day(at)}
    return decide(both.state, release=release, **(sides | given_ | more))


def test_flags_may_let_points_wait_for_a_person() -> None:
    """However long it takes, nothing becomes spendable by itself."""
    both = held()
    assert both.state.flags == (FLAG,)
    for account in (both.referrer.account, both.referred.account):
        assert (account.pending > 0, account.next_change_at, account.usable(day(1000))) == (True, None, 0)


@pytest.mark.parametrize(("at", "free"), [(10, 24), (40, 40)])
def test_a_person_releases_points(at: float, free: float) -> None:
    """At the end of the return window, or at once if that is past; her name stands in both journals."""
    both = decided(held(), at, release=True)
    assert isinstance(both, BothSides)
    assert (both.state.stage, both.state.decided_by) == (Stage.QUALIFIED, "eve")
    for side, points in ((both.referrer, 100), (both.referred, 50)):
        assert side.account.lots[0].activates_at == day(free)
        assert side.account.usable(day(free)) == points
        assert (side.entries[0].actor, side.entries[0].reason) == ("eve", "released")


def test_a_person_declines_points() -> None:
    """Both sides lose them, and nothing can be decided again."""
    both = decided(held(), 10, release=False, reason="one household")
    assert isinstance(both, BothSides)
    assert both.state.stage is Stage.REFUSED
    for side in (both.referrer, both.referred):
        assert (side.account.pending, side.account.debt) == (0, 0)
        assert (side.entries[0].verb, side.entries[0].reason) == (Verb.REVERSE, "one household")
    again = decided(both, 11, release=True)
    assert isinstance(again, NotBrought)
    assert again.hindrance == "not_held"


def test_a_decision_needs_somebody() -> None:
    """Blanks are nobody."""
    with pytest.raises(InputError, match="somebody"):
        decided(held(), 10, release=True, actor=" ")


def test_a_refund_ends_what_waits_for_a_person() -> None:
    """Nothing is left to decide."""
    gone = back(held())
    assert gone.state.stage is Stage.RETURNED
    assert gone.referrer.account.pending == 0
    assert isinstance(decided(gone, 13, release=True), NotBrought)


def test_a_referral_that_earns_one_side_nothing_takes_nothing_back() -> None:
    """A rule may reward only who came."""
    both = counted(rule=attrs.evolve(RULE, referrer=0))
    assert both.referrer.entries == ()
    gone = back(both)
    assert (gone.referrer.entries, gone.referred.points) == ((), 50)


# ---- the law -------------------------------------------------------------------------------------------

STEPS: Final = st.lists(
    st.tuples(
        st.sampled_from(["click", "order", "refund", "release", "decline"]),
        st.integers(0, 3),
        st.integers(0, 3000),
    ),
    max_size=14,
)


@given(STEPS, st.booleans(), st.sampled_from(["refuse", "wait"]))
def test_whatever_happens_both_sides_earn_together_and_at_most_once(
    steps: list[tuple[str, int, int]], raised: bool, flagged: Any
) -> None:
    """Awards of both sides come and go together; what the accounts hold follows from the stage alone."""
    rule = attrs.evolve(RULE, flagged=flagged, within=5)
    state = Brought(referred="ben")
    accounts = {"ann": Account(id="ann"), "ben": Account(id="ben")}
    journal: list[Any] = []
    for n, (what, back_, net) in enumerate(steps, 1):
        now, sides = day(n), {who: Side(account=accounts[who]) for who in accounts}
        both: Any = None
        if what == "click":
            both = clicked(state, "ann", "ben", day(n - back_))
            state = both if isinstance(both, Brought) else state
        elif what == "order":
            placed = CompletedOrder(
                reference=f"o{back_}", ordered_at=day(n - back_), completed_at=now, net=net
            )
            both = qualify(
                state, placed, rule, referrer=accounts["ann"], referred=accounts["ben"], wallet=WALLET,
                key=f"{n}", now=now, flags=[FLAG] if raised else [],
            )  # fmt: skip
        elif what == "refund":
            both = refunded(
                state,
                f"o{back_}",
                net,
                referrer=sides["ann"],
                referred=sides["ben"],
                wallet=WALLET,
                key=f"{n}",
                now=now,
            )
        else:
            both = decide(
                state, release=what == "release", referrer=sides["ann"], referred=sides["ben"], actor="eve",
                key=f"{n}", now=now,
            )  # fmt: skip
        if isinstance(both, BothSides):
            state = both.state
            accounts = {"ann": both.referrer.account, "ben": both.referred.account}
            journal += [*both.referrer.entries, *both.referred.entries]
        elif isinstance(both, NotBrought) and both.state is not None:
            state = both.state
    earned = [entry for entry in journal if entry.verb is Verb.EARN]
    assert sorted(entry.account for entry in earned) in ([], ["ann", "ben"])
    has = state.stage in (Stage.HELD, Stage.QUALIFIED)
    for who, points in (("ann", 100), ("ben", 50)):
        assert accounts[who].pending + accounts[who].available == (points if has else 0)
        assert accounts[who].debt == 0
        assert replay(who, [entry for entry in journal if entry.account == who]) == accounts[who]
