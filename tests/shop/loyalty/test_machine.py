"""Whatever is done to a shop's points, in whatever order: the books stay right."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

if TYPE_CHECKING:
    from types import ModuleType

NIGHTLY = settings.get_profile("nightly").max_examples


def beside(name: str) -> ModuleType:
    """Load a file that stands beside this one."""
    spec = spec_from_file_location(f"points_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_books_of_a_shop_stay_right() -> None:
    """Orders from files and by hand, spending, gifts, refunds, merges and time: every sum is as expected."""
    nightly = settings().max_examples == NIGHTLY
    machine = beside("machine").machine_of(beside("books").Books)
    machine.lives = beside("lives")
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=NIGHTLY if nightly else 60,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
