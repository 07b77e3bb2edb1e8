"""One customer's points in print: her journal, and what she has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from retailcrm.cli.printing import grid, heading, paragraph, table
from retailcrm.cli.wording import worded
from retailcrm.domain.labels import Label
from retailcrm.domain.money import format_money
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.telling import VERBS
from retailcrm.shop.loyalty.balance_table import value_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console

    from retailcrm.domain.points.wallets import Wallet
    from retailcrm.shop.loyalty.journal_of import Journal, JournalLine
    from retailcrm.shop.policy import Policy

ORDER: Final = "order"
"""Kind of what is for an order; its number is shown alone."""

_COLUMNS: Final = (
    Label("日期", "date"),
    Label("事项", "what"),
    Label("积分", "points"),
    Label("待生效", "pending"),
    Label("可用", "available"),
    Label("订单", "order"),
)
_FIGURES: Final = slice(2, 5)
_SHORT: Final[Mapping[Verb, Label]] = {
    **VERBS,
    Verb.ACTIVATE: Label("生效", "spendable"),
    Verb.REVERSE: Label("收回", "taken back"),
}


def worth(journal: Journal, wallet: Wallet, currency: str) -> int | None:
    """Say what a customer's points pay, minor units; ``None`` in a wallet that is never spent."""
    if wallet.qualifying:
        return None
    points = np.array([journal.pending + journal.available + journal.held], np.int64)
    return int(value_of(points, wallet.redemption, currency)[0])


def print_journal(
    out: Console, journal: Journal, policy: Policy, wallet: Wallet, as_of: str, lang: str | None
) -> None:
    """Print what happened to a customer's points, and what she has.

    Args:
        out: Where to.
        journal: Hers.
        policy: The shop's rules.
        wallet: The rules of the wallet.
        as_of: The moment, as the user gave it.
        lang: Language; ``None`` for both.
    """
    out.print()
    title = worded(Label("积分", "points"), lang)
    out.print(heading(f"{title} ({as_of}): {journal.customer}"))
    if not journal.lines:
        out.print(paragraph(worded(Label("没有积分流水", "nothing happened to any points"), lang), " "))
        return
    # Both languages side by side would leave the figures no room.
    rows = table(*(f"{label.en}\n{label.zh}" if lang is None else worded(label, lang) for label in _COLUMNS))
    for column in rows.columns[_FIGURES]:
        column.justify = "right"
    for line in journal.lines:
        rows.add_row(*_cells(line, ZoneInfo(policy.zone), lang))
    out.print(rows)
    out.print()
    out.print(grid(list(_balance(journal, policy, wallet, lang))))


def _cells(line: JournalLine, zone: ZoneInfo, lang: str | None) -> Iterator[str]:
    yield f"{line.at.astimezone(zone):%Y-%m-%d}"
    yield worded(_SHORT[line.verb], lang)
    yield f"{line.change:+,}" if line.change else f"{line.points:,}"
    yield f"{line.pending:,}"
    yield f"{line.available:,}"
    kind, _, rest = line.about.partition(":")
    about = rest.rpartition("/")[2] if kind == ORDER else line.about
    by_hand = line.verb is Verb.ADJUST and line.reason and line.actor
    yield f"{about}: {line.reason} ({line.actor})" if by_hand else about


def _balance(journal: Journal, policy: Policy, wallet: Wallet, lang: str | None) -> Iterator[tuple[str, str]]:
    figures = (
        (Label("待生效", "pending"), journal.pending),
        (Label("可用", "available"), journal.available),
        (Label("预占", "held"), journal.held),
        (Label("欠分", "owed"), journal.debt),
    )
    for label, points in figures:
        if points or label.en in ("pending", "available"):
            yield worded(label, lang), f"{points:,}"
    value = worth(journal, wallet, policy.currency)
    if value is not None:
        yield worded(Label("可抵金额", "worth"), lang), format_money(value, policy.currency)
    if journal.last_day is not None:
        label = Label("最近到期", "lapse next")
        yield worded(label, lang), f"{journal.lapsing:,} ({journal.last_day.isoformat()})"
