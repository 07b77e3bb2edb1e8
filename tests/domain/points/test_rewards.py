"""Rewards: points and stock change together, pieces are never lost, and what returns is what was paid."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from retailcrm.domain.points.account import Account
from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.moving import merge
from retailcrm.domain.points.outcomes import Refusal
from retailcrm.domain.points.programme import Reward
from retailcrm.domain.points.reversal import LatePolicy
from retailcrm.domain.points.rewards import (
    Bought,
    RewardDone,
    Stock,
    capture_reward,
    first_stock,
    redeem_reward,
    reserve_reward,
    return_reward,
    stock_at,
    supply,
    void_reward,
)
from retailcrm.domain.points.spending import redeem, void
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from retailcrm.domain.points.lots import Lot

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MUG = Reward(id="mug", points=30, stock=5)


def holding(points: int, name: str = "ann", **more: Any) -> Account:
    """Give an account with so many points to be spent."""
    return earn(
        Account(id=name), points, lot="1", source="gift", key="1", now=NOON, activates_at=NOON, **more
    ).account


def lots_of(*done: RewardDone) -> dict[str, Lot]:
    """Give the lots as the last of some commands left them."""
    return {lot.id: lot for one in done for entry in one.outcome.entries for lot in entry.lots}


def bought(account: Account, stock: Stock, reward: Reward = MUG, pieces: int = 1, **more: Any) -> Any:
    """Buy, unless told otherwise as a customer without a tier who took none before."""
    told = {"taken_before": 0, "tier": None, "key": "2", "now": NOON} | more
    return redeem_reward(account, stock, reward, pieces, **told)


def set_aside(account: Account, stock: Stock, pieces: int = 1, **more: Any) -> Any:
    """Reserve for an hour, unless told otherwise."""
    told = {
        "taken_before": 0,
        "tier": None,
        "key": "2",
        "now": NOON,
        "hold": "h",
        "ends_at": NOON + HOUR,
    } | more
    return reserve_reward(account, stock, MUG, pieces, **told)


def counts(stock: Stock) -> tuple[int | None, int, int]:
    """Give what is left, set aside and taken."""
    return stock.left, stock.held, stock.taken


def test_points_and_stock_go_together() -> None:
    """Two mugs at 30 cost 60 of 100 points and leave 3 of 5; the journal names the reward."""
    done = bought(holding(100), first_stock(MUG), pieces=2)
    assert isinstance(done, RewardDone)
    assert done.outcome.account.available == 40
    assert counts(done.stock) == (3, 0, 2)
    assert done.stock.version == 1
    assert done.outcome.entries[-1].reference == "reward:mug"
    assert done.bought is not None
    assert (done.bought.reward, done.bought.pieces) == ("mug", 2)
    assert [(one.lot, one.points) for one in done.bought.spent] == [("1", 60)]
    assert not done.issue


def test_a_coupon_says_what_to_issue() -> None:
    """A coupon's outcome carries the reward to issue, at once or when its reservation is captured."""
    coupon = Reward(id="5off", kind="coupon", points=10)
    assert bought(holding(100), first_stock(coupon), coupon).issue == "5off"
    aside = reserve_reward(
        holding(100), first_stock(coupon), coupon, taken_before=0, tier=None, hold="h", ends_at=NOON + HOUR,
        key="2", now=NOON,
    )  # fmt: skip
    assert isinstance(aside, RewardDone)
    assert not aside.issue
    taken = capture_reward(aside.outcome.account, aside.stock, coupon, "h", key="3", now=NOON)
    assert isinstance(taken, RewardDone)
    assert taken.issue == "5off"


