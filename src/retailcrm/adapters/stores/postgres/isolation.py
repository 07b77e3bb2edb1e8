"""How far apart units of different connections are kept, as a URL may ask for it."""

from __future__ import annotations

import re
from typing import Final, Literal
from urllib.parse import unquote_plus

from retailcrm.errors import SettingsError

Isolation = Literal["read committed", "serializable"]

_LEVELS: Final[tuple[Isolation, ...]] = ("read committed", "serializable")
_SCHEME: Final = re.compile(r"^(postgresql|postgres)(\+psycopg)?://")
_ASKED: Final = "isolation="


def checked(said: str) -> Isolation:
    """Give the level that a name stands for, however its words are joined.

    Raises:
        SettingsError: It is none that keeps the promises.

    Example:
        >>> checked("Read-Committed")
        'read committed'
    """
    name = re.sub(r"[-_ ]+", " ", said.strip()).lower()
    for level in _LEVELS:
        if name == level:
            return level
    raise SettingsError(f"isolation {said!r} is none of {', '.join(_LEVELS)}")


def taken_out(url: str) -> tuple[str, Isolation | None]:
    """Take out of a URL what libpq would not understand: our scheme, and the isolation that it asks for.

    Args:
        url: ``postgresql://...``, with ``isolation=serializable`` among its parameters or without.

    Returns:
        The URL as libpq takes it, and the isolation; ``None`` if it asks for none.

    Raises:
        SettingsError: There is no such isolation, or it asks for two.

    Example:
        >>> taken_out("postgresql+psycopg://db/shop?isolation=serializable&sslmode=require")
        ('postgresql://db/shop?sslmode=require', 'serializable')
        >>> taken_out("postgres://db/shop")
        ('postgresql://db/shop', None)
    """
    place, _, query = _SCHEME.sub("postgresql://", url).partition("?")
    parameters = query.split("&") if query else []
    asked = {checked(unquote_plus(one.removeprefix(_ASKED))) for one in parameters if one.startswith(_ASKED)}
    if len(asked) > 1:
        raise SettingsError(f"the URL asks for isolation {' and '.join(sorted(asked))}; say one")
    rest = "&".join(one for one in parameters if not one.startswith(_ASKED))
    return (f"{place}?{rest}" if rest else place), next(iter(asked), None)
