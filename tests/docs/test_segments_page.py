"""The page of the segments shows the maps that the code has."""

from __future__ import annotations

import itertools
import tomllib
from typing import Any, get_args

from retailcrm.analytics.activity import ACTIVITY_STATES
from retailcrm.analytics.rfm.spec import Method
from retailcrm.analytics.rfm_map import MAPS, SegmentMap, map_from_table
from retailcrm.analytics.rfm_map import tables as code
from retailcrm.analytics.value_class import VALUE_CLASSES


def keys_by_code(segment_map: SegmentMap) -> dict[tuple[int, int, int], str]:
    """Give the segment of every code."""
    scale = range(1, segment_map.levels + 1)
    return {
        (r, f, m): segment_map.segments[segment_map.cells[r - 1, f - 1, m - 1]].key
        for r, f, m in itertools.product(scale, repeat=3)
    }


def test_the_grid_names_the_segment_of_each_of_125_codes(page: Any, words: Any) -> None:
    """The grid of R and the average of F and M, spelt out, is the map of eleven segments."""
    grid = {}
    for row in page("segments").rows("", "FM 1"):
        for column, cell in row.items():
            if column:
                grid[int(row[""][-1]), int(column[-1])] = words(cell)[0]
    codes = keys_by_code(MAPS["eleven"])
    assert codes == {(r, f, m): grid[r, (f + m + 1) // 2] for r, f, m in codes}


def test_each_of_the_eleven_is_described(page: Any, words: Any) -> None:
    """Key, both names, number of codes and advice are the map's, in its order."""
    rows = page("segments").rows("key", "name", "名称", "codes")
    counts = list(keys_by_code(MAPS["eleven"]).values())
    assert [(*words(r["key"]), r["name"], r["名称"], int(r["codes"]), r["what to do"]) for r in rows] == [
        (s.key, s.label.en, s.label.zh, counts.count(s.key), s.advice.en) for s in MAPS["eleven"].segments
    ]


def test_each_of_the_eight_is_described(page: Any, words: Any) -> None:
    """The table of highs and lows is the Chinese map."""
    rows = page("segments").rows("R", "F", "M", "key")
    level = {"L": 1, "H": 2}
    shown = {(level[r["R"]], level[r["F"]], level[r["M"]]): words(r["key"])[0] for r in rows}
    assert shown == keys_by_code(MAPS["chinese-8"])
    assert [(r["名称"], r["name"], r["what to do"]) for r in rows] == [
        (s.label.zh, s.label.en, s.advice.en) for s in MAPS["chinese-8"].segments
    ]


def test_the_map_of_the_readers_own_is_one(page: Any) -> None:
    """The example of a user's map is accepted, and uses nearly every key."""
    mine = map_from_table(tomllib.loads(page("segments").blocks("toml")[0]))
    assert [segment.key for segment in mine.segments] == ["now", "first", "rest"]
    assert mine.segments[0].advice.en == "Keep in touch"


def test_every_key_of_a_map_is_documented(page: Any, words: Any) -> None:
    """The three tables name the keys that the code reads, and no other."""
    tables = (("map", code._MAP_KEYS), ("segment", code._SEGMENT_KEYS), ("box", code._BOX_KEYS))
    for what, known in tables:
        rows = (
            page("segments").rows(f"key of a {what}")
            if what != "map"
            else page("segments").rows("key of the map")
        )
        assert [words(row[next(iter(row))])[0] for row in rows] == list(known)


def test_every_method_is_documented(page: Any, words: Any) -> None:
    """The table of methods has each way to cut."""
    assert {words(row["method"])[0] for row in page("segments").rows("method", "levels")} == set(
        get_args(Method)
    )


def test_states_and_classes_are_named(page: Any, words: Any) -> None:
    """Every activity state and value class stands on the page with its Chinese name."""
    text = page("segments").text
    assert all(label.zh in text for label in ACTIVITY_STATES.values())
    cells = [cell for row in page("segments").rows("", "large per order") for cell in list(row.values())[1:]]
    assert {words(cell)[0]: cell.split("` ")[1] for cell in cells} == {
        key: label.zh for key, label in VALUE_CLASSES.items()
    }
