"""Figures of each customer for ever: what scores are made of, once nothing lies ahead any more."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import MISSING, Texts
from retailcrm.analytics.counting import count, purchase_at, refunds
from retailcrm.analytics.summary import summarise
from retailcrm.domain.points.documents import canonical
from retailcrm.ports.rollups import FIGURES, Block

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.counting import CountingPolicy
    from retailcrm.analytics.tables import Instants, Ints, OrderTable
    from retailcrm.shop.policy import Policy

EVER: Final = np.datetime64("9999-12-31", "us")
"""After everything: whatever is known of orders has happened."""

STRENGTH, ORDERS, DAYS, FIRST, LAST, GROSS, REFUNDED, CREDITS, NEWEST = range(len(FIGURES))
"""Columns of figures."""

_BLOCK: Final = 64
"""Customers in a new block: a day's customers lie in few kilobytes each, and a million in few rows."""


def rules_of_counting(policy: Policy) -> str:
    """Give the digest of the rules that summaries are counted by; of no others."""
    rules = policy.to_dict()
    del rules["shop"]["name"]
    read = {name: rules[name] for name in ("shop", "counting")}
    return hashlib.sha256(canonical(read).encode()).hexdigest()[:12]


def figures_of(orders: OrderTable, policy: CountingPolicy, as_of: np.datetime64 = EVER) -> tuple[Ints, Ints]:
    """Count everybody's orders.

    Args:
        orders: All orders of some customers, and any of unknown buyers.
        policy: What counts.
        as_of: The moment, UTC, exclusive; the newest instant is told whatever it is.

    Returns:
        A row for each customer of the table, a column for each of
        :data:`~retailcrm.ports.rollups.FIGURES`; and the row of the unknown buyers.
    """
    n = len(orders.customers)
    found = np.zeros((n + 1, len(FIGURES)), np.int64)
    found[:-1, STRENGTH] = orders.customers.strength
    found[:, FIRST] = found[:, LAST] = found[:, NEWEST] = MISSING
    rows = count(orders, policy, as_of)
    # The unknown buyer's code -1 points to the last row.
    for column, customer, amount in (
        (ORDERS, rows.customer, np.ones(len(rows), np.int64)),
        (GROSS, rows.customer, rows.gross),
        (REFUNDED, rows.customer, rows.refunded),
        (REFUNDED, rows.credit_customer, rows.credit),
        (CREDITS, rows.credit_customer, np.ones(len(rows.credit), np.int64)),
    ):
        np.add.at(found[:, column], customer, amount)
    summary = summarise(orders, as_of, policy)
    found[summary.customer, DAYS] = summary.purchase_days
    found[summary.customer, FIRST] = summary.first_at.view(np.int64)
    found[summary.customer, LAST] = summary.last_at.view(np.int64)
    _newest(found[:, NEWEST], orders, policy)
    return found[:-1], found[-1]


def _newest(found: Ints, orders: OrderTable, policy: CountingPolicy) -> None:
    back = refunds(orders, policy)
    told: tuple[tuple[NDArray[np.int32], Instants], ...] = (
        (orders.customer, purchase_at(orders, policy)),
        (orders.customer, orders.paid_at),
        (orders.customer[back.row], back.at),
    )
    for customer, at in told:
        # What is not known is as early as can be.
        np.maximum.at(found, customer, at.view(np.int64))


def less(total: Ints, gone: Ints, new: Ints) -> Ints:
    """Take some unknown buyers' orders out of their sums, and put others in.

    Only what adds up is exact; the newest instant is that of all that ever were there.

    Args:
        total: Their row.
        gone: The row of those that go.
        new: The row of those that come.
    """
    found = total.copy()
    for column in (ORDERS, GROSS, REFUNDED, CREDITS):
        found[column] += new[column] - gone[column]
    found[NEWEST] = max(total[NEWEST], new[NEWEST])
    return found


def blocks_of(ids: Texts, figures: Ints, first: str = "", size: int = _BLOCK) -> Iterator[Block]:
    """Cut customers into blocks.

    Args:
        ids: Ids, sorted.
        figures: Their figures.
        first: Where the first block begins.
        size: Customers in each.
    """
    for start in range(0, max(len(ids), 1), size):
        some = Texts(ids.data, ids.offsets[start : start + size + 1])
        yield Block(first=first if not start else some[0], ids=some, figures=figures[start : start + size])


def sorted_by_id(ids: Texts) -> Ints:
    """Give the places of ids as they are sorted."""
    found: Ints = pc.sort_indices(arrow.arrow_texts(ids)).to_numpy().astype(np.int64)
    return found


def blocks_asked(firsts: Sequence[str], names: Sequence[str]) -> dict[str, list[str]]:
    """Tell in which block each of some customers is, or belongs.

    Args:
        firsts: Where blocks begin, sorted; the first is empty.
        names: Ids.
    """
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(firsts[bisect_right(firsts, name) - 1], []).append(name)
    return found


def changed_block(
    block: Block, names: Sequence[str], new: Mapping[str, Ints], size: int = _BLOCK
) -> Iterator[Block]:
    """Put figures of some customers into a block; it is cut once it is twice as large as a new one.

    Args:
        block: As it is.
        names: Customers whose old figures go.
        new: Figures of those of them who have any.
        size: Customers in a new block.
    """
    gone = set(names)
    rows = {
        name: row for name, row in zip(block.ids.tolist(), block.figures, strict=True) if name not in gone
    }
    rows |= {name: new[name] for name in names if name in new}
    order = sorted(rows)
    figures = np.array([rows[name] for name in order], np.int64).reshape(len(order), len(FIGURES))
    size = size if len(order) > 2 * size else 2 * size
    yield from blocks_of(Texts.of(order), figures, block.first, size)
