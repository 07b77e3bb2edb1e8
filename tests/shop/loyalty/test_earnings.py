"""What orders earned before, read only as far as a command asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from retailcrm.shop.loyalty.homes import Earnings

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.define
class Asked:
    """A ledger of three accounts that notes what it is asked; Bob's points are Ann's today."""

    asked: list[str] = attrs.field(factory=list)
    kept: dict[str, dict[str, str]] = attrs.field(
        factory=lambda: {
            "points/ann": {"1": "of 1", "2": "of 2"},
            "points/bob": {"3": "of 3"},
            "points/cat": {"4": "of 4"},
        }
    )

    def merged(self, _: str) -> Mapping[str, str]:
        """Tell who was merged into whom."""
        return {"points/bob": "points/ann"}

    def awarded(self, wallet: str, reference: str) -> str | None:
        """Tell where an order was awarded."""
        self.asked.append(f"where {reference}")
        homes = (name for name, awards in self.kept.items() if reference in awards)
        return next((name for name in homes if name.startswith(f"{wallet}/")), None)

    def awards(self, account: str) -> Mapping[str, str]:
        """Give what orders earned in an account."""
        self.asked.append(f"all of {account}")
        return self.kept[account]


@pytest.fixture
def ledger() -> Any:
    """Give the ledger."""
    return Asked()


@pytest.fixture
def earned(ledger: Any) -> Any:
    """Give what is Ann's."""
    return Earnings(ledger, "points/ann")


def test_of_a_new_order_nothing_else_is_read(ledger: Any, earned: Any) -> None:
    """One question tells that it was awarded nowhere, and is asked once."""
    assert [earned.get("9"), earned.home("9"), "9" in earned] == [None, None, False]
    assert ledger.asked == ["where 9"]


def test_orders_that_are_known_are_read_together(ledger: Any, earned: Any) -> None:
    """After the first nobody asks where the others of its account are."""
    assert [earned["1"], earned["2"], earned.home("2")] == ["of 1", "of 2", "points/ann"]
    assert ledger.asked == ["where 1", "all of points/ann"]


def test_what_was_merged_in_is_hers_and_nothing_else(ledger: Any, earned: Any) -> None:
    """Bob's order is among hers; Cat's is awarded, but somewhere else."""
    assert dict(earned) == {"1": "of 1", "2": "of 2", "3": "of 3"}
    assert len(earned) == 3
    assert [earned.home("3"), earned.home("4")] == ["points/bob", "points/cat"]
    with pytest.raises(KeyError):
        earned["4"]
    assert ledger.asked == ["all of points/ann", "all of points/bob", "where 4"]
