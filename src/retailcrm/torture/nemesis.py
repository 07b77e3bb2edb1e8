"""Who ends connections to PostgreSQL under those who work on them; only ever those of an attack itself."""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.adapters.stores.sql.location import database_at
from retailcrm.errors import RetailCRMError, StoreError
from retailcrm.torture.databases import is_postgres, named

if TYPE_CHECKING:
    from collections.abc import Iterator

_OURS: Final = (
    "FROM pg_stat_activity WHERE application_name = ? AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend'"
)


@attrs.define
class Struck:
    """What is being done to connections.

    Attributes:
        url: Where those who are to be struck connect.
        ended: How many connections were ended so far.
    """

    url: str
    ended: int = 0


def end_connections(url: str, name: str) -> int:
    """End the connections with a name, as an operator would; give how many there were."""
    database = database_at(url)
    try:
        row = database.executor.one(f"SELECT count(pg_terminate_backend(pid)) {_OURS}", (name,))
    finally:
        database.close()
    return 0 if row is None else int(row[0])


def wait_for_the_end(url: str, name: str, seconds: float = 20.0) -> None:
    """Wait until the server has no connection with a name any more.

    A client that was killed is gone at once, while the server still commits what it sent last: whoever looked
    meanwhile would miss that.

    Args:
        url: Where to look.
        name: Of the connections.
        seconds: At most so long.

    Raises:
        StoreError: There is one all the time.
    """
    database, end = database_at(url), time.monotonic() + seconds
    try:
        while database.executor.one(f"SELECT 1 {_OURS} LIMIT 1", (name,)) is not None:
            if time.monotonic() > end:
                raise StoreError(f"the server keeps a connection of a dead client for {seconds:g} s")
            time.sleep(0.01)
    finally:
        database.close()


def kill_backend(url: str, name: str) -> int:
    """Kill a server process behind a connection with a name: all of PostgreSQL recovers from that.

    The server must run on this machine, and belong to whoever calls this: for tests.
    """
    database = database_at(url)
    try:
        row = database.executor.one(f"SELECT pid {_OURS} LIMIT 1", (name,))
    finally:
        database.close()
    if row is None:
        return 0
    os.kill(int(row[0]), signal.SIGKILL)
    return 1


@contextmanager
def ending_connections(url: str, name: str, every: float) -> Iterator[Struck]:
    """End the connections with a name again and again for as long as the block lasts.

    Args:
        url: The store.
        name: What connections are called that are opened by the URL that comes back.
        every: Seconds between; 0, or another store than PostgreSQL: none is ended.
    """
    struck = Struck(named(url, name))
    if not every or not is_postgres(url):
        yield struck
        return
    over = Event()

    def strike() -> None:
        while not over.wait(every):
            try:
                struck.ended += end_connections(url, name)
            except RetailCRMError:  # the server is busy recovering, or has no room for one more
                continue

    thread = Thread(target=strike, daemon=True)
    thread.start()
    try:
        yield struck
    finally:
        over.set()
        thread.join()
