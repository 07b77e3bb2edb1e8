"""Clients of a simulated shop: each asks for one thing after the other, about what it was answered so far."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Final

from retailcrm.domain.identity import OrderRef
from retailcrm.domain.money import Money
from retailcrm.ports.outcomes import Done
from retailcrm.torture.commands import PLATFORM, Command, paid_order, run
from retailcrm.torture.opening import SHOP

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from random import Random

    from retailcrm.ports.outcomes import Outcome
    from retailcrm.shop.loyalty import Loyalty

NAMES: Final = ("ann", "bob", "cat")
"""Customers; few, so that clients meet at their accounts."""

_ALWAYS: Final = {"adjust": 14, "earn": 14, "redeem": 24, "reserve": 16, "transfer": 12}
_LATER: Final = {"capture": 12, "void": 6, "give_back": 10, "reverse": 8}


def reference_of(number: str) -> str:
    """Give the reference of an order of the simulated shop."""
    return str(OrderRef(PLATFORM, SHOP, number))


def ask(loyalty: Loyalty, command: Command) -> Outcome:
    """Do a command."""
    if command.verb == "earn":
        number, who, minor, paid = command.about
        order = paid_order(str(number), str(who), int(minor), datetime.fromisoformat(str(paid)))
        return loyalty.earn(order, key=command.key)
    if command.verb == "reverse":
        number, minor = command.about
        refunded = Money(int(minor), "CNY")
        return loyalty.reverse(reference_of(str(number)), refunded, key=command.key)
    return run(loyalty, command)


def client(
    name: str, chance: Random, clock: Callable[[], datetime]
) -> Generator[Command, Outcome | None, None]:
    """Ask for one thing after the other, each once the last was answered.

    Args:
        name: What its keys begin with.
        chance: Draws what it asks for.
        clock: The shop's: an order is paid as it is handed in.

    Yields:
        Commands; it is sent what each came to, ``None`` if that is an error.
    """
    then: dict[str, list[tuple[str | int, ...]]] = {verb: [] for verb in _LATER}
    for number in count(1):
        key = f"{name}:{number}"
        often = _ALWAYS | {verb: weight for verb, weight in _LATER.items() if then[verb]}
        verb = chance.choices(list(often), list(often.values()))[0]
        if verb in _LATER:
            waiting = then[verb]
            command = Command(verb, key, waiting.pop(chance.randrange(len(waiting))))
            if verb in ("capture", "void"):
                # One of the two is enough; asking for both is what other clients are for.
                then["void" if verb == "capture" else "capture"].remove(command.about)
        else:
            command = _first(chance, verb, key, clock())
        outcome = yield command
        if isinstance(outcome, Done):
            _learn(then, command, chance)


def _first(chance: Random, verb: str, key: str, now: datetime) -> Command:
    """Draw a command that needs nothing before it."""
    who, other = chance.sample(NAMES, 2)
    points = chance.randint(1, 9)
    if verb == "adjust":
        change = -points if chance.random() < 0.2 else 4 * points  # noqa: PLR2004 - one in five takes away
        return Command(verb, key, (who, change), (("reason", "simulated"), ("actor", "li")))
    about: dict[str, tuple[str | int, ...]] = {
        # References of refunds have a colon behind the order's number.
        "earn": (key.replace(":", "-"), who, 137 * points + 100, now.isoformat()),
        "redeem": (who, 2 * points),
        "reserve": (who, 2 * points),
        "transfer": (who, other, points),
    }
    return Command(verb, key, about[verb])


def _learn(then: dict[str, list[tuple[str | int, ...]]], command: Command, chance: Random) -> None:
    """Note what may come after a command that was done."""
    if command.verb == "reserve":
        then["capture"].append((command.key,))
        then["void"].append((command.key,))
    elif command.verb in ("redeem", "capture"):
        then["give_back"].append((command.key,))
    elif command.verb in ("earn", "reverse"):
        # Refunds in several parts may come to more than was paid: then nothing is left to take.
        number = command.about[0]
        then["reverse"].append((number, chance.choice((50, 150, 400, 2000))))
