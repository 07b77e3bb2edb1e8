"""Tables of roll-ups: they repeat what the orders say, so that scores need not read all orders."""

from __future__ import annotations

from typing import Final

from retailcrm.adapters.stores.sql.schema import table, text, whole

ROLLED: Final = table(
    "rolled",
    text("shop", key=True),
    text("rules", key=True),
    whole("file"),
    text("unknown"),
    text("proof"),
)
"""What stands above a shop's blocks: the newest file in them, and the figures of unknown buyers."""

SUMMARIES: Final = table(
    "summaries",
    text("shop", key=True),
    text("rules", key=True),
    text("first", key=True),
    whole("customers"),
    text("packed"),
    text("proof"),
)
"""Some hundred customers a row, by their ids: ids and figures in base 64."""
