"""Commands in groups: decided one after the other, written together, acknowledged once that is kept."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

import attrs

from retailcrm.errors import (
    ConflictError,
    DuplicateRowError,
    IdempotencyConflictError,
    InputError,
    RetailCRMError,
    RetryTransactionError,
    StoreError,
    StoreFullError,
    UnknownOutcomeError,
)
from retailcrm.ports.outcomes import Done, Outcome, Refused, Unknown
from retailcrm.shop.loyalty.attempts import Attempts
from retailcrm.shop.loyalty.foreseen import asked_by
from retailcrm.shop.loyalty.grouping import GroupLedger
from retailcrm.shop.loyalty.uncollected import uncollected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from retailcrm.ports.ledger import Ledger
    from retailcrm.shop.loyalty.accounts import Accounts
    from retailcrm.shop.loyalty.loyalty import Loyalty

Command = Callable[["Loyalty"], Outcome]
"""One call of a verb, such as ``lambda points: points.redeem("ann", 300, key="cart:88")``."""

Result = Outcome | RetailCRMError
"""What a command came to, or what it raised: its group goes on without it."""


def in_groups(
    commands: Iterable[Command], size: int, accounts: Accounts, verbs: Callable[[Accounts], Loyalty]
) -> Iterator[tuple[Result, ...]]:
    """Run commands in groups; see :meth:`Loyalty.batch`.

    Args:
        commands: One after the other.
        size: How many are written together, at least 1.
        accounts: The shop's accounts.
        verbs: Gives the verbs on accounts.

    Raises:
        InputError: The size is below 1.
        ConflictError: Others wrote first, again and again.
        StoreError: The store failed; nothing of the group was written.
    """
    if size < 1:
        raise InputError(f"a group has at least 1 command, not {size}")
    coming, keys = iter(commands), Keys(new=not (accounts.ledger.borrowed or accounts.ledger.in_unit))
    while group := tuple(islice(coming, size)):
        yield _group(group, accounts, verbs, keys)


@attrs.define
class Keys:
    """What is thought of the keys of commands.

    Attributes:
        new: Whether they are taken for new, until one is not: most of what is sent is sent for the first
            time. A transaction of somebody else's cannot begin anew, so there each is looked up.
    """

    new: bool


def _group(
    group: Sequence[Command], accounts: Accounts, verbs: Callable[[Accounts], Loyalty], keys: Keys
) -> tuple[Result, ...]:
    """Run a group; where the store does not take it as a whole, one by one, so that the others are taken."""
    try:
        return _together(group, accounts, verbs, keys)
    except (ConflictError, StoreFullError):
        raise
    except RetailCRMError as error:
        if len(group) == 1:
            raise
        whole = error
    results: list[Result] = []
    for command in group:
        try:
            results += _together((command,), accounts, verbs, keys)
        except RetailCRMError as error:
            results.append(error)
    if all(isinstance(one, StoreError) for one in results):
        raise whole
    return tuple(results)


def _together(
    group: Sequence[Command], accounts: Accounts, verbs: Callable[[Accounts], Loyalty], keys: Keys
) -> tuple[Result, ...]:
    """Run commands in one unit; begin anew as long as others write first."""

    def decided(ledger: Ledger) -> Iterator[Result]:
        points = verbs(attrs.evolve(accounts, ledger=ledger))
        return (_result(command, points) for command in group)

    attempts = Attempts()
    asked: set[str] = set()
    trusting = keys.new
    while True:
        results: list[Result] = []
        kept = GroupLedger(accounts.ledger, trusting)
        try:
            with uncollected(), accounts.ledger.unit():
                # Whoever was in the way of another group takes all that it knows of in one sequence, and then
                # waits for what else others have, such as a reward's stock; before it knows, it gives way.
                kept.lock(*asked, hasty=not asked)
                results += decided(kept)
                kept.flush()
        except UnknownOutcomeError as error:
            return tuple(_unknown(one, str(error)) for one in results)
        except RetryTransactionError:
            raise
        except ConflictError as error:
            trusting, keys.new = False, keys.new and not isinstance(error, DuplicateRowError)
            if not asked:
                # Else the next attempt would end at the next account that somebody else has.
                asked |= asked_by(lambda ledger: tuple(decided(ledger)), accounts.ledger)
            asked |= kept.asked
            if not attempts.again():
                raise
        else:
            return tuple(results)


def _result(command: Command, points: Loyalty) -> Result:
    try:
        return command(points)
    except IdempotencyConflictError as error:
        return error
    except (ConflictError, StoreError, UnknownOutcomeError):
        # Not this command's: the group begins anew, or ends.
        raise
    except RetailCRMError as error:
        return error


def _unknown(result: Result, reason: str) -> Result:
    """Take back what was said of a command, now that nobody knows whether its group was kept.

    A repeat and a refusal too: what they rest on may be another command of the group.
    """
    return Unknown(key=result.key, reason=reason) if isinstance(result, Done | Refused) else result
