"""Contracts of stores: what every keeper of points, events and shops promises, as test classes to inherit.

They know nothing of any database: an author of an adapter inherits them, says in a fixture how hers is
opened, and pytest runs every promise of the ports on it.
"""

from retailcrm.testing.stores.booked import OrderBookContract
from retailcrm.testing.stores.feeds import FeedContract
from retailcrm.testing.stores.kept import StoreContract
from retailcrm.testing.stores.ledgers import LedgerContract
from retailcrm.testing.stores.looks import seen
from retailcrm.testing.stores.plain import PlainLedger
from retailcrm.testing.stores.rolled import RollUpsContract
from retailcrm.testing.stores.ruled import PoliciesContract
from retailcrm.testing.stores.samples import NAMES, Sampler

__all__ = [
    "NAMES",
    "FeedContract",
    "LedgerContract",
    "OrderBookContract",
    "PlainLedger",
    "PoliciesContract",
    "RollUpsContract",
    "Sampler",
    "StoreContract",
    "seen",
]
