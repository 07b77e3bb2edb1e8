"""A reservation that is asked for again says how it stands now."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from retailcrm import open_shop
from retailcrm.domain.identity import Evidence
from retailcrm.errors import IdempotencyConflictError
from retailcrm.shop.policy import policy_from_table

if TYPE_CHECKING:
    from pathlib import Path

    from tests.shop.loyalty.conftest import Clock


@pytest.fixture
def held(make_shop: Any) -> Any:
    """Ann has 100 points, of which 40 are set aside under the key cart."""
    shop = make_shop(reward=[{"id": "mug", "points": 20}])
    shop.loyalty.adjust("ann", 100, key="start", reason="start", actor="li")
    shop.loyalty.reserve("ann", 40, key="cart")
    return shop


def again(shop: Any) -> tuple[bool, int, str]:
    """Ask for the reservation once more."""
    done = shop.loyalty.reserve("ann", 40, key="cart")
    return done.repeated, done.points, done.detail["state"]


def test_it_is_open_at_first(held: Any) -> None:
    """The first answer says open, and so does the second as long as the points are held."""
    assert held.loyalty.reserve("ann", 10, key="other").detail["state"] == "open"
    assert again(held) == (True, 40, "open")
    assert held.loyalty.balance("ann").held == 50


@pytest.mark.parametrize("points", [None, 15])
def test_it_was_captured(held: Any, points: int | None) -> None:
    """All of it or a part was spent: nothing is held."""
    held.loyalty.capture("cart", key="paid", points=points)
    assert again(held) == (True, 40, "captured")
    assert held.loyalty.balance("ann").held == 0


def test_it_was_let_go(held: Any) -> None:
    """After a void nothing is held, and the answer does not say so either."""
    held.loyalty.void("cart", key="no")
    assert again(held) == (True, 40, "void")


@pytest.mark.parametrize("written", [False, True])
def test_its_time_is_over(held: Any, clock: Clock, *, written: bool) -> None:
    """After half an hour it is void, whether anybody wrote that or not; another's capture changes nothing."""
    held.loyalty.reserve("ann", 10, key="long")
    clock.now += timedelta(minutes=29, seconds=59)
    assert again(held)[2] == "open"
    if written:
        held.loyalty.capture("long", key="paid")
    clock.now += timedelta(seconds=1)
    if written:
        held.loyalty.redeem("ann", 1, key="touched")
    assert again(held)[2] == "void"


def test_it_went_with_a_merge(held: Any) -> None:
    """Ann and Bob are one: what is held is held there, and what is captured there is told."""
    held.customers.decided.merge(
        "bob", "ann", evidence=(Evidence.stated("one"),), actor="li", at=datetime(2024, 4, 1, tzinfo=UTC)
    )
    assert held.loyalty.balance("bob").held == 40
    assert again(held)[2] == "open"
    held.loyalty.capture("cart", key="paid")
    assert again(held)[2] == "captured"


def test_rewards_that_are_set_aside_say_it_too(held: Any) -> None:
    """A mug is set aside, then let go."""
    rewards = held.loyalty.rewards
    assert rewards.reserve("ann", "mug", key="mug").detail["state"] == "open"
    rewards.void("mug", key="no")
    assert rewards.reserve("ann", "mug", key="mug").detail["state"] == "void"


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgresql"])
def test_points_and_rewards_that_are_set_aside_share_their_names(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, clock: Clock
) -> None:
    """Bob's mug under the key of Ann's cart would let her capture his points; it is free for nobody else."""
    url = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path}/shop.db"}.get(kind)
    rules = policy_from_table({"shop": {"zone": "UTC"}, "points": {"reward": [{"id": "mug", "points": 20}]}})
    with closing(
        open_shop(url or request.getfixturevalue("postgres_url"), policy=rules, clock=clock)
    ) as shop:
        points, rewards = shop.loyalty, shop.loyalty.rewards
        for who in ("ann", "bob"):
            points.adjust(who, 100, key=who, reason="start", actor="li")
        points.reserve("ann", 40, key="cart")
        rewards.reserve("bob", "mug", key="mug")
        for who in ("ann", "bob"):
            with pytest.raises(IdempotencyConflictError, match="another reservation"):
                rewards.reserve(who, "mug", key="cart")
            with pytest.raises(IdempotencyConflictError, match="another reservation"):
                points.reserve(who, 5, key="mug")
        (group,) = points.batch([lambda verbs: verbs.rewards.reserve("bob", "mug", key="cart")])
        assert isinstance(group[0], IdempotencyConflictError)
        captured = points.capture("cart", key="paid")
        assert (captured.account, captured.points) == ("points/ann", 40)
        # What was captured keeps its name.
        with pytest.raises(IdempotencyConflictError, match="another reservation"):
            rewards.reserve("bob", "mug", key="cart")
        assert (points.balance("ann").available, points.balance("bob").available) == (60, 80)


def test_a_reward_that_is_set_aside_goes_with_a_merge(make_shop: Any) -> None:
    """Two mugs for each: Bob's, set aside before, are Ann's two, and she gets them."""
    shop = make_shop(reward=[{"id": "mug", "points": 20, "each": 2, "stock": 5}])
    for who in ("ann", "bob"):
        shop.loyalty.adjust(who, 100, key=who, reason="start", actor="li")
    shop.loyalty.rewards.reserve("bob", "mug", pieces=2, key="mugs")
    shop.customers.decided.merge(
        "ann", "bob", evidence=(Evidence.stated("one"),), actor="li", at=datetime(2024, 4, 1, tzinfo=UTC)
    )
    assert shop.loyalty.rewards.buy("ann", "mug", key="third").limit == "each"
    assert shop.loyalty.rewards.left("mug") == 3
    taken = shop.loyalty.rewards.capture("mugs", key="paid")
    assert (taken.points, taken.detail["pieces"]) == (40, 2)
    assert (shop.loyalty.balance("ann").available, shop.loyalty.balance("ann").held) == (160, 0)
    assert shop.loyalty.rewards.left("mug") == 3
    assert shop.loyalty.rewards.buy("bob", "mug", key="third").limit == "each"


def test_a_store_says_the_same(tmp_path: Path, clock: Clock) -> None:
    """On SQLite, alone and in a batch: first open, then void."""
    rules = policy_from_table({"shop": {"zone": "UTC"}, "points": {}})
    with closing(open_shop(f"sqlite:///{tmp_path}/shop.db", policy=rules, clock=clock)) as shop:
        shop.loyalty.adjust("ann", 100, key="start", reason="start", actor="li")
        commands = [
            lambda points: points.reserve("ann", 40, key="cart"),
            lambda points: points.void("cart", key="no"),
            lambda points: points.reserve("ann", 40, key="cart"),
        ]
        ((first, _, second),) = shop.loyalty.batch(commands)
        assert (first.detail["state"], second.detail["state"]) == ("open", "void")
        assert again(shop) == (True, 40, "void")
