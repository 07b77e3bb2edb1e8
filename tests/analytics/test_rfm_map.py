"""Segment maps name every code exactly once; ours and the user's are held to the same proof."""

from __future__ import annotations

import itertools
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.rfm import RfmSpec, fit_cuts, score
from retailcrm.analytics.rfm_map import (
    CHINESE_8,
    ELEVEN,
    MAPS,
    Box,
    Segment,
    SegmentMap,
    assign,
    check_map,
    map_from_table,
)
from retailcrm.domain.labels import Label
from retailcrm.errors import SettingsError

NAMES_8 = {
    "HHH": "重要价值客户",
    "HLH": "重要发展客户",
    "LHH": "重要保持客户",
    "LLH": "重要挽留客户",
    "HHL": "一般价值客户",
    "HLL": "一般发展客户",
    "LHL": "一般保持客户",
    "LLL": "一般挽留客户",
}
# Rows: R from 5 down to 1; columns: the average of F and M from 1 to 5.
GRID_11 = """
New Customers  | Potential Loyalist | Loyal          | Champions       | Champions
Promising      | Potential Loyalist | Loyal          | Champions       | Champions
About To Sleep | About To Sleep     | Need Attention | Loyal           | Loyal
Hibernating    | Hibernating        | At Risk        | At Risk         | At Risk
Lost           | Lost               | At Risk        | Can't Lose Them | Can't Lose Them
"""


def name_of(segment_map, r, f, m):
    """Look a code up in a map."""
    return segment_map.labels[segment_map.cells[r - 1, f - 1, m - 1]]


def boxed(key, *boxes):
    """Make a segment without words."""
    return Segment(key=key, label=Label(key, key), where=boxes)


@pytest.mark.parametrize(("code", "zh"), list(NAMES_8.items()))
def test_the_chinese_eight(code, zh):
    """Each code of highs and lows, in the order R, F, M, has its customary name."""
    assert name_of(CHINESE_8, *(2 if letter == "H" else 1 for letter in code)).zh == zh


def test_the_eleven():
    """Each of the 125 codes is where the printed grid of R by the average of F and M has it."""
    grid = [[cell.strip() for cell in row.split("|")] for row in GRID_11.strip().splitlines()]
    for r, f, m in itertools.product(range(1, 6), repeat=3):
        average = int((f + m) / 2 + 0.5)
        assert name_of(ELEVEN, r, f, m).en == grid[5 - r][average - 1]


@pytest.mark.parametrize("segment_map", list(MAPS.values()), ids=list(MAPS))
def test_our_maps_are_total_and_disjoint(segment_map):
    """Counted apart from the check: every code lies in the boxes of exactly one segment."""
    for code in itertools.product(range(1, segment_map.levels + 1), repeat=3):
        holding = [
            s.key
            for s in segment_map.segments
            if any(code in box.codes(segment_map.levels) for box in s.where)
        ]
        assert len(holding) == 1


@pytest.mark.parametrize("segment_map", list(MAPS.values()), ids=list(MAPS))
def test_our_maps_speak_both_languages(segment_map):
    """Each segment has a name and a piece of advice in Chinese and in English, all different."""
    words = [(s.label.zh, s.label.en, s.advice.zh, s.advice.en) for s in segment_map.segments]
    assert all(map(all, words))
    assert all(len(set(column)) == len(words) for column in zip(*words, strict=True))
    assert len(segment_map.segments) == {"chinese-8": 8, "eleven": 11}[segment_map.name]
    assert segment_map.spec.bins == segment_map.levels


def test_customers_are_assigned_by_their_scores(make_summary):
    """A recent, frequent, big spender is 重要价值; one who is none of it 一般挽留."""
    rows = [{"days": 1, "orders": 9, "net": 900}, {"days": 90, "orders": 1, "net": 10}, {"days": 2, "net": 5}]
    summary = make_summary(rows)
    found = assign(score(summary, fit_cuts(summary, CHINESE_8.spec)), CHINESE_8)
    assert found.tolist() == ["important_value", "general_win_back", "general_develop"]
    assert found.values.tolist() == [s.key for s in CHINESE_8.segments] == CHINESE_8.keys.tolist()


