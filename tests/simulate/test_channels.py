"""Orders on the phone and at the computer."""

from datetime import date

import numpy as np

from retailcrm.simulate import ShopSpec, simulate_shop
from retailcrm.simulate.channels import MOBILE_PERCENT


def test_the_share_of_the_phone_rises_year_by_year():
    """Each year's share is the true one (five sigma of 5,000 orders: 3 %), the next no less."""
    shop = simulate_shop(ShopSpec(seed=5, customers=None, orders=60_000, start=date(2019, 1, 1), months=48))
    years = (shop.placed_at + np.timedelta64(8, "h")).astype("M8[Y]").astype(int) + 1970
    channel = np.array(shop.order_table().channel.tolist())
    assert set(channel.tolist()) == {"手机", "电脑"}
    for year in range(2019, 2023):
        orders = channel[years == year]
        assert len(orders) > 5000
        assert abs((orders == "手机").mean() - MOBILE_PERCENT[year - 2019] / 100) < 0.03
    assert list(MOBILE_PERCENT) == sorted(MOBILE_PERCENT)
    assert len(MOBILE_PERCENT) == 12
