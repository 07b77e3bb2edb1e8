"""Time goes by: what fell due becomes events, once, and a wrong clock lets nothing lapse."""

from datetime import UTC, datetime, timedelta
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
    """Stopped after the first group, the second run tells the rest: together what one run tells."""
    monkeypatch.setattr("retailcrm.shop.loyalty.advancing._GROUP", 1)
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


def test_a_verb_does_not_vouch_for_its_own_clock(shop: Any, clock: Any) -> None:
    """A verb goes by a clock of 2036, and still nothing lapses by it; at the right time all goes on."""
    before = shop.loyalty.balance("ann")
    clock.set("2036-04-01")
    wrong = clock.now
    with pytest.raises(ClockJumpError):
        shop.advance(wrong)
    shop.loyalty.adjust("new", 100, key="gift", reason="gift", actor="li")
    with pytest.raises(ClockJumpError, match=r"2024-04-01.* 7 days before"):
        shop.advance(wrong)
    clock.set("2024-04-06")
    assert shop.loyalty.balance("ann") == before
    shop.advance(clock.now)


def test_verbs_that_follow_on_are_seen(shop: Any, clock: Any) -> None:
    """A verb every seventh day carries the clock on from the newest file; after one gap of eight it ends."""
    for n, day in enumerate(("04-08", "04-15", "04-22")):
        clock.set(f"2024-{day}")
        shop.loyalty.adjust("new", 1, key=f"gift:{n}", reason="gift", actor="li")
    clock.set("2024-04-30T00:00:01")
    shop.loyalty.adjust("new", 1, key="late", reason="gift", actor="li")
    with pytest.raises(ClockJumpError, match="newest thing seen is of 2024-04-22"):
        shop.advance(datetime(2024, 5, 1, tzinfo=UTC))
    assert shop.advance(datetime(2024, 4, 29, tzinfo=UTC)).now == datetime(2024, 4, 29, tzinfo=UTC)


def test_without_files_and_runs_the_first_entries_are_seen(make_shop: Any, clock: Any) -> None:
    """A new shop's first verb is where its time begins; a second one, years on, does not carry it there."""
    shop = make_shop()
    shop.loyalty.adjust("new", 1, key="first", reason="gift", actor="li")
    clock.set("2036-04-01")
    shop.loyalty.adjust("new", 1, key="second", reason="gift", actor="li")
    with pytest.raises(ClockJumpError, match="newest thing seen is of 2024-04-01"):
        shop.advance(clock.now)
    shop.advance(clock.now, confirm_clock=True)
    shop.advance(clock.now + timedelta(days=7))


def test_reservations_end(shop: Any) -> None:
    """A reservation that timed out is told as void, with its points."""
    shop.loyalty.reserve("ann", 40, key="cart")
    found = shop.advance(datetime(2024, 4, 1, 0, 30, tzinfo=UTC))
    assert ("ann", "void", 40) in told(found)


def test_a_quiet_shop_goes_on(shop: Any) -> None:
    """Nothing comes in and nothing falls due: a run every six days is never further ahead than the last."""
    end = datetime(2024, 4, 1, tzinfo=UTC)
    for n in range(1, 6):
        shop.advance(end + timedelta(days=6 * n))
    with pytest.raises(ClockJumpError):
        shop.advance(end + timedelta(days=38))
    shop.advance(end)
    shop.advance(end + timedelta(days=37))


def test_a_run_that_was_stopped_is_not_remembered(shop: Any, monkeypatch: Any) -> None:
    """The clock of a run counts as seen once the run is over, not before."""
    ledger = shop.loyalty._accounts.ledger
    with monkeypatch.context() as patch:

        def stop(*_: Any) -> None:
            raise UnknownOutcomeError("the machine stops")

        patch.setattr(type(ledger), "write", stop)
        with pytest.raises(UnknownOutcomeError):
            shop.advance(NEXT_YEAR, confirm_clock=True)
    assert ledger.advanced() is None
    shop.advance(NEXT_YEAR, confirm_clock=True)
    assert ledger.advanced() == NEXT_YEAR


def test_events_of_a_stopped_run_can_be_read(shop: Any, monkeypatch: Any) -> None:
    """Ann's events were written and told nobody; read again from the run before, none is missing."""
    monkeypatch.setattr("retailcrm.shop.loyalty.advancing._GROUP", 1)
    before = shop.advance(datetime(2024, 4, 1, tzinfo=UTC))
    write, done = type(shop.loyalty._accounts.ledger).write, [0]

    def stop(self: Any, unit: Any) -> None:
        if done[0]:
            raise UnknownOutcomeError("the machine stops")
        done[0] += 1
        write(self, unit)

    with monkeypatch.context() as patch:
        patch.setattr(type(shop.loyalty._accounts.ledger), "write", stop)
        with pytest.raises(UnknownOutcomeError):
            shop.advance(NEXT_YEAR, confirm_clock=True)
    rest = shop.advance(NEXT_YEAR, confirm_clock=True)
    assert told(rest) == [("bob", "expire", 15)]
    read = shop.points_events(before.since)
    new = [
        (one.event.customer, one.event.what, one.event.points) for one in read if one.event.at == NEXT_YEAR
    ]
    assert new == [("ann", "expire", 50), ("bob", "expire", 15)]
    assert len({(one.account, one.version) for one in read}) == len(read)
    assert [one.recorded_at for one in read] == sorted(one.recorded_at for one in read)
    assert shop.points_events(NEXT_YEAR + timedelta(days=1)) == ()


def test_events_that_verbs_and_exports_write_between_runs_are_read(shop: Any, bring: Any, clock: Any) -> None:
    """After a run a verb spends 10 of Ann's, and an export tells of Cat: both are recorded after it."""
    since = shop.advance(datetime(2024, 4, 3, tzinfo=UTC)).since
    clock.set("2024-04-02")
    bring(shop, {"id": "4", "who": "cat", "at": "2024-03-30", "amount": "7.00"})
    shop.loyalty.redeem("ann", 10, key="spent")
    shop.loyalty.adjust("cat", 3, key="more", reason="gift", actor="li")
    found = {(one.event.customer, one.event.what, one.event.points) for one in shop.points_events(since)}
    assert {("ann", "redeem", 10), ("cat", "earn", 7), ("cat", "adjust", 3)} <= found


def test_time_that_was_told_to_go_by_is_not_turned_back(make_shop: Any, bring: Any, clock: Any) -> None:
    """Points lapse after 10 idle days; a late file tells of an order on the 8th, and what lapsed stays so."""
    late = {"id": "2", "who": "ann", "at": "2024-03-08", "done": "2024-03-08", "amount": "5.00"}
    available = []
    for told_before in (True, False):
        shop = make_shop(inactive={"days": 10})
        rows = [{"id": "1", "who": "ann", "at": "2024-03-01", "done": "2024-03-01", "amount": "50.00"}]
        clock.set("2024-03-10")
        bring(shop, *rows, *([late] if told_before else []))
        clock.set("2024-03-15")
        shop.advance(datetime(2024, 3, 15, tzinfo=UTC))
        if not told_before:
            bring(shop, late)
        available.append(shop.loyalty.balance("ann").available)
    assert available == [55, 5]
