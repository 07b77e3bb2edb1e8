"""The work of ``retailcrm demo``: a made-up shop, its exports, and the main job on them."""

from __future__ import annotations

import importlib.resources
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

from retailcrm.cli import figures
from retailcrm.cli.exits import Exit
from retailcrm.cli.inputs import open_for, read_into, score_all
from retailcrm.cli.options import Inputs
from retailcrm.cli.printing import console, counted, heading, path_line, percent
from retailcrm.cli.watch import Watch
from retailcrm.errors import SettingsError
from retailcrm.simulate import ShopSpec, simulate_shop, write_full_exports

if TYPE_CHECKING:
    from rich.console import Console

    from retailcrm.shop.open import Shop
    from retailcrm.shop.scores import Scores

POLICY: Final = "demo_shop.toml"
"""The demo's rules, beside this module."""


def run_demo(*, out: str, customers: int, seed: int, lang: str) -> Exit:
    """Simulate the shop into a folder, score it, write its page and print a short summary."""
    spec = ShopSpec(seed=seed, customers=customers)
    folder = Path(out)
    policy = _prepared(folder)
    as_of = spec.end.isoformat()
    with Watch(console(errors=True)) as watch:
        watch.doing("simulating a shop")
        written = write_full_exports(simulate_shop(spec), folder / "exports")
        inputs = Inputs(
            files=tuple(str(path) for path in written.reports),
            policy=str(policy),
            buyers=None if written.buyers is None else str(written.buyers),
        )
        shop, mapping = open_for(inputs, as_of)
        with shop:
            read_into(shop, inputs, mapping, watch)
            for path, its_mapping in written.mapped:
                watch.doing(f"reading {path.name}")
                shop.imports.files(path, mapping=its_mapping)
            watch.doing("scoring")
            scores = score_all(shop, as_of)
            scores.to_csv(folder / "scores.csv", lang=lang)
            watch.doing("drawing the page")
            shop.report(folder / "report.html", as_of=as_of, lang=lang)
    _print(console(), shop, scores, spec)
    _print_places(console(), folder, inputs, as_of)
    return Exit.OK


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


def _print(out: Console, shop: Shop, scores: Scores, spec: ShopSpec) -> None:
    files = shop.imports.accounts()
    volumes = (scores.coverage.stable, scores.coverage.weak, scores.coverage.none)
    gross = sum(v.gross for v in volumes)
    known = percent(gross - scores.coverage.none.gross, gross)
    rejected = sum(file.rejected for file in files)
    records = counted(sum(file.records for file in files), "record")
    orders = counted(sum(volume.orders for volume in volumes), "order")
    out.print(heading(f"{shop.policy.name}: a made-up shop, {spec.months} months up to {spec.end}"))
    out.print(f"{counted(len(files), 'file')}, {records}, {rejected:,} rejected")
    out.print(f"{orders}; the buyers of {known} of the money are known")
    out.print(f"{counted(len(scores), 'customer')} scored")
    figures.print_tiers(out, scores)


def _print_places(out: Console, folder: Path, inputs: Inputs, as_of: str) -> None:
    """Say where everything lies, and what to type next."""
    places = {
        "report": "report.html", "scores": "scores.csv", "exports": "exports", "rules": "shop.toml",
    }  # fmt: skip
    out.print()
    for what, name in places.items():
        path_line(out, f"{what:<9}", str(folder / name))
    exports, rules = _quoted(str(folder / "exports")), _quoted(str(folder / "shop.toml"))
    buyers = "" if inputs.buyers is None else f" --buyers {_quoted(inputs.buyers)}"
    out.print("\nopen the report in a browser, then score the same exports by hand:\n")
    path_line(out, "", f"retailcrm score {exports}/Export*.csv{buyers} --policy {rules} --as-of {as_of}")


def _quoted(name: str) -> str:
    """Quote a name for a shell if need be; Chinese characters need it not."""
    return name if re.fullmatch(r"[\w@%+=:,./-]+", name) else shlex.quote(name)