def test_a_map_refuses_scores_of_other_levels(make_summary):
    """The eight segments do not silently read five-level scores, nor the eleven two-level ones."""
    summary = make_summary([{"net": n} for n in range(9)])
    five, two = (score(summary, fit_cuts(summary, spec)) for spec in (RfmSpec(), RfmSpec(method="median")))
    assert len(assign(five, ELEVEN)) == len(assign(two, CHINESE_8)) == 9
    with pytest.raises(SettingsError, match=r"chinese-8 needs scores in 2 levels, these have 5.*'mean'"):
        assign(five, CHINESE_8)
    with pytest.raises(SettingsError, match=r"eleven needs scores in 5 levels"):
        assign(two, ELEVEN)


def test_nobody_to_assign(make_summary):
    """An empty shop still knows its segments."""
    empty = make_summary([])
    found = assign(score(empty, fit_cuts(empty)), ELEVEN)
    assert (len(found), len(found.values)) == (0, 11)


def test_uncovered_and_doubly_covered_codes_are_listed():
    """The check names the codes that are in no segment, and those in several with the segments."""
    with pytest.raises(SettingsError) as caught:
        check_map([boxed("a", Box(r=(2, 2))), boxed("b", Box(f=(2, 2), m=(2, 2)))], 2)
    assert str(caught.value) == (
        "not a segment map: codes in no segment (3): 111, 112, 121;"
        " codes in several segments (1): 222 (a and b)"
    )
    with pytest.raises(SettingsError, match=r"codes in no segment \(100\): 211, .*, 225, \.\.\.$"):
        check_map([boxed("a", Box(r=(1, 1)))], 5)


def test_boxes_of_one_segment_may_overlap():
    """Two boxes of the same segment name a code once."""
    cells = check_map([boxed("a", Box(), Box(r=(1, 1)))], 3)
    assert (cells == 0).all()
    assert cells.size == 27


@pytest.mark.parametrize("wrong", [Box(r=(0, 2)), Box(fm=(1, 3)), Box(m=(2, 1))])
def test_ranges_outside_the_scores_are_refused(wrong):
    """A range that is empty or leaves the levels is named."""
    with pytest.raises(SettingsError, match=r"segment a: (r 0-2|fm 1-3|m 2-1) is no range within 1 to 2"):
        check_map([boxed("a", Box(), wrong)], 2)


def test_keys_are_unique():
    """Two segments cannot share a key."""
    with pytest.raises(SettingsError, match="segment a occurs twice"):
        check_map([boxed("a", Box(r=(1, 1))), boxed("a", Box(r=(2, 2)))], 2)


def test_a_map_and_its_scoring_have_the_same_levels():
    """A map of two levels cannot come with a scoring in five."""
    with pytest.raises(SettingsError, match="has 2 levels, its scoring 5"):
        SegmentMap(name="x", levels=2, segments=(boxed("a", Box()),), spec=RfmSpec())


ranges = st.tuples(st.integers(1, 3), st.integers(1, 3)).map(lambda pair: (min(pair), max(pair)))
boxes = st.builds(
    Box, r=st.none() | ranges, f=st.none() | ranges, m=st.none() | ranges, fm=st.none() | ranges
)


