"""What is written where one customer brings another: both accounts together, or neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.domain.points.outcomes import Refusal
from retailcrm.domain.points.referrals import (
    BothSides,
    Brought,
    CompletedOrder,
    NotBrought,
    Side,
    attributed,
    clicked,
    decide,
    qualify,
    refunded,
)
from retailcrm.errors import InputError, NotFoundError, SettingsError
from retailcrm.ports.referral_checks import Contact, ReferralFacts, flags_of
from retailcrm.shop.loyalty.once import Plan

if TYPE_CHECKING:
    from datetime import datetime

    from retailcrm.domain.identity import Identity
    from retailcrm.domain.orders import Order
    from retailcrm.domain.points.programme import Referral
    from retailcrm.domain.points.referrals import Flag
    from retailcrm.shop.loyalty.accounts import Accounts, Current


def followed_link(
    accounts: Accounts, referrer: str | Identity, referred: str | Identity, at: datetime | None
) -> Plan | Refusal:
    """Note that somebody followed a customer's link."""
    _rule(accounts)
    bringer, came = accounts.customer(referrer), accounts.customer(referred)
    found = clicked(accounts.ledger.referral(came), bringer, came, at or accounts.clock())
    if isinstance(found, NotBrought):
        return _hindered(accounts, found)
    return Plan(changes=(), points=0, referrals=(found,))


def told_of_order(
    accounts: Accounts, order: Order, contacts: tuple[Contact, Contact] | None, key: str
) -> Plan | Refusal:
    """Let an order of somebody who was brought count, or take back what it earned both sides."""
    rule = _rule(accounts)
    if order.buyer is None or order.net is None or order.placed_at is None:
        raise InputError(f"order {order.ref} tells no buyer, amount or moment")
    came = accounts.customer(order.buyer)
    state = accounts.ledger.referral(came)
    if state is None:
        return _hindered(accounts, NotBrought(state=None, hindrance="no_click", message="nobody brought her"))
    now, reference, net = accounts.clock(), str(order.ref), order.net.minor
    if state.order == reference:
        sides = _sides(accounts, state)
        back = refunded(
            state, reference, net, referrer=sides[0][1], referred=sides[1][1],
            wallet=sides[0][0].wallet, key=key, now=now, effective_at=order.refunded_at,
        )  # fmt: skip
        return _both(sides[0][0], sides[1][0], back)
    click = attributed(state, order.placed_at, rule)
    if click is None or order.completed_at is None:
        missing = "no link was followed in time" if click is None else "the order is not completed"
        return _hindered(accounts, NotBrought(state=state, hindrance="no_click", message=missing))
    done = CompletedOrder(
        reference=reference, ordered_at=order.placed_at, completed_at=order.completed_at, net=net
    )
    giving, taking = accounts.current(click.referrer), accounts.current(came)
    found = qualify(
        state, done, rule, referrer=giving.account, referred=taking.account, wallet=giving.wallet, key=key,
        now=now, flags=_flags(accounts, click.referrer, came, contacts, order.placed_at),
    )  # fmt: skip
    return _hindered(accounts, found) if isinstance(found, NotBrought) else _both(giving, taking, found)


def decided(
    accounts: Accounts, referred: str | Identity, actor: str, key: str, *, release: bool
) -> Plan | Refusal:
    """Release points that wait because of a flag, or decline them."""
    state = accounts.ledger.referral(accounts.customer(referred))
    if state is None:
        raise NotFoundError(f"nobody brought {referred!r}")
    (giving, first), (taking, second) = _sides(accounts, state)
    found = decide(
        state, release=release, referrer=first, referred=second, actor=actor, key=key, now=accounts.clock()
    )
    return _hindered(accounts, found) if isinstance(found, NotBrought) else _both(giving, taking, found)


def _flags(
    accounts: Accounts,
    referrer: str,
    referred: str,
    contacts: tuple[Contact, Contact] | None,
    at: datetime,
) -> tuple[Flag, ...]:
    others = [one for one in accounts.ledger.referrals() if one.referrer]
    facts = ReferralFacts(
        at=at,
        zone=accounts.policy.zone,
        brought_by={one.referred: one.referrer for one in others},
        earlier=tuple(click.at for one in others if one.referrer == referrer for click in one.clicks[-1:]),
    )
    known = contacts or (Contact(customer=referrer), Contact(customer=referred))
    return flags_of(accounts.checks, known[0], known[1], facts)


def _sides(accounts: Accounts, state: Brought) -> tuple[tuple[Current, Side], tuple[Current, Side]]:
    def side(customer: str, root: str) -> tuple[Current, Side]:
        current = accounts.current(customer)
        return current, Side(account=current.account, lots=accounts.lots_of(current, root))

    return side(state.referrer, state.lots[0]), side(state.referred, state.lots[1])


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
        referrals=(found.state,),
    )


def _hindered(accounts: Accounts, found: NotBrought) -> Plan | Refusal:
    """Refuse; but an end that is to be remembered is written."""
    if found.state is not None and found.hindrance == "flagged":
        return Plan(changes=(), points=0, detail={"stage": found.state.stage.value}, referrals=(found.state,))
    return Refusal(
        account=accounts.empty(""), entries=(), limit="referral", asked=0, allowed=0, message=found.message
    )


def _rule(accounts: Accounts) -> Referral:
    if accounts.programme.referral is None:
        raise SettingsError("the programme has no [points.referral]")
    return accounts.programme.referral
