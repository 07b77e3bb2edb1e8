"""Every system call of a redemption fails once: a clean error, and the right answer to whoever asks again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from retailcrm.torture.faults import (
    EARN,
    FAULTS,
    SOME_FAULTS,
    SYNC,
    TRANSFER,
    cannot_trace,
    fault_everywhere,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from retailcrm.torture.commands import Command

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
    if (calls, fault) == ("pwrite64", "error=EINTR"):
        assert not any(count for _, count in found.errors)  # the write is repeated, and nobody hears of it


@traced
@pytest.mark.parametrize("command", [TRANSFER, EARN], ids=["transfer", "earn"])
def test_other_commands_break_nothing_either(command: Command) -> None:
    """A transfer writes two accounts, an order's points an order's facts: neither is left by halves."""
    found = fault_everywhere(command=command, faults=[*SOME_FAULTS, ("pwrite64", "signal=KILL")])
    assert not found.problems
    assert found.killed > 0


@traced
def test_a_hidden_error_is_noticed(bug: Callable[[str], str]) -> None:
    """Negative control: a shop that says "done" where the disk failed is found out."""
    found = fault_everywhere(faults=[(SYNC, "error=EIO")], opener=bug("hides_errors"))
    assert any("lost" in problem for problem in found.problems)
