"""Opening a shop in memory by its URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.adapters.stores.memory import MemoryStore
from retailcrm.errors import SettingsError
from retailcrm.ports.hookspecs import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.ports.stores import StoreKind


class MemoryKind:
    """Opens shops in memory."""

    name = "memory"

    def open(self, url: str) -> MemoryStore:
        """Open an empty store.

        Raises:
            SettingsError: The URL says more than ``memory:``.
        """
        if url != "memory:":
            raise SettingsError(f"a shop in memory is opened as 'memory:', not {url!r}")
        return MemoryStore()


@hookimpl
def register_stores(register: Callable[[StoreKind], None]) -> None:
    """Offer memory."""
    register(MemoryKind())
