"""Text files opened: header found, encoding and delimiter found, bytes made ready."""

from __future__ import annotations

import codecs
import gzip
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.adapters.sources.csv.text_streams import splittable
from retailcrm.adapters.sources.discover import Discovered, ReadSettings, discover, plain_name
from retailcrm.adapters.sources.opening import HEAD_BYTES, TextForm, recognise, text_heads
from retailcrm.errors import ImportRefusedError, SettingsError
from retailcrm.ports.sources import Match, Row, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from retailcrm.domain.problems import Problem
    from retailcrm.ports.batches import Batch
    from retailcrm.ports.sources import SourceFile

ORDERS = {
    "grain": "order",
    "columns": {"number": "订单", "buyer": "买家", "placed_at": "时间", "paid": "实付", "city": "城市"},
    "buyer": {"kind": "nick", "strength": "stable"},
    "constants": {"state": "completed"},
}
HEADER = ("订单", "买家", "时间", "实付", "城市")
TWO = [
    ["1", "小明", "2024-03-25 22:30:00", "10.00", "杭州"],
    ["2", "𠮷野", "2024-03-26 08:00:00", "5.50", "北京"],
]
Take = Any


def text_of(
    rows: list[list[str]], delimiter: str = ",", eol: str = "\n", header: tuple[str, ...] = HEADER
) -> str:
    """Write rows below a header."""
    return "".join(delimiter.join(row) + eol for row in [list(header), *rows])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
def test_any_usual_form_of_a_file_reads_the_same(take: Take, encoding: str, delimiter: str, eol: str) -> None:
    """Encoding, delimiter and line ending are found out; the records are the same in all 48 forms."""
    found = take(text_of(TWO, delimiter, eol).encode(encoding), ORDERS)
    assert found.column("number") == ["1", "2"]
    assert found.column("buyer") == ["小明", "𠮷野"]
    assert found.column("paid") == [1000, 550]
    assert found.column("city") == ["杭州", "北京"]
    assert found.column("placed_at")[0] == datetime(2024, 3, 25, 14, 30, tzinfo=UTC)
    assert found.accounts_for(2)


def test_traditional_chinese_in_big5_is_read(take: Take) -> None:
    """GB18030 decodes Big5 too, but then the column names are not there; with | it is transcoded."""
    header = ("訂單", "買家", "時間", "實付")
    mapping = {
        **ORDERS,
        "columns": dict(zip(("number", "buyer", "placed_at", "paid"), header, strict=True)),
    }
    for delimiter in ",|":
        # 功 and 許 end in the bytes of \ and | in Big5.
        rows = [["1", "許功蓋", "2024-03-25", "1"]]
        found = take(text_of(rows, delimiter, header=header).encode("big5hkscs"), mapping)
        assert found.column("buyer") == ["許功蓋"]


@given(st.lists(st.text(alphabet="丂乗亅漢𠮷a", min_size=1, max_size=6), min_size=1, max_size=5))
def test_a_bar_within_the_bytes_of_a_character_splits_nothing(names: list[str]) -> None:
    """Characters such as 亅 hold the byte of | in GB18030: the file is transcoded before it is split."""
    import io

    text = "".join(f"{name}|x\n" for name in names)
    stream, encoding = splittable(io.BytesIO(text.encode("gb18030")), "gb18030", "|")
    assert (stream.read().decode(encoding), encoding) == (text, "utf-8")


def test_only_what_needs_it_is_transcoded() -> None:
    """Bytes are passed on as they are where no character can hold the delimiter."""
    import io

    same = [("utf-8", "|"), ("gb18030", ","), ("gbk", "\t"), ("big5hkscs", ";"), ("cp1252", "|")]
    changed = [("gb18030", "|"), ("gb18030", "~"), ("big5", "^"), ("utf-16", ","), ("shift_jis", ",")]
    for encoding, delimiter in same + changed:
        _, bytes_in = splittable(io.BytesIO("ab".encode(encoding)), encoding, delimiter)
        assert bytes_in == (encoding if (encoding, delimiter) in same else "utf-8")


