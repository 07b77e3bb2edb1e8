"""From what lines call a product to the catalogue."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.catalogue import category_of_lines, product_rows
from retailcrm.analytics.columns import MISSING, NO_INSTANT, Coded, Texts
from retailcrm.analytics.tables import LineTable, ProductTable


def catalogue(rows):
    """Make a catalogue of (key, title, category)."""
    n = len(rows)
    keys, titles, categories = ([row[i] for row in rows] for i in range(3))
    return ProductTable(
        keys=Texts.of(keys),
        title=Coded.of(titles),
        category=Coded.of(categories),
        **{name: np.full(n, MISSING, np.int64) for name in ("cost", "price", "stock")},
        on_shelf=np.full(n, -1, np.int8),
        **{name: np.full(n, NO_INSTANT) for name in ("on_shelf_since", "seen_at")},
    )


def lines(products, categories=None):
    """Make lines of products."""
    n = len(products)
    return LineTable(
        order=np.zeros(n, np.int32),
        product=Coded.of(products),
        category=None if categories is None else Coded.of(categories),
        **{name: np.ones(n, np.int64) for name in ("quantity", "gross", "refunded")},
    )


SHOP = catalogue(
    [("T1", "tea", "food/tea/green"), ("T2", "set", "food / tea"), ("T3", "set", "home"), ("tea", None, None)]
)


def test_a_code_goes_before_a_title_and_a_title_of_two_tells_nothing():
    """One product's code is another one's title here; and two products are called alike."""
    values = Texts.of(["T1", "tea", "set", "salt", ""])
    assert product_rows(values, SHOP).tolist() == [0, 3, -1, -1, -1]


def test_a_lines_own_category_goes_before_the_catalogues():
    """Cut to as many levels as asked for; what nobody tells is not told."""
    table = lines(["T1", "T2", "T3", "salt", None, "T2"], [None, None, "gifts/x", "food/salt", None, ""])
    assert category_of_lines(table, SHOP, 2).tolist() == [
        "food/tea", "food/tea", "gifts/x", "food/salt", None, "food/tea",
    ]  # fmt: skip
    assert category_of_lines(table, SHOP, 1).tolist() == ["food", "food", "gifts", "food", None, "food"]
    assert category_of_lines(table, None, 1).tolist() == [None, None, "gifts", "food", None, None]


def test_equal_paths_have_one_code():
    """Whether the line or the catalogue tells them."""
    found = category_of_lines(lines(["T1", "x"], [None, "food"]), SHOP, 1)
    assert (found.tolist(), len(found.values)) == (["food", "food"], len(set(found.values)))


def test_a_depth_of_no_level_is_refused():
    """A category has at least one level."""
    with pytest.raises(ValueError, match="at least one level"):
        category_of_lines(lines(["T1"]), SHOP, 0)


NAMES = st.none() | st.sampled_from("abcd")
PATHS = st.none() | st.sampled_from(["", "x", "x/y", "x/z", "y/"])


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), NAMES, PATHS), unique_by=lambda row: row[0]),
    st.lists(st.tuples(NAMES, PATHS)),
    st.integers(1, 2),
)
def test_lines_get_what_plain_loops_give(products, rows, depth):
    """Line by line, by the words of the rule."""

    def cut(path):
        return "/".join([level for level in (path or "").split("/") if level][:depth]) or None

    def of_product(name):
        by_key = [category for key, _, category in products if key == name]
        by_title = [category for _, title, category in products if title == name is not None]
        told = by_key or (by_title if len(by_title) == 1 else [])
        return cut(told[0]) if told else None

    table = lines([name for name, _ in rows], [path for _, path in rows])
    wanted = [cut(path) or of_product(name) for name, path in rows]
    assert category_of_lines(table, catalogue(products), depth).tolist() == wanted
