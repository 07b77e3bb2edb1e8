"""Keys of redemptions on PostgreSQL: what asking for none of them saves, and two that meet over one."""

from contextlib import suppress
from threading import Thread

import psycopg
import pytest
from tests.postgres import wait_for_a_waiter

from retailcrm import open_shop
from retailcrm.errors import IdempotencyConflictError, RetailCRMError
from retailcrm.ports.outcomes import Done
from retailcrm.shop.policy import policy_from_table

POLICY = policy_from_table({"points": {"waiting": {"until": "paid"}}})


def test_a_new_redemption_waits_three_times(postgres_url, monkeypatch):
    """For its account with who is who, for its writes, and for the commit; nothing asks for its key."""
    waited, wait = [], psycopg.Connection.wait
    monkeypatch.setattr(psycopg.Connection, "wait", lambda *given: waited.append(given) or wait(*given))
    with open_shop(postgres_url, policy=POLICY) as shop:
        shop.loyalty.adjust("ann", 100, key="ann", reason="test", actor="test")
        # Once to prepare what is asked.
        shop.loyalty.redeem("ann", 7, key="first")
        waited.clear()
        assert shop.loyalty.redeem("ann", 7, key="second").repeated is False
        assert len(waited) == 3
        assert shop.loyalty.redeem("ann", 7, key="second").repeated is True
        assert shop.loyalty.balance("ann").available == 100 - 2 * 7


def captures(url, found):
    """Capture what was reserved, with the key that a redemption of somebody else has too."""
    with open_shop(url, policy=POLICY) as mine:
        try:
            found.append(mine.loyalty.capture("held", key="both"))
        except RetailCRMError as error:
            found.append(error)


@pytest.mark.parametrize(("kept", "left"), [(True, (93, 93)), (False, (100, 93))])
def test_the_second_waits_and_is_refused_if_the_first_is_kept(postgres_url, kept, left):
    """By its key a redemption is given back, so it is nobody else's; where the first is undone it is free."""
    found = []
    with open_shop(postgres_url, policy=POLICY) as shop:
        for name in ("ann", "bob"):
            shop.loyalty.adjust(name, 100, key=name, reason="test", actor="test")
        shop.loyalty.reserve("bob", 7, key="held")
        thread = Thread(target=captures, args=(postgres_url, found))
        with suppress(ZeroDivisionError), shop._database.unit():
            assert type(shop.loyalty.redeem("ann", 7, key="both")) is Done
            thread.start()
            wait_for_a_waiter(postgres_url)
            # Or the unit is undone.
            assert 1 / kept
        thread.join(60)
        (second,) = found
        assert isinstance(second, IdempotencyConflictError if kept else Done)
        balances = [shop.loyalty.balance(name) for name in ("ann", "bob")]
        # What was not captured is still held.
        assert [one.available for one in balances] == list(left)
        assert balances[1].held == (7 if kept else 0)
        shop.loyalty.give_back("both", key="back")
        balances = [shop.loyalty.balance(name) for name in ("ann", "bob")]
        assert [one.available for one in balances] == ([100, 93] if kept else [100, 100])
