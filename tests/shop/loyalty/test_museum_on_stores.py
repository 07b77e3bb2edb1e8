"""The museum's bugs are none of a whole shop's, wherever it is kept."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from tests.shop.loyalty.museum import ShopPoints

from retailcrm.testing.points import SCENARIOS, check, missing, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from retailcrm.testing.points import Scenario

NIGHTLY = settings.get_profile("nightly").max_examples


@pytest.fixture(scope="module", params=["memory", "sqlite", "postgresql"])
def system(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], ShopPoints]]:
    """Give what opens a shop with nobody in it; all are in one place."""
    url, numbers, opened = "memory:", count(), []
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('museum')}/shops.db"
    if request.param == "postgresql":
        from tests.postgres import fresh_database

        place = fresh_database(request.getfixturevalue("postgres_server"))
        url = place.__enter__()

    def make() -> ShopPoints:
        opened.append(ShopPoints(url, f"shop{next(numbers)}"))
        return opened[-1]

    yield make
    for one in opened:
        one.shop.close()
    if request.param == "postgresql":
        place.__exit__(None, None, None)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_a_shop_has_none_of_the_bugs(scenario: Scenario, system: Callable[[], ShopPoints]) -> None:
    """It offers all that the exhibit asks for, and every step comes to what it must."""
    shop = system()
    assert not missing(scenario, shop)
    assert run(scenario, shop) is None


def test_a_shop_keeps_the_laws(system: Callable[[], ShopPoints]) -> None:
    """Drawn operations come to what a plain system comes to."""
    nightly = settings().max_examples == NIGHTLY
    assert check(system, seed=5, runs=40 if nightly else 2, steps=50 if nightly else 40) is None
