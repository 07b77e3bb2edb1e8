"""Journals of accounts as columns: lots as they are, and every movement with what it was for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT, NO_INSTANT, Coded, Texts
from retailcrm.analytics.tables.journals import EntryColumns, JournalTable, MoveColumns, StateColumns
from retailcrm.analytics.tables.points import BUCKETS, VERBS, LotTable, MovementTable
from retailcrm.domain.points import Verb, replay
from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.lots import Bucket
from retailcrm.domain.points.settling import settle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from retailcrm.analytics.tables.checks import Instants, Ints
    from retailcrm.domain.points import Entry

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
    read = {account: _read(account, journal, limit, as_of) for account, journal in entries.items()}
    return movement_table(journal_table(read), zone)


def journal_table(journals: Mapping[str, Sequence[Entry]]) -> JournalTable:
    """Turn journals into columns as they are, with nothing added.

    Args:
        journals: The whole journal of each account, oldest first, by its id.
    """
    rows = [(account, entry) for account, journal in enumerate(journals.values()) for entry in journal]
    place: dict[tuple[int, str], int] = {}
    states = _states(rows, place)
    return JournalTable(
        accounts=Texts.of(tuple(journals)),
        lots=Texts.of(name for _, name in place),
        entries=_entries(rows),
        states=states,
        moves=_moves(rows, place),
    )


def movement_table(
    journals: JournalTable, zone: str, *, keep: NDArray[np.bool_] | None = None
) -> MovementTable:
    """Give the movements of journals, and their lots as the last entry left them.

    Args:
        journals: What was written.
        zone: IANA zone that days and months are taken in.
        keep: Which entries count; shape ``(n_entries,)``; ``None``: all. Lots of which none counts are
            left out.
    """
    entries, states, moves = journals.entries, journals.states, journals.moves
    kept = np.ones(len(entries), np.bool_) if keep is None else keep
    last = last_states(states, kept)
    state = last[last >= 0]
    moved = np.flatnonzero(kept[moves.entry])
    entry = moves.entry[moved]
    place = np.cumsum(last >= 0) - 1
    return MovementTable(
        lots=LotTable(
            zone=zone,
            accounts=journals.accounts,
            account=entries.account[states.entry[state]],
            points=states.points[state],
            awarded_at=states.awarded_at[state],
            activates_at=states.activates_at[state],
            expires_at=states.expires_at[state],
            source=states.source.take(state),
        ),
        lot=place[moves.lot[moved]],
        verb=entries.verb[entry],
        source=moves.source[moved],
        target=moves.target[moved],
        points=moves.points[moved],
        effective_at=entries.effective_at[entry],
        recorded_at=entries.recorded_at[entry],
        spent_on=entries.spent_on.take(entry),
    )


def with_lapses(journals: JournalTable, before: np.datetime64) -> JournalTable:
    """Add the lapses that nobody has written yet: of points that can be spent, in their lots' last state.

    Points that come in or return by themselves are not looked at: of accounts that wait for any, ask
    :func:`movements_of`.

    Args:
        journals: Whole journals.
        before: UTC; what lapses then or later is not added.

    Returns:
        The journals with one entry more for each such lot, after all others.
    """
    entries, states, moves = journals.entries, journals.states, journals.moves
    last = last_states(states, np.ones(len(entries), np.bool_))
    at = np.maximum(states.expires_at[last], entries.effective_at[states.entry[last]])
    # Of what never lapses the comparison is false.
    lot = np.flatnonzero((states.available[last] > 0) & (at < before))
    state, at = last[lot], at[lot]
    size = len(lot)
    row = len(entries) + np.arange(size, dtype=np.int64)
    zeros = np.zeros(size, np.int64)
    more = EntryColumns(
        account=entries.account[states.entry[state]],
        verb=np.full(size, _VERB[Verb.EXPIRE], np.int8),
        effective_at=at,
        recorded_at=np.full(size, before, INSTANT),
        debt=zeros,
        spent_on=Coded(np.full(size, -1, np.int32), entries.spent_on.values),
    )
    lapse = MoveColumns(
        entry=row,
        lot=lot.astype(np.int64),
        source=np.full(size, _BUCKET[Bucket.AVAILABLE], np.int8),
        target=np.full(size, _BUCKET[Bucket.EXPIRED], np.int8),
        points=states.available[state],
    )
    return attrs.evolve(journals, entries=_after(entries, more), moves=_after(moves, lapse))


def last_states(states: StateColumns, kept: NDArray[np.bool_]) -> Ints:
    """Give the row of each lot's last state among the entries that count, -1 where none does.

    Args:
        states: In the order of their entries.
        kept: Which entries count.
    """
    rows = np.flatnonzero(kept[states.entry])
    last = np.full(int(states.lot.max(initial=-1)) + 1, -1, np.int64)
    np.maximum.at(last, states.lot[rows], rows)
    return last


def spent_on(verb: Verb, reference: str) -> str | None:
    """Give the kind of what points were spent on.

    Args:
        verb: Of an entry.
        reference: What it is about.

    Returns:
        A reward's id, else the word before the colon; ``None`` if it spends none, or nobody said on what.

    Example:
        >>> spent_on(Verb.REDEEM, "reward:mug"), spent_on(Verb.REDEEM, "order:web/main/1")
        ('mug', 'order')
    """
    if verb not in SPENDING or not reference:
        return None
    kind, _, rest = reference.partition(":")
    return rest if kind == "reward" and rest else kind


def source_kind(source: str) -> str | None:
    """Give the kind of what a lot was awarded for; ``None`` if nobody said.

    Example:
        >>> source_kind("order:web/main/1")
        'order'
    """
    return source.partition(":")[0] or None


_T = TypeVar("_T", EntryColumns, MoveColumns)


def _after(first: _T, more: _T) -> _T:
    """Put columns under others that have the same texts."""
    columns: dict[str, Any] = {}
    for name in (field.name for field in attrs.fields(type(first))):
        one, other = getattr(first, name), getattr(more, name)
        coded = isinstance(one, Coded)
        columns[name] = (
            Coded(np.concatenate([one.codes, other.codes]), one.values)
            if coded
            else np.concatenate([one, other])
        )
    return type(first)(**columns)


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


def _entries(rows: Sequence[tuple[int, Entry]]) -> EntryColumns:
    entries = [entry for _, entry in rows]
    return EntryColumns(
        account=np.array([account for account, _ in rows], np.int32),
        verb=np.array([_VERB[entry.verb] for entry in entries], np.int8),
        effective_at=_instants(entry.effective_at for entry in entries),
        recorded_at=_instants(entry.recorded_at for entry in entries),
        debt=np.array([entry.debt for entry in entries], np.int64),
        spent_on=Coded.of(spent_on(entry.verb, entry.reference) for entry in entries),
    )


def _states(rows: Sequence[tuple[int, Entry]], place: dict[tuple[int, str], int]) -> StateColumns:
    """Give the lots of entries; each gets its number where it has none."""
    lots = [lot for _, entry in rows for lot in entry.lots]
    named = [(account, lot.id) for account, entry in rows for lot in entry.lots]
    return StateColumns(
        entry=_of_entries([len(entry.lots) for _, entry in rows]),
        lot=np.array([place.setdefault(name, len(place)) for name in named], np.int64),
        points=np.array([lot.points for lot in lots], np.int64),
        pending=np.array([lot.pending for lot in lots], np.int64),
        available=np.array([lot.available for lot in lots], np.int64),
        awarded_at=_instants(lot.awarded_at for lot in lots),
        activates_at=_instants(lot.activates_at for lot in lots),
        expires_at=_instants(lot.expires_at for lot in lots),
        source=Coded.of(source_kind(lot.source) for lot in lots),
    )


def _moves(rows: Sequence[tuple[int, Entry]], place: dict[tuple[int, str], int]) -> MoveColumns:
    moved = [one for _, entry in rows for one in entry.movements]
    named = [(account, one.lot) for account, entry in rows for one in entry.movements]
    return MoveColumns(
        entry=_of_entries([len(entry.movements) for _, entry in rows]),
        lot=np.array([place[name] for name in named], np.int64),
        source=np.array([_BUCKET[one.source] for one in moved], np.int8),
        target=np.array([_BUCKET[one.target] for one in moved], np.int8),
        points=np.array([one.points for one in moved], np.int64),
    )


def _of_entries(counts: Sequence[int]) -> Ints:
    """Give the row of its entry for each of the things that entries have so many of."""
    return np.repeat(np.arange(len(counts), dtype=np.int64), np.array(counts, np.int64))


def _instants(moments: Iterable[datetime | None]) -> Instants:
    # numpy takes naive datetimes only; all of the domain's are UTC.
    return np.array(
        [NO_INSTANT if m is None else np.datetime64(m.replace(tzinfo=None), "us") for m in moments], INSTANT
    )


def _aware(moment: np.datetime64) -> datetime:
    return _EPOCH + timedelta(microseconds=int(moment.astype(INSTANT).astype(np.int64)))
