"""``retailcrm report``: the shop's page."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from retailcrm.cli import accounts
from retailcrm.cli.exits import Exit
from retailcrm.cli.inputs import Inputs, open_inputs, reads_files
from retailcrm.errors import SettingsError


@click.command()
@click.option("--as-of", required=True, metavar="DATE", help="Describe the shop as it stood before this day.")
@click.option("--out", default="report.html", show_default=True, metavar="FILE", help="The page.")
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the page."
)
@click.option("--problems", metavar="FILE", help="Write every problem to this CSV file.")
@click.option("--strict", is_flag=True, help="Exit with 4 if any record had a problem.")
@click.option("--json", "as_json", is_flag=True, help="Print the account as JSON.")
@reads_files
def report(
    *, inputs: Inputs, as_of: str, out: str, lang: str, problems: str | None, strict: bool, as_json: bool
) -> None:
    r"""Write the analysis report of export FILEs: one HTML page that needs no network.

    \b
    retailcrm report ExportOrderList202403252230.csv --as-of 2024-04-01 --out shop.html
    """
    console = Console(stderr=as_json)
    if not Path(out).parent.is_dir():
        raise SettingsError(f"--out {out}: there is no folder {Path(out).parent}")
    with open_inputs(inputs, console) as shop:
        files = shop.imports.accounts()
        found = [problem for file in files for problem in file.problems]
        if problems is not None:
            accounts.write_problems(Path(problems), found)
        shop.report(out, as_of=as_of, lang=lang)
        if as_json:
            click.echo(
                json.dumps(
                    {"out": out, "files": [accounts.account_dict(f) for f in files]},
                    ensure_ascii=False,
                    default=str,
                )
            )
        else:
            accounts.print_accounts(console, files)
            console.print(f"report: [bold]{escape(out)}[/bold]")
    raise SystemExit(Exit.PROBLEMS if strict and found else Exit.OK)
