"""Opening balances: points that another system kept until now, taken over row by row.

Each row becomes one lot and one entry ``open``, which takes effect at the cut-over: before it, the other
system's books tell. Spendable points open spendable, so nothing seems to be activated on that day. A row is
known by its id in the other system for ever: told of again it changes nothing, and told of differently it is
reported and not applied. No row is lost: each is opened, empty, unchanged or a problem.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.domain.periods import in_utc
from retailcrm.domain.points.checks import MOST_POINTS
from retailcrm.domain.points.drafts import Draft
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.expiry import NEVER, Expiry
from retailcrm.domain.points.lots import Lot
from retailcrm.domain.points.settling import repay, settle
from retailcrm.domain.points.spending import accepted
from retailcrm.domain.problems import Problem
from retailcrm.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from retailcrm.domain.points.account import Account
    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.outcomes import Accepted

_DIGITS: Final = 32
_KIND: Final = "import:"
_WORD: Final = "row "


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else in_utc(moment)


@attrs.frozen(kw_only=True)
class OpeningRow:
    """One balance, or one lot, of another system.

    Attributes:
        source: Its id there, unique in all imports: not the customer's name or phone.
        account: Id of the account with us.
        points: As told; a whole number of points makes a good row, anything else a problem.
        expires_at: First moment at which they cannot be spent; ``None``: ``expiry`` of the import says.
        awarded_at: When they were awarded; ``None``: at the cut-over.
        pending: They cannot be spent yet.
        activates_at: When pending ones can be spent; ``None`` waits for an event.
        record: Its place in the file, counted from 1.
    """

    source: str
    account: str
    points: object
    expires_at: datetime | None = attrs.field(default=None, converter=_utc)
    awarded_at: datetime | None = attrs.field(default=None, converter=_utc)
    pending: bool = False
    activates_at: datetime | None = attrs.field(default=None, converter=_utc)
    record: int | None = None

    @cached_property
    def fingerprint(self) -> str:
        """What it says, without its place in the file, as 32 hexadecimal digits."""
        moments = (
            "" if m is None else m.isoformat() for m in (self.expires_at, self.awarded_at, self.activates_at)
        )
        points = whole(self.points)
        said = (self.source, self.account, self.points if points is None else points, self.pending, *moments)
        return hashlib.sha256(repr(said).encode()).hexdigest()[:_DIGITS]


@attrs.frozen(kw_only=True)
class Opened:
    """What an import comes to: write all of it, or nothing.

    Attributes:
        accounts: What each touched account comes to.
        read: Rows.
        opened: Rows that became a lot.
        empty: Rows of 0 points, which need none.
        unchanged: Rows that were imported before, or stood there twice.
        problems: Rows that were left out, and why; one for each.
    """

    accounts: Mapping[str, Accepted]
    read: int
    opened: int
    empty: int
    unchanged: int
    problems: tuple[Problem, ...]

    @property
    def accepted(self) -> int:
        """Rows that are taken: with the problems they make up all that was read."""
        return self.opened + self.empty + self.unchanged


def whole(points: object) -> int | None:
    """Give a whole number of points; ``None`` for anything else, floats among it.

    Example:
        >>> whole(5), whole(Decimal("5.00")), whole(5.0), whole(True), whole("5")
        (5, 5, None, None, None)
    """
    if isinstance(points, Decimal):
        points = Fraction(points) if points.is_finite() else None
    if isinstance(points, Fraction):
        points = points.numerator if points.denominator == 1 else None
    return points if isinstance(points, int) and not isinstance(points, bool) else None


def imported(entries: Iterable[Entry]) -> dict[str, str]:
    """Read off a journal which rows are imported, with what they said.

    Args:
        entries: Of any accounts; only opening balances count.

    Returns:
        The fingerprint of each row's id.
    """
    return {
        entry.reference.removeprefix(_KIND): fingerprint_of(entry)
        for entry in entries
        if entry.verb is Verb.OPEN
    }


def fingerprint_of(entry: Entry) -> str:
    """Give the fingerprint of the row that an opening balance was made of."""
    return entry.reason.removeprefix(_WORD)


def open_balances(
    rows: Sequence[OpeningRow],
    accounts: Mapping[str, Account],
    *,
    file: str,
    key: str,
    now: datetime,
    known: Mapping[str, str],
    effective_at: datetime | None = None,
    expiry: Expiry = NEVER,
    idle: Expiry | None = None,
) -> Opened:
    """Take over the points that another system kept.

    Args:
        rows: All of them, in any order.
        accounts: Every account that there is, by id.
        file: Name of the file, for problems.
        key: The import's idempotency key.
        now: When it is written; aware.
        known: Rows of earlier imports, from :func:`imported`.
        effective_at: The cut-over; ``now`` if left out. What lapsed by then stays with the other system.
        expiry: How points lapse whose row does not say, counted from the cut-over; or from their activation,
            if they are pending.
        idle: They lapse at the latest so long after the customer's last earning or spending; the cut-over
            counts as one, because nobody knows better.

    Returns:
        What to write. Two rows with one id that differ are both problems, whichever comes first.

    Raises:
        InputError: The cut-over lies in the future.

    Example:
        >>> from datetime import UTC, datetime
        >>> from retailcrm.domain.points import Account
        >>> rows = [OpeningRow(source="1", account="ann", points=300),
        ...         OpeningRow(source="2", account="ann", points=-5)]
        >>> told = open_balances(rows, {"ann": Account(id="ann")}, file="old.csv", key="k",
        ...                      now=datetime(2024, 1, 1, tzinfo=UTC), known={})
        >>> told.accounts["ann"].account.available, [problem.code for problem in told.problems]
        (300, ['points'])
    """
    begins = in_utc(effective_at or now)
    if begins > now:
        raise InputError("balances are taken over when the cut-over has come")
    sorted_out = _sorted_out(rows, accounts, begins, known, file)
    return Opened(
        accounts={
            name: _written(accounts[name], its, begins, expiry, idle, key=key, now=now)
            for name, its in sorted_out.full.items()
        },
        read=len(rows),
        opened=sum(map(len, sorted_out.full.values())),
        empty=sorted_out.empty,
        unchanged=sorted_out.unchanged,
        problems=tuple(sorted_out.problems),
    )


@attrs.define
class _SortedOut:
    """Each row at its place.

    Attributes:
        full: Rows with points to open, by account.
        problems: What is wrong with others.
        empty: How many have no points.
        unchanged: How many were taken before, here or in an earlier import.
    """

    full: dict[str, list[OpeningRow]] = attrs.field(factory=lambda: defaultdict(list))
    problems: list[Problem] = attrs.field(factory=list)
    empty: int = 0
    unchanged: int = 0


def _sorted_out(
    rows: Sequence[OpeningRow],
    accounts: Mapping[str, Account],
    begins: datetime,
    known: Mapping[str, str],
    file: str,
) -> _SortedOut:
    """Tell rows to open from those that were taken before and those that are wrong."""
    saying, seen, found = _sayings(rows), set(known), _SortedOut()
    for row in rows:
        if known.get(row.source) == row.fingerprint or (row.source in seen and row.source not in known):
            found.unchanged += 1
        elif (problem := _problem(row, accounts, begins, saying[row.source], known, file)) is not None:
            found.problems.append(problem)
        else:
            seen.add(row.source)
            if whole(row.points):
                found.full[row.account].append(row)
            else:
                found.empty += 1
    return found


def _sayings(rows: Iterable[OpeningRow]) -> dict[str, set[str]]:
    """Give what the rows of each id say: more than one thing is a contradiction."""
    saying: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        saying[row.source].add(row.fingerprint)
    return saying


def _problem(
    row: OpeningRow,
    accounts: Mapping[str, Account],
    begins: datetime,
    said: set[str],
    known: Mapping[str, str],
    file: str,
) -> Problem | None:
    """Say why a row cannot be taken; never whose it is."""
    wrong = _contradiction(row, accounts.get(row.account), said, known) or _bad_value(row, begins)
    return None if wrong is None else Problem(source=file, code=wrong[0], message=wrong[1], record=row.record)


def _contradiction(
    row: OpeningRow, account: Account | None, said: set[str], known: Mapping[str, str]
) -> tuple[str, str] | None:
    """Compare a row with what there is."""
    if not row.source.strip():
        return "source", "the row has no id of its own"
    if row.source in known:
        return "conflict", "this row was imported before and said something else"
    if len(said) > 1:
        return "conflict", "two rows of this id say different things"
    if account is None:
        return "account", "there is no such account"
    if account.lot(lot_id(row)) is not None:
        return "conflict", "the account has a lot of this id that no import made"
    return None


def _bad_value(row: OpeningRow, begins: datetime) -> tuple[str, str] | None:
    """Look at a row by itself."""
    points = whole(row.points)
    if points is None or points < 0:
        return "points", "points are a whole number, not below 0"
    if points > MOST_POINTS:
        return "points", f"points are at most {MOST_POINTS}"
    if row.activates_at is not None and not row.pending:
        return "pending", "only pending points have a moment from which they can be spent"
    if row.awarded_at is not None and row.awarded_at > begins:
        return "awarded", "the points were awarded after the cut-over"
    if row.expires_at is not None and row.expires_at <= max(begins, row.activates_at or begins):
        return "lapsed", "the points lapsed before the cut-over, or before they could be spent"
    return None


def lot_id(row: OpeningRow) -> str:
    """Name the lot of a row; also what its points are awarded for."""
    return f"{_KIND}{row.source}"


def _written(
    account: Account,
    rows: Iterable[OpeningRow],
    begins: datetime,
    expiry: Expiry,
    idle: Expiry | None,
    *,
    key: str,
    now: datetime,
) -> Accepted:
    """Write the rows of one account, one entry each."""
    draft = Draft(account, key, now)
    settle(draft)
    opened = 0
    for row in sorted(rows, key=lambda row: row.source):
        lot = _lot(row, begins, expiry, idle)
        reason = f"{_WORD}{row.fingerprint}"
        draft.write(Verb.OPEN, issued=[lot], effective_at=begins, reference=lot.source, reason=reason)
        repay(draft, lot.id, effective_at=begins)
        opened += lot.points
    settle(draft)
    return accepted(draft, opened)


def _lot(row: OpeningRow, begins: datetime, expiry: Expiry, idle: Expiry | None) -> Lot:
    """Give the lot of a row, as it is at the cut-over."""
    awarded, points = row.awarded_at or begins, whole(row.points) or 0
    # An expiry of ours counts from the cut-over: points that never lapsed there do not lapse here at once.
    ours = row.expires_at is None and expiry.after(begins) is not None
    begun = begins if ours else awarded
    lot = Lot(
        id=lot_id(row),
        source=lot_id(row),
        awarded_at=awarded,
        activates_at=row.activates_at if row.pending else begun,
        expiry=expiry,
        limit_at=row.expires_at,
        idle=idle,
        pending=points if row.pending else 0,
        available=0 if row.pending else points,
    )
    if lot.activates_at is None:
        return lot
    return attrs.evolve(lot, expires_at=lot.ends(lot.activates_at, max(lot.activates_at, begins)))
