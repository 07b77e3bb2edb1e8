"""Everybody's journals, read at once from a database, are those that it gives one by one."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.analytics.points.journals import shops

from retailcrm.adapters.stores.sql import ledger_columns
from retailcrm.adapters.stores.sqlite.kind import SqliteKind
from retailcrm.domain.points import Account, replay
from retailcrm.errors import StoreError
from retailcrm.ports.ledger import Change, Unit
from retailcrm.testing.stores.columns import at_once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from retailcrm.adapters.stores.sql.store import SqlStore

NUMBERS = count()
"""Each example has a shop of its own."""

FEW = max(settings().max_examples // 4, 2)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    """Open a new file, and close it."""
    path: Path = tmp_path_factory.mktemp("columns")
    store = SqliteKind().open(f"sqlite:///{path}/shop.db")
    yield store
    store.close()


def wrote(ledger, wallet, shop):
    """Write the journals of a made-up shop into a wallet."""
    for name, journal in shop.entries.items():
        whose = f"{wallet}/{name}"
        entries = tuple(attrs.evolve(entry, account=whose) for entry in journal)
        if entries:
            after = replay(whose, entries)
            ledger.write(Unit(changes=(Change(before=Account(id=whose), after=after, entries=entries),)))


class OneByOne:
    """A ledger that reads no columns."""

    def __init__(self, ledger):
        self.accounts, self.account, self.entries = ledger.accounts, ledger.account, ledger.entries


@settings(
    max_examples=FEW, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(shops(), shops(), st.integers(1, 7))
def test_every_entry_is_in_the_columns(store, here, there, many):
    """However many are read at a time, columns hold what the entries say, wallet by wallet."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger_columns, "AT_ONCE", many)
        ledger = store.ledger(f"shop {next(NUMBERS)}")
        wrote(ledger, "points", here)
        wrote(ledger, "points0", there)
        for wallet in ("points", "points0", "point"):
            assert at_once(ledger, wallet) == at_once(OneByOne(ledger), wallet)


@pytest.mark.parametrize(
    "document", ["[]", "[[],[],0,0,null,0,0,0]", "1],[2", "{", '[[],[[0,0,9,1]],0,0,null,"",0,"",""]']
)
def test_what_is_no_entry_is_said(tmp_path, document):
    """A row that says something else is an error of the store, and no figure."""
    store = SqliteKind().open(f"sqlite:///{tmp_path}/shop.db")
    with store.unit():
        store.database.executor.run(
            "INSERT INTO retailcrm_entries VALUES ('main', 'points/ann', 1, 'earn', 'k', 0, 0, ?, '')",
            [document],
        )
    with pytest.raises(StoreError, match="no entry"):
        store.ledger("main").columns.journals("points")
    store.close()
