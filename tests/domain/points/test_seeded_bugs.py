"""Faults planted in copies of the ledger: the machine of the size that CI runs finds every one of them.

A fault is a text of one module and what stands there instead. A text that is no longer there exactly once
fails its test with the text: write the fault anew for the code as it is now.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

MOST_EXAMPLES = 800


class Fault(NamedTuple):
    """What stands in a module, and what a slip would make of it."""

    module: str
    old: str
    new: str


FAULTS = {
    "expiry begins a moment late": Fault(
        "account",
        "for lot in self.lots if lot.expires_at is None or at < lot.expires_at)",
        "for lot in self.lots if lot.expires_at is None or at <= lot.expires_at)",
    ),
    "a lot's last moment still counts": Fault("settling", "change <= draft.now", "change < draft.now"),
    "what lapses last is spent first": Fault(
        "lots",
        "lot.expires_at is None, lot.expires_at or start, start",
        "lot.expires_at is not None, start, start",
    ),
    "the oldest is spent first, whatever lapses": Fault(
        "lots", "lot.expires_at or start, start", "start, start"
    ),
    "younger before older of one expiry": Fault(
        "lots", "lot.expires_at or start, start, lot.id)", "lot.expires_at or start, lot.id, start)"
    ),
    "what is due is written newest first": Fault("settling", "return min(due, key", "return max(due, key"),
    "reservations never time out": Fault("settling", "for hold in account.holds", "for hold in ()"),
    "reserved points stay spendable": Fault(
        "spending",
        "chosen, Bucket.AVAILABLE, Bucket.HELD)",
        "chosen[:-1], Bucket.AVAILABLE, Bucket.HELD)",
    ),
    "a reservation is released without its points": Fault(
        "settling", "draft.write(Verb.VOID, shifts,", "draft.write(Verb.VOID, (),"
    ),
    "the rest of a capture goes nowhere": Fault(
        "spending", 'release(draft, left, effective_at=draft.now, reason="rest")', "pass"
    ),
    "a capture may be greater than its reservation": Fault(
        "spending", "if wanted > held.points", "if wanted > 10**9"
    ),
    "points that return to a lapsed lot can be spent": Fault(
        "settling", "    if lapsed:\n", "    if lapsed and not lapsed:\n"
    ),
    "released points do not repay": Fault(
        "settling",
        "    for allocation in hold.allocations:\n        repay(",
        "    for allocation in ():\n        repay(",
    ),
    "points that come in do not repay": Fault(
        "settling", "    repay(draft, begun.id, effective_at=entry.effective_at)\n", ""
    ),
    "points that lapse as they come in repay": Fault(
        "settling", "if lot.expires_at is not None and lot.expires_at <= at:", "if part < 0:"
    ),
    "points repay that lapsed before they were owed": Fault(
        "settling", "max(effective_at, lot.touched_at, account.debt_at or effective_at)", "effective_at"
    ),
    "a debt is repaid before it is owed": Fault(
        "drafts", "effective if owed_at is None else max(effective, owed_at)", "effective"
    ),
    "a clock that was set back is believed": Fault(
        "account", "now if self.settled_at is None else max(now, self.settled_at)", "now"
    ),
    "a clock that was set back ends a reservation": Fault("spending", "    ends_at += draft.now - now\n", ""),
    "points come back in a lot that has lapsed": Fault(
        "reversal", "if ends is not None and ends <= draft.now", "if ends is not None and not points"
    ),
    "cancelling takes the end off points": Fault(
        "reversal", "limit = draft.now + (lot.limit_at - lot.awarded_at)", "limit = None"
    ),
    "a debt is repaid and still owed": Fault("settling", "debt=-part,", "debt=0,"),
    "one may spend in spite of a debt": Fault("spending", "    if debt:\n", "    if debt > 10**9:\n"),
    "one point more than there is may be spent": Fault(
        "spending", "    if points > available:\n", "    if points > available + 1:\n"
    ),
    "expiry counts from the award": Fault("lots", "self.ends(activates_at)", "self.ends(self.awarded_at)"),
    "an expiry does not move with a late arrival": Fault(
        "lots", "activates_at=activates_at, expires_at=ends)", "activates_at=activates_at)"
    ),
    "resting too long has no effect": Fault("lots", "for end in (own, ends)", "for end in (own,)"),
    "resting too long outlives the fixed end": Fault("lots", "return min((end for", "return max((end for"),
    "a fixed end is not looked at": Fault("lots", "own = limit_at if limit_at is not None else", "own ="),
    "an award that is put off lapses as before": Fault(
        "awarding", "waiting.starting(activates_at)", "attrs.evolve(waiting, activates_at=activates_at)"
    ),
    "activity shortens what lasts": Fault(
        "awarding", "active_at < lot.expires_at < end", "end != lot.expires_at"
    ),
    "activity renews points that lapsed while reserved": Fault(
        "awarding", "active_at < lot.expires_at < end", "lot.expires_at < end"
    ),
    "the cancelled part is rounded up": Fault(
        "reversal", "return int(points * share)", "return -int(-points * share // 1)"
    ),
    "a refund starts anew each time": Fault(
        "reversal", "target(award.awarded, share) - award.points", "target(award.awarded, share)"
    ),
    "what was forgiven is asked for again": Fault(
        "reversal", " - award.points - award.forgiven", " - award.points"
    ),
    "spendable points go before pending ones": Fault(
        "reversal",
        "_from_buckets(lots, wanted, (Bucket.PENDING,))",
        "_from_buckets(lots, wanted, (Bucket.AVAILABLE, Bucket.PENDING))",
    ),
    "points that lapsed unused are owed": Fault(
        "reversal", "(Bucket.AVAILABLE, Bucket.EXPIRED)", "(Bucket.AVAILABLE,)"
    ),
    "a refund takes other lots first": Fault(
        "reversal",
        "own, left = _from_buckets(lots, left, (",
        "own, left = _from_buckets((*draft.account.lots, *lots), left, (",
    ),
    "a refund looks at lots as they were": Fault(
        "reversal", "return next(written, None) or draft.account.lot(lot.id) or lot", "return lot"
    ),
    "a shortfall is always owed": Fault("reversal", 'left if shortfall == "debt" else 0', "left"),
    "points that are given back lapse, though their lot lives": Fault(
        "reversal", "home = Bucket.AVAILABLE if alive", "home = Bucket.AVAILABLE if not alive"
    ),
    "a cancelled redemption renews its points": Fault(
        "reversal", "if alive or policy.late ==", "if alive or policy.late !="
    ),
    "points of the grace keep a rule of their own": Fault(
        "reversal",
        '(policy.grace, None) if policy.late == "grace"',
        '(policy.grace, None) if policy.late != "grace"',
    ),
    "points that are given back do not repay": Fault(
        "reversal", "            repay(draft, lot.id, effective_at=draft.now)\n", "            pass\n"
    ),
    "more is given back than was spent": Fault(
        "reversal", "    if points > back:\n", "    if points > back + 1:\n"
    ),
    "a gift renews its points": Fault("moving", "expires_at=lot.expires_at,", "expires_at=None,"),
    "a gift forgets where its points began": Fault("moving", "root=lot.root,", "root=lot_id,"),
    "a gift does not leave": Fault(
        "moving", "chosen, Bucket.AVAILABLE, Bucket.MOVED)", "chosen[1:], Bucket.AVAILABLE, Bucket.MOVED)"
    ),
    "a gift repays nothing": Fault("moving", "    for lot in taking.account.lots:\n", "    for lot in ():\n"),
    "a merge loses what is pending": Fault("moving", "Bucket.PENDING: lot.pending,", "Bucket.PENDING: 0,"),
    "a merge forgives what is owed": Fault(
        "moving",
        "taking.write(Verb.TRANSFER, issued=arriving, debt=debt,",
        "taking.write(Verb.TRANSFER, issued=arriving,",
    ),
    "a merge frees what is reserved": Fault(
        "moving", "        _take_hold(taking, hold, ids, here)\n", "        pass\n"
    ),
    "a split takes all that is there": Fault("moving", "if lot.owners[: len(path)] == path]", "]"),
    "a correction takes the newest": Fault(
        "spending", "    for lot in account.lots:\n", "    for lot in reversed(account.lots):\n"
    ),
    "a correction takes what is not there": Fault(
        "adjusting", "if -points > available", "if -points > 10**9"
    ),
    "the version stands still": Fault(
        "drafts", "version=self.account.version + 1", "version=max(self.account.version, 1)"
    ),
    "two entries of one moment": Fault("drafts", "else last + MICROSECOND", "else last"),
    "an effect before an earlier one": Fault(
        "drafts",
        "effective = max(effective, lot.touched_at)",
        "pass",
    ),
    "a change comes unforeseen": Fault(
        "account",
        "            if lot.available and lot.expires_at",
        "            if lot.pending and lot.expires_at",
    ),
    "what comes is foreseen too late": Fault("account", "if moment > at:", "if moment >= at:"),
    "a debt is foreseen to be paid twice": Fault(
        "account", "owed, since = owed - repaid, when", "owed, since = owed, when"
    ),
    "a day too few": Fault(
        "expiry", "+ timedelta(days=expiry.days or 0)", "+ timedelta(days=(expiry.days or 1) - 1)"
    ),
    "days of another zone": Fault(
        "expiry", "local_date(activated_at, self.zone)", 'local_date(activated_at, "UTC")'
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_machine_finds_a_planted_fault(name: str, plant: Any, make_machine: Any) -> None:
    """A copy of the ledger with one slip in it does not do what naive accounts do."""
    with plant(*FAULTS[name]) as core, pytest.raises(Exception):  # noqa: B017, PT011 - whatever breaks first
        check(make_machine(core))


def test_a_copy_without_a_fault_passes(plant: Any, make_machine: Any) -> None:
    """It is the fault that is found, not the copying."""
    with plant("none of them", "", "") as core:
        check(make_machine(core), examples=30)


def check(machine: Any, examples: int = MOST_EXAMPLES) -> None:
    """Run the machine until something differs."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_there_are_enough_faults() -> None:
    """At least 25 faults are planted, in every part of the ledger that writes."""
    assert len(FAULTS) >= 25
    written = {fault.module for fault in FAULTS.values()}
    assert written >= {
        "account",
        "adjusting",
        "awarding",
        "drafts",
        "lots",
        "moving",
        "reversal",
        "settling",
        "spending",
    }
