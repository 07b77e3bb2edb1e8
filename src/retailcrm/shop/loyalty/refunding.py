"""What is written where an order goes back: its award, and the points that were spent on it.

Refunds are told in two ways: by the verbs here, one by one, and by the files, as what was paid back so far.
Both may tell of the same refund. So what the verbs were told is added up by order, and the larger of the two
sums counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.periods import in_utc
from retailcrm.domain.points.holds import total
from retailcrm.domain.points.outcomes import Refusal
from retailcrm.domain.points.refunds import amounts_of, refunded_share, split_refund
from retailcrm.domain.points.reversal import Reversed, give_back, reverse
from retailcrm.domain.points.spending import divided
from retailcrm.errors import InputError
from retailcrm.ports.ledger import Change, RefundsTold, Spending
from retailcrm.shop.loyalty.accounts import account_id, customer_of
from retailcrm.shop.loyalty.once import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from retailcrm.domain.money import Money
    from retailcrm.domain.points.following import Awarded
    from retailcrm.shop.loyalty.accounts import Accounts, Current
    from retailcrm.shop.loyalty.spending import Cause


@attrs.frozen(kw_only=True)
class _Order:
    """All that is known of an order whose refund is told.

    Attributes:
        accounts: The shop's accounts.
        current: The account that its award is in, or else that its points were spent from.
        told: Its award; ``None`` if it earned nothing that anybody wrote down.
        home: The account that the award was written in.
        spent: What was redeemed for it, oldest first.
        before: What the verbs were told so far.
    """

    accounts: Accounts
    current: Current
    told: Awarded | None
    home: str
    spent: tuple[Spending, ...]
    before: RefundsTold

    @property
    def cash(self) -> int:
        """Paid with money, minor units."""
        return 0 if self.told is None else self.told.gross

    @property
    def cash_back(self) -> int:
        """Money paid back so far, minor units, by verbs or by the files."""
        by_files = 0 if self.told is None else self.told.known.refunded
        return min(max(self.before.cash, by_files), self.cash)


def reversed_by(
    accounts: Accounts,
    order: str,
    refunded: Money,
    lines: Mapping[str, Money] | None,
    key: str,
    at: datetime | None,
    wallet: str,
) -> Plan | Refusal:
    """Take back what a refund takes of an award."""
    known = _order(accounts, order, wallet)
    if known is None or known.told is None:
        return _nothing(accounts, wallet, f"nothing was awarded for order {order!r}")
    _check(accounts, [refunded, *(lines or {}).values()])
    of_lines = {line: amount.minor for line, amount in (lines or {}).items()}
    if sum(of_lines.values()) > refunded.minor:
        raise InputError("more is refunded on the lines than in all")
    after = known.before.told(refunded.minor, of_lines)
    return _taken_back(known, known.told, after, key, at)


def refunded_order(
    accounts: Accounts,
    order: str,
    amount: Money,
    key: str,
    at: datetime | None,
    cause: Cause,
    wallet: str,
) -> Plan | Refusal:
    """Take back what an order earned and give back what was spent on it, by what was paid how."""
    known = _order(accounts, order, wallet)
    if known is None:
        return _nothing(accounts, wallet, f"nobody earned or spent points with order {order!r}")
    _check(accounts, [amount])
    cash, value, points = _parts(known, amount.minor)
    after = attrs.evolve(known.before.told(cash, {}), value=known.before.value + value)
    back, changes, spendings = _given_back(known, points, cause, key)
    if isinstance(back, Refusal):
        return back
    plan = Plan(changes=(), points=0)
    if known.told is not None:
        taken = _taken_back(attrs.evolve(known, current=back), known.told, after, key, at)
        if isinstance(taken, Refusal):
            return taken
        plan = taken
    own = plan.changes or ((back.change(back.account),) if back is not known.current else ())
    return attrs.evolve(
        plan,
        changes=(*own, *changes),
        points=points,
        detail={"cash": cash, "given_back": points, "taken_back": plan.points},
        spendings=spendings,
        refunds=(after,),
    )


def _order(accounts: Accounts, order: str, wallet: str) -> _Order | None:
    """Find an order by its award and by what was spent on it."""
    name = accounts.programme.wallet(wallet).name
    home = accounts.ledger.awarded(name, order)
    if home is None and (buyer := accounts.buyer_of(order)) is not None:
        home = account_id(name, buyer)
    spent = tuple(one for one in accounts.ledger.spent_on(name, order) if one.value)
    if home is None and not spent:
        return None
    account = home if home is not None else spent[0].account
    current = accounts.current(customer_of(account), name)
    return _Order(
        accounts=accounts,
        current=current,
        told=accounts.awards(current).get(order),
        home=home or current.stored.id,
        spent=spent,
        before=accounts.ledger.refunds(name, order) or RefundsTold(wallet=name, order=order),
    )


def _parts(known: _Order, amount: int) -> tuple[int, int, int]:
    """Divide a refund between money, points' worth and points, never more of each than is left."""
    worth, points = sum(one.value for one in known.spent), sum(one.points for one in known.spent)
    left_cash, left_worth = known.cash - known.cash_back, worth - known.before.value
    so_far = known.cash_back + known.before.value
    ideal = split_refund(
        paid_cash=known.cash, paid_points_value=worth, points_spent=points, refund_so_far=0,
        refund_now=so_far + amount, how=known.current.wallet.redemption.refund,
    )  # fmt: skip
    amount = min(amount, left_cash + left_worth)
    cash = min(max(ideal.cash - known.cash_back, amount - left_worth, 0), left_cash, amount)
    value = amount - cash
    there = sum(total(one.allocations) for one in known.spent)
    after = known.before.value + value
    due = points if after == worth else points * after // max(worth, 1)
    return cash, value, min(max(due - (points - there), 0), there)


