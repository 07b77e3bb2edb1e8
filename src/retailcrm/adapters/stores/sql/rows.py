"""Rows of the ledger's tables, with their proofs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retailcrm.adapters.stores.sql.codecs import micros, proof, some_micros
from retailcrm.adapters.stores.sql.short import (
    account_text,
    award_text,
    entry_text,
    known_text,
    lot_text,
)
from retailcrm.domain.points.documents import canonical

if TYPE_CHECKING:
    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.following import Awarded
    from retailcrm.domain.points.lots import Lot
    from retailcrm.ports.feed import Fact


def account_row(shop: str, account: Account) -> tuple[Any, ...]:
    """Give an account as a row."""
    values = (
        shop, account.id, account.version, some_micros(account.recorded_at), some_micros(account.settled_at),
        account.pending, account.available, account.held, account.debt, some_micros(account.next_change_at),
        account_text(account),
    )  # fmt: skip
    return (*values, proof(*values))


def said(account_row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Give what of an account's row is read again."""
    _, name, version, recorded_at, settled_at, _, _, _, debt, _, document, _ = account_row
    return name, version, recorded_at, settled_at, debt, document


def entry_row(shop: str, entry: Entry) -> tuple[Any, ...]:
    """Give an entry as a row."""
    values = (
        shop, entry.account, entry.version, entry.verb.value, entry.key, micros(entry.effective_at),
        micros(entry.recorded_at), entry_text(entry),
    )  # fmt: skip
    return (*values, proof(*values))


def lot_row(shop: str, account: str, lot: Lot) -> tuple[Any, ...]:
    """Give a lot as a row."""
    values = (
        shop, account, lot.id, lot.pending, lot.available, lot.held, lot.spent, lot.expired, lot.reversed,
        lot.moved, lot_text(lot),
    )  # fmt: skip
    return (*values, proof(*values))


def award_row(shop: str, account: str, award: Awarded) -> tuple[Any, ...]:
    """Give what an order earned as a row."""
    wallet = account.partition("/")[0]
    values = (shop, wallet, award.reference, account, known_text(award.known), award_text(award))
    return (*values, proof(*values))


def fact_row(shop: str, fact: Fact) -> tuple[Any, ...]:
    """Give a fact as a row of the event feed."""
    return (shop, fact.kind, fact.subject, micros(fact.recorded_at), canonical(dict(fact.document)))
