"""The merges of a shop: who was taken for whom, and the file that keeps it between runs."""

from __future__ import annotations

import csv
import io
import re
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from retailcrm.domain.identity import Aliases, CustomerId, Evidence, EvidenceKind, Merged, Unmerged
from retailcrm.errors import ImportRefusedError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

Found = TypeVar("Found")

COLUMNS: Final = ("merge", "keep", "gone", "evidence", "note", "by", "at")
"""Columns of a file of merges; further ones are for the eye, and are passed over."""

YES: Final = frozenset({"yes", "y", "true", "1", "x", "是", "合并"})
NO: Final = frozenset({"", "no", "n", "false", "0", "否", "不合并"})

EVIDENCE_TEXTS: Final[Mapping[EvidenceKind, str]] = {
    EvidenceKind.SHARED_IDENTITY: "same e-mail 邮箱相同",
    EvidenceKind.SAME_PHONE_AND_NAME: "same phone and name 电话与姓名相同",
    EvidenceKind.STATED: "stated 人工确认",
}
"""What each kind of evidence is called in a file and in print; the values themselves stay out."""

_FORMULA: Final = re.compile(r"[ \t\r\n]*[=+\-@＝＋－＠\t\r\n\0]")


@attrs.frozen(eq=False)
class Decided:
    """What a log of decisions means.

    Attributes:
        aliases: Which id stands for whom.
        present: The present id of every id that was merged away; of every log a mapping of its own, so that
            readers see by its identity that it is new.
        concerned: Every id that a decision ever named, with a platform before it and without.
        parted: By present id those, sorted, whom a customer was taken for once, and is not any more.
    """

    aliases: Aliases = attrs.field(factory=Aliases)
    present: Mapping[str, str] = attrs.field(factory=dict)
    concerned: frozenset[str] = frozenset()
    parted: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)

    @classmethod
    def of(cls, aliases: Aliases) -> Decided:
        """Look through a log."""
        ids = {i for e in aliases.log if isinstance(e, Merged) for i in (e.keep, e.gone)}
        present = {str(i): str(now) for i in sorted(ids) if (now := aliases.resolve(i)) != i}
        plain = {i.split(":", 2)[-1] for i in ids if i.count(":") > 1}
        return cls(aliases, present, frozenset({*ids, *plain}), _parted(aliases, present))


