"""Scoring all customers after a day's import: from roll-ups against from all orders.

``python -m benchmarks scoring_after_a_day --date DATE``. A shop of a million customers in SQLite, four orders
each, takes a day's file of 5,000 orders; then everybody is scored by a program that has just been started.
Both ways must give the same scores, customer by customer.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from benchmarks.bench_stored_import import DAY, MAPPING, texts, write_file
from benchmarks.measure import measure, write_result

BAR = 20.0
EACH = 4
AS_OF = "2025-01-03"


def write_day(folder: str, orders: int, customers: int) -> str:
    """Write a day's file: old customers and new ones."""
    import pyarrow as pa
    from pyarrow import csv

    rng = np.random.default_rng(6)
    at = np.datetime64("2025-01-01", "s") + rng.integers(0, DAY, orders)
    table = pa.table(
        {
            "id": [f"n{number:015d}" for number in range(orders)],
            "who": [f"tb{buyer:07d}" for buyer in rng.integers(0, customers * 11 // 10, orders)],
            "at": texts(at),
            "left": texts(at + DAY // 4),
            "done": texts(at + DAY // 3),
            "amount": ["59.90"] * orders,
            "back": ["0"] * orders,
            "back_at": [None] * orders,
        }
    )
    path = str(Path(folder) / "orders_2025-01-02.csv")
    csv.write_csv(table, path)
    return path


def url(folder: str) -> str:
    return f"sqlite:///{folder}/shop.db"


def fill(folder: str, files: list[str]) -> list[float]:
    """Import files; give the seconds of each."""
    from retailcrm import open_shop

    seconds = []
    with open_shop(url(folder)) as shop:
        for file in files:
            begin = time.perf_counter()
            shop.imports.files([file], mapping=MAPPING)
            seconds.append(time.perf_counter() - begin)
    return seconds


def setup(folder: str) -> str:
    import pyarrow as pa  # noqa: F401 - what is slow to load is loaded before

    import retailcrm  # noqa: F401 - likewise

    return folder


def rolled_up(folder: str) -> Any:
    from retailcrm import open_shop

    with open_shop(url(folder)) as shop:
        return shop.insight.score(AS_OF)


def from_orders(folder: str) -> Any:
    from retailcrm import open_shop

    with open_shop(url(folder)) as shop:
        return attrs.evolve(shop.insight, buyers=None).score(AS_OF)


def digest(scores: Any) -> dict[str, Any]:
    """Boil scores down, customers by their ids."""
    table = scores.to_arrow().sort_by("customer_id")
    sums = hashlib.sha256()
    for name in table.column_names:
        for value in table.column(name).to_pylist():
            sums.update(repr(value).encode())
    return {"customers": len(scores), "coverage": repr(scores.coverage), "sha": sums.hexdigest()}


def main(date: str, customers: int = 1_000_000, orders: int = 5_000) -> None:
    """Compare, store the figures, and fail if the bar is missed."""
    with tempfile.TemporaryDirectory() as folder:
        files = [write_file(folder, EACH * customers, EACH), write_day(folder, orders, customers)]
        history, day = fill(folder, files)
        ours = measure("from roll-ups", setup, rolled_up, args=(folder,), repeats=3, digest=digest)
        peer = measure("from all orders", setup, from_orders, args=(folder,), repeats=1, digest=digest)
    assert ours.digest == peer.digest, "the two ways give other scores"
    ratio = peer.median / ours.median
    for one in (ours, peer):
        print(f"{one.name:18} {one.median:7.2f} s  {one.peak_rss_mb:6.0f} MB")
    print(f"{ratio:.1f} times as fast; the day's import itself took {day:.2f} s")
    payload = {
        "work": "scores of all customers after a day's import, by a program that has just been started",
        "customers": ours.digest["customers"],
        "orders": EACH * customers + orders,
        "days_orders": orders,
        "import_seconds": {"history": round(history, 2), "day": round(day, 2)},
        "roll_ups": ours.to_dict(),
        "all_orders": peer.to_dict(),
        "times_faster": round(ratio, 1),
        "bars": {"times_faster": BAR},
        "bars_held": {"times_faster": ratio >= BAR},
    }
    write_result("scoring_after_a_day", date, payload, ("retailcrm-core", "numpy", "pyarrow"))
    if ratio < BAR:
        raise SystemExit("bar missed: times_faster")
