"""What has become of a reservation: whoever asks for it again must not take its points for held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

from retailcrm.domain.points.entries import Verb
from retailcrm.ports.outcomes import Done, Staged
from retailcrm.shop.loyalty.homes import way_of

if TYPE_CHECKING:
    from retailcrm.ports.outcomes import Outcome
    from retailcrm.shop.loyalty.accounts import Accounts

State = Literal["open", "captured", "void"]


def with_state(accounts: Accounts, outcome: Outcome) -> Outcome:
    """Add to what a reservation came to how it stands now, as ``detail["state"]``.

    Args:
        accounts: The shop's accounts.
        outcome: What the command that made it came to, the first time or again.

    Returns:
        The same with ``open``, ``captured`` or ``void``; a refusal as it is.
    """
    if isinstance(outcome, Staged):
        return attrs.evolve(outcome, done=_with_state(accounts, outcome.done))
    return _with_state(accounts, outcome) if isinstance(outcome, Done) else outcome


def lasting(done: Done) -> Done:
    """Give what an answer says for ever: all of it but how a reservation stands by now.

    Args:
        done: The answer, of the first time or of another.

    Example:
        >>> now = Done(key="k", account="", points=1, version=1, detail={"value": 1, "state": "void"})
        >>> lasting(now).detail
        {'value': 1}
    """
    return attrs.evolve(done, detail={name: one for name, one in done.detail.items() if name != "state"})


def _with_state(accounts: Accounts, done: Done) -> Done:
    state = _state(accounts, done) if done.repeated else "open"
    return attrs.evolve(done, detail={**done.detail, "state": state})


def _state(accounts: Accounts, done: Done) -> State:
    """Tell how a reservation stands that was made before."""
    ledger, name = accounts.ledger, done.key
    home = ledger.holder(name)
    if home is not None:
        hold = ledger.account(home).hold(name)
        # One that timed out is void, whether anybody has written that yet or not.
        return "open" if hold is not None and accounts.clock() < hold.ends_at else "void"
    for account in reversed(way_of(ledger.merged(done.account), done.account)):
        for entry in reversed(ledger.entries(account)):
            if entry.closes == name and entry.verb in (Verb.CAPTURE, Verb.VOID):
                return "captured" if entry.verb is Verb.CAPTURE or entry.reason == "rest" else "void"
    return "void"
