"""The tables of a store. The shop's key stands first in every key; moments are microseconds since 1970, UTC.

What a table keeps beside its keys is a document: canonical JSON of a value of the domain. Columns repeat of
it what the database itself is to find, sort or guard. ``proof`` is a digest of a row, so that ``verify`` sees
a flipped bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, Integer, MetaData, Table, Text
from sqlalchemy import text as fixed

if TYPE_CHECKING:
    from sqlalchemy.schema import SchemaItem

TABLES: Final = MetaData()
"""All tables of this package; further modules add theirs."""

_TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Sorted by its bytes on every database, so that all give the same order."""

_WHOLE: Final = BigInteger().with_variant(Integer, "sqlite")
"""64 bits on every database; SQLite's own whole numbers are."""


def table(name: str, *items: SchemaItem, **options: Any) -> Table:  # noqa: ANN401 - of SQLAlchemy
    """Give a table of the store; SQLite checks the types of its values too."""
    return Table(f"retailcrm_{name}", TABLES, *items, sqlite_strict=True, **options)


def table_by_key(name: str, *items: SchemaItem) -> Table:
    """Give a table whose rows lie in the order of its key, which is then written once."""
    return table(name, *items, sqlite_with_rowid=False)


def some_rows(name: str, which: str, *columns: str) -> Index:
    """Give an index of those rows alone that somebody looks for by it."""
    return Index(name, *columns, sqlite_where=fixed(which), postgresql_where=fixed(which))


def text(name: str, *, key: bool = False) -> Column[str]:
    """Give a column of text, never NULL."""
    return Column(name, _TEXT, primary_key=key, nullable=False)


def whole(name: str, *, key: bool = False, null: bool = False) -> Column[int]:
    """Give a column of whole numbers."""
    return Column(name, _WHOLE, primary_key=key, nullable=null, autoincrement=False)


def not_below_zero(*names: str) -> CheckConstraint:
    """Guard columns: the database refuses what the rules should never come to."""
    return CheckConstraint(" AND ".join(f"{name} >= 0" for name in names), name="not_below_zero")


SHOPS: Final = table(
    "shops",
    text("shop", key=True),
    text("currency"),
    text("zone"),
    whole("created_at"),
    text("followed"),
    whole("observed_at", null=True),
    Column("decisions", _WHOLE, nullable=False, server_default="0"),
    text("proof"),
)

STALE: Final = table("stale", text("shop", key=True), text("customer", key=True), text("proof"))

CLOCKS: Final = table("clocks", text("shop", key=True), whole("advanced_at"), text("proof"))

RULES: Final = table("rules", text("shop", key=True), text("digest", key=True), text("document"))

ACCOUNTS: Final = table_by_key(
    "accounts",
    text("shop", key=True),
    text("account", key=True),
    whole("version"),
    whole("recorded_at", null=True),
    whole("settled_at", null=True),
    whole("pending"),
    whole("available"),
    whole("held"),
    whole("debt"),
    whole("next_change_at", null=True),
    text("document"),
    text("proof"),
    not_below_zero("version", "pending", "available", "held", "debt"),
    some_rows("retailcrm_accounts_due", "next_change_at IS NOT NULL", "shop", "next_change_at"),
)

ENTRIES: Final = table_by_key(
    "entries",
    text("shop", key=True),
    text("account", key=True),
    whole("version", key=True),
    text("verb"),
    text("key"),
    whole("effective_at"),
    whole("recorded_at"),
    text("document"),
    text("proof"),
    CheckConstraint("version >= 1", name="versions_from_one"),
)

LOTS: Final = table_by_key(
    "lots",
    text("shop", key=True),
    text("account", key=True),
    text("lot", key=True),
    *(whole(name) for name in ("pending", "available", "held", "spent", "expired", "reversed", "moved")),
    text("document"),
    text("proof"),
    not_below_zero("pending", "available", "held", "spent", "expired", "reversed", "moved"),
)

HOLDS: Final = table(
    "holds",
    text("shop", key=True),
    text("hold", key=True),
    text("account"),
    whole("ends_at"),
)

AWARDS: Final = table(
    "awards",
    text("shop", key=True),
    text("wallet", key=True),
    text("reference", key=True),
    text("account"),
    text("known"),
    text("document"),
    text("proof"),
    Index("retailcrm_awards_account", "shop", "account"),
)

SPENDINGS: Final = table_by_key(
    "spendings",
    text("shop", key=True),
    text("key", key=True),
    text("account"),
    text("wallet"),
    text("order_ref"),
    whole("position"),
    text("document"),
    text("proof"),
    Index("retailcrm_spendings_account", "shop", "account"),
    some_rows("retailcrm_spendings_order", "order_ref <> ''", "shop", "wallet", "order_ref"),
)

EFFECTS: Final = table_by_key(
    "effects",
    text("shop", key=True),
    text("verb", key=True),
    text("key", key=True),
    text("fingerprint"),
    text("document"),
    text("proof"),
)

REFUNDS: Final = table(
    "refunds",
    text("shop", key=True),
    text("wallet", key=True),
    text("order_ref", key=True),
    text("document"),
    text("proof"),
)

STOCKS: Final = table(
    "stocks",
    text("shop", key=True),
    text("reward", key=True),
    whole("version"),
    text("document"),
    text("proof"),
    not_below_zero("version"),
)

REFERRALS: Final = table(
    "referrals",
    text("shop", key=True),
    text("referred", key=True),
    text("order_ref"),
    text("document"),
    text("proof"),
    Index("retailcrm_referrals_order", "shop", "order_ref"),
)

MERGED: Final = table(
    "merged",
    text("shop", key=True),
    text("gone", key=True),
    text("keep"),
    text("proof"),
    Index("retailcrm_merged_keep", "shop", "keep"),
)

EVENTS: Final = table(
    "events",
    Column("position", _WHOLE, Identity(always=True), primary_key=True),
    text("shop"),
    whole("transaction_id"),
    text("kind"),
    text("subject"),
    whole("recorded_at"),
    text("document"),
    Column("proof", _TEXT),
    Index("retailcrm_events_shop", "shop", "transaction_id", "position"),
    # No position is given twice, whatever was pruned.
    sqlite_autoincrement=True,
)
"""Facts of points say nothing but what their entry says, and are compared with it: they have no ``proof``."""

POLICIES: Final = table(
    "policies",
    text("shop", key=True),
    text("digest", key=True),
    whole("valid_from"),
    text("document"),
    text("proof"),
)
