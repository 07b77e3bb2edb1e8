"""The contract of an order book: what its journal of files and its decisions promise.

What a file's rows and the shop's orders look like is Arrow's; of them a store's own tests tell.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from retailcrm.errors import ConflictError
from retailcrm.ports.orders import FileKept
from retailcrm.testing.stores.pieces import StoppedError, conflict, stopped

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.ports.orders import OrderBook

_NOW = datetime(2024, 5, 1, 12, 0, 0, 7, tzinfo=UTC)


def file_kept(number: int, digest: str = "") -> FileKept:
    """Give a file without rows."""
    return FileKept(
        file=number,
        digest=digest or f"digest {number}",
        name="订单\N{DRAGON}.csv",
        source="taobao",
        platform="taobao",
        exported_at=_NOW - timedelta(days=number),
        imported_at=_NOW + timedelta(microseconds=number),
        buyers_only=number % 2 == 0,
        account=f'{{"a": {number}}}',
        told="{}",
        grains={},
    )


def begun(book: OrderBook) -> OrderBook:
    """Begin a shop."""
    book.begin("CNY", "Asia/Shanghai", _NOW)
    return book


class OrderBookContract:
    """Inherit it in a test module, and say in a fixture ``books`` how an order book is opened.

    The fixture gives a function from a shop's key to its book. All that it gives in one test keep their
    shops in one place, empty at first: the same key twice gives the same shop.
    """

    def test_a_shop_begins_once(self, books: Callable[[str], OrderBook]) -> None:
        """Whoever comes later is told how it began; each shop for itself."""
        assert books("main").begin("CNY", "UTC", _NOW) == ("CNY", "UTC")
        assert books("main").begin("USD", "Asia/Shanghai", _NOW) == ("CNY", "UTC")
        assert books("Main").begin("USD", "Asia/Shanghai", _NOW) == ("USD", "Asia/Shanghai")

    def test_files_come_back_in_their_order(self, books: Callable[[str], OrderBook]) -> None:
        """As they were added, but for their accounts, which are asked for apart."""
        book = begun(books("main"))
        assert (book.last_file(), book.files(), book.accounts()) == ((0, ""), [], [])
        for number in (1, 2, 3):
            book.add(file_kept(number), {})
        again = books("main")
        assert [(one.file, one.digest, one.name) for one in again.files()] == [
            (number, f"digest {number}", "订单\N{DRAGON}.csv") for number in (1, 2, 3)
        ]
        assert [one.exported_at for one in again.files(1)] == [_NOW - timedelta(days=n) for n in (2, 3)]
        assert [one.imported_at.microsecond for one in again.files()] == [8, 9, 10]
        assert [one.buyers_only for one in again.files()] == [False, True, False]
        assert again.accounts() == [f'{{"a": {number}}}' for number in (1, 2, 3)]
        assert again.last_file() == (3, "digest 3")
        assert [again.has(digest) for digest in ("digest 2", "digest 4")] == [True, False]
        assert begun(books("other")).files() == []

    def test_a_file_is_added_once(self, books: Callable[[str], OrderBook]) -> None:
        """Neither the same rows under another number, nor other rows under the same, whoever adds them."""
        book = begun(books("main"))
        book.add(file_kept(1), {})
        for late in (file_kept(2, digest="digest 1"), file_kept(1, digest="other")):
            with conflict():
                books("main").add(late, {})
        assert [one.digest for one in book.files()] == ["digest 1"]

    def test_a_unit_is_one_over_files_and_decisions(self, books: Callable[[str], OrderBook]) -> None:
        """Written together or not at all; a unit inside joins it, and the book says that it is in one."""
        book = begun(books("main"))
        assert not book.in_unit
        with stopped(), book.unit():
            book.add(file_kept(1), {})
            with book.unit(10):
                book.decide(["one"], 0)
            assert book.in_unit
            raise StoppedError
        assert (book.files(), book.decisions(), book.in_unit) == ([], [], False)
        with book.unit():
            book.add(file_kept(1), {})
            book.decide(["one"], 0)
        assert (len(book.files()), book.decisions()) == (1, ["one"])

    def test_a_snapshot_is_one_moment(self, books: Callable[[str], OrderBook]) -> None:
        """Others go on; whoever looks in it sees what was there when she first looked."""
        book = begun(books("main"))
        other = threading.Thread(target=lambda: books("main").add(file_kept(1), {}))
        with book.snapshot():
            before = book.last_file()
            other.start()
            other.join(30)
            assert book.last_file() == before == (0, "")
            assert book.files() == []
        assert book.last_file() == (1, "digest 1")

    def test_who_locks_is_alone(self, books: Callable[[str], OrderBook]) -> None:
        """Whoever writes on what she read waits until the unit has ended, or begins anew: none is lost."""
        book = begun(books("main"))
        seen: list[int] = []

        def follow() -> None:
            mine = books("main")
            while not seen:
                with suppress(ConflictError):
                    with mine.unit():
                        mine.lock()
                        last = mine.last_file()[0]
                        mine.add(file_kept(last + 1), {})
                    seen.append(last)

        other = threading.Thread(target=follow, daemon=True)
        with book.unit():
            book.lock()
            other.start()
            other.join(0.3)
            book.add(file_kept(1), {})
        other.join(30)
        assert seen == [1]
        assert [one.file for one in book.files()] == [1, 2]

    def test_decisions_come_back_in_their_order(self, books: Callable[[str], OrderBook]) -> None:
        """All, or those after a position; each shop's own."""
        book = begun(books("main"))
        assert (book.last_decision(), book.decisions()) == ((0, ""), [])
        book.decide(["first \N{DRAGON}", "second"], 0)
        book.decide(["third"], 2)
        assert book.decisions() == ["first \N{DRAGON}", "second", "third"]
        assert books("main").decisions(1) == ["second", "third"]
        assert book.last_decision()[0] == 3
        assert begun(books("other")).decisions() == []

    def test_who_knows_less_does_not_decide(self, books: Callable[[str], OrderBook]) -> None:
        """Of what she decided nothing is written; the newest decision can be told from any other."""
        book = begun(books("main"))
        book.decide(["first"], 0)
        first = book.last_decision()
        with conflict():
            books("main").decide(["late", "later"], 0)
        assert book.decisions() == ["first"]
        assert book.last_decision() == first
        book.decide(["second"], 1)
        assert book.last_decision() != first
