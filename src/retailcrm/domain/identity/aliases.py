"""Customer ids resolve for ever: a log of merges and un-merges, and what it means today."""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, NewType

import attrs

from retailcrm.domain.periods import in_utc
from retailcrm.errors import ConflictError, InputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from retailcrm.domain.identity.evidence import Evidence

CustomerId = NewType("CustomerId", str)
"""Our own name for a customer: opaque, never re-used."""


@attrs.frozen(kw_only=True)
class Merged:
    """One decision: these two ids are one person.

    Attributes:
        merge_id: Unique in the log; what an un-merge refers to.
        keep: The id whose present id stays present.
        gone: The id that resolves elsewhere from now on.
        evidence: Why, at least one piece.
        actor: Who decided: a person, or a rule's name and version.
        at: When; aware, kept in UTC.
    """

    merge_id: str
    keep: CustomerId
    gone: CustomerId
    evidence: tuple[Evidence, ...] = attrs.field(validator=attrs.validators.min_len(1))
    actor: str
    at: datetime = attrs.field(converter=in_utc)


@attrs.frozen(kw_only=True)
class Unmerged:
    """One decision taken back.

    Attributes:
        merge_id: The merge that no longer counts.
        actor: Who decided.
        at: When; aware, kept in UTC.
    """

    merge_id: str
    actor: str
    at: datetime = attrs.field(converter=in_utc)


@attrs.frozen
class Aliases:
    """Which customer an id stands for today.

    The meaning is a fold over the log: take the merges that were not taken back, in log order; each
    makes the present id of its ``gone`` side resolve to the present id of its ``keep`` side. An
    un-merge is therefore as if its merge had never been; later merges stay, each about the two ids it
    named. A merge of two ids that are one already is refused, so the counting merges form a forest:
    there is no cycle, and taking one back parts its customer into exactly two.

    Attributes:
        log: Merges and un-merges in the order they were decided. Building from a whole log is one
            pass; :meth:`merge` and :meth:`unmerge` each fold the log again.

    Raises:
        InputError: The log contradicts itself.

    Example:
        >>> from datetime import UTC, datetime
        >>> from retailcrm.domain.identity import Aliases, CustomerId, Evidence
        >>> now, why = datetime(2024, 4, 1, tzinfo=UTC), [Evidence.stated("same person, by phone")]
        >>> one = Aliases().merge(CustomerId("c1"), CustomerId("c2"), evidence=why, actor="mei", at=now)
        >>> one.resolve(CustomerId("c2")), sorted(one.members(CustomerId("c1")))
        ('c1', ['c1', 'c2'])
        >>> one.unmerge(one.log[-1].merge_id, actor="mei", at=now).resolve(CustomerId("c2"))
        'c2'
    """

    log: tuple[Merged | Unmerged, ...] = ()
    _present: Mapping[CustomerId, CustomerId] = attrs.field(init=False, eq=False, repr=False)

    @_present.default
    def _resolved(self) -> Mapping[CustomerId, CustomerId]:
        return MappingProxyType(_fold(_counting(self.log)))

    def resolve(self, customer: CustomerId) -> CustomerId:
        """Give the id that this one stands for today: itself, unless it was merged away."""
        return self._present.get(customer, customer)

    def members(self, customer: CustomerId) -> frozenset[CustomerId]:
        """Give all ids that are one person with this one, itself included."""
        present = self.resolve(customer)
        return self._together.get(present, frozenset({present}))

    @cached_property
    def _together(self) -> Mapping[CustomerId, frozenset[CustomerId]]:
        """All ids of each customer who has several, by the present one."""
        found: dict[CustomerId, set[CustomerId]] = {}
        for old, new in self._present.items():
            found.setdefault(new, {new}).add(old)
        return {present: frozenset(ids) for present, ids in found.items()}

    def merge(
        self, keep: CustomerId, gone: CustomerId, *, evidence: Iterable[Evidence], actor: str, at: datetime
    ) -> Aliases:
        """Decide that two ids are one person.

        Args:
            keep: The side whose present id stays.
            gone: The side whose present id resolves to the other's from now on.
            evidence: Why; see :func:`~retailcrm.domain.identity.merge_evidence`.
            actor: Who decides.
            at: When; aware.

        Returns:
            The table with the decision; its id is that of the last entry of ``log``.

        Raises:
            ConflictError: They are one person already.
            InputError: There is no evidence, or the moment has no zone.
        """
        reasons = tuple(evidence)
        if not reasons:
            raise InputError("a merge needs evidence; a person's own word is Evidence.stated(...)")
        if self.resolve(keep) == self.resolve(gone):
            raise ConflictError(f"{keep} and {gone} are one customer already")
        merge_id = f"merge-{sum(isinstance(entry, Merged) for entry in self.log) + 1}"
        entry = Merged(merge_id=merge_id, keep=keep, gone=gone, evidence=reasons, actor=actor, at=at)
        return Aliases((*self.log, entry))

    def unmerge(self, merge_id: str, *, actor: str, at: datetime) -> Aliases:
        """Take a merge back: as if it had never been, whatever was merged since.

        Args:
            merge_id: The merge to take back.
            actor: Who decides.
            at: When; aware.

        Returns:
            The table with the decision.

        Raises:
            NotFoundError: No such merge counts today.
        """
        if merge_id not in _counting(self.log):
            raise NotFoundError(f"no merge {merge_id!r} counts today")
        return Aliases((*self.log, Unmerged(merge_id=merge_id, actor=actor, at=at)))


def _counting(log: Iterable[Merged | Unmerged]) -> dict[str, Merged]:
    """Give the merges that were not taken back, in log order, by id."""
    counting: dict[str, Merged] = {}
    seen: set[str] = set()
    for entry in log:
        if isinstance(entry, Merged):
            if entry.merge_id in seen:
                raise InputError(f"merge {entry.merge_id!r} stands in the log twice")
            seen.add(entry.merge_id)
            counting[entry.merge_id] = entry
        elif counting.pop(entry.merge_id, None) is None:
            raise InputError(f"the log takes back {entry.merge_id!r}, which does not count there")
    return counting


def _fold(counting: Mapping[str, Merged]) -> dict[CustomerId, CustomerId]:
    """Give the present id of every id that was merged away."""
    parent: dict[CustomerId, CustomerId] = {}
    for entry in counting.values():
        keep, gone = _root(parent, entry.keep), _root(parent, entry.gone)
        if keep == gone:
            raise InputError(
                f"{entry.merge_id!r} merges {entry.keep} and {entry.gone}, which are one already"
            )
        parent[gone] = keep
    return {old: _root(parent, old) for old in parent}


def _root(parent: dict[CustomerId, CustomerId], customer: CustomerId) -> CustomerId:
    """Follow parents to the present id, halving the path so that long chains stay cheap."""
    while (above := parent.get(customer, customer)) != customer:
        parent[customer] = parent.get(above, above)
        customer = parent[customer]
    return customer
