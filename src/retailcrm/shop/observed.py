"""What one imported file told: its rows as Arrow tables, and the account of its records."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import MISSING, Coded, Texts
from retailcrm.domain.problems import Problem
from retailcrm.errors import CurrencyMismatchError
from retailcrm.ports.batches import COLUMNS, Batch, BuyerKey, Grain
from retailcrm.shop.money_rule import MoneyRule, detect, joined
from retailcrm.shop.problem_tally import ProblemTally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from numpy.typing import NDArray

OWN_TIMES: Final[Mapping[Grain, tuple[str, ...]]] = {
    Grain.ORDERS: ("placed_at", "paid_at"),
    Grain.LINES: ("placed_at", "paid_at"),
    Grain.REFUNDS: ("settled_at", "asked_at"),
    Grain.CUSTOMERS: ("joined_at",),
    Grain.PRODUCTS: ("on_shelf_since",),
    Grain.REVIEWS: ("at", "second_at"),
    Grain.PARCELS: tuple(name for name, kind in COLUMNS[Grain.PARCELS].items() if kind == "instant"),
}
"""Columns that tell when what a row is about happened."""


@attrs.frozen(kw_only=True)
class FileAccount:
    """The account of one file's records: accepted + rejected + blank + passed == records.

    Attributes:
        name: As the user gave it, with archive member and sheet.
        source: The source that read it.
        reason: What it was recognised by.
        exported_at: Moment of the export, from its name, else the file's own time.
        records: Data records in the file.
        accepted: Records taken.
        rejected: Records left out, each with a problem.
        blank: Records without content.
        problems: Rejections and warnings: of a file with very many the first ten thousand, the first of
            every code among them, and a last one that says how many more there are.
        problem_counts: How many there are of each code, all counted.
        money_rule: Which of the two conventions its paid column follows.
        repeated: The very same file was imported before, and nothing changed.
        passed: Records that a mapping leaves out because it asks for others only.
    """

    name: str
    source: str
    reason: str
    exported_at: datetime
    records: int
    accepted: int
    rejected: int
    blank: int
    problems: tuple[Problem, ...] = ()
    problem_counts: Mapping[str, int] = attrs.field(factory=dict)
    money_rule: MoneyRule | None = None
    repeated: bool = False
    passed: int = 0


@attrs.frozen(kw_only=True)
class GrainSeen:
    """How much of one grain a file has.

    Attributes:
        records: Rows.
        newest: Newest moment that one of them is about, microseconds UTC; ``None`` if none tells.
    """

    records: int
    newest: int | None = None

    def joined(self, other: GrainSeen) -> GrainSeen:
        """Count two together."""
        told = [moment for moment in (self.newest, other.newest) if moment is not None]
        return GrainSeen(records=self.records + other.records, newest=max(told, default=None))


@attrs.frozen(kw_only=True, eq=False)
class Observed:
    """The rows of one file.

    Attributes:
        digest: SHA-256 of the rows as they were read, and of the export moment.
        exported_at: Orders the files: newer values win.
        name: Breaks ties between files of the same moment.
        platform: Where its order numbers are known.
        tables: Arrow table of each grain that the file has.
        buyer_keys: What the buyer column of each grain holds, of those that have one.
        seen: How much of each grain the file has, also where its rows lie on disk.
        money_rule: How its amounts are meant.
        buyers_only: It only joins order numbers to buyers.
    """

    digest: str
    exported_at: datetime
    name: str
    platform: str
    tables: Mapping[Grain, pa.Table]
    buyer_keys: Mapping[Grain, BuyerKey] = attrs.field(factory=dict)
    seen: Mapping[Grain, GrainSeen] = attrs.field(factory=dict)
    money_rule: MoneyRule | None = None
    buyers_only: bool = False

    @property
    def grains(self) -> frozenset[Grain]:
        """What the file tells of."""
        return frozenset(self.seen) | frozenset(self.tables)


@attrs.frozen(eq=False)
class Collected:
    """Rows of a file that has been read, before it is decided whether they are kept.

    Attributes:
        tables: Arrow table of each grain; empty where the rows lie on disk.
        stem: What the file's parts on disk are called; ``""`` in memory.
        rows: Rows in each partition on disk.
        account: What became of the file's records, once that is known.
    """

    tables: Mapping[Grain, pa.Table]
    stem: str = ""
    rows: NDArray[np.int64] = attrs.field(factory=lambda: np.zeros(0, np.int64))
    account: FileAccount | None = None


@attrs.define(kw_only=True)
class Collector:
    """Collects what a source yields for one file."""

    currency: str
    progress: Callable[[int, int], None] | None = None
    batches: dict[Grain, list[pa.Table]] = attrs.field(factory=dict)
    problems: ProblemTally = attrs.field(factory=ProblemTally)
    accepted: int = 0
    blank: int = 0
    passed: int = 0
    buyer_keys: dict[Grain, BuyerKey] = attrs.field(factory=dict)
    seen: dict[Grain, GrainSeen] = attrs.field(factory=dict)
    _hash: Any = attrs.field(factory=hashlib.sha256, init=False)
    _rules: list[MoneyRule] = attrs.field(factory=list, init=False)

    @property
    def money_rule(self) -> MoneyRule | None:
        """Convention of the file, ``None`` where it lacks one of the three columns."""
        return joined(self._rules) if self._rules else None

    def digest(self, exported_at: datetime) -> str:
        """Give the digest of all rows taken so far: the same content of the same moment, the same digest."""
        final = self._hash.copy()
        keys = sorted(self.buyer_keys.items())
        final.update(f"{exported_at.isoformat()}|{keys}".encode())
        return str(final.hexdigest())

    def take(self, items: Iterable[Batch | Problem]) -> Iterable[tuple[Grain, pa.Table]]:
        """Account for every item; yield each batch's rows as an Arrow table."""
        for item in items:
            if isinstance(item, Problem):
                self.problems.add(item)
                continue
            if item.currency != self.currency:
                raise CurrencyMismatchError(
                    f"this file is in {item.currency}, the shop in {self.currency}; a shop has one currency: "
                    f'write the two lines [shop] and currency = "{item.currency}" into the policy, or call '
                    f'open_shop(currency="{item.currency}"); on the command line --currency {item.currency}'
                )
            self.accepted += len(item) - item.again
            self.blank += item.blank
            self.passed += item.passed
            self._note(item)
            if self.progress:
                self.progress(0, len(item) - item.again)
            _feed(self._hash, item)
            if item.grain is Grain.ORDERS and {"total", "paid", "refunded"} <= item.columns.keys():
                columns: Any = item.columns
                self._rules.append(detect(columns["total"], columns["paid"], columns["refunded"]))
            yield item.grain, _table(item)

    def _note(self, batch: Batch) -> None:
        """Note what the batch's buyers are, how many rows it has and how new they are."""
        key = batch.buyer_key
        if key is not None and self.buyer_keys.setdefault(batch.grain, key) != key:
            raise ValueError(f"all {batch.grain} of a file need one buyer_key: the plugin is broken")
        seen = _seen(batch)
        if batch.grain in self.seen:
            seen = self.seen[batch.grain].joined(seen)
        self.seen[batch.grain] = seen

    def collect(self, items: Iterable[Batch | Problem]) -> dict[Grain, pa.Table]:
        """Keep all rows in memory."""
        for grain, table in self.take(items):
            self.batches.setdefault(grain, []).append(table)
        # A file of which no record was taken tells nothing.
        told = {grain: parts for grain, parts in self.batches.items() if any(map(len, parts))}
        return {grain: _joined(parts) for grain, parts in told.items()}


