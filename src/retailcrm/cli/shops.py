"""The shops of a database, and the refusal of one that it does not have."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final

from retailcrm.adapters.stores.sql.location import database_at, hidden
from retailcrm.adapters.stores.sql.migrations.revisions import check_revision
from retailcrm.cli.guard import NobodyError
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Collection

    from retailcrm.adapters.stores.sql.executor import Database

_SHOWN: Final = 20
_SQL: Final = ("sqlite:", "postgres:", "postgresql:", "postgresql+psycopg:", "postgres+psycopg:")
"""How URLs begin of databases that can be looked into before a shop is opened; plugins have others."""


def shops_of(database: Database) -> list[tuple[str, str, str]]:
    """Give name, currency and zone of every shop, by name.

    Args:
        database: Its tables are of the version that this library needs.
    """
    with database.snapshot() as executor:
        rows = executor.all("SELECT shop, currency, zone FROM retailcrm_shops ORDER BY shop")
    return [(str(shop), str(currency), str(zone)) for shop, currency, zone in rows]


def check_shop(url: str, shop: str, *, first: bool) -> None:
    """Refuse a database without tables, and a shop that it does not have: opening would make them.

    Args:
        url: The database.
        shop: Name of the shop.
        first: Whether a database without any shop, as 'retailcrm db init' leaves it, may get one.

    Raises:
        SettingsError: There is no such file, no tables in it, or no such shop.
        NobodyError: There is no shop at all.
    """
    if not url.startswith(_SQL):
        return
    with closing(database_at(url)) as database:
        check_revision(database)
        names = [name for name, _, _ in shops_of(database)]
    if not names and not first:
        raise NobodyError(no_shop(url, shop, names))
    if names and shop not in names:
        raise SettingsError(no_shop(url, shop, names))


def no_shop(url: str, shop: str, names: Collection[str]) -> str:
    """Say that a database does not have a shop, and which it has.

    Args:
        url: The database.
        shop: Name of the shop that was asked for.
        names: The shops that are there.

    Example:
        >>> no_shop("sqlite:///shop.db", "mian", ["main", "web"])
        "sqlite:///shop.db has no shop 'mian'; it has: main, web"
    """
    if not names:
        there = "nothing was imported yet; 'retailcrm import' takes export files"
    else:
        more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
        there = f"it has: {', '.join(sorted(names)[:_SHOWN])}{more}"
    return f"{hidden(url)} has no shop {shop!r}; {there}"
