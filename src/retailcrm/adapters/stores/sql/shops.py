"""A shop's own row: proven anew by whoever changes it, unless it was another than it should be before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.adapters.stores.sql.codecs import proof
from retailcrm.adapters.stores.sql.statements import FOR_UPDATE, insert

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.adapters.stores.sql.executor import Executor

_COLUMNS: Final = ("shop", "currency", "zone", "created_at", "followed", "observed_at", "decisions")
_ALL: Final = ", ".join((*_COLUMNS, "proof"))
_NEW: Final = insert("shops", _ALL, more=" ON CONFLICT (shop) DO NOTHING")
_ROW: Final = f"SELECT {_ALL} FROM retailcrm_shops WHERE shop = ?"  # noqa: S608 - fixed words
_NEXT: Final = (
    "UPDATE retailcrm_shops SET followed = ?, observed_at = ?, decisions = ?, proof = ? WHERE shop = ?"
)


def begin_shop(run: Executor, shop: str, currency: str, zone: str, now: int) -> None:
    """Write the row of a shop that is not there yet; one that is stays as it is.

    Args:
        run: Of a unit, or of single statements.
        shop: Its key.
        currency: Of all its amounts.
        zone: Whose days are its days.
        now: The moment, in microseconds since 1970.
    """
    row = (shop, currency, zone, now, "", None, 0)
    run.run(_NEW, (*row, proof(*row)))


def change_shop(
    run: Executor,
    shop: str,
    *,
    followed: str | None = None,
    observed_at: Callable[[int | None], int] | None = None,
    decisions: int | None = None,
) -> None:
    """Change what a shop's row says; what is left out stays.

    A row that was not as it had been written keeps its proof: ``verify`` still tells of it.

    Args:
        run: Of a unit: the row is read first, and nobody else changes it meanwhile.
        shop: Its key; nothing happens if there is no such shop.
        followed: The digest of the rules by which its orders were followed.
        observed_at: Gives, from the moment that stands there, how far its files know.
        decisions: How many decisions on who is who there are.
    """
    found = run.one(_ROW if run.dialect == "sqlite" else _ROW + FOR_UPDATE, (shop,))
    if found is None:
        return
    *before, proven = found
    after = [
        *before[:4],
        before[4] if followed is None else followed,
        before[5] if observed_at is None else observed_at(before[5]),
        before[6] if decisions is None else decisions,
    ]
    if after != before:
        run.run(_NEXT, (*after[4:], proof(*after) if proven == proof(*before) else proven, shop))
