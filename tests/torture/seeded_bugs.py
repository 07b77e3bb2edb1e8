"""Shops with a bug in them, which the harnesses must report; processes load them by their dotted names."""

from __future__ import annotations

import shutil
import sys
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import attrs

from retailcrm.errors import RetailCRMError
from retailcrm.ports.ledger import Unit
from retailcrm.torture.opening import open_it


class Around:
    """A ledger around another; what it does not say itself, the other does."""

    def __init__(self, ledger: Any) -> None:
        self.ledger = ledger

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ledger, name)


class AcknowledgesFirst(Around):
    """Commits only every fifth command, and says "done" before."""

    commands = 0
    open: Any = None

    def unit(self) -> Any:
        if self.commands % 5 == 0:
            if self.open is not None:
                self.open.__exit__(None, None, None)
            self.open = self.ledger.unit()
            self.open.__enter__()
        self.commands += 1
        return self.ledger.unit()


class KeyByItself(Around):
    """Writes what a command does, commits, and then writes its key."""

    def unit(self) -> Any:
        return nullcontext()

    def write(self, unit: Unit) -> None:
        self.ledger.write(attrs.evolve(unit, effect=None))
        self.ledger.write(Unit(effect=unit.effect))


class LostLock(Around):
    """Reads outside of any transaction; what is written is still guarded by the version that was read."""

    def unit(self) -> Any:
        return nullcontext()


class LastOneWins(Around):
    """Reads outside of any transaction, and writes over whatever came in between: no lock and no guard."""

    def unit(self) -> Any:
        return nullcontext()

    def write(self, unit: Unit) -> None:
        with self.ledger.unit():
            self.ledger.write(attrs.evolve(unit, changes=tuple(map(self.as_if_next, unit.changes))))

    def as_if_next(self, change: Any) -> Any:
        """Give a change versions as if it had seen what is there."""
        there = self.ledger.account(change.before.id).version
        entries = [attrs.evolve(entry, version=there + 1 + n) for n, entry in enumerate(change.entries)]
        return attrs.evolve(
            change,
            before=attrs.evolve(change.before, version=there),
            after=attrs.evolve(change.after, version=there + len(entries)),
            entries=tuple(entries),
        )


class HidesErrors(Around):
    """Says "done" where the store said that it failed."""

    @contextmanager
    def unit(self) -> Any:
        try:
            with self.ledger.unit():
                yield
        except RetailCRMError:
            return


def around(shop: Any, kind: Any) -> Any:
    """Put a ledger around a shop's own."""
    shop._points = attrs.evolve(shop._points, ledger=kind(shop._points.ledger))
    return shop


def acknowledges_first(url: str) -> Any:
    return around(open_it(url), AcknowledgesFirst)


def key_by_itself(url: str) -> Any:
    return around(open_it(url), KeyByItself)


def lost_lock(url: str) -> Any:
    return around(open_it(url), LostLock)


def last_one_wins(url: str) -> Any:
    return around(open_it(url), LastOneWins)


def hides_errors(url: str) -> Any:
    return around(open_it(url), HidesErrors)


def serializable(url: str) -> Any:
    """Open the shop on PostgreSQL with its strictest transactions; no bug."""
    from retailcrm.adapters.stores.postgres.database import PostgresDatabase
    from retailcrm.adapters.stores.sql.store import SqlStore
    from retailcrm.torture.opening import SHOP

    shop = open_it(url)
    store = SqlStore(PostgresDatabase(url, isolation="serializable"))
    shop._points = attrs.evolve(shop._points, ledger=store.ledger(SHOP))
    return shop


def generous_delivery(line: Any, url: str, paths: Any) -> None:
    """Import files, and give somebody a point each time."""
    import time

    from retailcrm.torture.deliveries import deliver

    with open_it(url) as shop:
        shop.loyalty.adjust("ann", 1, key=str(time.monotonic_ns()), reason="again", actor="bug")
    deliver(line, url, paths)


def counts_again(line: Any, url: str, paths: Any) -> None:
    """Import files; the first order of one that was here before counts once more, as one of its own."""
    from retailcrm.torture.deliveries import deliver

    with open_it(url) as shop:
        here = {Path(one.name).name for one in shop.imports.accounts()}
    twice = [_first_again(Path(path)) for path in paths if Path(path).name in here]
    deliver(line, url, [*paths[:-1], *twice, paths[-1]])


def _first_again(path: Path) -> str:
    """Write the first order of a file with another number, as of the same moment."""
    header, first, *_ = path.read_text("utf-8").splitlines()
    again = path.with_stem(f"{path.stem}-again")
    again.write_text(f"{header}\n9{first}\n", "utf-8")
    shutil.copystat(path, again)
    return str(again)


class Forgets(Around):
    """Keeps the key and the answer of every seventh command, and nothing of what it did."""

    def write(self, unit: Unit) -> None:
        if unit.effect is not None and unit.effect.key.endswith("7"):
            unit = Unit(effect=unit.effect)
        self.ledger.write(unit)


class HidesLostCommits(Around):
    """Says "done" where the commit failed."""

    @contextmanager
    def unit(self) -> Any:
        unit = self.ledger.unit()
        unit.__enter__()
        try:
            yield
        except BaseException:
            unit.__exit__(*sys.exc_info())
            raise
        with suppress(RetailCRMError):
            unit.__exit__(None, None, None)
