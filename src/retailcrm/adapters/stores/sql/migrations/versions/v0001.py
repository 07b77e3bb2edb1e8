"""The tables of the first release: points, events, orders and their roll-ups."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import op

from retailcrm.adapters.stores.sql.migrations.statements import run_file

revision: Final = "0001"
down_revision: Final = None


def upgrade() -> None:
    """Create everything."""
    run_file(op.get_bind(), Path(__file__))
