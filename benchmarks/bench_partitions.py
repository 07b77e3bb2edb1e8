"""Memory of the partitioned mode: ten times the orders of the same customers, the same budget.

``python -m benchmarks partitions --date DATE``. The control is the same small file kept in memory as a
whole: were the budget not kept, the partitioned peak would grow with the orders as that one does.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.bench_reading import AS_OF, MAPPING
from benchmarks.measure import Measured, measure, write_result

BUDGET = 256 << 20
CUSTOMERS = 500_000
SIZES = (2_000_000, 20_000_000)


def make(folder: str, orders: int) -> str:
    """Write a clean CSV of so many orders by the same number of customers."""
    from retailcrm.simulate import ShopSpec, simulate_shop, write_orders_csv

    path = Path(folder) / f"orders-{orders}.csv"
    write_orders_csv(simulate_shop(ShopSpec.of_orders(7, orders, customers=CUSTOMERS)), path)
    return str(path)


def nothing(made: str) -> str:
    """Stand for the work of a process that only makes a file."""
    return made


def the_file(path: str, budget: int | None) -> tuple[str, int | None]:
    """Give the inputs of one run."""
    return path, budget


def scored(inputs: tuple[str, int | None]) -> Any:
    """Import a file and score every customer."""
    from retailcrm import open_shop

    path, budget = inputs
    with open_shop("memory:", memory_budget=budget) as shop:
        shop.imports.files([path], mapping=MAPPING)
        return shop.insight.score(AS_OF)


def digest(scores: Any) -> dict[str, int]:
    """Reduce the scores to a few figures."""
    summary = scores.summary
    return {"customers": len(summary), "orders": int(summary.orders.sum()), "net": int(summary.net.sum())}


def row(measured: Measured, orders: int) -> dict[str, Any]:
    """Give one run's figures."""
    print(f"{measured.name}: {measured.median:.1f} s, peak {measured.peak_rss_mb:.0f} MB, {measured.digest}")
    return {**measured.to_dict(), "orders": orders, "figures": measured.digest}


def main(date: str) -> None:
    """Run both sizes and store the figures."""
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        # The simulator runs in a process of its own, so that its memory is nobody's peak.
        made = [measure("make", make, nothing, args=(folder, n), repeats=1, digest=str) for n in SIZES]
        paths = [one.digest for one in made]
        whole = measure("in memory, small", the_file, scored, args=(paths[0], None), repeats=1, digest=digest)
        rows["whole_small"] = row(whole, SIZES[0])
        for name, path, n in zip(("small", "large"), paths, SIZES, strict=True):
            args = (path, BUDGET)
            run = measure(f"partitioned, {name}", the_file, scored, args=args, repeats=1, digest=digest)
            rows[f"partitioned_{name}"] = row(run, n)
    if rows["partitioned_small"]["figures"] != rows["whole_small"]["figures"]:
        raise AssertionError("partitioned and whole scores differ")
    growth = rows["partitioned_large"]["peak_rss_mb"] / rows["partitioned_small"]["peak_rss_mb"]
    print(f"ten times the orders, {growth:.2f}x the peak memory; budget {BUDGET >> 20} MB")
    payload = {"budget_mb": BUDGET >> 20, **rows, "peak_growth": round(growth, 3)}
    write_result("partitions", date, payload, ("retailcrm-core", "pyarrow"))
