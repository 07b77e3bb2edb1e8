"""Orders and their points are there together, or neither is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from retailcrm.adapters.stores.sqlite.locking import FileLock, beside
from retailcrm.errors import ConflictError
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from database import OrderRow

if TYPE_CHECKING:
    from conftest import Browser
    from fastapi import FastAPI
    from httpx import Response


def new_key() -> str:
    """Give what a browser sends along with one order, however often it sends that."""
    return uuid4().hex


def place(web: Browser, who: str, goods: int, points: int = 0, key: str = "") -> Response:
    """Send an order."""
    asked = {"customer": who, "goods": goods, "points": points}
    return web.post("/orders", json=asked, headers={"Idempotency-Key": key or new_key()})


@pytest.fixture
def ann(web: Browser) -> str:
    """Give a customer who has 500 points, by an order of 500 yuan."""
    name = f"ann-{new_key()}"
    number = place(web, name, 500_00).json()["number"]
    assert web.post(f"/orders/{number}/payment").status_code == 200
    assert points(web, name) == 500
    return name


def points(web: Browser, who: str) -> int:
    """Give what somebody may spend."""
    return int(web.get(f"/customers/{who}/points").json()["available"])


def orders(app: FastAPI, who: str) -> int:
    """Count somebody's orders."""
    with Session(app.state.engine) as session:
        counted = session.scalar(select(func.count()).where(OrderRow.customer == who))
    return int(counted or 0)


def test_an_order_and_its_points_are_committed_together(web: Browser, ann: str) -> None:
    """300 points take 3 yuan off, and what was paid earns again: 97 yuan, 97 points."""
    order = place(web, ann, 100_00, points=300)
    assert order.status_code == 201
    assert order.json()["discount"] == 3_00
    assert order.json()["due"] == 97_00
    assert points(web, ann) == 200
    web.post(f"/orders/{order.json()['number']}/payment")
    assert points(web, ann) == 297


def test_a_refusal_keeps_nothing(app: FastAPI, web: Browser) -> None:
    """Who has no points cannot pay with any: a conflict that says which limit bound, and no order."""
    nobody = f"bob-{new_key()}"
    answer = place(web, nobody, 100_00, points=100)
    assert answer.status_code == 409
    assert answer.json()["detail"]["limit"] == "balance"
    assert orders(app, nobody) == 0


