"""Which product of the catalogue each line is about, and its category."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.columns import Coded, Texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.tables import LineTable, ProductTable


@attrs.frozen(eq=False, kw_only=True)
class Catalogue:
    """The shop's products: those of its catalogue first, then those that only lines name.

    Attributes:
        products: The catalogue; ``None`` without one.
        named: Product texts of the lines.
        place: Number of the product of each of those texts, -1 missing at the end; ``int32``.
    """

    products: ProductTable | None
    named: Texts
    place: NDArray[np.int32]

    def __len__(self) -> int:
        """Count the products."""
        return self.listed + len(self.named)

    @property
    def listed(self) -> int:
        """Products of the catalogue."""
        return 0 if self.products is None else len(self.products)

    def key(self, product: int) -> str:
        """Give a product's code or title as exported."""
        if self.products is None or product >= self.listed:
            return str(self.named[product - self.listed])
        return str(self.products.keys[product])

    def title(self, product: int) -> str:
        """Give a product's title, its key where none is told."""
        if self.products is not None and product < self.listed:
            code = int(self.products.title.codes[product])
            if code >= 0:
                return str(self.products.title.values[code])
        return self.key(product)


def catalogue_of(products: ProductTable | None, named: Texts) -> Catalogue:
    """Find the products that lines name: by code, else by title; of one title the first product.

    Args:
        products: The catalogue; ``None`` without one.
        named: Product texts of the lines.

    Returns:
        The catalogue with the numbers of those texts.
    """
    listed = 0 if products is None else len(products)
    known = _places(products)
    place = [known.get(text, listed + code) for code, text in enumerate(named.tolist())]
    return Catalogue(products=products, named=named, place=np.array([*place, -1], np.int32))


def _places(products: ProductTable | None) -> dict[str, int]:
    if products is None:
        return {}
    found: dict[str, int] = {}
    for row, title in enumerate(products.title.tolist()):
        if title is not None:
            found.setdefault(title, row)
    # A code goes before an equal title.
    return found | {key: row for row, key in enumerate(products.keys.tolist())}


def categories(lines: LineTable, catalogue: Catalogue) -> Coded | None:
    """Give the category of each line: its own, else the catalogue's.

    Args:
        lines: The lines.
        catalogue: The shop's products.

    Returns:
        Category paths; ``None`` if nothing is told.
    """
    products = catalogue.products
    if products is None:
        return lines.category
    listed = np.append(products.category.codes, np.int32(-1))
    place = catalogue.place[lines.product.codes]
    of_product = listed[np.where(place < catalogue.listed, place, -1)]
    if lines.category is None:
        return Coded(of_product, products.category.values) if (of_product >= 0).any() else None
    own = lines.category
    both = Coded.of((*own.values.tolist(), *products.category.values.tolist()))
    places = np.append(both.codes, np.int32(-1))
    told = np.where(own.codes >= 0, own.codes, np.where(of_product < 0, -1, of_product + len(own.values)))
    return Coded(places[told], both.values)
