"""The accounting law: of files broken in known places, everything else is taken and every break is named."""

# ruff: noqa: S311 - the same numbers in every run are wanted

from __future__ import annotations

import codecs
import functools
import random
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

import attrs
import pytest

from retailcrm.adapters.sources import opening
from retailcrm.adapters.sources.csv.table import TextTable

if TYPE_CHECKING:
    from pathlib import Path

FILES: Final = 300
MAPPING: Final = {
    "name": "shop",
    "grain": "order",
    "columns": {"number": "订单号", "buyer": "买家", "placed_at": "下单时间", "paid": "实付", "city": "城市"},
    "buyer": {"kind": "nick", "strength": "stable"},
    "constants": {"state": "completed"},
}
HEADER: Final = ["订单号", "买家", "下单时间", "实付", "城市", "备注"]
COLUMN_OF: Final = {"amount": "实付", "instant": "下单时间", "damaged-number": "订单号", "total": "订单号"}
BREAK: Final = "\ue000"
"""Stands in a generated text for bytes that are no text."""


@attrs.frozen
class Form:
    """How a generated file is written."""

    encoding: str
    delimiter: str
    eol: str
    quote_all: bool

    def bytes_of(self, text: str) -> bytes:
        """Encode a text with its broken places."""
        codec = "utf-16-le" if self.encoding == "utf-16" else self.encoding.removesuffix("-sig")
        bad = b"\x00\xd8" if self.encoding == "utf-16" else b"\xff"
        marks = {"utf-16": codecs.BOM_UTF16_LE, "utf-8-sig": codecs.BOM_UTF8}
        return marks.get(self.encoding, b"") + bad.join(part.encode(codec) for part in text.split(BREAK))

    def cell(self, text: str) -> str:
        """Write a cell, quoted where it must be; ="..." as the platforms write it."""
        if text.startswith('="'):
            return text
        must = any(c in text for c in (self.delimiter, '"', "\n", "\r"))
        return '"' + text.replace('"', '""') + '"' if must or self.quote_all else text


@attrs.define
class Truth:
    """What a generated file holds, and where."""

    numbers: list[str] = attrs.field(factory=list)
    paid: list[int] = attrs.field(factory=list)
    broken: dict[int, tuple[str, int, int]] = attrs.field(factory=dict)
    blank: int = 0
    records: int = 0


NICKS: Final = ["小明", "=^_^=", "@小满的", "'tis", "𠮷野家", 'say "hi"', "a,b;c|d\te", "two\nlines"]
AMOUNTS: Final = [("598.00", 59800), ("￥1,234.00", 123400), ("598.00元", 59800), ("0", 0), ("-1.5", -150)]
TIMES: Final = ["2024-03-25 22:30:00", "2020/2/21 0:00", "2024-03-25T22:30:00+08:00", "20240325"]


def good_cells(rng: random.Random, number: str) -> tuple[list[str], int]:
    """Make a record that must be taken, and what was paid."""
    text, minor = rng.choice(AMOUNTS)
    wrapped = rng.choice([number, f'="{number}"', f"'{number}", f" {number}\t"])
    note = rng.choice(["", "x", "line\r\nbreak", '5" pipe', "-"])
    return [
        wrapped,
        rng.choice(NICKS),
        rng.choice(TIMES),
        text,
        rng.choice(["上海", "", "null"]),
        note,
    ], minor


def broken_line(rng: random.Random, code: str, cells: list[str], form: Form) -> str:
    """Write a record that must be rejected for one known reason."""
    if code == "amount":
        cells[3] = rng.choice(["1.93E+15", "abc", "1.234", "12,34"])
    elif code == "instant":
        cells[2] = rng.choice(["2023-02-29", "24:00", "1/2/2020"])
    elif code == "damaged-number":
        cells[0] = rng.choice(["1.93068E+15", "5.113e+18"])
    elif code == "total":
        cells[0] = "合计"
    elif code == "missing":
        cells[rng.choice([0, 2])] = rng.choice(["", " ", "null"])
    elif code == "encoding":
        cells[rng.choice([1, 4])] = f"上{BREAK}海"
    elif code == "cell-size":
        cells[5] = "长" * 40_000
    elif code == "nul":
        cells = [cell.replace("\n", " ").replace("\r", " ") for cell in cells]
        cells[4] = "a\0b"
    written = [form.cell(cell) for cell in cells]
    if code == "columns":
        few = rng.random() < 0.5
        written = written[: rng.randint(2, 5)] if few else [*written, form.cell("more")]
    elif code == "quote":
        written = [form.cell(cell.replace("\n", " ").replace("\r", " ")) for cell in cells]
        written[5] = '"never closed'
    elif code == "newline":
        written = [form.cell(cell.replace("\n", " ").replace("\r", " ")) for cell in cells]
        written[5] = "a\rb"
    return form.delimiter.join(written)


