"""One row an order, filled by grain: lines first, the order report over them, refunds last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailcrm.adapters.sources import arrow
from retailcrm.analytics.columns import INSTANT, MISSING, Coded, Texts
from retailcrm.analytics.observations import Runs, fold_states, has_value, newest_values
from retailcrm.analytics.tables import Customers, OrderTable
from retailcrm.domain.orders import OrderState
from retailcrm.ports.batches import COLUMNS, Grain
from retailcrm.shop.money_rule import settle
from retailcrm.shop.stacked import Stacked, is_range

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from retailcrm.shop.line_totals import LineTotals
    from retailcrm.shop.observed import Observed

_INSTANTS: Final = ("placed_at", "paid_at", "completed_at", "refunded_at")


@attrs.define(eq=False)
class OrderFacts:
    """One row an order, filled by grain: lines first, the order report over them, refunds last."""

    told: NDArray[np.bool_]
    state: NDArray[np.int8]
    gross: NDArray[np.int64]
    refunded: NDArray[np.int64]
    credit: NDArray[np.bool_]
    first_seen: NDArray[np.datetime64]
    instants: dict[str, NDArray[np.datetime64]]
    known: NDArray[np.bool_]

    @classmethod
    def empty(cls, orders: int) -> OrderFacts:
        """Begin with nothing told of any order."""
        never = np.full(orders, np.datetime64("NaT", "us"))
        return cls(
            told=np.zeros(orders, np.bool_),
            state=np.full(orders, -1, np.int8),
            gross=np.full(orders, MISSING, np.int64),
            refunded=np.full(orders, MISSING, np.int64),
            credit=np.zeros(orders, np.bool_),
            first_seen=never.copy(),
            instants={name: never.copy() for name in _INSTANTS},
            known=np.zeros(orders, np.bool_),
        )

    def take_lines(self, totals: LineTotals) -> None:
        """Take what the lines add up to."""
        at = totals.order
        self.gross[at], self.refunded[at], self.credit[at] = totals.gross, totals.refunded, totals.credit
        self.state[at] = totals.state
        self.first_seen[at] = np.where(totals.refunded > 0, totals.seen, np.datetime64("NaT", "us"))
        self.instants["placed_at"][at] = totals.placed_at
        self.instants["paid_at"][at] = totals.paid_at
        self.known[at] = totals.stands_alone

    def take_orders(self, rows: Stacked, files: Sequence[Observed]) -> None:
        """Take the fold of the order reports: what they tell goes over what lines add up to."""
        if not len(rows.code):
            return
        state = rows.small("state", np.int8, -1)
        gross, refunded = _settled(rows, files, state)
        if len(rows.parts) == 1 and len(rows.code) == len(self.state) and is_range(rows.code):
            self._take_unique(rows, files, state, gross, refunded)
            return
        runs = Runs.of(rows.code)
        at = runs.groups
        self.known[at] = self.known[at] | runs.any(_tells(rows))
        self._over("state", at, fold_states(runs, state))
        money = has_value(gross)
        # An amount told together with its refund goes before a newer one told without.
        complete = newest_values(runs, np.where(has_value(refunded), gross, MISSING))
        self._over("gross", at, np.where(complete == MISSING, newest_values(runs, gross), complete))
        self._over("refunded", at, newest_values(runs, refunded))
        self.credit[at] &= ~runs.any(money)
        seen = _first_seen(rows, files, refunded)
        first = runs.least(np.where(np.isnat(seen), np.datetime64(2**62, "us"), seen))
        told = first < np.datetime64(2**62, "us")
        self.first_seen[at[told]] = first[told]
        for name in _INSTANTS:
            self._over_instant(name, at, newest_values(runs, rows.instant(name)))

    def _take_unique(
        self,
        rows: Stacked,
        files: Sequence[Observed],
        state: Any,
        gross: Any,
        refunded: Any,  # noqa: ANN401
    ) -> None:
        """Take a single report in which every order stands once: nothing to fold."""
        self.known = self.known | _tells(rows)
        self.state, self.gross, self.refunded = state, gross, refunded
        self.first_seen = _first_seen(rows, files, refunded)
        self.instants = {name: rows.instant(name) for name in _INSTANTS}

    def _over(self, name: str, at: NDArray[np.int64], values: NDArray[Any]) -> None:
        column = getattr(self, name)
        told = has_value(values)
        column[at[told]] = values[told]

    def _over_instant(self, name: str, at: NDArray[np.int64], values: NDArray[np.datetime64]) -> None:
        told = ~np.isnat(values)
        self.instants[name][at[told]] = values[told]

    def take_refunds(self, rows: Stacked, lines: Stacked, files: Sequence[Observed]) -> int:
        """Add the refunds that succeeded; return how many name an order that no file has."""
        refund = rows.coded("refund")
        if refund is None:
            return 0
        latest = Runs.of(refund.codes)
        newest = latest.newest(np.ones(len(rows.code), np.bool_))
        code = _orders_of_lines(rows, lines, self.known)[newest]
        there = self.known[code]
        stray = int(np.count_nonzero(~there))
        code, newest = code[there], newest[there]
        runs = Runs.of(code)
        at = runs.groups
        paid_back = runs.sums(rows.whole("amount")[newest])
        self.refunded[at] = np.maximum(
            np.where(self.refunded[at] == MISSING, 0, self.refunded[at]), paid_back
        )
        settled = newest_values(runs, rows.instant("settled_at")[newest])
        self._over_instant("refunded_at", at, settled)
        seen = np.asarray([_moment(files[i]) for i in rows.file[newest]], INSTANT)
        first = runs.least(seen)
        self.first_seen[at] = np.fmin(
            np.where(paid_back > 0, first, np.datetime64("NaT", "us")), self.first_seen[at]
        )
        return stray

    def table(
        self, *, currency: str, zone: str, numbers: Texts, customers: Customers, customer: NDArray[np.int32],
        places: dict[str, Coded | None], platform: Coded,
    ) -> OrderTable:  # fmt: skip
        """Make the order table, with what is still missing inferred or zero."""
        refunded = np.where(self.refunded == MISSING, 0, self.refunded)
        gross = np.where(self.gross == MISSING, 0, self.gross)
        state = self._inferred_states(gross, refunded)
        completed = self.instants["completed_at"]
        return OrderTable(
            currency=currency, zone=zone, customers=customers, numbers=numbers, customer=customer,
            placed_at=self.instants["placed_at"], paid_at=self.instants["paid_at"], state=state, credit=self.credit,
            gross=gross, refunded=refunded, refunded_at=self.instants["refunded_at"],
            first_seen=np.where(refunded > 0, self.first_seen, np.datetime64("NaT", "us")),
            completed_at=None if np.isnat(completed).all() else completed,
            province=places["province"], city=places["city"], platform=platform,
        )  # fmt: skip

    def _inferred_states(self, gross: NDArray[np.int64], refunded: NDArray[np.int64]) -> NDArray[np.int8]:
        silent = self.state < 0
        if not silent.any():
            return self.state
        paid = ~np.isnat(self.instants["paid_at"])
        inferred = np.where(paid, OrderState.PAID, OrderState.UNKNOWN)
        inferred = np.where(paid & (gross > 0) & (refunded >= gross), OrderState.REFUNDED, inferred)
        return np.where(silent, inferred, self.state).astype(np.int8)


def _tells(rows: Stacked) -> NDArray[np.bool_]:
    """Say which rows are of files that tell of orders, and not only who bought them."""
    telling = COLUMNS[Grain.ORDERS].keys() - {"number", "buyer"}
    tells = [bool(telling & set(table.column_names)) for table in rows.parts]
    return np.repeat(np.asarray(tells, np.bool_), [len(table) for table in rows.parts])


def _settled(
    rows: Stacked, files: Sequence[Observed], state: NDArray[np.int8]
) -> tuple[NDArray[Any], NDArray[Any]]:
    total, paid, refunded = (rows.whole(name) for name in ("total", "paid", "refunded"))
    start = 0
    gross, back = [], []
    for table, i in zip(rows.parts, rows.files, strict=True):
        part = slice(start, start + len(table))
        g, r = settle(files[i].money_rule, state[part], total[part], paid[part], refunded[part])
        gross.append(g)
        back.append(r)
        start += len(table)
    return np.concatenate(gross), np.concatenate(back)


def _moment(file: Observed) -> np.datetime64:
    return np.datetime64(int(file.exported_at.timestamp() * 1_000_000), "us")


def _first_seen(
    rows: Stacked, files: Sequence[Observed], refunded: NDArray[np.int64]
) -> NDArray[np.datetime64]:
    """Give the export moment of every row that shows a refund."""
    moments = np.asarray([_moment(f) for f in files], INSTANT)
    return np.where(refunded > 0, moments[rows.file], np.datetime64("NaT", "us"))


def _orders_of_lines(rows: Stacked, lines: Stacked, known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Turn sub-order numbers into their orders: refund reports name either."""
    ids = lines.coded("line") if len(lines.code) else None
    if ids is None or known[rows.code].all():
        return rows.code
    wanted = pa.chunked_array(
        [c for t in rows.parts for c in t.column("number").cast(pa.large_string()).chunks]
    )
    place = pc.index_in(wanted, value_set=arrow.arrow_texts(ids.values)).fill_null(-1).to_numpy()
    order_of = np.full(len(ids.values) + 1, -1, np.int64)
    order_of[ids.codes] = lines.code
    through = np.where(place < 0, -1, order_of[place])
    return np.where(~known[rows.code] & (through >= 0), through, rows.code)
