"""From what order lines call a product to its row in the catalogue, and to its category."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.analytics.columns import Coded, Texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import LineTable, ProductTable

_BETWEEN_LEVELS: Final = "/"


def product_rows(values: Texts, products: ProductTable) -> NDArray[np.int64]:
    """Find each product in the catalogue: by its key, else by a title that only one product has.

    Args:
        values: What lines call products: the values of :attr:`LineTable.product`.
        products: The catalogue.

    Returns:
        Row in ``products``, -1 where it is not known; ``int64``, shape ``(n_values,)``.

    Example:
        >>> import numpy as np
        >>> from retailcrm.analytics.columns import MISSING, NO_INSTANT, Coded, Texts
        >>> from retailcrm.analytics.tables import ProductTable
        >>> none, never = np.full(2, MISSING), np.full(2, NO_INSTANT)
        >>> products = ProductTable(
        ...     keys=Texts.of(["T1", "T2"]), title=Coded.of(["tea", "tea set"]),
        ...     category=Coded.of(["food/tea", None]), cost=none, price=none, stock=none,
        ...     on_shelf=np.full(2, -1, np.int8), on_shelf_since=never, seen_at=never)
        >>> product_rows(Texts.of(["T2", "tea", "salt"]), products).tolist()
        [1, 0, -1]
    """
    by_key = {key: row for row, key in enumerate(products.keys.tolist())}
    by_title: dict[str, int] = {}
    for row, title in enumerate(products.title.tolist()):
        if title is not None:
            # A second product of that title makes it tell nothing.
            by_title[title] = -1 if title in by_title else row
    found = (by_key.get(value, by_title.get(value, -1)) for value in values.tolist())
    return np.fromiter(found, np.int64, len(values))


def category_of_lines(lines: LineTable, products: ProductTable | None, depth: int) -> Coded:
    """Give each line's category: its own where the line tells one, else its product's.

    Args:
        lines: Order lines.
        products: The catalogue, if there is one.
        depth: How many levels of the path to keep, from the top, at least 1.

    Returns:
        Paths with ``/`` between levels, code -1 not told; shape ``(n_lines,)``.

    Raises:
        ValueError: ``depth`` is below 1.
    """
    if depth < 1:
        raise ValueError(f"a category has at least one level; depth is {depth}")
    own, own_paths = _cut(lines.category, depth, len(lines))
    codes, paths = _cut(None, depth, len(lines))
    if products is not None:
        of_product, paths = _cut(products.category, depth, len(products))
        row_of = np.append(product_rows(lines.product.values, products), -1)
        codes = np.append(of_product, -1)[row_of[lines.product.codes]]
    shifted = np.where(codes < 0, -1, codes + len(own_paths))
    every = Coded.of([*own_paths, *paths])
    chosen = np.where(own < 0, shifted, own)
    return Coded(np.append(every.codes, np.int32(-1))[chosen], every.values)


def _cut(category: Coded | None, depth: int, rows: int) -> tuple[NDArray[np.int64], list[str]]:
    """Cut each path to its upper levels: codes, and the paths that they point to."""
    if category is None:
        return np.full(rows, -1, np.int64), []
    upper = [_upper(path, depth) for path in category.values.tolist()]
    coded = Coded.of(path or None for path in upper)
    return np.append(coded.codes, np.int32(-1))[category.codes].astype(np.int64), coded.values.tolist()


def _upper(path: str, depth: int) -> str:
    levels: Iterable[str] = (level.strip() for level in path.split(_BETWEEN_LEVELS))
    return _BETWEEN_LEVELS.join([level for level in levels if level][:depth])
