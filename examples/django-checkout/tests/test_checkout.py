"""Orders and their points are there together, or neither is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from retailcrm.adapters.stores.sqlite.locking import FileLock, beside
from retailcrm.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.http import HttpResponse
    from django.test import Client


def new_key() -> str:
    """Give what a browser sends along with one order, however often it sends that."""
    return uuid4().hex


def send(web: Client, path: str, key: str = "", **asked: object) -> HttpResponse:
    """Send a request."""
    headers = {"Idempotency-Key": key or new_key()}
    return web.post(path, asked, content_type="application/json", headers=headers)


def place(web: Client, who: str, goods: int, points: int = 0, key: str = "") -> HttpResponse:
    """Send an order."""
    return send(web, "/orders", key, customer=who, goods=goods, points=points)


def points(web: Client, who: str) -> int:
    """Give what somebody may spend."""
    return int(web.get(f"/customers/{who}/points").json()["available"])


def orders(who: str) -> int:
    """Count somebody's orders."""
    from checkout.models import Order

    return int(Order.objects.filter(customer=who).count())


@pytest.fixture
def ann(web: Client) -> str:
    """Give a customer who has 500 points, by an order of 500 yuan."""
    name = f"ann-{new_key()}"
    number = place(web, name, 500_00).json()["number"]
    assert send(web, f"/orders/{number}/payment").status_code == 200
    assert points(web, name) == 500
    return name


def test_an_order_and_its_points_are_committed_together(web: Client, ann: str) -> None:
    """300 points take 3 yuan off, and what was paid earns again: 97 yuan, 97 points."""
    order = place(web, ann, 100_00, points=300)
    assert order.status_code == 201
    assert (order.json()["discount"], order.json()["due"]) == (3_00, 97_00)
    assert points(web, ann) == 200
    send(web, f"/orders/{order.json()['number']}/payment")
    assert points(web, ann) == 297


def test_a_refusal_keeps_nothing(web: Client) -> None:
    """Who has no points cannot pay with any: a conflict that says which limit bound, and no order."""
    nobody = f"bob-{new_key()}"
    answer = place(web, nobody, 100_00, points=100)
    assert (answer.status_code, answer.json()["limit"]) == (409, "balance")
    assert orders(nobody) == 0


