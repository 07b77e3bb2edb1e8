"""Points in the transaction that Django has open."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from retailcrm import Shop, open_shop
from retailcrm.domain.identity import Identity, OrderRef
from retailcrm.domain.money import Money
from retailcrm.domain.orders import Observation, OrderState, fold
from retailcrm.domain.points import Cart
from retailcrm.errors import RetailCRMError
from retailcrm.ports.outcomes import Done, Outcome, Refused, Staged, Unknown

if TYPE_CHECKING:
    from retailcrm.shop.loyalty import Loyalty

    from checkout.models import Order


class PointsRefusedError(Exception):
    """The points say no; leaving ``transaction.atomic`` with it undoes the order too."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.message)
        self.refused = refused


class AskAgainError(RetailCRMError):
    """Nobody can say what became of it: the same request should be sent once more."""


@cache
def the_shop() -> Shop:
    """Give the shop of this process."""
    return open_shop(settings.POINTS_STORE, policy=settings.POINTS_RULES)


def points() -> Loyalty:
    """Give the points verbs in Django's transaction."""
    verbs: Loyalty = the_shop().loyalty.using(connection)
    return verbs


def spend(order: Order) -> int:
    """Pay a part of an order with points; give what it takes off."""
    if not order.points:
        return 0
    done = settled(
        points().redeem(
            order.customer,
            order.points,
            key=f"order:{order.key}",
            cart=Cart(goods=order.goods),
            order=order.reference,
        )
    )
    return int(done.detail["value"])


def earn(order: Order) -> None:
    """Award what a paid order earns; sent again it is the very same order, so that it earns once."""
    seen = Observation(
        ref=OrderRef("web", "main", str(order.pk)),
        observed_at=order.paid_at,
        paid_at=order.paid_at,
        state=OrderState.PAID,
        gross=Money(order.due, "CNY"),
        buyer=Identity.of("web", "main", "id", order.customer),
    )
    settled(points().earn(fold([seen]), key=f"paid:{order.pk}"))


def refund(order: Order, amount: int, key: str) -> Done:
    """Give a part of an order back: points that paid return, points that it earned go."""
    return settled(points().refund(order.reference, Money(amount, "CNY"), key=key))


def settled(outcome: Outcome) -> Done:
    """Go on with what was done; anything else ends the request."""
    match outcome:
        case Staged(done=done) | (Done() as done):
            return done
        case Refused():
            raise PointsRefusedError(outcome)
        case Unknown():
            raise AskAgainError(outcome.reason)
