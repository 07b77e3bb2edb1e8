"""Golden files: a sample export, and beside it what a source must make of it.

A folder holds ``orders.csv`` and ``orders.csv.expected.json``. :func:`generate` writes the twin once, for
a person to look through; :func:`check` compares ever after. A sample without a twin is refused: it
would be tested against nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from retailcrm.errors import InputError
from retailcrm.testing.reading import Reading, read_file

if TYPE_CHECKING:
    from pathlib import Path

    from retailcrm.ports.sources import Source

TWIN: Final = ".expected.json"
"""What follows a sample's name in its twin's."""


def samples(folder: Path) -> tuple[Path, ...]:
    """List the samples of a folder, by name.

    Args:
        folder: Holds samples and their twins; what begins with a dot, or ends in ``.md`` or ``.toml``,
            is neither.

    Raises:
        InputError: There is no sample, or a twin without its sample.
    """
    names = {path.name for path in folder.iterdir() if path.is_file()} if folder.is_dir() else set()
    twins = {name for name in names if name.endswith(TWIN)}
    found = sorted(
        name for name in names - twins if not name.startswith(".") and not name.endswith((".md", ".toml"))
    )
    orphans = sorted(name for name in twins if name.removesuffix(TWIN) not in names)
    if orphans:
        raise InputError(f"{folder}: {orphans[0]} is the twin of a sample that is not there")
    if not found:
        raise InputError(f"{folder}: no sample; put an export there")
    return tuple(folder / name for name in found)


def expected(path: Path, source: Source) -> dict[str, Any]:
    """Say what a source makes of a sample, in the form of its twin.

    Args:
        path: The sample.
        source: Who reads it.
    """
    return {"tables": [_table(reading) for reading in read_file(path, source)]}


def _table(reading: Reading) -> dict[str, Any]:
    return {
        "accepted": reading.accepted,
        "rejected": reading.rejected,
        "blank": reading.blank,
        "rows": {
            str(grain): [{"record": record, **values} for record, values in rows]
            for grain, rows in reading.rows.items()
        },
        "problems": [
            {
                "record": p.record,
                "line": p.first_line,
                "column": p.column,
                "code": p.code,
                "severity": p.severity,
            }
            for p in reading.problems
        ],
    }


def generate(folder: Path, source: Source, *, again: bool = False) -> tuple[Path, ...]:
    """Write the twins that are missing; look through them, they are the truth from now on.

    Args:
        folder: The samples.
        source: Who reads them.
        again: Also write anew those that are there: after a change that was meant.

    Returns:
        The twins that were written.
    """
    written = []
    for sample in samples(folder):
        twin = twin_of(sample)
        if again or not twin.exists():
            text = json.dumps(expected(sample, source), ensure_ascii=False, indent=1)
            twin.write_text(text + "\n", "utf-8")
            written.append(twin)
    return tuple(written)


def twin_of(sample: Path) -> Path:
    """Name the twin of a sample."""
    return sample.with_name(sample.name + TWIN)


def check(folder: Path, source: Source) -> tuple[str, ...]:
    """Compare what a source makes of the samples with their twins.

    Args:
        folder: The samples.
        source: Who reads them.

    Returns:
        What differs, one sentence each; empty if nothing does.

    Raises:
        InputError: A sample has no twin.
    """
    differences: list[str] = []
    for sample in samples(folder):
        twin = twin_of(sample)
        if not twin.exists():
            raise InputError(
                f"{sample.name} has no {twin.name}: it would be tested against nothing; "
                "write it with `python -m retailcrm.testing generate`, and look through it"
            )
        truth = json.loads(twin.read_text("utf-8"))
        found = json.loads(json.dumps(expected(sample, source)))
        differences += [f"{sample.name}: {text}" for text in differ(truth, found)]
    return tuple(differences)


def differ(truth: Any, found: Any, place: str = "") -> list[str]:  # noqa: ANN401 - any JSON value
    """List where two JSON values differ, by place.

    Example:
        >>> differ({"rows": [{"paid": 100}]}, {"rows": [{"paid": 101}]})
        ['rows.0.paid is 101, expected 100']
    """
    if isinstance(truth, dict) and isinstance(found, dict):
        keys = [*truth, *(key for key in found if key not in truth)]
        return [
            text
            for key in keys
            for text in differ(truth.get(key), found.get(key), f"{place}.{key}".lstrip("."))
        ]
    if isinstance(truth, list) and isinstance(found, list) and len(truth) == len(found):
        return [
            text
            for i, (one, other) in enumerate(zip(truth, found, strict=True))
            for text in differ(one, other, f"{place}.{i}".lstrip("."))
        ]
    if isinstance(truth, list) and isinstance(found, list):
        return [f"{place} has {len(found)} entries, expected {len(truth)}"]
    return [] if truth == found else [f"{place} is {found!r}, expected {truth!r}"]
