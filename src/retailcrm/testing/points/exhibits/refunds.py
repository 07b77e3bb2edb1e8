"""Refunds: what an order earned goes back, once, by its own record; and what was spent on it returns."""

from __future__ import annotations

from typing import Final

from retailcrm.testing.points.scenarios import Scenario, step

SCENARIOS: Final = (
    Scenario(
        id="refund-keeps-points",
        title="Buy, earn, give back, repeat: the points stay.",
        links=(
            "https://github.com/odoo/odoo/pull/257854",
            "https://github.com/odoo/odoo/pull/238806",
            "https://github.com/frappe/erpnext/issues/32951",
            "https://github.com/malsubrata/woo-wallet/issues/53",
        ),
        steps=tuple(
            one
            for n in range(3)
            for one in (
                step(n, "earn", customer="ann", points=100, order=f"o{n}", key=f"earn {n}"),
                step(n, "refund", order=f"o{n}", share="1", key=f"refund {n}"),
                step(n, "balance", 0, customer="ann"),
            )
        ),
    ),
    Scenario(
        id="refund-after-spending",
        title="Points that were spent meanwhile make a refund free, or stop it.",
        links=("https://github.com/odoo/odoo/pull/257854", "https://github.com/frappe/erpnext/issues/32951"),
        steps=(
            step(0, "earn", customer="ann", points=100, order="o1", key="1"),
            step(1, "redeem", True, customer="ann", points=100, order="o2", key="2"),
            step(2, "refund", order="o1", share="1", key="3"),
            step(2, "balance", -100, customer="ann"),
            step(3, "redeem", False, customer="ann", points=1, order="o3", key="4"),
            step(3, "earn", customer="ann", points=130, order="o4", key="5"),
            step(3, "balance", 30, customer="ann"),
        ),
        opinion="A shop may let spent points go instead of having them owed.",
    ),
    Scenario(
        id="refund-charges-again",
        title="A refund runs through the sale once more: it burns the points of the reward a second time.",
        links=("https://github.com/odoo/odoo/pull/212922", "https://github.com/odoo/odoo/pull/221928"),
        steps=(
            step(0, "earn", customer="ann", points=500, order="o1", key="1"),
            step(1, "redeem", True, customer="ann", points=200, order="o2", key="2"),
            step(1, "earn", customer="ann", points=50, order="o2", key="3"),
            step(1, "balance", 350, customer="ann"),
            step(2, "refund", order="o2", share="1/2", key="4"),
            step(2, "balance", 325, customer="ann"),
            step(3, "refund", order="o2", share="1", key="5"),
            step(3, "balance", 300, customer="ann"),
        ),
    ),
    Scenario(
        id="refund-by-todays-rule",
        title="A refund is worked out with today's rate: it takes back twice what was earned, or nothing.",
        links=(
            "https://github.com/nopSolutions/nopCommerce/issues/5757",
            "http://help.smile.io/en/articles/4036183-configure-points-cancellation-for-refunds",
        ),
        steps=(
            step(0, "set_rate", rate="1"),
            step(0, "buy", customer="ann", order="o1", goods=5000, shipping=0, by_points=0, key="1"),
            step(0, "buy", customer="ann", order="o2", goods=5000, shipping=0, by_points=0, key="2"),
            step(0, "balance", 100, customer="ann"),
            step(1, "set_rate", rate="2"),
            step(1, "refund", order="o1", share="1", key="3"),
            step(1, "balance", 50, customer="ann"),
            step(2, "set_rate", rate="0"),
            step(2, "refund", order="o2", share="1", key="4"),
            step(2, "balance", 0, customer="ann"),
        ),
    ),
    Scenario(
        id="one-refund-ever",
        title="An order takes one clawback, ever: the second part of a refund takes nothing.",
        links=(
            "https://github.com/Setono/sylius-loyalty-plugin/blob/HEAD/docs/cookbook/partial-refund-clawback.md",
        ),
        steps=(
            step(0, "earn", customer="ann", points=100, order="o1", key="1"),
            step(1, "refund", order="o1", share="1/3", key="2"),
            step(1, "balance", 67, customer="ann"),
            step(2, "refund", order="o1", share="2/3", key="3"),
            step(2, "balance", 34, customer="ann"),
            step(3, "refund", order="o1", share="1", key="4"),
            step(3, "balance", 0, customer="ann"),
        ),
    ),
    Scenario(
        id="refund-drift",
        title="Each part of a refund is rounded for itself: the parts take more or less than the whole.",
        links=(
            "https://github.com/Setono/sylius-loyalty-plugin/blob/HEAD/docs/cookbook/partial-refund-clawback.md",
        ),
        steps=(
            step(0, "earn", customer="ann", points=5, order="o1", key="1"),
            *(step(n, "refund", order="o1", share=f"{n}/10", key=f"r{n}") for n in range(1, 11)),
            step(10, "balance", 0, customer="ann"),
        ),
    ),
    Scenario(
        id="lapsed-then-owed",
        title="A refund asks for points that lapsed before anybody could use them.",
        links=(),
        steps=(
            step(0, "earn", customer="ann", points=100, order="o1", key="1", expires_at=10),
            step(11, "refund", order="o1", share="1", key="2"),
            step(11, "balance", 0, customer="ann"),
            step(12, "earn", customer="ann", points=40, order="o2", key="3"),
            step(12, "balance", 40, customer="ann"),
        ),
        opinion="No source says what should become of them; a shop that has them owed differs.",
    ),
    Scenario(
        id="returned-twice",
        title="Points that a cancelled order returned are returned again by the fix for orders that did not.",
        links=("https://github.com/mollie/magento2/issues/928",),
        steps=(
            step(0, "earn", customer="ann", points=100, order="o1", key="1"),
            step(1, "redeem", True, customer="ann", points=60, order="o2", key="2"),
            step(2, "cancel", order="o2", key="3"),
            step(2, "balance", 100, customer="ann"),
            step(2, "cancel", order="o2", key="4"),
            step(2, "balance", 100, customer="ann"),
        ),
    ),
    Scenario(
        id="returned-to-nobody",
        title="What is given back is worked out from the order as it is by now, not from what was taken.",
        links=("https://github.com/odoo/odoo/pull/222054",),
        steps=(
            step(0, "earn", customer="ann", points=100, order="o1", key="1"),
            step(1, "redeem", True, customer="ann", points=60, order="o2", key="2"),
            step(1, "redeem", True, customer="ann", points=20, order="o2", key="3"),
            step(2, "cancel", order="o2", key="4"),
            step(2, "balance", 100, customer="ann"),
        ),
    ),
)