@pytest.mark.parametrize(
    ("change", "pieces", "told", "limit", "allowed"),
    [
        ({"tiers": ("gold", "black")}, 1, {"tier": "silver"}, "tier", 0),
        ({"tiers": ("gold",)}, 1, {}, "tier", 0),
        ({"each": 3}, 2, {"taken_before": 2}, "each", 1),
        ({"each": 3}, 1, {"taken_before": 7}, "each", 0),
        ({"stock": 1}, 2, {}, "stock", 1),
        ({"stock": 0}, 1, {}, "stock", 0),
        ({"points": 51}, 2, {}, "balance", 100),
    ],
)
def test_each_limit_refuses_by_its_word(
    change: dict[str, Any], pieces: int, told: dict[str, Any], limit: str, allowed: int
) -> None:
    """Tier, number for each customer, stock and balance each refuse, bought or set aside; nothing moves."""
    reward = attrs.evolve(MUG, **change)
    stock, ann = first_stock(reward), holding(100)
    refusal = bought(ann, stock, reward, pieces, **told)
    assert isinstance(refusal, Refusal)
    assert (refusal.limit, refusal.allowed) == (limit, allowed)
    assert not refusal.entries
    hold = {"taken_before": 0, "tier": None, "hold": "h", "ends_at": NOON + HOUR, "key": "2", "now": NOON}
    again = reserve_reward(ann, stock, reward, pieces, **(hold | told))
    assert isinstance(again, Refusal)
    assert again.limit == limit


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"tiers": ("gold",)}, {"tier": "gold"}),
        ({"each": 3}, {"taken_before": 2}),
        ({"stock": None}, {}),
        ({"points": 100}, {}),
    ],
)
def test_at_the_limit_it_is_allowed(change: dict[str, Any], told: dict[str, Any]) -> None:
    """The right tier, the last piece of one's share, endless stock and the very last point all pass."""
    reward = attrs.evolve(MUG, **change)
    assert isinstance(bought(holding(100), first_stock(reward), reward, **told), RewardDone)


def test_the_last_piece_goes_once() -> None:
    """What Ann set aside Ben cannot have, until her hour is over; then she cannot any more."""
    mug = attrs.evolve(MUG, stock=1)
    aside = set_aside(holding(100), first_stock(mug))
    ben = holding(100, "ben")
    assert bought(ben, aside.stock, mug, now=NOON + HOUR - timedelta(microseconds=1)).limit == "stock"
    sold = bought(ben, aside.stock, mug, now=NOON + HOUR)
    assert isinstance(sold, RewardDone)
    assert counts(sold.stock) == (0, 0, 1)
    late = capture_reward(aside.outcome.account, sold.stock, mug, "h", key="3", now=NOON + HOUR)
    assert isinstance(late, Refusal)
    assert late.limit == "unknown_hold"
    assert late.account.available == 100


def test_a_reservation_keeps_its_price() -> None:
    """What was set aside at 30 is taken at 30 after the price rose to 50."""
    aside = set_aside(holding(100), first_stock(MUG), pieces=2)
    dearer = attrs.evolve(MUG, points=50)
    taken = capture_reward(aside.outcome.account, aside.stock, dearer, "h", key="3", now=NOON)
    assert isinstance(taken, RewardDone)
    assert taken.outcome.account.available == 40
    assert counts(taken.stock) == (3, 0, 2)
    assert taken.bought is not None
    assert (taken.bought.pieces, taken.bought.spent[0].points) == (2, 60)


def test_giving_up_a_reservation_changes_nothing() -> None:
    """Reserve and void leave lots, expiries and stock as they were."""
    ann, stock = holding(100, expiry=Expiry(days=3)), first_stock(MUG)
    aside = set_aside(ann, stock, pieces=3)
    assert counts(aside.stock) == (2, 3, 0)
    back = void_reward(aside.outcome.account, aside.stock, "h", key="3", now=NOON)
    assert isinstance(back, RewardDone)
    assert back.outcome.account.lots == ann.lots
    assert attrs.evolve(back.stock, version=0) == stock
    twice = void_reward(back.outcome.account, back.stock, "h", key="4", now=NOON)
    assert isinstance(twice, Refusal)
    assert twice.limit == "unknown_hold"


