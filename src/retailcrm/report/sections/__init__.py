"""The sections of the page, and the tuple of those that a report has by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.report.sections.customers import ACTIVITY, CONCENTRATION, SEGMENTS, TIERS, VALUE_CLASSES
from retailcrm.report.sections.ground import POLICY, QUALITY
from retailcrm.report.sections.overview import ADVICE, HEADLINE, MONTHS

if TYPE_CHECKING:
    from retailcrm.report.parts import Section

DEFAULT: Final[tuple[Section, ...]] = (
    HEADLINE,
    ADVICE,
    MONTHS,
    SEGMENTS,
    ACTIVITY,
    VALUE_CLASSES,
    TIERS,
    CONCENTRATION,
    QUALITY,
    POLICY,
)
"""Top to bottom; add to it, or leave some out, when calling :func:`retailcrm.report.render_page`."""

__all__ = [
    "ACTIVITY",
    "ADVICE",
    "CONCENTRATION",
    "DEFAULT",
    "HEADLINE",
    "MONTHS",
    "POLICY",
    "QUALITY",
    "SEGMENTS",
    "TIERS",
    "VALUE_CLASSES",
]
