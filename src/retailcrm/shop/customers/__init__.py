"""A shop's customers: one's file, who is one person, and merging: ``shop.customers``."""

from retailcrm.shop.customers.cards import CustomerCard, OrderCard, ParcelCard, ReviewCard
from retailcrm.shop.customers.duplicates import Duplicate, Duplicates, Pair
from retailcrm.shop.customers.effects import FieldInForce, MergeEffect
from retailcrm.shop.customers.files import CustomerFiles

__all__ = [
    "CustomerCard",
    "CustomerFiles",
    "Duplicate",
    "Duplicates",
    "FieldInForce",
    "MergeEffect",
    "OrderCard",
    "Pair",
    "ParcelCard",
    "ReviewCard",
]
