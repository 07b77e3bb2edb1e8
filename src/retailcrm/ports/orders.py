"""Where imported files, the orders they fold into and decisions on who is who are kept.

Rows cross this port as Arrow tables: text as ``large_string`` (dictionaries where it repeats), moments as
whole microseconds UTC, amounts in minor units; where a row does not tell,
:data:`~retailcrm.analytics.columns.MISSING` in 64 bits and -1 in fewer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

import attrs

from retailcrm.ports.batches import Grain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime


ORDER_COLUMNS: Final[Mapping[str, str]] = {
    "platform": "coded",
    "number": "text",
    "customer": "text",
    "strength": "int8",
    "placed_at": "int64",
    "paid_at": "int64",
    "shipped_at": "int64",
    "received_at": "int64",
    "completed_at": "int64",
    "state": "int8",
    "credit": "bool",
    "gross": "int64",
    "refunded": "int64",
    "refunded_at": "int64",
    "first_seen": "int64",
    "province": "coded",
    "city": "coded",
    "channel": "coded",
    "postage": "int64",
}
"""Columns of the present orders and their kinds. ``customer`` is ``""`` where nobody knows; a moment or
postage that no file tells is missing."""

BY_WHO: Final = frozenset({Grain.CUSTOMERS, Grain.REVIEWS})
"""Grains whose rows are about a person; where they name one, their column ``who`` says which."""


@attrs.frozen(kw_only=True)
class ColumnsKept:
    """What a file has of one grain.

    Attributes:
        rows: How many.
        columns: Kind of each column in their order: ``text``, ``coded`` (text that repeats), ``int64``,
            ``int32``, ``int8`` or ``bool``. A column that is not here is one that the file lacks.
        digest: Over all values; a changed value changes it.
    """

    rows: int
    columns: Mapping[str, str]
    digest: str


@attrs.frozen(kw_only=True)
class FileKept:
    """A row of the import journal.

    Attributes:
        file: Its number in the shop, from 1 in the order of import.
        digest: Of its rows as they were read; unique in the shop.
        name: As the user gave it.
        source: What read it.
        platform: Where its order numbers are known.
        exported_at: Moment of the export; aware, UTC.
        imported_at: When it was taken; aware, UTC.
        buyers_only: It only joins order numbers to buyers.
        account: What became of its records, as a document; empty where it was not asked for.
        told: What the file as a whole tells beside its rows, as a document.
        grains: What it has of each grain.
    """

    file: int
    digest: str
    name: str
    source: str
    platform: str
    exported_at: datetime
    imported_at: datetime
    buyers_only: bool
    account: str
    told: str
    grains: Mapping[Grain, ColumnsKept]


class OrderBook(Protocol):
    """One shop's imported files, their orders, and its decisions on who is who.

    A file and what follows from it are written in one unit of the store.
    """

    def begin(self, currency: str, zone: str, now: datetime) -> tuple[str, str]:
        """Give the shop's currency and zone; a shop that is not there yet begins with these.

        Args:
            currency: ISO 4217 code.
            zone: IANA zone.
            now: When it begins; aware.
        """

    def unit(self, rows: int = 0) -> AbstractContextManager[object]:
        """Open the store's unit of work; one inside another joins it.

        Args:
            rows: How many will be written, if that is known: a store may want room for very many.
        """

    def snapshot(self) -> AbstractContextManager[object]:
        """See one moment in all that is read until it ends; nothing can be written in it."""

    @property
    def in_unit(self) -> bool:
        """Whether this thread is inside a unit, so that only whoever opened it can begin anew."""

    def lock(self) -> None:
        """Inside a unit: keep all others from importing and merging until it ends.

        Whoever waited may see what was there before; what she then writes on it is refused.

        Raises:
            ConflictError: Others were first; once more will do.
        """

    def last_file(self) -> tuple[int, str]:
        """Give number and digest of the newest file; ``(0, "")`` if there is none."""

    def files(self, after: int = 0) -> list[FileKept]:
        """Give the journal in order of import, without accounts.

        Args:
            after: Give those with greater numbers.
        """

    def accounts(self) -> list[str]:
        """Give what became of each file's records, in order of import."""

    def has(self, digest: str) -> bool:
        """Say whether a file is there."""

    def add(self, file: FileKept, tables: Mapping[Grain, Any]) -> None:
        """Keep a file and its rows.

        Args:
            file: Its row of the journal.
            tables: Arrow table of each grain, with the columns that the file has, and ``record``.
        """

    def rows(self, file: FileKept, grain: Grain) -> Any:  # noqa: ANN401 - an Arrow table
        """Give a file's rows of one grain, as they were added."""

    def pieces(self, file: FileKept, grain: Grain) -> Iterator[Any]:
        """Give the same rows some at a time."""

    def rows_with(
        self,
        grain: Grain,
        columns: Collection[str],
        numbers: Any,  # noqa: ANN401 - Arrow texts
        of: str = "number",
    ) -> dict[int, Any]:
        """Give the rows of all files with any of many order numbers, by file, in their order there.

        Args:
            grain: Which.
            columns: Names of the columns to give, ``place`` among them if it is asked for; texts that repeat
                come as others do.
            numbers: Arrow texts, each once.
            of: The column that they are looked for in: ``number``, or ``who`` of :data:`BY_WHO`.
        """

    def told(self, grain: Grain, column: str, of: str, values: Any) -> Any:  # noqa: ANN401 - Arrow texts
        """Give a column of text of the rows of all files whose other column is one of many; each text once.

        Args:
            grain: Which.
            column: What is asked for.
            of: ``number`` or ``line``.
            values: Arrow texts, each once.
        """

    def has_orders(self) -> bool:
        """Say whether there are any orders."""

    def orders(self) -> Any:  # noqa: ANN401 - an Arrow table
        """Give all present orders; columns are those of :data:`ORDER_COLUMNS`."""

    def orders_numbered(self, numbers: Any) -> Any:  # noqa: ANN401 - Arrow texts
        """Give the present orders with any of these numbers, on any platform."""

    def orders_of(self, customers: Sequence[str]) -> Any:  # noqa: ANN401 - an Arrow table
        """Give the present orders of customers, by when they were placed; ids are those before merges."""

    def write_orders(self, orders: Any, gone: Any) -> None:  # noqa: ANN401 - Arrow tables
        """Write orders over what was there.

        Args:
            orders: Those that are new or changed.
            gone: Platform and number of those that are not there any more.
        """

    def customers(self) -> Iterator[str]:
        """Give the ids of everybody with orders, sorted; before merges."""

    def note_observed(self, exported_at: datetime) -> None:
        """Note with the shop how far its files know."""

    def last_decision(self) -> tuple[int, str]:
        """Give position and proof of the newest decision; ``(0, "")`` if there is none."""

    def decisions(self, after: int = 0) -> list[str]:
        """Give the documents of decisions in their order.

        Args:
            after: Give those at greater positions.
        """

    def decide(self, documents: Sequence[str], after: int) -> None:
        """Add decisions.

        Args:
            documents: In their order.
            after: Position of the last one that the caller knows.

        Raises:
            DuplicateRowError: Others have decided meanwhile.
        """
