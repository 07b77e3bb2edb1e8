"""Somebody else's connection of psycopg."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.numeric import Int8Dumper

from retailcrm.adapters.stores.postgres.durability import DURABLE, dangers
from retailcrm.adapters.stores.postgres.failures import is_lost, translated
from retailcrm.adapters.stores.postgres.statements import Statements
from retailcrm.adapters.stores.sql.borrowed.retrying import to_retry
from retailcrm.errors import SettingsError, StoreError

if TYPE_CHECKING:
    from retailcrm.adapters.stores.sql.borrowed.lending import Hand
    from retailcrm.adapters.stores.sql.executor import Dialect, Executor


class LentStatements(Statements):
    """Runs statements on a cursor of our own: hers may make other rows of what they read."""

    def __init__(self, connection: psycopg.Connection) -> None:
        super().__init__(connection)
        self._cursor.adapters.register_dumper(int, Int8Dumper)

    def _fail(self, error: BaseException) -> NoReturn:
        raise to_retry(translated(error)) from None


class PsycopgHand:
    """A connection of psycopg."""

    def __init__(self, connection: psycopg.Connection) -> None:
        if is_lost(connection):
            raise SettingsError("the connection is closed")
        self._connection = connection
        self.executor: Executor = LentStatements(connection)

    def begin(self) -> bool:
        """Let the driver open a transaction if none is open: it does so before any statement."""
        status = self._status()
        if status == TransactionStatus.INERROR:
            raise StoreError("a statement of your transaction failed before; roll it back first")
        if status != TransactionStatus.IDLE:
            return False
        if self._connection.autocommit:
            raise SettingsError(
                "the connection commits each statement by itself and no transaction is open: open one first, "
                "for example with connection.transaction()"
            )
        return True

    def begin_reading(self) -> bool:
        """Leave it to the driver."""
        return False

    def roll_back(self) -> None:
        """End the transaction that the driver opened."""
        # The server rolls back whatever loses its connection.
        with suppress(psycopg.Error):
            self._connection.rollback()

    def is_open(self) -> bool:
        """Tell whether a transaction is open; the server ends it with the connection."""
        return self._status() in (TransactionStatus.INTRANS, TransactionStatus.INERROR)

    def dangers(self) -> str:
        """Say why the server may lose what it acknowledges."""
        return dangers(self.executor.one(DURABLE))

    def _status(self) -> int:
        return self._connection.pgconn.transaction_status


class PsycopgLender:
    """A connection or cursor of psycopg that the caller gave."""

    dialect: Dialect = "postgresql"

    def __init__(self, connection: psycopg.Connection) -> None:
        self._hand = PsycopgHand(connection)
        self._connection = connection

    def hand(self) -> Hand:
        """Give the connection."""
        if is_lost(self._connection):
            raise SettingsError("the connection is closed")
        return self._hand

    def check(self) -> None:
        """Have nothing more to check than the connection knows."""
