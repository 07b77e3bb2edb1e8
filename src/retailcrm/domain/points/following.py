"""Orders drive points: what is known of a customer's orders, turned into entries not written yet.

Exports are looks at orders, not events, and they come late, twice and in any order. So nothing is done
"on" an import: what the orders are known to be is compared with what was awarded for them, and only the
difference is written, each thing at the moment when it happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.money import split
from retailcrm.domain.periods import in_utc
from retailcrm.domain.points.awarding import earn, extend, reschedule
from retailcrm.domain.points.caps import Earned, room
from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.earning import Award, Earner, LineAmount, award_of
from retailcrm.domain.points.lots import Lot
from retailcrm.domain.points.reversal import Reversed, reverse
from retailcrm.domain.points.settling import settle
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.outcomes import Outcome
    from retailcrm.domain.points.wallets import EarnRule, Waiting, Wallet

_DAY: Final = timedelta(days=1)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else in_utc(moment)


@attrs.frozen(kw_only=True)
class OrderFacts:
    """What is known of an order, as far as points are concerned; amounts in minor units.

    Attributes:
        reference: Which order; the same in every look at it.
        paid_at: When it was paid; aware, kept in UTC.
        shipped_at: When it left; ``None``: not, or not known.
        completed_at: When receipt was confirmed; ``None``: not, or not known.
        gross: Paid before refunds.
        refunded: Paid back so far.
        refunded_at: When; ``None`` without refund.
        lines: What its lines sold for, to share out by what was paid for goods; empty: they are one part.
        shipping: Postage within ``gross``, 0 where nobody tells.
        parts: What exactly it earns on, if a backend said so; its lines and postage are then not looked at.
    """

    reference: str
    paid_at: datetime = attrs.field(converter=in_utc)
    shipped_at: datetime | None = attrs.field(default=None, converter=_utc)
    completed_at: datetime | None = attrs.field(default=None, converter=_utc)
    gross: int
    refunded: int = 0
    refunded_at: datetime | None = attrs.field(default=None, converter=_utc)
    lines: tuple[int, ...] = ()
    shipping: int = 0
    parts: Earner | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse a refund without a moment, amounts below nothing, and more postage than was paid."""
        if self.gross < 0 or self.refunded < 0:
            raise InputError(f"{self.reference}: amounts of an order are not below 0")
        if not 0 <= self.shipping <= self.gross:
            raise InputError(f"{self.reference}: postage lies between 0 and what was paid")
        if self.refunded and self.refunded_at is None:
            raise InputError(f"{self.reference}: a refund took effect at some moment")

    @property
    def share(self) -> Fraction:
        """Share of the order that was paid back, 0 to 1."""
        if not self.gross:
            return Fraction(0)
        return min(Fraction(self.refunded, self.gross), Fraction(1))


@attrs.frozen(kw_only=True)
class Awarded:
    """What an order earned in one wallet, and what was taken back of it.

    Attributes:
        reference: Which order.
        lot: Id of the lot that it was awarded in.
        at: When it was awarded.
        known: What is known of the order, as it was last told.
        award: The award with its derivation: all that a refund will ever ask for.
        order: What it was computed from, for whoever asks why.
        rule: The rule in force then.
        multipliers: Of the customer's tier and of campaigns then.
        room: What the caps left then; ``None`` without caps.
        taken: Points taken back so far, other lots and debts included.
        forgiven: Points that a refund should have taken and nobody will ask for any more.
        share: Share of the order that those refunds came to, 0 to 1.
        before: Accounts that its points were in before, other than by a merge that stands.
    """

    reference: str
    lot: str
    at: datetime = attrs.field(converter=in_utc)
    known: OrderFacts
    award: Award
    order: Earner
    rule: EarnRule
    multipliers: tuple[Fraction, ...] = ()
    room: int | None = None
    taken: int = 0
    forgiven: int = 0
    share: Fraction = Fraction(0)
    before: tuple[str, ...] = ()

    @property
    def gross(self) -> int:
        """What was paid for the order, minor units: what its refunds are a share of."""
        return self.known.gross


@attrs.frozen(kw_only=True)
class Followed:
    """What following some orders comes to.

    Attributes:
        account: The account after it.
        entries: What to write, in order; empty if nothing is new.
        awards: Awards that are new or have changed.
    """

    account: Account
    entries: tuple[Entry, ...]
    awards: tuple[Awarded, ...]


Multipliers = Callable[[OrderFacts], Sequence[Fraction]]
LotsOf = Callable[[str], Sequence[Lot]]
LapsedOf = Callable[[Awarded], int]


