"""Verbs on every store: what others do at the same time, what a store cannot keep, what memory would say."""

from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
import pyarrow as pa
import pytest
from tests.shop.loyalty.conftest import MAPPING, Clock

from retailcrm import open_shop
from retailcrm.domain.identity import Evidence
from retailcrm.domain.points.documents import state_hash
from retailcrm.domain.points.opening import OpeningRow
from retailcrm.errors import ConflictError, InputError, StoreError
from retailcrm.ports.outcomes import Done, Refused, Staged
from retailcrm.shop.loyalty.attempts import Attempts, begun_anew
from retailcrm.shop.policy import policy_from_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from retailcrm import Shop
    from retailcrm.ports.outcomes import Outcome
    from retailcrm.shop.loyalty import Loyalty

SAID = (Evidence.stated("she said so"),)
COLUMNS = ("id", "who", "at", "left", "done", "amount", "back", "back_at")
STORES = ("memory", "sqlite", "postgresql")


@pytest.fixture
def url_of(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Give the URL of an empty database of a kind."""

    def url(kind: str) -> str:
        if kind == "postgresql":
            return str(request.getfixturevalue("postgres_url"))
        return "memory:" if kind == "memory" else f"sqlite:///{tmp_path}/shop.db"

    return url


def opened(url: str, clock: Clock) -> closing[Shop]:
    """Open a shop with points, in UTC."""
    rules = policy_from_table({"shop": {"zone": "UTC"}, "points": {}})
    return closing(open_shop(url, policy=rules, clock=clock))


def take(shop: Shop, *rows: dict[str, str], **more: str) -> None:
    """Import orders, perhaps of another platform."""
    table = pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in COLUMNS})
    assert not shop.imports.table(table, {**MAPPING, **more}).problems


def order(number: str, who: str, amount: str, day: str = "2024-03-01", **more: str) -> dict[str, str]:
    """Give an order that was received two days later at the latest."""
    return {"id": number, "who": who, "at": day, "done": "2024-03-04", "amount": amount, **more}


def ledger_of(shop: Any) -> Any:
    """Give the ledger under a shop."""
    return shop.loyalty._accounts.ledger


def states(shop: Any) -> dict[str, str]:
    """Give the state hash of every account in which anything was written."""
    ledger = ledger_of(shop)
    return {
        name: state_hash(ledger.account(name)) for name in ledger.accounts() if ledger.account(name).version
    }


def gifts(shop: Shop, names: str, points: int = 1000) -> None:
    """Give points to some customers."""
    for name in names:
        assert isinstance(
            shop.loyalty.adjust(name, points, key=f"gift:{name}", reason="gift", actor="li"), Done
        )


def in_threads(*acts: Callable[[], Any]) -> list[Any]:
    """Do several things at once; give what each came to."""
    ready = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        ready.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [one.result() for one in [pool.submit(run, act) for act in acts]]


def slowly(points: Loyalty, who: str, key: str) -> Outcome:
    """Redeem a point after a while, in which the other session comes between."""
    time.sleep(0.002)
    return points.redeem(who, 1, key=key)


def test_groups_in_opposite_order_are_begun_anew(postgres_url: str, clock: Clock) -> None:
    """Two sessions, groups over the same accounts the other way round: each command happens, once."""
    with opened(postgres_url, clock) as one, opened(postgres_url, clock) as other:
        gifts(one, "abcd")

        def groups(shop: Shop, names: str, mark: str) -> list[Any]:
            found: list[Any] = []
            for i in range(2):
                spend = [partial(slowly, who=name, key=f"{mark}{i}{name}") for name in names]
                found += [one for group in shop.loyalty.batch(spend, size=4) for one in group]
            return found

        results = in_threads(lambda: groups(one, "abcd", "x"), lambda: groups(other, "dcba", "y"))
        assert all(isinstance(found, Done) for several in results for found in several)
        assert [one.loyalty.balance(name).available for name in "abcd"] == [996] * 4


def test_advance_joins_whom_a_merge_made_one(url_of: Callable[[str], str], clock: Clock) -> None:
    """Two accounts, one person, time goes by: the same accounts on a store as in memory."""
    found = []
    for kind in ("memory", "sqlite"):
        clock.set("2024-04-01")
        with opened(url_of(kind), clock) as shop:
            take(shop, order("1", "ann", "50.00"), order("2", "bob", "20.00"))
            for who in ("ann", "bob"):
                shop.loyalty.redeem(who, 1, key=who)
            shop.customers.merge("ann", "bob", evidence=SAID, by="li")
            clock.set("2024-05-01")
            shop.advance(clock.now, confirm_clock=True)
            ledger = ledger_of(shop)
            found.append(
                (states(shop), [ledger.account(f"points/{who}").available for who in ("ann", "bob")])
            )
    assert found[0] == found[1]
    assert found[1][1] == [68, 0]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_repeat_in_the_callers_transaction_is_staged(
    kind: str, url_of: Callable[[str], str], clock: Clock
) -> None:
    """The same command twice, then she rolls back: neither answer was a Done, and nothing happened."""
    url = url_of(kind)
    with opened(url, clock) as shop:
        gifts(shop, "a")
        connect: Any = sqlite3.connect if kind == "sqlite" else psycopg.connect
        with closing(connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute("BEGIN" if kind == "sqlite" else "SELECT 1")
            points = shop.loyalty.using(connection)
            answers = [points.redeem("a", 5, key="q") for _ in range(2)]
            connection.rollback()
        first, second = answers
        assert isinstance(first, Staged)
        assert isinstance(second, Staged)
        assert second.done.repeated
        assert shop.loyalty.balance("a").available == 1000


def test_waiting_in_vain_ends(url_of: Callable[[str], str], clock: Clock) -> None:
    """Somebody writes and never ends: a command says so after a while, not after twelve times that."""
    with opened(url_of("sqlite"), clock) as shop:
        gifts(shop, "a")
        ledger = ledger_of(shop)
        ledger.database._patience = 0.1
        began = time.monotonic()
        with ledger.unit(), ThreadPoolExecutor(1) as pool, pytest.raises(ConflictError):
            pool.submit(shop.loyalty.redeem, "a", 1, key="k").result()
        assert time.monotonic() - began < 10
        assert shop.loyalty.balance("a").available == 1000


def test_nothing_is_begun_once_enough_time_is_gone() -> None:
    """Whoever waited for longer than enough is sent away, however few attempts she made."""
    attempts = Attempts(0.01)
    time.sleep(0.02)
    assert not attempts.again()
    assert Attempts(60.0).again()


def test_what_is_begun_anew_is_not_somebody_elses() -> None:
    """A loss is tried again by whoever owns the unit; inside of somebody else's it is left to her."""
    lost = iter([True, True, False])

    def act() -> str:
        if next(lost):
            raise ConflictError("beaten to it")
        return "done"

    with pytest.raises(ConflictError):
        begun_anew(act, in_unit=lambda: True)
    assert begun_anew(act, in_unit=lambda: False) == "done"


@pytest.mark.parametrize("kind", STORES)
def test_texts_that_some_store_cannot_keep_are_refused_by_all(
    kind: str, url_of: Callable[[str], str], clock: Clock
) -> None:
    """Ids, keys and references too long, with U+0000 or half a character: InputError, and no point moves."""
    with opened(url_of(kind), clock) as shop:
        gifts(shop, "a")
        points = shop.loyalty
        for bad in ("汉" * 256, "a\0b", "\ud800"):
            for act in (
                partial(points.redeem, "a", 1, key=bad),
                partial(points.redeem, "a", 1, key="k", order=bad),
                partial(points.redeem, bad, 1, key="k"),
                partial(points.adjust, bad, 1, key="k", reason="gift", actor="li"),
                partial(points.transfer, "a", bad, 1, key="k"),
            ):
                with pytest.raises(InputError):
                    act()
        assert isinstance(points.redeem("a", 1, key="汉" * 255, order="单" * 255), Done)
        assert points.balance("a").available == 999


def test_what_the_database_refuses_goes_alone(url_of: Callable[[str], str], clock: Clock) -> None:
    """Of 200 commands of a group one breaks a rule of the database: the 199 others are done."""
    with opened(url_of("sqlite"), clock) as shop:
        gifts(shop, "ab")
        with ledger_of(shop).database.unit() as run:
            run.run(
                "CREATE TRIGGER no_bad BEFORE INSERT ON retailcrm_entries WHEN NEW.account = 'points/b' "
                "BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
        spend = [
            lambda points, who="b" if i == 120 else "a", key=f"k{i}": points.redeem(who, 1, key=key)
            for i in range(200)
        ]
        (results,) = shop.loyalty.batch(spend, size=200)
        assert [i for i, one in enumerate(results) if not isinstance(one, Done)] == [120]
        assert isinstance(results[120], StoreError)
        assert shop.loyalty.balance("a").available == 801


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_looking_after_a_merge_disturbs_nobody(kind: str, url_of: Callable[[str], str], clock: Clock) -> None:
    """Six who look at once at accounts that a merge made one: each is told, none of a conflict."""
    pairs = 6
    with opened(url_of(kind), clock) as shop:
        for who in "ab":
            for i in range(pairs):
                shop.loyalty.adjust(f"{who}{i}", 10, key=f"{who}{i}", reason="gift", actor="li")
        # Decided without points: whoever asks first writes what follows.
        for i in range(pairs):
            shop.customers.decided.merge(f"a{i}", f"b{i}", evidence=SAID, actor="li", at=clock.now)

        def look() -> list[int]:
            points = shop.loyalty
            return [
                (points.history(f"a{i}"), points.explain.balance(f"b{i}"), points.balance(f"b{i}").available)[
                    2
                ]
                for i in range(pairs)
            ]

        assert in_threads(*[look] * 6) == [[20] * pairs] * 6


def test_a_history_with_redemptions_is_the_same_on_a_store(
    url_of: Callable[[str], str], clock: Clock, tmp_path: Path
) -> None:
    """Orders and a till's file of then: the same states as in memory, the file again spends nothing."""
    rows = ("buyer,points,time", "ann,10,2024-03-05 10:00:00", "bob,5,2024-03-07 10:00:00")
    till = tmp_path / "till.csv"
    till.write_text("\n".join((*rows, "ann,5,2024-03-20 10:00:00")), encoding="utf-8")
    found = []
    for kind in ("memory", "sqlite"):
        with opened(url_of(kind), clock) as shop:
            with shop.history():
                take(shop, order("1", "ann", "50.00"), order("2", "bob", "20.00"))
                taken = shop.take_redemptions(till)
            assert (taken.redemptions, taken.points, taken.problems) == (3, 20, ())
            assert shop.take_redemptions(till).repeated == 3
            balances = [shop.loyalty.balance(who).available for who in ("ann", "bob")]
            shop.advance(clock.now)
            found.append((balances, states(shop)))
    assert found[0] == found[1]
    assert found[1][0] == [35, 15]


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_balances_taken_over_remember_what_files_gave_back(
    kind: str, url_of: Callable[[str], str], clock: Clock
) -> None:
    """The order that points paid for was refunded: taken over meanwhile, they are still given back once."""
    with opened(url_of(kind), clock) as shop:
        take(shop, order("1", "ann", "50.00"), order("2", "ann", "20.00"))
        shop.loyalty.redeem("ann", 30, key="x", order=_reference(shop, "2"))
        clock.set("2024-04-02")
        take(shop, order("2", "ann", "20.00", back="20.00", back_at="2024-04-01"))
        taken = [OpeningRow(source="r1", account="ann", points=5)]
        assert shop.loyalty.opening.take(taken, key="op", file="f").problems == ()
        again = shop.loyalty.give_back("x", key="gb")
        assert isinstance(again, Done)
        assert (again.points, shop.loyalty.balance("ann").available) == (0, 55)


def _reference(shop: Any, number: str) -> str:
    """Give the reference of one of Ann's orders."""
    accounts = shop.loyalty._accounts
    awards = accounts.awards(accounts.current("ann"))
    return next(str(one) for one in awards if one.endswith(f"/{number}"))


@pytest.mark.parametrize("touched", [False, True])
@pytest.mark.parametrize("asked", ["dan", "wx:id:dan"])
def test_a_number_that_two_platforms_share_takes_nobodys_points(
    asked: str, touched: bool, url_of: Callable[[str], str], clock: Clock
) -> None:
    """Asked for the plain id first or never: the points stay with whom they were before there were two."""
    found = []
    for kind in ("memory", "sqlite"):
        with opened(url_of(kind), clock) as shop:
            take(shop, order("8", "dan", "5.00"), platform="wx", name="wx")
            if touched:
                shop.loyalty.redeem("dan", 1, key="t")
            take(shop, order("1", "cat", "10.00"), platform="web", name="web")
            take(shop, order("2", "dan", "100.00"), platform="web", name="web")
            names = (asked, "wx:id:dan", "dan", "web:id:dan", "dan", "wx:id:dan")
            balances = [shop.loyalty.balance(one).available for one in names]
            spent = [type(shop.loyalty.redeem(one, 3, key=one)) for one in ("dan", "wx:id:dan")]
            found.append((balances[1:], spent, shop.loyalty.balance("wx:id:dan").available))
    left = 5 - touched
    assert found == [([left, 0, 100, 0, left], [Refused, Done], left - 3)] * 2


def test_a_merge_of_a_plain_id_can_be_taken_back(url_of: Callable[[str], str], clock: Clock) -> None:
    """Who was taken for the buyer of a platform by decision, not by name alone, parts from her again."""
    found = []
    for kind in ("memory", "sqlite"):
        with opened(url_of(kind), clock) as shop:
            take(shop, order("8", "dan", "5.00"), platform="wx", name="wx")
            take(shop, order("2", "dan", "100.00"), platform="web", name="web")
            gifts(shop, ["zoe", "dan"], 7)  # type: ignore[arg-type]  # names, each of several letters
            decided = shop.customers.decided
            merge = decided.merge("wx:id:dan", "dan", evidence=SAID, actor="li", at=clock.now)
            one = shop.loyalty.balance("wx:id:dan").available
            decided.undo(merge, actor="li", at=clock.now)
            found.append((one, [shop.loyalty.balance(name).available for name in ("dan", "wx:id:dan")]))
    assert found == [(12, [7, 5])] * 2


@contextmanager
def losing(monkeypatch: pytest.MonkeyPatch, book: Any, verb: str, times: int) -> Iterator[list[int]]:
    """Let a verb of a store's orders lose against somebody else, so many times."""
    whole, left = getattr(type(book), verb), [times]

    def lose(self: Any, *given: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise ConflictError("40P01: deadlock detected")
        return whole(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(type(book), verb, lose)
        yield left


def test_an_import_that_loses_is_begun_anew(
    url_of: Callable[[str], str], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice others were first: the file is there all the same, once; inside a caller's unit it is hers."""
    with opened(url_of("sqlite"), clock) as shop:
        book: Any = shop._kept.book  # type: ignore[union-attr]  # of a store
        with losing(monkeypatch, book, "note_observed", 2):
            take(shop, order("1", "ann", "50.00"))
        assert len(shop.imports.accounts()) == 1
        assert shop.loyalty.balance("ann").available == 50
        with losing(monkeypatch, book, "note_observed", 1), pytest.raises(ConflictError), book.unit():
            take(shop, order("2", "ann", "50.00"))
        assert shop.loyalty.balance("ann").available == 50


def test_a_merge_that_loses_is_begun_anew(
    url_of: Callable[[str], str], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others were first: the decision is taken all the same, and taken back, once each."""
    with opened(url_of("sqlite"), clock) as shop:
        take(shop, order("1", "ann", "50.00"), order("2", "bob", "20.00"))
        book: Any = shop._kept.book  # type: ignore[union-attr]  # of a store
        decided = shop.customers.decided
        with losing(monkeypatch, book, "decide", 2):
            merge = decided.merge("ann", "bob", evidence=SAID, actor="li", at=clock.now)
        with losing(monkeypatch, book, "decide", 1):
            decided.undo(merge, actor="li", at=clock.now)
        assert len(decided.log) == 2
        with pytest.raises(ConflictError), losing(monkeypatch, book, "decide", 1), decided.unit():
            decided.merge("ann", "bob", evidence=SAID, actor="li", at=clock.now)
        assert len(decided.log) == 2
