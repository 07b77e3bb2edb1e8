"""Orders that are told late, where points lapse if a customer does nothing: later orders kept them alive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from retailcrm.domain.points.account import Account
from retailcrm.domain.points.checker import check_journal
from retailcrm.domain.points.documents import entry_document
from retailcrm.domain.points.entries import Entry
from retailcrm.domain.points.expiry import NEVER, Expiry
from retailcrm.domain.points.following import Awarded, OrderFacts, follow
from retailcrm.domain.points.lots import Lot
from retailcrm.domain.points.wallets import EarnRule, Waiting, Wallet

BEGIN = datetime(2024, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WALLET = Wallet(
    name="points", earn=EarnRule(), waiting=Waiting(until="paid"), expiry=NEVER, inactive=Expiry(days=4)
)
ORDERS = tuple(
    OrderFacts(reference=str(day), paid_at=BEGIN + day * DAY, gross=100 * 10**number)
    for number, day in enumerate((0, 3, 6, 20))
)


@pytest.mark.parametrize("told", list(permutations(ORDERS[:3])))
def test_whichever_order_is_told_first_all_live_as_long(told: tuple[OrderFacts, ...]) -> None:
    """Paid on days 0, 3 and 6, all points live to the end of day 10, whichever file came first.

    But what has lapsed by the time of an order that is known stays lapsed: the point of day 0 is gone on
    day 4 if that of day 6 is told before that of day 3.
    """
    account, entries = Account(id="ann"), list[Entry]()
    awards, lots = dict[str, Awarded](), dict[str, Lot]()

    def lots_of(root: str) -> list[Lot]:
        return [lot for lot in lots.values() if lot.root == root]

    for one in told:
        found = follow(account, [one], awards, WALLET, observed_at=BEGIN + DAY / 2, unit=100, lots_of=lots_of)
        account, entries = found.account, [*entries, *found.entries]
        awards |= {award.reference: award for award in found.awards}
        lots.update({lot.id: lot for entry in found.entries for lot in entry.lots})
    assert check_journal([entry_document(entry) for entry in entries]) == ()
    assert {lot.expires_at for lot in account.lots} == {datetime(2024, 1, 12, tzinfo=UTC)}
    first, third, sixth = ORDERS[:3]
    gone = told.index(sixth) < told.index(third) and told[2] is not first
    assert account.available == (110 if gone else 111)


def test_an_activity_after_the_end_brings_nothing_back() -> None:
    """The order of day 20 was awarded before the one of day 0 was told: that lapsed on day 4 all the same."""
    first = follow(
        Account(id="ann"), ORDERS[3:], {}, WALLET, observed_at=BEGIN + 21 * DAY, unit=100,
        lots_of=lambda _: (),
    )  # fmt: skip
    awards = {award.reference: award for award in first.awards}
    late = follow(
        first.account,
        ORDERS[:1],
        awards,
        WALLET,
        observed_at=BEGIN + 21 * DAY,
        unit=100,
        lots_of=lambda _: (),
    )
    assert (late.account.available, late.entries[-1].verb) == (1000, "expire")
