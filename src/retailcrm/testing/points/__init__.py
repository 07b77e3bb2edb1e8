"""A museum of other systems' bugs with points, as scenarios that any system can be put through.

Write a small adapter (:class:`retailcrm.testing.points.systems.PointsSystem`) and see which of them yours
has: ``python -m retailcrm.testing points your_module:make_system``. It needs the base install only.
"""

from retailcrm.testing.points.exhibits import SCENARIOS
from retailcrm.testing.points.laws import check
from retailcrm.testing.points.own import RetailcrmPoints
from retailcrm.testing.points.scenarios import Finding, Scenario, Step, missing, run
from retailcrm.testing.points.systems import PointsSystem, Refused

__all__ = [
    "SCENARIOS",
    "Finding",
    "PointsSystem",
    "Refused",
    "RetailcrmPoints",
    "Scenario",
    "Step",
    "check",
    "missing",
    "run",
]
