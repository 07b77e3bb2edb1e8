"""The work of ``retailcrm tick`` on a database: write what fell due, and print it."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from retailcrm.adapters.stores.sql.location import hidden
from retailcrm.cli import printing
from retailcrm.cli.accounts import safe
from retailcrm.cli.exits import Exit
from retailcrm.cli.guard import print_json
from retailcrm.cli.inputs import open_kept
from retailcrm.cli.outputs import check_outputs
from retailcrm.cli.printing import console, counted, heading, paragraph, path_line, table
from retailcrm.cli.programmes import refuse_without_points
from retailcrm.cli.watch import Watch
from retailcrm.cli.wording import worded
from retailcrm.domain.labels import Label
from retailcrm.domain.periods import instant_of
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.telling import VERBS
from retailcrm.errors import InputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from rich.console import Console

    from retailcrm.cli.options import Inputs
    from retailcrm.domain.events import PointsMoved
    from retailcrm.shop.loyalty.advancing import Advanced
    from retailcrm.shop.open import Shop

_COLUMNS = (
    Label("日期", "day"),
    Label("事项", "what"),
    Label("积分", "points"),
    Label("顾客", "customers"),
    Label("钱包", "wallet"),
)


def write_due(
    *, inputs: Inputs, now: str | None, out: str | None, confirm_clock: bool, lang: str | None,
    problems: str | None, strict: bool, as_json: bool,
) -> Exit:  # fmt: skip
    """Write what fell due up to a moment, and print the events of this run."""
    if problems is not None or strict:
        raise SettingsError("--problems and --strict are about files; this reads none")
    if out is not None and Path(out).suffix != ".csv":
        raise SettingsError(f"--out {out}: the name must end in .csv")
    check_outputs({"--out": out}, inputs.paths)
    shop, _ = open_kept(inputs)
    with shop:
        if shop.policy.points is None:
            return refuse_without_points("tick", inputs, as_json=as_json)
        moment = _moment(now, shop.policy.zone)
        with Watch(printing.console(errors=True)) as watch:
            watch.doing("writing what fell due")
            done = shop.advance(moment, confirm_clock=confirm_clock)
        zone = ZoneInfo(shop.policy.zone)
        if out is not None:
            _write(Path(out), done.events, zone)
        if as_json:
            print_json(_document(shop, inputs, done, out, zone))
        else:
            _print(console(), done, zone, out, lang)
    return Exit.OK


def _moment(now: str | None, zone: str) -> datetime:
    if now is None:
        return datetime.now(UTC)
    try:
        return instant_of(now, zone)
    except InputError as error:
        raise SettingsError(f"--now: {error}") from error
    except OverflowError as error:
        raise SettingsError(f"--now: {now} is outside the calendar") from error


def _write(path: Path, events: Sequence[PointsMoved], zone: ZoneInfo) -> None:
    """Write a row an event."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("at", "event", "customer_id", "points", "wallet", "reference"))
        for one in events:
            at = f"{one.at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
            row = (at, one.what, str(one.customer), one.points, one.wallet, one.reference)
            writer.writerow([safe(value) for value in row])


def _document(shop: Shop, inputs: Inputs, done: Advanced, out: str | None, zone: ZoneInfo) -> dict[str, Any]:
    """Describe the run as plain values; the version is added where it is printed."""
    return {
        "command": "tick",
        "exit_code": Exit.OK,
        "db": hidden(str(inputs.db)),
        "shop": inputs.shop,
        "now": done.now.astimezone(zone).isoformat(),
        "since": done.since.astimezone(zone).isoformat(),
        "zone": shop.policy.zone,
        "policy_digest": shop.policy.digest,
        "accounts": done.accounts,
        "out": out,
        "days": [
            {"day": day.isoformat(), "event": what, "wallet": wallet, "points": points, "customers": many}
            for (day, what, wallet), (points, many) in _by_day(done.events, zone)
        ],
        "events": [
            {
                "at": one.at.astimezone(zone).isoformat(),
                "event": one.what,
                "customer_id": str(one.customer),
                "points": one.points,
                "wallet": one.wallet,
                "reference": one.reference,
            }
            for one in done.events
        ],
    }


def _by_day(
    events: Iterable[PointsMoved], zone: ZoneInfo
) -> list[tuple[tuple[date, str, str], tuple[int, int]]]:
    """Add up points and customers of each local day, kind and wallet."""
    points: dict[tuple[date, str, str], int] = defaultdict(int)
    whose: dict[tuple[date, str, str], set[str]] = defaultdict(set)
    for one in events:
        key = (one.at.astimezone(zone).date(), one.what, one.wallet)
        points[key] += one.points
        whose[key].add(str(one.customer))
    return [(key, (points[key], len(whose[key]))) for key in sorted(points)]


def _print(out: Console, done: Advanced, zone: ZoneInfo, path: str | None, lang: str | None) -> None:
    title = worded(Label("已写入的到期事项", "written as due"), lang)
    out.print(heading(f"{title} ({done.now.astimezone(zone):%Y-%m-%d %H:%M})"))
    days = _by_day(done.events, zone)
    if not days:
        out.print(paragraph(worded(Label("没有", "nothing"), lang), " "))
    else:
        wallets = {wallet for (_, _, wallet), _ in days}
        shown = _COLUMNS if len(wallets) > 1 else _COLUMNS[:-1]
        rows = table(*(worded(label, lang) for label in shown))
        for column in rows.columns[2:4]:
            column.justify = "right"
        for (day, what, wallet), (points, many) in days:
            cells = (f"{points:,}", f"{many:,}", *([wallet] if len(wallets) > 1 else []))
            rows.add_row(day.isoformat(), worded(VERBS[Verb(what)], lang), *cells)
        out.print(rows)
    if path is not None:
        out.print()
        path_line(out, f"{counted(len(done.events), 'event')}: ", path)
