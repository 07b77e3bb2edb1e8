"""Whole files of good and spoilt records, one a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from retailcrm.testing.broken.drafts import Broken, Draft, Fate, Layout
from retailcrm.testing.broken.spoilers import MEMOS, NICKS, SPOILERS

if TYPE_CHECKING:
    from pathlib import Path

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


def broken_table(folder: Path, seed: int) -> Broken:
    """Write a broken table of orders, to be read by :data:`TABLE_MAPPING`: any encoding, any delimiter.

    Args:
        folder: Where to.
        seed: The same seed, the same bytes.

    Example:
        >>> import pathlib, tempfile
        >>> broken = broken_table(pathlib.Path(tempfile.mkdtemp()), 3)
        >>> broken.path.name, len(broken.fates) == broken.count("records")
        ('orders3.csv', True)
    """
    rng = random.Random(-seed)  # noqa: S311 - no secret
    encoding, mark = rng.choice((("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("gb18030", b"")))
    layout = Layout(
        columns=GENERIC, amounts=("paid",), dates=("placed_at",), delimiter=rng.choice(",,,;\t"),
        newline=rng.choice(("\n", "\r\n")), encoding=encoding, mark=mark,
    )  # fmt: skip
    return break_file(folder / f"orders{seed}.csv", layout, _shop_row, seed)


def broken_taobao(folder: Path, seed: int) -> Broken:
    """Write a broken Taobao order report, every other one in GB18030.

    Args:
        folder: Where to.
        seed: The same seed, the same bytes.
    """
    layout = Layout(
        columns=TAOBAO, amounts=("total", "paid", "refunded"), dates=("placed_at", "paid_at"),
        delimiter=",", newline="\r\n", encoding=("gb18030", "utf-8")[seed % 2],
    )  # fmt: skip
    name = f"ExportOrderList20240701{seed % 24:02}00.csv"
    return break_file(folder / name, layout, _taobao_row, 10_000 + seed)


TABLE_MAPPING: Final[Mapping[str, Any]] = {
    "name": "generic",
    "columns": {"number": "Order No", "buyer": "Customer", "placed_at": "Placed", "paid": "Paid"},
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "completed"},
}
"""Reads what :func:`broken_table` writes."""
