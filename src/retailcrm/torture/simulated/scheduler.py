"""Who moves next, and what goes wrong meanwhile, is drawn; in the end everything comes to rest."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.ports.outcomes import Done
from retailcrm.torture.simulated.clients import client
from retailcrm.torture.simulated.faults import FAULTS
from retailcrm.torture.simulated.world import NONE

if TYPE_CHECKING:
    from collections.abc import Generator
    from random import Random

    from retailcrm.ports.outcomes import Outcome
    from retailcrm.torture.commands import Command
    from retailcrm.torture.simulated.world import Fault, World

HOLD: Final = timedelta(minutes=30)
"""How long a reservation of the simulated shop holds."""

_CLIENTS: Final = 4
_CHECKED: Final = 40  # steps from one check to the next
_STATEMENTS: Final = 12  # more than most units write
_ANSWERED: Final = 0.9
_TWICE: Final = 0.15
_VERIFIED: Final = 0.3  # that takes as long as sixty steps, and says again what the books have said
_PASSES: Final = tuple(timedelta(seconds=n) for n in (0, 1, 60, 1200, 3600, 10800))
_SKEWS: Final = tuple(
    timedelta(**skew)
    for skew in (
        {}, {}, {}, {"seconds": 1}, {"seconds": -1}, {"hours": -1}, {"hours": 26}, {"days": 3},
        {"days": -40}, {"days": 400}, {"days": -3650},
    )
)  # fmt: skip
_ACTS: Final = {"deliver": 78, "tick": 5, "turn": 4, "crash": 2, "misuse": 2, "file": 7}
_DELAYS: Final = (0, 0, 0, 0, 1, 5, 40)
_ENDED: Final = ("captured", "void")


@attrs.define(eq=False)
class _Message:
    """A command on its way.

    Attributes:
        due: The first step at which it may arrive.
        sender: Number of the client that waits for its answer, if it still does.
        command: What is asked.
    """

    due: int
    sender: int
    command: Command


@attrs.define
class Scheduler:
    """Draws one step after the other.

    Attributes:
        world: Where they happen.
        chance: What draws.
    """

    world: World
    chance: Random
    _step: int = attrs.field(default=0, init=False)
    _clients: list[Generator[Command, Outcome | None, None]] = attrs.field(factory=list, init=False)
    _waiting: list[Command] = attrs.field(factory=list, init=False)
    _flight: list[_Message] = attrs.field(factory=list, init=False)

    def run(self, steps: int) -> None:
        """Let so many steps happen, faults among them; then let everything come to rest."""
        for number in range(_CLIENTS):
            self._clients.append(client(f"c{number}", self.chance, self.world.clock))
            self._waiting.append(next(self._clients[-1]))
            self._send(number)
        often = {name: weight for name, weight in _ACTS.items() if name != "file" or self.world.platform}
        for self._step in range(steps):
            self.world.now += self.chance.choice(_PASSES)
            act = self.chance.choices(list(often), list(often.values()))[0]
            getattr(self, f"_{act}")()
            if self._step % _CHECKED == _CHECKED - 1:
                self.world.check()
        self._rest()

    # ---- steps ---------------------------------------------------------------------------------------

    def _deliver(self) -> None:
        """Let a command arrive: any that is due, the later before the earlier."""
        due = [one for one in self._flight if one.due <= self._step]
        if not due:
            return
        self._flight.remove(one := self.chance.choice(due))
        outcome = self.world.ask(one.command, self._fault())
        heard = self.chance.random() < _ANSWERED
        if self._waiting[one.sender] != one.command:
            return
        if outcome is not None and heard:
            self._waiting[one.sender] = self._clients[one.sender].send(outcome)
        self._send(one.sender)

    def _tick(self) -> None:
        """Let time go by; now and then somebody says that the clock is right although it is far ahead."""
        fault, confirm = self._fault(), self.chance.random() < 0.3  # noqa: PLR2004 - now and then
        # Of how many units a run consists is each store's affair, so two stores would fail in different ones.
        self.world.tick(NONE if self.world.platform is None else fault, confirm=confirm)

    def _turn(self) -> None:
        """Turn the shop's clock, most often back to the true time."""
        self.world.skew = self.chance.choice(_SKEWS)
        self.world.note("turn", self.world.skew)

    def _crash(self) -> None:
        """End the process between two commands."""
        self.world.note("crash")
        self.world.crash()

    def _misuse(self) -> None:
        """Use the key of something that was done for something else."""
        done = [
            one for one, _ in self.world.books.done.values() if one.verb in ("adjust", "redeem", "reserve")
        ]
        if done:
            self.world.misuse(self.chance.choice(done))

    def _file(self) -> None:
        """Let a file arrive: a new one, one of before, or the beginning of one."""
        platform = self.world.platform
        assert platform is not None  # noqa: S101 - else it is never drawn
        kind = self.chance.choice(("new", "new", "again", "part"))
        if kind == "new" or not platform.exports:
            platform.sells(self.world.now)
            export = platform.export(self.world.now)
        else:
            export = platform.any_export()
            export = platform.part_of(export) if kind == "part" else export
        self.world.take(export, self._fault())

    def _send(self, sender: int) -> None:
        """Send what a client waits for, now and then twice."""
        copies = 2 if self.chance.random() < _TWICE else 1
        for _ in range(copies):
            due = self._step + 1 + self.chance.choice(_DELAYS)
            self._flight.append(_Message(due, sender, self._waiting[sender]))

    def _fault(self) -> Fault:
        return self.chance.choices(list(FAULTS), list(FAULTS.values()))[0], self.chance.randrange(_STATEMENTS)

    # ---- rest ----------------------------------------------------------------------------------------

    def _rest(self) -> None:
        """Nothing goes wrong any more: every command is answered at once, every file kept, every end met."""
        world = self.world
        world.skew, world.now = timedelta(0), max(world.now, world.latest) + timedelta(days=1)
        world.note("rest")
        self._answer_all()
        if world.platform is not None:
            if world.platform.orders:
                world.platform.export(world.now, whole=True)
            for export in world.platform.exports:
                if export.name not in world.kept:
                    world.take(export)
        world.now += 2 * HOLD
        world.tick(confirm=True)
        before = world.books.digest(world.ledger)
        self._ask_all_again()
        world.tick(confirm=True)
        world.check()
        held = [name for name in world.ledger.accounts() if world.ledger.account(name).holds]
        world.wrong([f"{name} has a reservation that nothing ends" for name in held])
        if world.platform is not None:
            world.wrong(world.books.late(world.platform.orders, world.now))
        world.crash()
        world.check()
        if world.books.digest(world.ledger) != before:
            world.wrong(["what was done and ended changed once more"])
        if self.chance.random() < _VERIFIED:
            world.wrong(world.place.problems())

    def _answer_all(self) -> None:
        """Deliver what is on its way and what clients wait for, and ask for what is in doubt."""
        left = [one.command for one in self._flight] + self._waiting
        left += [one for one in self.world.books.doubt.values() if one not in left]
        for command in left:
            if self.world.ask(command) is None:
                self.world.wrong([f"{command.verb} {command.key} has no answer, although nothing goes wrong"])

    def _ask_all_again(self) -> None:
        """Every answer is kept with its key; asked for once more, some of it: the same, and at an end."""
        self.world.wrong(self.world.books.forgotten(self.world.ledger))
        for command, _ in list(self.world.books.done.values())[:: self.chance.randint(2, 5)]:
            answer = self.world.ask(command)
            if not isinstance(answer, Done):
                self.world.wrong([f"{command.verb} {command.key} was done, and came to {answer}"])
            elif command.verb == "reserve" and answer.detail["state"] not in _ENDED:
                self.world.wrong([f"{command.key} is still {answer.detail['state']}"])
