"""The verbs in transactions of SQLAlchemy's: an order row and its points end together, either way."""

from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import create_engine, func, select, table, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from retailcrm import open_shop
from retailcrm.domain.identity import Identity, OrderRef
from retailcrm.domain.money import Money
from retailcrm.domain.orders import Observation, OrderState, fold
from retailcrm.ports.outcomes import Staged
from retailcrm.shop.policy import policy_from_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.shop.loyalty.conftest import Clock

    from retailcrm import Shop

RULES: Final = {"shop": {"zone": "UTC"}, "points": {"earn": {"rate": "1"}, "waiting": {"until": "paid"}}}
PAID: Final = datetime(2024, 3, 1, tzinfo=UTC)
ORDER: Final = fold(
    [
        Observation(
            ref=OrderRef("web", "main", "1"), observed_at=PAID, paid_at=PAID, state=OrderState.PAID,
            gross=Money(4000, "CNY"), buyer=Identity.of("web", "main", "id", "ann"),
        )
    ]
)  # fmt: skip
BACK: Final = 2000 * 30 // 4030
"""Of 40.30 yuan 30 points paid 0.30: the same part of the 20 yuan that go back, rounded down."""
TAKEN: Final = 40 * (2000 - BACK) // 4000
"""Of the 40 points that 40 yuan earned, by the money that goes back."""
LEFT: Final = 100 - 30 - 6 + 40 + BACK - TAKEN
"""After a redemption, a reservation of which a part is captured, a payment and a refund."""


def by_connection(url: str, work: Callable[[Any], Any], end: str) -> Any:
    """Work in a transaction of a connection, and end it."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = work(connection)
        getattr(connection, end)()
    engine.dispose()
    return found


def by_session(url: str, work: Callable[[Any], Any], end: str) -> Any:
    """Work in a transaction of a session, and end it."""
    engine = create_engine(url)
    with Session(engine) as session:
        found = work(session)
        getattr(session, end)()
    engine.dispose()
    return found


def by_run_sync(url: str, work: Callable[[Any], Any], end: str) -> Any:
    """Work in a transaction of an asynchronous connection, and end it."""

    async def run() -> Any:
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            found = await connection.run_sync(work)
            await getattr(connection, end)()
        await engine.dispose()
        return found

    return asyncio.run(run())


def by_run_sync_of_a_session(url: str, work: Callable[[Any], Any], end: str) -> Any:
    """Work in a transaction of an asynchronous session, and end it."""

    async def run() -> Any:
        engine = create_async_engine(url)
        async with AsyncSession(engine) as session:
            found = await session.run_sync(work)
            await getattr(session, end)()
        await engine.dispose()
        return found

    return asyncio.run(run())


HER_WAYS: Final = (by_connection, by_session, by_run_sync, by_run_sync_of_a_session)
DRIVERS: Final = {"sqlite": ("sqlite", "sqlite+aiosqlite"), "postgresql": ("postgresql+psycopg",) * 2}


def commands(shop: Shop, given: Any) -> list[Any]:
    """Do what a checkout does, in her transaction."""
    points = shop.loyalty.using(given)
    return [
        points.redeem("ann", 30, key="r", order="web/main/1"),
        points.reserve("ann", 20, key="h"),
        points.capture("h", points=6, key="c"),
        points.earn(ORDER, key="e"),
        points.refund("web/main/1", Money(2000, "CNY"), key="f"),
    ]


@pytest.fixture(params=DRIVERS)
def kind(request: pytest.FixtureRequest) -> str:
    """Give a kind of database."""
    return str(request.param)


@pytest.fixture
def url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """Give the URL of an empty database."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'shop.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.mark.parametrize("first", ["order", "points"])
@pytest.mark.parametrize("lent", HER_WAYS)
def test_an_order_row_and_its_points_end_together(
    kind: str, url: str, lent: Any, first: str, clock: Clock
) -> None:
    """Rolled back, neither is there and all keys are free; committed, both are; again, nothing is doubled."""
    driver = DRIVERS[kind][lent in HER_WAYS[2:]]
    hers = url.replace(f"{kind}:", f"{driver}:", 1)
    plain = create_engine(url.replace(f"{kind}:", f"{DRIVERS[kind][0]}:", 1))
    with closing(open_shop(url, policy=policy_from_table(RULES), clock=clock)) as shop, shop.alone():
        with plain.begin() as connection:
            connection.execute(text("CREATE TABLE orders (id INTEGER PRIMARY KEY)"))
        shop.loyalty.adjust("ann", 100, key="g", reason="gift", actor="li")

        def work(given: Any, number: int) -> list[Any]:
            insert = text("INSERT INTO orders VALUES (:n)")
            if first == "order":
                given.execute(insert, {"n": number})
            answers = commands(shop, given)
            if first == "points":
                given.execute(insert, {"n": number})
            return answers

        for number, end, standing in (
            (1, "rollback", (0, 100)), (1, "commit", (1, LEFT)), (2, "rollback", (1, LEFT)),
            (2, "commit", (2, LEFT)),
        ):  # fmt: skip
            answers = lent(hers, lambda given, number=number: work(given, number), end)
            assert all(isinstance(answer, Staged) for answer in answers)
            assert {answer.done.repeated for answer in answers} == {number == 2}
            assert [answer.done.points for answer in answers] == [30, 20, 6, 40, BACK]
            with plain.connect() as connection:
                rows = connection.scalar(select(func.count()).select_from(table("orders")))
            assert (rows, shop.loyalty.balance("ann").available) == standing
    plain.dispose()
