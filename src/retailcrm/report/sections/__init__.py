"""The sections of the page, and the tuple of those that a report has by default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.report.sections.breakdowns import CATEGORIES, CHANNELS, LEVELS, PEOPLE, REGIONS
from retailcrm.report.sections.customers import ACTIVITY, CONCENTRATION, TIERS, VALUE_CLASSES
from retailcrm.report.sections.goods import FESTIVALS, PRODUCTS, TASTE
from retailcrm.report.sections.ground import COMPLETENESS, POLICY, QUALITY
from retailcrm.report.sections.months import MONTHS
from retailcrm.report.sections.overview import ADVICE, CHANGE, HEADLINE
from retailcrm.report.sections.points import POINTS, POINTS_LAPSE, POINTS_REDEEM
from retailcrm.report.sections.points_books import POINTS_BREAKAGE, POINTS_LIABILITY
from retailcrm.report.sections.registered import registered
from retailcrm.report.sections.segments import MAIN_GROUPS, SEGMENTS
from retailcrm.report.sections.service import REFUNDS, REVIEWS, TIMES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from retailcrm.ports.report_sections import ReportSection
    from retailcrm.report.parts import Section

DEFAULT: Final[tuple[Section, ...]] = (
    HEADLINE,
    CHANGE,
    ADVICE,
    MONTHS,
    SEGMENTS,
    MAIN_GROUPS,
    ACTIVITY,
    VALUE_CLASSES,
    TIERS,
    LEVELS,
    PEOPLE,
    CONCENTRATION,
    POINTS,
    POINTS_LAPSE,
    POINTS_REDEEM,
    POINTS_BREAKAGE,
    POINTS_LIABILITY,
    PRODUCTS,
    CATEGORIES,
    FESTIVALS,
    TASTE,
    REGIONS,
    CHANNELS,
    REFUNDS,
    TIMES,
    REVIEWS,
    COMPLETENESS,
    QUALITY,
    POLICY,
)
"""Top to bottom; add to it, or leave some out, when calling :func:`retailcrm.report.render_page`."""


def sections_with(extra: Iterable[ReportSection]) -> tuple[Section, ...]:
    """Put the sections of plug-ins where they belong: after the figures, before what those rest on.

    Args:
        extra: What plug-ins registered, in the order to show them.

    Returns:
        The default sections with them.

    Raises:
        SettingsError: A section has no usable key or title, or a key that is taken.

    Example:
        >>> sections_with([]) == DEFAULT
        True
    """
    place = DEFAULT.index(COMPLETENESS)
    taken = {section.key for section in DEFAULT}
    return (*DEFAULT[:place], *registered(extra, taken), *DEFAULT[place:])


__all__ = [
    "ACTIVITY",
    "ADVICE",
    "CATEGORIES",
    "CHANGE",
    "CHANNELS",
    "COMPLETENESS",
    "CONCENTRATION",
    "DEFAULT",
    "FESTIVALS",
    "HEADLINE",
    "LEVELS",
    "MAIN_GROUPS",
    "MONTHS",
    "PEOPLE",
    "POINTS",
    "POINTS_BREAKAGE",
    "POINTS_LAPSE",
    "POINTS_LIABILITY",
    "POINTS_REDEEM",
    "POLICY",
    "PRODUCTS",
    "QUALITY",
    "REFUNDS",
    "REGIONS",
    "REVIEWS",
    "SEGMENTS",
    "TASTE",
    "TIERS",
    "TIMES",
    "VALUE_CLASSES",
    "sections_with",
]
