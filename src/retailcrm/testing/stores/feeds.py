"""The contract of an event feed: what every keeper of facts promises, as a test class to inherit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from retailcrm.errors import InputError
from retailcrm.ports.feed import Fact, Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.ports.feed import Feed

_NOW = datetime(2024, 5, 1, 12, 0, 0, 1, tzinfo=UTC)


def fact(number: int) -> Fact:
    """Give a fact of a number."""
    document = {
        "number": number,
        "text": "é\u0301安妮🐉\"'\\\n",
        "huge": 10**15 + number,
        "list": [1, {"a": None}],
    }
    at = _NOW + timedelta(microseconds=number)
    return Fact(kind="test.told", subject=f"points/a/{number}", recorded_at=at, document=document)


def all_of(feed: Feed, after: str = "", limit: int = 1000) -> list[Fact]:
    """Read a feed to its end."""
    found: list[Fact] = []
    while (page := feed.read(after, limit)).facts:
        found += [told.fact for told in page.facts]
        after = page.cursor
    return found


class FeedContract:
    """Inherit it in a test module, and say in a fixture ``feeds`` how a feed is opened.

    The fixture gives a function from a shop's key to its feed. All that it gives in one test keep their
    shops in one place, empty at first: the same key twice gives the same shop.
    """

    def test_an_empty_feed_goes_on_where_it_was_asked_from(self, feeds: Callable[[str], Feed]) -> None:
        """Nothing new: no facts, and the same cursor."""
        feed = feeds("main")
        assert feed.read() == Page(facts=(), cursor="")
        feed.write([fact(1)])
        end = feed.read().cursor
        assert feed.read(end) == Page(facts=(), cursor=end)

    def test_facts_come_back_as_they_were_in_their_order(self, feeds: Callable[[str], Feed]) -> None:
        """Whatever the pages' size, whichever object reads."""
        facts = [fact(number) for number in range(23)]
        for first in range(0, 23, 5):
            feeds("main").write(facts[first : first + 5])
        for limit in (1, 7, 23, 1000):
            assert all_of(feeds("main"), limit=limit) == facts

    def test_a_page_has_at_most_so_many(self, feeds: Callable[[str], Feed]) -> None:
        """And its cursor is that of its last fact; every fact's cursor goes on with the next."""
        feed = feeds("main")
        feed.write(map(fact, range(6)))
        page = feed.read(limit=4)
        assert len(page.facts) == 4
        assert page.cursor == page.facts[-1].cursor
        for place, told in enumerate(page.facts, 1):
            assert all_of(feed, told.cursor) == [fact(number) for number in range(place, 6)]

    def test_what_comes_later_is_read_later(self, feeds: Callable[[str], Feed]) -> None:
        """A reader who keeps her cursor is told everything once."""
        feed, cursor, found = feeds("main"), "", []
        for number in range(5):
            feed.write([fact(number)])
            page = feed.read(cursor)
            cursor = page.cursor
            found += [told.fact for told in page.facts]
        assert found == [fact(number) for number in range(5)]

    def test_nothing_written_is_nothing(self, feeds: Callable[[str], Feed]) -> None:
        """No facts at all may be written."""
        feeds("main").write([])
        assert feeds("main").read().facts == ()

    def test_shops_are_apart(self, feeds: Callable[[str], Feed]) -> None:
        """Facts of one shop no other is told of."""
        for number, shop in enumerate(("b", "B", "店")):
            feeds(shop).write([fact(number)])
        assert [all_of(feeds(shop)) for shop in ("b", "B", "店")] == [[fact(n)] for n in range(3)]

    def test_what_is_no_cursor_is_refused(self, feeds: Callable[[str], Feed]) -> None:
        """With an error that says so; and so is a page of nothing."""
        feed = feeds("main")
        feed.write([fact(1)])
        for wrong in ("x", "1;2", "-1", "1.5", "²", " "):
            assert _refused(feed, wrong, 10), wrong
        for limit in (0, -1):
            assert _refused(feed, "", limit), limit


def _refused(feed: Feed, after: str, limit: int) -> bool:
    try:
        feed.read(after, limit)
    except InputError:
        return True
    return False
