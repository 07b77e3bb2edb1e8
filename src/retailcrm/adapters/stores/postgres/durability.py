"""Which settings of a server would lose what it acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMES_OF_IT: Final = {
    "fsync": "a power failure can destroy the database",
    "full_page_writes": "a power failure can destroy pages that were being written",
    "synchronous_commit": "a power failure takes back what was acknowledged",
}

DURABLE: Final = "SELECT " + ", ".join(f"current_setting('{name}')" for name in _COMES_OF_IT)
"""Asks for all of them."""


def dangers(values: Sequence[Any] | None) -> str:
    """Say what comes of the settings that are off; empty if none is.

    Args:
        values: What :data:`DURABLE` gave.

    Example:
        >>> dangers(("off", "on", "on"))
        'the server has fsync = off: a power failure can destroy the database; turn it on'
    """
    told = zip(_COMES_OF_IT.items(), values or ("off",) * len(_COMES_OF_IT), strict=True)
    return "; ".join(
        f"the server has {name} = off: {danger}; turn it on"
        for (name, danger), value in told
        if value == "off"
    )
