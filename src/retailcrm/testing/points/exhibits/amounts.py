"""Money and points: floats, rounding, what an order earns, and what lifts a tier."""

from __future__ import annotations

from typing import Final

from retailcrm.testing.points.scenarios import Scenario, step

_TIERS: Final = {"member": 0, "silver": 100000, "gold": 500000}

SCENARIOS: Final = (
    Scenario(
        id="float-points",
        title="Points are floats: a whole number of them is one short, or has twelve decimals.",
        links=(
            "https://github.com/odoo/odoo/pull/111670",
            "https://github.com/odoo/odoo/pull/153541",
            "https://github.com/odoo/odoo/pull/219640",
            "https://github.com/odoo/odoo/pull/259660",
        ),
        steps=(
            step(0, "set_rate", rate="0.29"),
            step(0, "buy", customer="ann", order="o1", goods=10000, shipping=0, by_points=0, key="1"),
            step(0, "balance", 29, customer="ann"),
            step(1, "set_rate", rate="1.1"),
            step(1, "buy", customer="ann", order="o2", goods=5000, shipping=0, by_points=0, key="2"),
            step(1, "balance", 84, customer="ann"),
        ),
    ),
    Scenario(
        id="burns-too-many",
        title="More points are burned than the order needs.",
        links=("https://github.com/opencart/opencart/issues/937", "https://github.com/odoo/odoo/pull/274951"),
        steps=(
            step(0, "quote", (100, 1000), total=1000, wanted=200, points_per_unit="10"),
            step(0, "quote", (20, 200), total=1000, wanted=20, points_per_unit="10"),
        ),
    ),
    Scenario(
        id="cents-left",
        title="Whole units only: the cents of an order cannot be paid with points.",
        links=(
            "https://github.com/frappe/erpnext/issues/31509",
            "https://github.com/frappe/erpnext/pull/36466",
            "https://github.com/odoo/odoo/pull/155161",
            "https://github.com/odoo/odoo/pull/278568",
        ),
        steps=(step(0, "quote", (1053, 1053), total=1053, wanted=5000, points_per_unit="100"),),
    ),
    Scenario(
        id="points-on-points",
        title="The part of an order that was paid with points earns points again.",
        links=(
            "https://github.com/odoo/odoo/issues/114004",
            "https://github.com/nopSolutions/nopCommerce/issues/3391",
            "https://github.com/nopSolutions/nopCommerce/issues/5764",
            "https://github.com/woocommerce/woocommerce/issues/20872",
            "https://github.com/frappe/erpnext/issues/14847",
        ),
        steps=(
            step(0, "set_rate", rate="1"),
            step(0, "buy", customer="ann", order="o1", goods=10000, shipping=0, by_points=4000, key="1"),
            step(0, "balance", 60, customer="ann"),
            step(0, "buy", customer="ann", order="o2", goods=5000, shipping=1200, by_points=0, key="2"),
            step(0, "balance", 110, customer="ann"),
        ),
        opinion="Three systems have three rules; this is the one that cannot be turned into a pump.",
    ),
    Scenario(
        id="tier-boundary",
        title="Tiers are compared the wrong way round: at a threshold, or below the first, it is another.",
        links=(
            "https://github.com/frappe/erpnext/issues/14930",
            "https://github.com/frappe/erpnext/issues/22167",
            "https://github.com/frappe/erpnext/issues/24672",
            "https://github.com/frappe/erpnext/issues/33550",
            "https://github.com/frappe/erpnext/issues/45450",
            "https://github.com/frappe/erpnext/pull/41564",
        ),
        steps=(
            step(0, "tier", "member", customer="ann", thresholds=_TIERS),
            step(0, "buy", customer="ann", order="o1", goods=99999, shipping=0, by_points=0, key="1"),
            step(0, "tier", "member", customer="ann", thresholds=_TIERS),
            step(0, "buy", customer="ann", order="o2", goods=1, shipping=0, by_points=0, key="2"),
            step(0, "tier", "silver", customer="ann", thresholds=_TIERS),
            step(0, "buy", customer="ann", order="o3", goods=399999, shipping=0, by_points=0, key="3"),
            step(0, "tier", "silver", customer="ann", thresholds=_TIERS),
            step(0, "buy", customer="ann", order="o4", goods=2, shipping=0, by_points=0, key="4"),
            step(0, "tier", "gold", customer="ann", thresholds=_TIERS),
        ),
    ),
    Scenario(
        id="spend-counted-twice",
        title="An order paid partly with points counts twice towards the tier: as it earns and as it spends.",
        links=(
            "https://github.com/frappe/erpnext/blob/develop/erpnext/accounts/doctype/loyalty_program/loyalty_program.py",
        ),
        steps=(
            step(0, "earn", customer="ann", points=100, order="o1", key="1"),
            step(1, "redeem", True, customer="ann", points=100, order="o2", key="2"),
            step(1, "buy", customer="ann", order="o2", goods=60000, shipping=0, by_points=100, key="3"),
            step(1, "tier", "member", customer="ann", thresholds=_TIERS),
        ),
    ),
)
