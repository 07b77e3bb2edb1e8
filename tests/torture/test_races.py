"""Races for the same points, on SQLite and PostgreSQL, and the order that fits all answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from retailcrm.torture.opening import OPENER
from retailcrm.torture.races import bank, hot_account, one_end, same_key

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = 20260722


@pytest.fixture(params=["sqlite", "read committed", "serializable"])
def arena(request: Any, bug: Callable[[str], str]) -> dict[str, str]:
    """Give the URL and the opener of each kind of store."""
    if request.param == "sqlite":
        return {"url": request.getfixturevalue("sqlite_url"), "opener": OPENER}
    url = request.getfixturevalue("postgres_url")
    return {"url": url, "opener": bug("serializable") if request.param == "serializable" else OPENER}


def expected(arena: dict[str, str]) -> tuple[str, ...]:
    """Give the errors that a caller expects: in the strictest transactions some have to ask again."""
    return () if arena["opener"] == OPENER else ("ConflictError",)


def test_a_hot_account_is_spent_exactly(arena: dict[str, str]) -> None:
    """1,000 points, 4 processes asking 7 until refused: 142 succeed, 6 points are left."""
    found = hot_account(seed=SEED, expected=expected(arena), **arena)
    assert not found.problems
    assert found.done == 142


def test_the_total_of_a_bank_stays(arena: dict[str, str]) -> None:
    """4 processes move points between 10 accounts: every read of the total sees 1,000."""
    found = bank(seed=SEED, expected=expected(arena), **arena)
    assert not found.problems
    assert found.reads > 0
    assert found.done + found.refused == 800


def test_crossing_transfers_do_not_block_each_other(arena: dict[str, str]) -> None:
    """A gives to B while B gives to A: no deadlock reaches anybody."""
    found = bank(seed=SEED, accounts=2, transfers=25, expected=expected(arena), **arena)
    assert not found.problems
    assert found.done > 0


def test_one_key_from_sixteen_processes_happens_once(arena: dict[str, str]) -> None:
    """One effect, and 16 equal answers."""
    found = same_key(seed=SEED, expected=expected(arena), **arena)
    assert not found.problems
    assert found.done == 48


def test_a_reservation_ends_once(arena: dict[str, str]) -> None:
    """Captured, let go and timed out at one moment: exactly one of them ends it."""
    found = one_end(arena["url"], seed=SEED)
    assert not found.problems


def test_ended_connections_change_no_sum(postgres_url: str) -> None:
    """While the server ends connections five times a second, exactly 50 succeed, and the total stays."""
    hot = hot_account(postgres_url, seed=SEED, points=350, every=0.2)
    moved = bank(postgres_url, seed=SEED, transfers=10, every=0.2)
    assert not (*hot.problems, *moved.problems)
    assert hot.ended + moved.ended > 0


@pytest.mark.parametrize("kind", ["sqlite_url", "postgres_url"])
def test_no_lock_and_no_guard_is_noticed(kind: str, request: Any, bug: Callable[[str], str]) -> None:
    """Negative control: where the last one wins, too many succeed, and the harness says so."""
    found = hot_account(request.getfixturevalue(kind), seed=SEED, points=350, opener=bug("last_one_wins"))
    assert any("succeeded" in problem for problem in found.problems)


def test_the_guard_alone_keeps_sums_right(sqlite_url: str, bug: Callable[[str], str]) -> None:
    """Without the lock some have to ask again, but the version that was read still guards what is written."""
    found = hot_account(
        sqlite_url, seed=SEED, points=350, opener=bug("lost_lock"), expected=["ConflictError"]
    )
    assert not found.problems
    assert found.done == 50
