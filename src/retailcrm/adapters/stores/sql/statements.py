"""The statements of the ledger, written once for SQLite and PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailcrm.adapters.stores.sql.executor import Dialect

FOR_UPDATE: Final = " FOR NO KEY UPDATE"
"""What keeps a row that was read from being changed before the unit ends; in SQLite the unit does."""

FOR_UPDATE_OF_IT: Final = " FOR NO KEY UPDATE OF it"
"""The same where several tables are read: of the one that is called so."""

ADVISE: Final = "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))"
"""Lock what has no row yet; two names with one digest only wait for each other."""

HASTY: Final = "SELECT set_config('lock_timeout', '20ms', true)"
"""Give up waiting for locks long before PostgreSQL looks for deadlocks, until the transaction ends."""


def insert(table: str, columns: str, *, more: str = "") -> str:
    """Write an INSERT with a mark for each column."""
    marks = ", ".join("?" for _ in columns.split(","))
    return f"INSERT INTO retailcrm_{table} ({columns}) VALUES ({marks}){more}"  # noqa: S608 - fixed words


def upsert(table: str, columns: str, key: str) -> str:
    """Write an INSERT that replaces the row with the same key."""
    names = [name.strip() for name in columns.split(",")]
    keys = {name.strip() for name in key.split(",")}
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    return insert(table, columns, more=f" ON CONFLICT ({key}) DO UPDATE SET {changes}")


ACCOUNT_COLUMNS: Final = (
    "shop, account, version, recorded_at, settled_at, pending, available, held, debt, next_change_at, "
    "document, proof"
)
ACCOUNT: Final = (
    "SELECT account, version, recorded_at, settled_at, debt, document FROM retailcrm_accounts "
    "WHERE shop = ? AND account = ?"
)
ACCOUNT_NEW: Final = insert("accounts", ACCOUNT_COLUMNS, more=" ON CONFLICT (shop, account) DO NOTHING")
ACCOUNT_NEXT: Final = (
    "UPDATE retailcrm_accounts SET version = ?, recorded_at = ?, settled_at = ?, pending = ?, available = ?, "
    "held = ?, debt = ?, next_change_at = ?, document = ?, proof = ? "
    "WHERE shop = ? AND account = ? AND version = ?"
)
ACCOUNT_SAME: Final = ACCOUNT_NEXT.replace("next_change_at = ?, ", "")
ACCOUNT_VERSION: Final = "SELECT version FROM retailcrm_accounts WHERE shop = ? AND account = ?"
_IS_WHOLE: Final = (
    "(followed = ? OR observed_at IS NULL) AND NOT EXISTS (SELECT 1 FROM retailcrm_merged "
    "WHERE shop = retailcrm_shops.shop AND (gone = ? OR keep = ?)) AND NOT EXISTS "
    "(SELECT 1 FROM retailcrm_stale WHERE shop = retailcrm_shops.shop AND customer = ?)"
)
WHOLE: Final = f"SELECT {_IS_WHOLE} FROM retailcrm_shops WHERE shop = ?"  # noqa: S608 - fixed words
WHOLE_ACCOUNT: Final = (
    "SELECT it.account, it.version, it.recorded_at, it.settled_at, it.debt, it.document "  # noqa: S608 - likewise
    "FROM retailcrm_accounts it JOIN retailcrm_shops ON retailcrm_shops.shop = it.shop "
    f"WHERE {_IS_WHOLE} AND it.shop = ? AND it.account = ?"
)
WHOLE_AND_LAST: Final = WHOLE_ACCOUNT.replace(
    " FROM retailcrm_accounts it",
    ", (SELECT max(position) FROM retailcrm_merges WHERE shop = it.shop), (SELECT proof "
    "FROM retailcrm_merges WHERE shop = it.shop ORDER BY position DESC LIMIT 1) FROM retailcrm_accounts it",
)
"""The same, and the newest decision on who is who: whoever has the account asks for that next."""
STALE: Final = "SELECT customer FROM retailcrm_stale WHERE shop = ? ORDER BY customer"
STALE_NEW: Final = insert("stale", "shop, customer, proof", more=" ON CONFLICT (shop, customer) DO NOTHING")
STALE_GONE: Final = "DELETE FROM retailcrm_stale WHERE shop = ? AND customer = ?"
ACCOUNTS: Final = (
    "SELECT account FROM retailcrm_accounts WHERE shop = ? AND account > ? ORDER BY account LIMIT 1000"
)
RECORDED_DAYS: Final = (
    "SELECT min(recorded_at), max(recorded_at) FROM retailcrm_entries WHERE shop = ? AND recorded_at > ? "
    "GROUP BY recorded_at / 86400000000 ORDER BY 1"
)
DUE: Final = (
    "SELECT account FROM retailcrm_accounts WHERE shop = ? AND next_change_at <= ? AND account > ? "
    "ORDER BY account LIMIT 1000"
)

ENTRY_COLUMNS: Final = "shop, account, version, verb, key, effective_at, recorded_at, document, proof"
ENTRY_NEW: Final = insert("entries", ENTRY_COLUMNS)
ENTRIES: Final = (
    "SELECT account, version, verb, key, effective_at, recorded_at, document FROM retailcrm_entries "
    "WHERE shop = ? AND account = ? ORDER BY version"
)

LOT_COLUMNS: Final = (
    "shop, account, lot, pending, available, held, spent, expired, reversed, moved, document, proof"
)
LOT_NEXT: Final = upsert("lots", LOT_COLUMNS, "shop, account, lot")
LOTS: Final = "SELECT lot, document FROM retailcrm_lots WHERE shop = ? AND account = ? ORDER BY lot"

_HOLD: Final = "shop, hold, account, ends_at"
HOLD_NEW: Final = insert("holds", _HOLD)
HOLD_NEXT: Final = upsert("holds", _HOLD, "shop, hold")
HOLD_GONE: Final = "DELETE FROM retailcrm_holds WHERE shop = ? AND hold = ? AND account = ?"
HOLDER: Final = "SELECT account FROM retailcrm_holds WHERE shop = ? AND hold = ?"

AWARD_COLUMNS: Final = "shop, wallet, reference, account, known, document, proof"
AWARD_NEXT: Final = upsert("awards", AWARD_COLUMNS, "shop, wallet, reference")
AWARDS: Final = (
    "SELECT reference, known, document FROM retailcrm_awards WHERE shop = ? AND account = ? "
    "ORDER BY reference"
)
AWARDED: Final = "SELECT account FROM retailcrm_awards WHERE shop = ? AND wallet = ? AND reference = ?"

SPENDING_NEW: Final = insert("spendings", "shop, key, account, wallet, order_ref, position, document, proof")
SPENDING_NEXT: Final = (
    SPENDING_NEW
    + " ON CONFLICT (shop, key) DO UPDATE SET document = excluded.document, proof = excluded.proof"
)
SPENDING_PLACE: Final = (
    "SELECT coalesce(max(position), 0) + 1 FROM retailcrm_spendings WHERE shop = ? AND account = ?"
)
SPENDING_KNOWN: Final = "SELECT position FROM retailcrm_spendings WHERE shop = ? AND key = ?"
_SPENDINGS: Final = "SELECT key, account, order_ref, document FROM retailcrm_spendings WHERE shop = ? "
SPENDING: Final = _SPENDINGS + "AND key = ?"
SPENDINGS: Final = _SPENDINGS + "AND account = ? ORDER BY position"
# Only what paid for an order is in the index.
SPENT_ON: Final = (
    _SPENDINGS + "AND wallet = ? AND order_ref = ? AND order_ref <> '' ORDER BY position, account"
)

EFFECT_NEW: Final = insert("effects", "shop, verb, key, fingerprint, document, proof")
EFFECT: Final = "SELECT fingerprint, document FROM retailcrm_effects WHERE shop = ? AND verb = ? AND key = ?"

REFUNDS_NEXT: Final = upsert("refunds", "shop, wallet, order_ref, document, proof", "shop, wallet, order_ref")
REFUNDS: Final = "SELECT document FROM retailcrm_refunds WHERE shop = ? AND wallet = ? AND order_ref = ?"

STOCK_NEW: Final = insert(
    "stocks", "shop, reward, version, document, proof", more=" ON CONFLICT (shop, reward) DO NOTHING"
)
STOCK_NEXT: Final = (
    "UPDATE retailcrm_stocks SET version = ?, document = ?, proof = ? "
    "WHERE shop = ? AND reward = ? AND version = ?"
)
STOCK: Final = "SELECT document FROM retailcrm_stocks WHERE shop = ? AND reward = ?"

REFERRAL_NEXT: Final = upsert("referrals", "shop, referred, order_ref, document, proof", "shop, referred")
REFERRAL: Final = "SELECT document FROM retailcrm_referrals WHERE shop = ? AND referred = ?"
REFERRALS: Final = "SELECT document FROM retailcrm_referrals WHERE shop = ? ORDER BY referred"
REFERRAL_OF: Final = "SELECT document FROM retailcrm_referrals WHERE shop = ? AND order_ref = ?"

MERGED_NEXT: Final = upsert("merged", "shop, gone, keep, proof", "shop, gone")
MERGED_GONE: Final = "DELETE FROM retailcrm_merged WHERE shop = ? AND gone = ?"
MERGED_AROUND: Final = (
    "WITH RECURSIVE near (gone, keep) AS (SELECT gone, keep FROM retailcrm_merged "
    "WHERE shop = ? AND (gone = ? OR keep = ?) UNION SELECT it.gone, it.keep FROM near "
    "JOIN retailcrm_merged it ON it.shop = ? AND (it.gone IN (near.gone, near.keep) "
    "OR it.keep IN (near.gone, near.keep))) SELECT gone, keep FROM near ORDER BY gone"
)
MERGED: Final = "SELECT gone, keep FROM retailcrm_merged WHERE shop = ? ORDER BY gone"

ADVANCED: Final = "SELECT advanced_at FROM retailcrm_clocks WHERE shop = ?"
ADVANCED_NEXT: Final = (
    insert("clocks", "shop, advanced_at, proof") + " ON CONFLICT (shop) DO UPDATE SET "
    "advanced_at = excluded.advanced_at, proof = excluded.proof "
    "WHERE excluded.advanced_at > retailcrm_clocks.advanced_at"
)

RULE_NEW: Final = insert("rules", "shop, digest, document", more=" ON CONFLICT (shop, digest) DO NOTHING")
RULE: Final = "SELECT document FROM retailcrm_rules WHERE shop = ? AND digest = ?"

PLACE: Final[Mapping[Dialect, str]] = {
    "sqlite": "SELECT file FROM pragma_database_list WHERE name = 'main'",
    "postgresql": "SELECT current_database()::text, extract(epoch FROM pg_postmaster_start_time())::text",
}
"""What tells one database from another."""

_EVENT: Final = "shop, transaction_id, kind, subject, recorded_at, document"
EVENT_NEW: Final[Mapping[Dialect, str]] = {
    "sqlite": f"INSERT INTO retailcrm_events ({_EVENT}) VALUES (?, 0, ?, ?, ?, ?)",  # noqa: S608 - fixed words
    "postgresql": f"INSERT INTO retailcrm_events ({_EVENT}) "  # noqa: S608 - fixed words
    "VALUES (?, pg_current_xact_id()::text::bigint, ?, ?, ?, ?)",
}
EVENT_PROVEN: Final[Mapping[Dialect, str]] = {
    "sqlite": f"INSERT INTO retailcrm_events ({_EVENT}, proof) VALUES (?, 0, ?, ?, ?, ?, ?)",  # noqa: S608 - fixed words
    "postgresql": f"INSERT INTO retailcrm_events ({_EVENT}, proof) "  # noqa: S608 - fixed words
    "VALUES (?, pg_current_xact_id()::text::bigint, ?, ?, ?, ?, ?)",
}
"""For facts that no entry repeats."""
_TOLD: Final = (
    "SELECT transaction_id, position, kind, subject, recorded_at, document FROM retailcrm_events "
    "WHERE shop = ? AND (transaction_id, position) > (?, ?)"
)
NEXT_TRANSACTION: Final = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
_IN_ORDER: Final = " ORDER BY transaction_id, position LIMIT ?"
EVENTS: Final[Mapping[Dialect, str]] = {
    "sqlite": _TOLD + _IN_ORDER,
    # What is still being written has no lower transaction id: nothing can come before these any more.
    "postgresql": _TOLD
    + " AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    + _IN_ORDER,
}
"""Facts after a cursor that nothing can come before any more."""
