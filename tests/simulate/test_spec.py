"""What can be asked for, and what is refused with a reason."""

from datetime import date

import pytest

from retailcrm.errors import SettingsError
from retailcrm.simulate import CustomerMix, ShopSpec, simulate_shop


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"seed": 2**64}, "seed must be"),
        ({"seed": 1.0}, "seed must be"),
        ({"customers": 0}, "customers must be a whole number from 1 to 16000000, got 0"),
        ({"customers": True}, "customers must be"),
        ({"orders": 0}, "orders must be"),
        ({"months": 61}, "months must be a whole number from 1 to 60, got 61"),
        ({"start": date(2023, 1, 2)}, "start must be the first day of a month"),
        ({"start": date(2018, 1, 1)}, "from 2019 to 2030"),
        ({"start": "2023-01-01"}, "start must be"),
        ({"start": date(2030, 6, 1)}, "the window ends 2031-12-01"),
        ({"growth_percent": -1}, "growth_percent must be"),
        ({"mix": None}, "mix must be a CustomerMix"),
        ({"customers": None}, "give customers, or orders, or both"),
        ({"customers": 10, "orders": 9}, "orders=9 is too few"),
    ],
)
def test_a_wrong_field_is_refused_by_name(fields, message):
    """The message names the field, its range and what was given."""
    with pytest.raises(SettingsError) as caught:
        ShopSpec(**{"seed": 1} | fields)
    assert message in str(caught.value)


def test_a_mix_must_sum_to_a_thousand():
    """Shares that do not add up are refused with their sum."""
    with pytest.raises(SettingsError, match="must sum to 1000, got 1010"):
        CustomerMix(one_timers=550)


def test_a_pace_out_of_reach_is_refused():
    """Half of the customers order once, so an average of 1000 orders cannot be met."""
    with pytest.raises(SettingsError, match="no pace of buying gives 100000 orders to 100 customers"):
        simulate_shop(ShopSpec(seed=1, customers=100, orders=100_000))


def test_the_window_is_whole_months():
    """Eighteen months from 2023-01-01 are 365 + 31 + 29 + 31 + 30 + 31 + 30 days."""
    spec = ShopSpec(seed=1)
    assert (spec.end, spec.days) == (date(2024, 7, 1), 547)
    assert spec.month_edge(14) == date(2024, 3, 1)


def test_a_shop_can_be_sized_by_orders():
    """Exactly so many orders; with customers given too, about so many of them."""
    natural = simulate_shop(ShopSpec.of_orders(3, 20_000))
    assert len(natural) == 20_000
    busy = simulate_shop(ShopSpec.of_orders(3, 20_000, customers=2000))
    assert len(busy) == 20_000
    assert abs(busy.customers / 2000 - 1) < 0.1
    assert natural.customers > 2 * busy.customers


def test_a_bigger_shop_contains_the_smaller_ones_customers():
    """The first hundred customers live the same lives in a shop of a thousand."""
    small, large = (simulate_shop(ShopSpec(seed=4, customers=n)) for n in (100, 1000))
    lives = [
        sorted(
            zip(s.customer[s.customer < 100].tolist(), s.placed_at[s.customer < 100].tolist(), strict=True)
        )
        for s in (small, large)
    ]
    assert lives[0] == lives[1]
    assert small.nicks().tolist() == large.nicks().tolist()[:100]
