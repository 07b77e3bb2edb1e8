"""The truth about all that stands beside the orders, as columns."""

from retailcrm.simulate.tables.members import TrueContacts, contact_table, member_table
from retailcrm.simulate.tables.parcels import parcel_table
from retailcrm.simulate.tables.products import product_table
from retailcrm.simulate.tables.refunds import TrueRefunds, refund_table
from retailcrm.simulate.tables.reviews import review_table

__all__ = [
    "TrueContacts",
    "TrueRefunds",
    "contact_table",
    "member_table",
    "parcel_table",
    "product_table",
    "refund_table",
    "review_table",
]
