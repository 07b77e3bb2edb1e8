"""The work of ``retailcrm import``: read files into the database of a shop, and tell what became of them."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from retailcrm.adapters.stores.sql.location import hidden
from retailcrm.cli import accounts
from retailcrm.cli.documents import file_document
from retailcrm.cli.exits import Exit
from retailcrm.cli.guard import print_json, say
from retailcrm.cli.inputs import open_kept, read_into
from retailcrm.cli.outputs import check_outputs
from retailcrm.cli.printing import console, counted
from retailcrm.cli.scoring import tell_kept
from retailcrm.cli.watch import Watch
from retailcrm.errors import RetailCRMError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from retailcrm.cli.options import Inputs
    from retailcrm.shop.observed import FileAccount
    from retailcrm.shop.open import Shop

_PROBLEMS = 100


def import_files(
    *, inputs: Inputs, personal: bool, problems: str | None, strict: bool, as_json: bool
) -> Exit:
    """Take the files into the shop and print the account of each."""
    check_outputs({"--problems": problems}, inputs.paths)
    shop, mapping = open_kept(inputs, new=True)
    with shop:
        # Points follow once, when all is there: redemptions stand between orders of the same time.
        with _told_of_the_rest(shop), Watch(console(errors=True)) as watch, shop.history():
            read = read_into(shop, inputs, mapping, watch, personal=personal)
        found = accounts.problems_of(read)
        if problems is not None:
            accounts.write_problems(Path(problems), found)
        code = Exit.PROBLEMS if strict and found else Exit.OK
        if as_json:
            print_json(_document(shop, inputs, read, code))
        else:
            out = console()
            accounts.print_files(out, read)
            accounts.print_problems(out, found, written_to=problems)
            out.print()
            tell_kept(out, shop, inputs)
        if code is Exit.PROBLEMS:
            say(f"{counted(len(found), 'problem')} in the files, and --strict was given")
    return code


@contextmanager
def _told_of_the_rest(shop: Shop) -> Iterator[None]:
    """Where a file stops the run, say what became of those before it."""
    before = len(shop.imports.accounts())
    try:
        yield
    except RetailCRMError:
        if kept := len(shop.imports.accounts()) - before:
            say(f"{counted(kept, 'table')} before it stay imported; what follows is not: run it again")
        raise


def _document(shop: Shop, inputs: Inputs, read: Sequence[FileAccount], code: Exit) -> dict[str, Any]:
    """Describe the run as plain values; the version is added where it is printed."""
    found = accounts.problems_of(read)
    return {
        "command": "import",
        "exit_code": code,
        "db": hidden(str(inputs.db)),
        "shop": inputs.shop,
        "zone": shop.policy.zone,
        "currency": shop.policy.currency,
        "files": [{**file_document(file), "again": file.repeated} for file in read],
        "problem_count": len(found),
        "problems": [attrs.asdict(problem) for problem in found[:_PROBLEMS]],
        "policy_digest": shop.policy.digest,
    }