def test_a_request_that_fails_late_keeps_nothing(
    web: Client, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the shop's own code breaks after the points were taken, the order is gone and they are there."""

    def broken(order: Any) -> None:
        assert order.discount == 3_00  # so far all went well
        raise RuntimeError("printer on fire")

    monkeypatch.setattr("checkout.views.shown", broken)
    with pytest.raises(RuntimeError, match="printer"):
        place(web, ann, 100_00, points=300)
    assert orders(ann) == 1
    assert points(web, ann) == 500


def test_a_request_that_is_sent_twice_is_done_once(web: Client, ann: str) -> None:
    """The same key with the same order gives the same answer."""
    key = new_key()
    first, second = (place(web, ann, 100_00, points=300, key=key) for _ in range(2))
    assert first.json() == second.json()
    assert orders(ann) == 2
    assert points(web, ann) == 200
    payment = f"/orders/{first.json()['number']}/payment"
    assert send(web, payment).json() == send(web, payment).json()
    assert points(web, ann) == 297


def test_a_request_that_is_sent_by_many_at_once_is_done_once(web: Client, ann: str) -> None:
    """Eight at the same time: one order, 300 points, eight equal answers."""
    key = new_key()

    def one(_: int) -> Any:
        from django.db import connection

        while (answer := place(web, ann, 100_00, points=300, key=key)).status_code == 503:
            assert answer.headers["Retry-After"] == "1"
        connection.close()  # of this thread
        return answer.json()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert orders(ann) == 2
    assert points(web, ann) == 200


def test_a_key_stands_for_one_order(web: Client, ann: str) -> None:
    """The same key with another order is a conflict, and so is a refund's with another amount."""
    key = new_key()
    number = place(web, ann, 100_00, points=300, key=key).json()["number"]
    assert place(web, ann, 100_01, points=300, key=key).json()["limit"] == "key"
    send(web, f"/orders/{number}/payment")
    assert send(web, f"/orders/{number}/refunds", key, amount=50_00).status_code == 200
    other = send(web, f"/orders/{number}/refunds", key, amount=50_01)
    assert (other.status_code, other.json()["limit"]) == (409, "key")


def test_a_commit_that_nobody_can_vouch_for_is_asked_for_again(
    web: Client, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection dies while it commits: the answer is 503, and the same key finds what was kept."""
    from django.db import OperationalError
    from django.db.backends.base.base import BaseDatabaseWrapper

    really, key = BaseDatabaseWrapper.commit, new_key()

    def commit_and_lose_the_line(line: Any) -> None:
        really(line)
        raise OperationalError("connection lost")

    with monkeypatch.context() as line:
        line.setattr(BaseDatabaseWrapper, "commit", commit_and_lose_the_line)
        answer = place(web, ann, 100_00, points=300, key=key)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert place(web, ann, 100_00, points=300, key=key).json()["discount"] == 3_00
    assert orders(ann) == 2
    assert points(web, ann) == 200


def test_a_payment_that_nobody_can_vouch_for_earns_once(
    web: Client, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line dies while a payment is committed: sent again later, the order earns its 100 points once."""
    from django.db import OperationalError
    from django.db.backends.base.base import BaseDatabaseWrapper

    payment = f"/orders/{place(web, ann, 100_00).json()['number']}/payment"
    really = BaseDatabaseWrapper.commit

    def commit_and_lose_the_line(line: Any) -> None:
        really(line)
        raise OperationalError("connection lost")

    with monkeypatch.context() as line:
        line.setattr(BaseDatabaseWrapper, "commit", commit_and_lose_the_line)
        assert send(web, payment).status_code == 503
    for _ in range(2):
        assert send(web, payment).json()["state"] == "paid"
    assert points(web, ann) == 600


def test_a_refund_brings_points_back(web: Client, ann: str) -> None:
    """All of an order of 100 yuan goes back, 3 of them points' worth: 97 in money, 300 points, 97 taken."""
    number = place(web, ann, 100_00, points=300).json()["number"]
    send(web, f"/orders/{number}/payment")
    key = new_key()
    for _ in range(2):
        back = send(web, f"/orders/{number}/refunds", key, amount=100_00).json()
        assert (back["pay_back"], back["points_back"]) == (97_00, 300)
    assert points(web, ann) == 500


def free(file: Path) -> bool:
    """Tell whether somebody else could write to a file."""
    try:
        with closing(FileLock(beside(file), 0.05)) as lock, lock:
            return True
    except ConflictError:
        return False


@pytest.fixture
def old_sqlite(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Open the shop with an SQLite of before 3.51.3, whichever there is."""
    from checkout.points import the_shop

    def close() -> None:
        the_shop().close()
        the_shop.cache_clear()

    close()
    with monkeypatch.context() as old:
        old.setattr("retailcrm.adapters.stores.sqlite.database.needs_lock", lambda: True)
        yield
        close()


@pytest.mark.usefixtures("old_sqlite")
def test_nobody_else_writes_until_a_request_is_committed(
    web: Client, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order and its payment have the file to themselves, until after the commit."""
    from django.conf import settings
    from django.db import transaction

    from checkout.views import shown

    seen: list[bool] = []

    def look() -> None:
        seen.append(free(settings.FILE))

    def look_and_show(order: Any) -> dict[str, Any]:
        look()
        transaction.on_commit(look)
        return shown(order)

    monkeypatch.setattr("checkout.views.shown", look_and_show)
    number = place(web, ann, 100_00, points=300).json()["number"]
    assert send(web, f"/orders/{number}/payment").status_code == 200
    assert seen == [False] * 4
    assert free(settings.FILE)
