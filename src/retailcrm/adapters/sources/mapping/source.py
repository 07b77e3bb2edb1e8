"""Read any table by a mapping: orders, their lines, members, products, refunds, reviews or parcels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from retailcrm.adapters.sources.field import find_fields
from retailcrm.adapters.sources.mapping.grains import PERSONAL, base
from retailcrm.adapters.sources.mapping.hints import nearest
from retailcrm.adapters.sources.mapping.keys import SyntheticKeys
from retailcrm.errors import ImportRefusedError
from retailcrm.ports.batches import Batch, Grain
from retailcrm.ports.sources import Match, Sample, SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from retailcrm.adapters.sources.field import Field
    from retailcrm.adapters.sources.mapping.keep import KeptRows
    from retailcrm.adapters.sources.mapping.table import TableMapping
    from retailcrm.domain.problems import Problem


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
        found = find_fields(header, self.mapping.wanted)
        optional = self.mapping.optional
        return [name for name in self.mapping.wanted if name not in found and base(name) not in optional]

    def _complaint(self, sample: Sample, best: int | None) -> str:
        header = sample.rows[best] if best is not None else ()
        lacking = self._lacking(header)
        wanted = [f"{name} = {' / '.join(self.mapping.wanted[name].names)}" for name in lacking]
        hints = [_hint(self.mapping.wanted[name].names, header) for name in lacking]
        listed = ", ".join(w + h for w, h in zip(wanted, hints, strict=True))
        found = ", ".join(cell for cell in header if cell) or "none"
        return f"{sample.name}: mapping {self.name} does not find: {listed}. Columns found: {found}"

    def exported_at(self, name: str, zone: str) -> datetime | None:  # noqa: ARG002 - the port's signature
        """Say nothing: names of mapped files follow no rule."""
        return None

    def read(self, file: SourceFile) -> Iterator[Batch | Problem]:
        """Yield the records of a table."""
        from retailcrm.adapters.sources.mapping.batches import Rows, batches_of  # noqa: PLC0415 - loads Arrow
        from retailcrm.adapters.sources.reading import line_amounts, read_fields, taken  # noqa: PLC0415 - loads Arrow

        mapping = self.mapping
        file = _MappedFile.of(file, mapping)
        fields = self._read_now(file)
        places = find_fields(file.columns, fields)
        # The same file has the same numbers, whether or not the recipients were asked for.
        content = tuple(name for name in places if name not in self._recipients)
        numbers = SyntheticKeys(content) if mapping.synthetic_key else None
        for read in read_fields(file, fields, places):
            priced, piece = line_amounts(file, read, "unit_price") if "unit_price" in places else (None, read)
            yield from piece.problems
            values = {name: taken(column, piece.keep) for name, column in piece.values.items()}
            rows = Rows(
                records=piece.block.records[piece.keep],
                values=values,
                priced=None if priced is None else taken(priced, piece.keep),
                numbers=None if numbers is None else numbers.of(values, int(piece.keep.sum())),
                blank=piece.blank,
                passed=file.take_passed(),
            )
            yield from batches_of(mapping, rows, file.currency)

    def _read_now(self, file: SourceFile) -> Mapping[str, Field]:
        """Leave the recipients of orders unread, unless the user asks for them."""
        if file.personal:
            return self.mapping.fields
        return {name: field for name, field in self.mapping.fields.items() if name not in self._recipients}

    @property
    def _recipients(self) -> frozenset[str]:
        return PERSONAL if self.mapping.grain is Grain.ORDERS else frozenset()


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
    columns: tuple[str, ...]
    kept: KeptRows | None

    @classmethod
    def of(cls, file: SourceFile, mapping: TableMapping) -> _MappedFile:
        columns = file.header or mapping.columns
        return cls(
            file=file, name=file.name, sheet=file.sheet, header=file.header,
            zone=mapping.zone or file.zone, currency=mapping.currency or file.currency,
            personal=file.personal, region=file.region, columns=columns, kept=_kept(mapping, columns),
        )  # fmt: skip

    def take_passed(self) -> int:
        """Give how many rows were left out since the last call."""
        return 0 if self.kept is None else self.kept.take_passed()

    def rows(self) -> Any:  # noqa: ANN401
        return self.file.rows()

    def blocks(self, plain: Any, coded: Any) -> Any:  # noqa: ANN401
        return (
            self.file.blocks(plain, coded) if self.kept is None else self.kept.blocks(self.file, plain, coded)
        )


def _kept(mapping: TableMapping, columns: tuple[str, ...]) -> KeptRows | None:
    if mapping.keep is None:
        return None
    from retailcrm.adapters.sources.mapping.keep import KeptRows  # noqa: PLC0415 - loads Arrow

    return KeptRows(find_fields(columns, mapping.wanted)["keep"], mapping.keep.values)


def _hint(names: tuple[str, ...], header: tuple[str, ...]) -> str:
    return next(filter(None, (nearest(name, header) for name in names)), "")
