"""Laws tried by a seed: our rules keep them, and systems with a bug do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from retailcrm.testing.points import RetailcrmPoints, check, toys
from retailcrm.testing.points.laws import LAWS, SENTENCES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from retailcrm.testing.points.plain import Plain

BREAKS = {
    toys.BalanceCollapse: {"L1", "L2", "L3", "L4", "L5"},
    toys.LatestLapsesFirst: {"L2", "L3", "L4", "L1"},
    toys.ExpiryUnread: {"L3"},
    toys.PendingSpent: {"L1"},
    toys.CollapsedExpiries: {"L3", "L4", "L5"},
    toys.RefundKeepsPoints: {"L3", "L5"},
    toys.OneRefundEver: {"L3", "L5"},
    toys.ReturnedTwice: {"L5"},
    toys.KeysUnread: {"L3", "L6"},
    toys.TwoDocuments: {"L2"},
    toys.CapturedTwice: {"L4"},
    toys.ReservedForEver: {"L3"},
}
"""Toys, and the laws that may be the first to be seen broken: what waits is seen when its time comes."""


@pytest.mark.parametrize("seed", range(3))
def test_our_rules_keep_the_laws(seed: int) -> None:
    """The pure core and a plain system answer alike, whatever is drawn."""
    assert check(RetailcrmPoints, seed=seed, runs=60) is None


@pytest.mark.parametrize("toy", BREAKS, ids=lambda toy: toy.__name__)
def test_a_toy_breaks_a_law(toy: type[Plain]) -> None:
    """The laws find a toy's bug without knowing its scenario."""
    finding = check(toy)
    assert finding is not None
    assert finding.scenario in BREAKS[toy]
    assert finding.law == SENTENCES[finding.scenario]


def test_a_finding_can_be_done_again() -> None:
    """The law's sentence and every step before: the first that earns is there, the one that fails is not."""
    finding = check(toys.ExpiryUnread, seed=3)
    assert finding is not None
    assert finding.law == "Points are spent once, before they lapse, those first that lapse first."
    assert len(finding.before) >= finding.step
    assert finding.before[1].startswith("earn(customer=bob, points=22")
    assert set(LAWS.values()) < set(SENTENCES)


class Journalled(RetailcrmPoints):
    """Ours with a journal that is spoiled."""

    def spoil(self, lines: list[tuple[int, datetime, str]]) -> list[tuple[int, datetime, str]]:
        return lines

    def journal(self, customer: str) -> Sequence[tuple[int, datetime, str]]:
        return self.spoil(list(super().journal(customer)))


class Gap(Journalled):
    """A version is left out."""

    def spoil(self, lines: list[Any]) -> list[Any]:
        return [(version + (version > 3), at, text) for version, at, text in lines]


class Still(Journalled):
    """All was written at one moment."""

    def spoil(self, lines: list[Any]) -> list[Any]:
        return [(version, lines[0][1], text) for version, _, text in lines]


class Edited(Journalled):
    """The first line changes with time."""

    def spoil(self, lines: list[Any]) -> list[Any]:
        return [(1, lines[0][1], f"{len(lines)} lines"), *lines[1:]] if lines else []


@pytest.mark.parametrize(("journal", "law"), [(Gap, "L8"), (Still, "L8"), (Edited, "L9")])
def test_a_spoiled_journal_is_found(journal: type[Journalled], law: str) -> None:
    """Gaps, moments that do not rise and lines that change are findings."""
    finding = check(journal)
    assert finding is not None
    assert finding.scenario == law


def test_the_same_seed_tries_the_same() -> None:
    """A finding can be had again from its seed."""
    assert check(toys.KeysUnread, seed=7) == check(toys.KeysUnread, seed=7)