def _parted(aliases: Aliases, present: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    undone = {entry.merge_id for entry in aliases.log if isinstance(entry, Unmerged)}
    found: dict[str, set[str]] = {}
    for entry in aliases.log:
        if isinstance(entry, Merged) and entry.merge_id in undone:
            sides = {present.get(side, str(side)) for side in (entry.keep, entry.gone)}
            for side in sides:
                found.setdefault(side, set()).update(sides - {side})
    return {side: tuple(sorted(others)) for side, others in found.items()}


@attrs.define(eq=False)
class Merges:
    """The decisions of a shop, and what they mean today."""

    _decided: Decided = attrs.field(factory=Decided, init=False)

    @property
    def decided(self) -> Decided:
        """What the log means now: for whoever asks it several things that are to fit together."""
        return self._now()

    @property
    def aliases(self) -> Aliases:
        """Which id stands for whom."""
        return self._now().aliases

    @property
    def log(self) -> tuple[Merged | Unmerged, ...]:
        """Every decision, those taken back and the taking back included."""
        return self.aliases.log

    def present(self) -> Mapping[str, str]:
        """Give the present id of every customer id that was merged away."""
        return self._now().present

    def concerns(self, customer: str) -> bool:
        """Tell whether anybody was ever taken for a customer, or she for anybody."""
        return customer in self._now().concerned

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Decide, and do what follows from it, as a whole or not at all."""
        before = self._decided
        try:
            yield
        except BaseException:
            # Whatever came of what follows, Ctrl-C too: a decision without it would be half of one.
            self._decided = before
            raise

    def anew(self, act: Callable[[], Found]) -> Found:
        """Do something in units of this, and all of it anew where others were first."""
        return act()

    def parted(self, customer: str) -> tuple[str, ...]:
        """Give the present ids of those whom a customer was taken for once, and is not any more."""
        return self._now().parted.get(customer, ())

    def counting(self) -> tuple[Merged, ...]:
        """Give the merges that were not taken back, in the order they were decided."""
        log = self.log
        back = {entry.merge_id for entry in log if isinstance(entry, Unmerged)}
        return tuple(e for e in log if isinstance(e, Merged) and e.merge_id not in back)

    def merge(self, keep: str, gone: str, *, evidence: Iterable[Evidence], actor: str, at: datetime) -> str:
        """Decide that two ids are one person; see :meth:`retailcrm.domain.identity.Aliases.merge`.

        Returns:
            The id of the merge.
        """
        self._take(
            self.aliases.merge(CustomerId(keep), CustomerId(gone), evidence=evidence, actor=actor, at=at)
        )
        entry = self.log[-1]
        return entry.merge_id

    def undo(self, merge_id: str, *, actor: str, at: datetime) -> None:
        """Take a merge back, as if it had never been.

        Raises:
            NotFoundError: No such merge counts today.
        """
        self._take(self.aliases.unmerge(merge_id, actor=actor, at=at))

    def adopt(self, decisions: Iterable[Decision], *, at: datetime) -> tuple[str, ...]:
        """Take decisions over, such as those of a file; pairs that are one already are passed over.

        Args:
            decisions: In the order they were taken; each with evidence.
            at: When, of those that do not say.

        Returns:
            The ids of the merges that are new.
        """
        parent: dict[str, str] = dict(self.present())
        number = sum(isinstance(entry, Merged) for entry in self.log)
        new: list[Merged] = []
        for told in decisions:
            keep, gone = _root(parent, told.keep), _root(parent, told.gone)
            if keep == gone:
                continue
            parent[gone] = keep
            new.append(
                Merged(
                    merge_id=f"merge-{number + len(new) + 1}",
                    keep=CustomerId(told.keep),
                    gone=CustomerId(told.gone),
                    evidence=told.evidence,
                    actor=told.by,
                    at=told.at or at,
                )
            )
        self._take(Aliases((*self.log, *new)))
        return tuple(entry.merge_id for entry in new)

    def _now(self) -> Decided:
        return self._decided

    def _take(self, aliases: Aliases) -> None:
        self._decided = Decided.of(aliases)


def _root(parent: dict[str, str], customer: str) -> str:
    while (above := parent.get(customer, customer)) != customer:
        parent[customer] = customer = parent.get(above, above)
    return customer


@attrs.frozen(kw_only=True)
class Decision:
    """One row of a file of merges that says yes.

    Attributes:
        keep: The id that stays.
        gone: The id that goes into it.
        evidence: Why; empty if the row does not say.
        by: Who decided.
        at: When, ``None`` if the row does not say.
        line: Where it stands, from 1.
    """

    keep: str
    gone: str
    evidence: tuple[Evidence, ...]
    by: str
    at: datetime | None
    line: int


def merge_row(merged: Merged) -> dict[str, str]:
    """Give a merge as a row of a file."""
    kinds = dict.fromkeys(
        EVIDENCE_TEXTS[e.kind] for e in merged.evidence if e.kind is not EvidenceKind.STATED
    )
    notes = dict.fromkeys(e.note for e in merged.evidence if e.kind is EvidenceKind.STATED)
    return {
        "merge": "yes",
        "keep": merged.keep,
        "gone": merged.gone,
        "evidence": "; ".join(kinds),
        "note": "; ".join(notes),
        "by": merged.actor,
        "at": merged.at.isoformat(),
    }


def write_rows(path: Path, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows to a CSV file that spreadsheet programs read as Chinese, and never as a formula."""
    names = list(columns)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([_safe(row[name]) for name in names] for row in rows)


def read_decisions(path: Path) -> Iterator[Decision]:
    """Read the rows of a file of merges that say yes.

    Args:
        path: A CSV file with the columns ``keep`` and ``gone``; of :data:`COLUMNS` the others may be left
            out. Without ``merge`` every row counts.

    Raises:
        ImportRefusedError: It is no such file.
        InputError: A row says neither yes nor no, names no two ids, or merges an id away that rows above
            keep for the same person.
    """
    parent: dict[str, str] = {}
    reader = csv.DictReader(io.StringIO(_text(path), newline=""))
    lacking = [name for name in ("keep", "gone") if name not in (reader.fieldnames or ())]
    if lacking:
        raise ImportRefusedError(
            f"{path}: not a file of merges, it has no column {' and no column '.join(lacking)}; "
            "'retailcrm duplicates' writes one",
            code="unrecognised",
        )
    for plain in reader:
        row = {name: _unsafe((plain.get(name) or "").strip()) for name in COLUMNS}
        if "merge" in (reader.fieldnames or ()) and not _says_yes(row["merge"], path, reader.line_num):
            continue
        told = _decision(row, path, reader.line_num)
        _check_direction(parent, told, path)
        yield told


def _check_direction(parent: dict[str, str], told: Decision, path: Path) -> None:
    """Refuse a row that closes a circle: of a and b, one row keeps the one and another the other."""
    keep, gone = _root(parent, told.keep), _root(parent, told.gone)
    if keep == gone == told.gone:
        raise InputError(
            f"{path}, line {told.line}: the merges go round in a circle, so that nobody would be kept: rows "
            "above merge the id in column keep into the one in column gone; leave one of these rows out"
            if told.keep != told.gone
            else f"{path}, line {told.line}: the columns keep and gone name the same id"
        )
    parent[gone] = keep


def _text(path: Path) -> str:
    """Read a text as spreadsheet programs save it: UTF-8, or GB18030 in China."""
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ImportRefusedError(f"{path}: neither UTF-8 nor GB18030 text; save it as CSV", code="encoding")


def _says_yes(said: str, path: Path, line: int) -> bool:
    word = said.casefold()
    if word not in YES | NO:
        raise InputError(f"{path}, line {line}, column merge: {said!r} is neither yes nor no")
    return word in YES


def _decision(row: Mapping[str, str], path: Path, line: int) -> Decision:
    if not row["keep"] or not row["gone"]:
        raise InputError(f"{path}, line {line}: a merge names two ids, in the columns keep and gone")
    try:
        at = datetime.fromisoformat(row["at"]) if row["at"] else None
    except ValueError:
        at = None
    if row["at"] and (at is None or at.tzinfo is None):
        raise InputError(f"{path}, line {line}, column at: not an instant with its offset")
    told = "; ".join(filter(None, (row["evidence"], row["note"])))
    return Decision(
        keep=row["keep"],
        gone=row["gone"],
        evidence=(Evidence.stated(told),) if told else (),
        by=row["by"] or path.name,
        at=at,
        line=line,
    )


def _safe(value: Any) -> Any:  # noqa: ANN401 - a cell
    """Put an apostrophe before text that a spreadsheet program could take for a formula."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _unsafe(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text
