"""The contract of sources holds for a sound reader, and each planted fault breaks the promise it should."""

from __future__ import annotations

import inspect
from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from retailcrm.domain.money import parse_amount
from retailcrm.domain.problems import Problem
from retailcrm.errors import InputError
from retailcrm.ports.batches import Batch, BuyerKey
from retailcrm.ports.sources import Match, Row, Sample, SourceFile, batches_from_rows
from retailcrm.testing import golden
from retailcrm.testing.sources import SourceContract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SAMPLE = (
    "编号,买家,时间,金额\n"
    "A1,小明,2024-03-01 10:00,12.50\n"
    "A2,阿芳,2024-03-02 11:00,8.00\n"
    "A3,,2024-03-02 12:00,x\n"
    ",,,\n"
    "A4,小明,2024-03-03 09:00,20.00\n"
)
COLUMNS = ("编号", "买家", "时间", "金额")
KEY = BuyerKey(platform="corner", kind="id")


def order_of(row: Row) -> dict[str, Any] | None:
    """Say what a row of the sample tells."""
    if not any(row.cells.values()):
        return None
    try:
        at = datetime.fromisoformat(f"{row['时间']}+08:00")
    except ValueError as error:
        raise InputError("no time") from error
    return {
        "number": row["编号"],
        "buyer": row["买家"] or None,
        "paid_at": at,
        "paid": parse_amount(row["金额"], "CNY"),
    }


class Corner:
    """A sound reader of a made-up format."""

    name, platform = "corner", "corner"

    def identify(self, sample: Sample) -> Match | None:
        """Go by the column names."""
        for i, row in enumerate(sample.rows):
            if set(row) >= set(COLUMNS):
                return Match(strength=80, reason="its four columns", header_row=i)
        return None

    def exported_at(self, name: str, zone: str) -> datetime | None:  # noqa: ARG002 - the port asks for it
        """Names tell nothing."""
        return None

    def read(self, file: SourceFile) -> Iterator[Batch | Problem]:
        """Read row by row."""
        yield from batches_from_rows(file.rows(), order_of, source=file.name, currency="CNY", buyer_key=KEY)


class Greedy(Corner):
    """Takes every file for its own."""

    def identify(self, sample: Sample) -> Match | None:  # noqa: ARG002
        """Say yes."""
        return Match(strength=1, reason="why not")


class ByName(Corner):
    """Goes by what the file is called."""

    def identify(self, sample: Sample) -> Match | None:
        """Look at the name only."""
        return super().identify(sample) if sample.name.startswith("corner") else None


class Careless(Corner):
    """Passes over what it cannot read."""

    def read(self, file: SourceFile) -> Iterator[Batch | Problem]:
        """Swallow the problems."""
        yield from (item for item in super().read(file) if isinstance(item, Batch))


class Positional(Corner):
    """Reads by place and not by name."""

    def read(self, file: SourceFile) -> Iterator[Batch | Problem]:
        """Rename the columns by their places."""

        def placed(row: Row) -> dict[str, Any] | None:
            cells = dict(zip(COLUMNS, row.cells.values(), strict=False))
            return order_of(attrs.evolve(row, cells=cells))

        yield from batches_from_rows(file.rows(), placed, source=file.name, currency="CNY", buyer_key=KEY)


