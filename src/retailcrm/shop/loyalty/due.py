"""What falls due between two moments: points become spendable, points lapse. Nothing is written."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import INSTANT
from retailcrm.analytics.points.outstanding import add_up
from retailcrm.analytics.tables.points import VERBS
from retailcrm.domain.points.entries import Verb
from retailcrm.domain.points.telling import VERBS as LABELS
from retailcrm.shop.loyalty.balance_table import write_csv
from retailcrm.shop.loyalty.gathering import gathered

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from retailcrm.analytics.tables.points import MovementTable
    from retailcrm.domain.labels import Label
    from retailcrm.shop.loyalty.accounts import Accounts

_WHAT: Final = (Verb.EXPIRE, Verb.ACTIVATE)
"""At one moment points lapse before others come in."""

EVENTS: Final[Mapping[str, Label]] = MappingProxyType({verb.value: LABELS[verb] for verb in _WHAT})
"""What falls due, in the order in which it happens at one moment."""


@attrs.frozen(kw_only=True)
class DueDay:
    """What falls due on one day.

    Attributes:
        day: The local day on which it takes effect.
        event: A key of :data:`EVENTS`.
        wallet: In which currency of points.
        points: How many.
        customers: Whose.
    """

    day: date
    event: str
    wallet: str
    points: int
    customers: int


@attrs.frozen(eq=False, kw_only=True)
class Due:
    """What falls due between two moments: the same orders and moments always give the same.

    Attributes:
        events: ``at`` (in the shop's zone), ``event``, ``customer_id``, ``points``, ``wallet``: one row for
            all points of a customer with which the same happens at the same moment; by time.
    """

    events: pa.Table

    def __len__(self) -> int:
        """Count the events."""
        return len(self.events)

    def by_day(self) -> tuple[DueDay, ...]:
        """Add up each day."""
        days = self.events.append_column("day", pc.local_timestamp(self.events["at"]).cast(pa.date32()))
        sums = days.group_by(["day", "event", "wallet"], use_threads=False).aggregate(
            [("points", "sum"), ("customer_id", "count_distinct")]
        )
        return tuple(
            DueDay(
                day=row["day"],
                event=row["event"],
                wallet=row["wallet"],
                points=row["points_sum"],
                customers=row["customer_id_count_distinct"],
            )
            for row in sums.sort_by([("day", "ascending")]).to_pylist()
        )

    def to_parquet(self, path: str | Path) -> None:
        """Write a row an event as Parquet."""
        import pyarrow.parquet  # noqa: PLC0415 - only who writes Parquet pays for it

        pyarrow.parquet.write_table(self.events, path)

    def to_csv(self, path: str | Path) -> None:
        """Write a row an event in UTF-8 with a byte-order mark; times are those of the shop's clock.

        Args:
            path: Where to. Ids that a spreadsheet could take for a formula get a leading apostrophe.
        """
        at = self.events["at"]
        seconds = pc.floor_temporal(at, unit="second").cast(pa.timestamp("s", at.type.tz))
        texts = pc.strftime(seconds, "%Y-%m-%d %H:%M:%S", locale="C")
        write_csv(self.events.set_column(0, "at", texts), path)


def due(accounts: Accounts, since: np.datetime64, until: np.datetime64) -> Due:
    """Work out what falls due in all wallets.

    Args:
        accounts: The shop's accounts.
        since: UTC, inclusive.
        until: UTC, exclusive: what happened to orders then or later is not looked at.

    Returns:
        The events. Those of two spans that meet are those of both together.
    """
    tables = [
        _events(gathered(accounts, until, wallet.name).movements, since, until, wallet.name)
        for wallet in accounts.programme.wallets
    ]
    zone = accounts.policy.zone
    joined = pa.concat_tables(tables)
    local = joined["at"].cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us", zone))
    order = pc.sort_indices(joined, [("at", "ascending"), ("rank", "ascending")])
    return Due(events=joined.set_column(0, "at", local).drop_columns(["rank"]).take(order))


def _events(moved: MovementTable, since: np.datetime64, until: np.datetime64, wallet: str) -> pa.Table:
    """Join the points of one account with which the same happens at the same moment."""
    rank = np.full(len(VERBS), -1, np.int8)
    rank[[VERBS.index(verb) for verb in _WHAT]] = np.arange(len(_WHAT))
    rows = np.flatnonzero(
        (rank[moved.verb] >= 0) & (moved.effective_at >= since) & (moved.effective_at < until)
    )
    account, what = moved.lots.account[moved.lot[rows]], rank[moved.verb[rows]]
    at = moved.effective_at[rows].view(np.int64)
    order = np.lexsort((account, what, at))
    account, what, at = account[order], what[order], at[order]
    new = np.ones(len(rows), np.bool_)
    new[1:] = (account[1:] != account[:-1]) | (what[1:] != what[:-1]) | (at[1:] != at[:-1])
    first = np.flatnonzero(new)
    points = add_up(np.cumsum(new) - 1, moved.points[rows][order], len(first))
    names: Any = pa.array([verb.value for verb in _WHAT])
    return pa.table(
        {
            "at": pa.array(at[first].view(INSTANT).view(np.int64), pa.timestamp("us")),
            "event": names.take(pa.array(what[first])),
            "customer_id": arrow.arrow_texts(moved.lots.accounts.take(account[first])).cast(pa.string()),
            "points": pa.array(points),
            "wallet": pa.repeat(wallet, len(first)),
            "rank": pa.array(what[first]),
        }
    )