def test_a_request_that_fails_late_keeps_nothing(
    app: FastAPI, web: Browser, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the shop's own code breaks after the points were taken, the order is gone and they are there."""

    def broken(row: OrderRow) -> None:
        assert row.discount == 3_00  # so far all went well
        raise RuntimeError("printer on fire")

    monkeypatch.setattr("checkout.shown", broken)
    with pytest.raises(RuntimeError, match="printer"):
        place(web, ann, 100_00, points=300)
    assert orders(app, ann) == 1
    assert points(web, ann) == 500


def test_a_request_that_is_sent_twice_is_done_once(app: FastAPI, web: Browser, ann: str) -> None:
    """The same key with the same order gives the same answer."""
    key = new_key()
    first, second = (place(web, ann, 100_00, points=300, key=key) for _ in range(2))
    assert first.json() == second.json()
    assert orders(app, ann) == 2
    assert points(web, ann) == 200
    payment = f"/orders/{first.json()['number']}/payment"
    assert web.post(payment).json() == web.post(payment).json()
    assert points(web, ann) == 297


def test_a_request_that_is_sent_by_many_at_once_is_done_once(app: FastAPI, web: Browser, ann: str) -> None:
    """Eight at the same time: one order, 300 points, eight equal answers."""
    key = new_key()

    def send(_: int) -> dict[str, Any]:
        while (answer := place(web, ann, 100_00, points=300, key=key)).status_code == 503:
            assert answer.headers["Retry-After"] == "1"
        return dict(answer.json())

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert orders(app, ann) == 2
    assert points(web, ann) == 200


def test_a_key_stands_for_one_order(web: Browser, ann: str) -> None:
    """The same key with another order is a conflict, and so is a refund's with another amount."""
    key = new_key()
    number = place(web, ann, 100_00, points=300, key=key).json()["number"]
    assert place(web, ann, 100_01, points=300, key=key).json()["detail"]["limit"] == "key"
    web.post(f"/orders/{number}/payment")
    again = {"Idempotency-Key": key}
    assert web.post(f"/orders/{number}/refunds", json={"amount": 50_00}, headers=again).status_code == 200
    other = web.post(f"/orders/{number}/refunds", json={"amount": 50_01}, headers=again)
    assert (other.status_code, other.json()["detail"]["limit"]) == (409, "key")


def test_a_commit_that_nobody_can_vouch_for_is_asked_for_again(
    app: FastAPI, web: Browser, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection dies while it commits: the answer is 503, and the same key finds what was kept."""
    really, key = Session.commit, new_key()

    def commit_and_lose_the_line(session: Session) -> None:
        really(session)
        raise OperationalError("COMMIT", {}, OSError("connection lost"))

    with monkeypatch.context() as line:
        line.setattr(Session, "commit", commit_and_lose_the_line)
        answer = place(web, ann, 100_00, points=300, key=key)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert place(web, ann, 100_00, points=300, key=key).json()["discount"] == 3_00
    assert orders(app, ann) == 2
    assert points(web, ann) == 200


def test_a_payment_that_nobody_can_vouch_for_earns_once(
    web: Browser, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line dies while a payment is committed: sent again later, the order earns its 100 points once."""
    payment = f"/orders/{place(web, ann, 100_00).json()['number']}/payment"
    really = Session.commit

    def commit_and_lose_the_line(session: Session) -> None:
        really(session)
        raise OperationalError("COMMIT", {}, OSError("connection lost"))

    with monkeypatch.context() as line:
        line.setattr(Session, "commit", commit_and_lose_the_line)
        assert web.post(payment).status_code == 503
    for _ in range(2):
        assert web.post(payment).json()["state"] == "paid"
    assert points(web, ann) == 600


def test_a_refund_brings_points_back(web: Browser, ann: str) -> None:
    """All of an order of 100 yuan goes back, 3 of them points' worth: 97 in money, 300 points, 97 taken."""
    number = place(web, ann, 100_00, points=300).json()["number"]
    web.post(f"/orders/{number}/payment")
    key = {"Idempotency-Key": new_key()}
    for _ in range(2):
        back = web.post(f"/orders/{number}/refunds", json={"amount": 100_00}, headers=key).json()
        assert (back["pay_back"], back["points_back"]) == (97_00, 300)
    assert points(web, ann) == 500


def test_an_order_that_is_not_there_is_not_found(web: Browser) -> None:
    """Paying for nothing is an error of the caller's."""
    assert web.post("/orders/123456789/payment").status_code == 404


def free(file: Path) -> bool:
    """Tell whether somebody else could write to a file."""
    try:
        with closing(FileLock(beside(file), 0.05)) as lock, lock:
            return True
    except ConflictError:
        return False


@pytest.fixture
def old_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make SQLite one of before 3.51.3, whichever there is."""
    monkeypatch.setattr("retailcrm.adapters.stores.sqlite.database.needs_lock", lambda: True)


@pytest.mark.usefixtures("old_sqlite")
def test_nobody_else_writes_until_a_request_is_committed(app: FastAPI, web: Browser, ann: str) -> None:
    """An order and its payment have the file to themselves, from the beginning until after the commit."""
    if app.state.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL keeps writers apart by itself")
    file, seen = Path(app.state.engine.url.database), []

    def look(*_: object) -> None:
        seen.append(free(file))

    event.listen(app.state.engine, "begin", look)
    event.listen(Session, "after_commit", look)
    try:
        number = place(web, ann, 100_00, points=300).json()["number"]
        assert web.post(f"/orders/{number}/payment").status_code == 200
    finally:
        event.remove(Session, "after_commit", look)
    assert seen == [False] * 4
    assert free(file)
