"""The work of ``retailcrm score``: read, score, write, print."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from retailcrm.adapters.stores.sql.location import hidden
from retailcrm.analytics.rfm import Cuts
from retailcrm.cli import accounts, figures
from retailcrm.cli.documents import run_document
from retailcrm.cli.exits import Exit
from retailcrm.cli.guard import print_json, say
from retailcrm.cli.inputs import open_for, read_into, score_all
from retailcrm.cli.outputs import check_outputs
from retailcrm.cli.printing import console, counted, path_line
from retailcrm.cli.watch import Watch
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from rich.console import Console

    from retailcrm.cli.options import Inputs
    from retailcrm.shop.open import Shop
    from retailcrm.shop.scores import Scores

_LEAST_KNOWN: Final = Fraction(1, 2)
_KINDS: Final = (".csv", ".parquet")


def score_files(
    *, inputs: Inputs, as_of: str, out: str, lang: str | None, use_cuts: str | None, keep_cuts: str | None,
    problems: str | None, strict: bool, as_json: bool,
) -> Exit:  # fmt: skip
    """Score the customers of the files, write the scores and print the account of the run."""
    _check_kind(out, lang)
    read = inputs.paths if use_cuts is None else (*inputs.paths, use_cuts)
    check_outputs({"--out": out, "--keep-cuts": keep_cuts, "--problems": problems}, read)
    cuts = None if use_cuts is None else _kept_cuts(use_cuts)
    shop, mapping = open_for(inputs, as_of)
    with shop:
        with Watch(console(errors=True)) as watch:
            read_into(shop, inputs, mapping, watch)
        tell_files(shop, inputs, problems, as_json=as_json)
        with Watch(console(errors=True)) as watch:
            watch.doing("scoring")
            scores = score_all(shop, as_of, cuts)
            _write(scores, Path(out), lang)
        if keep_cuts is not None:
            kept = json.dumps(scores.rfm.cuts.to_dict(), ensure_ascii=False, indent=1)
            Path(keep_cuts).write_text(f"{kept}\n", "utf-8")
        code = exit_code(shop, scores, strict=strict)
        if as_json:
            print_json(run_document("score", shop, scores, as_of=as_of, out=out, code=code))
        else:
            _print(console(), shop, scores, use_cuts)
            tell_done(scores, as_of, out)
        tell_exit(shop, scores, strict=strict)
    return code


def _check_kind(out: str, lang: str | None) -> None:
    kind = Path(out).suffix
    if kind not in _KINDS:
        raise SettingsError(f"--out {out}: the name must end in .csv or .parquet")
    if lang is not None and kind != ".csv":
        raise SettingsError(
            f"--lang {lang}: only a .csv file takes labels; a .parquet file keeps stable keys"
        )


def _kept_cuts(name: str) -> Cuts:
    """Read cut points that an earlier run kept."""
    try:
        plain = json.loads(Path(name).read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"--use-cuts {name}: {error.strerror}") from error
    except ValueError:
        plain = None
    if not isinstance(plain, dict):
        raise SettingsError(f"--use-cuts {name}: not a file that --keep-cuts wrote")
    try:
        return Cuts.from_dict(plain)
    except SettingsError as error:
        raise SettingsError(f"--use-cuts {name}: {error}") from error


def tell_files(shop: Shop, inputs: Inputs, problems: str | None, *, as_json: bool) -> None:
    """Print the account of what was read, and write its problems where they are wanted."""
    files = shop.imports.accounts()
    found = accounts.problems_of(files)
    if problems is not None:
        accounts.write_problems(Path(problems), found)
    if as_json:
        return
    out = console()
    if inputs.db is not None:
        tell_kept(out, shop, inputs)
        return
    accounts.print_files(out, files)
    accounts.print_problems(out, found, written_to=problems)


def tell_kept(out: Console, shop: Shop, inputs: Inputs) -> None:
    """Say in one line which shop of which database it is, and what it was told of."""
    files = shop.imports.accounts()
    newest = max((file.exported_at for file in files), default=None)
    of_day = (
        "" if newest is None else f", the newest of {newest.astimezone(ZoneInfo(shop.policy.zone)):%Y-%m-%d}"
    )
    path_line(out, f"shop {inputs.shop}, {counted(len(files), 'file')}{of_day}: ", hidden(str(inputs.db)))
    if shop.policy_since is not None:
        day = f"{shop.policy_since.astimezone(ZoneInfo(shop.policy.zone)):%Y-%m-%d}"
        out.print(f"policy {shop.policy.digest}, kept with the shop since {day}")


def _write(scores: Scores, path: Path, lang: str | None) -> None:
    if path.suffix == ".parquet":
        scores.to_parquet(path)
    else:
        scores.to_csv(path, lang=lang)


def _print(out: Console, shop: Shop, scores: Scores, use_cuts: str | None) -> None:
    accounts.print_coverage(out, scores.coverage, scores.summary.currency)
    figures.print_rules(out, shop.policy)
    figures.print_cuts(out, scores.rfm.cuts, origin=_origin(scores, use_cuts))
    figures.print_segments(out, scores)
    figures.print_activity(out, scores)
    figures.print_value_classes(out, scores)
    figures.print_tiers(out, scores)
    figures.print_notes(out, scores)


def _origin(scores: Scores, use_cuts: str | None) -> str:
    """Say on whom the cut points were fitted."""
    cuts = scores.rfm.cuts
    if use_cuts is None:
        return f"fitted on these {counted(cuts.customers, 'customer')}"
    fitted = datetime.fromisoformat(cuts.as_of).replace(tzinfo=UTC).astimezone(ZoneInfo(scores.summary.zone))
    return f"{use_cuts}: fitted on {counted(cuts.customers, 'customer')} as of {fitted:%Y-%m-%d}"


def tell_done(scores: Scores, as_of: str, path: str) -> None:
    """Print how many were scored, and where the result lies."""
    out = console()
    out.print()
    path_line(out, f"{counted(len(scores), 'customer')} scored as of {as_of}: ", path)


def exit_code(shop: Shop, scores: Scores, *, strict: bool) -> Exit:
    """Choose the exit code of a run that gave scores."""
    if strict and accounts.problems_of(shop.imports.accounts()):
        return Exit.PROBLEMS
    return Exit.COVERAGE if _little_known(scores) else Exit.OK


def _little_known(scores: Scores) -> bool:
    known = scores.coverage.known_money
    return known is not None and known < _LEAST_KNOWN


def tell_exit(shop: Shop, scores: Scores, *, strict: bool) -> None:
    """Say in a sentence each why the exit code is not 0."""
    found = len(accounts.problems_of(shop.imports.accounts()))
    if strict and found:
        say(f"{counted(found, 'problem')} in the files, and --strict was given")
    known = scores.coverage.known_money
    if known is not None and _little_known(scores):
        say(
            f"warning: buyers are known for {float(known):.1%} of the money only, and the scores speak "
            "of them alone; --buyers FILE joins masked orders to their buyers"
        )