def test_a_utf8_file_with_a_damaged_cell_is_not_read_as_gb18030(take: Take) -> None:
    """Undecodable bytes reject their record alone; the name of a person is not repeated in the problem."""
    text = text_of([["1", "小X明", "2024-03-25", "1", "杭州"], ["2", "小红", "2024-03-25", "2", "北京"]])
    found = take(text.encode().replace(b"X", b"\xff"), ORDERS)
    assert found.column("buyer") == ["小红"]
    (problem,) = found.problems
    assert (problem.code, problem.record, problem.first_line, problem.column) == ("encoding", 1, 2, "买家")
    assert problem.value is None
    assert found.accounts_for(2)


@pytest.mark.parametrize("encoding", ["gb18030", "big5hkscs"])
@pytest.mark.parametrize("delimiter", [",", "|"])
def test_a_damaged_cell_rejects_its_record_in_any_encoding(take: Take, encoding: str, delimiter: str) -> None:
    """The records around it are read, transcoded or not."""
    header = ("訂單編號", "買家會員名", "訂單創建時間", "買家實付")
    mapping = {**ORDERS, "columns": dict(zip(("number", "buyer", "placed_at", "paid"), header, strict=True))}
    rows = [[str(i), "大X明" if i == 3 else "大明", "2024-03-25", "1"] for i in range(1, 6)]
    data = text_of(rows, delimiter, header=header).encode(encoding).replace(b"X", b"\xff")
    found = take(data, mapping)
    assert found.column("buyer") == ["大明"] * 4
    assert found.rejected == {3: {"encoding"}}


def test_damage_in_a_column_that_nobody_reads_rejects_nothing(take: Take) -> None:
    """A broken note beside good columns is left alone."""
    text = text_of([[*TWO[0], "好X"]], header=(*HEADER, "备注"))
    assert take(text.encode("gb18030").replace(b"X", b"\xff"), ORDERS).accounts_for(1)


def test_utf16_with_half_a_character_rejects_that_record(take: Take) -> None:
    """A lone surrogate, and an odd byte at the end, are no text; the other records are."""
    text = text_of([["1", "小", "2024-03-25", "1", "a"], ["2", "小X", "2024-03-25", "1", "a"]])
    data = text.encode("utf-16").replace("X".encode("utf-16-le"), b"\x00\xd8")
    found = take(data, ORDERS)
    assert (found.records, found.rejected) == ([1], {2: {"encoding"}})
    cut = text_of([["1", "小", "2024-03-25", "1", "a"], ["2", "小", "2024-03-25", "1", "杭"]])
    found = take(cut.encode("utf-16")[:-3], ORDERS)
    assert (found.records, found.rejected) == ([1], {2: {"encoding"}})


def test_titles_above_the_header_are_passed_over(take: Take) -> None:
    """Comment lines, blank lines and a quoted title of several lines stand above the header."""
    titles = '#支付宝账务明细查询\n#账号:[20880]\n"导出\n时间",2024-04-01\n\n'
    found = take((titles + text_of(TWO)).encode("gb18030"), ORDERS)
    assert found.match.header_row == 4
    assert [(p.first_line, p.last_line) for p in found.problems] == []
    assert found.records == [1, 2]
    broken = take((titles + text_of([*TWO, ["3", "x", "never", "1", "a"]])).encode("gb18030"), ORDERS)
    (problem,) = broken.problems
    assert (problem.record, problem.first_line, problem.column, problem.value) == (3, 9, "时间", "never")


@pytest.mark.parametrize(
    "names",
    [
        ("订单 ", " 买家\u3000", "时间\u00a0", "实付\t", "城市 "),
        ("\u200b订单", "买\u200b家", "时间\ufeff", "实付\u200d", "城\u2060市"),
        ('"订单"', '"买家"', '"时间"', '"实付"', '"城市"'),
    ],
)
def test_names_are_found_whatever_is_invisible_in_them(take: Take, names: tuple[str, ...]) -> None:
    """Trailing blanks, NBSP, ideographic and zero-width blanks, quotes: the names are the same."""
    assert take(text_of(TWO, header=names).encode(), ORDERS).column("city") == ["杭州", "北京"]


def test_names_are_found_with_full_width_brackets_and_other_case(take: Take) -> None:
    """(元) and （元）, OrderID and orderid are the same name; duplicated names mean the first column."""
    mapping = {
        **ORDERS,
        "columns": {"number": "OrderID", "buyer": "名", "placed_at": "T", "paid": "实付(元)"},
    }
    header = ("orderid", "名", "ｔ", "实付（元）", "实付（元）", "名")
    found = take(text_of([["1", "甲", "2024-03-25", "1", "2", "乙"]], header=header).encode(), mapping)
    assert (found.column("paid"), found.column("buyer")) == ([100], ["甲"])


