"""Commands to a shop, drawn by chance, and what each does to the points of whom."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.domain.identity import Identity, OrderRef, Strength
from retailcrm.domain.money import Money
from retailcrm.domain.orders import Observation, OrderState, fold
from retailcrm.ports.outcomes import Done
from retailcrm.torture.opening import SHOP, customer_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from retailcrm.ports.outcomes import Outcome
    from retailcrm.shop.loyalty import Loyalty

PLATFORM: Final = "torture"
_PAID_AT: Final = datetime(2024, 1, 1, tzinfo=UTC)

# How often each verb is drawn; those of the second line need something that was done before.
_OFTEN: Final = {"adjust": 12, "earn": 10, "redeem": 34, "reserve": 14, "transfer": 12}
_AFTERWARDS: Final = {"capture": 8, "void": 4, "give_back": 6}


@attrs.frozen
class Command:
    """A verb with everything that it is given.

    Attributes:
        verb: Its name.
        key: Its idempotency key.
        about: What stands before its key: whose points, how many, which reservation.
        more: What stands behind it.
    """

    verb: str
    key: str
    about: tuple[str | int, ...]
    more: tuple[tuple[str, str | int], ...] = ()

    @property
    def name(self) -> tuple[str, str]:
        """Under which journals have it: the verb and the key; what an order earns is named by the order."""
        return self.verb, order_key(str(self.about[0])) if self.verb == "earn" else self.key


def order_key(number: str) -> str:
    """Give the key under which journals have what an order of ours earned."""
    return f"order:{OrderRef(PLATFORM, SHOP, number)}"


def run(loyalty: Loyalty, command: Command) -> Outcome:
    """Do a command."""
    verb = getattr(loyalty, command.verb)
    about: tuple[Any, ...] = command.about
    if command.verb == "earn":
        number, who, minor = about
        about = (paid_order(str(number), str(who), int(minor)),)
    outcome: Outcome = verb(*about, key=command.key, **dict(command.more))
    return outcome


def paid_order(number: str, who: str, minor: int, paid: datetime = _PAID_AT) -> Any:  # noqa: ANN401 - what fold gives
    """Give an order that a customer paid.

    Args:
        number: The order's.
        who: Her id.
        minor: What she paid, in minor units.
        paid: When; aware.
    """
    seen = Observation(
        ref=OrderRef(PLATFORM, SHOP, number), observed_at=paid, state=OrderState.PAID, paid_at=paid,
        gross=Money(minor, "CNY"),
        buyer=Identity.of(PLATFORM, SHOP, "id", who, Strength.STABLE),
    )  # fmt: skip
    return fold([seen])


def moved(command: Command, done: Done) -> Counter[str]:
    """Tell what a command added to or took from what each customer has, set aside or not."""
    who = customer_of(done.account)
    if command.verb in ("adjust", "earn", "give_back"):
        return Counter({who: done.points})
    if command.verb in ("redeem", "capture"):
        return Counter({who: -done.points})
    if command.verb == "transfer":
        giver, taker, points = command.about
        return Counter({str(giver): -int(points), str(taker): int(points)})
    return Counter()


@attrs.define(kw_only=True)
class Draws:
    """Draws commands, one after the other; a seed gives the same ones for the same answers.

    Attributes:
        chance: What draws.
        prefix: What every key begins with: keys of two processes never meet.
        names: Customers.
    """

    chance: Random
    prefix: str
    names: Sequence[str]
    _drawn: int = attrs.field(default=0, init=False)
    _held: list[str] = attrs.field(factory=list, init=False)
    _spent: list[str] = attrs.field(factory=list, init=False)

    def draw(self) -> Command:
        """Draw the next command."""
        self._drawn += 1
        key = f"{self.prefix}:{self._drawn}"
        often = _OFTEN | {
            verb: weight
            for verb, weight in _AFTERWARDS.items()
            if (self._spent if verb == "give_back" else self._held)
        }
        verb = self.chance.choices(list(often), list(often.values()))[0]
        who, other = self.chance.sample(list(self.names), 2)
        points = self.chance.randint(1, 9)
        about: dict[str, tuple[str | int, ...]] = {
            "adjust": (who, 10 * points),
            "earn": (key, who, 1000 * points),
            "redeem": (who, points),
            "reserve": (who, points),
            "transfer": (who, other, points),
        }
        if verb in about:
            why = (("reason", "torture"), ("actor", "torture")) if verb == "adjust" else ()
            return Command(verb, key, about[verb], why)
        waiting = self._spent if verb == "give_back" else self._held
        return Command(verb, key, (waiting.pop(self.chance.randrange(len(waiting))),))

    def learn(self, command: Command, outcome: Outcome) -> None:
        """Take note of what later commands may be about."""
        if isinstance(outcome, Done) and command.verb == "reserve":
            self._held.append(command.key)
        if isinstance(outcome, Done) and command.verb in ("redeem", "capture"):
            self._spent.append(command.key)


def grant(who: str, points: int, key: str) -> Command:
    """Give somebody points."""
    return Command("adjust", key, (who, points), (("reason", "torture"), ("actor", "torture")))
