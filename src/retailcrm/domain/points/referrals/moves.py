"""What happens to a referral: an order counts, goes back, or a person decides."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.lots import Bucket
from retailcrm.domain.points.outcomes import Accepted
from retailcrm.domain.points.referrals.states import BothSides, Brought, NotBrought, Side, Stage, attributed
from retailcrm.domain.points.reversal import Reversed, reverse
from retailcrm.domain.points.settling import settle
from retailcrm.domain.points.spending import accepted
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.lots import Lot
    from retailcrm.domain.points.programme import Referral
    from retailcrm.domain.points.referrals.states import CompletedOrder, Flag, Hindrance
    from retailcrm.domain.points.wallets import Wallet

_DAY: Final = timedelta(days=1)


def qualify(
    state: Brought,
    order: CompletedOrder,
    rule: Referral,
    *,
    referrer: Account,
    referred: Account,
    wallet: Wallet,
    key: str,
    now: datetime,
    flags: Iterable[Flag] = (),
    bought_at: datetime | None = None,
) -> BothSides | NotBrought:
    """Let a completed order count: both sides are awarded, and wait through the return window.

    Args:
        state: The customer's referral.
        order: Completed; orders are given in the sequence of their completion, the first that counts does.
        rule: What both sides earn. An order of nothing never counts, whatever ``least`` says.
        referrer: Account of the one whom :func:`attributed` finds.
        referred: Account of the one who came.
        wallet: Whose expiry and inactivity apply.
        key: The command's idempotency key.
        now: When it is written; aware.
        flags: What the checks noticed about the two.
        bought_at: When she first paid for any other order; ``None`` if never.

    Returns:
        Both sides; they wait for a person where there are flags and the rule says ``wait``. Or what is in
        the way.

    Raises:
        InputError: The order completes in the future.
    """
    if order.completed_at > now:
        raise InputError("an order counts when it is completed")
    raised = tuple(sorted(flags, key=lambda flag: flag.code))
    if (refusal := _hindered(state, order, rule, referrer, referred, bought_at)) is not None:
        return refusal
    counted = _counted(state, order, rule, raised, bought_at)
    if counted.stage is Stage.REFUSED:
        codes = ", ".join(flag.code for flag in raised)
        return NotBrought(state=counted, hindrance="flagged", message=f"checks raised flags: {codes}")
    sides = [
        _awarded(account, points, lot, counted, order, wallet, key=key, now=now)
        for account, points, lot in zip((referrer, referred), counted.points, counted.lots, strict=True)
    ]
    return BothSides(state=counted, referrer=sides[0], referred=sides[1])


def _counted(
    state: Brought,
    order: CompletedOrder,
    rule: Referral,
    raised: tuple[Flag, ...],
    bought_at: datetime | None,
) -> Brought:
    """Give a referral that an order counts for; flags refuse it, or let it wait for a person."""
    click = attributed(state, order.ordered_at, rule, bought_at)
    assert click is not None  # noqa: S101 - nothing hindered
    held = bool(raised) and rule.flagged == "wait"
    return attrs.evolve(
        state,
        stage=Stage.HELD if held else Stage.REFUSED if raised else Stage.QUALIFIED,
        referrer=click.referrer,
        order=order.reference,
        ordered_at=order.ordered_at,
        due_at=order.completed_at + rule.days * _DAY,
        least=max(rule.least, 1),
        points=(0, 0) if raised and not held else (rule.referrer, rule.referred),
        flags=raised,
    )


def _hindered(
    state: Brought,
    order: CompletedOrder,
    rule: Referral,
    referrer: Account,
    referred: Account,
    bought_at: datetime | None,
) -> NotBrought | None:
    """Find what keeps an order from counting, before any check is asked."""

    def no(hindrance: Hindrance, message: str) -> NotBrought:
        return NotBrought(state=state, hindrance=hindrance, message=message)

    if state.stage is not Stage.ATTRIBUTED:
        return no("counted", "a customer is brought once, and she was")
    if referrer.id == referred.id:
        return no("self", "nobody brings herself")
    if attributed(state, order.ordered_at, rule) is None:
        return no("no_click", f"she followed no link in the {rule.within} days before the order")
    if attributed(state, order.ordered_at, rule, bought_at) is None:
        return no("customer", "she had bought before she followed the link: nobody brings a customer")
    if order.net < max(rule.least, 1):
        return no("minimum", f"the order comes to less than {max(rule.least, 1)}, refunds taken off")
    return None


def _awarded(
    account: Account,
    points: int,
    lot: str,
    state: Brought,
    order: CompletedOrder,
    wallet: Wallet,
    *,
    key: str,
    now: datetime,
) -> Accepted:
    outcome = earn(
        account,
        points,
        lot=lot,
        source=state.source,
        key=key,
        now=now,
        effective_at=order.completed_at,
        activates_at=None if state.stage is Stage.HELD else state.due_at,
        expiry=wallet.expiry,
        limit_at=wallet.expiry.after(order.completed_at) if wallet.expiry_from == "award" else None,
        idle=wallet.inactive,
        reason=f"order {order.reference}",
    )
    assert isinstance(outcome, Accepted)  # noqa: S101 - an award is never refused
    return outcome


def refunded(
    state: Brought,
    order: str,
    net: int,
    *,
    referrer: Side,
    referred: Side,
    wallet: Wallet,
    key: str,
    now: datetime,
    effective_at: datetime | None = None,
) -> BothSides:
    """Take both sides' points back once the order that counted has gone back, or is too small by now.

    By the referral's own record: what the rules say today does not matter. Told of twice, or of another
    order, it changes nothing.

    Where both accounts have become one meanwhile, the second side's entries follow the first's.

    Args:
        state: The customer's referral.
        order: The order that was refunded.
        net: What it comes to now, refunds taken off, minor units.
        referrer: The one who brought her.
        referred: The one who came.
        wallet: What to do where the points are spent.
        key: The command's idempotency key.
        now: When it is written; aware.
        effective_at: When the refund took effect; ``now`` if left out.

    Raises:
        InputError: The award's lot is closed, and is not given.
    """
    over = state.stage not in (Stage.HELD, Stage.QUALIFIED)
    if over or order != state.order or net >= state.least:
        return _unchanged(state, referrer, referred)

    def take(side: Side, points: int, root: str) -> Accepted:
        outcome = reverse(
            side.account,
            Reversed(
                awarded=points,
                lots=_lots(side, root, points),
                # Nobody owes points that lapsed, wherever they did.
                forgiven=sum(lot.expired for lot in side.elsewhere if lot.root == root),
            ),
            Fraction(1),
            key=key,
            now=now,
            effective_at=effective_at,
            shortfall=wallet.shortfall,
            reference=order,
        )
        assert isinstance(outcome, Accepted)  # noqa: S101 - the whole is never less than before
        return outcome

    return _both(attrs.evolve(state, stage=Stage.RETURNED), referrer, referred, take)


def decide(
    state: Brought,
    *,
    release: bool,
    referrer: Side,
    referred: Side,
    actor: str,
    key: str,
    now: datetime,
    reason: str = "",
) -> BothSides | NotBrought:
    """Decide, as a person, about points that wait because of a flag.

    Args:
        state: The customer's referral, held.
        release: Let both sides have their points, at the end of the return window or now if that is past;
            else both lose them for ever.
        referrer: The one who brought her.
        referred: The one who came.
        actor: Who decided; not empty.
        key: The command's idempotency key.
        now: When; aware.
        reason: Why, for the journal.

    Raises:
        InputError: Nobody decided.
    """
    if not actor.strip():
        raise InputError("a decision needs somebody who decided it")
    if state.stage is not Stage.HELD:
        return NotBrought(state=state, hindrance="not_held", message="nothing of this referral waits")
    stage, word = (Stage.QUALIFIED, "released") if release else (Stage.REFUSED, "declined")

    def end(side: Side, points: int, root: str) -> Accepted:
        draft = Draft(side.account, key, now)
        settle(draft)
        waiting = [lot for lot in draft.account.lots if lot.root == root and lot.pending]
        write = _free if release else _take_back
        if points and waiting:
            write(draft, waiting, max(state.due_at or now, now), reason or word, actor)
        settle(draft)
        return accepted(draft, sum(lot.pending for lot in waiting))

    return _both(attrs.evolve(state, stage=stage, decided_by=actor), referrer, referred, end)


def _free(draft: Draft, waiting: Sequence[Lot], begins: datetime, reason: str, actor: str) -> None:
    """Let waiting points be spent from a moment on."""
    freed = [lot.starting(begins) for lot in waiting]
    draft.write(Verb.RESCHEDULE, changed=freed, reason=reason, actor=actor)


def _take_back(draft: Draft, waiting: Sequence[Lot], _: datetime, reason: str, actor: str) -> None:
    """Take waiting points back."""
    shifts = [(lot, Bucket.PENDING, Bucket.REVERSED, lot.pending) for lot in waiting]
    draft.write(Verb.REVERSE, shifts, reason=reason, actor=actor)


def _both(
    state: Brought, referrer: Side, referred: Side, change: Callable[[Side, int, str], Accepted]
) -> BothSides:
    """Change one side, then the other, on what the first has left where both are one account by now."""
    first = change(referrer, state.points[0], state.lots[0])
    if referred.account.id == referrer.account.id:
        referred = attrs.evolve(referred, account=first.account)
    return BothSides(state=state, referrer=first, referred=change(referred, state.points[1], state.lots[1]))


def _lots(side: Side, root: str, points: int) -> tuple[Lot, ...]:
    """Give the lots of one side's award, open ones first; a merge may have renamed them."""
    open_ones = [lot for lot in side.account.lots if lot.root == root]
    ids = {lot.id for lot in open_ones}
    lots = (*open_ones, *(lot for lot in side.lots if lot.root == root and lot.id not in ids))
    if points and not lots and not side.elsewhere:
        raise InputError(f"the closed lot {root} is needed to see what was spent of it")
    return lots


def _unchanged(state: Brought, referrer: Side, referred: Side) -> BothSides:
    return BothSides(
        state=state,
        referrer=Accepted(account=referrer.account, entries=(), points=0),
        referred=Accepted(account=referred.account, entries=(), points=0),
    )
