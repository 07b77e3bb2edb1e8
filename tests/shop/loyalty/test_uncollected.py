"""Groups are decided while the collector rests, and it goes on whatever becomes of them."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

import pytest

from retailcrm.errors import StoreError
from retailcrm.ports.outcomes import Done
from retailcrm.shop.loyalty.uncollected import uncollected

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Leave the collector on, as it comes."""
    gc.enable()
    yield
    gc.enable()


def test_it_rests_in_the_block_and_goes_on_after_it() -> None:
    """One block in another changes nothing, and an error ends the rest too."""

    def fail() -> None:
        with uncollected():
            raise StoreError("full")

    with uncollected():
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(StoreError):
        fail()
    assert gc.isenabled()


def test_whoever_turned_it_off_finds_it_off() -> None:
    """It is not ours to turn on."""
    gc.disable()
    with uncollected():
        pass
    assert not gc.isenabled()


def test_a_group_is_decided_while_it_rests(shop: Any) -> None:
    """Between two groups, where the caller's own code runs, it is on."""
    inside: list[bool] = []

    def redeem(verbs: Any, key: str) -> Any:
        inside.append(gc.isenabled())
        return verbs.redeem("ann", 1, key=key)

    between = []
    for group in shop.loyalty.batch([lambda verbs, n=n: redeem(verbs, f"k{n}") for n in range(4)], size=2):
        assert [type(one) for one in group] == [Done, Done]
        between.append(gc.isenabled())
    assert inside == [False] * 4
    assert between == [True, True]
