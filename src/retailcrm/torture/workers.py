"""What processes under attack do; each opens the shop for itself."""

from __future__ import annotations

import time
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from retailcrm.errors import RetailCRMError
from retailcrm.ports.outcomes import Done
from retailcrm.torture.commands import Command, Draws, run
from retailcrm.torture.opening import open_again, opener_of
from retailcrm.torture.processes import may_be_traced

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

    from retailcrm.ports.outcomes import Outcome
    from retailcrm.shop.loyalty import Loyalty

READY = "ready"
INTENT = "intent"
ANSWER = "answer"
FAILED = "failed"

_GROUP = 12  # commands at most
_PAUSE = 0.02  # after an error: a server that recovers is not asked a thousand times meanwhile


def act(line: Connection, url: str, opener: str, seed: int, prefix: str, names: Sequence[str]) -> None:
    """Do one command after the other: say which before, and what it came to after, until told to stop."""
    shop = open_again(url, opener_of(opener))
    loyalty = shop.loyalty
    draws = Draws(chance=Random(f"{seed}/{prefix}"), prefix=prefix, names=names)  # noqa: S311 - a seed repeats it
    line.send((READY,))
    while not line.poll():
        command = draws.draw()
        line.send((INTENT, command))
        try:
            outcome = run(loyalty, command)
        except RetailCRMError as error:
            line.send((FAILED, command, type(error).__name__))
            time.sleep(_PAUSE)
            continue
        draws.learn(command, outcome)
        line.send((ANSWER, command, outcome))
    shop.close()


def act_in_groups(
    line: Connection, url: str, opener: str, seed: int, prefix: str, names: Sequence[str]
) -> None:
    """Do groups of commands: say all of one before, and what each came to once the group was given back."""
    shop = open_again(url, opener_of(opener))
    loyalty = shop.loyalty
    draws = Draws(chance=Random(f"{seed}/{prefix}"), prefix=prefix, names=names)  # noqa: S311 - a seed repeats it
    line.send((READY,))
    while not line.poll():
        group = [draws.draw() for _ in range(draws.chance.randint(1, _GROUP))]
        for command in group:
            line.send((INTENT, command))
        for command, result in zip(group, _results(loyalty, group), strict=True):
            if isinstance(result, RetailCRMError):
                line.send((FAILED, command, type(result).__name__))
                time.sleep(_PAUSE)
            else:
                draws.learn(command, result)
                line.send((ANSWER, command, result))
    shop.close()


def _results(loyalty: Loyalty, group: Sequence[Command]) -> Sequence[Outcome | RetailCRMError]:
    """Do commands in one transaction; where that fails, it failed for all of them."""
    calls = [partial(run, command=command) for command in group]
    try:
        return next(loyalty.batch(calls, size=len(calls)))
    except RetailCRMError as error:
        return [error] * len(group)


def once(line: Connection, url: str, opener: str, command: Command) -> None:
    """Open the shop, do one command and close the shop; ask again where it came to nothing certain.

    It waits before, for whoever makes system calls fail. Only one fails, so asking twice more will do.
    """
    may_be_traced()
    line.send((READY,))
    line.recv()
    for _ in range(3):
        line.send((INTENT, command))
        try:
            shop = opener_of(opener)(url)
            try:
                outcome = run(shop.loyalty, command)
                line.send((ANSWER, command, outcome))
            finally:
                shop.close()
        except RetailCRMError as error:
            line.send((FAILED, command, type(error).__name__))
            continue
        if isinstance(outcome, Done):
            break
