"""What files say of people: member lists, registration forms, and the recipients of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import Texts
from retailcrm.ports.batches import BuyerKey, Grain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    import pyarrow as pa
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Customers
    from retailcrm.shop.buyers import BuyerKinds
    from retailcrm.shop.observed import Observed
    from retailcrm.shop.stacked import Stacked

RECIPIENT: Final = ("name", "phone", "email", "address")
"""Columns of an order report that are about its recipient."""


@attrs.frozen(eq=False, kw_only=True)
class Said:
    """What one file says of people, a row a statement.

    Attributes:
        source: The file's name.
        exported_at: When it was exported.
        table: Arrow table with some of the columns of grain customers.
        key: What its column ``buyer`` holds; ``None`` where ``customer`` tells who is meant.
        who: The customers that ``customer`` points to.
        customer: Position in ``who``, -1 for nobody; ``int32``.
    """

    source: str
    exported_at: datetime
    table: pa.Table
    key: BuyerKey | None = None
    who: Customers | None = None
    customer: NDArray[np.int32] | None = None


def members_of(files: Sequence[Observed]) -> Iterator[Said]:
    """Give what member lists and forms say.

    Args:
        files: Of one shop, buyers files adopted.
    """
    for file in files:
        table = file.tables.get(Grain.CUSTOMERS)
        if table is not None:
            yield Said(
                source=file.name,
                exported_at=file.exported_at,
                table=table,
                key=file.buyer_keys[Grain.CUSTOMERS],
            )


def recipients_of(
    orders: Stacked, files: Sequence[Observed], customers: Customers, customer: NDArray[np.int32]
) -> Iterator[Said]:
    """Give what order reports say of recipients, as said of the orders' buyers.

    Args:
        orders: Rows of the order reports.
        files: The files they come from.
        customers: The shop's customers.
        customer: The buyer of each order code, -1 unknown.
    """
    start = 0
    for table, i in zip(orders.parts, orders.files, strict=True):
        code = orders.code[start : start + len(table)]
        start += len(table)
        names = [name for name in RECIPIENT if name in table.column_names]
        if names:
            who = customer[code]
            yield Said(
                source=files[i].name,
                exported_at=files[i].exported_at,
                table=table.select(names),
                who=customers,
                customer=who,
            )


@attrs.frozen(eq=False)
class Named:
    """Who every row of several statements is about, under one numbering.

    Attributes:
        ids: Customer ids, each once.
        strength: Strength of each; ``int8``.
        codes: For each statement the person of each row, -1 for nobody.
    """

    ids: Texts
    strength: NDArray[np.int8]
    codes: list[NDArray[np.int64]]


def named(said: Sequence[Said], kinds: BuyerKinds) -> Named:
    """Find out who is meant in each row; keys that tell nobody apart mean nobody.

    Args:
        said: The statements.
        kinds: The shop's kinds of buyer keys.
    """
    lists = [(s.key, s.table.column("buyer")) for s in said if s.key is not None]
    buyers = kinds.number(lists)
    ids, strength = [buyers.ids], [buyers.strength]
    codes, own = [], iter(buyers.codes)
    starts: dict[int, int] = {}
    for s in said:
        if s.who is None or s.customer is None:
            codes.append(next(own).astype(np.int64))
            continue
        if id(s.who) not in starts:
            starts[id(s.who)] = sum(map(len, strength))
            ids.append(s.who.ids)
            strength.append(s.who.strength)
        codes.append(np.where(s.customer < 0, -1, s.customer.astype(np.int64) + starts[id(s.who)]))
    every = np.concatenate(strength)
    texts = Texts.concat(ids)
    if starts:
        texts, every, codes = _once(texts, every, codes)
    worth = np.append(every > 0, np.False_)
    return Named(texts, every, [np.where(worth[code], code, -1) for code in codes])


def _once(
    ids: Texts, strength: NDArray[np.int8], codes: list[NDArray[np.int64]]
) -> tuple[Texts, NDArray[np.int8], list[NDArray[np.int64]]]:
    """Give a person whom both lists and orders name one place."""
    coded = arrow.arrow_texts(ids).dictionary_encode()
    place = np.append(coded.indices.to_numpy().astype(np.int64), -1)
    strongest = np.zeros(len(coded.dictionary), np.int8)
    np.maximum.at(strongest, place[:-1], strength)
    return arrow.texts(coded.dictionary), strongest, [place[code] for code in codes]
