"""Our words exist in both languages, ask for the same values, and are all in use."""

from __future__ import annotations

import string

import attrs
import pytest

from retailcrm.domain.labels import Label
from retailcrm.report import DEFAULT, LorenzCurve, Quality, labels, render_page, write_workbook
from retailcrm.report.workbook import sheets_of


def _places(text: str) -> set[str]:
    """List what a text asks to be filled in."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(labels.LABELS))
def test_both_languages_say_something_and_ask_for_the_same(key):
    """Neither language is empty, and both fill in the same values."""
    label = labels.LABELS[key]
    assert label.zh.strip()
    assert label.en.strip()
    assert _places(label.zh) == _places(label.en)


def _nobody(rows):
    """Take the known buyers out of a breakdown."""
    return tuple(
        attrs.evolve(row, buyers=0, new_buyers=0, per_buyer=None, repurchase_rate=None) for row in rows
    )


def _other_points(points):
    """Give points of which nothing is forecast, tested, redeemed, or lapses soon."""
    why = Label("太少", "too few")
    nobody = attrs.evolve(points.redeeming, customers=0, times=0, points=0)
    breakage, lapsing = points.breakage, attrs.evolve(points.lapsing, points=0, customers=0)
    short = attrs.evolve(breakage.tested, forecast=1)
    never = attrs.evolve(breakage.tested, actual=0)
    yield attrs.evolve(points, wallet="coins", redeeming=nobody, lapsing=lapsing)
    yield attrs.evolve(
        points,
        breakage=attrs.evolve(breakage, forecast=None, withheld=why, tested=None),
        liability=attrs.evolve(points.liability, assumed=True),
    )
    yield attrs.evolve(points, breakage=attrs.evolve(breakage, low=None, tested=None, untested=why))
    yield attrs.evolve(points, breakage=attrs.evolve(breakage, tested=short))
    yield attrs.evolve(points, breakage=attrs.evolve(breakage, tested=never))


class Recorder(dict):
    """A table that notes what was looked up."""

    def __init__(self, *args):
        super().__init__(*args)
        self.seen: set[str] = set()

    def __getitem__(self, key):
        self.seen.add(key)
        return super().__getitem__(key)


def test_no_label_lies_about_unused(sample, bare, empty, monkeypatch, tmp_path):
    """Pages of a full shop, an empty one and one in between use every label."""
    table = Recorder(labels.LABELS)
    monkeypatch.setattr(labels, "LABELS", table)
    months = tuple(attrs.evolve(sample.months[0], month=f"2023-{n:02d}") for n in range(1, 13))
    quality = attrs.evolve(sample.quality, problems=())
    one = (attrs.evolve(sample.segments[0], customers=1),)
    between = attrs.evolve(
        sample,
        tiers=(),
        lorenz=LorenzCurve(),
        quality=quality,
        months=months,
        segments=one,
        goods=attrs.evolve(sample.goods, slow=(), slow_count=0),
        lifts=tuple(attrs.evolve(row, low=0.5, high=1.5, years=1) for row in sample.lifts),
        refunding=attrs.evolve(sample.refunding, reasons=(), refunded=99_480_260),
    )
    bare = attrs.evolve(bare, goods=attrs.evolve(sample.goods, slow=(), catalogue=0))
    nobody = tuple(attrs.evolve(row, buyers=0, new_buyers=0) for row in sample.months)
    cut = attrs.evolve(sample.breakdowns[0], rows=_nobody(sample.breakdowns[0].rows))
    unknown = attrs.evolve(bare, months=nobody, since="2023-06-09", breakdowns=(cut,))
    lost = attrs.evolve(sample.headline, net=-1, refunded=sample.headline.gross + 1)
    few = attrs.evolve(sample.goods, products=len(sample.goods.hot))
    losing = [attrs.evolve(sample, headline=lost, goods=goods) for goods in (sample.goods, few)]
    wallets = [attrs.evolve(sample, points=points) for points in _other_points(sample.points)]
    bare_page = attrs.evolve(empty, quality=Quality())
    for data in (sample, bare, empty, between, unknown, *losing, *wallets, bare_page):
        render_page(data, lang="en")
        sheets_of(data, "en", DEFAULT)
    write_workbook(empty, tmp_path / "report.xlsx", lang="en")
    titles = {key for key in table if key.endswith("_title") and key != "page_title"}
    chapters = {key for key in table if key.startswith("chapter_")}
    assert set(table) - table.seen == titles | chapters


def test_values_are_filled_in_as_they_stand():
    """Braces in a shop's name are text, not another place to fill in."""
    assert labels.say("en", "page_title", shop="{lang}") == "{lang} · customer report"


def test_an_unknown_key_is_an_error():
    """Words that do not exist are a programming error."""
    with pytest.raises(KeyError):
        labels.say("zh", "no such key")
