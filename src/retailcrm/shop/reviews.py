"""Reviews, each once: a second review, or a changed score, in a newer file joins the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from retailcrm.analytics.columns import Coded
from retailcrm.analytics.observations import Runs, newest_values
from retailcrm.analytics.tables import ReviewTable
from retailcrm.ports.batches import BuyerKey, Grain
from retailcrm.shop.alike import alike
from retailcrm.shop.pointing import order_rows, positions
from retailcrm.shop.stacked import Stacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.shop.buyers import BuyerKinds, Buyers
    from retailcrm.shop.observed import Observed


def review_table(
    files: Sequence[Observed], kinds: BuyerKinds, orders: OrderTable | None
) -> ReviewTable | None:
    """Fold what files tell of reviews.

    A review is told from another by its own number on its platform; where it has none, by who wrote what
    about which product of which order, and when. Of each field the newest value counts.

    Args:
        files: Oldest export first.
        kinds: The shop's kinds of buyer keys.
        orders: The shop's orders; ``None`` leaves orders and customers out.

    Returns:
        The reviews in order of first sight; ``None`` if no file has any.
    """
    rows = Stacked.of(files, Grain.REVIEWS)
    if not len(rows.file):
        return None
    platforms = list(dict.fromkeys(file.platform for file in files))
    platform = np.asarray([platforms.index(file.platform) for file in files])[rows.file]
    buyers = _buyers(rows, files, kinds)
    buyer = np.concatenate(buyers.codes).astype(np.int64)
    numbers, product = rows.words("number"), rows.words("product")
    runs = _reviews(rows, platform, buyer)
    order, customer = _owners(orders, numbers, platform, platforms, buyers, buyer, runs)
    second = (rows.words("second_text").codes >= 0) | ~np.isnat(rows.instant("second_at"))
    return ReviewTable(
        at=newest_values(runs, rows.instant("at")),
        score=newest_values(runs, rows.whole("score")),
        order=order,
        customer=customer,
        product=Coded(newest_values(runs, product.codes), product.values),
        second_at=newest_values(runs, rows.instant("second_at")),
        has_text=runs.any(rows.words("text").codes >= 0),
        has_second=runs.any(second),
    )


def _buyers(rows: Stacked, files: Sequence[Observed], kinds: BuyerKinds) -> Buyers:
    nobody = BuyerKey(platform="", kind="", strength=0)
    parts: list[tuple[BuyerKey, Any]] = [
        (files[i].buyer_keys[Grain.REVIEWS], table.column("buyer"))
        if "buyer" in table.column_names
        else (nobody, pa.nulls(len(table), pa.large_string()))
        for table, i in zip(rows.parts, rows.files, strict=True)
    ]
    return kinds.number(parts)


def _reviews(rows: Stacked, platform: NDArray[np.int64], buyer: NDArray[np.int64]) -> Runs:
    """Group the rows of each review; groups are in order of first sight."""
    own = rows.words("review").codes
    content = (rows.words(name).codes for name in ("number", "product", "text"))
    known = own >= 0
    by_content = alike(platform, buyer, rows.instant("at"), *content)
    code = np.where(known, alike(platform, own), by_content + len(own))
    _, first, group = np.unique(code, return_index=True, return_inverse=True)
    place = np.empty(len(first), np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    return Runs.of(place[group.reshape(-1)])


def _owners(
    orders: OrderTable | None,
    numbers: Coded,
    platform: NDArray[np.int64],
    platforms: Sequence[str],
    buyers: Buyers,
    buyer: NDArray[np.int64],
    runs: Runs,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Give each review's order and customer; the order tells whose it is where the review does not."""
    if orders is None:
        nothing = np.full(len(runs.groups), -1, np.int32)
        return nothing, nothing
    order = newest_values(runs, order_rows(orders, numbers, platform, platforms))
    customer_of = np.append(positions(orders.customers.ids, buyers.ids), np.int32(-1))
    customer_of[:-1][buyers.strength == 0] = -1
    customer = newest_values(runs, customer_of[buyer])
    of_order = np.append(orders.customer, np.int32(-1))[order]
    return order, np.where(customer < 0, of_order, customer)
