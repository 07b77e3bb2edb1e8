"""What is read together is of one moment, although others import and merge meanwhile."""

from contextlib import closing, nullcontext
from datetime import UTC, datetime
from operator import attrgetter
from threading import Thread

import pyarrow as pa
import pytest

from retailcrm import open_shop
from retailcrm.adapters.stores.postgres import columns
from retailcrm.errors import StoreError
from retailcrm.shop.policy import policy_from_table
from retailcrm.shop.stored.observations import StoredObservations

AS_OF = "2024-06-01"
POLICY = {"shop": {"zone": "UTC"}, "points": {"waiting": {"until": "paid"}}}
TIERED = POLICY | {
    "ladder": {
        "currency": "CNY",
        "window": "calendar",
        "period": "year",
        "qualify_at": "paid",
        "tiers": [
            {"name": "member", "label_zh": "普通会员", "label_en": "Member"},
            {"name": "gold", "label_zh": "金卡", "label_en": "Gold", "enter": {"spend": "15.00"}},
        ],
    }
}
MAPPING = {
    "name": "ours",
    "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount", "name": "name"},
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "completed"},
}
MEMBERS = {
    "name": "ours",
    "grain": "customer",
    "columns": {"buyer": "who", "name": "name", "level": "level"},
    "buyer": {"kind": "id", "strength": "stable"},
}


def bring(shop, number):
    """Import three orders and a member list, and take two customers for one."""
    people = ["ann", "bob", f"c{number}"]
    orders = {
        "id": [f"{number}-{one}" for one in people], "who": people, "at": ["2024-03-01"] * 3,
        "amount": ["10.00"] * 3, "name": people,
    }  # fmt: skip
    shop.imports.table(pa.table(orders), MAPPING, name=f"orders {number}", personal=True)
    levels = {"who": ["ann"], "name": [f"Ann {number}"], "level": [str(number)]}
    shop.imports.table(pa.table(levels), MEMBERS, name=f"members {number}")
    if number > 1:
        shop.customers.merge("ann", f"c{number - 1}", by="mei", note="same")


class Clock:
    """Tells a later moment each time."""

    def __init__(self):
        self.minutes = 0

    def __call__(self):
        self.minutes += 1
        return datetime(
            2024, 4, 1 + self.minutes // 1440, self.minutes // 60 % 24, self.minutes % 60, tzinfo=UTC
        )


@pytest.fixture
def kept(request, tmp_path):
    """Give an opener of a shop that has two imports; every time on the same database."""
    postgres = getattr(request, "param", "sqlite") == "postgresql"
    url = request.getfixturevalue("postgres_url") if postgres else f"sqlite:///{tmp_path}/shop.db"
    clock, opened = Clock(), []

    def opener(rules=POLICY):
        opened.append(open_shop(url, policy=policy_from_table(rules), clock=clock))
        return opened[-1]

    shop = opener()
    for number in (1, 2):
        bring(shop, number)
    yield opener
    for shop in opened:
        shop.close()


def in_a_thread(work):
    """Do something in another thread, on its own connection, and wait for it."""
    thread = Thread(target=work)
    thread.start()
    thread.join()


VERBS = {
    "score": lambda shop: shop.insight.score(AS_OF).to_arrow().to_pylist(),
    "reduced": lambda shop: repr(shop.insight.reduced(AS_OF).coverage),
    "describe": lambda shop: repr(shop.describe(AS_OF).data),
    "get": lambda shop: shop.customers.get("ann", as_of=AS_OF),
    "by order": lambda shop: shop.customers.get(order="1-ann", as_of=AS_OF),
    "history": lambda shop: shop.customers.history("ann"),
    "points": lambda shop: repr(attrgetter("flows", "orders")(shop.points(AS_OF))),
    "journal": lambda shop: repr(shop.points_of("ann", AS_OF)),
}


