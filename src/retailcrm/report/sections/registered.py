"""Sections that plug-ins registered, checked before they reach the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.domain.labels import Label
from retailcrm.errors import SettingsError
from retailcrm.report.parts import Section, SectionBody

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from retailcrm.ports.report_sections import ReportSection
    from retailcrm.report.data import Lang, ReportData


def registered(extra: Iterable[ReportSection], taken: Collection[str]) -> Iterator[Section]:
    """Take what plug-ins registered, each under its own key.

    Args:
        extra: Their sections.
        taken: Keys that the page has already.

    Yields:
        The same as values of the page.

    Raises:
        SettingsError: A section has no usable key or title, or a key that is taken.
    """
    keys = set(taken)
    for section in extra:
        if section.key in keys:
            raise SettingsError(f"a plugin's report section has the key {section.key!r}, which is taken")
        keys.add(section.key)
        title, chapter = _label(section, section.title), getattr(section, "chapter", None)
        try:
            yield Section(section.key, title, _checked(section), chapter=chapter)
        except (TypeError, ValueError) as error:
            raise SettingsError(
                f"the report section {section.key!r} of a plugin needs a key of letters, digits and hyphens"
            ) from error


def _label(section: ReportSection, title: object) -> Label:
    """Refuse a title that is not in both languages."""
    if isinstance(title, Label):
        return title
    raise SettingsError(
        f"the title of the plugin's report section {section.key!r} is a Label with zh and en, not {title!r}"
    )


def _checked(section: ReportSection) -> Callable[[ReportData, Lang], SectionBody]:
    """Name the section where it returns what the page cannot show."""

    def render(data: ReportData, lang: Lang) -> SectionBody:
        body = section.render(data, lang)
        if not isinstance(body, SectionBody):
            raise SettingsError(
                f"the plugin's report section {section.key!r} returned {type(body).__name__}, "
                "not a SectionBody"
            )
        return body

    return render
