"""Time goes by: what fell due becomes events, once, and a wrong clock lets nothing lapse."""

from datetime import UTC, datetime
from typing import Any

import pytest

from retailcrm.errors import ClockJumpError, UnknownOutcomeError

NEXT_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def told(found: Any) -> list[tuple[str, str, int]]:
    """Give what events say, without their moments."""
    return [(event.customer, event.what, event.points) for event in found.events]


def test_what_fell_due_is_told_once(shop: Any) -> None:
    """At the end of 2025 Ann's 50 and Bob's 15 lapse; what waits for an event waits on."""
    found = shop.advance(NEXT_YEAR, confirm_clock=True)
    assert ("ann", "expire", 50) in told(found)
    assert ("bob", "expire", 15) in told(found)
    assert {event.at for event in found.events if event.what == "expire"} == {NEXT_YEAR}
    assert shop.advance(NEXT_YEAR, confirm_clock=True).events == ()


def test_it_changes_no_balance(shop: Any, clock: Any) -> None:
    """A balance is the same whether time was told to go by or not."""
    clock.set("2026-01-01")
    before = shop.loyalty.balance("ann")
    shop.advance(NEXT_YEAR, confirm_clock=True)
    assert shop.loyalty.balance("ann") == before


def test_it_goes_on_where_it_was_stopped(shop: Any, monkeypatch: Any) -> None:
    """Stopped after the first account, the second run tells the rest: together what one run tells."""
    ledger = shop.loyalty._accounts.ledger
    write, done, seen = type(ledger).write, [0], []

    def stop(self: Any, unit: Any) -> None:
        if done[0]:
            raise UnknownOutcomeError("the machine stops")
        done[0] += 1
        seen.append(unit.changes[0].before.id)
        write(self, unit)

    with monkeypatch.context() as patch:
        patch.setattr(type(ledger), "write", stop)
        with pytest.raises(UnknownOutcomeError):
            shop.advance(NEXT_YEAR, confirm_clock=True)
    rest = shop.advance(NEXT_YEAR, confirm_clock=True)
    assert seen == ["points/ann"]
    assert {event.customer for event in rest.events} == {"bob"}


def test_a_clock_that_jumps_ahead_is_stopped(shop: Any) -> None:
    """Eight days after the newest file is more than the fuse of seven allows; seven are not."""
    with pytest.raises(ClockJumpError, match="7 days"):
        shop.advance(datetime(2024, 4, 8, 0, 0, 1, tzinfo=UTC))
    shop.advance(datetime(2024, 4, 8, tzinfo=UTC))


def test_reservations_end(shop: Any) -> None:
    """A reservation that timed out is told as void, with its points."""
    shop.loyalty.reserve("ann", 40, key="cart")
    found = shop.advance(datetime(2024, 4, 1, 0, 30, tzinfo=UTC))
    assert ("ann", "void", 40) in told(found)
