"""Looking at an order at a moment without looking ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.domain.identity import OrderRef
from retailcrm.domain.money import Money
from retailcrm.domain.orders import (
    TIMES,
    Line,
    Observation,
    Order,
    OrderState,
    facts_as_of,
    fold,
)
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence

S = OrderState
REF = OrderRef("taobao", "main", "1930000000000647")
DAYS = [datetime(2024, 3, 1, tzinfo=UTC) + timedelta(days=i) for i in range(10)]


def yuan(major: int) -> Money:
    """Give an amount in yuan."""
    return Money(major * 100, "CNY")


def seen(day: int, sequence: int = 0, **facts: Any) -> Observation:
    """Make an observation of the one order."""
    return Observation(ref=REF, observed_at=DAYS[day], sequence=sequence, **facts)


def line(product: str = "tea", amount: int = 10, **more: Any) -> Line:
    """Make an order line."""
    return Line(product=product, quantity=1, amount=yuan(amount), **more)


class TestAsOf:
    """A moment is seen without what took effect at it or later."""

    LIFE = seen(
        9,
        state=S.COMPLETED,
        raw_state="交易成功",
        placed_at=DAYS[1],
        paid_at=DAYS[2],
        shipped_at=DAYS[3],
        received_at=DAYS[4],
        completed_at=DAYS[5],
        gross=yuan(10),
        refunded=yuan(3),
        refunded_at=DAYS[6],
        lines=(line(refunded=yuan(3), raw_state="退款成功"),),
    )

    @pytest.mark.parametrize(
        ("day", "state", "refunded"),
        [
            (0, None, None),
            (1, None, None),
            (2, S.PLACED, 0),
            (3, S.PAID, 0),
            (4, S.SHIPPED, 0),
            (5, S.RECEIVED, 0),
            (6, S.COMPLETED, 0),
            (7, S.COMPLETED, 3),
        ],
    )
    def test_a_full_life_unfolds_day_by_day(self, day: int, state: OrderState | None, refunded: int) -> None:
        """Each fact is there from just after its moment, as exported once at the end."""
        order = facts_as_of([self.LIFE], DAYS[day], "order_date")
        if state is None:
            assert order is None
            return
        assert order is not None
        assert (order.state, order.refunded, order.gross) == (state, yuan(refunded), yuan(10))
        assert [n for n in TIMES if getattr(order, n)] == [
            n for n in TIMES if (m := getattr(self.LIFE, n)) and m < DAYS[day]
        ]
        assert order.was_paid == (day > 2)
        assert order.lines is not None
        assert order.lines[0].refunded == yuan(refunded)

    def test_texts_do_not_tell_the_future(self) -> None:
        """The raw state and those of the lines are gone where the state is an earlier one."""
        order = facts_as_of([self.LIFE], DAYS[4], "order_date")
        assert order is not None
        assert order.lines is not None
        assert (order.raw_state, order.lines[0].raw_state) == (None, None)
        late = facts_as_of([self.LIFE], DAYS[9], "order_date")
        assert late == fold([self.LIFE])

    def test_the_moment_itself_is_exclusive(self) -> None:
        """In any zone: paid at t is not yet paid."""
        t = DAYS[2].astimezone(timezone(timedelta(hours=8)))
        at, after = (facts_as_of([self.LIFE], m, "order_date") for m in (t, t + timedelta(microseconds=1)))
        assert at is not None
        assert after is not None
        assert (at.state, after.state) == (S.PLACED, S.PAID)

    def test_a_stage_without_a_moment_hides_nothing(self) -> None:
        """A file with placed and paid times only shows its last state from the payment on."""
        life = seen(9, state=S.COMPLETED, placed_at=DAYS[1], paid_at=DAYS[2])
        states = [(o := facts_as_of([life], DAYS[d], "order_date")) and o.state for d in (2, 3)]
        assert states == [S.PLACED, S.COMPLETED]

    def test_an_order_without_a_placing_time_begins_with_its_earliest_moment(self) -> None:
        """Else with the export that first showed it."""
        paid = [seen(9, state=S.PAID, paid_at=DAYS[3])]
        assert [facts_as_of(paid, DAYS[d], "order_date") is None for d in (3, 4)] == [True, False]
        bare = [seen(5, state=S.PAID), seen(9)]
        assert [facts_as_of(bare, DAYS[d], "order_date") is None for d in (5, 6)] == [True, False]

    def test_an_undated_refund_follows_the_named_policy(self) -> None:
        """With its order's payment, or when an export first showed it."""
        life = [
            seen(3, state=S.PAID, placed_at=DAYS[0], paid_at=DAYS[1], gross=yuan(9), refunded=yuan(0)),
            seen(6, refunded=yuan(4)),
            seen(8, refunded=yuan(5)),
        ]

        def refunded(policy: Any, day: int) -> Money | None:
            order = facts_as_of(life, DAYS[day], policy)
            return order.refunded if order else None

        assert [refunded("order_date", d) for d in (1, 2)] == [yuan(0), yuan(5)]
        assert [refunded("first_seen", d) for d in (1, 6, 7)] == [yuan(0), yuan(0), yuan(5)]

    def test_without_a_pay_time_an_undated_refund_goes_with_the_placing(self) -> None:
        """The order date is the best there is."""
        life = [seen(9, state=S.REFUNDED, placed_at=DAYS[1], gross=yuan(4), refunded=yuan(4))]
        order = facts_as_of(life, DAYS[2], "order_date")
        assert order is not None
        assert (order.state, order.refunded) == (S.REFUNDED, yuan(4))

    @pytest.mark.parametrize(
        ("facts", "day", "state"),
        [
            ({"paid_at": DAYS[2], "completed_at": DAYS[4], "refunded_at": DAYS[6]}, 7, S.REFUNDED),
            ({"paid_at": DAYS[2], "completed_at": DAYS[4], "refunded_at": DAYS[6]}, 6, S.COMPLETED),
            ({"paid_at": DAYS[2], "completed_at": DAYS[4], "refunded_at": DAYS[6]}, 4, S.RECEIVED),
            ({"paid_at": DAYS[2], "completed_at": DAYS[4], "refunded_at": DAYS[6]}, 2, S.PLACED),
            ({"paid_at": DAYS[2], "refunded_at": DAYS[6]}, 5, S.PAID),
            ({"refunded_at": DAYS[6]}, 5, S.PAID),
            # Refunded before it was paid is dirt; what is paid later is only placed.
            ({"paid_at": DAYS[6], "refunded_at": DAYS[3]}, 5, S.PLACED),
        ],
    )
    def test_a_refunded_order_stood_somewhere_before(
        self, facts: dict[str, Any], day: int, state: OrderState
    ) -> None:
        """At the stage that its moments or the refund itself imply."""
        life = [seen(9, state=S.REFUNDED, placed_at=DAYS[1], **facts)]
        order = facts_as_of(life, DAYS[day], "first_seen")
        assert order is not None
        assert order.state is state
        assert S.REFUNDED not in order.seen or state is S.REFUNDED

    def test_the_stage_that_an_earlier_export_showed_is_remembered(self) -> None:
        """Shipped in March, refunded in May: in April it was shipped."""
        life = [
            seen(3, state=S.SHIPPED, placed_at=DAYS[1], paid_at=DAYS[2]),
            seen(8, state=S.REFUNDED, refunded_at=DAYS[6]),
        ]
        order = facts_as_of(life, DAYS[5], "first_seen")
        assert order is not None
        assert order.state is S.SHIPPED

    def test_a_closed_order_stays_closed_unless_it_was_paid_later(self) -> None:
        """Closing has no moment of its own; a later payment shows that it came later still."""
        closed = seen(9, state=S.CLOSED, placed_at=DAYS[1])
        odd = attrs.evolve(closed, paid_at=DAYS[4])
        states = [(o := facts_as_of([x], DAYS[3], "first_seen")) and o.state for x in (closed, odd)]
        assert states == [S.CLOSED, S.PLACED]

    def test_an_unknown_policy_is_a_wrong_setting(self) -> None:
        """And names the known ones."""
        policy: Any = "never"
        with pytest.raises(SettingsError, match="order_date, first_seen"):
            facts_as_of([self.LIFE], DAYS[0], policy)

    @given(st.data())
    def test_what_is_seen_does_not_depend_on_what_happens_later(self, data: st.DataObject) -> None:
        """Two lives that agree before t, exported whole at their ends, look the same at t."""
        t = data.draw(st.integers(1, 80))
        moments = sorted(data.draw(st.lists(st.integers(0, 100), min_size=6, max_size=6, unique=True)))
        other = [m for m in moments if m < t]
        other += sorted(data.draw(st.sets(st.integers(t, 120), min_size=6 - len(other), max_size=6)))
        lengths = data.draw(st.integers(len([m for m in moments if m < t]), 6))
        first, second = life(moments), life(other[:lengths])
        at = DAYS[0] + timedelta(hours=t)
        views = [facts_as_of(o, at, "first_seen") if o else None for o in (first, second)]
        assert [v and plain(v) for v in views] == [truth([m for m in moments if m < t])] * 2


