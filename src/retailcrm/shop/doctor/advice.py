"""What the doctor says: how serious, about what, and what to do."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping


class Level(StrEnum):
    """How serious it is."""

    OK = "ok"
    NOTE = "note"
    """Good to know."""

    WARNING = "warning"
    """It may lose data or show it, some day."""

    ERROR = "error"
    """It does not work, or will lose data."""


LEVELS: Final[Mapping[Level, Label]] = MappingProxyType(
    {
        Level.OK: Label("正常", "ok"),
        Level.NOTE: Label("提示", "note"),
        Level.WARNING: Label("警告", "warning"),
        Level.ERROR: Label("错误", "error"),
    }
)


@attrs.frozen
class Advice:
    """One thing that was looked at.

    Attributes:
        topic: A stable word for what was looked at: ``python``, ``sqlite``, ``fsync`` ...
        level: How serious it is.
        message: What was seen, and what to do where something is to be done.
    """

    topic: str
    level: Level
    message: Label
