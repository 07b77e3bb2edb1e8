"""Run benchmarks: ``python -m benchmarks [NAME ...] --date YYYY-MM-DD``."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

NAMES = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def main() -> None:
    """Run the named benchmarks, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    which = f"one of {', '.join(NAMES)}; all if none is given"
    parser.add_argument("names", nargs="*", metavar="NAME", help=which)
    parser.add_argument("--date", required=True, help="day of the run, stored beside the figures")
    options = parser.parse_args()
    for name in options.names or NAMES:
        importlib.import_module(f"benchmarks.bench_{name}").main(options.date)


if __name__ == "__main__":
    main()
