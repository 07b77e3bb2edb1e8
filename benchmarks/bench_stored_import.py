"""A first import of a shop's history into SQLite, points and all, against the driver writing the same rows.

``python -m benchmarks stored_import --date DATE``. Made-up orders of three years, four a customer, most of
them received and some partly refunded, as one CSV file. Ours reads the file, keeps its rows, folds orders,
counts customers and lets points follow: pending, spendable a week later, lapsed at the end of the next year.
The peer is handed the very rows that ours left, table by table as Python values, and writes them with
``executemany`` in one transaction on a connection with the same settings; only its writing is timed.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import measure, write_result

FIRST = np.datetime64("2022-01-01", "s")
DAY = 86_400
DAYS = 3 * 365
LAST = FIRST + DAYS * DAY
SHARE_BAR, SPEED_BAR = 0.35, 25_000
MAPPING = {
    "name": "ours",
    "columns": {
        "number": "id", "buyer": "who", "paid_at": "at", "shipped_at": "left", "completed_at": "done",
        "paid": "amount", "refunded": "back", "refunded_at": "back_at",
    },
    "money": {"paid_is": "gross"},
    "buyer": {"kind": "id", "strength": "stable"},
    "constants": {"state": "completed"},
}  # fmt: skip
CHUNK = 20_000


def texts(moments: Any) -> Any:
    """Write moments as files do; those that nobody knows are blank."""
    written = np.char.replace(np.datetime_as_string(moments, unit="s"), "T", " ")
    return np.where(np.isnat(moments), "", written)


def write_file(folder: str, orders: int, per_customer: int = 4, name: str = "orders_2025-01-01.csv") -> str:
    """Write a file of orders; give its path."""
    import pyarrow as pa
    from pyarrow import csv

    rng = np.random.default_rng(5)
    paid = FIRST + rng.integers(0, DAYS * DAY, orders)
    fen = rng.lognormal(9, 0.8, orders).astype(np.int64)
    done = paid + rng.integers(4 * DAY, 12 * DAY, orders)
    settled = paid + 20 * DAY
    # No file tells what comes after it.
    done = np.where(done < LAST, done, np.datetime64("NaT"))
    back = np.where((rng.random(orders) < 0.05) & (settled < LAST), fen // 2, 0)
    table = pa.table(
        {
            "id": [f"{number:016d}" for number in range(orders)],
            "who": [f"tb{buyer:07d}" for buyer in rng.integers(0, orders // per_customer, orders)],
            "at": texts(paid),
            "left": texts(np.minimum(paid + rng.integers(0, 3 * DAY, orders), LAST - 1)),
            "done": texts(done),
            "amount": [f"{one // 100}.{one % 100:02d}" for one in fen.tolist()],
            "back": [f"{one // 100}.{one % 100:02d}" for one in back.tolist()],
            "back_at": texts(np.where(back > 0, settled, np.datetime64("NaT"))),
        }
    )
    path = str(Path(folder) / name)
    csv.write_csv(table, path)
    return path


def rules() -> Any:
    from retailcrm.shop.policy import policy_from_table

    return policy_from_table({"points": {}})


# ---- ours -----------------------------------------------------------------------------------


def ours_setup(file: str, folder: str) -> Any:
    import pyarrow as pa  # noqa: F401 - what is slow to load is loaded before

    return file, folder


def ours_work(state: Any) -> Any:
    from retailcrm import open_shop

    file, folder = state
    with open_shop(f"sqlite:///{folder}/ours.db", policy=rules()) as shop:
        shop.imports.files([file], mapping=MAPPING)
    return folder


def ours_digest(folder: str) -> dict[str, int]:
    return counts(Path(folder) / "ours.db")


def counts(path: Path) -> dict[str, int]:
    import sqlite3

    with sqlite3.connect(path) as run:
        # Names of tables of ours.
        asked = {name: f"SELECT count(*) FROM {name}" for name in tables(run)}  # noqa: S608
        return {name: run.execute(one).fetchone()[0] for name, one in asked.items()}


def tables(run: Any) -> list[str]:
    """Give the tables that have rows worth comparing."""
    asked = "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'retailcrm_%' ORDER BY name"
    return [name for (name,) in run.execute(asked) if name != "retailcrm_alembic_version"]


# ---- the driver by hand ---------------------------------------------------------------------


def peer_setup(folder: str) -> Any:
    from retailcrm.adapters.stores.sqlite.kind import SqliteKind
    from retailcrm.adapters.stores.sqlite.opening import connect

    SqliteKind().open(f"sqlite:///{folder}/peer.db").close()
    source = connect(Path(folder) / "ours.db", 10)
    return source, connect(Path(folder) / "peer.db", 10)


def peer_work(state: Any) -> Any:
    """Write all rows; what reading them takes is left out."""
    source, target = state
    seconds = 0.0
    begin = time.perf_counter()
    target.execute("BEGIN IMMEDIATE")
    target.execute("PRAGMA cache_size = -262144")
    seconds += time.perf_counter() - begin
    for table in tables(source):
        rows = source.execute(f"SELECT * FROM {table}")  # noqa: S608 - a table of ours
        marks = ", ".join("?" * len(rows.description))
        insert = f"INSERT INTO {table} VALUES ({marks})"  # noqa: S608 - likewise
        while some := rows.fetchmany(CHUNK):
            begin = time.perf_counter()
            target.executemany(insert, some)
            seconds += time.perf_counter() - begin
    begin = time.perf_counter()
    target.execute("COMMIT")
    return seconds + time.perf_counter() - begin


def peer_digest(seconds: float) -> float:
    return seconds


# ---- the comparison -------------------------------------------------------------------------


def main(date: str, orders: int = 1_000_000) -> None:
    """Compare, store the figures, and fail if a bar is missed."""
    with tempfile.TemporaryDirectory() as folder:
        file = write_file(folder, orders)
        ours = measure("ours", ours_setup, ours_work, args=(file, folder), repeats=1, digest=ours_digest)
        peer = measure("executemany", peer_setup, peer_work, args=(folder,), repeats=1, digest=peer_digest)
        assert counts(Path(folder) / "peer.db") == ours.digest, "the peer wrote other rows"
        size = (Path(folder) / "ours.db").stat().st_size
    speed, share = orders / ours.median, peer.digest / ours.median
    print(f"import with points   {ours.median:7.2f} s  {speed:8,.0f} orders/s  {ours.peak_rss_mb:6.0f} MB")
    print(f"executemany by hand  {peer.digest:7.2f} s  of the same {sum(ours.digest.values()):,} rows")
    print(f"{share:.0%} of its speed; {size / orders:,.0f} bytes an order")
    held = {"share": share >= SHARE_BAR, "orders_a_second": speed >= SPEED_BAR}
    payload = {
        "work": "first import of orders from a CSV file into SQLite, with points that follow and roll-ups",
        "orders": orders,
        "rows": ours.digest,
        "bytes_an_order": round(size / orders),
        "ours": {**ours.to_dict(), "orders_a_second": round(speed)},
        "executemany": {"seconds": round(peer.digest, 2)},
        "share_of_executemany": round(share, 3),
        "bars": {"share": SHARE_BAR, "orders_a_second": SPEED_BAR},
        "bars_held": held,
    }
    write_result("stored_import", date, payload, ("retailcrm-core", "pyarrow"))
    if not all(held.values()):
        raise SystemExit(f"bars missed: {[name for name, ok in held.items() if not ok]}")
