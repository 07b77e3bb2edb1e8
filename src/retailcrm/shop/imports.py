"""Import files and tables into a shop, with an account of every record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from retailcrm.adapters.sources.discover import Discovered, ReadSettings, discover
from retailcrm.adapters.sources.limits import ImportLimits
from retailcrm.adapters.sources.mapping.reading import TableMapping, load_mapping, mapping_from_table, nearest
from retailcrm.adapters.sources.mapping.source import Mapped
from retailcrm.adapters.sources.opening import TextForm
from retailcrm.domain.problems import Problem
from retailcrm.errors import InputError, RetailCRMError, SettingsError
from retailcrm.ports.batches import Batch, Grain
from retailcrm.shop.observed import Collected, Collector, FileAccount, Observed

if TYPE_CHECKING:
    from datetime import datetime

    from retailcrm.ports.sources import Source
    from retailcrm.shop.money_rule import MoneyRule
    from retailcrm.shop.observations import Observations
    from retailcrm.shop.partitions import PartitionedObservations

MappingLike = TableMapping | str | Path | Mapping[str, Any]


@attrs.frozen
class ImportResult:
    """What an import did.

    Attributes:
        files: The account of each table read, in the order given.
    """

    files: tuple[FileAccount, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every rejection and warning of all files."""
        return tuple(problem for file in self.files for problem in file.problems)

    @property
    def accepted(self) -> int:
        """Records taken."""
        return sum(file.accepted for file in self.files)

    @property
    def rejected(self) -> int:
        """Records left out."""
        return sum(file.rejected for file in self.files)