def activation(facts: OrderFacts, waiting: Waiting) -> datetime | None:
    """Give the moment at which an order's points become spendable, by what is known of it.

    Args:
        facts: The order.
        waiting: What they wait for.

    Returns:
        The confirmation of receipt or the end of the waiting days, whichever is first; ``None`` while neither
        is known.
    """
    if waiting.until == "paid":
        return facts.paid_at
    base = facts.paid_at if waiting.since == "paid" else facts.shipped_at
    ends = base + waiting.days * _DAY if base is not None and waiting.days is not None else None
    return min((moment for moment in (facts.completed_at, ends) if moment is not None), default=None)


def follow(
    account: Account,
    orders: Iterable[OrderFacts],
    awards: Mapping[str, Awarded],
    wallet: Wallet,
    *,
    observed_at: datetime,
    unit: int,
    lots_of: LotsOf,
    multipliers: Multipliers = lambda _: (),
    lapsed_of: LapsedOf = lambda _: 0,
    digest: str = "",
) -> Followed:
    """Write what is new about a customer's orders: awards, moments of activation, refunds.

    Args:
        account: As stored.
        orders: All that is known of her orders; the same again, or less of it, changes nothing.
        awards: What her orders earned so far, by reference.
        wallet: The rules.
        observed_at: The moment up to which that is known: that of the newest export. Points become spendable
            by lapse of time, and lapse, up to there.
        unit: Minor units in one whole unit of money.
        lots_of: Gives the account's lots, open or not, that come from an award's lot.
        multipliers: Gives the multipliers of an order: its tier's, its campaigns'.
        lapsed_of: Gives the points of an award that lapsed unused in other accounts that it was in.
        digest: Of the policy in force.

    Returns:
        Entries recorded at ``observed_at``, and the awards that changed.
    """
    orders = tuple(orders)
    pen = _Pen(account, awards, wallet, observed_at, unit, lots_of, multipliers, lapsed_of, digest)
    for _, _, _, step, facts in sorted(_steps(orders, pen), key=lambda one: one[:3]):
        step(facts)
    pen.remember(orders)
    draft = Draft(pen.account, f"follow:{observed_at.isoformat()}", observed_at)
    settle(draft)
    changed = tuple(one for name, one in pen.changed.items() if _differs(one, awards.get(name)))
    return Followed(account=draft.account, entries=(*pen.entries, *draft.entries), awards=changed)