CODES: Final = [
    "amount", "instant", "damaged-number", "total", "missing", "encoding", "cell-size", "nul", "columns",
    "quote", "newline",
]  # fmt: skip


def broken_file(seed: int) -> tuple[bytes, Truth]:
    """Make a file of up to 40 records, a third of them broken or blank, and say which."""
    rng = random.Random(seed)
    form = Form(
        rng.choice(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
        rng.choice(",;\t|"),
        rng.choice(["\n", "\r\n"]),
        rng.random() < 0.5,
    )
    truth = Truth()
    header = form.delimiter.join(form.cell(name + rng.choice(["", " ", "\u200b"])) for name in HEADER)
    lines = [*rng.choice([[], ["#export", ""]]), header]
    line = len(lines) + 1
    for i in range(rng.randint(1, 40)):
        number = str(5_113_000_000_000_047_045 + i)
        cells, minor = good_cells(rng, number)
        truth.records += 1
        chance = rng.random()
        if chance < 0.08:
            text = rng.choice(["", " ", form.delimiter * 5])
            truth.blank += 1
        elif chance < 0.35:
            code = rng.choice(CODES)
            text = broken_line(rng, code, cells, form)
            truth.broken[truth.records] = (code, line, line + text.count("\n"))
        else:
            text = form.delimiter.join(form.cell(cell) for cell in cells)
            truth.numbers.append(number)
            truth.paid.append(minor)
        lines.append(text)
        line += text.count("\n") + 1
    # An empty last record is only there if its line ends.
    end = rng.choice(["", form.eol]) if lines[-1] else form.eol
    return form.bytes_of(form.eol.join(lines) + end), truth


@pytest.mark.parametrize("part", range(10))
def test_what_is_whole_is_taken_and_what_is_broken_is_named(
    part: int, tmp_path: Path, take_file: Any
) -> None:
    """300 files, blocks of any size: the accepted set is the truth, each rejection has place and code."""
    path = tmp_path / "broken.csv"
    for seed in range(part, FILES, 10):
        data, truth = broken_file(seed)
        path.write_bytes(data)
        size = random.Random(seed).choice([300, 3000, 30_000, 1 << 20])
        with mock.patch.object(opening, "TextTable", functools.partial(TextTable, block_bytes=size)):
            (found,) = take_file(path, MAPPING)
            (again,) = take_file(path, MAPPING)
        assert found.column("number") == truth.numbers, seed
        assert found.column("paid") == truth.paid, seed
        assert found.blank == truth.blank, seed
        assert found.accounts_for(truth.records), seed
        assert found.rejected == {record: {code} for record, (code, _, _) in truth.broken.items()}, seed
        for problem in found.problems:
            code, first, last = truth.broken[problem.record]
            assert (problem.first_line, problem.last_line) == (first, last), (seed, problem)
            assert problem.source == str(path)
            assert problem.message
            assert problem.column == COLUMN_OF.get(code, problem.column), (seed, problem)
            assert (problem.column is None) == (code in ("nul", "columns", "quote", "newline", "cell-size"))
            # What could be a person's is not repeated.
            assert problem.value is None or problem.column in COLUMN_OF.values()
        assert (again.rows, again.records, again.problems, again.blank) == (
            found.rows,
            found.records,
            found.problems,
            found.blank,
        )


def test_every_way_to_break_a_record_occurs() -> None:
    """The generated files hold each kind of break many times, and files without any."""
    codes = [code for seed in range(FILES) for code, _, _ in broken_file(seed)[1].broken.values()]
    assert min(codes.count(code) for code in CODES) > 50
    assert any(not broken_file(seed)[1].broken for seed in range(FILES))
