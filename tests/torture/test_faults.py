"""Every system call of a redemption fails once: a clean error, and the right answer to whoever asks again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from retailcrm.torture.faults import FAULTS, SYNC, cannot_trace, fault_everywhere

if TYPE_CHECKING:
    from collections.abc import Callable

traced = pytest.mark.skipif(bool(cannot_trace()), reason=cannot_trace() or "strace works")


@traced
@pytest.mark.parametrize(("calls", "fault"), FAULTS)
def test_a_call_that_fails_breaks_nothing(calls: str, fault: str) -> None:
    """Whichever call fails: no acknowledged redemption is lost, none happens twice, none stays unanswered."""
    found = fault_everywhere(faults=[(calls, fault)])
    assert not found.problems
    assert found.injected > 0
    if fault == "error=ENOSPC":
        assert dict(found.errors)["StoreFullError"] > 0


@traced
def test_a_hidden_error_is_noticed(bug: Callable[[str], str]) -> None:
    """Negative control: a shop that says "done" where the disk failed is found out."""
    found = fault_everywhere(faults=[(SYNC, "error=EIO")], opener=bug("hides_errors"))
    assert any("lost" in problem for problem in found.problems)
