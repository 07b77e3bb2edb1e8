"""The report of each real file, as its owner meets it: made by the shop, opened from disk in a browser."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from retailcrm import open_shop

pytestmark = [pytest.mark.data, pytest.mark.browser]

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

RFM = {"months", "segments", "main-groups", "activity", "value", "concentration"}
"""Charts of a shop that knows its customers and what they paid."""

# Language of its owner, file, its mapping, zone, currency, moment, the charts that its columns are enough
# for, and a number that its rows have and its page must show. Reviews without scores draw nothing.
FILES = {
    "online-retail": (
        "en", "online_retail.csv.gz", "online_retail.toml", "Europe/London", "GBP", "2011-12-10",
        RFM | {"by-province"}, "4,339",
    ),
    "cdnow": (
        "en", "cdnow_master.txt", "cdnow.toml", "America/New_York", "USD", "1998-07-01",
        RFM, "2,500,315",
    ),
    "taobao": (
        "zh", "taobao_orders_2019h1.xlsx", "taobao_orders_2019h1.toml", "Asia/Shanghai", "CNY", "2019-07-01",
        RFM | {"by-province", "by-region"}, "25,420",
    ),
    "tmall": (
        "zh", "tmall_order_report_2020_02.csv", None, "Asia/Shanghai", "CNY", "2020-03-01",
        {"months", "by-province", "by-region", "refund-months"}, "28,010",
    ),
    "reviews": (
        "zh", "product_reviews.xlsx", "product_reviews.toml", "Asia/Shanghai", "CNY", "2030-01-01",
        set(), "1,706",
    ),
    "behaviour": (
        "zh", "user_behavior_sample.csv", "user_behavior.toml", "Asia/Shanghai", "CNY", "2017-12-04",
        {"months", "segments", "activity", "value", "by-category"}, None,
    ),
}  # fmt: skip

# Each plot with what of it can be seen: marks that have a size and a colour.
MARKS = """() => Object.fromEntries([...document.querySelectorAll(".plot")].map((plot) => {
  const marks = plot.querySelectorAll(
    ".barlayer .point path, .treemaplayer .surface, .scatterlayer .js-line, .scatterlayer .js-fill, " +
    ".scatterlayer .point, .errorbars .xerror, .errorbars .yerror"
  );
  const seen = [...marks].filter((mark) => {
    const box = mark.getBoundingClientRect();
    const style = getComputedStyle(mark);
    const painted = style.stroke !== "none" || (style.fill !== "none" && style.fillOpacity !== "0");
    return Math.max(box.width, box.height) > 1 && painted;
  });
  return [plot.id.replace("plot-", ""), seen.length];
}))"""

# A character without a glyph is drawn as the same box as a code point that can have none.
TOFU = """() => {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  context.canvas.width = context.canvas.height = 40;
  context.font = `24px ${getComputedStyle(document.body).fontFamily}`;
  const draw = (character) => {
    context.clearRect(0, 0, 40, 40);
    context.fillText(character, 4, 30);
    return context.getImageData(0, 0, 40, 40).data.join();
  };
  const boxes = new Set(["\\uFFFF", "\\u{10FFFF}"].map(draw));
  const shown = [...document.querySelectorAll("svg text, title")].map((node) => node.textContent);
  const text = new Set(document.body.innerText + shown.join(""));
  return [...text].filter((character) => character.trim() && boxes.has(draw(character)));
}"""

# Numbers that nobody should see on a page.
BAD_WORDS = re.compile(r"\b(?:NaN|nan|undefined|Infinity|NaT|Traceback)\b")

PIECE = 4_000
"""Height of a kept picture, in pixels."""


@pytest.fixture(scope="module")
def browser(chromium):
    """Start the system's Chromium."""
    from playwright.sync_api import sync_playwright

    found = os.environ.get("RETAILCRM_CHROMIUM") or chromium
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture(scope="module", params=FILES)
def real(request, data_dir, repo_root, tmp_path_factory):
    """Import one real file and write its report in the language of its owner."""
    lang, name, mapping, zone, currency, as_of, charts, number = FILES[request.param]
    file = tmp_path_factory.mktemp("pages") / f"{request.param}.html"
    with open_shop(zone=zone, currency=currency) as shop:
        chosen = None if mapping is None else repo_root / "examples" / "mappings" / mapping
        shop.imports.files([data_dir / name], mapping=chosen)
        shop.report(file, as_of=as_of, lang=lang)
    return request.param, file, charts, number


def keep(page, name: str) -> None:
    """Keep pictures of the whole page in the folder that RETAILCRM_SCREENSHOTS names, in pieces."""
    if not (named := os.environ.get("RETAILCRM_SCREENSHOTS")):
        return
    folder = Path(named)
    folder.mkdir(parents=True, exist_ok=True)
    width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    for number, top in enumerate(range(0, height, PIECE), 1):
        piece = {"x": 0, "y": top, "width": width, "height": min(PIECE, height - top)}
        page.screenshot(path=folder / f"{name}-{number}.png", full_page=True, clip=piece)


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_of_a_real_file(browser, real, width):
    """Every chart drew, the console and the network stay quiet, nothing overflows, no glyph is missing."""
    name, file, charts, number = real
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    noise = []
    page.on("console", lambda message: noise.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: noise.append(f"error: {error}"))
    page.on("request", lambda request: noise.append(f"request: {request.url[:80]}"))
    page.goto(file.as_uri())
    drawn = page.evaluate(MARKS)
    text = page.inner_text("body")
    assert {chart for chart, marks in drawn.items() if not marks} == set()
    assert set(drawn) == charts
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(TOFU) == []
    assert BAD_WORDS.findall(text) == []
    assert number is None or number in page.evaluate("document.body.textContent")
    keep(page, f"real-{name}-{width}")
    context.close()
    assert noise == [f"request: {file.as_uri()}"[:89]]


def test_the_page_of_a_real_file_is_small(real):
    """Every page is one file of less than 6 MB, most of it the library of the charts."""
    _, file, _, _ = real
    assert 100_000 < file.stat().st_size < 6_000_000
