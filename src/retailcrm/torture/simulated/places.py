"""Where a simulated shop is kept: a store that outlives its processes, as memory or as an SQLite file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from retailcrm.adapters.stores.memory import MemoryStore
from retailcrm.adapters.stores.sql.store import SqlStore
from retailcrm.shop.open import open_shop
from retailcrm.shop.stored.verifying import verify
from retailcrm.torture.audit import sound_file
from retailcrm.torture.opening import SHOP
from retailcrm.torture.simulated.faults import FusedSteps, fused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from retailcrm.shop.open import Shop
    from retailcrm.shop.policy import Policy
    from retailcrm.torture.simulated.faults import Fuse

    Clock = Callable[[], datetime]


class Place(Protocol):
    """Keeps one simulated shop."""

    def open(self, rules: Policy, clock: Clock, fuse: Fuse) -> Shop:
        """Open the shop as the next process does; its units meet what the fuse says."""

    def leave(self) -> None:
        """Keep what a process that ends now leaves behind."""

    def gone(self) -> None:
        """Put away what the process that ended had open."""

    def problems(self) -> list[str]:
        """Look the whole store through, when nobody has it open."""


@attrs.define
class InMemory:
    """What outlives a process in memory: all that was committed, by our own word that units are whole."""

    _store: MemoryStore | None = attrs.field(default=None, init=False)

    def open(self, rules: Policy, clock: Clock, fuse: Fuse) -> Shop:
        """Open the shop over the ledger that is there."""
        if self._store is None:
            self._store = MemoryStore()
            self._store._steps = FusedSteps(fuse=fuse)  # noqa: SLF001 - faults are put in from outside
        shop = open_shop("memory:", shop=SHOP, policy=rules, clock=clock, allow_plugins=())
        # A shop in memory begins with an empty store; this one goes on with the last process's.
        points: Any = shop._points  # noqa: SLF001 - as above
        shop._points = attrs.evolve(points, ledger=self._store.ledger(SHOP))  # noqa: SLF001 - as above
        return shop

    def leave(self) -> None:
        """Do nothing: what is committed stays, what is not is taken back as the unit is left."""

    def gone(self) -> None:
        """Do nothing."""

    def problems(self) -> list[str]:
        """Find nothing: there is no file."""
        return []


@attrs.define
class InFile:
    """An SQLite file; each process that ended left one of its own behind.

    Attributes:
        folder: Where they are.
        empty: A file with all tables and no shop in it, to begin with.
    """

    folder: Path
    empty: Path
    _process: int = attrs.field(default=0, init=False)
    _shop: Any = attrs.field(default=None, init=False)

    @property
    def path(self) -> Path:
        """The file that the present process has open."""
        return self.folder / f"{self._process}.db"

    def open(self, rules: Policy, clock: Clock, fuse: Fuse) -> Shop:
        """Open the file."""
        if not self._process:
            shutil.copy(self.empty, self.path)
        shop = open_shop(f"sqlite:///{self.path}", shop=SHOP, policy=rules, clock=clock, allow_plugins=())
        store = shop._database  # noqa: SLF001 - faults are put in from outside
        assert isinstance(store, SqlStore)  # noqa: S101 - by the URL
        fused(store.database, fuse)
        self._shop = shop
        return shop

    def leave(self) -> None:
        """Copy file and log as they lie on the disk now: what is not committed is in neither, or void."""
        after = self.folder / f"{self._process + 1}.db"
        for suffix in ("", "-wal"):
            if (there := Path(f"{self.path}{suffix}")).exists():
                shutil.copy(there, f"{after}{suffix}")

    def gone(self) -> None:
        """Close what the process had open, and go on with what it left."""
        self._shop.close()
        for there in self.folder.glob(f"{self._process}.db*"):
            there.unlink()
        self._process += 1

    def problems(self) -> list[str]:
        """Work everything in the file through again."""
        database = self._shop._database.database  # noqa: SLF001 - verify takes databases
        found = verify(database, SHOP)
        problems = [f"verify: {one.table} {one.key}: {one.message}" for one in found.findings]
        return problems + sound_file(f"sqlite:///{self.path}")
