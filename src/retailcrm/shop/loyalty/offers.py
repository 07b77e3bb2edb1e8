"""What is written where points are earned without a purchase, or buy something else than money off."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from retailcrm.domain.points.activities import earn_activity
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.outcomes import Refusal
from retailcrm.domain.points.rewards import (
    Bought,
    RewardDone,
    capture_reward,
    redeem_reward,
    reserve_reward,
    return_reward,
    void_reward,
)
from retailcrm.domain.points.stocks import Stock, first_stock, stock_at, supply
from retailcrm.errors import NotFoundError, SettingsError
from retailcrm.ports.ledger import Spending
from retailcrm.shop.loyalty.accounts import customer_of, wallet_of
from retailcrm.shop.loyalty.joining import as_known
from retailcrm.shop.loyalty.once import Plan
from retailcrm.shop.loyalty.plans import plan_of
from retailcrm.shop.loyalty.spending import minutes_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from retailcrm.domain.customers import Birthday
    from retailcrm.domain.identity import Identity
    from retailcrm.domain.points.programme import Activity, Reward
    from retailcrm.shop.loyalty.accounts import Accounts, Current


def did(
    accounts: Accounts,
    who: str | Identity,
    kind: str,
    key: str,
    at: datetime | None,
    subject: str,
    birthday: Birthday | None,
    falls_on: date | None,
) -> Plan | Refusal:
    """Award what somebody did."""
    rule = _activity(accounts, kind)
    current, now = accounts.current(who), accounts.clock()
    if kind == "birthday" and birthday is None:
        birthday = accounts.birthday_of(accounts.customer(who))
        if birthday is None:
            raise NotFoundError(f"no file tells the birthday of {who!r}; give it")
    past = {
        entry.reference: entry.effective_at
        for entry in accounts.journals(current)
        if entry.verb is Verb.EARN and entry.reference.partition(":")[0] == kind
    }
    outcome = earn_activity(
        current.account, rule, past, wallet=current.wallet, at=at or now, key=key, now=now,
        subject=subject, birthday=birthday, falls_on=falls_on,
    )  # fmt: skip
    return plan_of(accounts, current, outcome, key, active=True)


def bought(accounts: Accounts, who: str | Identity, reward_id: str, pieces: int, key: str) -> Plan | Refusal:
    """Let points buy a reward: the points go and a piece of the stock, or neither."""
    reward, current, now = _reward(accounts, reward_id), accounts.spendable(who), accounts.clock()
    stock = _stock(accounts, reward)
    done = redeem_reward(
        current.account, stock, reward, pieces, taken_before=_taken(accounts, current, stock),
        tier=accounts.tier_of(who, now), key=key, now=now,
    )  # fmt: skip
    return _of_reward(accounts, current, stock, done, key, key, active=True)


def brought_back(
    accounts: Accounts, redemption: str, pieces: int, cause: str, key: str, *, restock: bool
) -> Plan | Refusal:
    """Take pieces of a reward back; their points return to the lots that they came from."""
    told = accounts.ledger.spending(redemption)
    if told is None or not told.reward:
        raise NotFoundError(f"no reward was bought with key {redemption!r}")
    told = as_known(accounts, told)
    current = accounts.at(told.account)
    stock = _stock(accounts, _reward(accounts, told.reward))
    policy = current.wallet.late if cause == "customer" else current.wallet.late_by_shop
    done = return_reward(
        current.account, stock, Bought(reward=told.reward, pieces=told.pieces, spent=told.allocations),
        pieces, accounts.ledger.lots(told.account), key=key, now=accounts.clock(), policy=policy,
        restock=restock,
    )  # fmt: skip
    return _of_reward(accounts, current, stock, done, key, redemption, active=False)


def supplied(accounts: Accounts, reward_id: str, pieces: int) -> Plan:
    """Put pieces of a reward into stock."""
    before = _stock(accounts, _reward(accounts, reward_id))
    after = supply(before, pieces)
    return Plan(changes=(), points=0, detail={"left": after.left or 0}, stocks=((before, after),))


def left(accounts: Accounts, reward_id: str) -> int | None:
    """Tell how many pieces of a reward can be taken now."""
    return stock_at(_stock(accounts, _reward(accounts, reward_id)), accounts.clock()).left


def set_aside(
    accounts: Accounts, who: str | Identity, reward_id: str, pieces: int, minutes: int | None, key: str
) -> Plan | Refusal:
    """Set points and pieces of a reward aside for a checkout, both or neither."""
    reward, current, now = _reward(accounts, reward_id), accounts.spendable(who), accounts.clock()
    stock = _stock(accounts, reward)
    done = reserve_reward(
        current.account, stock, reward, pieces, taken_before=_taken(accounts, current, stock),
        tier=accounts.tier_of(who, now), hold=key,
        ends_at=now + timedelta(minutes=minutes_of(minutes, current)), key=key, now=now,
    )  # fmt: skip
    return _held(accounts, current, stock, done, key)


def set_aside_taken(accounts: Accounts, reservation: str, key: str) -> Plan | Refusal:
    """Let what was set aside buy the reward."""
    current, stock = _reserved(accounts, reservation)
    reward = _reward(accounts, stock.reward)
    done = capture_reward(current.account, stock, reward, reservation, key=key, now=accounts.clock())
    return _of_reward(accounts, current, stock, done, key, key, active=True)


def set_aside_void(accounts: Accounts, reservation: str, key: str) -> Plan | Refusal:
    """Let what was set aside return."""
    current, stock = _reserved(accounts, reservation)
    done = void_reward(current.account, stock, reservation, key=key, now=accounts.clock())
    return _held(accounts, current, stock, done, key)


def _reserved(accounts: Accounts, reservation: str) -> tuple[Current, Stock]:
    effect = accounts.ledger.effect("reserve_reward", reservation)
    if effect is None:
        raise NotFoundError(f"no reward was set aside with key {reservation!r}")
    reward = _reward(accounts, str(effect.done.detail["reward"]))
    home = accounts.ledger.holder(reservation) or effect.done.account
    return accounts.current(customer_of(home), wallet_of(home)), _stock(accounts, reward)


def _held(
    accounts: Accounts, current: Current, stock: Stock, done: RewardDone | Refusal, key: str
) -> Plan | Refusal:
    if isinstance(done, Refusal):
        return done
    detail = {"reward": stock.reward, "pieces": done.pieces, "reservation": key}
    stocks = ((stock, done.stock),)
    return plan_of(accounts, current, done.outcome, key, detail=detail, stocks=stocks)


def _taken(accounts: Accounts, current: Current, stock: Stock) -> int:
    """Count the pieces that she took and did not bring back, or has set aside."""
    bought = sum(one.pieces for one in accounts.spendings(current) if one.reward == stock.reward)
    mine = {hold.id for hold in current.account.holds}
    now = stock_at(stock, accounts.clock())
    return bought + sum(one.pieces for one in now.aside if one.hold in mine)


def _of_reward(
    accounts: Accounts,
    current: Current,
    stock: Stock,
    done: RewardDone | Refusal,
    key: str,
    redemption: str,
    *,
    active: bool,
) -> Plan | Refusal:
    if isinstance(done, Refusal):
        return done
    left = done.bought
    spending = Spending(
        key=redemption,
        account=current.stored.id,
        allocations=left.spent if left else (),
        points=done.outcome.points,
        reward=stock.reward,
        pieces=left.pieces if left else 0,
    )
    return plan_of(
        accounts, current, done.outcome, key, active=active,
        detail={"reward": stock.reward, "pieces": done.pieces, "issue": done.issue},
        spendings=(spending,), stocks=((stock, done.stock),),
        # Whatever she buys is named by the key that she bought it with.
        names=active,
    )  # fmt: skip


def _activity(accounts: Accounts, kind: str) -> Activity:
    for rule in accounts.programme.activities:
        if rule.kind == kind:
            return rule
    known = ", ".join(rule.kind for rule in accounts.programme.activities) or "none"
    raise SettingsError(f"the programme has no activity {kind!r}; it has: {known}")


def _reward(accounts: Accounts, reward_id: str) -> Reward:
    for reward in accounts.programme.rewards:
        if reward.id == reward_id:
            return reward
    known = ", ".join(reward.id for reward in accounts.programme.rewards) or "none"
    raise SettingsError(f"the programme has no reward {reward_id!r}; it has: {known}")


def _stock(accounts: Accounts, reward: Reward) -> Stock:
    return accounts.ledger.stock(reward.id) or first_stock(reward)