def _seen(batch: Batch) -> GrainSeen:
    columns: list[Any] = [batch.columns[name] for name in OWN_TIMES[batch.grain] if name in batch.columns]
    # NaT is the least number, and so is never the newest.
    newest = max((int(c.view(np.int64).max(initial=MISSING)) for c in columns), default=MISSING)
    return GrainSeen(records=len(batch), newest=None if newest == MISSING else newest)


def _joined(parts: list[pa.Table]) -> pa.Table:
    """Join the batches of one file: a source may code a column in one batch and not in another."""
    coded = [{f.name for f in part.schema if pa.types.is_dictionary(f.type)} for part in parts]
    plain = {
        f.name for part, names in zip(parts, coded, strict=True) for f in part.schema if f.name not in names
    }
    mixed = set().union(*coded) & plain
    if mixed:
        parts = [_decoded(part, mixed) for part in parts]
    return pa.concat_tables(parts, promote_options="default").unify_dictionaries()


def _decoded(table: pa.Table, names: set[str]) -> pa.Table:
    fields = [pa.field(f.name, pa.large_string()) if f.name in names else f for f in table.schema]
    return table.cast(pa.schema(fields))


def _feed(digest: Any, batch: Batch) -> None:  # noqa: ANN401 - hashlib has no public type
    digest.update(f"{batch.grain}|{len(batch)}".encode())
    for name, column in batch.columns.items():
        digest.update(name.encode())
        if isinstance(column, Coded):
            digest.update(np.ascontiguousarray(column.codes))
            column = column.values  # noqa: PLW2901 - the texts follow their codes
        if isinstance(column, Texts):
            digest.update(np.ascontiguousarray(np.diff(column.offsets).astype(np.int32)))
            digest.update(np.ascontiguousarray(column.data[column.offsets[0] : column.offsets[-1]]))
        else:
            digest.update(np.ascontiguousarray(column).view(np.uint8))


def _table(batch: Batch) -> pa.Table:
    columns = {name: _arrow(column) for name, column in batch.columns.items()}
    return pa.table({**columns, "record": pa.array(batch.records)})


def _arrow(column: Any) -> Any:  # noqa: ANN401
    if isinstance(column, Texts):
        return arrow.arrow_texts(column)
    if isinstance(column, Coded):
        return arrow.arrow_coded(column)
    # Instants travel as whole numbers: our NaT and MISSING are the same bits, and Arrow keeps both.
    return pa.array(column.view(np.int64) if column.dtype.kind == "M" else column)
