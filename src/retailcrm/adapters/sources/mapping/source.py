"""Read any table by a mapping: at order grain, or lines that are added up to orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.adapters.sources.field import find_fields
from retailcrm.adapters.sources.mapping.keys import SyntheticKeys
from retailcrm.adapters.sources.mapping.table import TableMapping, nearest
from retailcrm.analytics.columns import MISSING
from retailcrm.errors import ImportRefusedError
from retailcrm.ports.batches import Batch, Grain
from retailcrm.ports.sources import Match, Sample, SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from numpy.typing import NDArray

    from retailcrm.domain.problems import Problem

_NOT_BATCHED: Final = ("unit_price", "quantity")


@attrs.frozen
class Mapped:
    """Reads tables by one mapping.

    Attributes:
        mapping: What the columns mean.
    """

    mapping: TableMapping

    @property
    def name(self) -> str:
        """The mapping's name."""
        return self.mapping.name

    @property
    def platform(self) -> str:
        """Where its order numbers are known."""
        return self.mapping.platform

    def identify(self, sample: Sample) -> Match | None:
        """Find the header: the row that has every column the mapping needs.

        Raises:
            ImportRefusedError: No row has them; the message lists what was found and what is near.
        """
        if not self.mapping.form.header:
            return self._headerless(sample)
        rows = range(len(sample.rows))
        lacking = [self._lacking(sample.rows[i]) for i in rows]
        best = min(rows, key=lambda i: len(lacking[i]), default=None)
        if best is None or lacking[best]:
            raise ImportRefusedError(self._complaint(sample, best), code="mapping")
        return Match(strength=100, reason=f"mapping {self.name}", header_row=best)

    def _headerless(self, sample: Sample) -> Match:
        found = len(sample.rows[0]) if sample.rows else 0
        if found != len(self.mapping.columns):
            wanted = f"mapping {self.name} names {len(self.mapping.columns)} columns"
            raise ImportRefusedError(f"{sample.name}: {wanted}, the file has {found}", code="mapping")
        return Match(strength=100, reason=f"mapping {self.name}, no header", header_row=None)

    def _lacking(self, header: tuple[str, ...]) -> list[str]:
        found = find_fields(header, self.mapping.fields)
        return [
            name for name in self.mapping.fields if name not in found and name not in self.mapping.optional
        ]

    def _complaint(self, sample: Sample, best: int | None) -> str:
        header = sample.rows[best] if best is not None else ()
        lacking = self._lacking(header)
        wanted = [f"{name} = {' / '.join(self.mapping.fields[name].names)}" for name in lacking]
        hints = [_hint(self.mapping.fields[name].names, header) for name in lacking]
        listed = ", ".join(w + h for w, h in zip(wanted, hints, strict=True))
        found = ", ".join(cell for cell in header if cell) or "none"
        return f"{sample.name}: mapping {self.name} does not find: {listed}. Columns found: {found}"

    def exported_at(self, name: str, zone: str) -> datetime | None:  # noqa: ARG002 - the port's signature
        """Say nothing: names of mapped files follow no rule."""
        return None

    def read(self, file: SourceFile) -> Iterator[Batch | Problem]:
        """Yield the records of a table."""
        from retailcrm.adapters.sources.reading import line_amounts, read_fields, taken  # noqa: PLC0415 - loads Arrow

        mapping = self.mapping
        file = _MappedFile.of(file, mapping)
        places = find_fields(file.header or mapping.columns, mapping.fields)
        numbers = SyntheticKeys(tuple(places)) if mapping.synthetic_key else None
        for read in read_fields(file, mapping.fields, places):
            priced, piece = line_amounts(file, read, "unit_price") if "unit_price" in places else (None, read)
            yield from piece.problems
            columns = _columns(mapping, piece.values, len(piece.block), priced)
            columns = {name: taken(column, piece.keep) for name, column in columns.items()}
            if numbers is not None:
                raw = {name: taken(piece.values[name], piece.keep) for name in places}
                columns["number"] = numbers.of(raw, int(piece.keep.sum()))
            yield Batch(
                grain=mapping.grain,
                records=piece.block.records[piece.keep],
                columns=columns,
                currency=file.currency,
                buyer_key=mapping.buyer if "buyer" in columns else None,
                blank=piece.blank,
            )


@attrs.frozen(kw_only=True)
class _MappedFile:
    """The file, with the mapping's zone and currency in place of the shop's."""

    file: SourceFile
    name: str
    sheet: str | None
    header: tuple[str, ...]
    zone: str
    currency: str
    personal: bool
    region: str

    @classmethod
    def of(cls, file: SourceFile, mapping: TableMapping) -> _MappedFile:
        return cls(
            file=file, name=file.name, sheet=file.sheet, header=file.header,
            zone=mapping.zone or file.zone, currency=mapping.currency or file.currency,
            personal=file.personal, region=file.region,
        )  # fmt: skip

    def rows(self) -> Any:  # noqa: ANN401
        return self.file.rows()

    def blocks(self, plain: Any, coded: Any) -> Any:  # noqa: ANN401
        return self.file.blocks(plain, coded)


def _hint(names: tuple[str, ...], header: tuple[str, ...]) -> str:
    return next(filter(None, (nearest(name, header) for name in names)), "")


def _columns(mapping: TableMapping, values: Any, rows: int, priced: Any) -> dict[str, Any]:  # noqa: ANN401
    columns = {name: column for name, column in values.items() if name not in _NOT_BATCHED}
    if mapping.grain is Grain.LINES:
        if priced is not None:
            columns["amount"] = priced
        if "quantity" in values:
            columns["quantity"] = values["quantity"]
        credit = columns["credit"] = _credits(mapping, values, rows)
        # A credit note takes back, whether its file writes a minus or not.
        amount = columns["amount"]
        columns["amount"] = np.where(credit & (amount > 0), -amount, amount)
    elif priced is not None:
        columns["total"] = priced
    if mapping.paid_is == "gross":
        # What was paid before refunds is what was due: nothing is to be added back.
        columns["total"] = columns.pop("paid")
    if mapping.state is not None:
        columns["state"] = np.full(rows, mapping.state, np.int8)
    return columns


def _credits(mapping: TableMapping, values: Any, rows: int) -> NDArray[np.bool_]:  # noqa: ANN401
    credit = np.zeros(rows, np.bool_)
    prefix = mapping.cancel.number_prefix
    if prefix is not None:
        begins = np.asarray([number.startswith(prefix) for number in values["number"].values] + [False])
        credit |= begins[values["number"].codes]
    if mapping.cancel.negative_quantity and "quantity" in values:
        credit |= (values["quantity"] < 0) & (values["quantity"] != MISSING)
    return credit
