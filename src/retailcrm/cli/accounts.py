"""The account of what was read: files, problems, and how much of the trade has a known buyer."""

from __future__ import annotations

import csv
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.cli.printing import counted, heading, paragraph, percent, table
from retailcrm.domain.money import format_money
from retailcrm.domain.problems import Problem, Severity
from retailcrm.shop.money_rule import PaidIs, joined

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from retailcrm.analytics.summary import Coverage
    from retailcrm.shop.observed import FileAccount

_COUNTS: Final = ("records", "accepted", "rejected", "blank", "passed")
_SELDOM: Final = ("blank", "passed")
"""Counts that are printed only where there are any."""
_SHEET: Final = re.compile(r" \[[^\]]*\]$")

_KINDS: Final = 5
"""How many kinds of problems are printed, each with its first example."""

_STRENGTHS: Final = (
    ("stable", "stable (id, full nick)"),
    ("weak", "weak (may be shared)"),
    ("none", "none (guest, masked)"),
)


def problems_of(files: Sequence[FileAccount]) -> list[Problem]:
    """Gather the problems of all files."""
    return [problem for file in files for problem in file.problems]


def print_files(out: Console, files: Sequence[FileAccount]) -> None:
    """Print a row for each file, what its amounts mean, and the kinds of problems."""
    names = short_names([file.name for file in files])
    counts = [name for name in _COUNTS if name not in _SELDOM or any(getattr(f, name) for f in files)]
    rows = table("file", "format", *counts)
    for name, file in zip(names, files, strict=True):
        rows.add_row(name, file.source, *(f"{getattr(file, count):,}" for count in counts))
    if len(files) > 1:
        sums = (sum(getattr(file, count) for file in files) for count in counts)
        rows.add_row(counted(len(files), "file"), "", *(f"{total:,}" for total in sums), style="bold")
    out.print(rows)
    for name, file in zip(names, files, strict=True):
        if file.repeated:
            out.print(paragraph(f"{name}: the same content was read before; nothing changed"))
    _print_money_rules(out, files)


def short_names(names: Sequence[str]) -> list[str]:
    """Leave out folders and the sheet, wherever two tables would not then be called the same.

    Example:
        >>> short_names(["2023/orders.csv", "2024/orders.csv", "2024/items.xlsx [Sheet1]"])
        ['2023/orders.csv', '2024/orders.csv', 'items.xlsx']
    """
    shorter = (
        [_SHEET.sub("", name.replace("\\", "/").rpartition("/")[2]) for name in names],
        [name.replace("\\", "/").rpartition("/")[2] for name in names],
        [_SHEET.sub("", name) for name in names],
        names,
    )
    of_each = zip(*shorter, strict=True)
    several = [Counter(dict(zip(names, short, strict=True)).values()) for short in shorter]
    return [
        next((short for short, used in zip(forms, several, strict=True) if used[short] == 1), forms[-1])
        for forms in of_each
    ]


def _print_money_rules(out: Console, files: Sequence[FileAccount]) -> None:
    """Say once for each convention whether the paid amounts are before or after refunds."""
    for meaning in (PaidIs.NET, PaidIs.GROSS):
        rules = [file.money_rule for file in files if file.money_rule and file.money_rule.paid_is is meaning]
        if rules:
            where = "" if len(files) == 1 else f" ({counted(len(rules), 'file')})"
            out.print(paragraph(f"{joined(rules).describe()}{where}"))


def print_problems(out: Console, problems: Sequence[Problem], *, written_to: str | None) -> None:
    """Print how many problems of each kind there are, with the first of each."""
    if not problems:
        return
    rejected = len({(p.source, p.sheet, p.record) for p in problems if p.severity is Severity.REJECTED})
    warnings = sum(p.severity is Severity.WARNING for p in problems)
    parts = [f"{rejected:,} rejected"] * bool(rejected) + [counted(warnings, "warning")] * bool(warnings)
    out.print()
    out.print(heading(f"problems: {', '.join(parts)}"))
    kinds = Counter((p.severity is Severity.WARNING, p.code) for p in problems)
    first = {(p.severity is Severity.WARNING, p.code): p for p in reversed(problems)}
    ordered = sorted(kinds, key=lambda kind: (kind[0], -kinds[kind]))
    for kind in ordered[:_KINDS]:
        example = first[kind]
        out.print(
            paragraph(f"{example.severity}: {example}", f"{kinds[kind]:>7,} x", "" if kind[0] else "yellow")
        )
    if len(kinds) > _KINDS:
        out.print(f"  and {counted(len(kinds) - _KINDS, 'kind')} more")
    place = f"all of them are in {written_to}" if written_to else "--problems FILE writes all of them"
    out.print(paragraph(place, " "))


def write_problems(path: Path, problems: Sequence[Problem]) -> None:
    """Write every problem to a CSV file."""
    names = [field.name for field in attrs.fields(Problem)]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for problem in problems:
            writer.writerow([safe(getattr(problem, name)) for name in names])


def safe(value: object) -> object:
    """Put an apostrophe before text that a spreadsheet program could take for a formula."""
    if isinstance(value, str) and value.lstrip()[:1] in tuple("=+-@＝＋－＠\t\r\n\0"):
        return f"'{value}"
    return "" if value is None else value


def print_coverage(out: Console, coverage: Coverage, currency: str) -> None:
    """Print how much of the trade has a buyer who can be told from others."""
    volumes = (coverage.stable, coverage.weak, coverage.none)
    orders, gross = sum(v.orders for v in volumes), sum(v.gross for v in volumes)
    rows = table("buyer identity", "orders", "share", "gross", "share")
    for key, name in _STRENGTHS:
        volume = getattr(coverage, key)
        rows.add_row(
            name, f"{volume.orders:,}", percent(volume.orders, orders),
            format_money(volume.gross, currency), percent(volume.gross, gross),
        )  # fmt: skip
    out.print()
    out.print(rows)
    if coverage.credit_only:
        out.print(
            paragraph(f"{counted(coverage.credit_only, 'customer')} with credit notes only: not scored")
        )