@given(st.lists(st.lists(boxes, min_size=1, max_size=3), min_size=1, max_size=4))
def test_the_check_accepts_exactly_the_partitions(several):
    """Any rules pass if and only if a plain loop finds each code in one segment."""
    segments = [boxed(f"s{i}", *parts) for i, parts in enumerate(several)]

    def holds(box, r, f, m):
        pairs = ((box.r, r), (box.f, f), (box.m, m), (box.fm, (f + m) // 2 + (f + m) % 2))
        return all(allowed is None or allowed[0] <= s <= allowed[1] for allowed, s in pairs)

    owners = {
        code: [i for i, parts in enumerate(several) if any(holds(box, *code) for box in parts)]
        for code in itertools.product((1, 2, 3), repeat=3)
    }
    if all(len(found) == 1 for found in owners.values()):
        cells = check_map(segments, 3)
        assert all(cells[r - 1, f - 1, m - 1] == found[0] for (r, f, m), found in owners.items())
    else:
        with pytest.raises(SettingsError):
            check_map(segments, 3)


MINE = """
name = "mine"
levels = 3
rfm = { method = "bands", r_bands = [90, 30], f_bands = [2, 5], m_bands = [10000, "50000"] }

[[segment]]
key = "regulars"
zh = "常客"
en = "Regulars"
advice_zh = "保持"
where = [{ r = [2, 3], f = [2, 3] }]

[[segment]]
key = "passers_by"
zh = "过客"
where = [{ r = [2, 3], f = 1 }, { r = 1, fm = [1, 2] }, { r = 1, fm = 3 }]
"""


def test_a_map_of_the_shops_own():
    """A TOML table makes a map, with its own scoring, one language standing in for the other."""
    mine = map_from_table(tomllib.loads(MINE))
    assert (mine.name, mine.levels) == ("mine", 3)
    assert mine.spec == RfmSpec(method="bands", r_bands=(90, 30), f_bands=(2, 5), m_bands=(10000, 50000))
    assert mine.labels == (("常客", "Regulars"), ("过客", "过客"))
    assert mine.segments[0].advice == ("保持", "保持")
    assert name_of(mine, 1, 3, 3).zh == "过客"
    assert name_of(mine, 3, 2, 1).zh == "常客"


def test_usual_scorings_of_own_maps():
    """Without settings, two levels mean high and low by means, more levels quantiles."""
    two, four = (
        map_from_table({"levels": n, "segment": [{"key": "a", "en": "A", "where": [{}]}]}) for n in (2, 4)
    )
    assert two.spec == RfmSpec(method="mean")
    assert four.spec == RfmSpec(bins=4)
    assert two.name == "map"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("levels = 3", "levels = 1", "levels must be"),
        ("levels = 3", "levels = true", "levels must be"),
        ("levels = 3", "level = 3", r"the map: unknown key 'level'; did you mean levels\?"),
        ("levels = 3", "", "levels must be"),
        ('name = "mine"', "name = 3", "name must be text"),
        ('name = "mine"', "colour = 3", "unknown key 'colour'; known: name, levels"),
        ("rfm = {", "rfm = 5 # {", "rfm must be a table"),
        ('"bands"', '"band"', "method must be one of"),
        ("[[segment]]", "[[segments]]", "did you mean segment"),
        ('key = "regulars"', "", "segment 1 needs a key"),
        ('key = "regulars"', 'key = "passers_by"', "occurs twice"),
        ('zh = "过客"', "", "segment passers_by needs a name"),
        ('zh = "过客"', "zh = 5", "segment passers_by: zh must be text"),
        ("where = [{ r = [2, 3], f = [2, 3] }]", "", "segment regulars needs where"),
        ("where = [{ r = [2, 3], f = [2, 3] }]", "where = []", "segment regulars needs where"),
        ("where = [{ r = [2, 3], f = [2, 3] }]", "where = [5]", "where must be a table"),
        ("f = [2, 3]", "f = [2, 3, 4]", r"segment regulars, f must be a score or \[lowest, highest\]"),
        ("f = [2, 3]", 'f = "2-3"', "segment regulars, f must be"),
        ("f = [2, 3]", "q = [2, 3]", "unknown key 'q'"),
        ("f = [2, 3]", "f = [2, 4]", "f 2-4 is no range within 1 to 3"),
        ("f = 1", "f = [1, 2]", r"codes in several segments \(6\): 221 \(regulars and passers_by\)"),
        ("{ r = 1, fm = 3 }", "", r"codes in no segment \(3\): 123, 132, 133$"),
    ],
)
def test_mistakes_in_an_own_map_are_named(old, new, message):
    """Each mistake says where it is and what was expected."""
    assert old in MINE
    with pytest.raises(SettingsError, match=message):
        map_from_table(tomllib.loads(MINE.replace(old, new)))


def test_a_map_without_segments():
    """Segments are tables, at least one."""
    for segments in (None, [], {}):
        with pytest.raises(SettingsError, match="needs"):
            map_from_table({"levels": 2, "segment": segments})
    with pytest.raises(SettingsError, match="segment 1 must be a table"):
        map_from_table({"levels": 2, "segment": ["x"]})
