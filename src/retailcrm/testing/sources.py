"""The contract of a source: what every reader of exports promises, as a test class to inherit."""

from __future__ import annotations

import random
import re
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from retailcrm.domain.problems import Severity
from retailcrm.errors import ImportRefusedError
from retailcrm.ports.sources import Match, Sample
from retailcrm.testing import golden
from retailcrm.testing.damage import damaged
from retailcrm.testing.foreign import FOREIGN
from retailcrm.testing.reading import Reading, read_file
from retailcrm.testing.variants import parsed, variants

if TYPE_CHECKING:
    from retailcrm.ports.sources import Source

_TEXT: Final = (".csv", ".txt", ".tsv")
_NAMES: Final = ("orders.csv", "", "x", "2024", "Export99999999.csv", "a!b!20240701.csv", "導出 (1).csv")


class SourceContract(ABC):
    """Inherit it in a test module, say which source, and put samples beside the module.

    pytest then runs every promise of the port of sources on each sample, and on many other ways to
    write and to damage it. The samples are real or genuine-looking exports, each with its twin (see
    :mod:`retailcrm.testing.golden`).

    Attributes:
        samples: Their folder; ``None``: ``samples`` beside the test module.
        encoding: Of the text samples.
        unfit: Names of :mod:`~retailcrm.testing.variants` that cannot be for this platform, such as
            "columns the other way round" for a format without column names.

    Example:
        >>> from retailcrm.adapters.sources.taobao import Taobao
        >>> class TestTaobao(SourceContract):
        ...     def source(self):
        ...         return Taobao()
    """

    samples: ClassVar[Path | None] = None
    encoding: ClassVar[str] = "utf-8-sig"
    unfit: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def source(self) -> Source:
        """Give the source under test."""

    # ---- what it is asked on -------------------------------------------------------------------------

    def _folder(self) -> Path:
        module = sys.modules[type(self).__module__].__file__
        return self.samples or Path(str(module)).parent / "samples"

    def _samples(self) -> tuple[Path, ...]:
        return golden.samples(self._folder())

    def _texts(self) -> tuple[Path, ...]:
        return tuple(path for path in self._samples() if path.suffix in _TEXT)

    def _read(self, path: Path) -> tuple[Reading, ...]:
        return read_file(path, self.source())

    def _header(self, path: Path) -> int:
        """Find the row of the column names of a text sample."""
        rows = parsed(path.read_bytes(), self.encoding)[:20]
        match = self.source().identify(Sample(name=path.name, rows=_stripped(rows)))
        assert match is not None, f"{path.name}: not recognised as it stands in the file"
        return -1 if match.header_row is None else match.header_row

    # ---- promises ------------------------------------------------------------------------------------

    def test_it_has_a_name_and_a_platform(self) -> None:
        """Both are words that users type and that stand in order references."""
        source = self.source()
        assert re.fullmatch(r"[a-z][a-z0-9_-]*", source.name), source.name
        assert source.platform.strip() == source.platform != ""

    def test_it_recognises_its_samples(self) -> None:
        """Whatever a file is called: people rename files."""
        for path in self._texts():
            rows = _stripped(parsed(path.read_bytes(), self.encoding)[:20])
            for name in (path.name, "新建文件 (3).csv"):
                match = self.source().identify(Sample(name=name, rows=rows))
                assert isinstance(match, Match), f"{path.name}, named {name}: not recognised"
                assert match.reason.strip(), "a match says what the file was recognised by"

    def test_it_leaves_foreign_files_alone(self) -> None:
        """A table of something else is nobody's."""
        for name, rows in FOREIGN.items():
            assert self.source().identify(Sample(name=name, rows=rows)) is None, name

    def test_the_samples_say_what_is_expected(self) -> None:
        """Each sample has a twin, and the source still makes of it what stands there."""
        differences = golden.check(self._folder(), self.source())
        assert not differences, "\n".join(differences)

    def test_every_record_is_accounted_for(self) -> None:
        """Accepted, rejected and blank records add up to those that are in the file."""
        for path in self._texts():
            (reading,) = self._read(path)
            there = len(parsed(path.read_bytes(), self.encoding)) - self._header(path) - 1
            assert reading.accepted + reading.rejected + reading.blank == there, path.name

    def test_records_are_numbered_as_in_the_file(self) -> None:
        """From 1, rising, and none both taken and rejected."""
        for path in self._samples():
            for reading in self._read(path):
                for rows in reading.rows.values():
                    numbers = [record for record, _ in rows]
                    assert numbers == sorted(set(numbers)), f"{path.name}: records {numbers[:20]}"
                    assert all(number >= 1 for number in numbers), path.name
                rejected = {p.record for p in reading.rejections}
                taken = {record for rows in reading.rows.values() for record, _ in rows}
                assert not rejected & taken, f"{path.name}: taken and rejected: {rejected & taken}"

    def test_problems_have_a_place_and_a_reason(self) -> None:
        """A person can find the cell, a program the code."""
        for path in self._samples():
            for reading in self._read(path):
                for problem in reading.problems:
                    assert problem.source.endswith(path.name) or path.name in problem.source, problem
                    assert re.fullmatch(r"[a-z][a-z-]*", problem.code), problem.code
                    assert problem.message.strip(), problem
                    if problem.severity is Severity.REJECTED:
                        assert problem.record and problem.first_line and problem.last_line, problem  # noqa: PT018

    def test_it_holds_no_state(self) -> None:
        """One object reads every file, twice and in between others, and says the same."""
        source = self.source()
        first = [read_file(path, source) for path in self._samples()]
        again = [read_file(path, source) for path in reversed(self._samples())]
        assert first == list(reversed(again))

    def test_other_ways_of_writing_a_file_change_nothing(self, tmp_path: Path) -> None:
        """Encodings, delimiters, quotes, archives, the order of columns: the same rows."""
        for path in self._texts():
            (plain,) = self._read(path)
            for variant in variants(path.read_bytes(), self.encoding, header=self._header(path)):
                if variant.name in self.unfit:
                    continue
                copy = tmp_path / (path.name + variant.suffix)
                copy.write_bytes(variant.data)
                (found,) = self._read(copy)
                said = f"{path.name}, {variant.name}"
                assert _comparable(found) == _comparable(plain), said
                assert found.rejected == plain.rejected, said

    def test_damage_costs_only_its_own_record(self, tmp_path: Path) -> None:
        """One record cut short, widened, undecodable or with a NUL: all others stay as they were."""
        for path in self._texts():
            (plain,) = self._read(path)
            header = self._header(path)
            rng = random.Random(path.name)  # noqa: S311 - no secret
            for hurt in damaged(path.read_bytes(), self.encoding, header=header, rng=rng):
                copy = tmp_path / path.name
                copy.write_bytes(hurt.data)
                (found,) = self._read(copy)
                others = [_without(reading, hurt.record) for reading in (plain, found)]
                assert others[0] == others[1], f"{path.name}, record {hurt.record} {hurt.name}"

    def test_the_moment_of_the_export_is_aware(self) -> None:
        """A name tells a moment with its zone, or nothing; no name makes it stumble."""
        for name in (*_NAMES, *(path.name for path in self._samples())):
            moment = self.source().exported_at(name, "Asia/Shanghai")
            assert moment is None or moment.tzinfo is not None, name

    def test_an_empty_file_is_refused_or_empty(self, tmp_path: Path) -> None:
        """Column names without a record give nothing, and raise nothing unforeseen."""
        for path in self._texts():
            rows = path.read_bytes().decode(self.encoding).splitlines(keepends=True)
            copy = tmp_path / path.name
            copy.write_text("".join(rows[: self._header(path) + 1]), "utf-8", newline="")
            try:
                (reading,) = self._read(copy)
            except ImportRefusedError:
                continue
            assert (reading.accepted, reading.rejected) == (0, 0), path.name


def _stripped(rows: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(cell.strip() for cell in row) for row in rows)


def _comparable(reading: Reading) -> object:
    """Give what must not change: what is said, but not in which column order or record."""
    return tuple((grain, tuple(sorted(map(_known, rows)))) for grain, rows in reading.meaning)


def _known(values: object) -> str:
    assert isinstance(values, dict)
    return repr(sorted((name, value) for name, value in values.items() if value is not None))


def _without(reading: Reading, record: int) -> object:
    """Give all rows but those of one record."""
    return {
        grain: [(number, _known(values)) for number, values in rows if number != record]
        for grain, rows in reading.rows.items()
    }
