"""Which encodings a file may be in."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.adapters.sources.csv.encoding import LADDER, candidates, decode_head, known_encoding, unmarked

CHINESE = st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=3, max_size=60)


@given(CHINESE, st.text(alphabet="abc,\n", max_size=20))
def test_utf8_goes_before_every_encoding_that_also_decodes_it(text: str, ascii_text: str) -> None:
    """The bytes of a UTF-8 text are nearly always valid GB18030 too, and are never read so."""
    assert next(iter(candidates((ascii_text + text).encode()))) == "utf-8"


@given(CHINESE.filter(lambda text: len(text) > 20), st.integers(0, 200), st.sampled_from([0xFF, 0x80, 0xC3]))
def test_a_damaged_byte_does_not_make_utf8_something_else(text: str, place: int, byte: int) -> None:
    """One wrong byte in sixty rejects its record, not the encoding."""
    data = bytearray(text.encode())
    data[place % len(data)] = byte
    assert next(iter(candidates(bytes(data)))) == "utf-8"


@pytest.mark.parametrize(
    "text", ["订单编号", "买家会员名", "交易成功", "浙江省 杭州市 余杭区", "等待买家付款", "张三"]
)
def test_chinese_words_in_gb18030_are_not_taken_for_utf8(text: str) -> None:
    """What GB18030 writes is no UTF-8 nearly everywhere, even in a few words."""
    assert next(iter(candidates(text.encode("gb18030")))) == "gb18030"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5hkscs"])
def test_a_character_cut_at_the_end_is_no_fault(encoding: str) -> None:
    """The head of a file may end anywhere: the encoding stays a candidate, the text just ends earlier."""
    data = "淘寶訂單編號".encode(encoding)
    for cut in range(len(data) - 3, len(data)):
        assert encoding in list(candidates(data[:cut]))
        assert "淘寶訂單編號".startswith(decode_head(data[:cut], encoding).rstrip("\ufffd"))


def test_four_bytes_of_gb18030_are_one_character() -> None:
    """𠮷 is beyond GBK; its four bytes decode, also when the head ends within them."""
    data = "𠮷野家".encode("gb18030")
    assert [next(iter(candidates(data[:n]))) for n in (4, 6, 8)] == ["gb18030"] * 3
    assert decode_head(data[:3], "gb18030") == ""


def test_marks_at_the_start_decide() -> None:
    """A byte-order mark names its encoding and is no part of the text."""
    assert list(candidates(codecs.BOM_UTF8 + b"\xff")) == ["utf-8"]
    for codec in ("utf-16-le", "utf-16-be"):
        mark = codecs.BOM_UTF16_LE if codec.endswith("le") else codecs.BOM_UTF16_BE
        data = mark + "订单编号\t总金额".encode(codec)
        assert list(candidates(data)) == ["utf-16"]
        assert decode_head(data, "utf-16") == "订单编号\t总金额"
    assert list(candidates("id,total".encode("utf-32"))) == ["utf-32"]
    assert decode_head(codecs.BOM_UTF8 + b"a", "utf-8") == "a"


@pytest.mark.parametrize(
    "text", ["order_id,total\n", "订单编号\t总金额\r\n1\t2\r\n", "订单编号,买家会员名\n"]
)
def test_utf16_without_its_mark_is_named(text: str) -> None:
    """Every other byte of its Latin letters and delimiters is NUL, and no other byte is."""
    for codec in ("utf-16-le", "utf-16-be"):
        assert unmarked(text.encode(codec)) == codec
    for codec in ("utf-8", "gb18030", "utf-16", "utf-32"):
        assert unmarked(text.encode(codec)) is None


def test_a_nul_here_and_there_is_no_utf16() -> None:
    """An accident in a cell rejects its record, not the file."""
    assert unmarked(b"order_id,total\n1\0\0\0,2\n") is None
    assert unmarked(b"order_id,total\n" + b"1,2\n" * 9 + b"\0,2\n") is None


def test_an_accident_that_is_already_in_the_file_is_no_new_one() -> None:
    """A UTF-8 file that holds the replacement character itself is UTF-8."""
    assert next(iter(candidates("中\ufffd\ufffd\ufffd\ufffd".encode()))) == "utf-8"


def test_a_few_broken_lines_among_plain_ones_reject_no_file() -> None:
    """What is plain ASCII but for a stray byte is UTF-8 with broken records."""
    assert list(candidates(b"id,name\n1,ann\n2,bob\n3,\xff\n")) == ["utf-8"]
    assert list(candidates(b"id,\xff\n1,\xff\n2,bob\n")) == []


def test_bytes_that_are_no_text_have_no_candidate() -> None:
    """Neither the Windows code page of Western Europe nor noise passes for Chinese text."""
    assert list(candidates("prix en €, déjà payé: oui, à côté, très".encode("cp1252"))) == []
    assert list(candidates(bytes(range(0x80, 0x100)) * 3 + b"\xff" * 400)) == []


def test_the_ladder_is_written_in_the_names_that_codecs_have() -> None:
    """Every step of the ladder is its own usual name."""
    assert [known_encoding(name) for name in LADDER] == list(LADDER)


@pytest.mark.parametrize("name", ["klingon", "hex", "rot13", "", "\0", "utf 8 ish"])
def test_what_is_no_text_encoding_is_not_known(name: str) -> None:
    """Codecs between bytes and bytes, or text and text, are none."""
    assert known_encoding(name) is None
