"""A shop's database on a server that several machines share: a connection for each thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import psycopg
from psycopg.types.numeric import Int8Dumper

from retailcrm.adapters.stores.postgres.durability import DURABLE, dangers
from retailcrm.adapters.stores.postgres.failures import said
from retailcrm.adapters.stores.postgres.isolation import checked, taken_out
from retailcrm.adapters.stores.postgres.session import PostgresSession
from retailcrm.adapters.stores.sql.database import SessionDatabase
from retailcrm.adapters.stores.sql.session import PerThread
from retailcrm.errors import SettingsError, StoreError

if TYPE_CHECKING:
    from retailcrm.adapters.stores.postgres.isolation import Isolation
    from retailcrm.adapters.stores.sql.executor import Dialect

OLDEST: Final = 130000
"""First server that is tested: PostgreSQL 13."""

STATEMENTS_KEPT: Final = 256
"""Prepared statements that a connection keeps: more than this package has."""


class PostgresDatabase(SessionDatabase):
    """A PostgreSQL database; threads, processes and machines may share it.

    Args:
        url: ``postgresql://user@host/database``, as libpq takes it; ``isolation=serializable`` may stand
            among its parameters.
        isolation: Of units; ``None`` is what the URL asks for, else ``read committed``. Both are safe here;
            ``serializable`` asks more often to try again.
        patience: Seconds to wait for others' locks.
        statement_seconds: How long one statement may take.
        idle_seconds: How long a transaction may stay open with nothing asked.
        allow_unsafe: Whether to take a server that may lose what it acknowledged.

    Raises:
        SettingsError: The server cannot be reached, is too old, or would not keep what it acknowledges.
    """

    dialect: Dialect = "postgresql"

    def __init__(
        self,
        url: str,
        *,
        isolation: Isolation | None = None,
        patience: float = 10.0,
        statement_seconds: float = 300.0,
        idle_seconds: float = 600.0,
        allow_unsafe: bool = False,
    ) -> None:
        self.url, asked = taken_out(url)
        self.isolation: Final = checked(isolation or asked or "read committed")
        self._timeouts = {
            "lock_timeout": patience,
            "statement_timeout": statement_seconds,
            "idle_in_transaction_session_timeout": idle_seconds,
        }
        self._sessions = PerThread(self._open)
        super().__init__(self._sessions.get)
        try:
            connection = self._sessions.get().connection
        except StoreError as error:
            raise SettingsError(str(error)) from None
        try:
            _check_server(connection, allow_unsafe=allow_unsafe)
        except SettingsError:
            self.close()
            raise

    def shared_snapshot(self) -> str:
        """Inside a snapshot: name it, so that another connection sees the same; else give nothing."""
        session = self._sessions.get()
        found = session.executor.one("SELECT pg_export_snapshot()") if session.depth else None
        return "" if found is None else str(found[0])

    def close(self) -> None:
        """Close the connections of all threads; what is open in them is rolled back."""
        self._sessions.close()

    def _open(self) -> PostgresSession:
        return PostgresSession(self._connect, self.isolation)

    def _connect(self) -> psycopg.Connection:
        try:
            connection = psycopg.connect(
                self.url, autocommit=True, client_encoding="UTF8", fallback_application_name="retailcrm"
            )
        except psycopg.ProgrammingError:
            # The message may show the password.
            raise StoreError("the URL of the PostgreSQL server cannot be read") from None
        except psycopg.Error as error:
            raise StoreError(f"the PostgreSQL server cannot be reached: {error}") from None
        try:
            self._prepare(connection)
        except psycopg.Error as error:
            connection.close()
            raise StoreError(f"the PostgreSQL server refuses settings: {said(error)}") from None
        return connection

    def _prepare(self, connection: psycopg.Connection) -> None:
        for name, seconds in self._timeouts.items():
            connection.execute("SELECT set_config(%s, %s, false)", (name, str(int(seconds * 1000))))
        connection.prepared_max = STATEMENTS_KEPT
        # Of one size whatever the number, so that a statement is prepared once.
        connection.adapters.register_dumper(int, Int8Dumper)


def _check_server(connection: psycopg.Connection, *, allow_unsafe: bool) -> None:
    if connection.info.server_version < OLDEST:
        raise SettingsError(f"PostgreSQL {connection.info.server_version // 10000} is too old; 13 will do")
    if danger := "" if allow_unsafe else dangers(connection.execute(DURABLE).fetchone()):
        raise SettingsError(danger)
