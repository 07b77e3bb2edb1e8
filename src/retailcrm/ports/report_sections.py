"""The port of a report section: one more part of the shop's report, in its page and its workbook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from retailcrm.domain.labels import Label


class Body(Protocol):
    """What a section shows; :class:`retailcrm.report.parts.SectionBody` is one."""

    @property
    def parts(self) -> Sequence[Any]:
        """Paragraphs, cards, tables and charts, top to bottom; none leaves the section out."""
        ...

    @property
    def beside(self) -> bool:
        """Put charts at the left and what follows them at the right where there is room."""
        ...


class ReportSection(Protocol):
    """Turns the report's figures into something to read; it never writes HTML."""

    @property
    def key(self) -> str:
        """Unique on the page; letters, digits and hyphens. Also the link to the section."""
        ...

    @property
    def title(self) -> Label:
        """Its heading, in both languages."""
        ...

    def render(self, data: Any, lang: Literal["zh", "en"], /) -> Body:  # noqa: ANN401 - this floor lies under the report
        """Make the section's body.

        Args:
            data: The figures, a :class:`retailcrm.report.ReportData`. Treat what it may lack as
                missing: most of it is empty where the shop's files do not tell.
            lang: Language of the page.

        Returns:
            A :class:`retailcrm.report.parts.SectionBody`; without parts, the section is left out.
        """
        ...
