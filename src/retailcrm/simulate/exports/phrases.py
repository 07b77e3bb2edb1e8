"""Pools of texts, encoded once, and the parts of cells that are picked from them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from retailcrm.domain.orders import OrderState
from retailcrm.simulate import words
from retailcrm.simulate.foods import FOODS
from retailcrm.simulate.pages import Cells, Part, cells_of, digits, number, optional_number, quoted
from retailcrm.simulate.people import (
    ENDS,
    HEADS,
    MIDDLES,
    names_of,
    nicks_of,
    phones_of,
    places_of,
    streets_of,
)
from retailcrm.simulate.places import PLACES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.simulate.randomness import Draws, Ints

_NUMBER_WIDTH: Final = 10

STATES: Final = {
    OrderState.PLACED: "等待买家付款",
    OrderState.PAID: "买家已付款，等待卖家发货",
    OrderState.SHIPPED: "卖家已发货，等待买家确认",
    OrderState.COMPLETED: "交易成功",
    OrderState.CLOSED: "交易关闭",
    OrderState.REFUNDED: "交易关闭",
}
"""订单状态; the platform has one word for both ends."""

NOT_CLOSED: Final = "订单未关闭"
REFUND_CLOSED: Final = "退款"


@cache
def pool(texts: tuple[str, ...], encoding: str) -> Cells:
    """Encode a pool for a quoted CSV cell."""
    return cells_of(quoted(texts), encoding)


def nick(draws: Draws, customer: NDArray[Any], encoding: str) -> list[Part]:
    """Spell 买家会员名."""
    nicks = nicks_of(draws, customer)
    return [
        pool(HEADS, encoding)[nicks.head],
        pool(MIDDLES, encoding)[nicks.middle],
        pool(ENDS, encoding)[nicks.end],
        optional_number(nicks.number, _NUMBER_WIDTH),
    ]


@cache
def _last_characters() -> tuple[str, ...]:
    """List the last characters of nicks: ten digits, then every middle with every end."""
    endings = [(middle + end)[-1:] for middle in MIDDLES for end in ENDS]
    return (*"0123456789", *endings)


def masked_nick(draws: Draws, customer: NDArray[Any], encoding: str) -> list[Part]:
    """Spell the first and last character of 买家会员名, with two stars between."""
    nicks = nicks_of(draws, customer)
    ending = 10 + nicks.middle * len(ENDS) + nicks.end
    last = np.where(nicks.number > 0, nicks.number % 10, ending)
    firsts = pool(tuple(head[0] for head in HEADS), encoding)
    return [firsts[nicks.head], b"**", pool(_last_characters(), encoding)[last]]


def name(draws: Draws, customer: NDArray[Any], encoding: str, *, masked: bool) -> list[Part]:
    """Spell 收货人姓名."""
    surname, first, last = names_of(draws, customer)
    if masked:
        return [pool(tuple(s[0] for s in words.SURNAMES), encoding)[surname], b"**"]
    return [
        pool(words.SURNAMES, encoding)[surname],
        pool(words.GIVEN_FIRST, encoding)[first],
        pool(("", *words.GIVEN_LAST), encoding)[last],
    ]


def phone(draws: Draws, customer: NDArray[Any], *, masked: bool) -> list[Part]:
    """Spell a mobile number."""
    own = digits(phones_of(draws, customer), 11)
    return [own[:, :3], b"****", own[:, 7:]] if masked else [own]


@cache
def _districts(encoding: str) -> Cells:
    """Encode ``省 市 区 ``."""
    return pool(tuple(f"{p.province} {p.city} {p.district} " for p in PLACES), encoding)


@cache
def _post_codes() -> Cells:
    """Encode ``(310012)``."""
    return cells_of([f"({place.zip_prefix}{i * 37 % 1000:03d})" for i, place in enumerate(PLACES)])


def address(draws: Draws, customer: NDArray[Any], encoding: str, *, masked: bool) -> list[Part]:
    """Spell 收货地址: ``省 市 区 detail(zip)``, cut after the district where masked."""
    place = places_of(draws, customer)
    if masked:
        return [_districts(encoding)[place], b"****"]
    street, estate, house, building, room = streets_of(draws, customer)
    units = [unit.encode(encoding) for unit in ("号", "栋", "室")]
    return [
        *(_districts(encoding)[place], pool(words.STREETS, encoding)[street]),
        *(number(house, 3), units[0], pool(words.ESTATES, encoding)[estate]),
        *(number(building, 2), units[1], number(room, 4), units[2], _post_codes()[place]),
    ]


@cache
def _titles(encoding: str) -> tuple[Cells, Cells]:
    """Encode titles, bare and after a comma; the last of each, for -1, is empty."""
    titles = [food.title for food in FOODS]
    return pool((*titles, ""), encoding), pool((*("，" + t for t in titles), ""), encoding)


def title(product: Ints, encoding: str) -> Cells:
    """Spell one title a row."""
    return _titles(encoding)[0][product]


def titles(product: Ints, encoding: str) -> list[Part]:
    """Spell the titles of whole orders; ``product`` has shape ``(n_orders, 5)``."""
    first, later = _titles(encoding)
    return [first[product[:, 0]], *(later[column] for column in product.T[1:])]


def states(state: NDArray[np.int8], encoding: str) -> Cells:
    """Spell 订单状态."""
    return pool(tuple(STATES.get(s, "") for s in OrderState), encoding)[state]


def sparse(texts: Sequence[str], outcome: Ints, encoding: str) -> Cells:
    """Spell the outcomes that have a text, and nothing for the others."""
    return pool((*texts, ""), encoding)[np.minimum(outcome, len(texts))]
