"""Files that look as if the shop's seller had downloaded them."""

from retailcrm.simulate.exports.folder import BUYERS_FILE, write_taobao_exports
from retailcrm.simulate.exports.full import FullExports, write_full_exports
from retailcrm.simulate.exports.headers import Generation
from retailcrm.simulate.exports.shopify import write_shopify_exports
from retailcrm.simulate.exports.single import write_order_report, write_orders_csv

__all__ = [
    "BUYERS_FILE",
    "FullExports",
    "Generation",
    "write_full_exports",
    "write_order_report",
    "write_orders_csv",
    "write_shopify_exports",
    "write_taobao_exports",
]
