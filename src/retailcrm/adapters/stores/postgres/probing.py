"""What can be seen of a PostgreSQL server, without changing anything."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.adapters.stores.postgres.database import PostgresDatabase

if TYPE_CHECKING:
    from collections.abc import Mapping

_SETTINGS: Final = (
    "server_version", "fsync", "synchronous_commit", "full_page_writes", "lock_timeout",
    "statement_timeout", "idle_in_transaction_session_timeout", "max_connections",
    "server_encoding", "data_checksums", "transaction_read_only",
)  # fmt: skip
_CLOCK: Final = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"


@attrs.frozen(kw_only=True)
class ServerFacts:
    """A server and its settings, as this package's connections see them.

    Attributes:
        settings: Values as the server shows them, by name.
        isolation: Of the transactions that a store of that URL opens to write, whatever the server's default.
        ahead: Seconds that its clock is ahead of this machine's.
        round_trip: Seconds from a question to its answer.
    """

    settings: Mapping[str, str]
    isolation: str
    ahead: float
    round_trip: float


def probe_server(url: str) -> ServerFacts:
    """Look at a server, one that would lose what it acknowledged too.

    Args:
        url: ``postgresql://user@host/database``.

    Raises:
        SettingsError: It cannot be reached, or is too old.
    """
    database = PostgresDatabase(url, allow_unsafe=True)
    try:
        run = database.executor
        asked = "SELECT current_setting(?, true)"
        settings = {name: str((run.one(asked, (name,)) or ("",))[0]) for name in _SETTINGS}
        before = time.time()
        (there,) = run.one(_CLOCK) or (0,)
        after = time.time()
        return ServerFacts(
            settings=settings,
            isolation=database.isolation,
            ahead=int(there) / 1e6 - (before + after) / 2,
            round_trip=after - before,
        )
    finally:
        database.close()