def _given_back(
    known: _Order, points: int, cause: Cause, key: str
) -> tuple[Current | Refusal, tuple[Change, ...], tuple[Spending, ...]]:
    """Return points to the redemptions' lots, the first redemption first; in whichever account they lie."""
    current, changes, spendings = known.current, [], []
    left = points
    for one in known.spent:
        part = min(left, total(one.allocations))
        left -= part
        if not part:
            continue
        here = one.account == current.stored.id
        whose = current if here else known.accounts.at(one.account)
        policy = whose.wallet.late if cause == "customer" else whose.wallet.late_by_shop
        lots = known.accounts.all_lots(whose)
        outcome = give_back(
            whose.account, one.allocations, part, lots, key=key, now=known.accounts.clock(), policy=policy,
            reference=f"order:{known.before.order}",
        )  # fmt: skip
        if isinstance(outcome, Refusal):
            return outcome, (), ()
        spendings.append(attrs.evolve(one, allocations=divided(one.allocations, part)[1]))
        if here:
            current = whose.after(outcome)
        else:
            changes.append(whose.change(outcome.account, outcome.entries))
    return current, tuple(changes), tuple(spendings)


def _taken_back(
    known: _Order, told: Awarded, after: RefundsTold, key: str, at: datetime | None
) -> Plan | Refusal:
    """Reverse an award up to what was refunded so far."""
    accounts, current, now = known.accounts, known.current, known.accounts.clock()
    by_verbs = refunded_share(
        told.award, amounts_of(told.order), lines=after.lines, order=after.cash - sum(after.lines.values())
    )
    share = max(told.share, by_verbs)
    award = Reversed(
        awarded=told.award.points, lots=accounts.lots_of(current, told.lot),
        points=told.taken, forgiven=told.forgiven, lapsed=accounts.lapsed_of(current.stored.id, told),
    )  # fmt: skip
    outcome = reverse(
        current.account, award, share, key=key, now=now, effective_at=in_utc(at) if at else now,
        shortfall=current.wallet.shortfall, reference=f"order:{told.reference}",
    )  # fmt: skip
    if isinstance(outcome, Refusal):
        return outcome
    changed = attrs.evolve(
        told,
        share=share,
        taken=told.taken + outcome.points,
        forgiven=told.forgiven + sum(entry.forgiven for entry in outcome.entries),
    )
    others = [(a, one) for a, one in current.awards if one.reference != told.reference]
    return Plan(
        changes=(current.change(outcome.account, outcome.entries),),
        points=outcome.points,
        awards=(*others, (known.home, changed)),
        spendings=current.spendings,
        refunds=(after,),
    )


def _check(accounts: Accounts, amounts: Sequence[Money]) -> None:
    currency = accounts.policy.currency
    for amount in amounts:
        if amount.currency != currency or amount.minor < 1:
            raise InputError(f"a refund is an amount in {currency} above 0, not {amount}")


def _nothing(accounts: Accounts, wallet: str, message: str) -> Refusal:
    return Refusal(
        account=accounts.empty(wallet), entries=(), limit="nothing", asked=0, allowed=0, message=message
    )
