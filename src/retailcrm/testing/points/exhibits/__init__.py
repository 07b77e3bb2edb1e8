"""The exhibits, room by room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.testing.points.exhibits import amounts, expiry, refunds, repeats

if TYPE_CHECKING:
    from retailcrm.testing.points.scenarios import Scenario

SCENARIOS: Final[tuple[Scenario, ...]] = (
    *expiry.SCENARIOS,
    *refunds.SCENARIOS,
    *repeats.SCENARIOS,
    *amounts.SCENARIOS,
)
"""All of them."""
