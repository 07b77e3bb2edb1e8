"""Reconciling opening balances: what the other system states, what its rows say, and what was opened."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Final, Literal

import attrs

from retailcrm.domain.labels import Label
from retailcrm.domain.periods import local_date
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.lots import MICROSECOND
from retailcrm.domain.points.opening import fingerprint_of, lot_id, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from retailcrm.domain.points.entries import Entry
    from retailcrm.domain.points.opening import OpeningRow

UNDATED: Final = "undated"
"""The bucket of points whose row gives no expiry."""

COLUMNS: Final = (
    Label("项目", "figure"),
    Label("对方系统", "stated"),
    Label("文件行", "read"),
    Label("未导入", "left out"),
    Label("已开立", "opened"),
)
"""Of the table of a reconciliation."""

_ROWS: Final = Label("行数", "rows")
_ACCOUNTS: Final = Label("账户数", "accounts")
_POINTS: Final = Label("积分合计", "points")
_PENDING: Final = Label("其中待生效", "of these pending")
_MONTH: Final = Label("{} 最后可用", "last usable in {}")
_NONE: Final = Label("无到期日", "without an expiry")
_DIFFERING: Final = Label("内容不同的行", "rows opened differently")
_ACCOUNT: Final = Label("账户 {}", "account {}")
_AGREES: Final = Label("一致", "agrees")
_DIFFERS: Final = Label("不一致", "does not agree")
_EXPLAINED: Final = Label(
    "不一致，差额全部为未导入的行", "does not agree; the rows that were left out are the whole difference"
)


@attrs.frozen(kw_only=True)
class Stated:
    """Totals that the other system states itself; ``None``: it does not.

    Attributes:
        accounts: Accounts with points.
        points: Points in all.
        pending: Of these, not yet to be spent.
        by_month: Points by the local month of the last moment at which they can be spent, ``"2025-12"``, and
            :data:`UNDATED`; months that are missing hold none.
        by_account: Points of each account, by our ids; accounts that are missing hold none.
    """

    accounts: int | None = None
    points: int | None = None
    pending: int | None = None
    by_month: Mapping[str, int] | None = None
    by_account: Mapping[str, int] | None = None


@attrs.frozen(kw_only=True)
class Figure:
    """One line of a reconciliation.

    Attributes:
        label: What it counts.
        stated: What the other system states; ``None``: nothing.
        read: What the rows come to.
        left_out: Of this, rows that were not opened.
        opened: What was opened.
    """

    label: Label
    stated: int | None
    read: int
    left_out: int
    opened: int

    @property
    def agrees(self) -> bool:
        """Whether all that is known is the same."""
        return self.opened == self.read and self.stated in (None, self.read)

    @property
    def explained(self) -> bool:
        """Whether rows that were left out are the whole difference."""
        return self.opened + self.left_out == self.read and self.stated in (None, self.read)

    @property
    def off(self) -> int:
        """The greatest difference between two of its numbers."""
        known = [self.read, self.opened] + ([] if self.stated is None else [self.stated])
        return max(known) - min(known)


@attrs.frozen(kw_only=True)
class Reconciliation:
    """Whether what was opened is what the other system kept.

    Attributes:
        figures: Rows, accounts, points, pending points, points by month of expiry.
        differing: Rows that were opened otherwise than they say, or that no row tells of.
        worst: The accounts that differ most, greatest difference first.
        accounts_off: How many accounts differ.
        explained: Whether the rows that were left out are the whole difference.
    """

    figures: tuple[Figure, ...]
    differing: int
    worst: tuple[Figure, ...]
    accounts_off: int
    explained: bool

    @property
    def agrees(self) -> bool:
        """Whether everything is the same, row by row and in every total that is stated."""
        return not self.differing and not self.accounts_off and all(one.agrees for one in self.figures)


@attrs.define
class _Sums:
    """Totals while they are added up."""

    rows: int = 0
    pending: int = 0
    by_month: Counter[str] = attrs.field(factory=Counter)
    by_account: Counter[str] = attrs.field(factory=Counter)

    def add(self, account: str, told: object, month: str, *, pending: bool) -> None:
        """Add one row or lot."""
        points = whole(told) or 0
        self.rows += 1
        self.pending += points if pending else 0
        self.by_month[month] += points
        self.by_account[account] += points

    @property
    def accounts(self) -> int:
        """Accounts with points."""
        return sum(points != 0 for points in self.by_account.values())

    @property
    def points(self) -> int:
        """Points in all."""
        return sum(self.by_account.values())


def reconcile(
    rows: Iterable[OpeningRow], entries: Iterable[Entry], stated: Stated, *, zone: str, worst: int = 10
) -> Reconciliation:
    """Compare what another system kept with what was opened.

    Args:
        rows: As they were read, those that were left out too; one that stands there twice is one.
        entries: The journals; only opening balances count, as they were opened, whatever was spent since.
        stated: What the other system states.
        zone: IANA zone of the months.
        worst: How many accounts to list at most.

    Returns:
        The figures side by side. Totals would hide two changes that cancel, so the rows are compared with
        the opened lots one by one as well: every change of one row or one lot shows. Points of a row that
        are no whole number count as 0.

    Example:
        >>> from retailcrm.domain.points.opening import OpeningRow
        >>> rows = [OpeningRow(source="1", account="ann", points=300)]
        >>> found = reconcile(rows, [], Stated(points=300), zone="UTC")
        >>> found.agrees, found.explained
        (False, True)
    """
    once = {(row.source, row.fingerprint): row for row in rows}.values()
    opening = {(entry.account, entry.reference): entry for entry in entries if entry.verb is Verb.OPEN}
    read, left, opened = _Sums(), _Sums(), _Sums()
    differing = set(opening)
    for row in once:
        place = (row.account, lot_id(row))
        entry = opening.get(place)
        read.add(row.account, row.points, _month(row.expires_at, zone), pending=row.pending)
        if entry is not None and _same(row, entry):
            differing.discard(place)
        elif whole(row.points) == 0:
            opened.rows += 1
        elif entry is None:
            left.add(row.account, row.points, _month(row.expires_at, zone), pending=row.pending)
    for entry in opening.values():
        for lot in entry.lots:
            opened.add(entry.account, lot.points, _month(lot.limit_at, zone), pending=bool(lot.pending))
    off = _accounts(read, left, opened, stated.by_account)
    figures = (*_totals(read, left, opened, stated), *_months(read, left, opened, stated.by_month))
    return Reconciliation(
        figures=figures,
        differing=len(differing),
        worst=tuple(off[:worst]),
        accounts_off=len(off),
        explained=not differing and all(one.explained for one in (*figures, *off)),
    )


def _same(row: OpeningRow, entry: Entry) -> bool:
    """Tell whether an opened lot is what its row says."""
    lot = entry.lots[0] if len(entry.lots) == 1 else None
    return lot is not None and (
        (row.account, whole(row.points), row.expires_at, row.pending, lot_id(row))
        == (entry.account, lot.points, lot.limit_at, bool(lot.pending), lot.id)
        and (row.awarded_at or lot.awarded_at) == lot.awarded_at
        and (not row.pending or row.activates_at == lot.activates_at)
        and fingerprint_of(entry) == row.fingerprint
    )


def _month(end: datetime | None, zone: str) -> str:
    """Name the month of the last moment before an end."""
    return UNDATED if end is None else f"{local_date(end - MICROSECOND, zone):%Y-%m}"


def _totals(read: _Sums, left: _Sums, opened: _Sums, stated: Stated) -> tuple[Figure, ...]:
    only_left = sum(
        bool(points) and left.by_account[name] == points for name, points in read.by_account.items()
    )
    lines = (
        (_ROWS, None, read.rows, left.rows, opened.rows),
        (_ACCOUNTS, stated.accounts, read.accounts, only_left, opened.accounts),
        (_POINTS, stated.points, read.points, left.points, opened.points),
        (_PENDING, stated.pending, read.pending, left.pending, opened.pending),
    )
    return tuple(
        Figure(label=label, stated=told, read=there, left_out=out, opened=here)
        for label, told, there, out, here in lines
    )


def _months(read: _Sums, left: _Sums, opened: _Sums, stated: Mapping[str, int] | None) -> tuple[Figure, ...]:
    sums = (read.by_month, left.by_month, opened.by_month)
    months = sorted({*read.by_month, *opened.by_month, *(stated or ())})
    return tuple(_figure(_expiry(month), month, *sums, stated) for month in months)


def _expiry(month: str) -> Label:
    return _NONE if month == UNDATED else Label(*(text.format(month) for text in _MONTH))


def _accounts(read: _Sums, left: _Sums, opened: _Sums, stated: Mapping[str, int] | None) -> list[Figure]:
    """Give the accounts that differ, greatest difference first."""
    sums = (read.by_account, left.by_account, opened.by_account)
    names = sorted({*read.by_account, *opened.by_account, *(stated or ())})
    figures = [
        _figure(Label(*(text.format(name) for text in _ACCOUNT)), name, *sums, stated) for name in names
    ]
    return sorted((one for one in figures if not one.agrees), key=lambda one: -one.off)


def _figure(
    label: Label,
    name: str,
    read: Counter[str],
    left: Counter[str],
    opened: Counter[str],
    stated: Mapping[str, int] | None,
) -> Figure:
    told = None if stated is None else stated.get(name, 0)
    return Figure(label=label, stated=told, read=read[name], left_out=left[name], opened=opened[name])


def table(found: Reconciliation, lang: Literal["zh", "en"]) -> str:
    """Write a reconciliation as text, a line a figure, for people and for the file of the import.

    Args:
        found: What was compared.
        lang: Which language.

    Returns:
        Lines with columns of equal width; the last one says whether it agrees.
    """
    figures, worst = (
        [(one.label, (one.stated, one.read, one.left_out, one.opened)) for one in several]
        for several in (found.figures, found.worst)
    )
    lines = [[getattr(title, lang) for title in COLUMNS]]
    for label, numbers in [*figures, (_DIFFERING, (None, None, None, found.differing)), *worst]:
        cells = ["-" if number is None else f"{number:,}" for number in numbers]
        lines.append([getattr(label, lang), *cells])
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    texts = [
        "  ".join(
            [first + " " * (widths[0] - _width(first))]
            + [" " * (width - _width(cell)) + cell for cell, width in zip(rest, widths[1:], strict=True)]
        )
        for first, *rest in lines
    ]
    verdict = _AGREES if found.agrees else _EXPLAINED if found.explained else _DIFFERS
    return "\n".join([*texts, getattr(verdict, lang)])


def _width(text: str) -> int:
    """Give the columns that a text takes on a screen: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
