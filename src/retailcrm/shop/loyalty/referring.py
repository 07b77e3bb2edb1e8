"""What is written where one customer brings another: both accounts together, or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.domain.identity import CustomerId
from retailcrm.domain.orders import OrderState
from retailcrm.domain.points.outcomes import Refusal
from retailcrm.domain.points.referrals import (
    BothSides,
    Brought,
    Click,
    CompletedOrder,
    NotBrought,
    Side,
    Stage,
    attributed,
    clicked,
    decide,
    qualify,
    refunded,
)
from retailcrm.errors import CurrencyMismatchError, InputError, NotFoundError, SettingsError
from retailcrm.ports.referral_checks import Contact, ReferralFacts, flags_of
from retailcrm.shop.loyalty.accounts import account_id
from retailcrm.shop.loyalty.once import Plan
from retailcrm.shop.loyalty.orders_told import bought_before, went_back

if TYPE_CHECKING:
    from datetime import datetime

    from retailcrm.domain.identity import Identity
    from retailcrm.domain.orders import Order
    from retailcrm.domain.points.programme import Referral
    from retailcrm.domain.points.referrals import Flag
    from retailcrm.shop.loyalty.accounts import Accounts, Current


def referral_of(accounts: Accounts, who: str | Identity) -> Brought | None:
    """Find somebody's referral, under whichever of her ids it was noted.

    A customer is brought once: where more than one of her ids was, the one that waits for a person comes
    first, then the one that clicked first. Before an order counted, the clicks of all her ids are hers.
    """
    customer = accounts.customer(who)
    ids = sorted(_ids(accounts, customer))
    found = [one for name in ids if (one := accounts.ledger.referral(name)) is not None]
    brought = [one for one in found if one.stage is not Stage.ATTRIBUTED]
    if brought:
        return min(brought, key=lambda one: (one.stage is not Stage.HELD, one.clicks, one.referred))
    if not found:
        return None
    return Brought(referred=customer, clicks=tuple(sorted({click for one in found for click in one.clicks})))


def waiting(accounts: Accounts) -> tuple[Brought, ...]:
    """Give the referrals that wait for a person, the longest first."""
    held = [one for one in accounts.ledger.referrals() if one.stage is Stage.HELD]
    return tuple(sorted(held, key=lambda one: (str(one.due_at), one.referred)))


def followed_link(
    accounts: Accounts, referrer: str | Identity, referred: str | Identity, at: datetime | None
) -> Plan | Refusal:
    """Note that somebody followed a customer's link."""
    _rule(accounts)
    bringer, came = accounts.customer(referrer), accounts.customer(referred)
    found = clicked(referral_of(accounts, came), bringer, came, at or accounts.clock())
    if isinstance(found, NotBrought):
        return _refusal(accounts, found.message)
    return Plan(changes=(), points=0, referrals=(found,))


def told_of_order(
    accounts: Accounts, order: Order, contacts: tuple[Contact, Contact] | None, key: str
) -> Plan | Refusal:
    """Let an order of somebody who was brought count, or take back what it earned both sides."""
    net, placed_at = _net(order, accounts.policy.currency), order.placed_at or order.paid_at
    if order.buyer is None or net is None or placed_at is None:
        facts = (("buyer", order.buyer), ("amount", net), ("moment: neither placed nor paid", placed_at))
        missing = ", ".join(f"no {name}" for name, fact in facts if fact is None)
        raise InputError(f"order {order.ref} tells {missing}")
    counted = accounts.ledger.referral_of(str(order.ref))
    if counted is not None:
        return _told_again(accounts, counted, net, order.refunded_at or order.refund_first_seen, key)
    rule, came = _rule(accounts), accounts.customer(order.buyer)
    state = referral_of(accounts, came)
    if state is None:
        return _refusal(accounts, "nobody brought her")
    if state.stage is not Stage.ATTRIBUTED:
        return _refusal(accounts, "a customer is brought once, and she was")
    if order.completed_at is None:
        return _refusal(accounts, "the order is not completed")
    bought_at = bought_before(accounts, came, _ids(accounts, came), str(order.ref))
    back = went_back(accounts, came, str(order.ref))
    done = CompletedOrder(
        reference=str(order.ref),
        ordered_at=placed_at,
        completed_at=order.completed_at,
        net=net if back is None else min(net, back.net),
    )
    click = attributed(state, placed_at, rule, bought_at) or attributed(state, placed_at, rule)
    if click is None:
        return _refusal(accounts, "no link was followed in time")
    return _qualified(accounts, state, done, rule, click, bought_at, contacts, key)


def _qualified(
    accounts: Accounts,
    state: Brought,
    order: CompletedOrder,
    rule: Referral,
    click: Click,
    bought_at: datetime | None,
    contacts: tuple[Contact, Contact] | None,
    key: str,
) -> Plan | Refusal:
    giving, taking = accounts.current(click.referrer), accounts.current(state.referred)
    flags = _flags(accounts, click.referrer, state.referred, contacts, order.ordered_at)
    found = qualify(
        state, order, rule, referrer=giving.account, referred=taking.account, wallet=giving.wallet, key=key,
        now=accounts.clock(), flags=flags, bought_at=bought_at,
    )  # fmt: skip
    if isinstance(found, BothSides):
        return _both(giving, taking, found)
    refusal = _refusal(accounts, found.message)
    if found.state is None or found.hindrance != "flagged":
        return refusal
    return Plan(changes=(), points=0, referrals=(found.state,), refusal=refusal)


