"""Shopify exports read to their end: orders and lines apart, and an account of every record."""

from __future__ import annotations

import csv
import functools
import io
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

import attrs
import pytest

from retailcrm.adapters.sources import opening
from retailcrm.adapters.sources.csv.table import TextTable
from retailcrm.adapters.sources.shopify import Shopify
from retailcrm.domain.problems import Problem, Severity
from retailcrm.ports.batches import Grain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

SETTINGS: Final = {"zone": "America/New_York", "currency": "USD", "region": "US"}

COLUMNS: Final = (
    *("Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at", "Currency"),
    *("Total", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku"),
    *("Notes", "Cancelled at", "Refunded Amount", "Id", "Source", "Lineitem discount", "Phone"),
)


@attrs.frozen(kw_only=True)
class Read:
    """What one export gave.

    Attributes:
        orders: Each order by column name, with its record number under ``"record"``.
        lines: Each line likewise.
        people: Each customer likewise.
        problems: Rejections and warnings.
        accepted: Records that were counted as taken.
        blank: Records without content.
        reason: What the file was recognised by.
    """

    orders: list[dict[str, Any]]
    lines: list[dict[str, Any]]
    people: list[dict[str, Any]]
    problems: list[Problem]
    accepted: int
    blank: int
    reason: str

    @property
    def rejected(self) -> dict[int, set[str]]:
        """Codes of the rejections by record number."""
        codes: dict[int, set[str]] = {}
        for problem in self.problems:
            if problem.severity is Severity.REJECTED:
                assert problem.record is not None
                codes.setdefault(problem.record, set()).add(problem.code)
        return codes

    @property
    def warnings(self) -> dict[int | None, set[str]]:
        """Codes of the warnings by record number."""
        codes: dict[int | None, set[str]] = {}
        for problem in self.problems:
            if problem.severity is Severity.WARNING:
                codes.setdefault(problem.record, set()).add(problem.code)
        return codes

    def accounts_for(self, records: int) -> bool:
        """Say whether every record was taken, rejected or blank, and no two of these."""
        taken = {row["record"] for row in (*self.orders, *self.lines, *self.people)}
        assert len(taken) == self.accepted
        assert not taken & self.rejected.keys()
        return self.accepted + len(self.rejected) + self.blank == records


def sheet(rows: Iterable[Mapping[str, str]], columns: Iterable[str] = COLUMNS) -> bytes:
    """Write rows as a CSV."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(columns), restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def an_order(name: str = "#1001", **changes: str) -> dict[str, str]:
    """Give the first row of an order; further columns by words joined with ``_``."""
    row = {
        "Name": name,
        "Email": "ann@example.com",
        "Financial Status": "paid",
        "Paid at": "2025-11-06 15:24:16 -0500",
        "Fulfillment Status": "unfulfilled",
        "Currency": "USD",
        "Total": "30.00",
        "Created at": "2025-11-06 15:24:10 -0500",
        "Refunded Amount": "0.00",
        "Id": "'72104483" + name.removeprefix("#").rjust(5, "0"),
        "Source": "web",
        **a_line(name),
    }
    return row | {word.replace("_", " "): text for word, text in changes.items()}


def a_line(name: str = "#1001", **changes: str) -> dict[str, str]:
    """Give a later row of an order."""
    row = {
        "Name": name,
        "Email": "ann@example.com",
        "Lineitem quantity": "1",
        "Lineitem name": "Tea",
        "Lineitem price": "10.00",
        "Lineitem sku": "T-1",
        "Lineitem discount": "0.00",
    }
    return row | {word.replace("_", " "): text for word, text in changes.items()}


@pytest.fixture
def read(take: Callable[..., Any]) -> Callable[..., Read]:
    """Give the reader of one export of the given bytes; ``block`` cuts it into blocks of so many bytes."""

    def reader(data: bytes, *, block: int | None = None, **settings: Any) -> Read:
        small = functools.partial(TextTable, block_bytes=block) if block else TextTable
        with mock.patch.object(opening, "TextTable", small):
            taken = take(data, Shopify(), **{**SETTINGS, **settings})
        rows: dict[Grain, list[dict[str, Any]]] = {grain: [] for grain in Grain}
        at = 0
        for batch in taken.batches:
            values = taken.rows[at : at + len(batch)]
            records = batch.records.tolist()
            rows[batch.grain] += [{**row, "record": r} for row, r in zip(values, records, strict=True)]
            at += len(batch)
        return Read(
            orders=rows[Grain.ORDERS],
            lines=rows[Grain.LINES],
            people=rows[Grain.CUSTOMERS],
            problems=taken.problems,
            accepted=sum(len(batch) - batch.again for batch in taken.batches),
            blank=taken.blank,
            reason=taken.match.reason,
        )

    return reader


@pytest.fixture
def forms() -> Any:
    """Give the makers of rows and files."""
    return Forms


class Forms:
    """Makers of rows and files."""

    sheet = staticmethod(sheet)
    order = staticmethod(an_order)
    line = staticmethod(a_line)
    columns = COLUMNS
