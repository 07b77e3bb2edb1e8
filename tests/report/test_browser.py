"""The page as a reader meets it: opened from disk in a real browser, without a network."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

from retailcrm.report import render_page

pytestmark = pytest.mark.browser

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# Marks of each chart of the sample: 18 months x 4 series; 8 segments and their root, drawn as their
# borders; groups x 2 shares, ten provinces x 1; the curve, the even line, the area between, the 20 %
# point; points of 18 months x 5 series, less 6 months in which none lapsed, and ten rows of expiry; a
# point, its whiskers and what joins the points; the parts of seven fields that are not empty: known 6,
# masked 3, missing 7.
MARKS = {
    "months": 72, "segments": 9, "main-groups": 8, "activity": 6, "value": 8, "tiers": 8, "by-level": 6,
    "by-gender": 4, "by-age": 10, "concentration": 4,
    "points-months": 84, "points-expiry": 10, "by-category": 8, "festivals": 16, "by-region": 6,
    "by-province": 10, "by-channel": 6, "refund-months": 18, "refund-reasons": 7, "review-months": 35,
    "review-products": 8, "completeness": 16,
}  # fmt: skip

COUNT_MARKS = """() => Object.fromEntries([...document.querySelectorAll(".plot")].map((plot) => {
  const marks = plot.querySelectorAll(
    ".barlayer .point path, .treemaplayer .surface, " +
    ".scatterlayer .js-line, .scatterlayer .js-fill, .scatterlayer .point, .errorbars .xerror, " +
    ".errorbars .yerror"
  );
  const drawn = [...marks].filter((mark) => {
    const box = mark.getBoundingClientRect();
    const style = getComputedStyle(mark);
    const painted = style.stroke !== "none" || (style.fill !== "none" && style.fillOpacity !== "0");
    return box.width > 1 && box.height > 1 && painted;
  });
  return [plot.id.replace("plot-", ""), drawn.length];
}))"""

# A character without a glyph is drawn as the same box as a code point that can have none.
FIND_TOFU = """(extra) => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 40;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.font = `24px ${getComputedStyle(document.body).fontFamily}`;
  const draw = (character) => {
    context.clearRect(0, 0, 40, 40);
    context.fillText(character, 4, 30);
    return context.getImageData(0, 0, 40, 40).data.join();
  };
  const boxes = new Set(["\\uFFFF", "\\u{10FFFF}"].map(draw));
  const shown = [...document.querySelectorAll("svg text, title")].map((node) => node.textContent);
  const text = document.body.innerText + shown.join("") + extra;
  return [...new Set(text)].filter((character) => character.trim() && boxes.has(draw(character)));
}"""

# Contrast of every text with the first opaque background under it, by WCAG 2.2.
LOWEST_CONTRAST = """() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (rgb) => {
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb.slice(0, 3).map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const under = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const texts = [...document.querySelectorAll("body *:not(script):not(svg *)")].filter(
    (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim())
  );
  return Math.min(...texts.map((node) => {
    const colours = [parse(getComputedStyle(node).color), under(node)];
    const [a, b] = colours.map(luminance).sort((x, y) => x - y);
    return (b + 0.05) / (a + 0.05);
  }));
}"""


@pytest.fixture(scope="module")
def browser():
    """Start a system Chromium."""
    named = os.environ.get("RETAILCRM_CHROMIUM")
    found = named or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if not found:
        pytest.skip("no Chromium: set RETAILCRM_CHROMIUM or install one")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


PIECE = 4_000
"""Height of a kept picture, in pixels."""


@contextmanager
def opened(
    browser, folder: Path, html: str, *, width: int = 1280, scheme: str = "light", scripts: bool = True
):
    """Open a page from disk; at the end, nothing may have gone to the console or the network."""
    file = folder / "report.html"
    file.write_text(html, encoding="utf-8")
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=scripts
    )
    page = context.new_page()
    noise: list[str] = []
    page.on("console", lambda message: noise.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: noise.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (noise.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: noise.append(f"request: {request.url[:80]}"))
    page.on("requestfailed", lambda request: noise.append(f"failed: {request.url[:80]}"))
    page.goto(file.as_uri())
    yield page
    assert noise == [f"request: {file.as_uri()}"[:89]]
    context.close()


def _until(page, condition: str) -> None:
    """Wait for the page to come to a state (Playwright's own waiting needs what the page forbids)."""
    for _ in range(100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never came true: {condition}")


def _keep(page, name: str) -> None:
    """Keep pictures of the whole page in the folder that RETAILCRM_SCREENSHOTS names, for people to look at.

    In pieces: no picture of a browser may be higher than 16,384 pixels.
    """
    if not (named := os.environ.get("RETAILCRM_SCREENSHOTS")):
        return
    folder = Path(named)
    folder.mkdir(parents=True, exist_ok=True)
    width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    for number, top in enumerate(range(0, height, PIECE), 1):
        piece = {"x": 0, "y": top, "width": width, "height": min(PIECE, height - top)}
        page.screenshot(path=folder / f"{name}-{number}.png", full_page=True, clip=piece)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_chart_draws_and_every_text_can_be_read(browser, tmp_path, sample, *, lang, width, scheme):
    """All marks have a size, no glyph is missing, nothing overflows, and contrast is 4.5 throughout."""
    with opened(browser, tmp_path, render_page(sample, lang=lang), width=width, scheme=scheme) as page:
        assert page.evaluate(COUNT_MARKS) == MARKS
        assert page.evaluate(FIND_TOFU, "") == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(LOWEST_CONTRAST) >= 4.5
        _keep(page, f"report-{lang}-{scheme}-{width}")


def test_a_missing_glyph_would_be_noticed(browser, tmp_path, empty):
    """The search for missing glyphs finds an unassigned code point."""
    with opened(browser, tmp_path, render_page(empty)) as page:
        assert page.evaluate(FIND_TOFU, "\u0378") == ["\u0378"]


def test_the_keyboard_reaches_the_contents(browser, tmp_path, sample):
    """Tab goes to the skip link, then through the contents; Enter goes to a section."""
    with opened(browser, tmp_path, render_page(sample, lang="en")) as page:
        focused = """() => {
          const at = document.activeElement;
          return [at.textContent.trim(), at.getBoundingClientRect().left >= 0];
        }"""
        page.keyboard.press("Tab")
        assert page.evaluate(focused) == ["Skip to the report", True]
        names = []
        for _ in range(7):
            page.keyboard.press("Tab")
            names.append(page.evaluate(focused)[0])
        assert names == [
            "Overview", "Key figures", "Against the period before", "What to do first", "Month by month",
            "Customers", "Segments (RFM)",
        ]  # fmt: skip
        page.keyboard.press("Enter")
        _until(page, "Math.abs(document.getElementById('segments').getBoundingClientRect().top) < 100")
        assert page.url.endswith("#segments")


def test_the_skip_link_leads_into_the_report(browser, tmp_path, sample):
    """After the skip link the next stop lies within the report."""
    with opened(browser, tmp_path, render_page(sample)) as page:
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")


def test_charts_follow_a_change_of_scheme(browser, tmp_path, sample):
    """A reader who switches to dark gets charts in the dark palette without reloading."""
    ink = "getComputedStyle(document.querySelector('#plot-months .xtick text')).fill"
    with opened(browser, tmp_path, render_page(sample)) as page:
        before = page.evaluate(ink)
        page.emulate_media(color_scheme="dark")
        _until(page, f"{ink} !== '{before}'")
        assert (before, page.evaluate(ink)) == ("rgb(84, 98, 107)", "rgb(162, 176, 184)")


def test_charts_follow_a_change_of_width(browser, tmp_path, sample):
    """Turning a tablet redraws charts to the new width."""
    right = "document.querySelector('#plot-segments .main-svg').getBoundingClientRect().right"
    with opened(browser, tmp_path, render_page(sample)) as page:
        page.set_viewport_size({"width": 600, "height": 900})
        _until(page, f"{right} <= 600")
        assert page.evaluate("document.documentElement.scrollWidth") == 600


@pytest.mark.parametrize("width", [1280, 390])
def test_the_keyboard_reaches_everything_that_can_be_worked(browser, tmp_path, sample, width):
    """Tab walks through every visible link, table and fold in the order of the page, and each is marked."""
    every = """() => [...document.querySelectorAll("a[href], summary, .scroll[tabindex]")].filter(
      (node) => node.checkVisibility() && node.getClientRects().length
    ).length"""
    state = """() => {
      const at = document.activeElement;
      const all = [...document.querySelectorAll("*")];
      return [all.indexOf(at), at !== document.body && getComputedStyle(at).outlineStyle !== "none"];
    }"""
    with opened(browser, tmp_path, render_page(sample), width=width) as page:
        places = []
        for _ in range(page.evaluate(every)):
            page.keyboard.press("Tab")
            place, marked = page.evaluate(state)
            assert marked
            places.append(place)
        assert places == sorted(set(places))


def test_a_fold_opens_by_the_keyboard(browser, tmp_path, sample):
    """Enter on the words of a folded table shows it."""
    with opened(browser, tmp_path, render_page(sample)) as page:
        page.locator("#months summary").focus()
        page.keyboard.press("Enter")
        assert page.locator("#months table").is_visible()


def test_nothing_moves_for_who_asked_for_calm(browser, tmp_path, sample):
    """With reduced motion the page jumps instead of gliding, and no chart is animated."""
    glide = "getComputedStyle(document.documentElement).scrollBehavior"
    with opened(browser, tmp_path, render_page(sample)) as page:
        assert page.evaluate(glide) == "smooth"
        page.emulate_media(reduced_motion="reduce")
        assert page.evaluate(glide) == "auto"
        assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_is_cut_off_on_paper(browser, tmp_path, sample, lang):
    """On A4, 180 mm or 680 pixels wide, every table and every chart ends within the page."""
    ends = """() => Math.max(...[...document.querySelectorAll("table, .main-svg")].map(
      (node) => node.getBoundingClientRect().right
    ))"""
    with opened(browser, tmp_path, render_page(sample, lang=lang), width=680) as page:
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(ends) <= 680.5
        _keep(page, f"report-{lang}-print")


def test_the_printed_page_is_light_and_within_its_margins(browser, tmp_path, sample):
    """For the printer charts turn light and fit A4, closed folds stay out; afterwards all is as before."""
    state = """() => ({
      fill: getComputedStyle(document.querySelector("#plot-months .xtick text")).fill,
      open: document.querySelector("details").open,
      folds: [...document.querySelectorAll("details")].filter((item) => item.checkVisibility()).length,
      width: Math.max(...[...document.querySelectorAll(".main-svg")].map((svg) => svg.width.baseVal.value)),
      paper: getComputedStyle(document.body).backgroundColor,
    })"""
    with opened(browser, tmp_path, render_page(sample), scheme="dark") as page:
        before = page.evaluate(state)
        page.evaluate("document.querySelector('#months details').open = true")
        before = page.evaluate(state)
        page.evaluate(f"addEventListener('beforeprint', () => {{ window.during = ({state})(); }})")
        pdf = page.pdf(format="A4", print_background=True)
        during = page.evaluate("window.during")
        assert pdf.startswith(b"%PDF")
        assert 8 <= pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") <= 20
        assert (during["fill"], during["width"]) == ("rgb(84, 98, 107)", 640)
        _until(page, f"({state})().width === {before['width']}")
        assert page.evaluate(state) == before
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate(state)["paper"] == "rgb(255, 255, 255)"
        assert page.evaluate(state)["folds"] == 1


def test_hostile_names_are_shown_and_do_nothing(browser, tmp_path, hostile, hostile_text):
    """Names that look like scripts, markup or templates appear literally, in tables and in charts."""
    with opened(browser, tmp_path, render_page(hostile)) as page:
        assert page.inner_text("h1") == hostile_text
        assert page.evaluate(COUNT_MARKS) == MARKS
        names = page.evaluate(
            "[...document.querySelectorAll('#plot-tiers .ytick text')].map((t) => t.textContent)"
        )
        assert set(names) == {f"{hostile_text[:23]}…"}
        areas = "[...document.querySelectorAll('#plot-segments .slicetext')].map((t) => t.textContent)"
        assert f"{hostile_text[:23]}…" in "".join(page.evaluate(areas))


def test_without_scripts_the_tables_remain(browser, tmp_path, sample):
    """A reader who blocks scripts is told, and still has every figure."""
    with opened(browser, tmp_path, render_page(sample, lang="en"), scripts=False) as page:
        assert page.get_by_text("Charts need JavaScript").is_visible()
        assert page.locator(".plot:visible").count() == 0
        assert page.locator("#segments table").is_visible()


def test_an_empty_shop_opens_quietly(browser, tmp_path, empty):
    """A page without charts has nothing to draw and nothing to complain about."""
    with opened(browser, tmp_path, render_page(empty), width=390) as page:
        assert page.locator("h2").count() == 2
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        _keep(page, "report-empty")
