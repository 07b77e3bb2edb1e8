"""What racing processes do, and what whoever watches them does."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import attrs

from retailcrm.adapters.stores.sql.location import database_at
from retailcrm.errors import ConflictError, RetailCRMError, StoreError
from retailcrm.ports.outcomes import Done, Refused
from retailcrm.torture.commands import Command, run
from retailcrm.torture.opening import SHOP, open_again, opener_of
from retailcrm.torture.processes import wait_until
from retailcrm.torture.workers import READY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

    from retailcrm.shop.loyalty import Loyalty

_TRIES = 400
_PAUSE = 0.005
_BETWEEN = 0.002  # reads: those who race need the processors too
_TOTAL = (
    "SELECT coalesce(sum(available + held + pending - debt), 0), coalesce(min(available), 0) "
    "FROM retailcrm_accounts WHERE shop = ? AND account >= ? AND account < ?"
)


@attrs.frozen
class Seen:
    """A command that a process did, and when.

    Attributes:
        command: The command.
        outcome: What it came to; ``None``: nothing certain, however often it was asked for.
        begun: When it was first asked for; nanoseconds of the monotonic clock, which all processes share.
        ended: When it was answered.
        errors: Names of the errors on the way.
    """

    command: Command
    outcome: Done | Refused | None
    begun: int
    ended: int
    errors: tuple[str, ...] = ()


def race(
    line: Connection, url: str, opener: str, commands: Sequence[Command], stop: str, every: float
) -> None:
    """Do commands one after the other from an instant on that the starter tells; report them all.

    Args:
        line: To the starter.
        url: The store.
        opener: Dotted name of what opens the shop.
        commands: What to do.
        stop: ``"refused"``: no more once one is refused; empty: all.
        every: Seconds between the beginnings of two commands; 0: as fast as can be.
    """
    shop = open_again(url, opener_of(opener))
    loyalty = shop.loyalty
    line.send((READY,))
    instant = line.recv()
    seen: list[Seen] = []
    for n, command in enumerate(commands):
        wait_until(instant + n * every)
        seen.append(_asked(loyalty, command))
        if stop == "refused" and isinstance(seen[-1].outcome, Refused):
            break
    line.send(seen)
    shop.close()


def _asked(loyalty: Loyalty, command: Command) -> Seen:
    """Ask until there is a certain answer, with the same key."""
    begun = time.monotonic_ns()
    errors: list[str] = []
    for _ in range(_TRIES):
        found = _outcome(loyalty, command)
        if isinstance(found, Done | Refused):
            return Seen(command, found, begun, time.monotonic_ns(), tuple(errors))
        errors.append(found)
        time.sleep(_PAUSE)
    return Seen(command, None, begun, time.monotonic_ns(), tuple(errors))


def _outcome(loyalty: Loyalty, command: Command) -> Done | Refused | str:
    """Give what a command came to, or the name of what went wrong."""
    try:
        found = run(loyalty, command)
    except (ConflictError, StoreError) as error:
        return type(error).__name__
    except RetailCRMError as error:
        # Such as a reservation that nobody knows any more: certain, and no success.
        return Refused(key=command.key, limit=type(error).__name__, asked=0, allowed=0, message=str(error))
    return found if isinstance(found, Done | Refused) else type(found).__name__


def watch(line: Connection, url: str, first: str, last: str) -> None:
    """Read the total of some accounts in one statement, again and again; report how often which came."""
    database = database_at(url)
    found: Counter[tuple[int, int]] = Counter()
    line.send((READY,))
    while not line.poll(_BETWEEN):
        try:
            row = database.executor.one(_TOTAL, (SHOP, first, last))
        except (ConflictError, StoreError):
            continue
        assert row is not None  # noqa: S101 - a sum always gives a row
        found[int(row[0]), int(row[1])] += 1
    line.recv()
    line.send(found)
    database.close()
