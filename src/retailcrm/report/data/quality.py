"""What the figures rest on."""

from __future__ import annotations

from enum import StrEnum

import attrs

from retailcrm.domain.labels import Label
from retailcrm.report.data.words import COUNT, MINOR, both


@attrs.frozen(kw_only=True)
class FileRow:
    """One file that was read.

    Attributes:
        name: Its name as the user gave it.
        source: The format it was read as.
        accepted: Records taken.
        rejected: Records left out, each with a reason.
        blank: Blank records.
        money_rule: How the paid amount was found in this file; empty if there was no choice.
    """

    name: str
    source: Label = attrs.field(converter=both)
    accepted: int = attrs.field(validator=COUNT)
    rejected: int = attrs.field(validator=COUNT)
    blank: int = attrs.field(validator=COUNT)
    money_rule: Label = attrs.field(default=Label(zh="", en=""), converter=both)


@attrs.frozen(kw_only=True)
class ProblemRow:
    """How often one kind of problem occurred.

    Attributes:
        code: The problem's stable word.
        count: Occurrences.
        example: One of them as a sentence, with file and line.
    """

    code: str
    count: int = attrs.field(validator=COUNT)
    example: str


class Strength(StrEnum):
    """How surely an order's buyer is known."""

    STABLE = "stable"
    """A key that stays with one person."""

    WEAK = "weak"
    """A key that two people may share."""

    NONE = "none"
    """Masked or missing: counted in shop totals, never as a customer."""


@attrs.frozen(kw_only=True)
class CoverageRow:
    """Orders and money at one identity strength.

    Attributes:
        strength: How surely the buyer is known.
        orders: Counted orders.
        net: Their net, minor units.
    """

    strength: Strength = attrs.field(converter=Strength)
    orders: int = attrs.field(validator=COUNT)
    net: int = attrs.field(validator=MINOR)


@attrs.frozen(kw_only=True)
class FieldRow:
    """How often one field of a customer is known.

    Attributes:
        key: The field: ``name``, ``phone``, ``email``, ``gender``, ``birthday`` ...
        label: Its name.
        known: People whose field is known and not masked.
        masked: People of whom only a masked value is known.
        people: All known people.
        newest: Day of the newest export that told it, ISO; ``None`` if none did.
    """

    key: str
    label: Label = attrs.field(converter=both)
    known: int = attrs.field(validator=COUNT)
    masked: int = attrs.field(validator=COUNT)
    people: int = attrs.field(validator=COUNT)
    newest: str | None


@attrs.frozen(kw_only=True)
class FreshnessRow:
    """Until when one kind of record reaches.

    Attributes:
        key: ``orders``, ``lines``, ``refunds``, ``customers``, ``products``, ``reviews``, ``parcels``.
        label: Its name.
        records: How many there are.
        newest_record: Moment of the newest record's own time, ISO date; ``None`` if it has none.
        newest_export: Day of the newest file, ISO.
        days_old: Whole days from the newest record (else the newest export) to the report's date.
    """

    key: str
    label: Label = attrs.field(converter=both)
    records: int = attrs.field(validator=COUNT)
    newest_record: str | None
    newest_export: str
    days_old: int | None


@attrs.frozen(kw_only=True)
class Quality:
    """What the figures rest on.

    Attributes:
        files: The files read, in order.
        problems: Problems by code, most frequent first.
        coverage: Orders and money by identity strength.
        notes: What a reader must know, such as that activity is judged by orders only.
        completeness: How often each field of a customer is known; empty without member lists.
        freshness: Until when each kind of record reaches.
        stray_refunds: Refunds whose order no file has.
    """

    files: tuple[FileRow, ...] = ()
    problems: tuple[ProblemRow, ...] = ()
    coverage: tuple[CoverageRow, ...] = ()
    notes: tuple[Label, ...] = ()
    completeness: tuple[FieldRow, ...] = ()
    freshness: tuple[FreshnessRow, ...] = ()
    stray_refunds: int = attrs.field(default=0, validator=COUNT)
