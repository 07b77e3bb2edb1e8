"""What must be true of a simulated shop at any moment: plain sums over all that it answered and wrote."""

from __future__ import annotations

import hashlib
from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.points.account import replay
from retailcrm.domain.points.checker import check_journal
from retailcrm.domain.points.documents import entry_document, state_hash
from retailcrm.shop.loyalty.reservations import lasting
from retailcrm.torture.books import told
from retailcrm.torture.commands import order_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from retailcrm.domain.points.entries import Entry
    from retailcrm.ports.ledger import Ledger
    from retailcrm.ports.outcomes import Done
    from retailcrm.torture.commands import Command
    from retailcrm.torture.simulated.exports import Sold

    Name = tuple[str, str]

_OUT: Final = ("redeem", "capture")
_BUCKETS: Final = ("pending", "available", "held", "spent", "expired", "reversed")


@attrs.define
class Award:
    """What an order earned, and how much of it must be gone again.

    Attributes:
        points: What it earned.
        gross: What was paid, minor units.
        back: What was paid back, minor units.
    """

    points: int
    gross: int
    back: int = 0

    @property
    def taken(self) -> int:
        """Give the points to be taken back."""
        return int(self.points * min(Fraction(self.back, self.gross), Fraction(1)))


@attrs.define
class Books:
    """All that the shop answered, and what follows from it.

    Attributes:
        done: Every command that is known to have happened, and what it came to.
        doubt: Commands of which nobody can say whether they happened.
        awards: What orders that clients handed in earned, by number.
    """

    done: dict[Name, tuple[Command, Done]] = attrs.field(factory=dict)
    doubt: dict[Name, Command] = attrs.field(factory=dict)
    awards: dict[str, Award] = attrs.field(factory=dict)
    _journals: dict[str, list[Entry]] = attrs.field(factory=dict, init=False)
    _documents: dict[str, list[dict[str, Any]]] = attrs.field(factory=dict, init=False)

    # ---- answers -------------------------------------------------------------------------------------

    def settle(self, command: Command, done: Done) -> list[str]:
        """Note an answer; give what is wrong with it."""
        self.doubt.pop(command.name, None)
        if command.name in self.done:
            return self._again(command, done)
        self.done[command.name] = command, done
        found = [f"{_say(command)} was told as a repetition, the first time"] if done.repeated else []
        if command.verb == "earn":
            number, _, minor, _ = command.about
            self.awards[str(number)] = Award(done.points, int(minor))
        elif command.verb == "reverse":
            number, minor = command.about
            self.awards[str(number)].back += int(minor)
        return found + self._bounds(command, done)

    def _again(self, command: Command, done: Done) -> list[str]:
        _, first = self.done[command.name]
        if not done.repeated:
            return [f"{_say(command)} happened twice"]
        if lasting(done) != lasting(first):
            return [f"{_say(command)} came to {first}, and asked again to {done}"]
        return []

    def _bounds(self, command: Command, done: Done) -> list[str]:
        """A reservation ends once and gives no more than it held; no more returns than was spent."""
        about = str(command.about[0])
        if command.verb == "capture":
            _, held = self.done["reserve", about]
            if done.points > held.points:
                return [f"{_say(command)} took {done.points} of {held.points}"]
            if ("void", about) in {(c.verb, c.about[0]) for c, _ in self.done.values()}:
                return [f"{about} was let go, and then captured"]
        if command.verb == "give_back":
            spent = next(self.done[verb, about][1] for verb in _OUT if (verb, about) in self.done)
            back = [d.points for c, d in self.done.values() if c.verb == "give_back" and c.about[0] == about]
            if sum(back) > spent.points:
                return [f"{sum(back)} points of {about} returned, and {spent.points} were spent"]
        return []

    def total(self, *verbs: str, sign: Callable[[int], int] = lambda points: points) -> int:
        """Add up what commands moved."""
        return sum(sign(_points(c, d)) for c, d in self.done.values() if c.verb in verbs)

    def forgotten(self, ledger: Ledger) -> list[str]:
        """Find commands whose key does not lead to the answer that was given."""
        return [
            f"{_say(command)} came to {done}, and its key says {there}"
            for command, done in self.done.values()
            for there in (ledger.effect(command.verb, command.key),)
            if there is None or lasting(there.done) != lasting(done)
        ]

    # ---- the store -----------------------------------------------------------------------------------

    def look(self, ledger: Ledger) -> list[str]:
        """Find out which commands in doubt have happened: what they came to is kept with their keys."""
        found = []
        for command in list(self.doubt.values()):
            effect = ledger.effect(command.verb, command.key)
            if effect is not None:
                found += self.settle(command, effect.done)
        return found

    def problems(self, ledger: Ledger, sold: Mapping[str, Sold], known: Mapping[str, datetime]) -> list[str]:
        """Compare the store with the books.

        Args:
            ledger: The shop's.
            sold: What files may tell of, by number.
            known: The newest moment that an imported file shows of each order in it, by number.
        """
        found = self.look(ledger)
        for account in ledger.accounts():
            found += [f"{account}: {one}" for one in self._journal(ledger, account)]
        found += self._commands({order_key(n) for n in known})
        sums, taken, earned = Counter[str](), Counter[str](), Counter[str]()
        for journal in self._journals.values():
            _add(journal, sums, taken, earned)
        found += self._sums(ledger, sums, sum(earned[number] for number in known))
        return found + list(self._orders({n: sold[n] for n in known}, known, taken, earned))

    def digest(self, ledger: Ledger) -> str:
        """Give a digest of every account as it is."""
        found = hashlib.sha256()
        for account in ledger.accounts():
            found.update(state_hash(ledger.account(account)).encode())
        return found.hexdigest()

    def _journal(self, ledger: Ledger, account: str) -> Iterator[str]:
        """A journal only grows, obeys every rule, and leads to the account as it is."""
        before, journal = self._journals.get(account, []), list(ledger.entries(account))
        if journal[: len(before)] != before:
            yield "its journal is not the one of before with more behind it"
        documents = self._documents.setdefault(account, [])
        documents += map(entry_document, journal[len(documents) :])
        yield from check_journal(documents)
        if replay(account, journal) != ledger.account(account):
            yield "its journal leads to another account"
        self._journals[account] = journal

    def _commands(self, files: set[str]) -> Iterator[str]:
        """Every command that is known to have happened stands there once, and no other does."""
        count = told({name: entries for name, entries in self._journals.items() if name})
        for command, _ in self.done.values():
            times = count.pop(command.name, 0)
            if command.verb != "reverse" and times != 1:
                yield f"{_say(command)} happened, and stands there {times} times"
        for (verb, key), times in sorted(count.items()):
            if verb != "earn" or key not in files or times != 1:
                yield f"{verb} {key} stands there {times} times, and nobody was told"

    def _sums(self, ledger: Ledger, sums: Counter[str], by_files: int) -> Iterator[str]:
        """Every point that came into being is in one place; spent and taken is what was told."""
        for account in self._journals:
            for lot in ledger.lots(account).values():
                sums.update({bucket: getattr(lot, bucket) for bucket in _BUCKETS})
                if min(getattr(lot, bucket) for bucket in _BUCKETS) < 0:
                    yield f"{account}: {lot} has less than nothing"
        there = sum(sums[bucket] for bucket in _BUCKETS)
        issued = self.total("adjust", sign=lambda n: max(n, 0)) + sum(a.points for a in self.awards.values())
        if there != issued + by_files:
            yield f"{issued + by_files} points came into being, and {there} are somewhere"
        spent = self.total(*_OUT) - self.total("give_back")
        if sums["spent"] != spent:
            yield f"{sums['spent']} points are spent, and by what was told {spent}"
        gone = sums["taken"] + self.total("adjust", sign=lambda n: max(-n, 0))
        if sums["reversed"] + sums["debt"] != gone:
            yield f"{sums['reversed']} points are taken and {sums['debt']} owed, and by what was told {gone}"

    def _orders(
        self,
        files: Mapping[str, Sold],
        shown: Mapping[str, datetime],
        taken: Counter[str],
        earned: Counter[str],
    ) -> Iterator[str]:
        """No order earns twice, and of each what was paid back is taken, and no more."""
        for number, award in self.awards.items():
            if taken[number] != award.taken:
                yield f"{taken[number]} points of {number} were taken, of {award.taken}"
        for number, order in files.items():
            due = _due(order, shown[number])
            if earned[number] not in (0, order.points) or taken[number] > due:
                yield f"{number} earned {earned[number]} of {order.points}, {taken[number]} taken of {due}"

    def late(self, sold: Mapping[str, Sold], at: datetime) -> list[str]:
        """Once all files have come: every order has earned, once, and what was paid back is taken."""
        taken: Counter[str] = Counter()
        earned: Counter[str] = Counter()
        for journal in self._journals.values():
            _add(journal, Counter(), taken, earned)
        return [
            f"{number} earned {earned[number]} of {order.points}, {taken[number]} taken of {_due(order, at)}"
            for number, order in sold.items()
            if (earned[number], taken[number]) != (order.points, _due(order, at))
        ]


def _add(journal: Sequence[Entry], sums: Counter[str], taken: Counter[str], earned: Counter[str]) -> None:
    """Add up a journal: debts, and by order what it earned and what its refunds took."""
    for entry in journal:
        sums["debt"] += entry.debt
        points = sum(one.points for one in entry.movements)
        if entry.verb == "reverse":
            sums["taken"] += points + entry.debt
            taken[_number(entry)] += points + entry.debt + entry.forgiven
        elif entry.verb == "earn":
            earned[_number(entry)] += sum(one.points for one in entry.movements if one.source is None)


def _due(order: Sold, at: datetime) -> int:
    """Give the points that are to be taken of an order, by what was paid back of it by a moment."""
    return Award(order.points, order.minor, order.refunded(at)).taken


def _number(entry: Entry) -> str:
    """Give the number of the order that an entry is about: of its refund it goes up to the colon."""
    return entry.reference.rpartition("/")[2].partition(":")[0]


def _points(command: Command, done: Done) -> int:
    """Give what a command moved; below nothing what was taken by hand."""
    by_hand = command.verb == "adjust" and int(command.about[1]) < 0
    return -abs(done.points) if by_hand else done.points


def _say(command: Command) -> str:
    return f"{command.verb} {command.key}"
