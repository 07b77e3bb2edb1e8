"""What a ledger tells of everybody at once, as plain values, and the same from one account after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from retailcrm.analytics.points.journal import journal_table

if TYPE_CHECKING:
    from retailcrm.analytics.tables.journals import JournalTable
    from retailcrm.ports.ledger import Ledger
    from retailcrm.ports.ledger_columns import Head
    from retailcrm.testing.stores.plain import PlainLedger

_HEAD = ("id", "version", "recorded_at", "next_change_at", "held", "debt")


def at_once(ledger: Ledger | PlainLedger, wallet: str) -> tuple[list[Any], dict[str, Any]]:
    """Give a wallet's accounts without their lots, and its journals column by column.

    Args:
        ledger: Which; one that reads no columns is asked account by account.
        wallet: Name of the wallet.
    """
    columns = getattr(ledger, "columns", None)
    if columns is not None:
        return [_plain(head) for head in columns.heads(wallet)], _columns(columns.journals(wallet))
    names = [name for name in ledger.accounts() if name.startswith(f"{wallet}/")]
    journals = journal_table({name: ledger.entries(name) for name in names})
    return [_plain(ledger.account(name)) for name in names], _columns(journals)


def _plain(head: Head) -> tuple[Any, ...]:
    return tuple(getattr(head, name) for name in _HEAD)


def _columns(journals: JournalTable) -> dict[str, Any]:
    found: dict[str, Any] = {"accounts": journals.accounts.tolist(), "lots": journals.lots.tolist()}
    for part in ("entries", "states", "moves"):
        table = getattr(journals, part)
        found |= {
            f"{part} {one.name}": getattr(table, one.name).tolist() for one in attrs.fields(type(table))
        }
    return found
