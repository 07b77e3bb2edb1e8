"""Points on a shop: its verbs, driven by the orders that were imported and by what a backend reports."""

from retailcrm.shop.loyalty.loyalty import Loyalty

__all__ = ["Loyalty"]
