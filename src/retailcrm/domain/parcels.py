"""Parcels: what happens to one between the shop and its buyer."""

from __future__ import annotations

from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from retailcrm.domain.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping


class ParcelEvent(IntEnum):
    """What can happen to a parcel, in the order in which it usually does."""

    SHIPPED = 0
    """It left the shop."""

    ARRIVED = 1
    """It reached the buyer's town or pick-up point."""

    ATTEMPT_FAILED = 2
    """The courier came in vain."""

    UNREACHABLE = 3
    """The courier called and nobody answered: the planner of messages avoids that number."""

    SIGNED = 4
    """Somebody signed for it."""

    RETURNED = 5
    """It went back to the shop."""


PARCEL_EVENT_LABELS: Final[Mapping[ParcelEvent, Label]] = MappingProxyType(
    {
        ParcelEvent.SHIPPED: Label("已发货", "shipped"),
        ParcelEvent.ARRIVED: Label("已到达", "arrived"),
        ParcelEvent.ATTEMPT_FAILED: Label("派送失败", "attempt failed"),
        ParcelEvent.UNREACHABLE: Label("电话无法接通", "phone unreachable"),
        ParcelEvent.SIGNED: Label("已签收", "signed for"),
        ParcelEvent.RETURNED: Label("已退回", "returned"),
    }
)
"""What each is called."""
