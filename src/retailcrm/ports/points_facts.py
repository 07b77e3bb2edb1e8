"""What entries of the points ledger tell the event feed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.domain.points.documents import moment_text
from retailcrm.ports.feed import Fact

if TYPE_CHECKING:
    from retailcrm.domain.points.entries import Entry


def told_by(entry: Entry) -> Fact | None:
    """Give an entry as a fact of the feed; ``None`` if it moved no points.

    Args:
        entry: As it was written.

    Returns:
        A fact of kind ``points.moved`` about the account. Account and version name it for ever, so that
        nobody who is told twice acts twice.
    """
    if not entry.movements:
        return None
    wallet, _, customer = entry.account.partition("/")
    document = {
        "at": moment_text(entry.effective_at),
        "customer": customer,
        "points": sum(one.points for one in entry.movements),
        "reference": entry.reference,
        "version": entry.version,
        "wallet": wallet,
        "what": entry.verb.value,
    }
    return Fact(kind="points.moved", subject=entry.account, recorded_at=entry.recorded_at, document=document)
