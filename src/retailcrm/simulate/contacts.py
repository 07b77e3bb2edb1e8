"""Nicks, names, phones and e-mail addresses of many people at once, spelt as they are."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from retailcrm.simulate import pages, words
from retailcrm.simulate.people import ENDS, HEADS, MIDDLES, names_of, nicks_of, persons_of

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    from retailcrm.analytics.columns import Texts
    from retailcrm.simulate.pages import Cells, Part
    from retailcrm.simulate.randomness import Draws, Ints

_STAR = ord("*")
_MAIL_DIGITS = 8


def nick_texts(draws: Draws, customer: NDArray[Any]) -> Texts:
    """Give nicks, 买家会员名; shape ``(n,)``."""
    nicks = nicks_of(draws, customer)
    heads, middles, ends = (_pool(texts, "utf-8") for texts in (HEADS, MIDDLES, ENDS))
    digits = pages.optional_number(nicks.number, 10)
    parts = (heads[nicks.head], middles[nicks.middle], ends[nicks.end], digits)
    return pages.texts_of(parts, len(customer))


def name_parts(draws: Draws, customer: Ints, encoding: str, there: NDArray[np.bool_]) -> list[Part]:
    """Spell names, and nothing where one is not there."""
    surname, first, last = names_of(draws, customer)
    pools = (words.SURNAMES, words.GIVEN_FIRST, ("", *words.GIVEN_LAST))
    cells = [_pool(pool, encoding)[place] for pool, place in zip(pools, (surname, first, last), strict=True)]
    return [_only(part, there) for part in cells]


def phone_cells(phone: Ints, masked: NDArray[np.bool_]) -> Cells:
    """Spell phones of eleven digits, four of them hidden where masked; nothing for -1."""
    cells = pages.digits(np.maximum(phone, 0), 11)
    cells[masked, 3:7] = _STAR
    return _only(cells, phone >= 0)


def email_parts(draws: Draws, customer: Ints, there: NDArray[np.bool_]) -> list[Part]:
    """Spell e-mail addresses, all at a domain that belongs to nobody; nothing where one is not there."""
    who = pages.digits(persons_of(draws, customer), _MAIL_DIGITS)
    ends = pages.cells_of(["", "@example.com"])[there.astype(np.int64)]
    return [pages.cells_of(["", "u"])[there.astype(np.int64)], _only(who, there), ends]


@cache
def _pool(texts: tuple[str, ...], encoding: str) -> Cells:
    """Encode a pool once."""
    return pages.cells_of(texts, encoding)


def _only(cells: Cells, there: NDArray[np.bool_]) -> Cells:
    """Empty the cells that are not there."""
    return np.where(there[:, None], cells, np.uint8(0))