class Remembering(Corner):
    """Keeps what it saw in an earlier file."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def read(self, file: SourceFile) -> Iterator[Batch | Problem]:
        """Pass over numbers seen before."""

        def fresh(row: Row) -> dict[str, Any] | None:
            if row["编号"] in self.seen:
                return None
            self.seen.add(row["编号"])
            return order_of(row)

        yield from batches_from_rows(file.rows(), fresh, source=file.name, currency="CNY", buyer_key=KEY)


class Placeless(Corner):
    """Says that something is wrong, and not where."""

    def read(self, file: SourceFile) -> Iterator[Batch | Problem]:
        """Take the place off."""
        for item in super().read(file):
            yield item if isinstance(item, Batch) else attrs.evolve(item, first_line=None, last_line=None)


class Misnumbered(Corner):
    """Counts records from 0."""

    def read(self, file: SourceFile) -> Iterator[Batch | Problem]:
        """Move the numbers."""
        for item in super().read(file):
            yield attrs.evolve(item, records=item.records - 1) if isinstance(item, Batch) else item


class Naive(Corner):
    """Gives moments without a zone."""

    def exported_at(self, name: str, zone: str) -> datetime | None:  # noqa: ARG002
        """Forget the zone."""
        return datetime(2024, 7, 1)  # noqa: DTZ001 - the fault


class Stumbling(Corner):
    """Gives the whole file up at a record that is no row."""

    def read(self, file: SourceFile) -> Iterator[Batch | Problem]:
        """Stop."""
        for item in super().read(file):
            yield item
            if isinstance(item, Problem) and item.code in ("columns", "encoding"):
                return


class Shouting(Corner):
    """Has a name that nobody can type."""

    name = "Corner Shop!"


FAULTS: list[tuple[Callable[[], Corner], str]] = [
    (Greedy, "test_it_leaves_foreign_files_alone"),
    (ByName, "test_it_recognises_its_samples"),
    (Careless, "test_every_record_is_accounted_for"),
    (Careless, "test_the_samples_say_what_is_expected"),
    (Positional, "test_other_ways_of_writing_a_file_change_nothing"),
    (Remembering, "test_it_holds_no_state"),
    (Placeless, "test_problems_have_a_place_and_a_reason"),
    (Misnumbered, "test_records_are_numbered_as_in_the_file"),
    (Naive, "test_the_moment_of_the_export_is_aware"),
    (Stumbling, "test_damage_costs_only_its_own_record"),
    (Shouting, "test_it_has_a_name_and_a_platform"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with the sample and its twin."""
    path = tmp_path / "samples"
    path.mkdir()
    (path / "corner.csv").write_text(SAMPLE, "utf-8")
    golden.generate(path, Corner())
    return path


def contract_of(make: Callable[[], Corner], folder: Path) -> SourceContract:
    """Make the test class that an author of the reader would write."""

    class TestCorner(SourceContract):
        samples = folder

        def source(self) -> Corner:
            return make()

    return TestCorner()


def promises() -> list[str]:
    """Name every test of the contract."""
    return [name for name in vars(SourceContract) if name.startswith("test_")]


def keep(contract: SourceContract, promise: str, tmp_path: Path) -> None:
    """Run one test of a contract."""
    test = getattr(contract, promise)
    scratch = tmp_path / promise
    scratch.mkdir()
    test(**({"tmp_path": scratch} if "tmp_path" in inspect.signature(test).parameters else {}))


@pytest.mark.parametrize("promise", promises())
def test_a_sound_reader_keeps_every_promise(promise: str, folder: Path, tmp_path: Path) -> None:
    """A dozen lines over rows are enough."""
    keep(contract_of(Corner, folder), promise, tmp_path)


@pytest.mark.parametrize(
    ("make", "promise"), FAULTS, ids=[f"{make.__name__}-{name}" for make, name in FAULTS]
)
def test_a_planted_fault_breaks_its_promise(
    make: Callable[[], Corner], promise: str, folder: Path, tmp_path: Path
) -> None:
    """Each fault that real readers have had is caught by the test that speaks of it."""
    with pytest.raises(AssertionError):
        keep(contract_of(make, folder), promise, tmp_path)


def test_every_promise_is_broken_by_some_fault() -> None:
    """A promise that nothing breaks would prove nothing; an empty file has a test of its own below."""
    assert set(promises()) - {promise for _, promise in FAULTS} == {"test_an_empty_file_is_refused_or_empty"}


def test_a_reader_that_stumbles_over_an_empty_file_is_caught(folder: Path, tmp_path: Path) -> None:
    """Column names and nothing else: an exception is a fault."""

    class Fragile(Corner):
        def read(self, file: SourceFile) -> Iterator[Batch | Problem]:
            items = list(super().read(file))
            yield items[0]
            yield from items[1:]

    with pytest.raises(IndexError):
        keep(contract_of(Fragile, folder), "test_an_empty_file_is_refused_or_empty", tmp_path)


def test_the_contract_asks_for_one_method() -> None:
    """An author overrides ``source`` and nothing else."""
    assert SourceContract.__abstractmethods__ == {"source"}


def test_without_samples_there_is_nothing_to_hold_a_reader_to(tmp_path: Path) -> None:
    """An empty folder fails instead of passing."""
    with pytest.raises(InputError, match="no sample"):
        contract_of(Corner, tmp_path).test_it_recognises_its_samples()
