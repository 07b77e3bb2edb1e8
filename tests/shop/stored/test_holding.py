"""Who has a phone or e-mail address, of a store: as in memory, without reading what is not asked for."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pytest

from retailcrm import open_shop
from retailcrm.adapters.stores.sql.orders import SqlOrders
from retailcrm.errors import InputError, NotFoundError, RetailCRMError

if TYPE_CHECKING:
    from pathlib import Path

    from retailcrm.ports.batches import Grain
    from retailcrm.shop.open import Shop

AS_OF: Final = "2024-06-01"
PHONES: Final = ("13800134821", "+86 138-0013-4821", "13900000001", "139****0001", "", "13700137000")
MAILS: Final = ("ann@example.com", "ANN@example.com", "kim@example.com", "")


def orders(platform: str) -> dict[str, Any]:
    """Map a report of one platform, with its recipients."""
    return {
        "name": platform,
        "platform": platform,
        "columns": {
            "number": "id", "buyer": "who", "paid_at": "at", "paid": "amount", "phone": "phone",
            "email": "mail",
        },
        "buyer": {"kind": "id", "strength": "stable"},
        "constants": {"state": "completed"},
    }  # fmt: skip


def members(platform: str, kind: str = "id") -> dict[str, Any]:
    """Map a member list of one platform."""
    return {
        "name": "members",
        "grain": "customer",
        "platform": platform,
        "columns": {"buyer": "who", "phone": "phone", "email": "mail"},
        "buyer": {"kind": kind, "strength": "stable"},
    }


def fill(shop: Shop, seed: int) -> None:
    """Import reports and member lists of two platforms, drawn by a seed, and merge two customers."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    for n in range(4):
        platform = chance.choice(("web", "till"))
        rows = [
            {
                "id": f"{chance.randrange(20)}", "who": chance.choice("abcdef"), "at": "2024-03-01",
                "amount": "5.00", "phone": chance.choice(PHONES), "mail": chance.choice(MAILS),
            }
            for _ in range(6)
        ]  # fmt: skip
        table = pa.Table.from_pylist(rows)
        if n % 2:
            shop.imports.table(table, members(platform), name=f"members{n}")
        else:
            shop.imports.table(table, orders(platform), name=f"orders{n}", personal=True)
    keyed = pa.table({"who": ["13700137000"], "phone": [None], "mail": ["kim@example.com"]})
    shop.imports.table(keyed, members("till", "phone"), name="keyed")
    ids = {name for part in shop.insight.parts() for name in part.customers.ids.tolist()}
    for _ in range(min(2, len(ids) - 1)):
        keep, gone = chance.sample(sorted(ids), 2)
        ids -= {gone}
        shop.customers.merge(keep, gone, by="kim", note="she said so")


def answer(shop: Shop, **asked: str) -> str:
    """Give the id that is found, or why none is."""
    try:
        return str(shop.customers.get(**asked, as_of=AS_OF).id)
    except (NotFoundError, InputError) as error:
        return str(error)


@pytest.mark.parametrize("seed", range(12))
def test_a_store_finds_whom_memory_finds(tmp_path: Path, seed: int) -> None:
    """Whatever files told, in whatever order, by however many platforms: one answer, or the same refusal."""
    with open_shop(f"sqlite:///{tmp_path / 'shop.db'}") as stored, open_shop() as plain:
        for shop in (stored, plain):
            fill(shop, seed)
        for phone in {*PHONES, "13600000000"} - {""}:
            assert answer(stored, phone=phone) == answer(plain, phone=phone), phone
        for mail in {*MAILS, "nobody@example.com"} - {""}:
            assert answer(stored, email=mail) == answer(plain, email=mail), mail


def test_nothing_of_others_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By phone two columns of the lists are read, and all of who has it; never everybody's orders."""
    with open_shop(f"sqlite:///{tmp_path / 'shop.db'}") as shop:
        fill(shop, 3)
        ids = [f"{n:05}" for n in range(500)]
        table = pa.table({"who": ids, "phone": [f"138000{one}" for one in ids], "mail": [None] * len(ids)})
        shop.imports.table(table, members("web"), name="many")
        monkeypatch.setattr(SqlOrders, "orders", _never)
        monkeypatch.setattr(SqlOrders, "rows", _never)
        read: list[set[str]] = []
        pieces = SqlOrders.pieces

        def noted(book: SqlOrders, file: Any, grain: Grain) -> Any:
            read.append(set(file.grains[grain].columns))
            return pieces(book, file, grain)

        monkeypatch.setattr(SqlOrders, "pieces", noted)
        assert shop.customers.get(phone="138 0000 0417", as_of=AS_OF).id.endswith("00417")
        assert {frozenset(columns) for columns in read} == {
            frozenset({"who", "phone"}), frozenset({"number", "phone"}),
        }  # fmt: skip


def _never(*_: object) -> Any:
    raise RetailCRMError("everything was read")
