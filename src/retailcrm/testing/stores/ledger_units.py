"""A unit of a ledger is one, whoever reads or writes beside it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from retailcrm.domain.points.account import Account
from retailcrm.domain.points.moving import Moved, transfer
from retailcrm.errors import ConflictError, RetailCRMError
from retailcrm.ports.ledger import Unit
from retailcrm.testing.stores.looks import seen
from retailcrm.testing.stores.pieces import (
    NOW,
    Raises,
    StoppedError,
    change_of,
    conflict,
    earned,
    same,
    stopped,
)
from retailcrm.testing.stores.samples import Sampler

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.ports.ledger import Ledger

_LOOKS: Final = 20_000
"""How often a reader looks at most."""


class LedgerUnits:
    """Units that fail, and many at once.

    Attributes:
        failures: How many long units are begun and given up.
    """

    failures: ClassVar[int] = 3

    def test_a_unit_that_fails_leaves_nothing(self, ledgers: Callable[[str], Ledger]) -> None:
        """Whatever was written in it, in units inside it too, is as if it had never been."""
        for seed in range(self.failures):
            ledger, sampler = ledgers(f"shop {seed}"), Sampler(20 + seed)
            for _ in range(25):
                ledger.write(sampler.unit())
            before, units = seen(ledger, sampler), len(sampler.plain.units)
            with stopped(), ledger.unit():
                for _ in range(15):
                    with ledger.unit():
                        ledger.write(sampler.unit())
                raise StoppedError
            after = {name: found for name, found in seen(ledger, sampler).items() if name in before}
            same(after, {name: before[name] for name in after}, f"seed {seed}")
            for unit in sampler.plain.units[units:]:
                ledger.write(unit)
            same(seen(ledger, sampler), seen(sampler.plain, sampler), "written after all")

    def test_a_conflict_ends_the_unit(self, ledgers: Callable[[str], Ledger]) -> None:
        """Who is told of a conflict inside a unit, and leaves it, has written nothing."""
        ledger = ledgers("main")
        ledger.write(Unit(changes=(earned(Account(id="points/ann"), 1, "1"),)))
        with conflict(), ledger.unit():
            ledger.write(Unit(changes=(earned(Account(id="points/bob"), 1, "2"),)))
            ledger.write(Unit(changes=(earned(Account(id="points/ann"), 1, "3"),)))
        assert list(ledger.accounts()) == ["points/ann"]
        ledger.write(Unit(changes=(earned(Account(id="points/bob"), 1, "4"),)))

    def test_a_part_that_fails_fails_the_whole(self, ledgers: Callable[[str], Ledger]) -> None:
        """Who goes on after a conflict inside a unit is told at its end that nothing was written."""
        ledger = ledgers("main")
        ledger.write(Unit(changes=(earned(Account(id="points/ann"), 1, "1"),)))
        with Raises(RetailCRMError), ledger.unit():
            ledger.write(Unit(changes=(earned(Account(id="points/bob"), 1, "2"),)))
            with conflict():
                ledger.write(Unit(changes=(earned(Account(id="points/ann"), 1, "3"),)))
        assert list(ledger.accounts()) == ["points/ann"]

    def test_nobody_sees_half_a_unit(self, ledgers: Callable[[str], Ledger]) -> None:
        """Another thread that reads while a unit is open sees what was before it, or waits for its end."""
        ledger, found = ledgers("main"), []
        reader = threading.Thread(target=lambda: found.append(list(ledgers("main").accounts())))
        with stopped(), ledger.unit():
            ledger.write(Unit(changes=(earned(Account(id="points/ann"), 1, "1"),)))
            reader.start()
            reader.join(0.3)
            raise StoppedError
        reader.join(30)
        assert found == [[]]

    def test_threads_lose_nothing(self, ledgers: Callable[[str], Ledger]) -> None:
        """Each of many threads adds to one account until it is not beaten to it: all of it is there."""

        def add(worker: int) -> None:
            for number in range(6):
                key, done = f"{worker}:{number}", False
                while not done:
                    done = tried(ledgers("main"), "points/ann", key)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(add, range(4)))
        ledger = ledgers("main")
        assert ledger.account("points/ann").pending == 24
        assert {entry.key for entry in ledger.entries("points/ann")} == {
            f"{worker}:{number}" for worker in range(4) for number in range(6)
        }

    def test_a_transfer_is_seen_whole(self, ledgers: Callable[[str], Ledger]) -> None:
        """Points go to and fro between two accounts; whoever reads both in a unit finds all of them."""
        names = ("points/ann", "points/bob")
        start = tuple(
            earned(Account(id=name), 50, name, activates_at=NOW - timedelta(days=1)) for name in names
        )
        ledgers("main").write(Unit(changes=start))
        over = threading.Event()

        def read() -> set[int]:
            ledger, totals = ledgers("main"), set()
            for _ in range(_LOOKS):
                # A store may ask whoever reads to begin anew; what she read by then does not count.
                with suppress(ConflictError):
                    with ledger.unit():
                        ledger.lock(*names)
                        total = sum(ledger.account(name).available for name in names)
                    totals.add(total)
                if over.is_set() and totals:
                    break
                over.wait(0.002)
            return totals

        with ThreadPoolExecutor(3) as pool:
            reader = pool.submit(read)
            writers = [pool.submit(to_and_fro, ledgers, names, number) for number in range(2)]
            try:
                for one in writers:
                    one.result(60)
            finally:
                over.set()
            assert reader.result(60) == {100}
        assert sum(ledgers("main").account(name).available for name in names) == 100


def tried(ledger: Ledger, name: str, key: str) -> bool:
    """Add a point to an account; say whether nobody else was first."""
    try:
        ledger.write(Unit(changes=(earned(ledger.account(name), 1, key),)))
    except ConflictError:
        return False
    return True


def to_and_fro(ledgers: Callable[[str], Ledger], names: tuple[str, str], number: int) -> None:
    """Give points from one account to the other and back, both accounts in one unit."""
    ledger = ledgers("main")
    for step in range(8):
        giver, taker = names[:: 1 if (step + number) % 2 else -1]
        done = False
        while not done:
            try:
                with ledger.unit():
                    ledger.lock(taker, giver)
                    a, b = ledger.account(giver), ledger.account(taker)
                    found = transfer(a, b, 1, key=f"{number}:{step}", now=NOW)
                    assert isinstance(found, Moved)
                    ledger.write(Unit(changes=(change_of(a, found.giver), change_of(b, found.taker))))
                done = True
            except ConflictError:
                continue
