"""The work of ``retailcrm demo``: a made-up shop, its exports, and the main job on them."""

from __future__ import annotations

import fnmatch
import importlib.resources
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from retailcrm.cli import figures
from retailcrm.cli.demo_shop import DATABASE, fresh_url, kept, kept_lines
from retailcrm.cli.exits import Exit
from retailcrm.cli.inputs import score_all
from retailcrm.cli.options import Inputs
from retailcrm.cli.printing import console, counted, heading, path_line, percent
from retailcrm.cli.watch import Watch
from retailcrm.errors import SettingsError
from retailcrm.simulate import ShopSpec, simulate_shop, write_full_exports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from retailcrm.shop.loyalty.redemptions_file import Taken
    from retailcrm.shop.observed import FileAccount
    from retailcrm.shop.scores import Scores

POLICY: Final = "demo_shop.toml"
"""The demo's rules, beside this module."""

REPORTS: Final = ("Export*.csv", "退款列表*.csv")
"""Names of the reports among the exports, as a shell finds them: orders with their lines, refunds."""


def run_demo(*, out: str, customers: int, seed: int, lang: str) -> Exit:
    """Simulate the shop into a folder, score it, write its page and print a short summary."""
    spec = ShopSpec(seed=seed, customers=customers)
    folder = Path(out)
    policy = _prepared(folder)
    url = fresh_url(folder)
    as_of = spec.end.isoformat()
    with Watch(console(errors=True)) as watch:
        watch.doing("simulating a shop")
        written = write_full_exports(simulate_shop(spec), folder / "exports")
        inputs = Inputs(
            # In the order in which a shell lists them, so that the printed command makes the same page.
            files=tuple(sorted(str(path) for path in written.reports)),
            policy=str(policy),
            buyers=None if written.buyers is None else str(written.buyers),
        )
        with kept(url, inputs, written, watch) as (shop, taken):
            watch.doing("scoring")
            scores = score_all(shop, as_of)
            scores.to_csv(folder / "scores.csv", lang=lang)
            watch.doing("drawing the page")
            shop.report(folder / "report.html", as_of=as_of, lang=lang)
            files = shop.imports.accounts()
    _print(console(), shop.policy.name, files, scores, spec, taken)
    read = attrs.evolve(
        inputs,
        also=tuple((str(path), str(its)) for path, its in written.mapped),
        redemptions=str(written.redemptions),
    )
    _print_places(console(), folder, read, as_of, lang, _known(scores))
    return Exit.OK


def _known(scores: Scores) -> str:
    """Give a customer of whom something can be told: the one who bought most often."""
    return str(scores.customer_ids[int(scores.summary.orders.argmax())])


def _prepared(folder: Path) -> Path:
    """Make the folder with the demo's rules in it; never replace rules of somebody else."""
    rules = importlib.resources.files("retailcrm.cli").joinpath(POLICY).read_bytes()
    path = folder / "shop.toml"
    if folder.exists() and not folder.is_dir():
        raise SettingsError(f"--out {folder}: this is a file; give a folder")
    if path.exists() and path.read_bytes() != rules:
        raise SettingsError(f"--out {folder}: its shop.toml is not the demo's; give another folder")
    (folder / "exports").mkdir(parents=True, exist_ok=True)
    path.write_bytes(rules)
    return path


def _print(
    out: Console, name: str, files: Sequence[FileAccount], scores: Scores, spec: ShopSpec, taken: Taken
) -> None:
    volumes = (scores.coverage.stable, scores.coverage.weak, scores.coverage.none)
    gross = sum(v.gross for v in volumes)
    known = percent(gross - scores.coverage.none.gross, gross)
    rejected = sum(file.rejected for file in files)
    records = counted(sum(file.records for file in files), "record")
    orders = counted(sum(volume.orders for volume in volumes), "order")
    out.print(heading(f"{name}: a made-up shop, {spec.months} months up to {spec.end}"))
    out.print(f"{counted(len(files), 'file')}, {records}, {rejected:,} rejected")
    out.print(f"{orders}; the buyers of {known} of the money are known")
    spent = f"{counted(taken.redemptions, 'redemption')} of {counted(taken.points, 'point')}"
    out.print(f"{counted(len(scores), 'customer')} scored, {spent}")
    figures.print_tiers(out, scores)


def _print_places(out: Console, folder: Path, inputs: Inputs, as_of: str, lang: str, who: str) -> None:
    """Say where everything lies, and what to type next."""
    places = {
        "report": "report.html", "scores": "scores.csv", "exports": "exports", "rules": "shop.toml",
        "shop": DATABASE,
    }  # fmt: skip
    out.print()
    for what, name in places.items():
        path_line(out, f"{what:<9}", str(folder / name))
    out.print("\nopen the report in a browser; this command makes the same page:\n")
    for line in _report_command(folder, inputs, as_of, lang):
        path_line(out, "", line)
    out.print("\nthe shop is kept in a database too; go on with it:\n")
    kept = _quoted(f"sqlite:///{folder / DATABASE}")
    for line in kept_lines(kept, as_of, _quoted(who)):
        path_line(out, "", line)
    out.print("\nand this one scores the same exports by hand:\n")
    path_line(out, "", " ".join(("retailcrm score", *_read_by_hand(folder, inputs, as_of))))


def _read_by_hand(folder: Path, inputs: Inputs, as_of: str) -> tuple[str, ...]:
    """List what the commands that read the exports have in common."""
    exports, rules = _quoted(str(folder / "exports")), _quoted(str(folder / "shop.toml"))
    names = [Path(file).name for file in inputs.files]
    # A shell hands on a pattern that finds nothing as if it were a file.
    found = " ".join(f"{exports}/{pattern}" for pattern in REPORTS if fnmatch.filter(names, pattern))
    buyers = () if inputs.buyers is None else (f"--buyers {_quoted(inputs.buyers)}",)
    return (found, *buyers, f"--policy {rules}", f"--as-of {as_of}")


def _report_command(folder: Path, inputs: Inputs, as_of: str, lang: str) -> list[str]:
    """Write the command that makes the demo's page, an option a line; a shell joins the lines."""
    with_them = (f"--with {_quoted(file)} {_quoted(mapping)}" for file, mapping in inputs.also)
    points = [] if inputs.redemptions is None else [f"--redemptions {_quoted(inputs.redemptions)}"]
    last = f"--lang {lang} --out {_quoted(str(folder / 'report.html'))}"
    first, *rest = (*_read_by_hand(folder, inputs, as_of), *with_them, *points, last)
    lines = [f"retailcrm report {first}", *(f"  {line}" for line in rest)]
    return [*(f"{line} \\" for line in lines[:-1]), lines[-1]]


def _quoted(name: str) -> str:
    """Quote a name for a shell if need be; Chinese characters need it not."""
    return name if re.fullmatch(r"[\w@%+=:,./-]+", name) else shlex.quote(name)
