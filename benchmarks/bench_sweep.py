"""The sweep in which all lots of a store lapse, at growing numbers of lots: seconds a lot, and peak memory.

``python -m benchmarks sweep --date DATE``, or ``python -m benchmarks.bench_sweep --date DATE --lots 10000
30000`` for other sizes. Made-up orders of one year, four a customer, come into a new SQLite store a day after
that year; their points can be spent until the end of the next. Then a fresh process lets time go by to the
day after: every lot lapses, one entry each, told as an event that nobody keeps.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.bench_stored_import import MAPPING, rules
from benchmarks.bench_verify import A_FILE, count, keep, row, same, url, write_orders
from benchmarks.measure import measure

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZES = (100_000, 300_000, 1_000_000)
YEAR = np.datetime64("2024-01-01", "s")
IMPORTED = datetime(2025, 1, 2, tzinfo=UTC)
LAPSED = datetime(2026, 1, 2, tzinfo=UTC)


def fill(folder: str, lots: int) -> None:
    """Import orders, each of which makes one lot."""
    from retailcrm import open_shop

    Path(folder).mkdir()
    for number, begin in enumerate(range(0, lots, A_FILE)):
        file = write_orders(folder, number, min(A_FILE, lots - begin), YEAR, 365)
        with open_shop(url(folder), policy=rules(), clock=lambda: IMPORTED) as shop:
            shop.imports.files([file], mapping=MAPPING)
        Path(file).unlink()


def setup(folder: str) -> str:
    import pyarrow as pa  # noqa: F401 - what is slow to load is loaded before

    import retailcrm.shop.shop  # noqa: F401

    return folder


def work(folder: str) -> dict[str, float]:
    from retailcrm import open_shop

    lapsed = [0]

    def each(event: Any) -> None:
        assert event.what == "expire", event.what
        lapsed[0] += 1

    begin = time.process_time()
    with open_shop(url(folder), policy=rules(), clock=lambda: LAPSED) as shop:
        done = shop.advance(LAPSED, confirm_clock=True, each=each)
    return {
        "cpu_seconds": time.process_time() - begin,
        "lots": lapsed[0],
        "accounts": done.accounts,
        "kept_events": len(done.events),
    }


def main(date: str, sizes: Sequence[int] = SIZES) -> None:
    """Sweep at each size, store the figures, and fail if a bar is missed."""
    rows = []
    for lots in sizes:
        with tempfile.TemporaryDirectory() as parent:
            folder = f"{parent}/store"
            fill(folder, lots)
            measured = measure("sweep", setup, work, args=(folder,), repeats=1, digest=same)
            rows.append(row(measured, "lot"))
            assert rows[-1]["lots"] == count(folder, "lots") == lots, "a lot did not lapse"
    work_done = "advance of a SQLite store in which every lot lapses: an entry, an event, rows made anew"
    keep("sweep", date, work_done, rows, "lot")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--date", required=True, help="day of the run, stored beside the figures")
    parser.add_argument("--lots", type=int, nargs="+", default=SIZES, help="numbers of lots, rising")
    asked = parser.parse_args()
    main(asked.date, asked.lots)
