"""Rows put together to orders: block by block as in one piece, and as a plain loop would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE, BARE, BLANK = "line", "bare", "blank"


@attrs.frozen
class Expected:
    """What a plain loop makes of the rows."""

    orders: list[tuple[int, str]]
    lines: list[tuple[int, str]]
    rejected: set[int]
    blank: int


@st.composite
def drawn_rows(draw: st.DrawFn) -> list[dict[str, str]]:
    """Draw rows of a few orders: filled down or not, cut off, named alike, foreign, repeated, blank."""
    rows: list[dict[str, str]] = []
    for _ in range(draw(st.integers(0, 8))):
        name = draw(st.sampled_from(["#1", "#2", "#3"]))
        id_ = draw(st.sampled_from(["", "'11", "'22", "'33"]))
        currency = draw(st.sampled_from(["USD", "USD", "USD", "", "EUR"]))
        kinds = [draw(st.sampled_from([LINE, LINE, BARE, BLANK])) for _ in range(draw(st.integers(0, 3)))]
        filled_down = draw(st.booleans())
        first = {"Name": name, "Id": id_, "Financial Status": "paid", "Total": "5.00", "Currency": currency}
        line = {"Lineitem name": "x", "Lineitem quantity": "1", "Lineitem price": "1.00"}
        if draw(st.integers(0, 3)):
            rows.append(first | draw(st.sampled_from([line, {}])))
        for kind in kinds:
            own = first if filled_down else {"Name": name}
            rows.append({LINE: own | line, BARE: {"Name": name}, BLANK: {}}[kind])
    return rows


def looped(rows: list[dict[str, str]]) -> Expected:
    """Go through the rows one by one."""
    expected = Expected([], [], set(), 0)
    blank = 0
    name, last_id, number, foreign, again = "", "", "", False, False
    seen: set[str] = set()
    for record, row in enumerate(rows, 1):
        if not row:
            blank += 1
            continue
        tells = bool(row.get("Financial Status"))
        id_ = row.get("Id", "").removeprefix("'")
        if row["Name"] != name:
            name, number, last_id = row["Name"], "", ""
        begins = tells and (not number or bool(id_ and last_id and id_ != last_id))
        last_id = id_ if tells else last_id
        if begins:
            number = id_ or name
            foreign = row.get("Currency", "") not in ("", "USD")
            again = number in seen
            seen.add(number)
        has_line = "Lineitem name" in row
        if not number or foreign or (again and not begins):
            expected.rejected.add(record)
            continue
        if begins:
            expected.orders.append((record, number))
        if has_line and not again:
            expected.lines.append((record, number))
        if not begins and not has_line:
            blank += 1
    return attrs.evolve(expected, blank=blank)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(rows=drawn_rows(), block=st.sampled_from([None, 40, 90, 250]))
def test_orders_are_put_together_as_a_plain_loop_would(
    read: Any, forms: Any, rows: list[dict[str, str]], block: int | None
) -> None:
    """Whatever the rows and wherever the blocks are cut: orders, lines, refusals and blanks are the same."""
    # The first row names the file's currency and stays apart from all others.
    rows = [forms.order("#0", Id="'99"), *rows, forms.order("#0", Id="'98")]
    found = read(forms.sheet(rows), block=block)
    expected = looped(rows)
    assert [(o["record"], o["number"]) for o in found.orders] == expected.orders
    assert [(r["record"], r["number"]) for r in found.lines] == expected.lines
    assert found.rejected.keys() == expected.rejected
    assert found.accounts_for(len(rows))
    assert found.blank == expected.blank


def test_an_order_goes_on_over_many_blocks(read: Any, forms: Any) -> None:
    """Two hundred lines of one order in blocks of three rows are lines of that order."""
    rows = [forms.order("#1"), *(forms.line("#1", Lineitem_sku=f"S{i}") for i in range(200))]
    found = read(forms.sheet(rows), block=150)
    assert len(found.orders) == 1
    assert {line["number"] for line in found.lines} == {"7210448300001"}
    assert [line["product"] for line in found.lines] == ["T-1", *(f"S{i}" for i in range(200))]


def test_blocks_change_nothing(read: Any, forms: Any) -> None:
    """Every column of orders and lines is the same, however small the blocks."""
    rows: list[dict[str, str]] = list(orders(forms))
    whole = read(forms.sheet(rows))
    assert whole.accounts_for(len(rows))
    for block in (130, 333, 1000, 5000):
        cut = read(forms.sheet(rows), block=block)
        assert cut.orders == whole.orders
        assert cut.lines == whole.lines
        # Problems come block by block, and in a block column by column.
        assert set(map(str, cut.problems)) == set(map(str, whole.problems))


def orders(forms: Any) -> Iterator[dict[str, str]]:
    """Make forty orders of one to four lines, some with notes of several lines, some damaged."""
    for i in range(40, 0, -1):
        yield forms.order(f"#{i}", Notes="a\nb" * (i % 3), Total="x" if i % 11 == 0 else f"{i}.50")
        for line in range(i % 4):
            yield forms.line(f"#{i}", Lineitem_sku=f"S{line}", Lineitem_price="?" if i % 13 == 0 else "2.00")
