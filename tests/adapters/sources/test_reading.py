"""Fields read out of raw blocks: values, and what is wrong with them."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.adapters.sources import arrow, value_kinds
from retailcrm.adapters.sources.field import Field, Kind, find_fields, header_name, visible
from retailcrm.adapters.sources.reading import Piece, line_amounts, read_fields, taken, whole
from retailcrm.adapters.sources.rounded_numbers import RoundedNumbers
from retailcrm.analytics.columns import MISSING, Coded, Texts
from retailcrm.domain.problems import Severity
from retailcrm.errors import InputError
from retailcrm.ports.raw import BadRecord, RawBlock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence


@attrs.frozen
class Table:
    """An opened table of given blocks."""

    columns: Mapping[str, Sequence[Sequence[bytes]]]
    encoding: str = "utf-8"
    bad: tuple[BadRecord, ...] = ()
    name: str = "a.csv"
    sheet: str | None = "s"
    zone: str = "Asia/Shanghai"
    currency: str = "CNY"
    personal: bool = False
    region: str = "CN"

    @property
    def header(self) -> tuple[str, ...]:
        """Column names."""
        return tuple(self.columns)

    def rows(self) -> Iterator[Any]:
        """Nobody asks for them here."""
        raise AssertionError

    def blocks(self, plain: Collection[int], coded: Collection[int]) -> Iterator[RawBlock]:
        """Give each block as the readers of files do."""
        start = 1
        for parts in zip(*self.columns.values(), strict=True):
            arrays = {i: pa.array(parts[i], pa.binary()) for i in {*plain, *coded}}
            columns = {i: a.dictionary_encode() if i in coded else a for i, a in arrays.items()}
            records = np.arange(start, start + len(parts[0]), dtype=np.int64)
            yield RawBlock(
                columns=columns, encoding=self.encoding, records=records, first_line=records + 1,
                last_line=records + 1, bad=self.bad, blank=0,
            )  # fmt: skip
            start += len(parts[0])


def read(table: Table, **fields: Field) -> list[Piece]:
    """Read the fields whose names the columns have."""
    return list(read_fields(table, fields, find_fields(table.header, fields)))


def field(name: str, kind: Kind, **more: Any) -> Field:
    """Make a field of one name."""
    return Field(names=(name,), kind=kind, **more)


def test_each_kind_of_field_becomes_its_kind_of_column() -> None:
    """Texts packed or coded, numbers and times in their dtypes, empty cells missing."""
    table = Table(
        {
            "key": [[b"1", b""]], "text": [[b"a", b"null"]], "name": [["𠮷".encode(), b""]],
            "sum": [[b"1.50", b""]], "price": [[b"0.125", b""]], "count": [[b"3", b""]],
            "when": [[b"2024-01-01", b""]], "state": [[b"Done", b""]],
            "place": [["上海 上海市 x".encode(), b""]],
        }
    )  # fmt: skip
    (piece,) = read(
        table,
        key=field("key", Kind.KEY),
        text=field("text", Kind.TEXT),
        name=field("name", Kind.NAME),
        amount=field("sum", Kind.AMOUNT),
        price=field("price", Kind.PRICE),
        pieces=field("count", Kind.COUNT),
        at=field("when", Kind.INSTANT),
        state=field("state", Kind.STATE, states={"done": 5}),
        place=field("place", Kind.PLACE),
    )
    values = {name: column.tolist() for name, column in piece.values.items()}
    assert (values["key"], values["name"], values["text"]) == (["1", ""], ["𠮷", ""], ["a", None])
    assert (values["amount"], values["price"]) == ([150, MISSING], [12_500_000, MISSING])
    assert (values["pieces"], values["state"], values["place"]) == (
        [3, MISSING],
        [5, -1],
        ["上海 上海市", None],
    )
    assert [str(at) for at in piece.values["at"]] == ["2023-12-31T16:00:00.000000", "NaT"]
    assert piece.problems == ()
    assert piece.keep.tolist() == [True, False]
    assert piece.blank == 1


def test_every_problem_says_where_and_only_harmless_texts_are_shown() -> None:
    """File, sheet, record, line, column and code; a name that is no text is not repeated."""
    table = Table(
        {"no": [[b"1", b"2", b"1E+15", b"", b"5"]], "who": [[b"a", b"\xff", b"b", b"c", b"d"]],
         "sum": [[b"x", b"1", b"2", b"3", b"4"]], "state": [[b"ok", b"ok", b"ok", b"ok", b"odd"]]},
        bad=(BadRecord(record=6, first_line=7, last_line=9, code="quote", message="open"),),
    )  # fmt: skip
    (piece,) = read(
        table,
        no=field("no", Kind.KEY, required=True),
        who=field("who", Kind.NAME),
        amount=field("sum", Kind.AMOUNT),
        state=field("state", Kind.STATE, states={"ok": 5}),
    )
    told = [(p.record, p.first_line, p.last_line, p.column, p.code, p.value) for p in piece.problems]
    assert sorted(told) == [
        (1, 2, 2, "sum", "amount", "x"),
        (2, 3, 3, "who", "encoding", None),
        (3, 4, 4, "no", "damaged-number", "1E+15"),
        (4, 5, 5, "no", "missing", None),
        (5, 6, 6, "state", "state", "odd"),
        (6, 7, 9, None, "quote", None),
    ]
    assert {(p.source, p.sheet) for p in piece.problems} == {("a.csv", "s")}
    assert [p.record for p in piece.problems if p.severity is Severity.WARNING] == [5]
    assert piece.keep.tolist() == [False, False, False, False, True]


def test_a_long_text_in_a_problem_is_cut() -> None:
    """Forty characters are enough to find it again."""
    (piece,) = read(Table({"sum": [[b"x" * 1000]]}), amount=field("sum", Kind.AMOUNT))
    assert piece.problems[0].value == "x" * 40


def test_a_quantity_times_a_price_too_large_is_named_by_its_column() -> None:
    """The piece loses that row; one already lost is not named twice."""
    table = Table(
        {"pcs": [[b"2", b"999999999999999", b"999999999999999"]], "each": [[b"1.5", b"99999", b"x"]]}
    )
    (piece,) = read(table, quantity=field("pcs", Kind.COUNT), price=field("each", Kind.PRICE))
    amounts, left = line_amounts(table, piece, "price")
    assert amounts.tolist() == [300, MISSING, MISSING]
    assert left.keep.tolist() == [True, False, False]
    assert [(p.record, p.column, p.code) for p in left.problems] == [
        (3, "each", "price"),
        (2, "each", "amount"),
    ]


def test_a_column_that_the_file_lacks_is_missing_throughout() -> None:
    """Whoever adds up needs no special case."""
    (piece,) = read(
        Table({"a": [[b"1", b"2"]]}), amount=field("a", Kind.AMOUNT), other=field("b", Kind.AMOUNT)
    )
    assert whole(piece, "amount").tolist() == [100, 200]
    assert whole(piece, "other").tolist() == [MISSING, MISSING]


@given(st.lists(st.booleans(), max_size=8))
def test_good_rows_are_taken_from_a_column_of_any_kind(keep: list[bool]) -> None:
    """In their sequence, whatever holds them."""
    flags = np.array(keep, np.bool_)
    texts = [f"t{i % 3}" for i in range(len(keep))]
    want = [text for text, good in zip(texts, keep, strict=True) if good]
    assert taken(Texts.of(texts), flags).tolist() == want
    assert taken(Coded.of(texts), flags).tolist() == want
    assert taken(np.array(texts, "U2"), flags).tolist() == want


def test_the_first_of_several_names_is_taken_and_the_first_of_equal_columns() -> None:
    """Names are tried in the field's sequence, not the file's."""
    fields = {
        "a": Field(names=("new", "old"), kind=Kind.TEXT),
        "b": field("x", Kind.TEXT),
        "c": field("y", Kind.TEXT),
    }
    assert find_fields(("old", "new", "X ", "x"), fields) == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("实付（元）", "实付(元)"),
        ("Order  ID", "order\u00a0id"),
        ("订单\u200b编号 ", "订单编号"),
        ("ＡＢＣ", "abc"),
        ("a\nb", "a b"),
    ],
)
def test_names_are_compared_by_what_one_sees(one: str, other: str) -> None:
    """Width, blanks, capitals and invisible characters do not matter."""
    assert header_name(one) == header_name(other)
    assert visible("\ufeff a\u200d ") == "a"


# Numbers rounded by a spreadsheet

ROUND = [f"51130000000{i:04}0000" for i in range(30)]
SOUND = "5113000000000047045"


@given(
    st.lists(st.sampled_from([*ROUND, SOUND, "12345", "", "abc", "193000000000060"]), max_size=30),
    st.integers(1, 9),
)
def test_numbers_are_rounded_if_all_so_far_are(numbers: list[str], size: int) -> None:
    """From the block on in which eight zeros have been seen, and never after a sound number."""
    rounded, seen, sound = RoundedNumbers(), 0, False
    for start in range(0, len(numbers), size):
        block = numbers[start : start + size]
        flags = rounded.find(pa.array(block, pa.string()))
        sound = sound or SOUND in block
        seen += 0 if sound else 4 * len(set(block) & set(ROUND))
        want = [number in ROUND for number in block] if not sound and seen >= 8 else [False] * len(block)
        assert (flags.tolist() if flags is not None else [False] * len(block)) == want


def test_sixteen_digits_need_eight_numbers() -> None:
    """Each has one digit that was lost: a zero there is no wonder in a few of them."""
    numbers = [f"19300000000{i:04}0" for i in range(8)]
    assert RoundedNumbers().find(pa.array(numbers[:7])) is None
    flags = RoundedNumbers().find(pa.array(numbers))
    assert flags is not None
    assert flags.all()


@given(
    st.lists(st.lists(st.sampled_from([*ROUND[:6], SOUND, "12345", "", "abc"]), max_size=5), max_size=6),
    st.booleans(),
)
def test_blocks_read_ahead_of_each_other_are_read_as_one_after_the_other(
    blocks: list[list[str]], never_round: bool
) -> None:
    """Whether a number is rounded depends on the blocks before it, and on none behind."""
    table = Table({"no": [[number.encode() for number in block] for block in blocks]})
    pieces = read(table, no=field("no", Kind.KEY, never_round=never_round))
    found = [(p.code, p.record) for piece in pieces for p in piece.problems]
    want: list[tuple[str, int | None]] = []
    rounded, record = RoundedNumbers(), 0
    for block in blocks:
        flags = rounded.find(pa.array([number or None for number in block], pa.string()))
        if flags is not None and never_round:
            want += [("damaged-number", record + i + 1) for i in np.flatnonzero(flags).tolist()]
        elif flags is not None:
            want.append(("rounded-numbers", None))
            rounded = RoundedNumbers(sound=True)
        record += len(block)
    assert found == want


def test_a_reading_given_up_half_way_leaves_no_thread() -> None:
    """Whoever has seen enough closes the reader."""
    before = set(threading.enumerate())
    table = Table({"no": [[b"1"], [b"2"], [b"3"], [b"4"]]})
    pieces = read_fields(table, {"no": field("no", Kind.KEY)}, {"no": 0})
    assert next(pieces).values["no"].tolist() == ["1"]
    pieces.close()  # type: ignore[attr-defined] # it is a generator
    assert set(threading.enumerate()) <= before


def test_what_is_wrong_with_a_setting_is_raised_to_the_caller() -> None:
    """Also where a thread found it."""
    table = Table({"sum": [[b"1"], [b"2"]]}, currency="yuan")
    with pytest.raises(InputError):
        read(table, sum=field("sum", Kind.AMOUNT))


# E-mail addresses


@given(
    st.lists(
        st.one_of(
            st.just(""), st.sampled_from(["ann@example.com", "a@b.c.d", "a..b@c.de"]),
            st.text("ab.@", max_size=6), st.text("aB.@ *-='\"", max_size=8),
        ),
        min_size=1, max_size=8,
    )
)  # fmt: skip
def test_addresses_are_told_from_other_texts_whatever_stands_beside_them(cells: list[str]) -> None:
    """One @ with text before it, and a dot behind it with text around: the quick way and the other agree."""
    pattern = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
    raw = pa.array([cell.encode() for cell in cells], pa.binary())
    quick = value_kinds.quick_emails(raw)
    if quick is not None:
        assert quick[0].tolist() == cells
        assert quick[1].tolist() == [not cell for cell in cells]
        assert all(pattern.fullmatch(cell) and cell.islower() for cell in cells if cell)
    plain = [cell for cell in cells if cell]
    if plain and all(pattern.fullmatch(cell) and not set(cell) & set("B*='\" ") for cell in plain):
        assert quick is not None


# Words of an address


@given(
    st.lists(st.text(alphabet="上𠮷a \n", max_size=8), max_size=6),
    st.integers(1, 3),
    st.sampled_from(["utf-8", "gb18030"]),
)
def test_the_first_words_are_cut_without_decoding(cells: list[str], words: int, encoding: str) -> None:
    """Each cell is cut before its n-th blank, in any encoding, also in a slice of a column."""
    column = pa.array([cell.encode(encoding) for cell in ["x y z", *cells]], pa.binary())
    found = arrow.first_words(column.slice(1), words)
    assert [cell.decode(encoding) for cell in found.to_pylist()] == [
        " ".join(c.split(" ")[:words]) for c in cells
    ]
