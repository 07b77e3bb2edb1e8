"""Journals of accounts as columns: lots as they are, and every movement with what it was for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from retailcrm.analytics.columns import INSTANT, NO_INSTANT, Coded, Texts
from retailcrm.analytics.tables.points import BUCKETS, VERBS, LotTable, MovementTable
from retailcrm.domain.points import Entry, Lot, Verb, replay
from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.settling import settle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from retailcrm.analytics.tables.checks import Instants

SPENDING: Final = (Verb.REDEEM, Verb.CAPTURE)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BUCKET: Final = {None: -1} | {bucket: place for place, bucket in enumerate(BUCKETS)}
_VERB: Final = {verb: place for place, verb in enumerate(VERBS)}


def movements_of(
    entries: Mapping[str, Iterable[Entry]],
    zone: str,
    *,
    known: np.datetime64 | None = None,
    as_of: np.datetime64 | None = None,
) -> MovementTable:
    """Turn the journals of accounts of one wallet into columns.

    Nothing is written at the moment when points lapse, but with the next command: an account that nobody
    touched since then still has them in its journal. ``as_of`` adds what fell due meanwhile.

    Args:
        entries: The whole journal of each account, by its id.
        zone: IANA zone that days and months are taken in.
        known: Looks only at what was written before this moment, UTC, as if it were now: lots, too, are
            as they were believed to be.
        as_of: Adds what the accounts would write at this moment, UTC: activations, lapses, ended
            reservations, repaid debts; ``None`` adds nothing.

    Returns:
        Lots in the order in which they began, account by account; movements in the order of the journals.

    Example:
        >>> from retailcrm.domain.points import Account
        >>> from retailcrm.domain.points.awarding import earn
        >>> noon = datetime(2024, 1, 1, 12, tzinfo=UTC)
        >>> earned = earn(
        ...     Account(id="ann"), 5, lot="a", source="order:1", key="k", now=noon, activates_at=noon
        ... )
        >>> moved = movements_of({"ann": earned.entries}, "Asia/Shanghai")
        >>> [VERBS[verb].value for verb in moved.verb], moved.points.tolist(), moved.lots.source.tolist()
        (['earn', 'activate'], [5, 5], ['order'])
    """
    limit = None if known is None else _aware(known)
    lots: dict[tuple[str, str], Lot] = {}
    rows: list[tuple[int, int, int, int, int]] = []
    effective: list[datetime] = []
    recorded: list[datetime] = []
    spent_on: list[str | None] = []
    place: dict[tuple[str, str], int] = {}
    for account, journal in entries.items():
        for entry in _read(account, journal, limit, as_of):
            for lot in entry.lots:
                lots[account, lot.id] = lot
                place.setdefault((account, lot.id), len(place))
            verb, what = _VERB[entry.verb], _spent_on(entry)
            for one in entry.movements:
                source, target = _BUCKET[one.source], _BUCKET[one.target]
                rows.append((place[account, one.lot], verb, source, target, one.points))
                effective.append(entry.effective_at)
                recorded.append(entry.recorded_at)
                spent_on.append(what)
    columns = np.array(rows, np.int64).reshape(-1, 5)
    return MovementTable(
        lots=_lot_table(tuple(entries), lots, zone),
        lot=columns[:, 0].copy(),
        verb=columns[:, 1].astype(np.int8),
        source=columns[:, 2].astype(np.int8),
        target=columns[:, 3].astype(np.int8),
        points=columns[:, 4].copy(),
        effective_at=_instants(effective),
        recorded_at=_instants(recorded),
        spent_on=Coded.of(spent_on),
    )


def _read(
    account: str, journal: Iterable[Entry], known: datetime | None, as_of: np.datetime64 | None
) -> Sequence[Entry]:
    """Give a journal in order, as far as it was known, with what fell due since."""
    there = sorted(journal, key=lambda entry: entry.version)
    if known is not None:
        there = [entry for entry in there if entry.recorded_at < known]
    if as_of is None:
        return there
    draft = Draft(replay(account, there), "due", _aware(as_of))
    settle(draft)
    return [*there, *draft.entries]


def _spent_on(entry: Entry) -> str | None:
    """Give the kind of what points were spent on: a reward's id, else the word before the colon."""
    if entry.verb not in SPENDING or not entry.reference:
        return None
    kind, _, rest = entry.reference.partition(":")
    return rest if kind == "reward" and rest else kind


def _lot_table(accounts: tuple[str, ...], lots: Mapping[tuple[str, str], Lot], zone: str) -> LotTable:
    place = {account: i for i, account in enumerate(accounts)}
    values = lots.values()
    return LotTable(
        zone=zone,
        accounts=Texts.of(accounts),
        account=np.array([place[account] for account, _ in lots], np.int32),
        points=np.array([lot.points for lot in values], np.int64),
        awarded_at=_instants([lot.awarded_at for lot in values]),
        activates_at=_instants([lot.activates_at for lot in values]),
        expires_at=_instants([lot.expires_at for lot in values]),
        source=Coded.of(lot.source.partition(":")[0] or None for lot in values),
    )


def _instants(moments: Iterable[datetime | None]) -> Instants:
    # numpy takes naive datetimes only; all of the domain's are UTC.
    return np.array(
        [NO_INSTANT if m is None else np.datetime64(m.replace(tzinfo=None), "us") for m in moments], INSTANT
    )


def _aware(moment: np.datetime64) -> datetime:
    return _EPOCH + timedelta(microseconds=int(moment.astype(INSTANT).astype(np.int64)))
