"""Somebody else's Django connection; Django itself is not imported."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final, cast

from retailcrm.adapters.stores.sql.borrowed.sqlite_hand import SqliteHand
from retailcrm.errors import SettingsError, StoreError

if TYPE_CHECKING:
    from retailcrm.adapters.stores.sql.borrowed.lending import Hand
    from retailcrm.adapters.stores.sql.executor import Dialect

_DIALECTS: Final = ("sqlite", "postgresql")


class DjangoLender:
    """A Django connection that the caller gave, such as ``django.db.connection``.

    Args:
        wrapper: Django's wrapper of the driver's connection.
    """

    def __init__(self, wrapper: Any) -> None:  # noqa: ANN401 - Django has no types
        if wrapper.vendor not in _DIALECTS:
            raise SettingsError(
                f"the connection is to {wrapper.vendor}; shops are kept in SQLite or PostgreSQL"
            )
        self.dialect: Dialect = cast("Dialect", wrapper.vendor)
        self._wrapper = wrapper
        self._last: tuple[object, Hand] | None = None

    def check(self) -> None:
        """Refuse outside ``transaction.atomic``, and in one that can only be rolled back."""
        wrapper = self._wrapper
        wrapper.ensure_connection()
        if not wrapper.in_atomic_block and wrapper.get_autocommit():
            raise SettingsError(
                "Django commits each statement by itself here; open transaction.atomic() first"
            )
        if wrapper.in_atomic_block and wrapper.needs_rollback:
            raise StoreError("the atomic block is to be rolled back; nothing more can be done in it")

    def hand(self) -> Hand:
        """Give the driver's connection as it is now; Django makes a new one after it was closed."""
        self._wrapper.ensure_connection()
        raw = self._wrapper.connection
        last = self._last
        if last is not None and last[0] is raw:
            return last[1]
        hand = self._of(raw)
        self._last = (raw, hand)
        return hand

    def _of(self, raw: object) -> Hand:
        if isinstance(raw, sqlite3.Connection):
            return SqliteHand(raw)
        if any(kind.__module__ == "psycopg" for kind in type(raw).__mro__):
            # Whoever has no such connection need not have the driver.
            from retailcrm.adapters.stores.sql.borrowed.psycopg_hand import PsycopgHand  # noqa: PLC0415

            return PsycopgHand(cast("Any", raw))
        raise SettingsError(f"Django uses {type(raw).__module__}; psycopg 3 and sqlite3 will do")
