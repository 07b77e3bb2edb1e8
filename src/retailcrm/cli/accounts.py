"""The account of what was read, for people and for programs."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final

import attrs
from rich.markup import escape
from rich.table import Table

from retailcrm.domain.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from retailcrm.analytics.summary import Coverage
    from retailcrm.shop.observed import FileAccount

_SHOWN: Final = 5


def print_accounts(console: Console, files: Sequence[FileAccount]) -> None:
    """Print a row for each file and the first problems."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("file", "format"):
        table.add_column(name)
    for name in ("records", "accepted", "rejected", "blank"):
        table.add_column(name, justify="right")
    for file in files:
        counts = (file.records, file.accepted, file.rejected, file.blank)
        table.add_row(escape(short_name(file)), escape(file.source), *(f"{n:,}" for n in counts))
    console.print(table)
    for file in files:
        if file.repeated:
            console.print(f"{escape(short_name(file))}: the same content was read before; nothing changed")
        if file.money_rule is not None:
            console.print(f"{escape(short_name(file))}: {file.money_rule.describe()}", style="dim")
    print_problems(console, [problem for file in files for problem in file.problems])


def short_name(file: FileAccount) -> str:
    """Give the file's name without folders."""
    return file.name.replace("\\", "/").rpartition("/")[2]


def print_problems(console: Console, problems: Sequence[Problem]) -> None:
    """Print the first problems and how many more there are."""
    for problem in problems[:_SHOWN]:
        console.print(f"  {problem.severity}: {escape(str(problem))}", style="yellow")
    if len(problems) > _SHOWN:
        console.print(
            f"  ... and {len(problems) - _SHOWN:,} more; --problems FILE writes all of them", style="yellow"
        )


def write_problems(path: Path, problems: Sequence[Problem]) -> None:
    """Write every problem to a CSV file."""
    names = [field.name for field in attrs.fields(Problem)]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for problem in problems:
            writer.writerow([_safe(getattr(problem, name)) for name in names])


def _safe(value: object) -> object:
    """Put an apostrophe before text that a spreadsheet program could take for a formula."""
    if isinstance(value, str) and value.lstrip()[:1] in ("=", "+", "-", "@", "＝", "＋", "－", "＠"):
        return f"'{value}"
    return "" if value is None else value


def print_coverage(console: Console, coverage: Coverage) -> None:
    """Print how much of the trade has a known buyer."""
    parts = []
    orders = sum(v.orders for v in (coverage.stable, coverage.weak, coverage.none))
    gross = sum(v.gross for v in (coverage.stable, coverage.weak, coverage.none))
    for name, volume in (("stable", coverage.stable), ("weak", coverage.weak), ("none", coverage.none)):
        share = f"{volume.gross / gross:.1%}" if gross else "-"
        parts.append(f"{name} {volume.orders:,} orders, {share} of money")
    console.print(f"buyer identity ({orders:,} orders): {'; '.join(parts)}")


def account_dict(file: FileAccount) -> dict[str, Any]:
    """Give the account as plain values."""
    plain: dict[str, Any] = {
        name: getattr(file, name)
        for name in ("name", "source", "reason", "records", "accepted", "rejected", "blank", "repeated")
    }
    plain["exported_at"] = file.exported_at.isoformat()
    plain["money_rule"] = None if file.money_rule is None else attrs.asdict(file.money_rule)
    plain["problems"] = [attrs.asdict(problem) for problem in file.problems]
    return plain


def coverage_dict(coverage: Coverage) -> dict[str, Any]:
    """Give the coverage as plain values."""
    known = coverage.known_money
    return {**attrs.asdict(coverage), "known_money": None if known is None else float(known)}
