"""Events: what is new between two looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.domain.events import (
    CustomersMerged,
    CustomersUnmerged,
    Event,
    OrderClosed,
    OrderCompleted,
    OrderPaid,
    OrderRefunded,
    TierChanged,
    events_between,
)
from retailcrm.domain.identity import CustomerId, Evidence, OrderRef
from retailcrm.domain.money import Money
from retailcrm.domain.orders import Observation, Order, OrderState, Provenance, fold
from retailcrm.errors import InputError

S = OrderState
REF = OrderRef("taobao", "main", "1")
DAYS = [datetime(2024, 3, 1, tzinfo=UTC) + timedelta(days=i) for i in range(10)]


def yuan(major: int) -> Money:
    """Give an amount in yuan."""
    return Money(major * 100, "CNY")


def order(*observations: tuple[int, dict[str, Any]]) -> Order:
    """Fold observations given as (day, facts)."""
    return fold([Observation(ref=REF, observed_at=DAYS[day], **facts) for day, facts in observations])


PAID = {"state": S.PAID, "paid_at": DAYS[1], "gross": yuan(10)}


class TestBetween:
    """Differences of folded states."""

    def test_a_payment_is_told_once_with_its_own_moment(self) -> None:
        """At first sight, and never again."""
        paid = order((2, PAID))
        told = OrderPaid(ref=REF, at=DAYS[1], provenance=Provenance.EXPORTED, amount=yuan(10))
        assert events_between(None, paid) == (told,)
        assert events_between(order((0, {"state": S.PLACED})), paid) == (told,)
        assert events_between(paid, order((2, PAID), (3, {"state": S.SHIPPED}))) == ()

    def test_a_moment_that_no_export_gave_is_that_of_the_export(self) -> None:
        """And says so."""
        done = order((2, {"state": S.PAID}), (4, {"state": S.COMPLETED}))
        assert events_between(order((2, {"state": S.PAID})), done) == (
            OrderCompleted(ref=REF, at=DAYS[4], provenance=Provenance.INFERRED),
        )
        guessed = order((4, {"state": S.PAID, "paid_at": DAYS[1], "inferred": frozenset({"paid_at"})}))
        assert [
            event.provenance for event in events_between(None, guessed) if isinstance(event, OrderPaid)
        ] == [Provenance.INFERRED]

    def test_a_parcel_on_its_way_is_not_paid(self) -> None:
        """Cash on delivery: shipped and received tell no payment, completed does."""
        cod = order((2, {"state": S.SHIPPED}), (3, {"state": S.RECEIVED}))
        assert events_between(None, cod) == ()
        done = order((2, {"state": S.SHIPPED}), (4, {"state": S.COMPLETED}))
        assert [type(event) for event in events_between(cod, done)] == [OrderPaid, OrderCompleted]

    def test_a_first_sight_tells_a_whole_life_in_its_order(self) -> None:
        """Paid, completed, refunded, by their own moments."""
        whole = order(
            (9, PAID | {"state": S.REFUNDED, "refunded": yuan(10), "refunded_at": DAYS[5]}),
            (8, {"state": S.COMPLETED, "completed_at": DAYS[3]}),
        )
        assert events_between(None, whole) == (
            OrderPaid(ref=REF, at=DAYS[1], provenance=Provenance.EXPORTED, amount=yuan(10)),
            OrderCompleted(ref=REF, at=DAYS[3], provenance=Provenance.EXPORTED),
            OrderRefunded(ref=REF, at=DAYS[5], provenance=Provenance.EXPORTED, amount=yuan(10)),
        )

    def test_refunds_tell_what_is_new(self) -> None:
        """3 yuan, then 2 more, then a correction by -1."""
        amounts = [yuan(3), yuan(5), yuan(4)]
        looks = [order(*[(d, {"refunded": a}) for d, a in enumerate(amounts[:n])]) for n in (1, 2, 3)]
        told = [events_between(a, b) for a, b in zip([None, *looks], looks, strict=False)]
        assert [
            [event.amount for event in events if isinstance(event, OrderRefunded)] for events in told
        ] == [
            [yuan(3)],
            [yuan(2)],
            [yuan(-1)],
        ]

    def test_a_refund_without_an_amount_is_told_without_one(self) -> None:
        """The state alone says that money went back."""
        refunded = order((2, {"state": S.REFUNDED}))
        told = OrderRefunded(ref=REF, at=DAYS[2], provenance=Provenance.INFERRED, amount=None)
        assert told in events_between(None, refunded)
        assert events_between(refunded, refunded) == ()

    def test_an_unpaid_order_closes_once(self) -> None:
        """And tells no refund."""
        placed, closed = order((1, {"state": S.PLACED})), order((2, {"state": S.CLOSED}))
        told = OrderClosed(ref=REF, at=DAYS[2], provenance=Provenance.INFERRED)
        assert events_between(placed, closed) == (told,)
        assert events_between(closed, order((2, {"state": S.CLOSED}), (3, {"state": S.PLACED}))) == ()

    def test_events_are_of_one_order(self) -> None:
        """Two orders cannot be compared."""
        other = fold([Observation(ref=OrderRef("taobao", "main", "2"), observed_at=DAYS[0])])
        with pytest.raises(InputError, match="taobao/main/2"):
            events_between(other, order((0, {})))

    @given(st.data())
    def test_over_any_chain_of_imports_each_fact_is_told_once(self, data: st.DataObject) -> None:
        """Whatever is delivered when: one payment, completion and closing at most, refunds add up."""
        pool = data.draw(
            st.lists(
                st.builds(
                    Observation,
                    ref=st.just(REF),
                    observed_at=st.sampled_from(DAYS),
                    sequence=st.integers(0, 99),
                    state=st.none() | st.sampled_from(S),
                    paid_at=st.none() | st.sampled_from(DAYS),
                    gross=st.none() | st.just(yuan(10)),
                    refunded=st.none() | st.integers(0, 9).map(yuan),
                ),
                min_size=1,
                max_size=6,
            )
        )
        deliveries = data.draw(st.lists(st.sampled_from(pool), min_size=1, max_size=10))
        told: list[Event] = []
        before = None
        for n in range(1, len(deliveries) + 1):
            after = fold(deliveries[:n])
            told += events_between(before, after)
            assert events_between(after, after) == ()
            before = after
        assert before is not None
        for kind, so in [
            (OrderPaid, before.was_paid),
            (OrderCompleted, S.COMPLETED in before.seen),
        ]:
            assert sum(isinstance(event, kind) for event in told) == so
        assert sum(isinstance(event, OrderClosed) for event in told) <= 1
        amounts = [event.amount for event in told if isinstance(event, OrderRefunded) and event.amount]
        assert sum((a.minor for a in amounts), 0) == (before.refunded.minor if before.refunded else 0)


def test_decisions_about_people_are_facts_too() -> None:
    """They carry who, when and why, and compare by value."""
    a, b = CustomerId("a"), CustomerId("b")
    merged = CustomersMerged(
        merge_id="merge-1", keep=a, gone=b, at=DAYS[0], actor="mei", evidence=(Evidence.stated("met her"),)
    )
    unmerged = CustomersUnmerged(merge_id="merge-1", keep=a, gone=b, at=DAYS[1], actor="mei")
    risen = TierChanged(customer=a, at=DAYS[2], old=None, new="金卡", reason="entry")
    assert len({merged, unmerged, risen, merged}) == 3


@pytest.mark.parametrize("kind", [TierChanged, OrderClosed])
def test_every_fact_has_a_moment_with_a_zone(kind: Any) -> None:
    """A naive moment is refused."""
    facts: dict[Any, dict[str, Any]] = {
        TierChanged: {"customer": "a", "old": None, "new": "x", "reason": "entry"},
        OrderClosed: {"ref": REF, "provenance": Provenance.INFERRED},
    }
    with pytest.raises(InputError, match="zone"):
        kind(at=datetime(2024, 3, 1), **facts[kind])  # noqa: DTZ001 - naive on purpose
