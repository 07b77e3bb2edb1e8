"""The same thing twice, and two things at once: replays, races, reservations."""

from __future__ import annotations

from typing import Final

from retailcrm.testing.points.scenarios import REFUSED, Scenario, step

SCENARIOS: Final = (
    Scenario(
        id="replay-pays-twice",
        title="A replayed event awards its points again.",
        links=("https://github.com/AnthropicBots/compressor/issues/1476",),
        steps=(
            step(0, "earn", customer="ann", points=100, order="o1", key="1"),
            step(0, "earn", customer="ann", points=100, order="o1", key="1"),
            step(0, "balance", 100, customer="ann"),
            step(1, "refund", order="o1", share="1/2", key="2"),
            step(1, "refund", order="o1", share="1/2", key="2"),
            step(1, "balance", 50, customer="ann"),
        ),
    ),
    Scenario(
        id="retry-spends-twice",
        title="A call that is repeated after a network failure spends again.",
        links=("https://github.com/odoo/odoo/pull/222372",),
        steps=(
            step(0, "earn", customer="ann", points=100, order="o1", key="1"),
            step(1, "redeem", True, customer="ann", points=30, order="o2", key="2"),
            step(1, "redeem", True, customer="ann", points=30, order="o2", key="2"),
            step(1, "balance", 70, customer="ann"),
        ),
    ),
    Scenario(
        id="keys-forgotten",
        title="The key of a command is forgotten after a day or a season, and the replay comes later.",
        links=("https://github.com/Nova-reward/Nova-Rewards/issues/1234",),
        steps=(
            step(0, "earn", customer="ann", points=100, order="o1", key="1"),
            step(2, "earn", customer="ann", points=100, order="o1", key="1"),
            step(2, "balance", 100, customer="ann"),
            step(200, "earn", customer="ann", points=100, order="o1", key="1"),
            step(200, "balance", 100, customer="ann"),
        ),
    ),
    Scenario(
        id="key-reused",
        title="A key that comes with other words is taken for a replay, or carried out.",
        links=("https://docs.stripe.com/api/idempotent_requests",),
        steps=(
            step(0, "earn", customer="ann", points=100, order="o1", key="1"),
            step(1, "redeem", True, customer="ann", points=10, order="o2", key="2"),
            step(1, "redeem", REFUSED, customer="ann", points=80, order="o3", key="2"),
            step(1, "balance", 90, customer="ann"),
        ),
    ),
    Scenario(
        id="parallel-gifts",
        title="Twenty gifts at once from a sender of 100 points credit 2,000.",
        links=("https://github.com/fushengqian/fuint/issues/71",),
        steps=(
            step(0, "earn", customer="ann", points=100, order="o1", key="1"),
            step(1, "give", 1, 20, customer="ann", taker="friend {n}", points=100, key="gift {n}"),
            step(1, "balance", 0, customer="ann"),
        ),
    ),
    Scenario(
        id="parallel-debits",
        title="A debit without a lock: one balance is redeemed by several checkouts at once.",
        links=(
            "https://github.com/medusajs/medusa/pull/16347",
            "https://github.com/Nova-reward/Nova-Rewards/issues/190",
            "https://github.com/Nova-reward/Nova-Rewards/pull/209",
            "https://github.com/saleor/saleor/issues/544",
        ),
        steps=(
            step(0, "earn", customer="ann", points=100, order="o1", key="1"),
            step(1, "redeem", 3, 10, customer="ann", points=30, order="c{n}", key="k{n}"),
            step(1, "balance", 10, customer="ann"),
        ),
    ),
    Scenario(
        id="two-documents",
        title="Points of one kind of document are spent on another for ever: one rule allows, one debits.",
        links=("https://github.com/frappe/erpnext/issues/59050",),
        steps=(
            step(0, "earn", customer="ann", points=106, order="o1", key="1", channel="POS Invoice"),
            step(1, "redeem", True, customer="ann", points=50, order="o2", key="2", channel="Sales Invoice"),
            step(1, "balance", 56, customer="ann"),
            step(2, "redeem", False, customer="ann", points=60, order="o3", key="3", channel="Sales Invoice"),
        ),
        opinion="A system may keep the points of its documents apart; then the first redemption is refused.",
    ),
    Scenario(
        id="loser-voids-winner",
        title="Two checkouts of one customer: the one that fails lets go what the other has paid with.",
        links=(
            "https://github.com/saleor/saleor/pull/15855",
            "https://github.com/django-oscar/django-oscar/issues/4612",
            "https://github.com/medusajs/medusa/issues/13451",
        ),
        steps=(
            step(0, "earn", customer="ann", points=100, order="o1", key="1"),
            step(1, "reserve", True, customer="ann", points=80, hold="a", ends_at=2, key="2"),
            step(1, "reserve", False, customer="ann", points=80, hold="b", ends_at=2, key="3"),
            step(1, "void", False, hold="b", key="4"),
            step(1, "balance", 20, customer="ann"),
            step(1, "capture", True, hold="a", key="5"),
            step(1, "void", False, hold="a", key="6"),
            step(1, "balance", 20, customer="ann"),
            step(9, "balance", 20, customer="ann"),
        ),
    ),
    Scenario(
        id="captured-twice",
        title="A payment in two steps spends twice.",
        links=("https://github.com/saleor/saleor/issues/8219",),
        steps=(
            step(0, "earn", customer="ann", points=100, order="o1", key="1"),
            step(1, "reserve", True, customer="ann", points=30, hold="a", ends_at=5, key="2"),
            step(2, "capture", True, hold="a", key="3"),
            step(2, "capture", False, hold="a", key="4"),
            step(2, "balance", 70, customer="ann"),
        ),
    ),
    Scenario(
        id="reserved-for-ever",
        title="What a checkout set aside stays set aside when nobody comes back, or is spent after its time.",
        links=("https://github.com/saleor/saleor/issues/544",),
        steps=(
            step(0, "earn", customer="ann", points=100, order="o1", key="1"),
            step(1, "reserve", True, customer="ann", points=30, hold="a", ends_at=2, key="2"),
            step(1, "balance", 70, customer="ann"),
            step(2, "balance", 100, customer="ann"),
            step(2, "capture", False, hold="a", key="3"),
            step(2, "balance", 100, customer="ann"),
        ),
    ),
)
