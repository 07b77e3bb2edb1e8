"""Lines, refunds and observations, and what looks wrong with an order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from retailcrm.domain.identity import OrderRef
from retailcrm.domain.money import Money
from retailcrm.domain.orders import (
    WARNING_LABELS,
    Line,
    Observation,
    OrderState,
    Provenance,
    Refund,
    RefundStatus,
    check,
    fold,
    settled_refunds,
)
from retailcrm.errors import InputError

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


class TestValues:
    """Lines, refunds and observations refuse what they cannot mean."""

    @pytest.mark.parametrize("wrong", [{"quantity": 1.0}, {"quantity": True}, {"unit_price": 9.9}])
    def test_lines_have_no_floats(self, wrong: dict[str, Any]) -> None:
        """Quantities and prices are exact."""
        with pytest.raises(TypeError, match="int or Decimal"):
            Line(**{"product": "tea", "quantity": 1, "amount": yuan(1), **wrong})

    def test_a_line_keeps_every_digit_of_its_price(self) -> None:
        """0.3350 yuan a piece stays so."""
        assert line(unit_price=Decimal("0.3350")).unit_price == Decimal("0.3350")

    def test_moments_need_a_zone_and_are_kept_in_utc(self) -> None:
        """Two datetimes of one zone compare by wall clock; UTC ones by instant."""
        with pytest.raises(InputError, match="zone"):
            seen(0, paid_at=datetime(2024, 3, 1))  # noqa: DTZ001 - naive on purpose
        night = datetime(2024, 11, 3, 1, 30, tzinfo=ZoneInfo("America/New_York"))
        first, second = seen(0, placed_at=night), seen(0, placed_at=night.replace(fold=1))
        assert first.placed_at is not None
        assert second.placed_at is not None
        assert second.placed_at - first.placed_at == timedelta(hours=1)

    def test_only_moments_can_be_inferred(self) -> None:
        """A misspelt name is an error."""
        with pytest.raises(InputError, match="paid_on"):
            seen(0, inferred=frozenset({"paid_on"}))

    def test_moments_say_where_they_come_from(self) -> None:
        """Exported, inferred or missing."""
        order = fold([seen(3, placed_at=DAYS[0], paid_at=DAYS[1], inferred=frozenset({"placed_at"}))])
        assert [order.provenance(name) for name in ("placed_at", "paid_at", "shipped_at")] == [
            Provenance.INFERRED,
            Provenance.EXPORTED,
            Provenance.MISSING,
        ]

    def test_only_settled_refunds_move_money(self) -> None:
        """Two settled refunds add up; the closed one and a repeated row do not; the later date stands."""
        first = Refund(refund_id="r1", amount=yuan(5), settled_at=DAYS[2], status=RefundStatus.SETTLED)
        second = Refund(refund_id="r2", amount=yuan(7), status=RefundStatus.SETTLED)
        closed = Refund(refund_id="r3", amount=yuan(9), settled_at=DAYS[3], status=RefundStatus.CLOSED)
        assert settled_refunds([first, second, closed, first]) == (yuan(12), DAYS[2])
        assert settled_refunds([closed]) is None

    def test_one_refund_number_is_one_refund(self) -> None:
        """Two amounts under one number contradict each other."""
        refunds = [Refund(refund_id="r1", amount=yuan(n), status=RefundStatus.SETTLED) for n in (1, 2)]
        with pytest.raises(InputError, match="two different refunds"):
            settled_refunds(refunds)


class TestCheck:
    """What looks wrong is said, nothing is decided."""

    @pytest.mark.parametrize(
        ("facts", "codes"),
        [
            ({"state": S.COMPLETED, "placed_at": DAYS[0], "paid_at": DAYS[1], "gross": yuan(5)}, ()),
            ({"state": S.PAID, "placed_at": DAYS[1], "paid_at": DAYS[0]}, ("paid_before_placed",)),
            ({"state": S.PAID, "placed_at": DAYS[1], "paid_at": DAYS[1]}, ()),
            ({"state": S.COMPLETED}, ("completed_without_pay_time",)),
            ({"gross": yuan(-1)}, ("negative_amount",)),
            ({"refunded": yuan(-1)}, ("negative_amount",)),
            ({"gross": yuan(5), "refunded": yuan(6)}, ("refund_above_gross",)),
            ({"gross": yuan(5), "refunded": yuan(5)}, ()),
            ({"state": S.CLOSED, "paid_at": DAYS[0]}, ("closed_with_money_paid",)),
            ({"state": S.CLOSED, "gross": yuan(5)}, ()),
            ({"state": S.SHIPPED, "placed_at": DAYS[0], "shipped_at": DAYS[1], "paid_at": DAYS[2]}, ()),
            (
                {"state": S.CLOSED, "placed_at": DAYS[1], "paid_at": DAYS[0], "gross": yuan(-5)},
                ("paid_before_placed", "negative_amount", "closed_with_money_paid"),
            ),
        ],
    )
    def test_names_each_contradiction(self, facts: dict[str, Any], codes: tuple[str, ...]) -> None:
        """By code, in a fixed order; cash on delivery is no fault."""
        assert check(fold([seen(0, **facts)])) == codes
        assert set(codes) <= set(WARNING_LABELS)
