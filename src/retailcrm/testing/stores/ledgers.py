"""The contract of a ledger: what every keeper of points promises, as a test class to inherit."""

from __future__ import annotations

from retailcrm.testing.stores.ledger_guards import LedgerGuards
from retailcrm.testing.stores.ledger_reads import LedgerReads
from retailcrm.testing.stores.ledger_units import LedgerUnits


class LedgerContract(LedgerReads, LedgerGuards, LedgerUnits):
    """Inherit it in a test module, and say in a fixture ``ledgers`` how a ledger is opened.

    The fixture gives a function from a shop's key to its ledger. All that it gives in one test keep their
    shops in one place, empty at first: the same key twice gives the same shop.

    Example:
        >>> from retailcrm.adapters.stores.memory import MemoryStore
        >>> class TestMemory(LedgerContract):
        ...     def ledgers(self):  # a pytest.fixture
        ...         return MemoryStore().ledger
    """
