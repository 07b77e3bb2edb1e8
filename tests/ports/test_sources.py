"""The port of a source: matches, rows, and batches made of plain values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.analytics.columns import MISSING
from retailcrm.domain.orders import OrderState
from retailcrm.domain.problems import Problem, Severity
from retailcrm.errors import InputError
from retailcrm.ports.batches import Batch, BuyerKey, Grain
from retailcrm.ports.sources import Match, Row, batches_from_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

KEY = BuyerKey(platform="x", kind="id")


def row(record: int, **cells: str) -> Row:
    """Make a row that stands on the line after its record's number."""
    return Row(record=record, cells=cells, first_line=record + 1, last_line=record + 2)


def made(
    rows: Iterable[Row | Problem],
    convert: Callable[[Row], Mapping[str, Any] | None],
    **settings: Any,
) -> tuple[list[Batch], list[Problem]]:
    """Make batches, and tell the problems apart."""
    form = {"source": "a.csv", "currency": "CNY", "buyer_key": KEY, **settings}
    items = list(batches_from_rows(rows, convert, **form))
    batches = [item for item in items if isinstance(item, Batch)]
    return batches, [item for item in items if isinstance(item, Problem)]


def test_plain_values_become_columns() -> None:
    """Texts, whole minor units, aware datetimes, states; None and a key left out are missing."""
    west = timezone(timedelta(hours=-5))
    values: list[dict[str, Any]] = [
        {
            "number": "1",
            "buyer": "a",
            "total": 1,
            "state": OrderState.PAID,
            "paid_at": datetime(2024, 1, 1, tzinfo=west),
        },
        {"number": "2", "buyer": None, "total": np.int64(2), "state": None},
    ]
    (batch,), problems = made([row(1), row(2)], lambda r: values[r.record - 1])
    assert (problems, batch.records.tolist(), batch.currency, batch.buyer_key) == ([], [1, 2], "CNY", KEY)
    columns = {name: column.tolist() for name, column in batch.columns.items()}
    assert columns["number"] == ["1", "2"]
    assert columns["buyer"] == ["a", None]
    assert columns["total"] == [1, 2]
    assert columns["state"] == [OrderState.PAID, -1]
    assert columns["paid_at"] == [datetime(2024, 1, 1, 5, tzinfo=UTC).replace(tzinfo=None), None]


def test_lines_and_refunds_are_made_in_the_same_way() -> None:
    """Each grain has its own columns, flags included."""
    line = {"number": "1", "credit": True, "quantity": None, "amount": 5}
    (batch,), _ = made([row(1)], lambda _: line, grain=Grain.LINES)
    assert (batch.columns["credit"].tolist(), batch.columns["quantity"].tolist()) == ([True], [MISSING])
    (batch,), _ = made([row(1)], lambda _: {"number": "1", "refund": "r", "amount": 5}, grain=Grain.REFUNDS)
    assert batch.grain is Grain.REFUNDS


@given(
    st.lists(st.sampled_from(["good", "bad", "blank", "problem", "numberless"]), max_size=25),
    st.integers(1, 6),
)
def test_every_row_is_accounted_for_whatever_the_size_of_batches(kinds: list[str], size: int) -> None:
    """Taken, rejected with its place, or blank; a problem that comes in goes out; records stay in order."""

    def convert(r: Row) -> dict[str, Any] | None:
        if r["kind"] == "bad":
            raise InputError("no")
        return (
            None if r["kind"] == "blank" else {"number": "" if r["kind"] == "numberless" else str(r.record)}
        )

    def read() -> Iterable[Row | Problem]:
        for i, kind in enumerate(kinds, 1):
            if kind == "problem":
                yield Problem(source="a.csv", code="encoding", message="x", record=i)
            else:
                yield row(i, kind=kind)

    batches, problems = made(read(), convert, size=size, sheet="s")
    at = {kind: [i for i, k in enumerate(kinds, 1) if k == kind] for kind in set(kinds)}
    assert [r for batch in batches for r in batch.records.tolist()] == at.get("good", [])
    assert sum(batch.blank for batch in batches) == len(at.get("blank", []))
    assert all(len(batch) <= size for batch in batches)
    by_code = {
        code: [p.record for p in problems if p.code == code] for code in ("value", "missing", "encoding")
    }
    assert by_code == {
        "value": at.get("bad", []),
        "missing": at.get("numberless", []),
        "encoding": at.get("problem", []),
    }
    for problem in problems:
        assert problem.severity is Severity.REJECTED
        if problem.code != "encoding" and problem.record is not None:
            assert (problem.sheet, problem.first_line, problem.last_line) == (
                "s",
                problem.record + 1,
                problem.record + 2,
            )


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"total": 1.5}, r"'total' must be a whole number \(amounts in minor units\) or None, not 1.5"),
        ({"total": "1"}, "'total' must be a whole number"),
        ({"total": True}, "'total' must be a whole number"),
        ({"number": 5}, "'number' must be a text or None, not 5"),
        ({"state": 5}, "'state' must be an OrderState or None, not 5"),
        ({"paid_at": "2024-01-01"}, "'paid_at' must be a datetime or None"),
        ({"paid_at": datetime(2024, 1, 1)}, "a time without a zone: 2024-01-01T00:00:00; give it one"),  # noqa: DTZ001
        ({"totl": 1}, "orders have no column 'totl'; they have: number, buyer, "),
        ({"buyer": "a"}, "needs a buyer_key"),
    ],
)
def test_a_value_of_the_wrong_type_is_the_plugins_mistake(values: dict[str, Any], said: str) -> None:
    """Money in floats, naive times, unknown columns: an error that names them, not a rejected row."""
    with pytest.raises(ValueError, match=said):
        made([row(1)], lambda _: {"number": "1", **values}, buyer_key=None)


def test_no_rows_make_no_batch_and_blank_rows_an_empty_one() -> None:
    """Blank records are counted even if nothing else is there."""
    assert made([], lambda _: None) == ([], [])
    (batch,), _ = made([row(1), row(2)], lambda _: None)
    assert (len(batch), batch.blank) == (0, 2)


@pytest.mark.parametrize("strength", [0, 101, 50.5, "sure"])
def test_a_match_is_between_1_and_100(strength: Any) -> None:
    """Surer than certain, or not at all, is no match."""
    with pytest.raises(ValueError, match="strength"):
        Match(strength=strength, reason="x")


def test_a_row_gives_its_cells_by_name() -> None:
    """An unknown name is a KeyError, as in any mapping."""
    one = row(1, a="x")
    assert one["a"] == "x"
    with pytest.raises(KeyError):
        one["b"]