@attrs.frozen
class Imports:
    """The import verbs of a shop: ``shop.imports``.

    Attributes:
        kept: Where observations go.
        sources: The sources that may recognise a file, by name.
        zone: The shop's IANA zone.
        currency: The shop's ISO 4217 code.
        clock: Tells when a table without a file was observed.
        region: Country (ISO 3166) of phone numbers without a country code.
        told: Gives the accounts of all imports ever, where the shop is kept in a store; ``None``: those of
            this run are all.
    """

    kept: Observations | PartitionedObservations
    sources: Mapping[str, Source]
    zone: str
    currency: str
    clock: Callable[[], datetime]
    region: str = "CN"
    told: Callable[[], tuple[FileAccount, ...]] | None = None
    _accounts: list[FileAccount] = attrs.field(factory=list, init=False, repr=False)

    def accounts(self) -> tuple[FileAccount, ...]:
        """Give the account of every table imported so far; a store tells of each file once."""
        return tuple(self._accounts) if self.told is None else self.told()

    def files(
        self,
        paths: str | Path | Iterable[str | Path],
        *,
        mapping: MappingLike | None = None,
        format: str | None = None,  # noqa: A002 - the word users know
        password: str | None = None,
        limits: ImportLimits | None = None,
        personal: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> ImportResult:
        """Import export files; formats are recognised by their column names.

        A file imported before changes nothing. An older export imported later does not overwrite
        newer values.

        Args:
            paths: Text files, workbooks, gzip files or ZIP archives; one path alone will do.
            mapping: For files no source knows: a mapping, its TOML file, or its table.
            format: Name of the source to use instead of the surest.
            password: For encrypted workbooks.
            limits: How much one file may take.
            personal: Also read the recipients of orders (name, phone, e-mail, address), as what is said
                of their buyers. Member lists are read with all that their mapping names in any case.
            progress: Called with the bytes and the records read since the last call.

        Returns:
            The account of every table read.

        Raises:
            ImportRefusedError: A file cannot be read at all; nothing of it is kept.
            InputError: No file was given.
            SettingsError: The mapping or the format is wrong.
        """
        mapped = None if mapping is None else Mapped(_mapping(mapping))
        settings = ReadSettings(
            zone=self.zone,
            currency=self._currency(mapped),
            password=password,
            form=TextForm() if mapped is None else mapped.mapping.form,
            limits=limits or ImportLimits(),
            personal=personal,
            region=self.region,
            progress=None if progress is None else (lambda size: progress(size, 0)),
        )
        sources = self._chosen(mapped, format)
        several = [paths] if isinstance(paths, str | Path) else list(paths)
        if not several:
            raise InputError("no files were given: does the pattern match any in this folder?")
        accounts = [
            account
            for path in several
            for account in self._keep(
                self._read(found, progress) for found in discover(Path(path), sources, settings)
            )
        ]
        return ImportResult(tuple(accounts))

    def buyers(self, path: str | Path) -> ImportResult:
        """Import a file that joins order numbers to buyers, for exports that mask or lack them.

        Where all other files are of one platform its numbers and keys are taken as that platform's;
        else as Taobao's. Numbers that no other file has make no order.

        Args:
            path: A file with a column of order numbers and one of buyer keys.

        Returns:
            The account of its records.

        Raises:
            ImportRefusedError: The file has no such two columns.
        """
        from retailcrm.adapters.sources.buyers_file import BuyersFile  # noqa: PLC0415

        settings = ReadSettings(zone=self.zone, currency=self.currency, region=self.region)
        reader = BuyersFile()
        found = discover(Path(path), {reader.name: reader}, settings)
        return ImportResult(self._keep(self._read(table, buyers_only=True) for table in found))

    def table(
        self,
        data: Any,  # noqa: ANN401 - whatever has an Arrow stream
        mapping: MappingLike,
        *,
        name: str = "table",
        personal: bool = False,
    ) -> ImportResult:
        """Import anything with an Arrow stream (pandas, polars, pyarrow, DuckDB) through a mapping.

        Args:
            data: The table; never changed.
            mapping: What its columns mean.
            name: Stands for the file name in problems.
            personal: As for :meth:`files`.

        Returns:
            The account of its records.

        Raises:
            InputError: ``data`` has no Arrow stream, or lacks columns that the mapping names.
            SettingsError: The mapping is wrong.

        Example:
            >>> import pyarrow as pa
            >>> from retailcrm import open_shop
            >>> orders = pa.table({"id": ["1"], "who": ["ann"], "at": ["2024-03-01"], "amount": ["50.00"]})
            >>> shop = open_shop()
            >>> result = shop.imports.table(orders, {
            ...     "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
            ...     "buyer": {"kind": "id", "strength": "stable"}, "constants": {"state": "completed"}})
            >>> result.accepted, result.problems
            (1, ())
        """
        from retailcrm.adapters.sources.arrow_table import discover_table  # noqa: PLC0415

        mapped = Mapped(_mapping(mapping))
        settings = ReadSettings(
            zone=self.zone, currency=self._currency(mapped), personal=personal, region=self.region
        )
        found = discover_table(data, name, mapped, settings, self.clock())
        return ImportResult(self._keep([self._read(found)]))

    def currency_of(
        self,
        paths: Iterable[str | Path],
        *,
        format: str | None = None,  # noqa: A002 - the word users know
        password: str | None = None,
    ) -> str | None:
        """Tell the currency that export files name in their rows, from the first of them; keep nothing.

        Only sources with an attribute ``names_currency`` that is true are asked; all others read amounts
        in the shop's currency.

        Args:
            paths: Files, as for :meth:`files`.
            format: Name of the source to use instead of the surest.
            password: For encrypted workbooks.

        Returns:
            The ISO 4217 code; the shop's for amounts that name none. ``None`` where no amount was found,
            or where the files name several.

        Raises:
            SettingsError: The format is wrong.
        """
        settings = ReadSettings(zone=self.zone, currency=self.currency, password=password, region=self.region)
        sources = self._chosen(None, format)
        told = {_first_currency(Path(path), sources, settings) for path in paths} - {None}
        return told.pop() if len(told) == 1 else None

    def _currency(self, mapped: Mapped | None) -> str:
        return self.currency if mapped is None else mapped.mapping.currency or self.currency

    def _chosen(self, mapped: Mapped | None, name: str | None) -> Mapping[str, Source]:
        if mapped is not None:
            if name is not None:
                raise SettingsError(
                    f"format {name!r} would not be read: the mapping says how to read the files"
                )
            return {mapped.name: mapped}
        if name is None:
            return self.sources
        if name not in self.sources:
            known = ", ".join(sorted(self.sources))
            raise SettingsError(f"no format {name!r}{nearest(name, self.sources)}; formats are: {known}")
        return {name: self.sources[name]}

    def _read(
        self,
        found: Discovered | Problem,
        progress: Callable[[int, int], None] | None = None,
        *,
        buyers_only: bool = False,
    ) -> _Read | Problem:
        """Read one table to its end; a warning is passed on."""
        if isinstance(found, Problem):
            return found
        collector = Collector(currency=self.currency, progress=progress)
        collected = self.kept.collect(collector, found.source.read(found.table))
        observed = Observed(
            # The same rows on two platforms are two files.
            digest=f"{found.source.platform}:{collector.digest(found.exported_at)}",
            exported_at=found.exported_at,
            name=found.table.name,
            platform=found.source.platform,
            tables=collected.tables,
            buyer_keys=collector.buyer_keys,
            seen=collector.seen,
            money_rule=collector.money_rule,
            buyers_only=buyers_only,
        )
        return _Read(observed, collected, _account(found, collector, collector.money_rule))

    def _keep(self, read: Iterable[_Read | Problem]) -> tuple[FileAccount, ...]:
        """Keep the tables of one path, all or (if one is refused) none, but those read before."""
        tables: list[_Read] = []
        notes: list[Problem] = []
        for item in read:
            if isinstance(item, Problem):
                notes.append(item)
            else:
                tables.append(item)
        accounts = [table.account for table in tables]
        if notes:
            last = accounts[-1]
            counts = Counter(last.problem_counts) + Counter(note.code for note in notes)
            accounts[-1] = attrs.evolve(last, problems=(*last.problems, *notes), problem_counts=dict(counts))
        for place, (table, account) in enumerate(zip(tables, accounts, strict=True)):
            new = self.kept.add(table.observed, attrs.evolve(table.collected, account=account))
            accounts[place] = attrs.evolve(account, repeated=not new)
        self._accounts.extend(accounts)
        return tuple(accounts)


@attrs.frozen(eq=False)
class _Read:
    """One table, read and not yet kept."""

    observed: Observed
    collected: Collected
    account: FileAccount


def _account(found: Discovered, collector: Collector, rule: MoneyRule | None) -> FileAccount:
    rejected = collector.problems.rejected
    notes = Counter(note.code for note in found.notes)
    return FileAccount(
        name=found.table.name if found.table.sheet is None else f"{found.table.name} [{found.table.sheet}]",
        source=found.source.name,
        reason=found.match.reason,
        exported_at=found.exported_at,
        records=collector.accepted + rejected + collector.blank + collector.passed,
        accepted=collector.accepted,
        rejected=rejected,
        blank=collector.blank,
        passed=collector.passed,
        problems=collector.problems.shown(found.table.name, found.notes),
        problem_counts=dict(notes + collector.problems.counts),
        money_rule=rule,
    )


def _first_currency(path: Path, sources: Mapping[str, Source], settings: ReadSettings) -> str | None:
    """Tell the currency of a file's first records that have amounts; what is wrong with it is told later."""
    try:
        for found in discover(path, sources, settings):
            if isinstance(found, Problem):
                continue
            if not getattr(found.source, "names_currency", False):
                return settings.currency
            for item in found.source.read(found.table):
                # Lists of people come with the shop's own currency, whatever their totals are in.
                if isinstance(item, Batch) and len(item):
                    if item.grain is Grain.CUSTOMERS:
                        break
                    return item.currency
    except (RetailCRMError, OSError):
        return None
    return None


def _mapping(said: MappingLike) -> TableMapping:
    if isinstance(said, TableMapping):
        return said
    return mapping_from_table(said) if isinstance(said, Mapping) else load_mapping(Path(said))
