"""The work of ``retailcrm customer``: read, find her, print her file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.cli.customer_card import card_document, print_card
from retailcrm.cli.endings import exit_with_problems, write_found_problems
from retailcrm.cli.guard import NobodyError, print_json
from retailcrm.cli.inputs import moment_or_newest, open_for, read_into
from retailcrm.cli.outputs import check_outputs
from retailcrm.cli.printing import console
from retailcrm.cli.watch import Watch
from retailcrm.domain.identity import IdentityKind, Strength, normalised, strength_of
from retailcrm.domain.labels import Label
from retailcrm.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from retailcrm.cli.exits import Exit
    from retailcrm.cli.options import Inputs
    from retailcrm.shop.customers import CustomerCard
    from retailcrm.shop.open import Shop

FOUND_BY: Final[Mapping[str, Label]] = {
    "id": Label("按顾客ID", "by customer id"),
    "phone": Label("按电话", "by phone"),
    "email": Label("按邮箱", "by e-mail"),
    "order": Label("按订单号", "by order number"),
}
"""What can lead to a customer, in the order that it is tried."""

UNKNOWN_BUYER: Final = "unknown-buyer"
"""Code of the error that an order is there, and nobody knows who bought."""


def print_customer(
    *, who: str, inputs: Inputs, as_of: str | None, show_personal: bool, problems: str | None, strict: bool,
    as_json: bool,
) -> Exit:  # fmt: skip
    """Print one customer's file."""
    check_outputs({"--problems": problems}, inputs.paths)
    shop, mapping = open_for(inputs, as_of)
    with shop:
        with Watch(console(errors=True)) as watch:
            read_into(shop, inputs, mapping, watch, personal=True)
            watch.doing("looking her up")
            moment = moment_or_newest(shop, as_of)
            way, card = looked_up(shop, who, moment)
            file = shop.customers.history(card.id)
        write_found_problems(shop, problems)
        if as_json:
            code = exit_with_problems(shop, strict=strict)
            told = card_document(card, file, shop.policy.zone, clear=show_personal)
            print_json(
                {"command": "customer", "exit_code": code, "as_of": moment, "found_by": way, "customer": told}
            )
            return code
        print_card(
            console(),
            card,
            file,
            found_by=FOUND_BY[way],
            as_of=moment,
            policy=shop.policy,
            clear=show_personal,
        )
        return exit_with_problems(shop, strict=strict)


def looked_up(shop: Shop, who: str, as_of: str) -> tuple[str, CustomerCard]:
    """Find a customer by id, else by phone or e-mail, else by order number; say by which.

    Raises:
        NobodyError: Nobody has it.
        InputError: Several people have it.
    """
    customers = shop.customers
    ways: dict[str, Callable[[], CustomerCard]] = {"id": lambda: customers.get(who, as_of=as_of)}
    if _is(IdentityKind.PHONE, who):
        ways["phone"] = lambda: customers.get(phone=who, as_of=as_of)
    if _is(IdentityKind.EMAIL, who):
        ways["email"] = lambda: customers.get(email=who, as_of=as_of)
    ways["order"] = lambda: customers.get(order=who, as_of=as_of)
    for way, look in ways.items():
        try:
            return way, look()
        except NotFoundError as error:
            told = error
    if str(told).startswith("nobody knows who bought"):
        raise NobodyError(str(told), zh=f"没有人知道订单 {who} 的买家：缺失或被遮盖", code=UNKNOWN_BUYER)
    raise NobodyError(
        f"nobody has the customer id, phone, e-mail address or order {who!r}",
        zh=f"没有顾客的 ID、电话、邮箱或订单号是 {who!r}",
    )


def is_contact(text: str) -> bool:
    """Say whether a text is a phone number or an e-mail address that shows a person."""
    return _is(IdentityKind.PHONE, text) or _is(IdentityKind.EMAIL, text)


def _is(kind: IdentityKind, text: str) -> bool:
    return strength_of(kind, normalised(kind, text)) is not Strength.NONE
