"""What an import tells of orders is what two looks at each order tell."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import attrs
import numpy as np
from hypothesis import given
from tests.shop.stored.histories import START, histories, numbered, table_of
from tests.shop.stored.test_following import MAPPING, one_order, table

from retailcrm import open_shop
from retailcrm.adapters.stores.memory import MemoryFeed
from retailcrm.domain.events import OrderClosed, OrderCompleted, OrderPaid, OrderRefunded, events_between
from retailcrm.domain.identity import OrderRef
from retailcrm.domain.money import Money
from retailcrm.domain.orders import Order, OrderState, Provenance
from retailcrm.shop.stored.changes import OrdersChanged
from retailcrm.shop.stored.order_events import OrderEvents, order_facts

EXPORTED = START + timedelta(days=30)
KINDS = {
    OrderPaid: "order.paid",
    OrderCompleted: "order.completed",
    OrderRefunded: "order.refunded",
    OrderClosed: "order.closed",
}


def order_of(one):
    """Give an order as one look shows it: its present state is all that was ever seen."""
    whole = one["state"] is OrderState.REFUNDED
    back = max(one["refunded"], one["gross"]) if whole else one["refunded"]
    moments = ("placed_at", "paid_at", "shipped_at", "completed_at", "refunded_at")
    return Order(
        ref=OrderRef(one["platform"], "main", one["number"]),
        state=one["state"],
        seen=frozenset({one["state"]}),
        first_seen=EXPORTED,
        observed_at=EXPORTED,
        gross=Money(one["gross"], "CNY"),
        refunded=Money(back, "CNY"),
        **{name: one[name] for name in moments},
    )


def plain(event):
    """Give an event as a fact says it."""
    amount = getattr(event, "amount", None)
    inferred = event.provenance is Provenance.INFERRED
    return KINDS[type(event)], str(event.ref), event.at, inferred, None if amount is None else amount.minor


def told(fact):
    """Give a fact in the same words."""
    document = fact.document
    at = datetime.fromisoformat(document["at"]).astimezone(UTC)
    return fact.kind, fact.subject, at, document["inferred"], document.get("amount")


def changed(before, after, first=False):
    """Give what an import changed."""
    was, now = (table_of(found)[0] for found in (before, after))
    return OrdersChanged(before=was, after=now, customers=(), first=first, exported_at=EXPORTED)


@given(histories(8), histories(8))
def test_facts_are_those_of_two_looks_at_each_order(before, after):
    """Kinds, moments and amounts are those that the rule of one order gives."""
    old, new = (
        [one for one in numbered(found) if not one["credit"] and one["state"] is not OrderState.UNKNOWN]
        for found in (before, after)
    )
    known = {(one["platform"], one["number"]): order_of(one) for one in old}
    expected = [
        plain(event)
        for one in new
        for event in events_between(known.get((one["platform"], one["number"])), order_of(one))
    ]
    found = [told(fact) for fact in order_facts(changed(old, new), "main")]
    assert sorted(found, key=str) == sorted(expected, key=str)
    # The facts of an order follow each other in time.
    assert found == sorted(found, key=lambda one: ([fact[1] for fact in found].index(one[1]), one[2]))


@given(histories(8))
def test_the_same_orders_again_tell_nothing(found):
    """An import that changes nothing writes no fact."""
    found = numbered(found)
    assert list(order_facts(changed(found, found), "main")) == []


def test_a_credit_note_is_a_refund():
    """A refund that names no order tells what was paid back, and nothing of an order."""
    note = {
        "number": "n", "platform": "web", "customer": 0, "state": OrderState.COMPLETED, "credit": True,
        "gross": 0, "refunded": 300, "refunded_at": None, "first_seen": None, "postage": 0, "lines": (),
        "placed_at": START, "paid_at": START, "shipped_at": None, "completed_at": START,
    }  # fmt: skip
    (fact,) = order_facts(changed([], [note]), "main")
    assert told(fact) == ("order.refunded", "web/main/n", EXPORTED, True, 300)
    assert fact.document["customer"] == "ann"


def facts(shop):
    """Read the whole feed of a shop."""
    return [one.fact for one in shop.events.read().facts]


def test_the_first_import_is_one_fact_and_later_ones_are_told(tmp_path):
    """History is told as a whole; what comes later is told order by order, with the import itself."""
    with closing(open_shop(f"sqlite:///{tmp_path}/shop.db", clock=lambda: EXPORTED)) as shop:
        # Alone: points tell of themselves.
        shop._kept.listeners[:] = [OrderEvents(feed=shop.events, shop="main")]
        history = [one_order("1", "ann", 1), one_order("2", "bob", 2)]
        shop.imports.table(table(history), MAPPING)
        (whole,) = facts(shop)
        assert (whole.kind, whole.subject) == ("orders.imported", "main")
        assert whole.document == {"orders": 2, "customers": 2}
        later = [one_order("2", "bob", 2, state="done"), one_order("3", "cat", 3)]
        shop.imports.table(table(later), MAPPING)
        new = facts(shop)[1:]
        assert {(one.kind, one.subject, one.document["customer"]) for one in new} == {
            ("order.completed", "ours/main/2", "bob"),
            ("order.paid", "ours/main/3", "cat"),
        }


def test_an_import_without_orders_tells_nothing():
    """A file of members alone writes no fact."""
    feed = MemoryFeed()
    nothing = attrs.evolve(changed([], []), first=True)
    OrderEvents(feed=feed, shop="main")(nothing)
    assert feed.read().facts == ()
    assert np.size(nothing.after.gross) == 0
