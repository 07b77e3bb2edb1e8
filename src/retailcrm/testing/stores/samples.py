"""Units to write: whatever may happen to points, with names as odd as names are."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.domain.labels import Label
from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.earning import award_of
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.following import Awarded, OrderFacts, earner_of
from retailcrm.domain.points.holds import Allocation, total
from retailcrm.domain.points.moving import Moved, hand_over, merge, split, transfer
from retailcrm.domain.points.outcomes import Accepted
from retailcrm.domain.points.referrals import Brought, Click, Flag, Stage
from retailcrm.domain.points.reversal import LatePolicy, give_back
from retailcrm.domain.points.spending import capture, divided, redeem, reserve, void
from retailcrm.domain.points.stocks import Aside, Stock, changed
from retailcrm.domain.points.wallets import EarnRule
from retailcrm.ports.ledger import Change, Effect, RefundsTold, Spending, Unit
from retailcrm.ports.outcomes import Done
from retailcrm.testing.stores.plain import PlainLedger

if TYPE_CHECKING:
    from retailcrm.domain.points.outcomes import Outcome

NAMES: Final = (
    "ann", "Ann", "ann ", "安妮", "web:id:a/b/c", "o'brien\"; --", "%s ? {0} \\", "e\u0301", "é",
    "\u202eevil\u200b", "🐉", "k" * 1000, "0", "None",
)  # fmt: skip
"""Names of customers, orders and keys; no two are the same, however alike some look."""

START: Final = datetime(2024, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_RULE: Final = EarnRule()
_BUSY: Final = 0.8
_KINDS: Final = (
    "earns", "earns", "earns", "redeems", "redeems", "reserves", "reserves", "ends", "ends", "gives_back",
    "is_told", "supplies", "is_brought", "moves", "are_one", "are_not", "is_anothers", "goes_by",
)  # fmt: skip


@attrs.define(eq=False)
class Sampler:
    """Makes up one unit after the other; the same seed makes up the same ones.

    Attributes:
        seed: Of the choices.
        names: Of customers, orders and rewards.
    """

    seed: int
    names: tuple[str, ...] = NAMES
    plain: PlainLedger = attrs.field(factory=PlainLedger, init=False)
    keys: list[str] = attrs.field(factory=list, init=False)
    now: datetime = attrs.field(default=START, init=False)
    _rng: random.Random = attrs.field(init=False)

    @_rng.default
    def _seeded(self) -> random.Random:
        return random.Random(self.seed)  # noqa: S311 - no secret

    @property
    def wallets(self) -> tuple[str, ...]:
        """Names of wallets."""
        return ("points", "status")

    @property
    def accounts(self) -> tuple[str, ...]:
        """Ids of all accounts that may be there."""
        return tuple(f"{wallet}/{name}" for wallet in self.wallets for name in self.names)

    @property
    def orders(self) -> tuple[str, ...]:
        """References of all orders that may be there."""
        return tuple(f"web/main/{name}" for name in self.names)

    @property
    def rewards(self) -> tuple[str, ...]:
        """Names of all rewards that may be there."""
        return self.names[:4]

    def moments(self) -> tuple[datetime, ...]:
        """Give moments around which something falls due."""
        changes = {self.plain.account(name).next_change_at for name in self.plain.accounts()}
        found = sorted(one for one in changes if one is not None)[:4]
        return tuple(at + by for at in (START, *found) for by in (-_TICK, timedelta(), _TICK))

    def unit(self) -> Unit:
        """Make up what is written next; :attr:`plain` has it already."""
        self.now += timedelta(seconds=self._rng.randrange(200_000), microseconds=self._rng.randrange(10**6))
        made: Unit | None = None
        while made is None:
            made = getattr(self, f"_{self._rng.choice(_KINDS)}")(self._key())
        self.plain.write(made)
        return made

    # ---- choices -------------------------------------------------------------------------------------

    def _key(self) -> str:
        key = f"{self._rng.choice(self.names)}:{len(self.keys)}"
        self.keys.append(key)
        return key

    def _name(self) -> str:
        """Choose a customer: mostly one of three, so that much happens to her."""
        return self._rng.choice(self.names[:3] if self._rng.random() < _BUSY else self.names)

    def _account(self, wallet: str = "points") -> str:
        return f"{wallet}/{self._name()}"

    def _two(self) -> tuple[str, str]:
        first = second = self._name()
        while first == second:
            second = self._name()
        return f"points/{first}", f"points/{second}"

    def _order(self) -> str:
        return self._rng.choice(self.orders)

    def _change(self, outcome: Outcome) -> Change:
        before = self.plain.account(outcome.account.id)
        return Change(before=before, after=outcome.account, entries=outcome.entries)

    def _written(self, verb: str, key: str, outcome: Outcome, **more: Any) -> Unit | None:  # noqa: ANN401 - of a unit
        """Give what a verb writes; nothing if it was refused or came to nothing."""
        if not isinstance(outcome, Accepted) or not outcome.entries:
            return None
        done = Done(
            key=key, account=outcome.account.id, points=outcome.points, version=outcome.account.version,
            detail={"value": outcome.points * 3, "note": key},
        )  # fmt: skip
        effect = Effect(verb=verb, key=key, fingerprint=f"of {key}", done=done)
        return Unit(changes=(self._change(outcome),), effect=effect, **more)

    # ---- what may happen -----------------------------------------------------------------------------

    def _earns(self, key: str) -> Unit | None:
        wallet, order = self._rng.choice((*self.wallets, "points")), self._order()
        if self.plain.awarded(wallet, order) is not None:
            return None
        points = self._rng.choice((1, 7, 1000, 10**15))
        facts = OrderFacts(
            reference=order, paid_at=self.now, gross=points * 100, refunded=1, refunded_at=self.now + _TICK
        )
        award = Awarded(
            reference=order, lot=f"order:{order}", at=self.now, known=facts,
            award=award_of(earner_of(facts), _RULE), order=earner_of(facts), rule=_RULE,
        )  # fmt: skip
        account = self._account(wallet)
        outcome = earn(
            self.plain.account(account), min(points, 10**9), lot=award.lot, source=award.lot, key=key,
            now=self.now, activates_at=self.now + self._rng.choice((0, 0, 1)) * timedelta(hours=5),
            expiry=self._rng.choice((Expiry(), Expiry(days=9, zone="Asia/Shanghai"))),
        )  # fmt: skip
        return self._written("earn", key, outcome, awards=((account, award),))

    def _redeems(self, key: str) -> Unit | None:
        account = self.plain.account(self._account())
        outcome = redeem(account, self._rng.randint(1, 3), key=key, now=self.now)
        return self._spent(key, outcome)

    def _spent(self, key: str, outcome: Outcome) -> Unit | None:
        if not isinstance(outcome, Accepted):
            return None
        moved = [one for one in outcome.entries[-1].movements if one.target == "spent"]
        spending = Spending(
            key=key, account=outcome.account.id, points=outcome.points, value=outcome.points * 10**13,
            allocations=tuple(Allocation(one.lot, one.points) for one in moved),
            order=self._rng.choice((*self.orders[:2], "")),
        )  # fmt: skip
        return self._written("redeem", key, outcome, spendings=(spending,)) if moved else None

    def _reserves(self, key: str) -> Unit | None:
        account, ends = self.plain.account(self._account()), self.now + timedelta(hours=30)
        outcome = reserve(account, self._rng.randint(1, 3), hold=key, ends_at=ends, key=key, now=self.now)
        return self._written("reserve", key, outcome)

    def _ends(self, key: str) -> Unit | None:
        held = [h.id for name in self.plain.accounts() for h in self.plain.account(name).holds]
        if not held:
            return None
        hold = self._rng.choice(held)
        account = self.plain.account(str(self.plain.holder(hold)))
        if self._rng.random() < 0.5:
            return self._written("void", key, void(account, hold, key=key, now=self.now))
        return self._spent(key, capture(account, hold, None, key=key, now=self.now))

    def _gives_back(self, key: str) -> Unit | None:
        found = [one for name in self.plain.accounts() for one in self.plain.spendings(name)]
        open_ones = [one for one in found if one.allocations]
        if not open_ones:
            return None
        one = self._rng.choice(open_ones)
        points = self._rng.randint(1, total(one.allocations))
        outcome = give_back(
            self.plain.account(one.account), one.allocations, points, self.plain.lots(one.account), key=key,
            now=self.now, policy=LatePolicy(),
        )  # fmt: skip
        rest = attrs.evolve(one, allocations=divided(one.allocations, points)[1])
        return self._written("give_back", key, outcome, spendings=(rest,))

    def _is_told(self, _: str) -> Unit:
        wallet, order = self._rng.choice(self.wallets), self._order()
        before = self.plain.refunds(wallet, order) or RefundsTold(wallet=wallet, order=order)
        return Unit(refunds=(before.told(10**15, {self._rng.choice(self.names): 5, "0": 7}),))

    def _supplies(self, key: str) -> Unit:
        reward = self._rng.choice(self.rewards)
        before = self.plain.stock(reward) or Stock(reward=reward, supplied=self._rng.choice((None, 10**15)))
        aside = Aside(account=self._account(), hold=key, pieces=10**14, ends_at=self.now)
        after = changed(before, taken=before.taken + 1, aside=(*before.aside, aside)[-2:])
        return Unit(stocks=((before, after),))

    def _is_brought(self, _: str) -> Unit | None:
        who = self._account()
        state = self.plain.referral(who) or Brought(referred=who)
        if not state.clicks or state.order:
            return Unit(
                referrals=(
                    attrs.evolve(
                        state,
                        clicks=(*state.clicks, Click(self.now, "bob")),
                    ),
                )
            )
        order = self._order()
        if self.plain.referral_of(order) is not None:
            return None
        flag = Flag("same_card", Label("同卡", "same card"))
        counted = attrs.evolve(
            state, stage=Stage.HELD, referrer=self._account(), order=order, ordered_at=self.now,
            due_at=self.now + _TICK, least=10**15, points=(3, 4), flags=(flag,),
        )  # fmt: skip
        return Unit(referrals=(counted,))

    def _moves(self, key: str) -> Unit | None:
        giver, taker = self._two()
        a, b = self.plain.account(giver), self.plain.account(taker)
        found = transfer(a, b, 1, key=key, now=self.now)
        return self._pair(found) if isinstance(found, Moved) else None

    def _are_one(self, key: str) -> Unit | None:
        gone, keep = self._two()
        merged = self.plain.merged()
        if gone in merged or keep in merged:
            return None
        found = merge(self.plain.account(gone), self.plain.account(keep), key=key, now=self.now)
        return self._pair(found, merged=((gone, keep),))

    def _are_not(self, key: str) -> Unit | None:
        if not (merged := self.plain.merged()):
            return None
        gone = self._rng.choice(sorted(merged))
        a, b = self.plain.account(merged[gone]), self.plain.account(gone)
        return self._pair(split(a, b, key=key, now=self.now), merged=((gone, gone),))

    def _is_anothers(self, key: str) -> Unit | None:
        giver, taker = self._two()
        awards = sorted(self.plain.awards(giver).values(), key=lambda one: one.reference)
        if not awards:
            return None
        award = attrs.evolve(self._rng.choice(awards), before=(giver,))
        a, b = self.plain.account(giver), self.plain.account(taker)
        found = hand_over(a, b, {award.lot}, key=key, now=self.now)
        return self._pair(found, awards=((taker, award),))

    def _pair(self, found: Moved, **more: Any) -> Unit:  # noqa: ANN401 - of a unit
        return Unit(changes=(self._change(found.giver), self._change(found.taker)), **more)

    def _goes_by(self, _: str) -> Unit:
        return Unit(advanced=self.now - timedelta(days=self._rng.choice((0, 1))))
