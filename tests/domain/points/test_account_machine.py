"""The ledger and naive accounts, point by point, do the same whatever happens to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

if TYPE_CHECKING:
    from types import SimpleNamespace

NIGHTLY = settings.get_profile("nightly").max_examples


def test_accounts_do_what_naive_accounts_do(core: SimpleNamespace, make_machine: Any) -> None:
    """Awards, spending, refunds, gifts, merges and time come to the same, bucket by bucket of every lot."""
    nightly = settings().max_examples == NIGHTLY
    run_state_machine_as_test(
        make_machine(core),
        settings=settings(
            max_examples=NIGHTLY if nightly else 800,
            stateful_step_count=40,
            deadline=None,
        ),
    )
