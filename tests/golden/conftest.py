"""Broken files made by a seed, with the truth of every record: what becomes of it, and where it stands."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import attrs
import pytest

if TYPE_CHECKING:
    from pathlib import Path

ACCEPTED: Final = "accepted"
BLANK: Final = "blank"
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


@attrs.frozen(kw_only=True)
class Layout:
    """How a file is written: its columns by field, and its outer form."""

    columns: tuple[tuple[str, str], ...]
    amounts: tuple[str, ...]
    dates: tuple[str, ...]
    delimiter: str
    newline: str
    encoding: str
    mark: bytes = b""


@attrs.frozen(kw_only=True)
class Fate:
    """What must become of one record.

    ``what`` is accepted, blank, or the code of the rejection.
    """

    what: str
    number: str
    gross: int
    buyer: str | None
    record: int
    first_line: int
    last_line: int


@attrs.frozen
class Broken:
    """A file with the truth about it."""

    path: Path
    fates: tuple[Fate, ...]
    spoilt: frozenset[str]


@attrs.define
class Draft:
    """A record being written: texts by field, then cells of bytes in the order of the columns."""

    texts: dict[str, str]
    layout: Layout
    rng: random.Random
    what: str = ACCEPTED
    buyer: str | None = None
    quote_freely: bool = True

    def cells(self) -> list[bytes]:
        """Encode and quote each text where it must be, and now and then where it need not."""
        return [self._cell(self.texts[field]) for field, _ in self.layout.columns]

    def _cell(self, text: str) -> bytes:
        must = any(mark in text for mark in (self.layout.delimiter, "\n", "\r"))
        free = self.rng.random() < 0.1 and self.quote_freely and text and not text.startswith("=")
        if must or free:
            text = '"' + text.replace('"', '""') + '"'
        return text.encode(self.layout.encoding)

    def line(self, cells: Sequence[bytes] | None = None) -> bytes:
        """Join cells to a line."""
        return self.layout.delimiter.encode().join(self.cells() if cells is None else cells)

    def place(self, field: str) -> int:
        """Give the position of a field's column."""
        return [name for name, _ in self.layout.columns].index(field)

    def with_cell(self, field: str, cell: bytes) -> bytes:
        """Join the cells, one of them replaced by raw bytes."""
        cells = self.cells()
        cells[self.place(field)] = cell
        return self.line(cells)


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

MakeRow = Callable[[random.Random, int], tuple[dict[str, str], int]]


def break_file(path: Path, layout: Layout, make_row: MakeRow, seed: int) -> Broken:
    """Write a file of good and spoilt records, and say what must become of each.

    Args:
        path: Where to.
        layout: Columns and form.
        make_row: Gives the n-th good row: texts by field, and its gross in minor units.
        seed: The same seed, the same bytes.
    """
    rng = random.Random(seed)  # noqa: S311 - no secret
    kinds = rng.sample(sorted(SPOILERS), rng.randint(1, 6))
    header = layout.delimiter.join(name for _, name in layout.columns).encode(layout.encoding)
    pieces, fates, line = [layout.mark + header], [], 2
    rows = rng.randint(12, 40)
    # The first rows are good, so that damaged bytes never outweigh the text that tells the encoding.
    drawn = [None if n < 6 or rng.random() < 0.65 else rng.choice(kinds) for n in range(rows)]
    for n, kind in enumerate(drawn):
        texts, gross = make_row(rng, n)
        draft = Draft(dict(texts), layout, rng, buyer=texts["buyer"])
        data = draft.line() if kind is None else SPOILERS[kind](draft)
        lines = data.count(b"\n") + 1
        fates.append(
            Fate(
                what=draft.what, number=texts["number"], gross=gross, buyer=draft.buyer,
                record=n + 1, first_line=line, last_line=line + lines - 1,
            )
        )  # fmt: skip
        pieces.append(data)
        line += lines
    newline = layout.newline.encode()
    ending = newline
    if pieces[-1] and rng.random() < 0.5:
        ending = b""
    path.write_bytes(newline.join(pieces) + ending)
    return Broken(path, tuple(fates), frozenset(kind for kind in drawn if kind is not None))


