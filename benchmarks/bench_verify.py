"""A whole store worked through again, at growing numbers of entries: seconds an entry, and peak memory.

``python -m benchmarks verify --date DATE``, or ``python -m benchmarks.bench_verify --date DATE --entries
100000 1000000`` for other sizes. Made-up orders of three years, four a customer, come file by file into one
SQLite store, points and all, about three entries an order; at each size a fresh process verifies all of it.
Linear is that an entry takes no longer among many, flat that memory does not grow with them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.bench_stored_import import DAY, DAYS, FIRST, MAPPING, rules, texts
from benchmarks.measure import measure, write_result

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZES = (300_000, 1_000_000, 3_000_000, 10_000_000)
LINEAR, FLAT = 1.25, 1.25
"""How much more an entry may take, and how much more memory, at the greatest size than at the second."""
A_FILE = 100_000
"""Orders in one file: what is laid out at once takes memory."""
EACH = 4
ENTRIES_AN_ORDER = 2.9


def write_orders(
    folder: str, number: int, orders: int, begin: Any = FIRST, days: int = DAYS, day: str = "2025-01-01"
) -> str:
    """Write a file of orders of customers of its own; give its path.

    Args:
        folder: Where.
        number: Which file of them.
        orders: How many.
        begin: Since when they were paid.
        days: Over how many days they were; nothing of them lies after that.
        day: When they were exported.
    """
    import pyarrow as pa
    from pyarrow import csv

    rng = np.random.default_rng(number)
    paid = begin + rng.integers(0, (days - 15) * DAY, orders)
    fen = rng.lognormal(9, 0.8, orders).astype(np.int64) + 100
    table = pa.table(
        {
            "id": [f"{number:04d}{order:012d}" for order in range(orders)],
            "who": [f"tb{number:04d}{buyer:07d}" for buyer in rng.integers(0, orders // EACH, orders)],
            "at": texts(paid),
            "left": texts(paid + rng.integers(0, 3 * DAY, orders)),
            "done": texts(paid + rng.integers(4 * DAY, 12 * DAY, orders)),
            "amount": [f"{one // 100}.{one % 100:02d}" for one in fen.tolist()],
            "back": ["0"] * orders,
            "back_at": texts(np.full(orders, np.datetime64("NaT"), paid.dtype)),
        }
    )
    path = str(Path(folder) / f"orders_{day}_{number:04d}.csv")
    csv.write_csv(table, path)
    return path


def grow(folder: str, entries: int, files: int) -> int:
    """Import more files until a store has so many entries; give how many files there are then."""
    from retailcrm import open_shop

    while (missing := entries - count(folder, "entries")) > 0:
        files += 1
        # A first import tells no events of its points; all others do, so it is a small one.
        orders = min(A_FILE, max(round(missing / ENTRIES_AN_ORDER), 100)) if files > 1 else 100
        file = write_orders(folder, files, orders)
        with open_shop(url(folder), policy=rules()) as shop:
            shop.imports.files([file], mapping=MAPPING)
        Path(file).unlink()
    return files


def url(folder: str) -> str:
    return f"sqlite:///{folder}/shop.db"


def count(folder: str, table: str) -> int:
    """Count rows of a store, which may not be there yet."""
    import sqlite3

    path = Path(folder) / "shop.db"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as run:
        return int(run.execute(f"SELECT count(*) FROM retailcrm_{table}").fetchone()[0])  # noqa: S608


# ---- one look through -----------------------------------------------------------------------


def setup(folder: str) -> str:
    import pyarrow as pa  # noqa: F401 - what is slow to load is loaded before

    import retailcrm.shop.stored.verifying  # noqa: F401

    return folder


def work(folder: str) -> dict[str, float]:
    from retailcrm.adapters.stores.sqlite.database import SqliteDatabase
    from retailcrm.shop.stored.verifying import verify

    begin = time.process_time()
    with closing(SqliteDatabase(Path(folder) / "shop.db", create=False)) as database:
        found = verify(database)
    assert found.clean, found.findings[:3]
    return {
        "cpu_seconds": time.process_time() - begin,
        "entries": found.counts["entries"],
        "rows": sum(found.counts.values()),
    }


def same(told: dict[str, float]) -> dict[str, float]:
    return told


# ---- the sizes ------------------------------------------------------------------------------


def row(measured: Any, of: str) -> dict[str, float]:
    """Give one size's figures, and show them."""
    told = measured.digest
    cpu = told["cpu_seconds"]
    figures = {
        **told,
        "cpu_seconds": round(cpu, 2),
        "seconds": round(measured.median, 2),
        f"cpu_microseconds_a_{of}": round(cpu / told[f"{of}s" if of == "lot" else "entries"] * 1e6, 1),
        "peak_rss_mb": round(measured.peak_rss_mb, 1),
    }
    print("  ".join(f"{name} {value:,}" for name, value in figures.items()))
    return figures


def held(rows: Sequence[dict[str, float]], of: str) -> dict[str, bool]:
    """Tell whether the greatest size is as good as the second, row by row and in all its memory."""
    reference, last = rows[min(1, len(rows) - 1)], rows[-1]
    name = f"cpu_microseconds_a_{of}"
    return {
        "linear": last[name] <= LINEAR * reference[name],
        "flat": last["peak_rss_mb"] <= FLAT * reference["peak_rss_mb"],
    }


def keep(name: str, date: str, work: str, rows: Sequence[dict[str, float]], of: str) -> None:
    """Store a benchmark's figures by size, and fail if a bar is missed."""
    bars = held(rows, of)
    payload = {
        "work": work,
        "sizes": rows,
        "bars": {"linear": LINEAR, "flat": FLAT},
        "bars_held": bars,
    }
    write_result(name, date, payload, ("retailcrm-core", "pyarrow"))
    if not all(bars.values()):
        raise SystemExit(f"bars missed: {[each for each, fine in bars.items() if not fine]}")


def main(date: str, sizes: Sequence[int] = SIZES) -> None:
    """Verify at each size, store the figures, and fail if a bar is missed."""
    rows, files = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for entries in sizes:
            files = grow(folder, entries, files)
            rows.append(row(measure("verify", setup, work, args=(folder,), repeats=1, digest=same), "entry"))
    work_done = "verify of a whole SQLite store: all rows, journals, lots, orders folded anew"
    keep("verify", date, work_done, rows, "entry")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--date", required=True, help="day of the run, stored beside the figures")
    parser.add_argument("--entries", type=int, nargs="+", default=SIZES, help="numbers of entries, rising")
    asked = parser.parse_args()
    main(asked.date, asked.entries)
