"""Whether what processes saw fits one order of events: the versions in the answers bear witness.

Every answer carries its account's version, so the order need not be searched for: the journals tell where in
each account a command stands. If whoever was answered before another asked also stands before her in every
account of both, and doing everything again in that order, in memory, gives the very same answers, then what
happened is as if one had come after the other.

References:
    Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects", 1990.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TYPE_CHECKING

import attrs

from retailcrm.ports.outcomes import Done
from retailcrm.torture.commands import run
from retailcrm.torture.opening import customer_of, open_it

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from retailcrm.domain.points.entries import Entry
    from retailcrm.torture.commands import Command
    from retailcrm.torture.racing import Seen

_ENDS = "ends_at"  # of a reservation: by the clock, which no replay turns back


def misfits(
    seen: Iterable[Seen], journals: Mapping[str, Sequence[Entry]], first: Sequence[Command] = ()
) -> list[str]:
    """Say what does not fit one order of events.

    Args:
        seen: Everything that was done to some customers beside ``first``, by whichever process.
        journals: Their journals, by customer.
        first: What was done before, one after the other.
    """
    done = {one.command.name: one for one in seen if isinstance(one.outcome, Done)}
    orders = {name: _order(journal) for name, journal in journals.items()}
    found: list[str] = []
    for name, order in orders.items():
        found += _too_late(name, [done[one] for one in order if one in done])
        found += _other_version(name, order, done)
    before: dict[tuple[str, str], set[tuple[str, str]]] = {name: set() for name in done}
    for order in orders.values():
        known = [one for one in order if one in done]
        for one, after in pairwise(known):
            before[after].add(one)
    try:
        in_order = list(TopologicalSorter(before).static_order())
    except CycleError as error:
        return [*found, f"no order fits: {error.args[1]}"]
    return found + _replayed([done[one] for one in in_order], first)


def _order(journal: Sequence[Entry]) -> dict[tuple[str, str], int]:
    """Give the commands of a journal in their order, each with the version after its last entry."""
    places: dict[tuple[str, str], int] = {}
    for entry in journal:
        for verb in (entry.verb.value, "capture"):  # what a capture leaves over is written as void
            if verb == entry.verb.value or (verb, entry.key) in places:
                places[verb, entry.key] = entry.version
    return dict(sorted(places.items(), key=lambda one: one[1]))


def _too_late(name: str, in_order: Sequence[Seen]) -> list[str]:
    """Name commands that were answered before an earlier one of the account was even asked for."""
    found, latest = [], 0
    for one in in_order:
        if one.ended < latest:
            found.append(f"{name}: {one.command.key} stands behind one that began after it had ended")
        latest = max(latest, one.begun)
    return found


def _other_version(
    name: str, order: Mapping[tuple[str, str], int], done: Mapping[tuple[str, str], Seen]
) -> list[str]:
    """Name commands whose answer says another version than the journal."""
    found = []
    for command, version in order.items():
        seen = done.get(command)
        outcome = None if seen is None else seen.outcome
        if isinstance(outcome, Done) and customer_of(outcome.account) == name and outcome.version != version:
            found.append(f"{name}: {command[1]} says version {outcome.version}, the journal {version}")
    return found


def _replayed(in_order: Sequence[Seen], first: Sequence[Command]) -> list[str]:
    """Do everything again in memory; name the commands that come to something else."""
    with open_it("memory:") as shop:
        for command in first:
            run(shop.loyalty, command)
        for one in in_order:
            again = run(shop.loyalty, one.command)
            if not isinstance(again, Done) or _told(again) != _told(one.outcome):
                return [f"{one.command.key} came to {one.outcome}; in this order it comes to {again}"]
    return []


def _told(outcome: object) -> Done | None:
    if not isinstance(outcome, Done):
        return None
    detail = {name: value for name, value in outcome.detail.items() if name != _ENDS}
    return attrs.evolve(outcome, detail=detail)
