"""Rows that nobody asked for are left out, and counted."""

from __future__ import annotations

import functools
from typing import Any, Final
from unittest import mock

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm import open_shop
from retailcrm.adapters.sources import opening
from retailcrm.adapters.sources.csv.table import TextTable
from retailcrm.errors import ImportRefusedError

MAPPING: Final[dict[str, Any]] = {
    "name": "shop",
    "columns": {"number": "no", "paid_at": "at", "paid": "paid"},
    "constants": {"state": "completed"},
    "keep": {"column": "kind", "values": ["buy", "买"]},
}


def lines(*rows: str) -> bytes:
    """Write lines."""
    return "".join(row + "\n" for row in rows).encode()


def passed(found: Any) -> int:
    """Count the rows that were left out."""
    return sum(batch.passed for batch in found.batches)


def test_only_rows_with_one_of_the_texts_are_read(take: Any) -> None:
    """Whatever its width and case; problems of other rows are nobody's business; all is accounted for."""
    rows = [
        "no,at,paid,kind", "1,2024-01-01,1,buy", "x,never,y,pv", "3,2024-01-01,1,ＢＵＹ ", "4,never,1,买",
        "", "5,2024-01-01,1,", "6,2024-01-01,1,买",
    ]  # fmt: skip
    found = take(lines(*rows), MAPPING)
    assert (found.column("number"), found.rejected, passed(found)) == (["1", "3", "6"], {4: {"instant"}}, 2)
    assert (found.blank, found.records) == (1, [1, 3, 7])
    assert len(found.rows) + len(found.rejected) + found.blank + passed(found) == 7


def test_a_row_that_cannot_be_told_is_rejected(take: Any) -> None:
    """Bytes that are no text may have meant anything."""
    found = take(
        lines("no,at,paid,kind", "1,2024-01-01,1,buX", "2,2024-01-01,1,buy").replace(b"X", b"\xff"), MAPPING
    )
    assert (found.column("number"), found.rejected, passed(found)) == (["2"], {1: {"encoding"}}, 0)


def test_a_field_may_read_the_column_too(take: Any) -> None:
    """The kind of a row can be the channel of an order."""
    mapping = {**MAPPING, "columns": {**MAPPING["columns"], "channel": "kind"}}
    found = take(lines("no,at,paid,kind", "1,2024-01-01,1,buy", "2,2024-01-01,1,pv"), mapping)
    assert found.column("channel") == ["buy"]


def test_the_column_must_be_there(take: Any) -> None:
    """It is named as any other that is lacking."""
    with pytest.raises(ImportRefusedError, match=r"does not find: keep = kind; did you mean 'kinds'\?"):
        take(lines("no,at,paid,kinds", "1,2024-01-01,1,buy"), MAPPING)


def test_a_table_in_memory_is_kept_too(take_table: Any) -> None:
    """With texts that repeat, and without a value here and there."""
    kind = pa.array(["buy", "pv", None]).dictionary_encode()
    table = pa.table({"no": ["1", "2", "3"], "at": ["2024-01-01"] * 3, "paid": ["1"] * 3, "kind": kind})
    found = take_table(table, MAPPING)
    assert (found.column("number"), passed(found)) == (["1"], 2)


kinds = st.lists(st.sampled_from(["buy", "pv", "", "买", "bad"]), max_size=40)


@given(kinds, st.integers(20, 400))
def test_the_account_is_right_whatever_the_blocks(tmp_path_factory: Any, texts: list[str], size: int) -> None:
    """Accepted, rejected, blank and passed are all records, and the shop says so."""
    rows = [f"{i},{'never' if text == 'bad' else '2024-01-01'},1,{'buy' if text == 'bad' else text}"
            for i, text in enumerate(texts)]  # fmt: skip
    path = tmp_path_factory.mktemp("kept") / "a.csv"
    path.write_bytes(lines("no,at,paid,kind", *rows))
    with mock.patch.object(opening, "TextTable", functools.partial(TextTable, block_bytes=size)):
        (account,) = open_shop("memory:").imports.files([path], mapping=MAPPING).files
    bought, bad = sum(text in ("buy", "买") for text in texts), texts.count("bad")
    assert (account.accepted, account.rejected, account.blank) == (bought, bad, 0)
    assert (account.passed, account.records) == (len(texts) - bought - bad, len(texts))
