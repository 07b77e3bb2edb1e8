"""The work of ``retailcrm duplicates``: read, find who is one person, write the pairs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from retailcrm.cli.endings import exit_with_problems
from retailcrm.cli.guard import print_json
from retailcrm.cli.inputs import open_for, read_into
from retailcrm.cli.outputs import check_outputs
from retailcrm.cli.printing import console, counted, heading, paragraph, path_line, table
from retailcrm.cli.scoring import tell_files
from retailcrm.cli.watch import Watch
from retailcrm.domain.identity import EvidenceKind
from retailcrm.shop.customers.masking import masked_person
from retailcrm.shop.merges import EVIDENCE_TEXTS

if TYPE_CHECKING:
    from rich.console import Console

    from retailcrm.cli.exits import Exit
    from retailcrm.cli.options import Inputs
    from retailcrm.shop.customers import Duplicates

_SHOWN: Final = 10
"""How many groups are printed."""


def find_duplicates(*, inputs: Inputs, out: str, problems: str | None, strict: bool, as_json: bool) -> Exit:
    """Find the customers of the files that are one person, and write the pairs to look through."""
    check_outputs({"--out": out, "--problems": problems}, inputs.paths)
    shop, mapping = open_for(inputs, None)
    with shop:
        with Watch(console(errors=True)) as watch:
            read_into(shop, inputs, mapping, watch, personal=True)
        tell_files(shop, inputs, problems, as_json=as_json)
        with Watch(console(errors=True)) as watch:
            watch.doing("comparing customers")
            found = shop.customers.duplicates()
            found.to_csv(out)
        code = exit_with_problems(shop, strict=strict)
    if as_json:
        pairs = sum(len(group.pairs) for group in found)
        told = {"groups": found.found, "pairs": pairs, "households": found.households}
        print_json(
            {"command": "duplicates", "exit_code": code, "out": out, **told, "evidence": _kinds(found)}
        )
    else:
        _print(console(), found, out)
    return code


def _kinds(found: Duplicates) -> dict[str, int]:
    """Count the pairs that each kind of evidence shows."""
    kinds = Counter(
        kind for group in found for pair in group.pairs for kind in {e.kind for e in pair.evidence}
    )
    return {kind.value: kinds[kind] for kind in EvidenceKind if kinds[kind]}


def _print(out: Console, found: Duplicates, path: str) -> None:
    out.print()
    out.print(heading(f"{counted(found.found, 'group')} of customers that are probably one person"))
    if len(found):
        rows = table("group", "orders", "customer", "known of her", "because")
        for number, group in enumerate(found[:_SHOWN], 1):
            why = {pair.gone: pair.evidence for pair in group.pairs}
            for customer, orders, person in zip(group.ids, group.orders, group.people, strict=True):
                kinds = dict.fromkeys(EVIDENCE_TEXTS[e.kind] for e in why.get(customer, ()))
                mark = str(number) if customer == group.keep else ""
                rows.add_row(mark, f"{orders:,}", customer, masked_person(person), "; ".join(kinds))
        out.print(rows)
        if found.found > _SHOWN:
            out.print(f"  and {counted(found.found - _SHOWN, 'group')} more")
    if found.households:
        shared = counted(found.households, "phone")
        out.print(
            paragraph(f"{shared} shared by people of other names: households, which are left alone", "note:")
        )
    out.print()
    path_line(out, "pairs to look through, then to give with --merges: ", path)