GENERIC: Final = (
    ("number", "Order No"), ("buyer", "Customer"), ("placed_at", "Placed"), ("paid", "Paid"),
    ("memo", "Memo"), ("spare", "Spare"),
)  # fmt: skip
TAOBAO: Final = (
    ("number", "订单编号"), ("buyer", "买家会员名"), ("total", "总金额"), ("paid", "买家实际支付金额"),
    ("state", "订单状态"), ("address", "收货地址 "), ("placed_at", "订单创建时间"),
    ("paid_at", "订单付款时间 "), ("memo", "宝贝标题 "), ("refunded", "退款金额"),
)  # fmt: skip


def _shop_row(rng: random.Random, n: int) -> tuple[dict[str, str], int]:
    """Give a good row of a generic file."""
    gross = rng.randint(1, 99_999)
    when = f"2024-{rng.randint(1, 12):02}-{rng.randint(1, 28):02} {rng.randint(0, 23):02}:30:00"
    texts = {
        "number": f"N{rng.randint(0, 999)}-{n}",
        "buyer": rng.choice(NICKS),
        "placed_at": when,
        "paid": f"{gross // 100}.{gross % 100:02}",
        "memo": rng.choice(("", *MEMOS)),
        "spare": rng.choice(("", "x")),
    }
    return texts, gross


def _taobao_row(rng: random.Random, n: int) -> tuple[dict[str, str], int]:
    """Give a good row of a Taobao order report: paid is net of refunds."""
    texts, total = _shop_row(rng, n)
    refunded = rng.choice((0, 0, 0, total // 2))
    money = {"total": total, "paid": total - refunded, "refunded": refunded}
    texts |= {name: f"{amount // 100}.{amount % 100:02}" for name, amount in money.items()}
    texts |= {
        "number": f"{4_000_000_000_000_000_000 + rng.randint(0, 10**15) * 1000 + n}",
        "state": rng.choice(("交易成功", "卖家已发货，等待买家确认")),
        "address": "浙江省 杭州市 西湖区 翠苑街道",
        "paid_at": texts["placed_at"],
        "memo": rng.choice(MEMOS),
    }
    return texts, total


@pytest.fixture(scope="session")
def break_generic() -> Callable[[Path, int], Broken]:
    """Give the writer of broken generic CSV files: one a seed."""

    def write(folder: Path, seed: int) -> Broken:
        rng = random.Random(-seed)  # noqa: S311 - no secret
        encoding, mark = rng.choice((("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("gb18030", b"")))
        layout = Layout(
            columns=GENERIC, amounts=("paid",), dates=("placed_at",), delimiter=rng.choice(",,,;\t"),
            newline=rng.choice(("\n", "\r\n")), encoding=encoding, mark=mark,
        )  # fmt: skip
        return break_file(folder / f"orders{seed}.csv", layout, _shop_row, seed)

    return write


@pytest.fixture(scope="session")
def break_taobao() -> Callable[[Path, int], Broken]:
    """Give the writer of broken Taobao order reports: one a seed, every other in GB18030."""

    def write(folder: Path, seed: int) -> Broken:
        layout = Layout(
            columns=TAOBAO, amounts=("total", "paid", "refunded"), dates=("placed_at", "paid_at"),
            delimiter=",", newline="\r\n", encoding=("gb18030", "utf-8")[seed % 2],
        )  # fmt: skip
        name = f"ExportOrderList20240701{seed % 24:02}00.csv"
        return break_file(folder / name, layout, _taobao_row, 10_000 + seed)

    return write


@pytest.fixture(scope="session")
def all_kinds() -> frozenset[str]:
    """Give the name of every way to spoil a record."""
    return frozenset(SPOILERS)
