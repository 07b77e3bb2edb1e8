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
from retailcrm.shop.order_amounts import Amounts
from retailcrm.shop.refund_reasons import RefundReasons
from retailcrm.shop.stacked import Stacked, is_range

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from retailcrm.shop.line_totals import LineTotals
    from retailcrm.shop.observed import Observed

_INSTANTS: Final = ("placed_at", "paid_at", "completed_at", "refunded_at")
_IF_ANY: Final = ("shipped_at", "received_at")
"""Moments that take no room unless some file has them."""

_NEVER: Final = np.datetime64("NaT", "us")
_FAR: Final = np.datetime64(2**62, "us")


@attrs.define(eq=False)
class OrderFacts:
    """One row an order, filled by grain: lines first, the order report over them, refunds last.

    Attributes:
        state: Folded state, -1 where no file says.
        gross: Paid before refunds, :data:`MISSING` where no file tells.
        refunded: Paid back, :data:`MISSING` likewise.
        due: Amount due of orders whose ``gross`` may be net of a refund that the file does not show (-1 if
            unknown), :data:`MISSING` for all others; ``None`` if there is no such order.
        credit: Nothing but a credit note.
        first_seen: Moment of the first export that showed a refund.
        instants: Moments of the order's life by name.
        known: Whether some file tells of the order, and not only who bought it.
        bare: Whether no lines were taken.
        postage: Postage within ``gross``, :data:`MISSING` where no file tells; ``None`` if no file has it.
        closed_seen: Moment of the first export that says closed, of orders of which none says closed beside
            a time of payment; ``None`` if there is no such order.
    """

    state: NDArray[np.int8]
    gross: NDArray[np.int64]
    refunded: NDArray[np.int64]
    credit: NDArray[np.bool_]
    first_seen: NDArray[np.datetime64]
    instants: dict[str, NDArray[np.datetime64]]
    known: NDArray[np.bool_]
    due: NDArray[np.int64] | None = None
    bare: bool = True
    postage: NDArray[np.int64] | None = None
    closed_seen: NDArray[np.datetime64] | None = None

    @classmethod
    def empty(cls, orders: int) -> OrderFacts:
        """Begin with nothing told of any order."""
        never = np.full(orders, _NEVER)
        return cls(
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
        self.bare = False
        self.gross[at], self.refunded[at], self.credit[at] = totals.gross, totals.refunded, totals.credit
        self.state[at], self.first_seen[at] = totals.state, totals.seen
        self.instants["placed_at"][at] = totals.placed_at
        self.instants["paid_at"][at] = totals.paid_at
        self.known[at] = totals.stands_alone

    def take_orders(self, rows: Stacked, files: Sequence[Observed]) -> None:
        """Take the fold of the order reports: what they tell goes over what lines add up to."""
        if not len(rows.code):
            return
        amounts = Amounts.of(rows, files)
        seen = _first_seen(rows, files, amounts)
        unique = len(rows.parts) == 1 and len(rows.code) == len(self.state) and is_range(rows.code)
        names = (*_INSTANTS, *(name for name in _IF_ANY if rows.has(name)))
        postage = rows.whole("postage") if rows.has("postage") else None
        if self.bare and unique:
            self.known = _tells(rows)
            self.state, self.gross, self.refunded = amounts.state, amounts.gross, amounts.refunded
            self.due, self.first_seen, self.postage = amounts.due, seen, postage
            self.instants = {name: rows.instant(name) for name in names}
            return
        runs = Runs.of(rows.code)
        at = runs.groups
        self.known[at] |= runs.any(_tells(rows))
        self._over("state", at, fold_states(runs, amounts.state))
        self._take_gross(runs, amounts)
        self._over("refunded", at, newest_values(runs, amounts.refunded))
        if postage is not None:
            self.postage = np.full(len(self.state), MISSING, np.int64)
            self.postage[at] = newest_values(runs, postage)
        first = runs.least(np.where(np.isnat(seen), _FAR, seen))
        self.first_seen[at] = np.fmin(self.first_seen[at], np.where(first == _FAR, _NEVER, first))
        self._note_closed(runs, rows, moments_of(files), amounts.state)
        for name in names:
            self._over_instant(name, at, newest_values(runs, rows.instant(name)))

    def _note_closed(
        self, runs: Runs, rows: Stacked, moments: NDArray[np.datetime64], state: NDArray[np.int8]
    ) -> None:
        closed = state == OrderState.CLOSED
        if closed.any():
            self.closed_seen = np.full(len(self.state), _NEVER)
            first = runs.least(np.where(closed, moments[rows.file], _FAR))
            believed = runs.any(closed & ~np.isnat(rows.instant("paid_at")))
            self.closed_seen[runs.groups] = np.where((first == _FAR) | believed, _NEVER, first)

    def _take_gross(self, runs: Runs, amounts: Amounts) -> None:
        """Take the newest amounts; those that may be net of an untold refund only for want of others."""
        at = runs.groups
        self.credit[at] &= ~runs.any(has_value(amounts.gross))
        if amounts.due is None:
            self._over("gross", at, newest_values(runs, amounts.gross))
            return
        unsure = has_value(amounts.due)
        sure = newest_values(runs, np.where(unsure, MISSING, amounts.gross))
        only = ~has_value(sure)
        self._over("gross", at, np.where(only, newest_values(runs, amounts.gross), sure))
        self.due = np.full(len(self.gross), MISSING, np.int64)
        self.due[at] = np.where(only, newest_values(runs, amounts.due), MISSING)

    def _over(self, name: str, at: NDArray[np.int64], values: NDArray[Any]) -> None:
        column = getattr(self, name)
        told = has_value(values)
        column[at[told]] = values[told]

    def _over_instant(self, name: str, at: NDArray[np.int64], values: NDArray[np.datetime64]) -> None:
        told = ~np.isnat(values)
        column = self.instants.setdefault(name, np.full(len(self.state), _NEVER))
        column[at[told]] = values[told]

    def take_refunds(
        self, rows: Stacked, lines: Stacked, files: Sequence[Observed]
    ) -> tuple[RefundReasons, int]:
        """Add the refunds that succeeded; give them, and how many name an order that no file has."""
        amount, settled = rows.whole("amount"), rows.instant("settled_at")
        order = _orders_of_lines(rows, lines, self.known)
        refunds = Runs.of(_refund_codes(rows, order, amount, settled))
        newest = refunds.newest(np.ones(len(rows.code), np.bool_))
        shown = refunds.least(np.where(amount > 0, moments_of(files)[rows.file], _FAR))
        code = order[newest]
        moved = amount[newest] > 0  # a refund that failed has a moment too, but moved no money
        known = self.known[code]
        reasons = RefundReasons.of(rows, refunds, np.where(known, code, -1), amount[newest])
        there = moved & known
        runs, newest = Runs.of(code[there]), newest[there]
        at = runs.groups
        self._take_back(at, runs.sums(amount[newest]))
        last: NDArray[Any] = runs.greatest(settled[newest].view(np.int64))
        self._over_instant("refunded_at", at, last.view(INSTANT))
        self.first_seen[at] = np.fmin(runs.least(shown[there]), self.first_seen[at])
        return reasons, int(np.count_nonzero(moved & ~there))

    def _take_back(self, at: NDArray[np.int64], amount: NDArray[np.int64]) -> None:
        """Take what refund reports add up to, unless the order report shows more."""
        told = np.where(self.refunded[at] == MISSING, 0, self.refunded[at])
        self.refunded[at] = np.maximum(told, amount)
        if self.due is not None:
            # Paid and refund make up the amount due: paid was net of it.
            net = self.gross[at] + amount == self.due[at]
            self.gross[at[net]] = self.due[at[net]]

    def table(
        self, *, currency: str, zone: str, numbers: Texts, customers: Customers, customer: NDArray[np.int32],
        places: Mapping[str, Any], platform: Coded,
    ) -> OrderTable:  # fmt: skip
        """Make the order table, with what is still missing inferred or zero."""
        refunded = np.where(self.refunded == MISSING, 0, self.refunded)
        gross = np.where(self.gross == MISSING, 0, self.gross)
        state = self._settle_closed(self._inferred_states(gross, refunded))
        full = (state == OrderState.REFUNDED) & ~self.credit
        refunded = np.where(full, np.maximum(refunded, gross), refunded)
        names = ("completed_at", *_IF_ANY)
        later: dict[str, Any] = {name: _if_any(self.instants.get(name)) for name in names}
        return OrderTable(
            currency=currency, zone=zone, customers=customers, numbers=numbers, customer=customer,
            placed_at=self.instants["placed_at"], paid_at=self.instants["paid_at"], state=state,
            credit=self.credit, gross=gross, refunded=refunded, refunded_at=self.instants["refunded_at"],
            first_seen=np.where((refunded > 0) | full, self.first_seen, _NEVER),
            platform=platform, postage=_within(self.postage, gross), **later, **places,
        )  # fmt: skip

    def _settle_closed(self, state: NDArray[np.int8]) -> NDArray[np.int8]:
        """Take orders that one file says were paid and another one says were closed as refunded."""
        if self.closed_seen is None:
            return state
        paid = ~np.isnat(self.instants["paid_at"])
        turned = (state == OrderState.CLOSED) & paid & ~np.isnat(self.closed_seen)
        self.first_seen = np.where(turned, np.fmin(self.first_seen, self.closed_seen), self.first_seen)
        return np.where(turned, np.int8(OrderState.REFUNDED), state)

    def _inferred_states(self, gross: NDArray[np.int64], refunded: NDArray[np.int64]) -> NDArray[np.int8]:
        silent = self.state < 0
        if not silent.any():
            return self.state
        paid = ~np.isnat(self.instants["paid_at"])
        inferred = np.where(paid, OrderState.PAID, OrderState.UNKNOWN)
        inferred = np.where(paid & (gross > 0) & (refunded >= gross), OrderState.REFUNDED, inferred)
        return np.where(silent, inferred, self.state).astype(np.int8)


def _if_any(instants: NDArray[np.datetime64] | None) -> NDArray[np.datetime64] | None:
    return None if instants is None or np.isnat(instants).all() else instants


def _within(postage: NDArray[np.int64] | None, gross: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Give postage that is no more than what was paid for the order."""
    return None if postage is None else np.clip(postage, 0, np.maximum(gross, 0))


def _tells(rows: Stacked) -> NDArray[np.bool_]:
    """Say which rows are of files that tell of orders, and not only who bought them."""
    telling = COLUMNS[Grain.ORDERS].keys() - {"number", "buyer"}
    tells = [bool(telling & set(table.column_names)) for table in rows.parts]
    return np.repeat(np.asarray(tells, np.bool_), [len(table) for table in rows.parts])


def moments_of(files: Sequence[Observed]) -> NDArray[np.datetime64]:
    """Give the export moments of files."""
    return np.asarray([int(file.exported_at.timestamp() * 1_000_000) for file in files], np.int64).view(
        INSTANT
    )


def _first_seen(rows: Stacked, files: Sequence[Observed], amounts: Amounts) -> NDArray[np.datetime64]:
    """Give the export moment of every row that shows a refund."""
    shows = (amounts.refunded > 0) | (amounts.state == OrderState.REFUNDED)
    return np.where(shows, moments_of(files)[rows.file], _NEVER)


def _refund_codes(
    rows: Stacked, order: NDArray[np.int64], amount: NDArray[np.int64], settled: NDArray[np.datetime64]
) -> NDArray[np.int64]:
    """Give each distinct refund a code: by its own number within its order, else by its content."""
    known = rows.coded("refund")
    codes = np.full(len(rows.code), -1, np.int64) if known is None else known.codes.astype(np.int64)
    if (codes < 0).any():
        content = np.stack([np.where(codes < 0, column, 0) for column in (amount, settled.view(np.int64))])
        _, alike = np.unique(content, axis=1, return_inverse=True)
        codes = np.where(codes < 0, codes.max(initial=-1) + 1 + alike.reshape(-1), codes)
    distinct: NDArray[np.int64] = order * (codes.max(initial=0) + 1) + codes
    return distinct


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
