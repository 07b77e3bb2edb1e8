"""Lots and their expiry: balances that forget what was spent, and points that never lapse."""

from __future__ import annotations

from typing import Final

from retailcrm.testing.points.scenarios import Scenario, step

_ORACLE: Final = "https://docs.oracle.com/cd/G30554_01/books/LoyaltyAdmin"

SCENARIOS: Final = (
    Scenario(
        id="balance-collapse",
        title="The balance is all unexpired credits less all debits: what was spent of a lot goes twice.",
        links=(
            "https://github.com/FreeOpenSourcePOS/FloCafe/issues/78",
            "https://blog.csdn.net/weixin_33858336/article/details/91658663",
        ),
        steps=(
            step(0, "earn", customer="ann", points=10, order="o1", key="1", expires_at=10),
            step(0, "earn", customer="ann", points=20, order="o2", key="2", expires_at=20),
            step(1, "redeem", True, customer="ann", points=15, order="o3", key="3"),
            step(1, "balance", 15, customer="ann"),
            step(10, "balance", 15, customer="ann"),
            step(20, "balance", 0, customer="ann"),
            step(20, "earn", customer="ann", points=7, order="o4", key="4"),
            step(20, "balance", 7, customer="ann"),
        ),
    ),
    Scenario(
        id="latest-lapses-first",
        title="Points that lapse later are spent first, so that those that lapse soon are lost.",
        links=("https://github.com/odoo/odoo/pull/206048",),
        steps=(
            step(0, "earn", customer="ann", points=10, order="o1", key="1", expires_at=30),
            step(1, "earn", customer="ann", points=10, order="o2", key="2", expires_at=10),
            step(2, "redeem", True, customer="ann", points=10, order="o3", key="3"),
            step(10, "balance", 10, customer="ann"),
            step(29, "balance", 10, customer="ann"),
            step(30, "balance", 0, customer="ann"),
        ),
    ),
    Scenario(
        id="expiry-unread",
        title="The expiry date of a card stands in the form, and nothing reads it.",
        links=("https://github.com/odoo/odoo/pull/171453",),
        steps=(
            step(0, "earn", customer="ann", points=10, order="o1", key="1", expires_at=10),
            step(9, "balance", 10, customer="ann"),
            step(10, "balance", 0, customer="ann"),
            step(10, "redeem", False, customer="ann", points=1, order="o2", key="2"),
        ),
    ),
    Scenario(
        id="expiry-by-label",
        title="Only lots under one label lapse; those earned under any other never do.",
        links=("https://github.com/liberusoftware/ecommerce-laravel/pull/1056",),
        steps=(
            step(0, "earn", customer="ann", points=10, order="o1", key="1", expires_at=10, channel="earned"),
            step(
                0, "earn", customer="ann", points=20, order="o2", key="2", expires_at=10, channel="purchase"
            ),
            step(9, "balance", 30, customer="ann"),
            step(10, "balance", 0, customer="ann"),
        ),
    ),
    Scenario(
        id="pending-spent",
        title="Points that wait for the end of the return window are counted, and spent, before it.",
        links=("https://github.com/nopSolutions/nopCommerce/issues/576",),
        steps=(
            step(0, "earn", customer="ann", points=10, order="o1", key="1", activates_at=14),
            step(13, "balance", 0, customer="ann"),
            step(13, "redeem", False, customer="ann", points=1, order="o2", key="2"),
            step(14, "balance", 10, customer="ann"),
        ),
    ),
    Scenario(
        id="laundered-expiry",
        title="A cancelled redemption makes new points: what had lapsed meanwhile never lapses any more.",
        links=(
            "https://github.com/Setono/sylius-loyalty-plugin/blob/HEAD/src/Ledger/LoyaltyLedger.php",
            f"{_ORACLE}/c-Cancelling-Loyalty-Members-Transactions-oe1018778.html",
        ),
        steps=(
            step(0, "earn", customer="ann", points=100, order="o1", key="1", expires_at=10),
            step(9, "redeem", True, customer="ann", points=100, order="o2", key="2"),
            step(12, "cancel", order="o2", key="3"),
            step(12, "balance", 0, customer="ann"),
            step(400, "balance", 0, customer="ann"),
        ),
        opinion="A shop may give them back for some days of grace where it was she who failed the customer.",
    ),
    Scenario(
        id="collapsed-expiries",
        title="What a cancelled redemption gives back lapses all at once, whichever lots it came from.",
        links=(
            "https://github.com/Setono/sylius-loyalty-plugin/blob/HEAD/src/Ledger/LoyaltyLedger.php",
            "https://juejin.cn/post/7225797036041748537",
        ),
        steps=(
            step(0, "earn", customer="ann", points=50, order="o1", key="1", expires_at=10),
            step(0, "earn", customer="ann", points=50, order="o2", key="2", expires_at=30),
            step(5, "redeem", True, customer="ann", points=100, order="o3", key="3"),
            step(6, "cancel", order="o3", key="4"),
            step(6, "balance", 100, customer="ann"),
            step(10, "balance", 50, customer="ann"),
            step(29, "balance", 50, customer="ann"),
            step(30, "balance", 0, customer="ann"),
        ),
    ),
)
