"""What the database itself says of its own state, and whether it still guards the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from retailcrm.adapters.stores.sql.executor import Executor
    from retailcrm.shop.stored.verifying.findings import Tally

_JOURNAL: Final = "retailcrm_entries"
_UPDATE, _DELETE = 16, 8
"""Bits of PostgreSQL's ``tgtype``."""
_SQLITE_TRIGGERS: Final = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
_POSTGRESQL_TRIGGERS: Final = (
    "SELECT tgtype FROM pg_catalog.pg_trigger "
    "WHERE tgrelid = to_regclass(?) AND NOT tgisinternal AND tgenabled IN ('O', 'A')"
)


def verify_database(executor: Executor, tally: Tally) -> None:
    """Ask the database whether it is whole, and see that nobody can rewrite the journal.

    Args:
        executor: Of the snapshot.
        tally: Takes the findings.
    """
    if executor.dialect == "sqlite":
        _sqlite(executor, tally)
        guarded = _guarded_by([str(row[0]).upper() for row in executor.all(_SQLITE_TRIGGERS, (_JOURNAL,))])
    else:
        kinds = [int(row[0]) for row in executor.all(_POSTGRESQL_TRIGGERS, (_JOURNAL,))]
        guarded = {
            word for word, bit in (("UPDATE", _UPDATE), ("DELETE", _DELETE)) if any(k & bit for k in kinds)
        }
    for word in ("UPDATE", "DELETE"):
        if word not in guarded:
            tally.tell("entries", "", "guard", f"no trigger refuses {word}: the journal is not append-only")


def _sqlite(executor: Executor, tally: Tally) -> None:
    for (said,) in executor.all("PRAGMA integrity_check(100)"):
        if said != "ok":
            tally.tell("", "", "integrity", f"integrity_check: {_first_line(said)}")
    for table, *_ in executor.all("PRAGMA foreign_key_check"):
        tally.tell(str(table).removeprefix("retailcrm_"), "", "integrity", "foreign_key_check: a row has no other")


def _guarded_by(triggers: list[str]) -> set[str]:
    """Tell what the triggers refuse: ``BEFORE UPDATE ON``, and an end of the statement."""
    return {
        word
        for word in ("UPDATE", "DELETE")
        if any(f"BEFORE {word} ON" in text and "RAISE(" in text.replace(" ", "") for text in triggers)
    }


def _first_line(text: object) -> str:
    return str(text).splitlines()[0] if str(text) else ""
