"""The shop's own table, and one transaction for everything that a request changes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

from fastapi import HTTPException
from retailcrm.errors import ConflictError, IdempotencyConflictError
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm import Shop

Answer = TypeVar("Answer")
TRIES: Final = 3


class Table(DeclarativeBase):
    """Tables of the shop; those of the points are beside them, and begin with ``retailcrm_``."""


class OrderRow(Table):
    """An order, as any shop has it."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # of the request that placed it
    customer: Mapped[str]
    goods: Mapped[int]  # fen, as all money here
    points: Mapped[int]  # that she asked to pay with
    discount: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(default="placed")
    paid_at: Mapped[datetime | None]  # UTC

    @property
    def reference(self) -> str:
        """What the order is called where points are kept."""
        return f"web/main/{self.id}"

    @property
    def due(self) -> int:
        """What is left to pay with money."""
        return self.goods - self.discount


def engine_of(url: str) -> Engine:
    """Open the shop's database; its address is the one that ``open_shop`` takes."""
    address = make_url(url)
    if address.drivername == "postgresql":
        return create_engine(address.set(drivername="postgresql+psycopg"))
    engine = create_engine(address)
    event.listen(engine, "connect", _begin_nothing_by_itself)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _begin_nothing_by_itself(connection: object, _: object) -> None:
    # Python's sqlite3 begins a transaction where it thinks best, which is too late for what was read before.
    connection.isolation_level = None  # type: ignore[attr-defined]  # the driver's connection


def in_one_transaction(shop: Shop, engine: Engine, work: Callable[[Session], Answer]) -> Answer:
    """Do what a request asks for and commit it, all of it or nothing.

    Whoever was beaten by somebody else begins again: only we know what else belongs to our transaction.
    """
    for _ in range(TRIES):
        try:
            # From before it begins until it is committed: an older SQLite keeps two commits apart badly.
            with shop.alone(), Session(engine, expire_on_commit=False) as session:
                answer = work(session)
                _commit(session)
                return answer
        except IdempotencyConflictError as error:
            raise HTTPException(409, {"limit": "key", "message": str(error)}) from error
        except (ConflictError, IntegrityError, OperationalError):
            continue  # leaving the session has rolled it back
    raise ask_again("others were first, again and again")


def _commit(session: Session) -> None:
    try:
        session.commit()
    except DBAPIError as error:
        raise ask_again("nobody can say whether it was kept") from error


def ask_again(reason: str) -> HTTPException:
    """Answer that the same request, with the same key, should be sent once more."""
    return HTTPException(503, {"reason": reason}, {"Retry-After": "1"})
