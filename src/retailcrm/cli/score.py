"""``retailcrm score``: one row for each customer."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from retailcrm.analytics.rfm import Cuts
from retailcrm.cli import accounts
from retailcrm.cli.exits import Exit
from retailcrm.cli.inputs import Inputs, open_inputs, reads_files
from retailcrm.domain.money import format_money
from retailcrm.errors import SettingsError
from retailcrm.shop.scores import VERSION, Scores

if TYPE_CHECKING:
    from retailcrm.shop.open import Shop

_LEAST_KNOWN = Fraction(1, 2)


@click.command()
@click.option(
    "--as-of",
    required=True,
    metavar="DATE",
    help="Score as things stood before this day, such as 2024-07-01.",
)
@click.option(
    "--out", default="scores.csv", show_default=True, metavar="FILE", help="Ends in .csv or .parquet."
)
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), help="Write labels for people instead of the stable keys."
)
@click.option("--use-cuts", metavar="FILE", help="RFM cut points kept from an earlier day (JSON).")
@click.option("--keep-cuts", metavar="FILE", help="Keep this day's RFM cut points (JSON).")
@click.option("--problems", metavar="FILE", help="Write every problem to this CSV file.")
@click.option("--strict", is_flag=True, help="Exit with 4 if any record had a problem.")
@click.option("--json", "as_json", is_flag=True, help="Print the account as JSON.")
@reads_files
def score(
    *, inputs: Inputs, as_of: str, out: str, lang: str | None, use_cuts: str | None, keep_cuts: str | None,
    problems: str | None, strict: bool, as_json: bool,
) -> None:  # fmt: skip
    r"""Score every customer of export FILEs: RFM, segment, activity, value class, tier, spend.

    \b
    retailcrm score ExportOrderList202403252230.csv --as-of 2024-04-01
    """
    console = Console(stderr=as_json)
    _check_out(out)
    with open_inputs(inputs, console) as shop:
        if problems is not None:
            accounts.write_problems(Path(problems), _problems(shop))
        if not as_json:
            accounts.print_accounts(console, shop.imports.accounts())
        scores = shop.insight.score(as_of, cuts=_kept_cuts(use_cuts))
        _write(scores, Path(out), lang)
        if keep_cuts is not None:
            Path(keep_cuts).write_text(
                json.dumps(scores.rfm.cuts.to_dict(), ensure_ascii=False, indent=1), "utf-8"
            )
        if as_json:
            click.echo(json.dumps(_as_dict(shop, scores, out), ensure_ascii=False, default=str))
        else:
            _print(console, shop, scores, out)
        code = exit_code(shop, scores, strict=strict)
    if code is Exit.COVERAGE:
        click.echo("retailcrm: buyers of less than half of the money are known; see --buyers", err=True)
    raise SystemExit(code)


def exit_code(shop: Shop, scores: Scores, *, strict: bool) -> Exit:
    """Choose the exit code of a run that gave scores."""
    if strict and _problems(shop):
        return Exit.PROBLEMS
    known = scores.coverage.known_money
    return Exit.COVERAGE if known is not None and known < _LEAST_KNOWN else Exit.OK


def _problems(shop: Shop) -> list[Any]:
    return [problem for file in shop.imports.accounts() for problem in file.problems]


def _check_out(out: str) -> None:
    if Path(out).suffix not in (".csv", ".parquet"):
        raise SettingsError(f"--out {out}: the name must end in .csv or .parquet")
    if not Path(out).parent.is_dir():
        raise SettingsError(f"--out {out}: there is no folder {Path(out).parent}")


def _kept_cuts(name: str | None) -> Cuts | None:
    if name is None:
        return None
    try:
        return Cuts.from_dict(json.loads(Path(name).read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise SettingsError(f"--use-cuts {name}: {error}") from error


def _write(scores: Scores, path: Path, lang: str | None) -> None:
    if path.suffix == ".parquet":
        scores.to_parquet(path)
    else:
        scores.to_csv(path, lang=lang)


def _print(console: Console, shop: Shop, scores: Scores, out: str) -> None:
    accounts.print_coverage(console, scores.coverage)
    console.print(
        f"policy {scores.policy_digest}: "
        + "; ".join(f"{n.en.lower()}: {v.en}" for n, v in shop.policy.lines()[:-1])
    )
    console.print(escape(str(scores.rfm.cuts)), style="dim")
    _print_segments(console, scores)
    for note in scores.notes:
        console.print(f"note: {note.en}")
    console.print(f"{len(scores):,} customers scored: [bold]{escape(out)}[/bold]")


def _print_segments(console: Console, scores: Scores) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("segment")
    for name in ("customers", "net"):
        table.add_column(name, justify="right")
    for i, segment in enumerate(scores.segment_map.segments):
        inside = scores.segment.codes == i
        net = format_money(int(scores.summary.net[inside].sum()), scores.summary.currency)
        table.add_row(f"{segment.label.en} {segment.label.zh}", f"{int(inside.sum()):,}", net)
    console.print(table)


def _as_dict(shop: Shop, scores: Scores, out: str) -> dict[str, Any]:
    keys = scores.segment.values.tolist()
    counts = Counter(keys[code] for code in scores.segment.codes.tolist())
    return {
        "version": VERSION,
        "out": out,
        "customers": len(scores),
        "as_of": str(scores.summary.as_of),
        "currency": scores.summary.currency,
        "zone": scores.summary.zone,
        "files": [accounts.account_dict(file) for file in shop.imports.accounts()],
        "coverage": accounts.coverage_dict(scores.coverage),
        "policy": shop.policy.to_dict(),
        "policy_digest": scores.policy_digest,
        "cuts": scores.rfm.cuts.to_dict(),
        "segments": {key: counts.get(key, 0) for key in keys},
        "notes": [note.en for note in scores.notes],
    }
