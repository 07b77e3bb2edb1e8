"""Laws that every system of points keeps, tried with operations drawn by a seed.

Beside the system under test lives a plain one; whatever is asked of both has to be answered alike, and
every balance has to be the same. Only what no policy decides is drawn: refunds take no more than their own
award still has, so nothing is owed, and nothing is given back to a lot that lapsed.

The names of the laws are those of the library's promises; :data:`SENTENCES` says what each demands.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import attrs

from retailcrm.testing.points.plain import Plain
from retailcrm.testing.points.scenarios import BEGIN, REFUSED, Finding
from retailcrm.testing.points.systems import PointsSystem, Refused, require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CUSTOMERS: Final = ("ann", "bob")

SENTENCES: Final = {
    "L1": "Conservation: what was awarded is there, spent, lapsed, taken back or given away.",
    "L2": "Nobody spends more than there is, and nobody is refused what there is.",
    "L3": "Points are spent once, before they lapse, those first that lapse first.",
    "L4": "A reservation ends exactly once.",
    "L5": "A cancelled redemption returns what it took to where it came from, once; a refund takes its "
    "share.",
    "L6": "The same command again changes nothing and gives the same answer.",
    "L8": "Versions of a journal count from 1 without a gap, and its moments rise (where it can be read).",
    "L9": "What stands in a journal stays as it is (where it can be read).",
}
"""What the laws demand; a finding quotes its own."""

LAWS: Final = {
    "advance": "L3", "earn": "L1", "give": "L1", "redeem": "L2", "reserve": "L4", "capture": "L4",
    "void": "L4", "cancel": "L5", "refund": "L5",
}  # fmt: skip
"""Which law is broken where an operation comes to something else."""

_WEIGHTS: Final = {
    "advance": 4, "earn": 6, "give": 1, "redeem": 5, "reserve": 2, "capture": 1, "void": 1, "cancel": 2,
    "refund": 2,
}  # fmt: skip

_DAYS: Final = (None, 1, 3, 6, 20)
_PARTS: Final = tuple(Fraction(n, 6) for n in range(1, 7))


def check(
    make: Callable[[], PointsSystem], *, seed: int = 0, runs: int = 40, steps: int = 50
) -> Finding | None:
    """Try the laws on a system.

    Args:
        make: Gives a new system, with nobody in it.
        seed: The same seed tries the same operations, on every machine.
        runs: How many systems are tried.
        steps: How many operations each.

    Returns:
        The first difference, named by its law, with the law's sentence and what was done before; ``None``
        if every law holds.

    Raises:
        SettingsError: The system lacks a method that every adapter has.

    Example:
        >>> from retailcrm.testing.points import RetailcrmPoints
        >>> check(RetailcrmPoints, runs=5) is None
        True
    """
    for run in range(runs):
        system = make()
        require(system)
        trial = _Trial(system=system, dice=random.Random(f"{seed}/{run}"))  # noqa: S311 - tests, not secrets
        for finding in trial.findings(steps):
            return attrs.evolve(
                finding, did=f"{finding.did} [seed {seed}, run {run}]", law=SENTENCES[finding.scenario],
                before=tuple(trial.done),
            )  # fmt: skip
    return None


@attrs.define
class _Trial:
    """A system and a plain one, and what happened to both."""

    system: PointsSystem
    dice: random.Random
    plain: Plain = attrs.field(factory=Plain)
    day: int = 0
    cancelled: list[str] = attrs.field(factory=list)
    journals: dict[str, list[tuple[int, datetime, str]]] = attrs.field(factory=dict)
    done: list[str] = attrs.field(factory=list)

    def findings(self, steps: int) -> Iterator[Finding]:
        """Do one operation after the other; give whatever differs."""
        for system in (self.system, self.plain):
            system.advance(BEGIN)
        names = [name for name in _WEIGHTS if callable(getattr(self.system, name, None))]
        weights = [_WEIGHTS[name] for name in names]
        for number in range(1, steps + 1):
            name = self.dice.choices(names, weights)[0]
            said = getattr(self, f"_{name}")(number)
            if said is None:
                continue
            yield from self._compared(LAWS[name], number, name, said)
            if name != "advance" and self.dice.random() < 1 / 3:
                yield from self._compared("L6", number, name, said)
            yield from self._journal(number)

    def _compared(self, law: str, number: int, name: str, said: dict[str, Any]) -> Iterator[Finding]:
        """Ask both, and compare their answers and every balance."""
        there, here = _asked(self.plain, name, said), _asked(self.system, name, said)
        words = ", ".join(f"{word}={value}" for word, value in said.items())
        did = f"{name}({words}) on day {self.day}"
        if here != there:
            yield Finding(scenario=law, step=number, did=did, expected=there, got=here)
        for customer in CUSTOMERS:
            right, found = self.plain.balance(customer), self.system.balance(customer)
            if right != found:
                yield Finding(
                    scenario=law, step=number, did=f"the balance of {customer} after {did}", expected=right,
                    got=found,
                )  # fmt: skip
        self.done.append(did)

    def _journal(self, number: int) -> Iterator[Finding]:
        """Look through the journals, where they can be read."""
        if (read := getattr(self.system, "journal", None)) is None:
            return
        for customer in CUSTOMERS:
            before, lines = self.journals.get(customer, []), list(read(customer))
            self.journals[customer] = lines
            versions = [version for version, _, _ in lines]
            if versions != list(range(1, len(lines) + 1)) or any(a[1] >= b[1] for a, b in pairwise(lines)):
                yield Finding(
                    scenario="L8", step=number, did=f"the journal of {customer}", expected="rising", got=lines
                )
            if lines[: len(before)] != before:
                yield Finding(
                    scenario="L9", step=number, did=f"the journal of {customer}", expected=before, got=lines
                )

    # -- what is drawn: arguments, or None where there is nothing to do it to -----------------------------

    def _later(self, days: int | None) -> datetime | None:
        return None if days is None else BEGIN + timedelta(days=self.day + days)

    def _whose(self, number: int) -> dict[str, Any]:
        customer = self.dice.choice(CUSTOMERS)
        return {"customer": customer, "points": self.dice.randint(1, 40), "key": f"k{number}"}

    def _advance(self, _: int) -> dict[str, Any]:
        self.day += self.dice.choice((1, 1, 2, 5))
        return {"now": self._later(0)}

    def _earn(self, number: int) -> dict[str, Any]:
        activates, lasts = self.dice.choice((None, None, 2)), self.dice.choice(_DAYS)
        expires = self._later(None if lasts is None else lasts + (activates or 0))
        channel = self.dice.choice(("", "till", "web"))
        moments = {"activates_at": self._later(activates), "expires_at": expires}
        return self._whose(number) | {"order": f"o{number}", "channel": channel} | moments

    def _redeem(self, number: int) -> dict[str, Any]:
        return self._whose(number) | {"order": f"s{number}", "channel": self.dice.choice(("", "till"))}

    def _give(self, number: int) -> dict[str, Any]:
        said = self._whose(number)
        return said | {"taker": next(one for one in CUSTOMERS if one != said["customer"])}

    def _reserve(self, number: int) -> dict[str, Any]:
        ends = self._later(self.dice.choice((1, 2, 5)))
        return self._whose(number) | {"hold": f"h{number}", "ends_at": ends}

    def _capture(self, number: int) -> dict[str, Any] | None:
        holds = sorted(self.plain.holds)
        return {"hold": self.dice.choice(holds), "key": f"k{number}"} if holds else None

    _void = _capture

    def _cancel(self, number: int) -> dict[str, Any] | None:
        orders = self.cancelled + [
            order for order, taken in sorted(self.plain.spent.items())
            if taken and not any(self.plain.lapsed(lot) for lot, _ in taken)
        ]  # fmt: skip
        if not orders:
            return None
        self.cancelled.append(self.dice.choice(orders))
        return {"order": self.cancelled[-1], "key": f"k{number}"}

    def _refund(self, number: int) -> dict[str, Any] | None:
        share = self.dice.choice(_PARTS)
        orders = [
            order for order, award in sorted(self.plain.awards.items())
            if not self.plain.lapsed(award["lot"])
            and 0 <= int(award["points"] * share) - award["taken"] <= award["lot"]["left"]
        ]  # fmt: skip
        if not orders:
            return None
        return {"order": self.dice.choice(orders), "share": share, "key": f"k{number}"}


def _asked(system: PointsSystem, name: str, said: dict[str, Any]) -> object:
    try:
        return getattr(system, name)(**said)
    except Refused:
        return REFUSED
