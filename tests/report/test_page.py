"""The page is complete in itself, well formed, and shows outside text as text."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from html.parser import HTMLParser

import attrs
import pytest

from retailcrm.domain.labels import Label
from retailcrm.errors import MissingExtraError, SettingsError
from retailcrm.report import DEFAULT, render_page
from retailcrm.report.cells import write_cell
from retailcrm.report.parts import Chart, Column, Paragraph, Row, Section, SectionBody, Table

VOID = {"meta", "link", "br", "img", "input"}


class Page(HTMLParser):
    """A page taken apart: its elements, their attributes and their texts."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.open: list[str] = []
        self.misnested: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag == "script":
            self.scripts.append((dict(attributes), ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.misnested.append(tag)

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            attributes, text = self.scripts.pop()
            self.scripts.append((attributes, text + data))
        elif data.strip():
            self.texts.append((self.open[-1] if self.open else "", data.strip()))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(params=["zh", "en"])
def lang(request) -> str:
    """Give each language."""
    return request.param


def test_the_page_is_well_formed(sample, lang):
    """Every element closes where it should, ids differ, and links within lead somewhere."""
    page = Page(render_page(sample, lang=lang))
    assert page.open == page.misnested == []
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [attributes["href"] for attributes in page.all("a")]
    assert {link.removeprefix("#") for link in links} <= set(ids)
    labelled = [a["aria-labelledby"] for _, a in page.elements if "aria-labelledby" in a]
    assert set(labelled) <= set(ids)


def test_the_page_is_made_for_readers_of_its_language(sample, lang):
    """The language is declared, the headings run h1 then h2s, nav names every section."""
    page = Page(render_page(sample, lang=lang))
    assert page.all("html") == [{"lang": "zh-CN" if lang == "zh" else "en"}]
    headings = [tag for tag, _ in page.elements if tag in ("h1", "h2", "h3")]
    assert [tag for tag in headings if tag != "h3"] == ["h1"] + ["h2"] * len(DEFAULT)
    assert headings[:2] == ["h1", "h2"]
    titles = [text for tag, text in page.texts if tag == "h2"]
    assert titles == [getattr(section.title, lang) for section in DEFAULT]


def test_the_contents_name_chapters_and_their_sections(sample):
    """Sections of a chapter stand under it, a section without one stands for itself; all are links."""
    page = Page(render_page(sample, lang="en"))
    links = [text for tag, text in page.texts if tag == "a"][1:]
    assert links[:6] == ["Overview", "Key figures", "Against the period before", "What to do first",
                         "Month by month", "Customers"]  # fmt: skip
    targets = [attributes["href"] for attributes in page.all("a")][1:]
    assert set(targets) == {f"#{section.key}" for section in DEFAULT}
    assert targets[0] == targets[1] == "#headline"


def test_a_shop_of_orders_alone_has_no_empty_sections(bare):
    """What no file tells has neither a heading nor a link, and nothing on the page says so."""
    page = Page(render_page(bare, lang="en"))
    shown = [attributes["id"] for attributes in page.all("section")]
    assert shown == [
        "headline", "advice", "months", "segments", "activity", "value", "concentration", "quality", "policy",
    ]  # fmt: skip
    assert {attributes["href"] for attributes in page.all("a")} == {"#report", *(f"#{key}" for key in shown)}


def test_tables_have_captions_and_scopes(sample):
    """Each table says what it is; header cells say what they head."""
    page = Page(render_page(sample))
    assert len(page.all("table")) == len(page.all("caption")) == 36
    assert {attributes.get("scope") for attributes in page.all("th")} == {"col", "row"}


def test_charts_have_text_alternatives(sample):
    """Each chart is an image with a sentence."""
    plots = [a for a in Page(render_page(sample, lang="en")).all("div") if "data-figure" in a]
    assert len(plots) == 22
    assert all(a["role"] == "img" and len(a["aria-label"]) > 20 for a in plots)


def test_nothing_is_fetched(sample, lang):
    """No element names an address, and the policy allows none."""
    page = Page(render_page(sample, lang=lang))
    for tag, attributes in page.elements:
        for name in ("src", "href", "action", "data", "srcset", "poster"):
            assert attributes.get(name, "#").startswith(("#", "data:")), tag
    (policy,) = (a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["img-src"] == "data:"
    assert "connect-src" not in rules  # falls back to none


def test_only_our_scripts_may_run(sample):
    """The policy names each script of the page by its hash, and no other."""
    page = Page(render_page(sample))
    (policy,) = (a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    allowed = policy.split("script-src ")[1].split(";")[0].split()
    runnable = [text for attributes, text in page.scripts if "type" not in attributes]
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in runnable]
    assert allowed == [f"'sha256-{value}'" for value in hashes]
    assert len(runnable) == 2


def test_the_same_data_give_the_same_bytes_under_six_megabytes(sample, lang):
    """The page is a pure function of its data, and small enough to send around."""
    page = render_page(sample, lang=lang)
    assert page == render_page(sample, lang=lang)
    assert len(page.encode()) < 6_000_000


def test_outside_text_is_shown_as_text(hostile, hostile_text, sample):
    """A shop named like a script gains no element, no script and no attribute."""
    page, plain = Page(render_page(hostile)), Page(render_page(sample))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    assert [set(a) for _, a in page.elements] == [set(a) for _, a in plain.elements]
    assert ("h1", hostile_text) in page.texts
    assert [text for tag, text in page.texts if tag == "th"].count(
        hostile_text
    ) >= 8 + 3 + 4 + 4 + 15 + 8 + 4 + 8 + 4
    figures = [text for attributes, text in page.scripts if attributes.get("type") == "application/json"]
    assert len(figures) == 22 + 1
    for text in figures:
        json.loads(text)
        assert "<" not in text


def test_an_empty_shop_has_a_page(empty, lang):
    """A shop without an order gets its page, with dashes and sentences and no chart."""
    page = Page(render_page(empty, lang=lang))
    assert [attributes["id"] for attributes in page.all("section")] == ["headline", "advice"]
    assert not [a for a in page.all("div") if "data-figure" in a]
    assert [text for tag, text in page.texts if tag == "dd"].count("–") == 6


def test_sections_can_be_added_and_left_out(sample):
    """A plug-in's section stands where it is put; the rest of the page makes room."""

    def body(data, lang):
        rows = (Row(cells=("浙江", 3, None)),)
        columns = (
            Column(title="省"),
            Column(title="订单", cells="count"),
            Column(title="占比", cells="share"),
        )
        return SectionBody(
            (Paragraph(text=f"{data.shop} {lang}"), Table(caption="<地区>", columns=columns, rows=rows))
        )

    regions = Section("regions", Label(zh="地区", en="Regions"), body)
    page = Page(render_page(sample, sections=(DEFAULT[0], regions)))
    assert [text for tag, text in page.texts if tag == "h2"] == ["核心指标", "地区"]
    assert ("caption", "<地区>") in page.texts
    assert ("p", "山里红零食铺 zh") in page.texts


def test_keys_must_differ(sample):
    """Two sections, or two charts, of one key are refused by name."""
    with pytest.raises(SettingsError, match="two sections of the report have the key 'headline'"):
        render_page(sample, sections=(DEFAULT[0], DEFAULT[0]))

    chart = Chart(key="c", figure={"data": [], "layout": {}}, alternative="x")
    twice = Section("s", Label(zh="", en=""), lambda _data, _lang: SectionBody((chart, chart)))
    with pytest.raises(SettingsError, match="two charts of the report have the key 'c'"):
        render_page(sample, sections=(twice,))


def test_an_unknown_language_is_refused(sample):
    """The message lists the languages there are."""
    with pytest.raises(SettingsError, match="zh, en, not 'fr'"):
        render_page(sample, lang="fr")


@pytest.mark.parametrize("module", ["jinja2", "plotly.offline"])
def test_a_missing_library_names_the_extra(sample, monkeypatch, module):
    """Without the shop extra the error says what to install."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'retailcrm-core\[shop\]'"):
        render_page(sample)


def test_importing_the_report_loads_neither_library():
    """The report's values can be made, and its sections named, with the base install alone."""
    import subprocess

    code = "import sys, retailcrm.report; print({'jinja2', 'plotly'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("cell", "kind", "text"),
    [
        ("<b>", "text", "<b>"),
        (1234, "count", "1,234"),
        (-1234, "money", "−¥12.34"),
        (0.5, "share", "50.0%"),
        (36.8, "days", "37"),
        (0.5, "rate", "50.0%"),
        (1.1667, "ratio", "1.17"),
        (9.26, "hours", "9.3\N{NO-BREAK SPACE}小时"),
        (-0.05, "growth", "▼\N{NO-BREAK SPACE}−5.0%"),
        (0.012, "points", "▲\N{NO-BREAK SPACE}+1.2\N{NO-BREAK SPACE}个百分点"),
        (None, "money", "–"),
        ("", "note", ""),
    ],
)
def test_cells_are_written_by_their_kind(cell, kind, text):
    """Each kind has its form, missing values a dash."""
    assert write_cell(cell, kind, "CNY") == text


def test_share_bars_stay_within_their_cells(sample):
    """A share outside 0 to 1, as refunds can make it, is written in full and drawn to the edge."""
    rows = tuple(
        attrs.evolve(row, net=net) for row, net in zip(sample.segments[:2], (-100, 300), strict=True)
    )
    page = Page(render_page(attrs.evolve(sample, segments=rows)))
    parts = [a["style"] for a in page.all("td") if a.get("class") == "share number"][:4]
    assert ["−50.0%" in {text for _, text in page.texts}, parts[1], parts[3]] == [
        True,
        "--part:0.000",
        "--part:1.000",
    ]