def test_a_commoner_character_is_not_the_delimiter_if_the_names_say_otherwise(take: Take) -> None:
    """Attributes full of semicolons do not split a file of commas."""
    rows = [["1", "a;b;c;d;e;f;g;h;i", "2024-03-25", "1", "x;y;z"]]
    assert take(text_of(rows).encode(), ORDERS).column("city") == ["x;y;z"]


def test_text_that_begins_in_ascii_is_looked_into_further(take: Take) -> None:
    """A GB18030 file whose first 64 KiB are plain ASCII is still read as what it is."""
    header = ("no", "who", "at", "paid")
    mapping = {**ORDERS, "columns": dict(zip(("number", "buyer", "placed_at", "paid"), header, strict=True))}
    rows = [[str(i), "ann" if i < 5000 else "𠮷明", "2024-03-25", "1"] for i in range(1, 5002)]
    data = text_of(rows, header=header).encode("gb18030")
    assert data[:HEAD_BYTES].isascii()
    assert take(data, mapping).column("buyer")[-2:] == ["𠮷明", "𠮷明"]


def test_a_packed_file_is_read_in_place(tmp_path: Path, take_file: Take) -> None:
    """A gzip file is text like any other."""
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(text_of(TWO).encode("utf-16")))
    (found,) = take_file(path, ORDERS)
    assert found.records == [1, 2]


class Stub:
    """A source that knows what it is told."""

    platform = "stub"

    def __init__(self, name: str, strength: int | None, said: str = "") -> None:
        self.name, self.strength, self.said = name, strength, said

    def identify(self, _: Sample) -> Match | None:
        """Answer as told."""
        if self.said:
            raise ImportRefusedError(self.said, code="said")
        return None if self.strength is None else Match(strength=self.strength, reason="told so")

    def exported_at(self, name: str, zone: str) -> datetime | None:  # noqa: ARG002 - the port's signature
        """Say nothing."""
        return None

    def read(self, file: SourceFile) -> Iterator[Batch | Problem]:
        """Read nothing."""
        raise AssertionError(file)


def choose(*sources: Stub, data: bytes = b"a,b\n1,2\n") -> str:
    """Say which source takes a file."""
    return recognise("a.csv", text_heads(data, TextForm()), {s.name: s for s in sources}).source.name


def test_the_surest_source_reads_the_file() -> None:
    """The highest strength wins, the first of equals; a refusal does not keep others from it."""
    assert choose(Stub("a", 10), Stub("b", 90), Stub("c", 90), Stub("d", None)) == "b"
    assert choose(Stub("a", None, said="no"), Stub("b", 1)) == "b"


def test_a_refusal_is_passed_on_only_if_nobody_takes_the_file() -> None:
    """The reader that was chosen by hand says what the file lacks."""
    with pytest.raises(ImportRefusedError, match="needs a column") as caught:
        choose(Stub("a", None, said="needs a column"), Stub("b", None))
    assert caught.value.code == "said"


def test_an_unknown_file_is_answered_with_its_columns() -> None:
    """The message names the columns found, the formats known and the way out."""
    with pytest.raises(ImportRefusedError, match=r"a\.csv: .*a, b.*Known formats: s.*--map") as caught:
        choose(Stub("s", None))
    assert caught.value.code == "unrecognised"
    with pytest.raises(ImportRefusedError, match=r"c0, .*c19, \.\.\."):
        choose(Stub("s", None), data=",".join(f"c{i}" for i in range(30)).encode())


def test_bytes_that_are_no_text_are_answered_as_such() -> None:
    """The message names the encodings tried."""
    with pytest.raises(ImportRefusedError, match=r"no text in utf-8, gb18030, big5hkscs.*mapping") as caught:
        choose(Stub("s", 50), data=b"\xff\x81\xff\xff" * 50)
    assert caught.value.code == "encoding"