def answers(kept, verb, rules, places, opened):
    """Ask while somebody imports just before the n-th query; give what was there before and after too."""
    ask, number, quiet = VERBS[verb], 3, kept(rules)
    for place in places:
        shop, importer = kept(rules), kept(rules)
        before = ask(quiet)
        left = [place]
        opened.clear()

        def interrupt(statement, left=left, importer=importer, number=number):
            # Points catch up with merges before the snapshot: nothing of that is counted.
            left[0] -= bool(opened) and statement.startswith("SELECT")
            if not left[0]:
                left[0] = -1
                in_a_thread(lambda: bring(importer, number))

        connection = shop._database.database._sessions.get().connection
        connection.set_trace_callback(interrupt)
        try:
            found = ask(shop)
        finally:
            connection.set_trace_callback(None)
        if left[0] > 0:
            return
        number += 1
        yield before, found, ask(quiet)


@pytest.fixture
def opened(monkeypatch):
    """Give a list of the snapshots that were opened."""
    told, real = [], StoredObservations.snapshot

    def snapshot(kept):
        told.append(kept)
        return real(kept)

    monkeypatch.setattr(StoredObservations, "snapshot", snapshot)
    return told


@pytest.mark.parametrize("verb", [*VERBS])
def test_an_import_in_the_middle_is_seen_whole_or_not_at_all(kept, verb, opened):
    """Wherever in the middle it comes: the answer is that of before, or that of after."""
    seen = set()
    for before, found, after in answers(kept, verb, POLICY, (1, 2, 5, 13), opened):
        assert found in (before, after)
        assert before != after
        seen.add(found == before)
    assert True in seen


@pytest.mark.parametrize("verb", ["score", "describe"])
def test_with_a_ladder_too(kept, verb, opened):
    """Tiers are found from all orders, which are looked at several times."""
    for before, found, after in answers(kept, verb, TIERED, (2, 9), opened):
        assert found in (before, after)


def test_without_it_an_answer_is_of_two_moments(kept, monkeypatch):
    """The same harness sees what a shop that takes no snapshot would tell."""
    opened = [True]
    monkeypatch.setattr(StoredObservations, "snapshot", lambda _: opened.append(True) or nullcontext())
    mixed = [
        found not in (before, after)
        for before, found, after in answers(kept, "get", POLICY, range(2, 20, 3), opened)
    ]
    assert any(mixed)


@pytest.mark.parametrize("kept", ["postgresql"], indirect=True)
def test_columns_of_postgresql_are_of_the_same_moment(kept, monkeypatch):
    """Whole columns come by a second connection, which sees what the first one's snapshot sees."""
    shop, importer = kept(TIERED), kept(TIERED)
    before, once, real = VERBS["describe"](kept(TIERED)), [3], columns.read_columns

    def late(url, statement, values, snapshot):
        # Points catch up with merges before the snapshot.
        if once and snapshot:
            number = once.pop()
            in_a_thread(lambda: bring(importer, number))
        return real(url, statement, values, snapshot)

    monkeypatch.setattr(columns, "read_columns", late)
    assert VERBS["describe"](shop) == before
    assert not once
    assert VERBS["describe"](shop) == VERBS["describe"](kept(TIERED)) != before


def test_threads_see_each_their_own_moment(kept):
    """One shop of a process: while a thread is in a snapshot, another imports and sees what it imported."""
    shop = kept()
    with shop._kept.snapshot():
        before = len(shop._kept.folded().orders)
        in_a_thread(lambda: bring(shop, 3))
        found = []
        in_a_thread(lambda: found.append(len(shop._kept.folded().orders)))
        assert (len(shop._kept.folded().orders), found) == (before, [before + 3])
        with shop._kept.snapshot():
            assert len(shop.customers.get("ann", as_of=AS_OF).orders) == 3
    assert len(shop._kept.folded().orders) == before + 3
    assert len(shop.customers.get("ann", as_of=AS_OF).orders) == 5


def test_nothing_is_imported_in_a_snapshot(kept):
    """Whoever tries hears why."""
    with closing(kept()) as shop, shop._kept.snapshot(), pytest.raises(StoreError, match="inside a snapshot"):
        bring(shop, 3)
