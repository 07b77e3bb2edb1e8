"""A folder of exports as a seller piles them up: quarter by quarter, with overlaps."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import attrs
import numpy as np

from retailcrm.simulate.exports import phrases
from retailcrm.simulate.exports.headers import BUYERS, Generation
from retailcrm.simulate.exports.items import item_report
from retailcrm.simulate.exports.orders import order_report
from retailcrm.simulate.exports.refunds import refund_report
from retailcrm.simulate.exports.sheet import save
from retailcrm.simulate.exports.views import View, calendar_of
from retailcrm.simulate.pages import squeeze
from retailcrm.simulate.progress import SETTLED_DAYS
from retailcrm.simulate.randomness import Stream
from retailcrm.simulate.shop import chunks, utc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from retailcrm.simulate.shop import SimulatedShop

BUYERS_FILE: Final = "买家对照表.csv"
_QUARTER: Final = 3
_PAGE: Final = 1 << 15
_RESOLVED_PERCENT: Final = 85
_OVERLAP: Final = np.timedelta64(SETTLED_DAYS * 24, "h")


@attrs.frozen
class Quarter:
    """One visit of the seller to the export page.

    Attributes:
        opens: First day of the quarter.
        exported: The day, at midnight, when the files are made.
        generation: What the platform's report looks like by then.
    """

    opens: date
    exported: date
    generation: Generation

    @property
    def stamp(self) -> str:
        """The moment in the file names."""
        return f"{self.exported:%Y%m%d}0000"


def quarters_of(shop: SimulatedShop) -> list[Quarter]:
    """Plan the exports: plain nicks in the first half of the files, masked ones from then on."""
    edges = [*range(0, shop.spec.months, _QUARTER), shop.spec.months]
    spans = list(pairwise(shop.spec.month_edge(edge) for edge in edges))
    plain = -(-len(spans) // 2)
    middle = plain + (len(spans) - plain) // 2
    generations = [Generation.T5] * plain + [Generation.T6] * (middle - plain)
    generations += [Generation.T7] * (len(spans) - middle)
    return [Quarter(*span, generation) for span, generation in zip(spans, generations, strict=True)]


def write_taobao_exports(shop: SimulatedShop, folder: Path) -> list[Path]:
    """Write the shop as genuine-looking Taobao exports.

    One order report and one item report a quarter, each reaching two weeks back into the quarter
    before, where orders then stand further on; a refund report of the time before masking; and
    the shop's own list of who is behind most of the masked orders.

    Args:
        shop: The shop.
        folder: Where to; made if need be, files of the same names are replaced.

    Returns:
        The files: order reports, item reports, refund report, buyers file (if any nick is masked).

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from retailcrm.simulate import ShopSpec, simulate_shop
        >>> with TemporaryDirectory() as folder:
        ...     shop = simulate_shop(ShopSpec(seed=7, customers=20, months=6))
        ...     files = write_taobao_exports(shop, Path(folder))
        >>> [file.name for file in files]  # doctest: +NORMALIZE_WHITESPACE
        ['ExportOrderList202304010000.csv', 'ExportOrderList202307010000.csv',
         'ExportItemlList202304010000.csv', 'ExportItemlList202307010000.csv',
         '退款列表202304010000.csv', '买家对照表.csv']
    """
    folder.mkdir(parents=True, exist_ok=True)
    quarters = quarters_of(shop)
    views = [_view_of(shop, quarter) for quarter in quarters]
    orders = [
        save(folder / f"ExportOrderList{quarter.stamp}.csv", order_report(view, quarter.generation))
        for quarter, view in zip(quarters, views, strict=True)
    ]
    items = [
        save(
            folder / f"ExportItemlList{quarter.stamp}.csv",
            item_report(view, detailed=quarter.generation.masked),
        )
        for quarter, view in zip(quarters, views, strict=True)
    ]
    return [*orders, *items, _save_refunds(shop, folder, quarters), *_save_buyers(folder, quarters, views)]


def _view_of(shop: SimulatedShop, quarter: Quarter) -> View:
    """Show the quarter's orders, and those of the two weeks before, on the day of the export."""
    moment = utc(quarter.exported)
    first, last = np.searchsorted(shop.placed_at, [utc(quarter.opens) - _OVERLAP, moment])
    return View(shop, np.arange(first, last), moment, calendar_of(shop))


def _save_refunds(shop: SimulatedShop, folder: Path, quarters: list[Quarter]) -> Path:
    """Write the refunds of the time before masking."""
    last = [quarter for quarter in quarters if not quarter.generation.masked][-1]
    view = _view_of(shop, attrs.evolve(last, opens=shop.spec.start))
    return save(folder / f"退款列表{last.stamp}.csv", refund_report(view))


def whole_refunds(shop: SimulatedShop, folder: Path) -> Path:
    """Write the refunds of the whole window, nicks masked.

    Args:
        shop: The shop.
        folder: Where to; there already.

    Returns:
        The file.
    """
    last = quarters_of(shop)[-1]
    view = _view_of(shop, attrs.evolve(last, opens=shop.spec.start))
    return save(folder / f"退款列表{last.stamp}.csv", refund_report(view, masked=True))


def _save_buyers(folder: Path, quarters: list[Quarter], views: list[View]) -> list[Path]:
    """Write who is behind most of the orders that some file shows masked."""
    masked = [view for quarter, view in zip(quarters, views, strict=True) if quarter.generation.masked]
    if not masked:
        return []
    rows = np.unique(np.concatenate([view.rows for view in masked]))
    return [save(folder / BUYERS_FILE, _buyers(attrs.evolve(masked[-1], rows=rows)))]


def _buyers(view: View) -> Iterator[bytes | bytearray]:
    """Write the buyers file: UTF-8 with a byte-order mark, as a spreadsheet saves it."""
    yield b"\xef\xbb\xbf" + (",".join(BUYERS) + "\r\n").encode()
    for positions in chunks(np.arange(len(view)), _PAGE):
        part = view.take(positions)
        part = part.take(np.flatnonzero(part.chance(Stream.BUYERS_FILE, 100) < _RESOLVED_PERCENT))
        nick = phrases.nick(part.draws, part.customer, "utf-8")
        yield squeeze([part.number(), b',"', *nick, b'"\r\n'], len(part))
