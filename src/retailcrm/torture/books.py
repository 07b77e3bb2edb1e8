"""Plain bookkeeping beside the shop: what everybody must have, and what the journals must show."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.points.checker import check_journal
from retailcrm.domain.points.documents import entry_document
from retailcrm.torture.commands import Command, moved

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from retailcrm.domain.points.entries import Entry
    from retailcrm.ports.outcomes import Done
    from retailcrm.shop.loyalty import Loyalty

_TELLING: Final = ("adjust", "earn", "redeem", "reserve", "capture", "void", "give_back", "transfer")


def journals_of(loyalty: Loyalty, names: Iterable[str]) -> dict[str, Sequence[Entry]]:
    """Read the journals of some customers."""
    return {name: loyalty.history(name) for name in names}


def told(journals: Mapping[str, Sequence[Entry]]) -> Counter[tuple[str, str]]:
    """Count how often each command stands in journals, by :attr:`Command.name`; a transfer at its giver.

    One command may write several entries, each of another lot: it stands there as often as the lot that it
    touches most often.
    """
    touched: Counter[tuple[tuple[str, str], str]] = Counter()
    for journal in journals.values():
        for entry in journal:
            by_itself = entry.verb == "void" and entry.reason != "void"
            if entry.verb in _TELLING and not by_itself:
                lots = {
                    one.lot for one in entry.movements if entry.verb != "transfer" or one.target == "moved"
                }
                touched.update(((entry.verb.value, entry.key), lot) for lot in lots)
    found: Counter[tuple[str, str]] = Counter()
    for (name, _), times in touched.items():
        found[name] = max(found[name], times)
    return found


@attrs.define
class Books:
    """What was acknowledged, and what must come of it.

    Attributes:
        has: What each customer has, set aside or not.
        done: Every command that was acknowledged, and what it came to.
    """

    has: Counter[str] = attrs.field(factory=Counter)
    done: dict[tuple[str, str], tuple[Command, Done]] = attrs.field(factory=dict)

    def settle(self, command: Command, done: Done) -> None:
        """Write down what a command came to; the same command again changes nothing."""
        if command.name not in self.done:
            self.done[command.name] = command, done
            for name, points in moved(command, done).items():
                self.has[name] += points

    def problems(self, loyalty: Loyalty, names: Sequence[str]) -> list[str]:
        """Compare a shop with what must be: sums, every command once, every rule of every journal."""
        journals = journals_of(loyalty, names)
        found = [f"{name}: {one}" for name in names for one in self._account(loyalty, name, journals[name])]
        count = told(journals)
        for command, done in self.done.values():
            times = count.pop(command.name, 0)
            if times != 1:
                found.append(f"{command.verb} {command.key} was acknowledged and stands there {times} times")
            elif not any(entry.version == done.version for entry in journals.get(_whose(done), ())):
                found.append(f"{command.verb} {command.key} says version {done.version}, which is not there")
        return found + [f"{verb} {key} stands there, and nobody was told" for verb, key in sorted(count)]

    def _account(self, loyalty: Loyalty, name: str, journal: Sequence[Entry]) -> list[str]:
        """Compare an account with its sum, and its journal with the rules."""
        balance = loyalty.balance(name)
        found = list(check_journal([entry_document(entry) for entry in journal]))
        if balance.available + balance.held != self.has[name] or balance.pending or balance.debt:
            found.append(f"has {balance}, but {self.has[name]} follow from what was acknowledged")
        if min(balance.available, balance.held) < 0:
            found.append(f"has {balance}: less than nothing")
        return found


def _whose(done: Done) -> str:
    return done.account.partition("/")[2]
