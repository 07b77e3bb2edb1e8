"""``python -m retailcrm.testing points MODULE:FACTORY``: which bugs of the museum a system of points has."""

from __future__ import annotations

import argparse
import importlib
from typing import TYPE_CHECKING

from retailcrm.errors import SettingsError
from retailcrm.testing.points.exhibits import SCENARIOS
from retailcrm.testing.points.laws import check
from retailcrm.testing.points.scenarios import missing, run
from retailcrm.testing.points.systems import require

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from retailcrm.testing.points.scenarios import Finding, Scenario
    from retailcrm.testing.points.systems import PointsSystem


def main(arguments: Sequence[str]) -> int:
    """Put a system through the museum and the laws, and print what was found.

    Args:
        arguments: Of the command line, after ``points``.

    Returns:
        0 if nothing was found, 1 if something was.

    Raises:
        SettingsError: There is no such module, or no such factory in it; the factory fails, or its system
            lacks a method that every adapter has.
    """
    parser = argparse.ArgumentParser(prog="python -m retailcrm.testing points", description=__doc__)
    parser.add_argument("factory", help="module:name of what makes a new system, with nobody in it")
    parser.add_argument("--seed", type=int, default=0, help="of the operations that try the laws")
    said = parser.parse_args(arguments)
    make = _factory(said.factory)
    require(_tried(make, said.factory))
    found = [line for scenario in SCENARIOS for line in _lines(scenario, make)]
    broken = check(make, seed=said.seed)
    found += [] if broken is None else [f"FAIL {broken}", _why(broken)]
    failed = sum(line.startswith("FAIL") for line in found)
    skipped = sum(line.startswith("skip") for line in found)
    passed = len(SCENARIOS) + 1 - failed - skipped
    print("\n".join([*found, f"{passed} passed, {failed} failed, {skipped} not offered"]))  # noqa: T201 - a command
    return 1 if failed else 0


def _lines(scenario: Scenario, make: Callable[[], PointsSystem]) -> list[str]:
    """Say what became of a scenario, where it is not as it has to be."""
    system = make()
    if lacking := missing(scenario, system):
        return [f"skip {scenario.id}: the system does not offer {', '.join(lacking)}"]
    if (finding := run(scenario, system)) is None:
        return []
    notes = [f"     {scenario.title}", *(f"     {link}" for link in scenario.links)]
    notes += [f"     {scenario.opinion}"] if scenario.opinion else []
    return [f"FAIL {finding}", "\n".join(notes)]


def _why(broken: Finding) -> str:
    """Quote the law, and say how it came to that."""
    before = [f"       {did}" for did in broken.before]
    return "\n".join([f"     {broken.law}", *(["     before it:"] if before else []), *before])


def _tried(make: Callable[[], PointsSystem], named: str) -> PointsSystem:
    """Make one system, to see whether that can be done at all.

    Raises:
        SettingsError: It cannot; says what the factory raised.
    """
    try:
        return make()
    # Somebody else's code: whatever it raises is its answer.
    except Exception as error:
        raise SettingsError(f"{named!r} makes nothing: {type(error).__name__}: {error}") from error


def _factory(named: str) -> Callable[[], PointsSystem]:
    """Find what makes a system."""
    module, _, name = named.partition(":")
    try:
        found = getattr(importlib.import_module(module), name or "make_system")
    except (ModuleNotFoundError, AttributeError) as error:
        raise SettingsError(f"no factory {named!r}: {error}") from error
    if not callable(found):
        raise SettingsError(f"{named!r} makes nothing: it cannot be called")
    make: Callable[[], PointsSystem] = found
    return make