def _told_again(
    accounts: Accounts, state: Brought, net: int, refunded_at: datetime | None, key: str
) -> Plan | Refusal:
    """Take in what an order tells that counted before."""
    if state.stage is Stage.REFUSED:
        codes = ", ".join(flag.code for flag in state.flags)
        declined = ", and a person declined" if state.decided_by else ""
        return _refusal(accounts, f"checks raised flags: {codes}{declined}")
    return taken_back(accounts, state, net, refunded_at, key, accounts.clock())


def taken_back(
    accounts: Accounts, state: Brought, net: int, refunded_at: datetime | None, key: str, now: datetime
) -> Plan:
    """Take both sides' points back if the order that counted comes to too little by now.

    Args:
        accounts: The shop's accounts.
        state: The referral.
        net: What the order comes to now, minor units.
        refunded_at: When it went back; ``None``: now.
        key: The command's idempotency key.
        now: When it is written; aware.
    """
    (giving, first), (taking, second) = _sides(accounts, state)
    found = refunded(
        state, state.order, net, referrer=first, referred=second, wallet=giving.wallet, key=key, now=now,
        effective_at=refunded_at,
    )  # fmt: skip
    return _both(giving, taking, found)


def decided(
    accounts: Accounts, referred: str | Identity, actor: str, key: str, *, release: bool
) -> Plan | Refusal:
    """Release points that wait because of a flag, or decline them."""
    state = referral_of(accounts, referred)
    if state is None:
        raise NotFoundError(f"nobody brought {referred!r}")
    (giving, first), (taking, second) = _sides(accounts, state)
    found = decide(
        state, release=release, referrer=first, referred=second, actor=actor, key=key, now=accounts.clock()
    )
    return (
        _refusal(accounts, found.message) if isinstance(found, NotBrought) else _both(giving, taking, found)
    )


def _net(order: Order, currency: str) -> int | None:
    """Give what an order comes to, refunds taken off; one that is wholly refunded comes to nothing."""
    if order.gross is not None and order.gross.currency != currency:
        raise CurrencyMismatchError(f"order {order.ref} is in {order.gross.currency}, the shop in {currency}")
    if order.net is None:
        return None
    return 0 if order.state is OrderState.REFUNDED and order.refunded is None else order.net.minor


def _flags(
    accounts: Accounts,
    referrer: str,
    referred: str,
    contacts: tuple[Contact, Contact] | None,
    at: datetime,
) -> tuple[Flag, ...]:
    """Ask the checks; everybody goes by her present id."""
    present = accounts.customer
    bringer, came = present(referrer), present(referred)
    others = [one for one in accounts.ledger.referrals() if one.referrer]
    facts = ReferralFacts(
        at=at,
        zone=accounts.policy.zone,
        brought_by={present(one.referred): present(one.referrer) for one in others},
        earlier=tuple(
            one.ordered_at
            for one in others
            if present(one.referrer) == bringer and one.ordered_at is not None
        ),
    )
    known = contacts or (Contact(customer=bringer), Contact(customer=came))
    return flags_of(accounts.checks, known[0], known[1], facts)


def _sides(accounts: Accounts, state: Brought) -> tuple[tuple[Current, Side], tuple[Current, Side]]:
    def side(customer: str, root: str) -> tuple[Current, Side]:
        current = accounts.current(customer)
        others = _ids(accounts, customer) - {accounts.customer(customer)}
        names = [account_id(current.wallet.name, one) for one in sorted(others)]
        elsewhere = [lot for name in names for lot in accounts.ledger.lots(name).values() if lot.root == root]
        here = accounts.lots_of(current, root)
        return current, Side(account=current.account, lots=here, elsewhere=tuple(elsewhere))

    return side(state.referrer, state.lots[0]), side(state.referred, state.lots[1])


def _ids(accounts: Accounts, customer: str) -> set[str]:
    """Give all ids of somebody, the present one included."""
    present = accounts.customer(customer)
    return {present, *(str(one) for one in accounts.merges.aliases.members(CustomerId(present)))}


def _both(giving: Current, taking: Current, found: BothSides) -> Plan:
    one = giving.stored.id == taking.stored.id
    entries = (*found.referrer.entries, *found.referred.entries) if one else found.referrer.entries
    first = giving.change(found.referred.account if one else found.referrer.account, entries)
    second = () if one else (taking.change(found.referred.account, found.referred.entries),)
    return Plan(
        changes=(first, *second),
        points=found.referrer.points + found.referred.points,
        detail={"stage": found.state.stage.value, "referrer": found.state.referrer},
        awards=(*giving.awards, *(() if one else taking.awards)),
        spendings=(*giving.spendings, *(() if one else taking.spendings)),
        referrals=(found.state,),
    )


def _refusal(accounts: Accounts, message: str) -> Refusal:
    return Refusal(
        account=accounts.empty(""), entries=(), limit="referral", asked=0, allowed=0, message=message
    )


def _rule(accounts: Accounts) -> Referral:
    if accounts.programme.referral is None:
        raise SettingsError("the programme has no [points.referral]")
    return accounts.programme.referral
