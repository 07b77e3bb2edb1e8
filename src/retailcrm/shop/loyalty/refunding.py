"""What is written where an order goes back: its award, and the points that were spent on it.

Refunds are told in two ways: by the verbs here, one by one, and by the files, as what was paid back so far.
Both may tell of the same refund. So what the verbs were told is added up by order, and the larger of the two
sums counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from retailcrm.domain.money import Money
from retailcrm.domain.periods import in_utc
from retailcrm.domain.points.holds import total
from retailcrm.domain.points.outcomes import Refusal
from retailcrm.domain.points.refunds import amounts_of, refunded_share, split_refund
from retailcrm.domain.points.reversal import Reversed, give_back, reverse
from retailcrm.domain.points.spending import divided
from retailcrm.errors import InputError
from retailcrm.ports.ledger import RefundsTold
from retailcrm.shop.loyalty.accounts import account_id, customer_of
from retailcrm.shop.loyalty.joining import as_known
from retailcrm.shop.loyalty.once import Plan
from retailcrm.shop.loyalty.orders_told import imported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from retailcrm.domain.points.following import Awarded, OrderFacts
    from retailcrm.domain.points.outcomes import Limit
    from retailcrm.ports.ledger import Spending
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
        paid: Paid with money, minor units; ``None`` if nobody has said.
        by_files: Of this, paid back by what files and backends show of the order.
    """

    accounts: Accounts
    current: Current
    told: Awarded | None
    home: str
    spent: tuple[Spending, ...]
    before: RefundsTold
    paid: int | None
    by_files: int

    @property
    def cash(self) -> int:
        """Paid with money, minor units."""
        return self.paid or 0

    @property
    def cash_back(self) -> int:
        """Money paid back so far, minor units, by verbs or by the files."""
        return min(max(self.before.cash, self.by_files), self.cash)

    @property
    def worth(self) -> int:
        """Paid with points, minor units."""
        return sum(one.value for one in self.spent)

    @property
    def left(self) -> int:
        """What verbs may still be told of as refunded, money and points' worth, minor units."""
        return max(self.cash - self.before.cash, 0) + max(self.worth - self.before.value, 0)


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
    if (refusal := _too_much(known, amount)) is not None:
        return refusal
    cash, value, points = _parts(known, amount.minor)
    after = attrs.evolve(known.before.told(cash, {}), value=known.before.value + value)
    back = _given_back(known, points, cause, key)
    if isinstance(back, Refusal):
        return back
    current, others = back
    plan: Plan | Refusal = Plan(
        changes=(current.change(current.account),), points=0, awards=current.awards,
        spendings=current.spendings, refunds=(after,),
    )  # fmt: skip
    if known.told is not None:
        plan = _taken_back(attrs.evolve(known, current=current), known.told, after, key, at)
    if isinstance(plan, Refusal):
        return plan
    return attrs.evolve(
        plan,
        changes=(*plan.changes, *(one.change(one.account) for one in others)),
        points=points,
        detail={
            "cash": cash,
            "given_back": points,
            "taken_back": plan.points,
            "told_already": amount.minor - cash - value,
        },
        spendings=tuple(one for whose in (current, *others) for one in whose.spendings),
    )


def _too_much(known: _Order, amount: Money) -> Refusal | None:
    """Refuse a refund of an order of which nobody knows what it cost, or of more than is left of it."""
    order, left = known.before.order, known.left
    if known.paid is None:
        return _refusal(
            known, "unknown_order", amount.minor, 0,
            f"nobody has said what was paid for order {order!r} with money: hand it to earn and refund it "
            "then, or give its points back by the key that they were redeemed with",
        )  # fmt: skip
    if amount.minor > left:
        message = f"{Money(left, amount.currency)} of order {order!r} can still be refunded"
        return _refusal(known, "refund_total", amount.minor, left, message)
    return None


def _refusal(known: _Order, limit: Limit, asked: int, allowed: int, message: str) -> Refusal:
    return Refusal(
        account=known.current.stored, entries=(), limit=limit, asked=asked, allowed=allowed, message=message
    )


def _order(accounts: Accounts, order: str, wallet: str) -> _Order | None:
    """Find an order by its award and by what was spent on it."""
    name = accounts.programme.wallet(wallet).name
    home = accounts.ledger.awarded(name, order)
    if home is None and (buyer := accounts.buyer_of(order)) is not None:
        home = account_id(name, buyer)
    spent = tuple(as_known(accounts, one) for one in accounts.ledger.spent_on(name, order) if one.value)
    if home is None and not spent:
        return None
    account = home if home is not None else spent[0].account
    current = accounts.current(customer_of(account), name)
    told = accounts.award(current, order)
    facts = _elsewhere(accounts, order) if told is None else told.known
    return _Order(
        accounts=accounts,
        current=current,
        told=told,
        home=home or current.stored.id,
        spent=spent,
        before=accounts.ledger.refunds(name, order) or RefundsTold(wallet=name, order=order),
        paid=facts.gross if facts is not None else 0 if _by_points_alone(accounts, spent) else None,
        by_files=0 if facts is None else facts.refunded,
    )


def _elsewhere(accounts: Accounts, order: str) -> OrderFacts | None:
    """Give what the files, or awards in other wallets, tell of an order that earned nothing in this one."""
    buyer = accounts.buyer_of(order)
    facts = () if buyer is None else imported(accounts, buyer)
    if (found := next((one for one in facts if one.reference == order), None)) is not None:
        return found
    homes = (accounts.ledger.awarded(wallet.name, order) for wallet in accounts.programme.wallets)
    home = next((home for home in homes if home is not None), None)
    return None if home is None else accounts.ledger.awards(home)[order].known


def _by_points_alone(accounts: Accounts, spent: Sequence[Spending]) -> bool:
    """Tell whether points paid all that was left to be paid of a cart.

    Where they left something, nobody knows yet whether it was paid.
    """
    effects = (accounts.ledger.effect(verb, one.key) for one in spent for verb in ("redeem", "capture"))
    return any(one.done.detail.get("remainder") == 0 for one in effects if one is not None)


def _parts(known: _Order, amount: int) -> tuple[int, int, int]:
    """Divide a refund between money, points' worth and points, never more of each than is left."""
    worth, points = known.worth, sum(one.points for one in known.spent)
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
) -> tuple[Current, tuple[Current, ...]] | Refusal:
    """Return points to the redemptions' lots, the first redemption first; in whichever account they lie.

    Returns:
        The order's account, and the others that points returned to.
    """
    home, left = known.current.stored.id, points
    touched = {home: known.current}
    for one in known.spent:
        part = min(left, total(one.allocations))
        left -= part
        if not part:
            continue
        whose = touched.get(one.account) or known.accounts.at(one.account)
        policy = whose.wallet.late if cause == "customer" else whose.wallet.late_by_shop
        lots = known.accounts.all_lots(whose)
        outcome = give_back(
            whose.account, one.allocations, part, lots, key=key, now=known.accounts.clock(), policy=policy,
            reference=f"order:{known.before.order}",
        )  # fmt: skip
        if isinstance(outcome, Refusal):
            return outcome
        rest = attrs.evolve(one, allocations=divided(one.allocations, part)[1])
        touched[one.account] = whose.after(outcome, rest)
    return touched.pop(home), tuple(touched.values())


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
