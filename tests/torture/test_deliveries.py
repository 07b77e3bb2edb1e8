"""Imports that are killed and run again."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from tests.postgres import fresh_database

from retailcrm.torture.deliveries import kill_imports
from retailcrm.torture.opening import open_it

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = 20260722


def test_a_killed_import_is_run_again_and_nothing_is_different() -> None:
    """3 imports of two files are killed anywhere; run again, the store is that of one clean delivery."""
    found = kill_imports(seed=SEED, kills=3, orders=60)
    assert not found.problems
    assert found.everything < 3


def test_the_files_make_every_kind_of_row(sqlite_url: str) -> None:
    """What is compared holds orders, points earned, and points that the till spent, and some it could not."""
    urls = iter([sqlite_url])
    kill_imports(seed=SEED, kills=0, orders=60, urls=lambda _: next(urls))
    with open_it(sqlite_url) as shop:
        verbs = Counter(entry.verb.value for n in range(60) for entry in shop.loyalty.history(f"c{n}"))
    assert verbs["earn"] > 30
    assert 0 < verbs["redeem"] <= 30


def test_a_killed_import_into_postgresql_is_run_again(postgres_server: str) -> None:
    """2 imports into databases of their own are killed: the same, although a server goes on without them."""
    with ExitStack() as stack:
        found = kill_imports(
            seed=SEED, kills=2, orders=40, urls=lambda _: stack.enter_context(fresh_database(postgres_server))
        )
    assert not found.problems
    assert found.everything < 2


def test_another_state_is_noticed(bug: Callable[[str], str]) -> None:
    """Negative control: an import that gives points whenever it runs leaves another state when run again."""
    assert bug("")
    from seeded_bugs import generous_delivery

    found = kill_imports(seed=SEED, kills=1, orders=20, deliver=generous_delivery)
    assert found.problems


def test_an_order_that_counts_twice_is_noticed(bug: Callable[[str], str]) -> None:
    """Negative control: an order counts again when its file comes again, and the harness says so."""
    assert bug("")
    from seeded_bugs import counts_again

    for attempt in range(6):
        # A kill before the first file was kept leaves nothing that could come again.
        if kill_imports(seed=SEED + attempt, kills=1, orders=20, deliver=counts_again).problems:
            return
    pytest.fail("every kill came before the first file was kept, or the harness missed the bug")
