"""Rows of the ledger's tables, with their proofs; what was read before is not read again."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from retailcrm.adapters.stores.sql.codecs import micros, proof, some_micros
from retailcrm.domain.points.documents import (
    account_frame,
    canonical,
    entry_frame,
    lot_document,
)
from retailcrm.domain.points.lots import Bucket

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.lots import Lot
    from retailcrm.ports.feed import Fact

_T = TypeVar("_T")

_MOST: Final = 4096
"""Texts that a reader keeps."""

_BUCKETS: Final = tuple(bucket.value for bucket in Bucket)


class Texts(Generic[_T]):
    """Reads texts into values; the same text gives the same value without reading it again.

    Args:
        read: Reads one; its result never changes.
    """

    def __init__(self, read: Callable[[str], _T]) -> None:
        self._read = read
        self._known: OrderedDict[str, _T] = OrderedDict()

    def __call__(self, text: str) -> _T:
        """Read a text."""
        found = self._known.get(text)
        if found is None:
            found = self._read(text)
            self.keep(text, found)
        return found

    def keep(self, text: str, value: _T) -> None:
        """Know from now on what a text says, for whoever has just written it."""
        self._known[text] = value
        if len(self._known) > _MOST:
            self._known.popitem(last=False)


class LotTexts:
    """Writes lots as canonical JSON; one lot stands in an entry, in its account and in a row of its own."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Lot, str]] = {}

    def __call__(self, lot: Lot) -> str:
        """Write a lot, or give what was written of the very same value before."""
        known = self._known.get(id(lot))
        if known is not None and known[0] is lot:
            return known[1]
        if len(self._known) >= _MOST:
            self._known.clear()
        text = canonical(lot_document(lot))
        # The lot is kept with its text, so that its id names nothing else meanwhile.
        self._known[id(lot)] = lot, text
        return text

    def within(self, document: dict[str, Any], lots: Sequence[Lot]) -> str:
        """Write a document whose lots are left out of it, with these lots in their place."""
        around = canonical(document | {"lots": []})
        # No text within JSON has a quotation mark without a stroke before it, so this stands there once.
        return around.replace('"lots":[]', f'"lots":[{",".join(map(self, lots))}]', 1)


lot_text: Final = LotTexts()


def account_row(shop: str, account: Account) -> tuple[Any, ...]:
    """Give an account as a row."""
    values = (
        shop, account.id, account.version, some_micros(account.recorded_at), some_micros(account.settled_at),
        account.pending, account.available, account.held, account.debt, some_micros(account.next_change_at),
        lot_text.within(account_frame(account), account.lots),
    )  # fmt: skip
    return (*values, proof(*values))


def entry_row(shop: str, entry: Entry) -> tuple[Any, ...]:
    """Give an entry as a row."""
    values = (
        shop, entry.account, entry.version, entry.verb.value, entry.key, micros(entry.effective_at),
        micros(entry.recorded_at), lot_text.within(entry_frame(entry), entry.lots),
    )  # fmt: skip
    return (*values, proof(*values))


def lot_row(shop: str, account: str, lot: Lot) -> tuple[Any, ...]:
    """Give a lot as a row."""
    buckets = tuple(getattr(lot, name) for name in _BUCKETS)
    values = (shop, account, lot.id, lot.root, *buckets, lot_text(lot))
    return (*values, proof(*values))


def fact_row(shop: str, fact: Fact) -> tuple[Any, ...]:
    """Give a fact as a row of the event feed."""
    return (shop, fact.kind, fact.subject, micros(fact.recorded_at), canonical(dict(fact.document)))