@attrs.define
class _Pen:
    """What following some orders has written so far."""

    account: Account
    stored: Mapping[str, Awarded]
    wallet: Wallet
    observed_at: datetime
    unit: int
    lots_of: LotsOf
    multipliers: Multipliers
    lapsed_of: LapsedOf
    digest: str
    changed: dict[str, Awarded] = attrs.field(factory=dict)
    entries: list[Entry] = attrs.field(factory=list)
    written: dict[str, Lot] = attrs.field(factory=dict)

    def told(self, reference: str) -> Awarded | None:
        """Give what an order earned by now; others are not looked at."""
        found = self.changed.get(reference)
        return self.stored.get(reference) if found is None else found

    def awards(self) -> Iterable[Awarded]:
        """Give what all orders earned by now."""
        return {**self.stored, **self.changed}.values()

    def take(self, outcome: Outcome) -> None:
        """Go on from what a decision came to."""
        self.account = outcome.account
        self.entries += outcome.entries
        for entry in outcome.entries:
            self.written |= {lot.id: lot for lot in entry.lots}

    def lots(self, root: str) -> tuple[Lot, ...]:
        """Give the lots of an award as they are now."""
        stored = {lot.id: lot for lot in self.lots_of(root)}
        now = stored | {lot.id: lot for lot in self.written.values() if lot.root == root}
        return tuple(now[name] for name in sorted(now))

    def award(self, facts: OrderFacts) -> None:
        """Award what an order earns."""
        rule = self.wallet.earn
        assert rule is not None  # noqa: S101 - no step awards without a rule
        order, multipliers = earner_of(facts), tuple(self.multipliers(facts))
        left = self._room(rule, facts.paid_at)
        award = award_of(order, rule, unit=self.unit, multipliers=multipliers, room=left, digest=self.digest)
        lot, wallet = f"order:{facts.reference}", self.wallet
        self.changed[facts.reference] = Awarded(
            reference=facts.reference, lot=lot, at=facts.paid_at, known=facts, award=award,
            order=order, rule=rule, multipliers=multipliers, room=left,
        )  # fmt: skip
        limit = wallet.expiry.after(facts.paid_at) if wallet.expiry_from == "award" else None
        self.take(
            earn(
                self.account, award.points, lot=lot, source=lot, key=lot, now=facts.paid_at,
                recorded_at=self.observed_at, activates_at=activation(facts, wallet.waiting),
                expiry=wallet.expiry, limit_at=limit, idle=wallet.inactive,
            )
        )  # fmt: skip
        if wallet.inactive is not None:
            # Of an order that is told late, later ones kept the points alive as well.
            for at in sorted({one.at for one in self.awards() if one.at >= facts.paid_at}):
                self.take(extend(self.account, key=lot, now=at, active_at=at, recorded_at=self.observed_at))

    def _room(self, rule: EarnRule, at: datetime) -> int | None:
        """Give the points that the caps leave an order of a moment."""
        if not rule.caps:
            return None
        earned = [Earned(one.at, one.award.points) for one in self.awards()]
        return room(rule.caps, earned, at, self.wallet.expiry.zone)

    def free(self, facts: OrderFacts) -> None:
        """Let the points become spendable when the order now says they do."""
        due, told = activation(facts, self.wallet.waiting), self.told(facts.reference)
        assert told is not None  # noqa: S101 - awarded before it is set free
        if due is None:
            return
        for lot in self.lots(told.lot):
            if self.account.lot(lot.id) and lot.pending and lot.activates_at != due:
                key = f"free:{facts.reference}:{due.isoformat()}"
                now = self._now(facts, due)
                self.take(
                    reschedule(self.account, lot.id, due, key=key, now=now, recorded_at=self.observed_at)
                )

    def refund(self, facts: OrderFacts) -> None:
        """Take back what a refund takes."""
        told = self.told(facts.reference)
        assert told is not None  # noqa: S101 - awarded before it is refunded
        assert facts.refunded_at is not None  # noqa: S101 - checked by the facts
        key = f"refund:{facts.reference}:{facts.refunded}"
        award = Reversed(
            awarded=told.award.points, lots=self.lots(told.lot), points=told.taken, forgiven=told.forgiven,
            lapsed=self.lapsed_of(told),
        )  # fmt: skip
        outcome = reverse(
            self.account, award, facts.share, key=key, now=facts.refunded_at,
            recorded_at=self.observed_at, shortfall=self.wallet.shortfall, reference=key,
        )  # fmt: skip
        self.take(outcome)
        self.changed[facts.reference] = attrs.evolve(
            told,
            share=facts.share,
            taken=told.taken + getattr(outcome, "points", 0),
            forgiven=told.forgiven + sum(entry.forgiven for entry in outcome.entries),
        )

    def remember(self, orders: Iterable[OrderFacts]) -> None:
        """Keep what is known of the orders that were awarded."""
        for facts in orders:
            told = self.told(facts.reference)
            if told is not None and _differs(facts, told.known):
                self.changed[facts.reference] = attrs.evolve(told, known=facts)

    def _now(self, facts: OrderFacts, due: datetime) -> datetime:
        """Give the moment at which a new moment of activation became known."""
        known = [at for at in (facts.shipped_at, facts.completed_at) if at is not None]
        return min([due, *known])


def _steps(
    orders: Iterable[OrderFacts], pen: _Pen
) -> Iterable[tuple[datetime, str, int, Callable[[OrderFacts], None], OrderFacts]]:
    """Give what may be new, with what sorts it: when, which order, what comes first of one moment."""
    for facts in orders:
        known = pen.told(facts.reference)
        if known is None:
            if pen.wallet.earn is None or not facts.gross:
                continue
            yield facts.paid_at, facts.reference, 0, pen.award, facts
        elif (due := activation(facts, pen.wallet.waiting)) is not None:
            yield due, facts.reference, 1, pen.free, facts
        if facts.refunded_at is not None and (known is None or facts.share > known.share):
            yield max(facts.refunded_at, facts.paid_at), facts.reference, 2, pen.refund, facts


def earner_of(facts: OrderFacts) -> Earner:
    """Give an order as one to earn on: the parts that a backend said, else what an export tells.

    An exported order came to its gross after all discounts. Its postage is what the file says of it; the rest
    was paid for goods, and is shared out to the lines by what they sold for before refunds, so that a
    discount on the order lies on all of them. Without lines, or where all sold for nothing, the goods are one
    part. Postage is never guessed from the difference between an order and its lines: that may be a coupon, a
    line that was closed or a price that was changed as well. Tax is within the prices.
    """
    if facts.parts is not None:
        return facts.parts
    goods = facts.gross - facts.shipping
    shares = split(goods, facts.lines) if any(facts.lines) else (goods,)
    lines = tuple(LineAmount(id=str(n), price=share) for n, share in enumerate(shares))
    return Earner(reference=facts.reference, lines=lines, shipping=facts.shipping)


def _differs(one: object, other: object) -> bool:
    """Tell whether two values differ; most often they are the very same, and nobody need look into them."""
    return one is not other and one != other
