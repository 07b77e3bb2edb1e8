"""The tables that every figure is computed from: checked columns, one currency, one zone."""

from retailcrm.analytics.tables.checks import Instants, Ints
from retailcrm.analytics.tables.customers import Customers, CustomerSummary
from retailcrm.analytics.tables.orders import LineTable, OrderTable
from retailcrm.analytics.tables.parcels import ParcelEventTable
from retailcrm.analytics.tables.people import ProfileTable
from retailcrm.analytics.tables.products import ProductTable
from retailcrm.analytics.tables.reviews import ReviewTable

__all__ = [
    "CustomerSummary",
    "Customers",
    "Instants",
    "Ints",
    "LineTable",
    "OrderTable",
    "ParcelEventTable",
    "ProductTable",
    "ProfileTable",
    "ReviewTable",
]
