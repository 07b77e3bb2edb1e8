"""What processes under attack do; each opens the shop for itself."""

from __future__ import annotations

import time
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

READY = "ready"
INTENT = "intent"
ANSWER = "answer"
FAILED = "failed"

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