@pytest.mark.parametrize("data", [b" \n \r\n", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, b"\xef\xbb\xbf\r\n"])
def test_a_file_of_nothing_is_empty(tmp_path: Path, data: bytes) -> None:
    """Blanks and a byte-order mark are no content."""
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(ImportRefusedError, match="empty") as caught:
        next(discover(path, {}, ReadSettings(zone="UTC", currency="CNY")))
    assert caught.value.code == "empty"


def test_the_named_encoding_and_delimiter_are_taken(take: Take) -> None:
    """What a mapping says of the file is not guessed again."""
    mapping = {**ORDERS, "file": {"encoding": "GBK", "delimiter": "~"}}
    assert take(text_of(TWO[:1], "~").encode("gbk"), mapping).column("buyer") == ["小明"]
    western = {**ORDERS, "columns": {"number": "id", "buyer": "nom", "placed_at": "le", "paid": "payé"}}
    data = text_of([["1", "Zoë", "2024-03-25", "1"]], ";", header=("id", "nom", "le", "payé")).encode(
        "cp1252"
    )
    found = take(data, {**western, "file": {"encoding": "cp1252"}})
    assert found.column("buyer") == ["Zoë"]


@pytest.mark.parametrize("encoding", ["klingon", "hex"])
def test_an_unknown_encoding_is_a_wrong_setting(encoding: str) -> None:
    """A codec that makes no text cannot be asked for."""
    with pytest.raises(SettingsError, match=encoding):
        TextForm(encoding=encoding)


@pytest.mark.parametrize("delimiter", ["", ",,", '"', "\n", "a", "1", "，", "=", "-", "."])
def test_a_delimiter_is_one_character_that_no_value_needs(delimiter: str) -> None:
    """Letters, digits, quotes, signs and characters beyond ASCII separate nothing."""
    with pytest.raises(SettingsError, match="delimiter"):
        TextForm(delimiter=delimiter)


def test_rows_are_given_as_stripped_text_by_name(tmp_path: Path) -> None:
    """A source that reads row by row gets texts, places and problems; of equal names the first column."""

    class Rows(Stub):
        def read(self, file: SourceFile) -> Iterator[Any]:
            yield from file.rows()

    path = tmp_path / "a.csv"
    path.write_bytes(
        'no,名,名\r\n="1", 甲 ,x\r\n2,"a\nb",\r\n3,,\r\n\r\n4,X,x\r\n5\r\n'.encode("gb18030").replace(
            b"X", b"\xff"
        )
    )
    tables = discover(path, {"s": Rows("s", 50)}, ReadSettings(zone="UTC", currency="CNY"))
    found = next(tables)
    assert isinstance(found, Discovered)
    items = list(found.source.read(found.table))
    rows = [item for item in items if isinstance(item, Row)]
    assert [(row.record, row.first_line, row.last_line, row["no"], row["名"]) for row in rows] == [
        (1, 2, 2, "1", "甲"),
        (2, 3, 4, "2", "a\nb"),
        (3, 5, 5, "3", ""),
    ]
    problems: list[Any] = [item for item in items if not isinstance(item, Row)]
    assert sorted((p.record, p.first_line, p.code, p.column) for p in problems) == [
        (5, 7, "encoding", "名"),
        (6, 8, "columns", None),
    ]


def test_progress_counts_every_byte_once(tmp_path: Path, take_file: Take) -> None:
    """The sizes told add up to the size of the file."""
    path = tmp_path / "a.csv"
    path.write_bytes(text_of(TWO * 50_000).encode())
    told: list[int] = []
    take_file(path, ORDERS, progress=told.append)
    assert sum(told) == path.stat().st_size


@pytest.mark.parametrize(
    ("shown", "name"),
    [("a/b.csv", "b.csv"), ("a\\b.csv", "b.csv"), ("x.zip!c/d.csv", "d.csv"), ("e.csv", "e.csv")],
)
def test_the_name_that_tells_is_the_last_one(shown: str, name: str) -> None:
    """Folders and the archive around a member are no part of its name."""
    assert plain_name(shown) == name


def test_the_moment_is_the_names_or_else_the_files_own(tmp_path: Path, take: Take) -> None:
    """A mapping tells no moment: the file's time counts."""
    found = take(text_of(TWO).encode(), ORDERS, name="ExportOrderList202403252230.csv")
    written = datetime.fromtimestamp((tmp_path / "ExportOrderList202403252230.csv").stat().st_mtime, UTC)
    assert found.found.exported_at == written
