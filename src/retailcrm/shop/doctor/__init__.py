"""Look at all that a shop stands on: Python, its SQLite, packages, zones, the database and its disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.shop.doctor.advice import LEVELS, Advice, Level
from retailcrm.shop.doctor.databases import look_at_database, zones_of
from retailcrm.shop.doctor.interpreter import (
    look_at_expat,
    look_at_python,
    look_at_sqlite,
    look_at_zones,
    look_for_second_sqlite,
)
from retailcrm.shop.doctor.packages import look_at_import_name, look_at_plugins

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["LEVELS", "Advice", "Level", "examine"]

USUAL_ZONE: Final = "Asia/Shanghai"


def examine(
    url: str | None = None, *, zones: Collection[str] = (), blocked: Collection[str] = ()
) -> tuple[Advice, ...]:
    """Look at everything that a shop stands on; nothing is changed.

    Call it in the very process that serves the shop: it sees which other libraries are loaded there.

    Args:
        url: Its database; ``None`` leaves that out.
        zones: Time zones to look for, beside those of the shops in the database.
        blocked: Plug-ins that are not to be loaded.

    Returns:
        What was seen, in the order in which it was looked at.
    """
    found = [
        *look_at_python(),
        *look_at_expat(),
        *look_at_sqlite(),
        *look_for_second_sqlite(),
        *look_at_import_name(),
        *look_at_plugins(blocked),
    ]
    if url is not None:
        found += look_at_database(url)
    named = {*zones, *(zones_of(url) if url is not None else ())}
    return (*found, *look_at_zones(named or {USUAL_ZONE}))
