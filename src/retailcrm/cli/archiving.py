"""The work of ``retailcrm archive``: read, write the table, print the account of the run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from retailcrm.cli.endings import exit_with_problems
from retailcrm.cli.guard import print_json
from retailcrm.cli.inputs import moment_or_newest, open_for, read_into
from retailcrm.cli.outputs import check_outputs
from retailcrm.cli.printing import console, counted, path_line
from retailcrm.cli.scoring import tell_files
from retailcrm.cli.watch import Watch
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from retailcrm.cli.exits import Exit
    from retailcrm.cli.options import Inputs


def write_archive(
    *,
    inputs: Inputs,
    as_of: str | None,
    out: str,
    lang: str,
    problems: str | None,
    strict: bool,
    as_json: bool,
) -> Exit:
    """Write the archive table of the files' shop."""
    if Path(out).suffix not in (".xlsx", ".csv"):
        raise SettingsError(f"--out {out}: the name must end in .xlsx or .csv")
    check_outputs({"--out": out, "--problems": problems}, inputs.paths)
    shop, mapping = open_for(inputs, as_of)
    with shop:
        with Watch(console(errors=True)) as watch:
            read_into(shop, inputs, mapping, watch, personal=True)
        tell_files(shop, inputs, problems, as_json=as_json)
        moment = moment_or_newest(shop, as_of)
        with Watch(console(errors=True)) as watch:
            watch.doing("writing the table")
            table = shop.customers.archive(moment)
            rows = (table.to_csv if out.endswith(".csv") else table.to_xlsx)(out, lang=lang)
        code = exit_with_problems(shop, strict=strict)
        if as_json:
            told = {"exit_code": code, "out": out, "as_of": moment, "orders": rows}
            print_json({"command": "archive", **told})
        else:
            page = console()
            page.print()
            path_line(page, f"{counted(rows, 'order')} as of {moment}: ", out)
    return code
