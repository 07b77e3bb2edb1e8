"""Run a seed of the simulation again, and show its trace: ``python -m retailcrm.torture.simulated 17``."""

from __future__ import annotations

import argparse
import sys

from retailcrm.torture.simulated.simulation import simulate


def main() -> int:
    """Run a seed; give the exit code, 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m retailcrm.torture.simulated", description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("--steps", type=int, default=200)
    asked = parser.parse_args()

    def tell(line: str) -> None:
        sys.stdout.write(f"{line}\n")

    found = simulate(seed=asked.seed, steps=asked.steps, watch=tell, say=tell)
    for line in (*found.problems, found.digest):
        tell(line)
    return 0 if found.passed else 1


if __name__ == "__main__":
    sys.exit(main())