def test_each_reservation_ends_alone() -> None:
    """Giving up one of two reservations of a customer leaves the other's pieces and points set aside."""
    one = set_aside(holding(100), first_stock(MUG))
    two = set_aside(one.outcome.account, one.stock, pieces=2, hold="i", key="3")
    back = void_reward(two.outcome.account, two.stock, "h", key="4", now=NOON)
    assert isinstance(back, RewardDone)
    assert counts(back.stock) == (3, 2, 0)
    assert back.outcome.account.held == 60


def test_one_side_alone_is_no_reservation() -> None:
    """Points that were released without the pieces, or pieces without the points: nothing is taken."""
    aside = set_aside(holding(100), first_stock(MUG))
    freed = void(aside.outcome.account, "h", key="3", now=NOON).account
    assert capture_reward(freed, aside.stock, MUG, "h", key="4", now=NOON).limit == "unknown_hold"  # type: ignore[union-attr]
    ann = aside.outcome.account
    for refusal in (
        capture_reward(ann, first_stock(MUG), MUG, "h", key="4", now=NOON),
        void_reward(ann, first_stock(MUG), "h", key="4", now=NOON),
    ):
        assert isinstance(refusal, Refusal)
        assert refusal.limit == "unknown_hold"
        assert refusal.account.held == 30


def test_of_one_stock_a_name_sets_aside_once() -> None:
    """A mug for Ben under the name of the one for Ann could not be told from it; later the name is free."""
    aside = set_aside(holding(100), first_stock(MUG))
    with pytest.raises(InputError, match="'h' already"):
        set_aside(holding(100, "ben"), aside.stock)
    back = void_reward(aside.outcome.account, aside.stock, "h", key="4", now=NOON)
    assert isinstance(back, RewardDone)
    assert counts(set_aside(holding(100, "ben"), back.stock).stock) == (4, 1, 0)


def test_pieces_go_with_the_points_to_another_account() -> None:
    """Ann turns out to be Ben: he takes the mug that she set aside, for the points that came along."""
    aside = set_aside(holding(100), first_stock(MUG))
    moved = merge(aside.outcome.account, holding(100, "ben"), key="m", now=NOON).taker.account
    taken = capture_reward(moved, aside.stock, MUG, "h", key="4", now=NOON)
    assert isinstance(taken, RewardDone)
    assert (taken.pieces, taken.outcome.points, taken.outcome.account.held) == (1, 30, 0)
    assert counts(taken.stock) == (4, 0, 1)


def test_what_returns_is_what_was_paid() -> None:
    """Mugs bought at 30 give 30 back each to their lots, whatever they cost today; twice is refused."""
    ann = holding(100)
    done = bought(ann, first_stock(MUG), pieces=3)
    one = return_reward(
        done.outcome.account,
        done.stock,
        done.bought,
        1,
        lots_of(done),
        key="3",
        now=NOON,
        policy=LatePolicy(),
    )
    assert isinstance(one, RewardDone)
    assert one.outcome.account.available == 40
    assert one.bought is not None
    assert (one.bought.pieces, one.bought.spent[0].points) == (2, 60)
    assert counts(one.stock) == (3, 0, 2)
    rest = return_reward(
        one.outcome.account, one.stock, one.bought, 2, lots_of(one), key="4", now=NOON, policy=LatePolicy()
    )
    assert isinstance(rest, RewardDone)
    assert rest.outcome.account.lots == ann.lots
    assert rest.bought is None
    assert counts(rest.stock) == (5, 0, 0)
    more = return_reward(
        one.outcome.account, one.stock, one.bought, 3, lots_of(one), key="4", now=NOON, policy=LatePolicy()
    )
    assert isinstance(more, Refusal)


def test_a_damaged_piece_does_not_return_to_stock() -> None:
    """Its points do."""
    done = bought(holding(100), first_stock(MUG))
    back = return_reward(
        done.outcome.account,
        done.stock,
        done.bought,
        1,
        lots_of(done),
        key="3",
        now=NOON,
        policy=LatePolicy(),
        restock=False,
    )
    assert isinstance(back, RewardDone)
    assert back.outcome.account.available == 100
    assert counts(back.stock) == (4, 0, 1)


