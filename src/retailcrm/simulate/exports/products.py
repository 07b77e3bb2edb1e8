"""商品列表: one row a product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.simulate.exports import phrases
from retailcrm.simulate.exports.sheet import ENCODING, body, header
from retailcrm.simulate.foods import CATALOGUE, category_path
from retailcrm.simulate.pages import cells_of, money, number
from retailcrm.simulate.shop import UTC_OFFSET
from retailcrm.simulate.tables.products import product_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retailcrm.simulate.pages import Part
    from retailcrm.simulate.shop import SimulatedShop

COLUMNS: Final = ("商家编码", "宝贝标题", "类目", "成本价", "售价", "库存", "上架时间", "状态")
_SHELF: Final = ("仓库中", "出售中")


def product_list(shop: SimulatedShop) -> Iterator[bytes | bytearray]:
    """Write the catalogue as it stands at the end of the window.

    Yields:
        Bytes: the header, then all rows; the catalogue is small.
    """
    table = product_table(shop)
    since = (table.on_shelf_since + UTC_OFFSET).astype("datetime64[s]").tolist()
    columns: dict[str, list[Part]] = {
        "商家编码": [phrases.pool(tuple(food.code for food in CATALOGUE), ENCODING)],
        "宝贝标题": [phrases.pool(tuple(food.title for food in CATALOGUE), ENCODING)],
        "类目": [phrases.pool(tuple(category_path(food) for food in CATALOGUE), ENCODING)],
        "成本价": [money(table.cost)],
        "售价": [money(table.price)],
        "库存": [number(table.stock, 6)],
        "上架时间": [cells_of([f"{moment:%Y-%m-%d %H:%M:%S}" for moment in since])],
        "状态": [phrases.pool(_SHELF, ENCODING)[table.on_shelf.astype(np.int64)]],
    }
    yield header(COLUMNS)
    yield body(COLUMNS, columns, len(table))
