"""PostgreSQL's tables are compared with what this library makes there: each thing that is missing is told."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final

from retailcrm import open_shop
from retailcrm.adapters.stores.sql.location import database_at
from retailcrm.shop.policy import policy_from_table
from retailcrm.shop.stored.verifying.database import verify_database
from retailcrm.shop.stored.verifying.findings import Tally

if TYPE_CHECKING:
    from retailcrm.adapters.stores.sql.executor import Database

CHANGES: Final = {
    "DROP INDEX retailcrm_accounts_due": {"retailcrm_accounts_due"},
    "ALTER INDEX retailcrm_accounts_due RENAME TO mine": {"retailcrm_accounts_due"},
    "DROP INDEX retailcrm_merged_keep; CREATE INDEX retailcrm_merged_keep ON retailcrm_merged (keep)": {
        "retailcrm_merged_keep"
    },
    "ALTER TABLE retailcrm_lots DROP CONSTRAINT not_below_zero": {"retailcrm_lots"},
    "ALTER TABLE retailcrm_lots DROP CONSTRAINT not_below_zero,"
    " ADD CONSTRAINT not_below_zero CHECK (pending >= 0)": {"retailcrm_lots"},
    "ALTER TABLE retailcrm_entries DROP CONSTRAINT versions_from_one": {"retailcrm_entries"},
    "ALTER TABLE retailcrm_files DROP CONSTRAINT retailcrm_files_digest": {"retailcrm_files"},
    "ALTER TABLE retailcrm_effects DROP CONSTRAINT retailcrm_effects_pkey": {"retailcrm_effects"},
    "ALTER TABLE retailcrm_accounts ALTER COLUMN held DROP NOT NULL": {"retailcrm_accounts"},
    "ALTER TABLE retailcrm_accounts ALTER COLUMN debt TYPE NUMERIC": {"retailcrm_accounts"},
    'ALTER TABLE retailcrm_accounts ALTER COLUMN account TYPE TEXT COLLATE "POSIX"': {"retailcrm_accounts"},
    "ALTER TABLE retailcrm_shops DROP COLUMN proof": {"retailcrm_shops"},
    "ALTER TABLE retailcrm_events ALTER COLUMN position DROP IDENTITY": {"retailcrm_events"},
    # Its key and its column are gone with it.
    "DROP TABLE retailcrm_stale": {"retailcrm_stale"},
    "DROP TRIGGER retailcrm_entries_stay ON retailcrm_entries": {"DELETE", "TRUNCATE", "UPDATE"},
    "ALTER TABLE retailcrm_entries DISABLE TRIGGER USER": {"DELETE", "TRUNCATE", "UPDATE"},
    "CREATE OR REPLACE FUNCTION retailcrm_append_only() RETURNS trigger LANGUAGE plpgsql"
    " AS $$ BEGIN RETURN NULL; END $$": {"DELETE", "TRUNCATE", "UPDATE"},
    "DROP TRIGGER retailcrm_entries_stay ON retailcrm_entries; CREATE TRIGGER it BEFORE UPDATE OR DELETE"
    " ON retailcrm_entries FOR EACH STATEMENT EXECUTE FUNCTION retailcrm_append_only()": {"TRUNCATE"},
}  # fmt: skip
"""What somebody does to the tables, and what is told: tables and indexes, or what nothing refuses."""
HERS: Final = (
    "CREATE INDEX mine ON retailcrm_orders (shop, city)",
    "ALTER TABLE retailcrm_orders ADD COLUMN mine TEXT",
    "CREATE TABLE hers (a TEXT PRIMARY KEY)",
)
"""What somebody may add."""


class TakenBackError(Exception):
    """Ends a unit so that nothing of it stays."""


def told(database: Database, *statements: str) -> set[str]:
    """Change the tables, tell what is found, and take the change back."""
    tally = Tally()
    with suppress(TakenBackError), database.unit() as run:
        for statement in statements:
            run.run(statement)
        verify_database(run, tally)
        raise TakenBackError
    assert {one.code for one in tally.findings} <= {"schema", "guard"}
    return {str(one.key) or one.message.split()[3].rstrip(":") for one in tally.findings}


def test_what_was_changed_of_the_tables_is_told(postgres_url: str) -> None:
    """Tables as they are made have no findings; each change has its own, and only these."""
    with open_shop(postgres_url, policy=policy_from_table({})):
        pass
    with closing(database_at(postgres_url)) as database:
        assert told(database) == set()
        assert told(database, *HERS) == set()
        found = {one: told(database, *_statements(one)) for one in CHANGES}
    assert found == CHANGES


def _statements(text: str) -> list[str]:
    """Split what stands between ``$$`` from what does not: only outside of it a statement ends."""
    return [text] if "$$" in text else text.split("; ")
