"""A believable Chinese food shop on Taobao, at any size; the same seed gives the same bytes.

Every person, nick, address and phone number is invented.
"""

from retailcrm.simulate.exports import (
    BUYERS_FILE,
    Generation,
    write_order_report,
    write_orders_csv,
    write_taobao_exports,
)
from retailcrm.simulate.foods import FOODS, SHOP_NAME, Food
from retailcrm.simulate.people import CustomerKind
from retailcrm.simulate.shop import SimulatedShop, simulate_shop
from retailcrm.simulate.spec import CustomerMix, ShopSpec

__all__ = [
    "BUYERS_FILE",
    "FOODS",
    "SHOP_NAME",
    "CustomerKind",
    "CustomerMix",
    "Food",
    "Generation",
    "ShopSpec",
    "SimulatedShop",
    "simulate_shop",
    "write_order_report",
    "write_orders_csv",
    "write_taobao_exports",
]
