"""The work of ``retailcrm report``: read, describe, draw the page, print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from retailcrm.cli import accounts, figures
from retailcrm.cli.documents import run_document
from retailcrm.cli.guard import NobodyError, print_json, say
from retailcrm.cli.inputs import no_orders, open_for, read_into
from retailcrm.cli.outputs import check_outputs
from retailcrm.cli.printing import console, path_line
from retailcrm.cli.scoring import exit_code, tell_done, tell_exit, tell_files
from retailcrm.cli.watch import Watch
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit
    from retailcrm.cli.options import Inputs
    from retailcrm.shop.open import Shop
    from retailcrm.shop.report_data import Description


def report_files(
    *,
    inputs: Inputs,
    as_of: str,
    out: str,
    xlsx: str | None,
    lang: str,
    problems: str | None,
    strict: bool,
    as_json: bool,
) -> Exit:
    """Write the page of the files' shop and print the account of the run."""
    _check_names(out, xlsx)
    check_outputs({"--out": out, "--xlsx": xlsx, "--problems": problems}, inputs.paths)
    shop, mapping = open_for(inputs, as_of)
    with shop:
        with Watch(console(errors=True)) as watch:
            read_into(shop, inputs, mapping, watch)
        tell_files(shop, inputs, problems, as_json=as_json)
        with Watch(console(errors=True)) as watch:
            watch.doing("describing the shop")
            found = _described(shop, as_of)
            watch.doing("drawing the page")
            shop.write(found, out, lang=lang, xlsx=xlsx)
        code = exit_code(shop, found.scores, strict=strict)
        if as_json:
            print_json(run_document("report", shop, found.scores, as_of=as_of, out=out, code=code))
        else:
            _tell(shop, found, as_of, out, xlsx)
        tell_exit(shop, found.scores, strict=strict)
        if not found.data.headline.orders and (why := no_orders(shop, as_of)):
            say(f"warning: the page shows no order: {why}")
    return code


def _check_names(out: str, xlsx: str | None) -> None:
    if Path(out).suffix not in (".html", ".htm"):
        raise SettingsError(f"--out {out}: the name must end in .html")
    if xlsx is not None and Path(xlsx).suffix != ".xlsx":
        raise SettingsError(f"--xlsx {xlsx}: the name must end in .xlsx")


def _described(shop: Shop, as_of: str) -> Description:
    """Describe the shop: whatever there is, a member list or reviews alone too, makes a page.

    Raises:
        NobodyError: Nothing was read.
    """
    if not any(file.accepted for file in shop.imports.accounts()):
        raise NobodyError("nothing to report: the files hold no record; choose a longer time when you export")
    return shop.describe(as_of)


def _tell(shop: Shop, found: Description, as_of: str, out: str, xlsx: str | None) -> None:
    page = console()
    if found.data.headline.orders:
        accounts.print_coverage(page, found.scores.coverage, found.scores.summary.currency)
    figures.print_rules(page, shop.policy)
    if len(found.scores):
        tell_done(found.scores, as_of, out)
    else:
        page.print()
        path_line(page, f"the shop as of {as_of}, no customer scored: ", out)
    if xlsx is not None:
        path_line(page, "its tables: ", xlsx)
