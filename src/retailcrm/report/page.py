"""The page itself: sections through one template into a file that is complete in itself."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from importlib import resources
from typing import TYPE_CHECKING, Final

from retailcrm.errors import MissingExtraError, SettingsError
from retailcrm.report.cells import NUMERIC, write_cell
from retailcrm.report.data import LANGS, Lang, ReportData, pick
from retailcrm.report.labels import say
from retailcrm.report.palette import DARK, FONTS, LIGHT, PALETTES
from retailcrm.report.parts import Chart, Part, Section, SectionBody
from retailcrm.report.sections import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import jinja2

    from retailcrm.domain.labels import Label

HTML_LANG: Final[Mapping[Lang, str]] = {"zh": "zh-CN", "en": "en"}
"""What a browser and a screen reader need to know of the language; it also picks the glyph forms."""


def render_page(data: ReportData, *, lang: Lang = "zh", sections: Sequence[Section] = DEFAULT) -> str:
    """Write the report as one HTML page that opens offline and connects to nothing.

    The page carries its style sheet, Plotly's JavaScript and its figures, and a content security
    policy that lets nothing else load or run. The same data give the same page, to the byte.

    Args:
        data: The figures.
        lang: Language of the page.
        sections: What it shows, top to bottom; keys must differ. A section without parts for these data
            is left out, its link too. Those of plug-ins come through
            :func:`retailcrm.report.sections_with`.

    Returns:
        The page; write it as UTF-8.

    Raises:
        MissingExtraError: Jinja2 or Plotly is not installed.
        SettingsError: Unknown language, or two sections or charts share a key.

    Example:
        >>> from retailcrm.report.data import Headline
        >>> headline = Headline(customers=1, orders=2, gross=2500, refunded=500, net=2000, aov=1000,
        ...     per_buyer=2000, repurchase_rate=1.0, top_share=None, returning_share=1.0, gini=None)
        >>> page = render_page(ReportData(shop="小店", as_of="2024-04-01", zone="Asia/Shanghai",
        ...                               currency="CNY", headline=headline))
        >>> page.startswith("<!DOCTYPE html>"), "¥20.00" in page
        (True, True)
    """
    if lang not in LANGS:
        raise SettingsError(f"a report is written in one of {', '.join(LANGS)}, not {lang!r}")
    environment, plotly_js = _environment(data.currency, lang), _plotly_js()
    bodies = filled(data, lang, sections)
    script = _asset("page.js")
    return environment.get_template("page.html.j2").render(
        data=data,
        lang=lang,
        html_lang=HTML_LANG[lang],
        pick=pick,
        say=lambda key, **values: say(lang, key, **values),
        bodies=bodies,
        chapters=_chapters([section for section, _ in bodies]),
        runs=_runs,
        css=_asset("page.css"),
        fonts=FONTS[lang],
        light=LIGHT,
        dark=DARK,
        palettes=PALETTES,
        plotly_js=plotly_js,
        script=script,
        script_hashes=[_content_hash(plotly_js), _content_hash(script)],
        numeric=NUMERIC,
    )


def filled(data: ReportData, lang: Lang, sections: Sequence[Section]) -> list[tuple[Section, SectionBody]]:
    """Render the sections, and keep those that have something to show.

    Raises:
        SettingsError: Two sections, or two charts, share a key.
    """
    _refuse_twins("sections", [section.key for section in sections])
    bodies = [(section, section.render(data, lang)) for section in sections]
    charts = [part.key for _, body in bodies for part in body.parts if isinstance(part, Chart)]
    _refuse_twins("charts", charts)
    return [(section, body) for section, body in bodies if body.parts]


def _chapters(sections: Sequence[Section]) -> list[tuple[Label, list[Section]]]:
    """Group sections of one chapter that follow each other; without one, a section stands alone."""
    groups: list[tuple[Label, list[Section]]] = []
    for section in sections:
        title = section.chapter or section.title
        if section.chapter and groups and groups[-1][0] == title:
            groups[-1][1].append(section)
        else:
            groups.append((title, [section]))
    return groups


def _runs(parts: Sequence[Part]) -> list[list[Part]]:
    """Put charts that follow each other together: they stand side by side."""
    runs: list[list[Part]] = []
    for part in parts:
        if runs and isinstance(part, Chart) and isinstance(runs[-1][-1], Chart):
            runs[-1].append(part)
        else:
            runs.append([part])
    return runs


def _environment(currency: str, lang: Lang) -> jinja2.Environment:
    """Set up the template engine: everything is escaped, nothing may be undefined."""
    try:
        import jinja2  # noqa: PLC0415 - part of the [shop] extra
    except ImportError as error:
        raise MissingExtraError("the report", extra="shop") from error
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("retailcrm.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = lambda cell, kind: write_cell(cell, kind, currency, lang)
    # Jinja's own JSON filter escapes what could end a script element; we only keep Chinese readable.
    environment.policies["json.dumps_function"] = json.dumps
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    return environment


def _plotly_js() -> str:
    """Read Plotly's JavaScript out of its Python package."""
    try:
        from plotly.offline import get_plotlyjs  # noqa: PLC0415 - part of the [shop] extra
    except ImportError as error:
        raise MissingExtraError("the report", extra="shop") from error
    return str(get_plotlyjs())


def _asset(name: str) -> str:
    """Read one of the files beside the template."""
    return resources.files("retailcrm.report").joinpath("templates", name).read_text(encoding="utf-8")


def _content_hash(script: str) -> str:
    """Name a script for the content security policy, so that it and no other may run."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _refuse_twins(what: str, keys: Sequence[str]) -> None:
    """Refuse two sections or charts of one key: links and drawings would go to the first."""
    twice = [key for key, times in Counter(keys).items() if times > 1]
    if twice:
        raise SettingsError(f"two {what} of the report have the key {twice[0]!r}")
