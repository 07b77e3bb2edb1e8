"""Broken files and their audit: recall and precision are what they are called, and see each kind of slip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from retailcrm.adapters.sources.mapping.reading import mapping_from_table
from retailcrm.adapters.sources.mapping.source import Mapped
from retailcrm.adapters.sources.taobao import Taobao
from retailcrm.ports.batches import Grain
from retailcrm.testing.broken import TABLE_MAPPING, Broken, audit, broken_table, broken_taobao
from retailcrm.testing.reading import Reading, read_file

if TYPE_CHECKING:
    from pathlib import Path

FILES = 100


def test_recall_and_precision_are_whole_on_broken_tables(tmp_path: Path) -> None:
    """Our reader by a mapping finds every bad record, and nothing else."""
    reader = Mapped(mapping_from_table(TABLE_MAPPING))
    broken = [broken_table(tmp_path, seed) for seed in range(FILES)]
    audits = [audit(one, read_file(one.path, reader)[0]) for one in broken]
    assert [one.path.name for one, found in zip(broken, audits, strict=True) if not found.is_perfect] == []
    assert sum(len(found.bad) for found in audits) > FILES


def test_recall_and_precision_are_whole_on_broken_order_reports(tmp_path: Path) -> None:
    """So does our reader of Taobao's order report."""
    for seed in range(FILES):
        broken = broken_taobao(tmp_path, seed)
        found = audit(broken, read_file(broken.path, Taobao())[0])
        assert (seed, found.recall, found.precision, found.is_perfect) == (seed, 1.0, 1.0, True)


def test_a_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """A failure can be looked at again."""
    first, again, other = (broken_taobao(tmp_path / str(n), seed) for n, seed in _made(tmp_path))
    assert first.path.read_bytes() == again.path.read_bytes() != other.path.read_bytes()
    assert first.fates == again.fates


def _made(folder: Path) -> list[tuple[int, int]]:
    for n in range(3):
        (folder / str(n)).mkdir()
    return [(0, 5), (1, 5), (2, 6)]


@pytest.fixture
def read(tmp_path: Path) -> tuple[Broken, Reading]:
    """Give a broken file with at least two bad records, and a perfect reading of it."""
    reader = Mapped(mapping_from_table(TABLE_MAPPING))
    broken = next(b for b in (broken_table(tmp_path, s) for s in range(99)) if b.count("rejected") > 1)
    return broken, read_file(broken.path, reader)[0]


def test_a_lost_rejection_lowers_recall(read: tuple[Broken, Reading]) -> None:
    """One of n bad records not told: recall (n - 1) / n, precision whole."""
    broken, reading = read
    lost = reading.rejections[0]
    found = audit(broken, attrs.evolve(reading, problems=tuple(p for p in reading.problems if p != lost)))
    bad = broken.count("rejected")
    assert (found.recall, found.precision) == ((bad - 1) / bad, 1.0)


def test_a_false_or_misplaced_rejection_lowers_precision(read: tuple[Broken, Reading]) -> None:
    """A good record told as bad, a rejection told twice, a line that is off by one."""
    broken, reading = read
    first = reading.rejections[0]
    for extra in (attrs.evolve(first, record=10_000), first):
        found = audit(broken, attrs.evolve(reading, problems=(*reading.problems, extra)))
        assert found.recall == 1.0
        assert found.precision == len(reading.rejections) / (len(reading.rejections) + 1)
    moved = tuple(attrs.evolve(p, first_line=(p.first_line or 0) + 1) for p in reading.problems)
    assert audit(broken, attrs.evolve(reading, problems=moved)).precision == 0.0


def test_a_wrong_count_or_a_missing_row_is_seen(read: tuple[Broken, Reading]) -> None:
    """Accounts are compared, and so are the records that were taken."""
    broken, reading = read
    assert not audit(broken, attrs.evolve(reading, blank=reading.blank + 1)).counts_right
    rows = {Grain.ORDERS: reading.rows[Grain.ORDERS][1:]}
    assert not audit(broken, attrs.evolve(reading, rows=rows)).taken_right
