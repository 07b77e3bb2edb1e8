"""Parcels: what happens comes in order of time, and agrees with what becomes of the orders."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from retailcrm.domain.orders import OrderState
from retailcrm.domain.parcels import ParcelEvent
from retailcrm.simulate import ShopSpec, parcel_table, simulate_shop
from retailcrm.simulate.parcels import dead_phones

LATER_THAN = {
    ParcelEvent.ARRIVED: ParcelEvent.SHIPPED,
    ParcelEvent.UNREACHABLE: ParcelEvent.ARRIVED,
    ParcelEvent.ATTEMPT_FAILED: ParcelEvent.ARRIVED,
    ParcelEvent.SIGNED: ParcelEvent.ARRIVED,
    ParcelEvent.RETURNED: ParcelEvent.SHIPPED,
}


@pytest.fixture(scope="module")
def shop():
    """A shop of the demo's size."""
    return simulate_shop(ShopSpec(seed=7))


@pytest.fixture(scope="module")
def table(shop):
    """Its parcels."""
    return parcel_table(shop)


@pytest.fixture(scope="module")
def happened(table):
    """Events by order: what, and when."""
    found = defaultdict(dict)
    for order, event, at in zip(table.order.tolist(), table.event.tolist(), table.at, strict=True):
        assert event not in found[order]
        found[order][ParcelEvent(event)] = at
    return found


def test_events_come_in_order_of_time(happened):
    """A parcel arrives after it left, is tried after it arrived, and signed for last."""
    for events in happened.values():
        for event, at in events.items():
            if event in LATER_THAN and not (
                event is ParcelEvent.RETURNED and ParcelEvent.ARRIVED not in events
            ):
                assert events[LATER_THAN[event]] < at
        ends = {ParcelEvent.SIGNED, ParcelEvent.RETURNED} & events.keys()
        assert len(ends) <= 1
        assert all(events[end] == max(events.values()) for end in ends)
        if ParcelEvent.UNREACHABLE in events and ParcelEvent.ATTEMPT_FAILED in events:
            assert events[ParcelEvent.UNREACHABLE] < events[ParcelEvent.ATTEMPT_FAILED]


def test_events_agree_with_the_orders(shop, happened):
    """Exactly the shipped orders have a parcel; receipt is confirmed after somebody signed."""
    orders = shop.order_table()
    shipped = {i: events[ParcelEvent.SHIPPED] for i, events in happened.items()}
    assert shipped == {i: at for i, at in enumerate(orders.shipped_at) if not np.isnat(at)}
    signed = {i: events[ParcelEvent.SIGNED] for i, events in happened.items() if ParcelEvent.SIGNED in events}
    assert signed == {i: at for i, at in enumerate(orders.received_at) if not np.isnat(at)}
    for i in np.flatnonzero(~np.isnat(orders.completed_at)).tolist():
        assert signed[i] < orders.completed_at[i]
    for i in np.flatnonzero(shop.state == OrderState.REFUNDED).tolist():
        assert ParcelEvent.SIGNED not in happened.get(i, {})
    returned = [i for i, events in happened.items() if ParcelEvent.RETURNED in events]
    assert (shop.state[returned] == OrderState.REFUNDED).all()
    assert len(returned) > 100


def test_nothing_happens_after_the_window(shop, table):
    """Events lie before the end; the last days leave parcels on their way."""
    assert (table.at < shop.as_of).all()
    counts = Counter(table.event.tolist())
    assert counts[ParcelEvent.SHIPPED] > counts[ParcelEvent.ARRIVED] > counts[ParcelEvent.SIGNED]


def test_some_phones_never_answer(shop, happened):
    """Three of a hundred customers are out of reach most of the time, the others one time in a hundred."""
    dead = dead_phones(shop.draws, np.arange(shop.customers))
    assert abs(dead.mean() - 0.03) < 0.012
    tried = [i for i, events in happened.items() if ParcelEvent.SIGNED in events]
    unreached = np.array([ParcelEvent.UNREACHABLE in happened[i] for i in tried])
    of_dead = dead[shop.customer[tried]]
    assert abs(unreached[of_dead].mean() - 0.7) < 0.1
    assert unreached[~of_dead].mean() < 0.02


def test_parcels_have_numbers_of_their_carriers(table):
    """Each parcel has one number, that of its carrier, and no two orders share one."""
    orders, parcels, carriers = table.order.tolist(), table.parcel.tolist(), table.carrier.tolist()
    by_order = dict(zip(orders, zip(parcels, carriers, strict=True), strict=True))
    assert [by_order[o] for o in orders] == list(zip(parcels, carriers, strict=True))
    assert len({parcel for parcel, _ in by_order.values()}) == len(by_order)
    letters = {"圆通速递": "YT", "中通快递": "ZT", "韵达快递": "YD", "申通快递": "ST", "顺丰速运": "SF"}
    assert all(parcel[:2] == letters[carrier] and len(parcel) == 15 for parcel, carrier in by_order.values())


def test_most_parcels_take_some_days(shop):
    """Half of them are signed for two to five days after payment, none in less than half a day."""
    orders = shop.order_table()
    days = (orders.received_at - orders.paid_at) / np.timedelta64(1, "D")
    days = days[~np.isnan(days)]
    assert 2 < np.median(days) < 5
    assert days.min() > 0.4
    assert days.max() < 14