NAMES = ("placed_at", "paid_at", "shipped_at", "received_at", "completed_at", "refunded_at")


def life(moments: Sequence[int]) -> list[Observation]:
    """Export a life whole: the moments of its first events, in hours, the last being a full refund."""
    if not moments:
        return []
    states = [S.PLACED, S.PAID, S.SHIPPED, S.RECEIVED, S.COMPLETED, S.REFUNDED]
    facts: dict[str, Any] = {n: DAYS[0] + timedelta(hours=m) for n, m in zip(NAMES, moments, strict=False)}
    paid_back = yuan(5 if len(moments) == len(NAMES) else 0)
    return [seen(9, state=states[len(moments) - 1], gross=yuan(5), refunded=paid_back, **facts)]


def plain(order: Order) -> tuple[Any, ...]:
    """Give what a view shows of the life itself."""
    return (order.state, order.refunded, *(getattr(order, name) for name in NAMES))


def truth(moments: Sequence[int]) -> tuple[Any, ...] | None:
    """Give what was so after the first events."""
    state = [None, S.PLACED, S.PAID, S.SHIPPED, S.RECEIVED, S.COMPLETED, S.REFUNDED][len(moments)]
    times = [DAYS[0] + timedelta(hours=m) for m in moments]
    refunded = yuan(5 if len(moments) == len(NAMES) else 0)
    return (state, refunded, *times, *[None] * (len(NAMES) - len(times))) if moments else None
