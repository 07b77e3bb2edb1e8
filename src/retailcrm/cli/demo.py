"""``retailcrm demo``: a made-up shop, its exports, and the main job on them."""

from __future__ import annotations

import importlib.resources
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from retailcrm.cli import accounts
from retailcrm.cli.inputs import Inputs, open_inputs, with_exit_codes
from retailcrm.domain.money import format_money
from retailcrm.simulate import BUYERS_FILE, SHOP_NAME, ShopSpec, simulate_shop, write_taobao_exports

if TYPE_CHECKING:
    from retailcrm.shop.open import Shop
    from retailcrm.shop.scores import Scores

_POLICY = "demo_shop.toml"


@click.command()
@click.option("--out", default="retailcrm-demo", show_default=True, metavar="FOLDER", help="Where to.")
@click.option("--customers", default=5000, show_default=True, help="How many people.")
@click.option("--seed", default=7, show_default=True, help="Same seed, same bytes.")
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the page."
)
def demo(*, out: str, customers: int, seed: int, lang: str) -> None:
    """Simulate a Chinese food shop for 18 months, write its exports, and score them.

    Every person is made up. The exports look like a real seller's: GBK files of several generations,
    overlapping, with masked nicks in the later ones and a file that resolves most of them.
    """
    with_exit_codes(_demo)(folder=Path(out), customers=customers, seed=seed, lang=lang)


def _demo(*, folder: Path, customers: int, seed: int, lang: str) -> None:
    console = Console()
    spec = ShopSpec(seed=seed, customers=customers)
    exports = folder / "exports"
    exports.mkdir(parents=True, exist_ok=True)
    written = write_taobao_exports(simulate_shop(spec), exports)
    policy = folder / "shop.toml"
    policy.write_text(
        importlib.resources.files("retailcrm.cli").joinpath(_POLICY).read_text("utf-8"), "utf-8"
    )
    buyers = exports / BUYERS_FILE
    inputs = Inputs(
        files=tuple(str(path) for path in written if path != buyers), mapping=None, policy=str(policy), buyers=str(buyers),
        format=None, zone=None, password=None, memory=None,
    )  # fmt: skip
    as_of = spec.end.isoformat()
    with open_inputs(inputs, console) as shop:
        scores = shop.insight.score(as_of)
        scores.to_csv(folder / "scores.csv", lang=lang)
        report = shop.report(folder / "report.html", as_of=as_of, lang=lang)
        _print(console, shop, scores, as_of)
    console.print(f"exports: {escape(str(exports))}\nscores:  {escape(str(folder / 'scores.csv'))}")
    console.print(f"report:  [bold]{escape(str(report))}[/bold]  (open it in a browser)")


def _print(console: Console, shop: Shop, scores: Scores, as_of: str) -> None:
    files = shop.imports.accounts()
    summary = scores.summary
    console.print(f"[bold]{escape(shop.policy.name or SHOP_NAME)}[/bold], simulated, as of {as_of}")
    console.print(
        f"{len(files)} files, {sum(f.records for f in files):,} records, {sum(f.rejected for f in files):,} rejected"
    )
    accounts.print_coverage(console, scores.coverage)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("tier")
    for name in ("customers", "net"):
        table.add_column(name, justify="right")
    for i, key in enumerate(scores.tier.values.tolist()):
        inside = scores.tier.codes == i
        label = scores.tier_labels[key]
        net = format_money(int(summary.net[inside].sum()), summary.currency)
        table.add_row(f"{label.zh} {label.en}", f"{int(inside.sum()):,}", net)
    console.print(f"{len(scores):,} customers scored")
    console.print(table)
