"""The contract of a store: shops in one place, one unit over all that is kept of them."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from retailcrm.domain.points.account import Account
from retailcrm.errors import ConflictError
from retailcrm.ports.ledger import Unit
from retailcrm.testing.stores.feeds import all_of, fact
from retailcrm.testing.stores.looks import seen
from retailcrm.testing.stores.pieces import StoppedError, earned, same, stopped
from retailcrm.testing.stores.samples import Sampler

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.ports.feed import Page
    from retailcrm.ports.stores import Store


class StoreContract:
    """Inherit it in a test module, and say in a fixture ``open_store`` how the store is opened.

    The fixture gives a function without arguments; every store that it gives in one test is on the same
    place, empty at first. Where a store is not durable, each may be empty.
    """

    def test_it_says_what_it_can_do(self, open_store: Callable[[], Store]) -> None:
        """A store that is shared, or works in a caller's transaction, keeps what it acknowledged."""
        can = open_store().capabilities
        assert can.durable or not (can.shared or can.borrows)

    def test_a_unit_is_one_over_everything(self, open_store: Callable[[], Store]) -> None:
        """Points, events and other shops are written together or not at all."""
        store = open_store()
        with stopped(), store.unit():
            _all(store)
            raise StoppedError
        assert _there(store) == ([], [], [])
        with store.unit():
            _all(store)
        assert _there(store) == (["points/ann"], ["points/ann"], [fact(1)])

    def test_units_of_its_parts_join(self, open_store: Callable[[], Store]) -> None:
        """A unit of a ledger, inside one of the store, ends with it."""
        store = open_store()
        with stopped(), store.unit():
            with store.ledger("a").unit():
                _all(store)
            raise StoppedError
        assert _there(store) == ([], [], [])

    def test_what_was_acknowledged_is_there_again(self, open_store: Callable[[], Store]) -> None:
        """Closed and opened again, or opened a second time meanwhile, it answers the same."""
        store, sampler = open_store(), Sampler(5)
        if not store.capabilities.durable:
            return
        for _ in range(40):
            store.ledger("a").write(sampler.unit())
        store.feed("a").write([fact(1)])
        before, told = seen(store.ledger("a"), sampler), all_of(store.feed("a"))
        store.close()
        for _ in range(2):
            again = open_store()
            same(seen(again.ledger("a"), sampler), before, "opened again")
            assert all_of(again.feed("a")) == told

    def test_movements_of_points_are_told(self, open_store: Callable[[], Store]) -> None:
        """Each entry that moves points is a fact about its account, in the order of the journal."""
        store, sampler = open_store(), Sampler(8)
        for _ in range(40):
            store.ledger("a").write(sampler.unit())
        told = [one for one in all_of(store.feed("a")) if one.kind == "points.moved"]
        for name in store.ledger("a").accounts():
            moved = [e.version for e in store.ledger("a").entries(name) if e.movements]
            assert [one.document["version"] for one in told if one.subject == name] == moved

    def test_no_fact_is_passed_over(self, open_store: Callable[[], Store]) -> None:
        """A unit that began earlier and ends later: what it tells comes after the reader's cursor."""
        store = open_store()
        second: list[Page] = []
        begun = threading.Event()

        def write() -> None:
            begun.wait(10)
            store.feed("a").write([fact(2)])

        other = threading.Thread(target=write)
        other.start()
        with store.unit():
            store.feed("a").write([fact(1)])
            begun.set()
            other.join(0.3)
            reader = threading.Thread(target=lambda: second.append(store.feed("a").read()))
            reader.start()
            reader.join(0.3)
        other.join(30)
        reader.join(30)
        (page,) = second
        found = [told.fact for told in page.facts] + all_of(store.feed("a"), page.cursor)
        assert sorted(one.document["number"] for one in found) == [1, 2]

    def test_whoever_is_alone_writes_as_ever(self, open_store: Callable[[], Store]) -> None:
        """Units in the block are units; it may be entered again; what was acknowledged in it stays."""
        store = open_store()
        with store.alone(), store.unit():
            _all(store)
        with stopped(), store.alone():
            with store.alone():
                store.feed("a").write([fact(2)])
            with stopped(), store.unit():
                store.feed("a").write([fact(3)])
                raise StoppedError
            raise StoppedError
        store.feed("a").write([fact(4)])
        assert _there(store) == (["points/ann"], ["points/ann"], [fact(1), fact(2), fact(4)])

    def test_others_write_when_nobody_is_alone_any_more(self, open_store: Callable[[], Store]) -> None:
        """At the latest: whoever waited is let in at the end of the block, also of one that raised."""
        store = open_store()
        written: list[int] = []

        def write(number: int) -> None:
            with suppress(ConflictError):
                store.feed("a").write([fact(number)])
                written.append(number)

        for number in (1, 2):
            other = threading.Thread(target=write, args=(number,), daemon=True)
            with stopped(), store.alone():
                other.start()
                other.join(0.2)
                raise StoppedError
            other.join(30)
            assert written[-1:] == [number]
        assert all_of(store.feed("a")) == [fact(1), fact(2)]


def _all(store: Store) -> None:
    """Write into two shops, points and events."""
    for shop in ("a", "b"):
        store.ledger(shop).write(Unit(changes=(earned(Account(id="points/ann"), 1, "1"),)))
    store.feed("a").write([fact(1)])


def _there(store: Store) -> tuple[Any, Any, Any]:
    told = [one for one in all_of(store.feed("a")) if one.kind == "test.told"]
    return list(store.ledger("a").accounts()), list(store.ledger("b").accounts()), told
