"""The ways in which a record can be spoilt, each with what must become of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from retailcrm.testing.broken.drafts import ACCEPTED, BLANK, Draft

CELL_LIMIT: Final = 32_767
BAD_AMOUNTS: Final = ("12,x", "NaN", "1.234", "1E3", "--5", "1,23.00", "ten", "¥", "1.93E+15", "12.5 kg")
BAD_DATES: Final = ("2024-13-01 00:00:00", "yesterday", "2024-02-30 10:00:00", "2024-01-01 25:00:00", "0")
MEMOS: Final = ("山里来客的红薯粉", "不要辣，多放醋", "周末送到即可哦", "送给妈妈的礼物")
NICKS: Final = ("小明爱吃面的", "阿芳的小厨房", "东北大馒头啊", "麦田里的人们")
FOUR_BYTES: Final = ("\U00020bb7野家的客人", "吃面\U0001f35c的小王", "\U0002a6a5字辈的老李")
FORMULAS: Final = ("=SUM(A1:A9)", "+1+2", "@me", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x.example","y")')
BAD_BYTES: Final = {
    "utf-8": (b"\xff\xfe", b"\xd5\xc5", b"\xe5\xbc"),
    "gb18030": (b"\xff\xff", b"\xd5", b"\x81\x30"),
}

Spoiler = Callable[[Draft], bytes]


def _text(field: str, choices: Sequence[str], what: str) -> Spoiler:
    """Replace a field's text by one of several."""

    def spoil(draft: Draft) -> bytes:
        draft.texts[field] = draft.rng.choice(choices)
        draft.what = what
        return draft.line()

    return spoil


def _bad_amount(draft: Draft) -> bytes:
    return _text(draft.rng.choice(draft.layout.amounts), BAD_AMOUNTS, "amount")(draft)


def _bad_date(draft: Draft) -> bytes:
    return _text(draft.rng.choice(draft.layout.dates), BAD_DATES, "instant")(draft)


def _short(draft: Draft) -> bytes:
    draft.what = "columns"
    cells = draft.cells()
    return draft.line(cells[: draft.rng.randint(1, len(cells) - 1)])


def _long(draft: Draft) -> bytes:
    draft.what = "columns"
    return draft.line([*draft.cells(), "多了".encode(draft.layout.encoding)])


def _trailing_delimiters(draft: Draft) -> bytes:
    return draft.line([*draft.cells(), *[b""] * draft.rng.randint(1, 3)])


def _stray_quote(draft: Draft) -> bytes:
    # A quoted value later on the same line would close the stray quote: another count of values then.
    draft.what, draft.quote_freely = "quote", False
    return draft.with_cell("memo", b'"' + draft.rng.choice(MEMOS).encode(draft.layout.encoding))


def _inner_quote(draft: Draft) -> bytes:
    return draft.with_cell("memo", b'5" x 3" ' + draft.rng.choice(MEMOS).encode(draft.layout.encoding))


def _nul(draft: Draft) -> bytes:
    draft.what = "nul"
    return draft.with_cell(draft.rng.choice(("memo", "buyer")), b"a\0b")


def _undecodable(draft: Draft) -> bytes:
    draft.what = "encoding"
    bad = draft.rng.choice(BAD_BYTES[draft.layout.encoding])
    return draft.with_cell("buyer", draft.texts["buyer"].encode(draft.layout.encoding) + bad)


def _lone_return(draft: Draft) -> bytes:
    draft.what = "newline"
    return draft.with_cell("memo", b"up\rdown")


def _quoted_return(draft: Draft) -> bytes:
    return draft.with_cell("memo", b'"up\rdown"')


def _huge(draft: Draft) -> bytes:
    size, what = draft.rng.choice(
        ((40_000, "cell-size"), (CELL_LIMIT + 1, "cell-size"), (CELL_LIMIT, ACCEPTED))
    )
    draft.what = what
    letter = draft.rng.choice(("x", "面", "\U00020bb7"))
    quote = draft.rng.choice(("", '"'))
    return draft.with_cell("memo", f"{quote}{letter * size}{quote}".encode(draft.layout.encoding))


def _several_lines(draft: Draft) -> bytes:
    inner = draft.rng.choice(("\n", "\r\n", "\n\n"))
    draft.texts["memo"] = inner.join(draft.rng.choices(MEMOS, k=draft.rng.randint(2, 4)))
    return draft.line()


def _several_lines_bad(draft: Draft) -> bytes:
    _several_lines(draft)
    return draft.rng.choice((_bad_amount, _bad_date, _damaged, _missing, _long))(draft)


def _fullwidth(draft: Draft) -> bytes:
    field = draft.rng.choice(draft.layout.amounts)
    wide = {ord(c): ord(c) + 0xFEE0 for c in "0123456789."}
    draft.texts[field] = draft.texts[field].translate(wide)
    return draft.line()


def _trailing_blanks(draft: Draft) -> bytes:
    tail = " " if draft.layout.delimiter == "\t" else draft.rng.choice(("\t", "\t\t ", " \u3000"))
    for field in draft.texts:
        draft.texts[field] += tail
    return draft.line()


def _formula(draft: Draft) -> bytes:
    draft.buyer = draft.texts["buyer"] = draft.rng.choice(FORMULAS)
    draft.texts["memo"] = draft.rng.choice(FORMULAS)
    return draft.line()


def _protected(draft: Draft) -> bytes:
    return draft.with_cell("number", f'="{draft.texts["number"]}"'.encode())


def _four_bytes(draft: Draft) -> bytes:
    draft.buyer = draft.texts["buyer"] = draft.rng.choice(FOUR_BYTES)
    return draft.line()


def _blank(draft: Draft) -> bytes:
    draft.what = BLANK
    delimiters = draft.layout.delimiter * (len(draft.layout.columns) - 1)
    return draft.rng.choice(("", "", "   ", delimiters)).encode()


_damaged: Final = _text("number", ("1.93E+15", "1.93438E+17", "2e+18"), "damaged-number")
_missing: Final = _text("number", ("", "  ", "null"), "missing")

SPOILERS: Final[dict[str, Spoiler]] = {
    "bad amount": _bad_amount,
    "bad date": _bad_date,
    "damaged number": _damaged,
    "missing number": _missing,
    "short row": _short,
    "long row": _long,
    "trailing delimiters": _trailing_delimiters,
    "stray quote": _stray_quote,
    "quote within a cell": _inner_quote,
    "NUL": _nul,
    "undecodable bytes": _undecodable,
    "lone return": _lone_return,
    "quoted return": _quoted_return,
    "huge cell": _huge,
    "several lines": _several_lines,
    "several lines, bad": _several_lines_bad,
    "full-width digits": _fullwidth,
    "trailing blanks": _trailing_blanks,
    "formula": _formula,
    "protected number": _protected,
    "four-byte characters": _four_bytes,
    "blank line": _blank,
}
