"""A clock that goes back, jumps, changes its hour: what lapsed stays lapsed; every store says the same."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.domain.points.checker import check_journal
from retailcrm.domain.points.documents import entry_document
from retailcrm.errors import ClockJumpError, NotFoundError
from retailcrm.shop.open import open_shop
from retailcrm.shop.policy import policy_from_table
from retailcrm.torture.commands import Command, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.shop.open import Shop

_NAMES: Final = ("ann", "bob")
_ZONES: Final = ("UTC", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Shanghai")
_BEGINNINGS: Final = tuple(
    datetime.fromisoformat(text).replace(tzinfo=UTC)
    for text in ("2024-03-10T06:30", "2024-11-03T05:30", "2024-02-28T23:00", "2038-01-19T03:00", "2023-12-31")
)
"""An hour before New York's clocks go forward and back, a leap day, the end of 32 bits, of a year."""
_STEPS: Final = tuple(
    timedelta(**step)
    for step in (
        {"seconds": 1}, {"seconds": -1}, {"minutes": 20}, {"hours": 1}, {"hours": -1}, {"hours": 26},
        {"days": 3}, {"days": -40}, {"days": 400}, {"days": -3650},
    )
)  # fmt: skip


@attrs.frozen(kw_only=True)
class Clocks:
    """What came of a run.

    Attributes:
        seed: It repeats everything.
        schedules: How many shops went through a time of their own.
        commands: How many commands they were given.
        fused: How often the clock was too far ahead for points to lapse by it, and nothing was written.
        problems: Everything that was wrong, in words.
        seconds: How long it took.
    """

    seed: int
    schedules: int
    commands: int
    fused: int
    problems: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether every promise was kept."""
        return not self.problems


def turn_clocks(
    url: str, *, seed: int, schedules: int, steps: int = 15, say: Callable[[str], None] = print
) -> Clocks:
    """Give shops commands while their clocks are turned, and compare each with a shop in memory.

    Args:
        url: The store.
        seed: Draws the commands and the times.
        schedules: How many shops, each with a key and a clock of its own.
        steps: How often each clock is turned.
        say: Is told the seed, and what came of it.
    """
    began, problems, fused = time.monotonic(), list[str](), 0
    for n in range(schedules):
        chance = Random(f"{seed}/{n}")  # noqa: S311 - a seed repeats it
        found, stopped = _schedule(url, f"clock{seed}-{n}", chance, steps)
        problems += [f"schedule {n}: {problem}" for problem in found]
        fused += stopped
    result = Clocks(
        seed=seed, schedules=schedules, commands=schedules * steps, fused=fused, problems=tuple(problems),
        seconds=time.monotonic() - began,
    )  # fmt: skip
    say(f"turn_clocks seed={seed} schedules={schedules} fused={fused} problems={len(problems)}")
    return result


@attrs.define
class _Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


def _schedule(url: str, name: str, chance: Random, steps: int) -> tuple[list[str], int]:
    """Go through one schedule; give what was wrong, and how often the fuse blew."""
    clock = _Clock(chance.choice(_BEGINNINGS))
    rules = policy_from_table(
        {
            "shop": {"zone": chance.choice(_ZONES), "currency": "CNY"},
            "points": {
                "waiting": {"until": "paid"},
                "expiry": {"days": 3},
                "redemption": {"hold_minutes": 30},
            },
        }
    )
    problems, fused, held = list[str](), 0, list[str]()
    with (
        open_shop(url, shop=name, policy=rules, clock=clock, allow_plugins=()) as stored,
        open_shop("memory:", shop=name, policy=rules, clock=clock, allow_plugins=()) as plain,
    ):
        for step in range(steps):
            clock.now += chance.choice(_STEPS)
            command = _drawn(chance, step, held)
            answers = [_answer(shop, command) for shop in (stored, plain)]
            if answers[0] != answers[1]:
                problems.append(f"{command} came to {answers[0]}, in memory to {answers[1]}")
            if stopped := _advanced(stored, plain, clock.now, problems):
                fused += stopped
                # Now and then somebody says that it is right: else nothing would lapse any more.
                for shop in (stored, plain) if chance.choice((True, False)) else ():
                    shop.advance(clock.now, confirm_clock=True)
        problems += _compared(stored, plain)
    return problems, fused


def _drawn(chance: Random, step: int, held: list[str]) -> Command:
    key, points = f"step:{step}", chance.randint(1, 9)
    who, other = chance.sample(_NAMES, 2)
    about: dict[str, tuple[str | int, ...]] = {
        "adjust": (who, 10 * points), "redeem": (who, points), "reserve": (who, points),
        "transfer": (who, other, points),
    }  # fmt: skip
    verb = chance.choice([*about, "adjust", *(("capture", "void") if held else ())])
    if verb == "reserve":
        held.append(key)
    why = (("reason", "counted"), ("actor", "li")) if verb == "adjust" else ()
    return Command(verb, key, about.get(verb) or (chance.choice(held),), why)


def _answer(shop: Shop, command: Command) -> Any:  # noqa: ANN401 - an outcome, or that nobody knows
    try:
        return run(shop.loyalty, command)
    except NotFoundError:  # the reservation was refused
        return "nobody knows of it"


def _advanced(stored: Shop, plain: Shop, now: datetime, problems: list[str]) -> int:
    """Let what fell due be written, unless the clock is too far ahead: then nothing is."""
    before = [stored.loyalty.history(name) for name in _NAMES]
    blown = []
    for shop in (stored, plain):
        try:
            shop.advance(now)
        except ClockJumpError:
            blown.append(shop)
    if len(blown) == 1:
        problems.append(f"only one of two shops trusts the clock at {now}")
    if blown and before != [stored.loyalty.history(name) for name in _NAMES]:
        problems.append(f"the clock was not trusted at {now}, and something was written")
    return bool(blown)


def _compared(stored: Shop, plain: Shop) -> list[str]:
    """Compare journals and balances, and check the journals by their rules."""
    found = []
    for name in _NAMES:
        journal = stored.loyalty.history(name)
        if journal != plain.loyalty.history(name):
            found.append(f"{name}: another journal than in memory")
        if stored.loyalty.balance(name) != plain.loyalty.balance(name):
            found.append(f"{name}: another balance than in memory")
        found += [f"{name}: {one}" for one in check_journal([entry_document(entry) for entry in journal])]
    return found
