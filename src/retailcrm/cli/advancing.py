"""The work of ``retailcrm tick`` on a database: write what fell due, and print it."""

from __future__ import annotations

import csv
from collections import defaultdict
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import attrs

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
        with ExitStack() as stack, Watch(printing.console(errors=True)) as watch:
            watch.doing("writing what fell due")
            events = _Events(zone=ZoneInfo(shop.policy.zone), out=out, all_kept=as_json, stack=stack)
            done = shop.advance(moment, confirm_clock=confirm_clock, each=events.take)
            events.sheet()
        if as_json:
            print_json(_document(shop, inputs, done, events))
        else:
            _print(console(), done, events, lang)
    return Exit.OK


@attrs.define(eq=False, kw_only=True)
class _Events:
    """Takes what happened, event by event: a run over millions of lots keeps only its sums.

    Attributes:
        zone: Whose days count.
        out: The file that gets a row an event, if there is one; not made before anything was written.
        all_kept: Whether all of them are printed, and so kept.
        stack: Closes the file.
        count: How many there were.
        kept: All of them, if they are kept.
    """

    zone: ZoneInfo
    out: str | None
    all_kept: bool
    stack: ExitStack
    count: int = 0
    kept: list[PointsMoved] = attrs.field(factory=list)
    _points: dict[tuple[date, str, str], int] = attrs.field(factory=lambda: defaultdict(int))
    _whose: dict[tuple[date, str, str], set[str]] = attrs.field(factory=lambda: defaultdict(set))
    _rows: Any = None

    def take(self, one: PointsMoved) -> None:
        """Take an event."""
        self.count += 1
        at = one.at.astimezone(self.zone)
        key = (at.date(), one.what, one.wallet)
        self._points[key] += one.points
        self._whose[key].add(str(one.customer))
        if self.all_kept:
            self.kept.append(one)
        if (rows := self.sheet()) is not None:
            told = (
                f"{at:%Y-%m-%d %H:%M:%S}",
                one.what,
                str(one.customer),
                one.points,
                one.wallet,
                one.reference,
            )
            rows.writerow([safe(value) for value in told])

    def sheet(self) -> Any:  # noqa: ANN401 - what csv gives has no public type
        """Give what writes rows into the file, whose first one names the columns; ``None`` without one."""
        if self._rows is None and self.out is not None:
            opened = Path(self.out).open("w", encoding="utf-8-sig", newline="")  # noqa: SIM115 - the stack's
            file = self.stack.enter_context(opened)
            self._rows = csv.writer(file)
            self._rows.writerow(("at", "event", "customer_id", "points", "wallet", "reference"))
        return self._rows

    def days(self) -> list[tuple[tuple[date, str, str], tuple[int, int]]]:
        """Give points and customers of each local day, kind and wallet."""
        return [(key, (self._points[key], len(self._whose[key]))) for key in sorted(self._points)]


def _moment(now: str | None, zone: str) -> datetime:
    if now is None:
        return datetime.now(UTC)
    try:
        return instant_of(now, zone)
    except InputError as error:
        raise SettingsError(f"--now: {error}") from error
    except OverflowError as error:
        raise SettingsError(f"--now: {now} is outside the calendar") from error


def _document(shop: Shop, inputs: Inputs, done: Advanced, events: _Events) -> dict[str, Any]:
    """Describe the run as plain values; the version is added where it is printed."""
    zone = events.zone
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
        "out": events.out,
        "days": [
            {"day": day.isoformat(), "event": what, "wallet": wallet, "points": points, "customers": many}
            for (day, what, wallet), (points, many) in events.days()
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
            for one in events.kept
        ],
    }


def _print(out: Console, done: Advanced, events: _Events, lang: str | None) -> None:
    title = worded(Label("已写入的到期事项", "written as due"), lang)
    out.print(heading(f"{title} ({done.now.astimezone(events.zone):%Y-%m-%d %H:%M})"))
    days = events.days()
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
    if events.out is not None:
        out.print()
        path_line(out, f"{counted(events.count, 'event')}: ", events.out)
