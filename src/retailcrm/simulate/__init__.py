"""A believable Chinese food shop on Taobao, at any size; the same seed gives the same bytes.

Every person, nick, address and phone number is invented.
"""

from retailcrm.simulate.exports import (
    BUYERS_FILE,
    FullExports,
    Generation,
    write_full_exports,
    write_order_report,
    write_orders_csv,
    write_shopify_exports,
    write_taobao_exports,
)
from retailcrm.simulate.foods import CATALOGUE, FOODS, SHOP_NAME, Food
from retailcrm.simulate.occasions import Occasion, line_share, sales_share
from retailcrm.simulate.people import CustomerKind
from retailcrm.simulate.redemptions import GIFTS, Redemptions, redemptions_of
from retailcrm.simulate.shop import SimulatedShop, simulate_shop
from retailcrm.simulate.spec import CustomerMix, ShopSpec
from retailcrm.simulate.tables import (
    TrueContacts,
    TrueRefunds,
    contact_table,
    member_table,
    parcel_table,
    product_table,
    refund_table,
    review_table,
)

__all__ = [
    "BUYERS_FILE",
    "CATALOGUE",
    "FOODS",
    "GIFTS",
    "SHOP_NAME",
    "CustomerKind",
    "CustomerMix",
    "Food",
    "FullExports",
    "Generation",
    "Occasion",
    "Redemptions",
    "ShopSpec",
    "SimulatedShop",
    "TrueContacts",
    "TrueRefunds",
    "contact_table",
    "line_share",
    "member_table",
    "parcel_table",
    "product_table",
    "redemptions_of",
    "refund_table",
    "review_table",
    "sales_share",
    "simulate_shop",
    "write_full_exports",
    "write_order_report",
    "write_orders_csv",
    "write_shopify_exports",
    "write_taobao_exports",
]
