"""The work of ``retailcrm import``: read files into the database of a shop, and tell what became of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from retailcrm.adapters.stores.sql.location import hidden
from retailcrm.cli import accounts
from retailcrm.cli.documents import file_document
from retailcrm.cli.exits import Exit
from retailcrm.cli.guard import exit_of, print_json, reason_of, say, sentence, told
from retailcrm.cli.inputs import open_kept, read_each
from retailcrm.cli.outputs import check_outputs
from retailcrm.cli.printing import console, counted
from retailcrm.cli.scoring import tell_kept
from retailcrm.cli.watch import Watch
from retailcrm.errors import RetailCRMError

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        read: list[FileAccount] = []
        try:
            # Points follow once, when all is there: redemptions stand between orders of the same time.
            with Watch(console(errors=True)) as watch, shop.history():
                read.extend(read_each(shop, inputs, mapping, watch, personal=personal))
        except (RetailCRMError, OSError) as error:
            return _stopped(inputs, read, watch.current, told("import", error), as_json=as_json)
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


def _stopped(
    inputs: Inputs, read: Sequence[FileAccount], at: str, error: Exception, *, as_json: bool
) -> Exit:
    """Say what stopped the run, and what became of every other file."""
    code, rest = exit_of(error), _after(inputs, read, at)
    if as_json:
        done = [_file(file) for file in read]
        reason = reason_of(error)
        print_json({"command": "import", "exit_code": code, "error": reason, "files": done, "not_read": rest})
    say(sentence(error))
    for file in read:
        if file.repeated:
            say(f"{file.name}: the same content was read before; nothing changed")
        else:
            say(f"{file.name}: imported, {file.accepted:,} of {counted(file.records, 'record')}")
    for name in rest:
        say(f"{name}: not read")
    if read or rest:
        say("what was imported stays; mend the rest, and run the same again")
    return code


def _after(inputs: Inputs, read: Sequence[FileAccount], at: str) -> list[str]:
    """Give the files that the run did not come to, in the order in which they are read."""
    beside = [inputs.buyers, *(name for name, _ in inputs.also), inputs.merges, inputs.redemptions]
    every = [*inputs.files, *(name for name in beside if name is not None)]
    done = {file.name for file in read}
    return [name for name in every[every.index(at) + 1 :] if name not in done] if at in every else every


def _file(file: FileAccount) -> dict[str, Any]:
    return {**file_document(file), "again": file.repeated}


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
        "files": [_file(file) for file in read],
        "problem_count": len(found),
        "problems": [attrs.asdict(problem) for problem in found[:_PROBLEMS]],
        "policy_digest": shop.policy.digest,
    }
