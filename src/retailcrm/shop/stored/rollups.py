"""Roll-ups kept with every import, and scores read from them instead of from all orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.analytics.columns import INSTANT, Texts
from retailcrm.analytics.summary import STABLE, WEAK, Coverage, Volume
from retailcrm.analytics.tables import CustomerSummary
from retailcrm.ports.rollups import Head
from retailcrm.shop.insight import Buyers
from retailcrm.shop.merging import merged_orders
from retailcrm.shop.stored.order_rows import table_of
from retailcrm.shop.stored.rolling import (
    CREDITS,
    DAYS,
    FIRST,
    GROSS,
    LAST,
    NEWEST,
    ORDERS,
    REFUNDED,
    STRENGTH,
    blocks_asked,
    blocks_of,
    changed_block,
    figures_of,
    less,
    rules_of_counting,
    sorted_by_id,
)
from retailcrm.shop.tiering import no_tiers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Ints, OrderTable
    from retailcrm.ports.rollups import RollUps
    from retailcrm.shop.merges import Merges
    from retailcrm.shop.policy import Policy
    from retailcrm.shop.stored.changes import OrdersChanged
    from retailcrm.shop.stored.observations import StoredObservations

_FEW: Final = 20
"""Of so many customers at most one is counted anew for a moment that is not after all that is stored."""


@attrs.frozen(eq=False, kw_only=True)
class RolledUp:
    """Keeps roll-ups: a listener of imports, and what scores ask.

    Attributes:
        kept: The shop's orders.
        rollups: Where roll-ups are kept, in the same store.
        policy: The rules.
        merges: Who was taken for whom.
    """

    kept: StoredObservations
    rollups: RollUps
    policy: Policy
    merges: Merges

    def __call__(self, changed: OrdersChanged) -> None:
        """Count those anew whom an import touched; its transaction is open.

        Args:
            changed: What the import changed.
        """
        rules, file = rules_of_counting(self.policy), self.kept.book.last_file()[0]
        head = self.rollups.head(rules)
        if head is None or head.file != file - 1:
            self._anew(rules, file, changed.after if changed.first else self._every())
            return
        counting = self.policy.counting
        gone, new = (figures_of(orders, counting)[1] for orders in (changed.before, changed.after))
        after = Head(file=file, unknown=less(head.unknown, gone, new))
        names = sorted(changed.customers)
        orders = self.kept.orders_of(names) if names else changed.after
        figures = dict(zip(orders.customers.ids.tolist(), figures_of(orders, counting)[0], strict=True))
        asked = blocks_asked(self.rollups.firsts(rules), names)
        blocks = self.rollups.blocks(rules, sorted(asked))
        cut = (part for block in blocks for part in changed_block(block, asked[block.first], figures))
        self.rollups.write(rules, after, list(cut))

    def _anew(self, rules: str, file: int, orders: OrderTable) -> None:
        """Count everybody."""
        figures, unknown = figures_of(orders, self.policy.counting)
        order = sorted_by_id(orders.customers.ids)
        self.rollups.clear()
        blocks = blocks_of(orders.customers.ids.take(order), figures[order])
        self.rollups.write(rules, Head(file=file, unknown=unknown), blocks)

    def _every(self) -> OrderTable:
        return table_of(self.kept.book.orders(), self.kept.currency, self.kept.zone)

    def buyers(self, as_of: np.datetime64, otherwise: Callable[[], Buyers]) -> Buyers:
        """Give what scores are made of at a moment, customers by their ids.

        Orders are looked at where roll-ups cannot tell: without any by these rules, with a ladder (tiers
        depend on when things were), and for a moment that much of what is stored lies after.

        Args:
            as_of: UTC, exclusive.
            otherwise: Looks at all orders.
        """
        if self.policy.ladder is None:
            with self.rollups.snapshot():
                found = self._buyers(as_of)
            if found is not None:
                return found
        return _by_id(otherwise())

    def _buyers(self, as_of: np.datetime64) -> Buyers | None:
        rules = rules_of_counting(self.policy)
        head = self.rollups.head(rules)
        at = int(as_of.astype(INSTANT).astype(np.int64))
        if head is None or head.file != self.kept.book.last_file()[0] or head.unknown[NEWEST] >= at:
            return None
        every = self.rollups.every(rules)
        ids, figures = every.ids, every.figures
        merged = self.merges.present()
        concerned = {*merged, *merged.values()}
        late = figures[:, NEWEST] >= at
        if np.count_nonzero(late) > len(ids) // _FEW + _FEW:
            return None
        anew = late | np.array([one in concerned for one in ids.tolist()], np.bool_) if concerned else late
        names = set(ids.take(np.flatnonzero(anew)).tolist()) | concerned
        if names:
            ids, figures = self._with(ids, figures, anew, names, as_of)
        return self._scored(ids, figures, head.unknown, as_of)

    def _with(
        self, ids: Texts, figures: Ints, anew: NDArray[np.bool_], names: Collection[str], as_of: np.datetime64
    ) -> tuple[Texts, Ints]:
        """Count some customers anew for a moment, those who are one person as one."""
        orders = merged_orders(self.kept.orders_of(sorted(names)), self.merges.present())
        more, _ = figures_of(orders, self.policy.counting, as_of)
        stays = np.flatnonzero(~anew)
        ids = Texts.concat([ids.take(stays), orders.customers.ids])
        order = sorted_by_id(ids)
        return ids.take(order), np.concatenate([figures[stays], more])[order]

    def _scored(self, ids: Texts, figures: Ints, unknown: Ints, as_of: np.datetime64) -> Buyers:
        # Most have bought something: nothing is copied where all have.
        bought = figures[:, ORDERS] > 0
        mine = figures if bought.all() else figures[bought]
        summary = CustomerSummary(
            as_of=as_of.astype(INSTANT),
            currency=self.policy.currency,
            zone=self.policy.zone,
            customer=np.arange(len(mine), dtype=np.int32),
            orders=mine[:, ORDERS].copy(),
            purchase_days=mine[:, DAYS].copy(),
            first_at=mine[:, FIRST].copy().view(INSTANT),
            last_at=mine[:, LAST].copy().view(INSTANT),
            gross=mine[:, GROSS].copy(),
            refunded=mine[:, REFUNDED].copy(),
        )
        return Buyers(
            summary=summary,
            ids=ids if mine is figures else ids.take(np.flatnonzero(bought)),
            strength=mine[:, STRENGTH].astype(np.int8),
            tier=no_tiers(len(mine)),
            coverage=_coverage(figures, unknown),
        )


def _by_id(buyers: Buyers) -> Buyers:
    """Give the same customers by their ids."""
    order = sorted_by_id(buyers.ids)
    columns: dict[str, Any] = {
        field.name: column[order]
        for field in attrs.fields(CustomerSummary)
        if isinstance(column := getattr(buyers.summary, field.name), np.ndarray)
    }
    columns["customer"] = np.arange(len(order), dtype=np.int32)
    return Buyers(
        summary=attrs.evolve(buyers.summary, **columns),
        ids=buyers.ids.take(order),
        strength=buyers.strength[order],
        tier=buyers.tier.take(order),
        coverage=buyers.coverage,
    )


def _coverage(figures: Ints, unknown: Ints) -> Coverage:
    """Add everybody up by identity strength."""

    def volume(rows: Ints) -> Volume:
        orders, gross, refunded = (int(rows[:, column].sum()) for column in (ORDERS, GROSS, REFUNDED))
        return Volume(orders=orders, gross=gross, refunded=refunded)

    strength = figures[:, STRENGTH]
    nobody = np.concatenate([figures[strength == 0], unknown[None]])
    return Coverage(
        stable=volume(figures[strength == STABLE]),
        weak=volume(figures[strength == WEAK]),
        none=volume(nobody),
        credit_only=int(np.count_nonzero((figures[:, CREDITS] > 0) & (figures[:, ORDERS] == 0))),
    )
