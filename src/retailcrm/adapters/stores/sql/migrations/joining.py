"""SQLAlchemy inside a transaction that is open already, on a connection of ours."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from retailcrm.adapters.stores.sql.executor import Executor

_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "sqlite": {"url": "sqlite://"},
    # It would look for a type that nothing here has.
    "postgresql": {"url": "postgresql+psycopg://", "use_native_hstore": False},
}


class _Connected(Protocol):
    """An executor of ours; those in somebody else's transaction never come here."""

    connection: Any


class Lent:
    """A driver's connection whose transaction somebody else ends: all of it but the ending."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - drivers share no class
        self._connection = connection

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as above
        """Give what the connection has."""
        return getattr(self._connection, name)

    def commit(self) -> None:
        """Leave it to the owner."""

    def rollback(self) -> None:
        """Leave it to the owner."""

    def close(self) -> None:
        """Leave it to the owner."""


@contextmanager
def joined(executor: Executor) -> Iterator[Connection]:
    """Give an SQLAlchemy connection in the transaction of an executor.

    Args:
        executor: Of a unit that is open; it ends the transaction, not SQLAlchemy.

    Raises:
        StoreError: A statement failed; or what else this package raises for the driver's errors.
    """
    engine = create_engine(
        **_OPTIONS[executor.dialect],
        creator=lambda: Lent(cast("_Connected", executor).connection),
        poolclass=StaticPool,
        pool_reset_on_return=None,
        hide_parameters=True,
    )
    try:
        with engine.connect() as connection, connection.begin():
            yield connection
    except DBAPIError as error:
        raise _translated(executor, error) from None


def _translated(executor: Executor, error: DBAPIError) -> Exception:
    """Give this package's error for one that SQLAlchemy wrapped."""
    if executor.dialect == "sqlite":
        from retailcrm.adapters.stores.sqlite.failures import translated  # noqa: PLC0415 - one of two
    else:
        from retailcrm.adapters.stores.postgres.failures import translated  # noqa: PLC0415 - one of two
    return translated(error.orig or error)
