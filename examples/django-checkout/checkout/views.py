"""What the shop's pages call."""

from __future__ import annotations

import json
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from django.db import DatabaseError, IntegrityError, transaction
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from retailcrm.errors import ConflictError, IdempotencyConflictError

from checkout import points
from checkout.models import Order

if TYPE_CHECKING:
    from collections.abc import Callable

TRIES: Final = 3


def in_one_transaction(view: Callable[..., JsonResponse]) -> Callable[..., JsonResponse]:
    """Commit all that a request changes, or nothing; begin again where others were first."""

    @wraps(view)
    def run(request: HttpRequest, **asked: object) -> JsonResponse:
        for _ in range(TRIES):
            try:
                # Outermost, until it is committed: an older SQLite keeps two commits apart badly.
                with points.the_shop().alone(), transaction.atomic():
                    return view(request, **asked)
            except points.PointsRefusedError as error:
                return refusal(error.refused.limit, str(error))
            except IdempotencyConflictError as error:
                return refusal("key", str(error))
            except (ConflictError, IntegrityError):
                continue  # leaving the block has rolled it back
            except (DatabaseError, points.AskAgainError):
                break  # perhaps while it was committing: nobody can say
        return JsonResponse({"reason": "ask again"}, status=503, headers={"Retry-After": "1"})

    return run


@csrf_exempt
@require_POST
@in_one_transaction
def place(request: HttpRequest) -> JsonResponse:
    """Place an order, and pay a part of it with points."""
    asked = json.loads(request.body)
    order, new = Order.objects.get_or_create(key=request.headers["Idempotency-Key"], defaults=asked)
    if new:
        order.discount = points.spend(order)
        order.save()
    elif asked != {name: getattr(order, name) for name in asked}:
        return refusal("key", "this key stands for another order")
    return JsonResponse(shown(order), status=201)


@csrf_exempt
@require_POST
@in_one_transaction
def pay(request: HttpRequest, number: int) -> JsonResponse:
    """Take note of the payment: the order earns its points."""
    order = get_object_or_404(Order.objects.select_for_update(), pk=number)
    if order.paid_at is None:
        order.state, order.paid_at = "paid", timezone.now()
        order.save()
    points.earn(order)
    return JsonResponse(shown(order))


@csrf_exempt
@require_POST
@in_one_transaction
def refund(request: HttpRequest, number: int) -> JsonResponse:
    """Give a part of an order back, and say how much of it in money."""
    order = get_object_or_404(Order.objects.select_for_update(), pk=number)
    done = points.refund(order, json.loads(request.body)["amount"], request.headers["Idempotency-Key"])
    order.state = "refunded"
    order.save()
    return JsonResponse(shown(order) | {"pay_back": done.detail["cash"], "points_back": done.points})


@require_GET
def points_of(request: HttpRequest, customer: str) -> JsonResponse:
    """Show somebody's points. Reading needs no transaction."""
    balances = points.the_shop().loyalty.balance(customer)
    return JsonResponse({"available": balances.available, "pending": balances.pending, "debt": balances.debt})


def refusal(limit: str, message: str) -> JsonResponse:
    """Say what stands in the way."""
    return JsonResponse({"limit": limit, "message": message}, status=409)


def shown(order: Order) -> dict[str, Any]:
    """Show an order."""
    return {"number": order.pk, "state": order.state, "discount": order.discount, "due": order.due}
