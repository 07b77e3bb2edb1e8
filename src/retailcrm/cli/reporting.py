"""The work of ``retailcrm report``: read, draw the page, print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from retailcrm.cli import accounts, figures
from retailcrm.cli.documents import run_document
from retailcrm.cli.guard import print_json
from retailcrm.cli.inputs import open_for, read_into, score_all
from retailcrm.cli.outputs import check_outputs
from retailcrm.cli.printing import console
from retailcrm.cli.scoring import exit_code, tell_done, tell_exit, tell_files
from retailcrm.cli.watch import Watch
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit
    from retailcrm.cli.options import Inputs


def report_files(
    *, inputs: Inputs, as_of: str, out: str, lang: str, problems: str | None, strict: bool, as_json: bool
) -> Exit:
    """Write the page of the files' shop and print the account of the run."""
    if Path(out).suffix not in (".html", ".htm"):
        raise SettingsError(f"--out {out}: the name must end in .html")
    check_outputs({"--out": out, "--problems": problems}, inputs.paths)
    shop, mapping = open_for(inputs, as_of)
    with shop:
        with Watch(console(errors=True)) as watch:
            read_into(shop, inputs, mapping, watch)
        tell_files(shop, problems, as_json=as_json)
        with Watch(console(errors=True)) as watch:
            watch.doing("scoring")
            scores = score_all(shop, as_of)
            watch.doing("drawing the page")
            shop.report(out, as_of=as_of, lang=lang)
        code = exit_code(shop, scores, strict=strict)
        if as_json:
            print_json(run_document("report", shop, scores, as_of=as_of, out=out, code=code))
        else:
            page = console()
            accounts.print_coverage(page, scores.coverage, scores.summary.currency)
            figures.print_rules(page, shop.policy)
            tell_done(scores, as_of, out)
        tell_exit(shop, scores, strict=strict)
    return code
