"""Merges that a store keeps: the log of decisions, this process's and everybody else's."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import attrs

from retailcrm.domain.identity import (
    Aliases,
    CustomerId,
    Evidence,
    EvidenceKind,
    Identity,
    Merged,
    Strength,
    Unmerged,
)
from retailcrm.domain.points.documents import canonical, moment_text
from retailcrm.shop.loyalty.attempts import begun_anew
from retailcrm.shop.merges import Decided, Merges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from retailcrm.ports.orders import OrderBook
    from retailcrm.shop.merges import Decision, Found


@attrs.define(eq=False)
class StoredMerges(Merges):
    """The decisions of a shop in a store; each use looks whether somebody else has decided since.

    Attributes:
        book: The store.
    """

    book: OrderBook
    _last: tuple[tuple[int, str], Decided] = attrs.field(factory=lambda: ((0, ""), Decided()), init=False)

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Decide, and do what follows from it, in one transaction; nobody else decides or imports in it."""
        with self.book.unit():
            self.book.lock()
            yield

    def merge(self, keep: str, gone: str, *, evidence: Iterable[Evidence], actor: str, at: datetime) -> str:
        """Decide that two ids are one person, for everybody who uses the store."""
        sides = {self.aliases.resolve(CustomerId(one)) for one in (keep, gone)}

        def act() -> str:
            with self.unit():
                return Merges.merge(self, keep, gone, evidence=reasons, actor=actor, at=at)

        reasons = tuple(evidence)
        # Whom everybody knows to be one person already, nobody makes one by trying again.
        return act() if len(sides) == 1 else self.anew(act)

    def undo(self, merge_id: str, *, actor: str, at: datetime) -> None:
        """Take a merge back, as if it had never been."""

        def act() -> None:
            with self.unit():
                Merges.undo(self, merge_id, actor=actor, at=at)

        self.anew(act)

    def adopt(self, decisions: Iterable[Decision], *, at: datetime) -> tuple[str, ...]:
        """Take decisions over, such as those of a file; all of them or none."""
        told = tuple(decisions)

        def act() -> tuple[str, ...]:
            with self.unit():
                return Merges.adopt(self, told, at=at)

        return self.anew(act)

    def anew(self, act: Callable[[], Found]) -> Found:
        """Decide, and decide anew when others were first; not inside a unit of somebody else."""
        return begun_anew(act, in_unit=lambda: self.book.in_unit)

    def _take(self, aliases: Aliases) -> None:
        known = len(self.aliases.log)
        self.book.decide([decision_text(entry) for entry in aliases.log[known:]], known)
        self._last = self.book.last_decision(), Decided.of(aliases)

    def _now(self) -> Decided:
        """Read the log if it is not the one that was read last: others decided, or ours was rolled back."""
        last = self.book.last_decision()
        before, decided = self._last
        if last != before:
            # What others have decided since then is read the next time.
            texts = self.book.decisions()[: last[0]]
            decided = Decided.of(Aliases(tuple(decision_of(text) for text in texts)))
            self._last = last, decided
        return decided


def decision_text(entry: Merged | Unmerged) -> str:
    """Write a decision."""
    document: dict[str, Any] = {
        "merge": entry.merge_id,
        "actor": entry.actor,
        "at": moment_text(entry.at.astimezone(UTC)),
    }
    if isinstance(entry, Merged):
        why = [attrs.asdict(one) for one in entry.evidence]
        document |= {"keep": entry.keep, "gone": entry.gone, "evidence": why}
    return canonical(document)


def decision_of(text: str) -> Merged | Unmerged:
    """Read a decision.

    Args:
        text: What :func:`decision_text` gave.

    Example:
        >>> back = Unmerged(merge_id="merge-1", actor="mei", at=datetime(2024, 4, 1, tzinfo=UTC))
        >>> decision_of(decision_text(back)) == back
        True
    """
    document = json.loads(text)
    merge_id, actor, at = document["merge"], document["actor"], datetime.fromisoformat(document["at"])
    if "keep" not in document:
        return Unmerged(merge_id=merge_id, actor=actor, at=at)
    return Merged(
        merge_id=merge_id,
        keep=CustomerId(document["keep"]),
        gone=CustomerId(document["gone"]),
        evidence=tuple(_evidence(one) for one in document["evidence"]),
        actor=actor,
        at=at,
    )


def _evidence(document: Mapping[str, Any]) -> Evidence:
    told = document["identity"]
    identity = None if told is None else Identity(**{**told, "strength": Strength(told["strength"])})
    return Evidence(EvidenceKind(document["kind"]), identity, document["note"])
