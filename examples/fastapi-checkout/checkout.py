"""A checkout: each request's order row and its points are committed together, or not at all."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, FastAPI, Header, HTTPException, Request
from pydantic import BaseModel, Field
from retailcrm import open_shop
from retailcrm.domain.identity import Identity, OrderRef
from retailcrm.domain.money import Money
from retailcrm.domain.orders import Observation, Order, OrderState, fold
from retailcrm.domain.points import Cart
from retailcrm.ports.outcomes import Done, Outcome, Refused, Staged, Unknown
from sqlalchemy import select

from database import OrderRow, Table, ask_again, engine_of, in_one_transaction

if TYPE_CHECKING:
    from retailcrm.shop.loyalty import Loyalty
    from sqlalchemy.orm import Session

RULES: Final = Path(__file__).with_name("shop.toml")
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=8, max_length=64)]
router = APIRouter()


class NewOrder(BaseModel):
    """What a customer asks for; amounts in fen."""

    customer: str
    goods: int = Field(gt=0)
    points: int = Field(default=0, ge=0)


class Refund(BaseModel):
    """What goes back of an order, the part that points paid included."""

    amount: int = Field(gt=0)


def create_app(url: str) -> FastAPI:
    """Give the backend on a database."""
    app = FastAPI(title="A shop with points")
    app.state.shop = open_shop(url, policy=RULES)
    app.state.engine = engine_of(url)
    with app.state.shop.alone():
        Table.metadata.create_all(app.state.engine)
    app.include_router(router)
    return app


@router.post("/orders", status_code=201)
def place(asked: NewOrder, key: Key, request: Request) -> dict[str, Any]:
    """Place an order, and pay a part of it with points."""

    def work(session: Session) -> dict[str, Any]:
        row = session.scalar(select(OrderRow).where(OrderRow.key == key))
        if row is None:
            row = OrderRow(key=key, **asked.model_dump())
            session.add(row)
            session.flush()  # gives it its number, and refuses a key that somebody has just used
            row.discount = spend(points_in(request, session), row)
        elif asked != NewOrder(customer=row.customer, goods=row.goods, points=row.points):
            raise HTTPException(409, {"limit": "key", "message": "this key stands for another order"})
        return shown(row)

    return in_one_transaction(request.app.state.shop, request.app.state.engine, work)


@router.post("/orders/{number}/payment")
def pay(number: int, request: Request) -> dict[str, Any]:
    """Take note of the payment: the order earns its points."""

    def work(session: Session) -> dict[str, Any]:
        row = order_row(session, number)
        if row.paid_at is None:
            row.state, row.paid_at = "paid", datetime.now(UTC).replace(tzinfo=None)
        # Sent again it is the very same order, so that it earns once.
        settled(points_in(request, session).earn(told(row, row.paid_at), key=f"paid:{number}"))
        return shown(row)

    return in_one_transaction(request.app.state.shop, request.app.state.engine, work)


@router.post("/orders/{number}/refunds")
def refund(number: int, asked: Refund, key: Key, request: Request) -> dict[str, Any]:
    """Give a part of an order back: points that paid return, points that it earned go."""

    def work(session: Session) -> dict[str, Any]:
        row = order_row(session, number)
        amount = Money(asked.amount, "CNY")
        done = settled(points_in(request, session).refund(row.reference, amount, key=key))
        row.state = "refunded"
        return shown(row) | {"pay_back": done.detail["cash"], "points_back": done.points}

    return in_one_transaction(request.app.state.shop, request.app.state.engine, work)


@router.get("/customers/{customer}/points")
def points_of(customer: str, request: Request) -> dict[str, int]:
    """Show somebody's points. Reading needs no transaction."""
    balances = request.app.state.shop.loyalty.balance(customer)
    return {"available": balances.available, "pending": balances.pending, "debt": balances.debt}


def points_in(request: Request, session: Session) -> Loyalty:
    """Give the points verbs in the transaction of this request."""
    verbs: Loyalty = request.app.state.shop.loyalty.using(session)
    return verbs


def spend(points: Loyalty, row: OrderRow) -> int:
    """Pay a part of an order with points; give what it takes off."""
    if not row.points:
        return 0
    done = settled(
        points.redeem(
            row.customer, row.points, key=f"order:{row.key}", cart=Cart(goods=row.goods), order=row.reference
        )
    )
    return int(done.detail["value"])


def settled(outcome: Outcome) -> Done:
    """Go on with what was done; answer the request with anything else, and keep nothing of it."""
    match outcome:
        case Staged(done=done) | (Done() as done):
            return done
        case Refused():
            raise HTTPException(409, {"limit": outcome.limit, "message": outcome.message})
        case Unknown():
            raise ask_again(outcome.reason)


def told(row: OrderRow, paid_at: datetime) -> Order:
    """Give an order of ours as points know it: the same each time, and nothing of the request that asks."""
    paid_at = paid_at.replace(tzinfo=UTC)
    seen = Observation(
        ref=OrderRef("web", "main", str(row.id)),
        observed_at=paid_at,
        paid_at=paid_at,
        state=OrderState.PAID,
        gross=Money(row.due, "CNY"),
        buyer=Identity.of("web", "main", "id", row.customer),
    )
    return fold([seen])


def order_row(session: Session, number: int) -> OrderRow:
    """Find an order, and keep others from changing it until this request has ended."""
    row = session.get(OrderRow, number, with_for_update=True)
    if row is None:
        raise HTTPException(404, {"message": f"no order {number}"})
    return row


def shown(row: OrderRow) -> dict[str, Any]:
    """Show an order."""
    return {"number": row.id, "state": row.state, "discount": row.discount, "due": row.due}


def main() -> FastAPI:
    """Give the backend on the database that ``CHECKOUT_DATABASE`` names: ``uvicorn --factory checkout:main``."""
    return create_app(os.environ.get("CHECKOUT_DATABASE", "sqlite:///shop.db"))
