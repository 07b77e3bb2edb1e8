"""The work of ``retailcrm tick``: read, find what falls due, print it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from retailcrm.cli import printing
from retailcrm.cli.endings import exit_with_problems
from retailcrm.cli.guard import print_json
from retailcrm.cli.inputs import newest_of, open_for, read_into
from retailcrm.cli.outputs import check_outputs
from retailcrm.cli.points_documents import due_document
from retailcrm.cli.printing import console, counted, heading, paragraph, path_line, table
from retailcrm.cli.programmes import refuse_without_points
from retailcrm.cli.scoring import tell_files
from retailcrm.cli.watch import Watch
from retailcrm.cli.wording import worded
from retailcrm.domain.labels import Label
from retailcrm.domain.periods import instant_of
from retailcrm.errors import ClockJumpError, InputError, SettingsError
from retailcrm.shop.loyalty.due import EVENTS

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from retailcrm.cli.exits import Exit
    from retailcrm.cli.options import Inputs
    from retailcrm.domain.points.programme import Programme
    from retailcrm.shop.loyalty.due import Due
    from retailcrm.shop.open import Shop

KINDS: Final = (".csv", ".parquet")
_COLUMNS: Final = (
    Label("日期", "day"),
    Label("事项", "what"),
    Label("积分", "points"),
    Label("顾客", "customers"),
    Label("钱包", "wallet"),
)


def list_due(
    *, inputs: Inputs, since: str, as_of: str, out: str | None, confirm_clock: bool, lang: str | None,
    problems: str | None, strict: bool, as_json: bool,
) -> Exit:  # fmt: skip
    """List what falls due between two moments."""
    if out is not None and Path(out).suffix not in KINDS:
        raise SettingsError(f"--out {out}: the name must end in .csv or .parquet")
    check_outputs({"--out": out, "--problems": problems}, inputs.paths)
    shop, mapping = open_for(inputs, as_of)
    with shop:
        programme = shop.policy.points
        if programme is None:
            return refuse_without_points("tick", inputs, as_json=as_json)
        _check_span(since, as_of, shop.policy.zone)
        with Watch(printing.console(errors=True)) as watch:
            read_into(shop, inputs, mapping, watch)
        tell_files(shop, inputs, problems, as_json=as_json)
        if not confirm_clock:
            _check_clock(shop, programme, as_of)
        with Watch(printing.console(errors=True)) as watch:
            watch.doing("looking what falls due")
            due = shop.points_due(since, as_of)
            _write(due, out)
        code = exit_with_problems(shop, strict=strict)
        if as_json:
            print_json(due_document(shop, due, since=since, as_of=as_of, out=out, code=code))
        else:
            _print(console(), due, f"{since} - {as_of}", len(programme.wallets), out, lang)
    return code


def _check_span(since: str, as_of: str, zone: str) -> None:
    """Refuse moments that are none, or in the wrong order."""
    try:
        begins, ends = instant_of(since, zone), instant_of(as_of, zone)
    except InputError as error:
        raise SettingsError(f"--since: {error}") from error
    except OverflowError as error:
        raise SettingsError(f"--since: {since} is outside the calendar") from error
    if begins >= ends:
        raise SettingsError(f"--since {since} is not before --as-of {as_of}")


def _check_clock(shop: Shop, programme: Programme, as_of: str) -> None:
    """Blow the fuse where the moment is far ahead of everything that was seen.

    Raises:
        ClockJumpError: More days than the programme allows.
    """
    zone = shop.policy.zone
    newest = newest_of(shop)
    if newest is None or instant_of(as_of, zone) - newest <= timedelta(days=programme.fuse):
        return
    raise ClockJumpError(
        f"--as-of {as_of} is more than {counted(programme.fuse, 'day')} (fuse_days of [points]) after the "
        f"newest file, of {_local(newest, zone)}: a wrong clock would let points lapse that should not. "
        "Give newer files, or --confirm-clock if the day is right"
    )


def _local(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def _write(due: Due, out: str | None) -> None:
    if out is None:
        return
    if out.endswith(".parquet"):
        due.to_parquet(out)
    else:
        due.to_csv(out)


def _print(out: Console, due: Due, span: str, wallets: int, path: str | None, lang: str | None) -> None:
    out.print()
    out.print(heading(f"{worded(Label('到期事项', 'what falls due'), lang)} ({span})"))
    if not len(due):
        out.print(paragraph(worded(Label("没有", "nothing"), lang), " "))
    else:
        shown = _COLUMNS if wallets > 1 else _COLUMNS[:-1]
        rows = table(*(worded(label, lang) for label in shown))
        for column in rows.columns[2:4]:
            column.justify = "right"
        for day in due.by_day():
            cells = (f"{day.points:,}", f"{day.customers:,}", *([day.wallet] if wallets > 1 else []))
            rows.add_row(day.day.isoformat(), worded(EVENTS[day.event], lang), *cells)
        out.print(rows)
    if path is not None:
        out.print()
        path_line(out, f"{counted(len(due), 'event')}: ", path)