@pytest.mark.parametrize(
    ("policy", "usable"),
    [
        (LatePolicy(), 0),
        (LatePolicy(late="grace", grace=Expiry(days=2)), 30),
        (LatePolicy(late="reinstate"), 30),
    ],
)
def test_late_returns_follow_the_policy(policy: LatePolicy, usable: int) -> None:
    """Points whose lot lapsed in the meantime stay lapsed, have some days, or begin again."""
    done = bought(holding(30, expiry=Expiry(days=1)), first_stock(MUG))
    later = NOON + timedelta(days=9)
    back = return_reward(
        done.outcome.account, done.stock, done.bought, 1, lots_of(done), key="3", now=later, policy=policy
    )
    assert isinstance(back, RewardDone)
    assert back.outcome.account.usable(later) == usable


def test_stock_can_be_supplied() -> None:
    """New pieces are left; endless stock takes none."""
    assert counts(supply(first_stock(MUG), 4)) == (9, 0, 0)
    for stock, pieces in ((first_stock(MUG), 0), (Stock(reward="x"), 1)):
        with pytest.raises(InputError):
            supply(stock, pieces)


def test_wrong_input_is_an_error() -> None:
    """No pieces, another reward's stock, more out than in, and uneven prices are refused aloud."""
    ann, stock = holding(100), first_stock(MUG)
    done = bought(ann, stock)
    told: dict[str, Any] = {"key": "3", "now": NOON, "policy": LatePolicy()}
    with pytest.raises(InputError):
        bought(ann, stock, pieces=0)
    with pytest.raises(InputError, match="not that of"):
        bought(ann, Stock(reward="cup"))
    with pytest.raises(InputError, match="more of 'mug'"):
        Stock(reward="mug", supplied=1, taken=2)
    with pytest.raises(InputError, match="did not buy"):
        return_reward(
            done.outcome.account, done.stock, attrs.evolve(done.bought, pieces=7), 1, lots_of(done), **told
        )
    with pytest.raises(InputError, match="cannot come back"):
        return_reward(done.outcome.account, stock, done.bought, 1, lots_of(done), **told)


class Shelf(RuleBasedStateMachine):
    """A shelf on which every piece and every customer's purse is written down one by one."""

    @initialize(pieces=st.integers(0, 9), each=st.sampled_from([None, None, 1, 4]))
    def begin(self, pieces: int, each: int | None) -> None:
        self.reward = Reward(id="mug", points=3, stock=pieces, each=each)
        self.stock, self.now, self.step = first_stock(self.reward), NOON, 0
        self.shelf: list[dict[str, Any]] = [{"state": "left"} for _ in range(pieces)]
        self.accounts = {name: holding(20, name) for name in ("ann", "ben")}
        self.purse = {"ann": 20, "ben": 20}
        self.bought: list[tuple[str, Bought]] = []
        self.lots: dict[str, dict[str, Lot]] = {"ann": {}, "ben": {}}

    def key(self) -> str:
        self.step += 1
        return f"k{self.step}"

    def out(self, state: str, name: str | None = None) -> list[dict[str, Any]]:
        return [p for p in self.shelf if p["state"] == state and (name is None or p["who"] == name)]

    def advance(self) -> None:
        for piece in self.out("held"):
            if piece["ends"] <= self.now:
                piece["state"] = "left"
                self.purse[piece["who"]] += 3

    def may(self, name: str, pieces: int) -> bool:
        hers = len(self.out("taken", name)) + len(self.out("held", name))
        within = self.reward.each is None or hers + pieces <= self.reward.each
        return within and len(self.out("left")) >= pieces and self.purse[name] >= 3 * pieces

    def take(self, name: str, done: RewardDone | Refusal, *, allowed: bool) -> bool:
        assert isinstance(done, RewardDone) == allowed
        if isinstance(done, RewardDone):
            assert done.stock.version == self.stock.version + 1
            self.stock, self.accounts[name] = done.stock, done.outcome.account
            self.lots[name] |= lots_of(done)
            if done.bought is not None:
                self.bought.append((name, done.bought))
        return allowed

    @rule(minutes=st.sampled_from([0, 10, 30, 60]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.advance()

    @rule(
        name=st.sampled_from(["ann", "ben"]), pieces=st.integers(1, 3), minutes=st.sampled_from([0, 20, 45])
    )
    def take_or_set_aside(self, name: str, pieces: int, minutes: int) -> None:
        key, hers = self.key(), len(self.out("taken", name)) + len(self.out("held", name))
        told: dict[str, Any] = {"taken_before": hers, "tier": None, "key": key, "now": self.now}
        left, allowed, state = self.out("left")[:pieces], self.may(name, pieces), "taken"
        ends = self.now + timedelta(minutes=minutes)
        if minutes:
            state, told = "held", told | {"hold": key, "ends_at": ends}
            done = reserve_reward(self.accounts[name], self.stock, self.reward, pieces, **told)
        else:
            done = redeem_reward(self.accounts[name], self.stock, self.reward, pieces, **told)
        if self.take(name, done, allowed=allowed):
            for piece in left:
                piece |= {"state": state, "who": name, "ends": ends, "hold": key}
            self.purse[name] -= 3 * pieces

    @precondition(lambda self: any("hold" in piece for piece in self.shelf))
    @rule(data=st.data(), keeps=st.booleans())
    def end(self, data: st.DataObject, keeps: bool) -> None:
        ever = [piece for piece in self.shelf if "hold" in piece]
        one = data.draw(st.sampled_from(data.draw(st.sampled_from([self.out("held"), ever])) or ever))
        hold, name = one["hold"], one["who"]
        held = [piece for piece in self.out("held") if piece["hold"] == hold]
        account, told = self.accounts[name], dict[str, Any](key=self.key(), now=self.now)
        if keeps:
            done = capture_reward(account, self.stock, self.reward, hold, **told)
        else:
            done = void_reward(account, self.stock, hold, **told)
        if self.take(name, done, allowed=bool(held)):
            for piece in held:
                piece["state"] = "taken" if keeps else "left"
            self.purse[name] += 0 if keeps else 3 * len(held)

    @precondition(lambda self: self.bought)
    @rule(data=st.data(), pieces=st.integers(1, 3), restock=st.booleans())
    def bring_back(self, data: st.DataObject, pieces: int, restock: bool) -> None:
        name, had = self.bought.pop(data.draw(st.integers(0, len(self.bought) - 1)))
        done = return_reward(
            self.accounts[name], self.stock, had, pieces, self.lots[name], key=self.key(), now=self.now,
            policy=LatePolicy(), restock=restock,
        )  # fmt: skip
        if self.take(name, done, allowed=pieces <= had.pieces):
            for piece in self.out("taken", name)[:pieces]:
                piece["state"] = "left" if restock else "broken"
            self.purse[name] += 3 * pieces
        else:
            self.bought.append((name, had))

    @rule(pieces=st.integers(1, 2))
    def new_ones(self, pieces: int) -> None:
        self.stock = supply(self.stock, pieces)
        self.shelf += [{"state": "left"} for _ in range(pieces)]

    @invariant()
    def every_piece_is_somewhere(self) -> None:
        if not hasattr(self, "shelf"):
            return
        there = stock_at(self.stock, self.now)
        gone = len(self.out("taken")) + len(self.out("broken"))
        assert counts(there) == (len(self.out("left")), len(self.out("held")), gone)
        assert sum(count or 0 for count in counts(there)) == there.supplied == len(self.shelf)
        for name, account in self.accounts.items():
            assert account.usable(self.now) == self.purse[name]


TestShelf = Shelf.TestCase
TestShelf.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)


def test_a_debt_bars_rewards() -> None:
    """Who spent everything has a balance of 0, and the refusal is the account's own."""
    ann = redeem(holding(30), 30, key="2", now=NOON).account
    refusal = bought(ann, first_stock(MUG), key="3")
    assert isinstance(refusal, Refusal)
    assert (refusal.limit, refusal.asked, refusal.allowed) == ("balance", 30, 0)
