"""Figures about customers: ``shop.insight``."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.activity import activity, potential
from retailcrm.analytics.columns import Coded, Texts
from retailcrm.analytics.counting import counted, purchase_at
from retailcrm.analytics.metrics import MonthlyMetrics, monthly
from retailcrm.analytics.rfm import Cuts, fit_cuts
from retailcrm.analytics.rfm import score as rfm_score
from retailcrm.analytics.rfm_map import assign
from retailcrm.analytics.summary import Coverage, Volume, coverage, merge_summaries, summarise
from retailcrm.analytics.value_class import ValueCuts, fit_value_cuts, given_value_cuts, value_classes
from retailcrm.domain.labels import Label
from retailcrm.domain.periods import instant_of
from retailcrm.errors import InputError, SettingsError
from retailcrm.shop.picking import picked
from retailcrm.shop.scores import Scores
from retailcrm.shop.tiering import no_tiers, tiers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from retailcrm.analytics.counting import CountingPolicy
    from retailcrm.analytics.tables import CustomerSummary, OrderTable
    from retailcrm.ports.tier_metrics import TierMetric
    from retailcrm.shop.policy import Policy

AsOf = str | date | datetime


class NoIdentityError(InputError):
    """Fix the input: no order of the shop has a buyer who can be told apart, so nobody can be scored."""


@attrs.frozen(kw_only=True, eq=False)
class Buyers:
    """What scores are made of.

    Attributes:
        summary: The customers.
        ids: Their ids.
        strength: Their identity strength.
        tier: Their tiers.
        coverage: Orders and money by identity strength.
    """

    summary: CustomerSummary
    ids: Texts
    strength: np.ndarray[tuple[int], np.dtype[np.int8]]
    tier: Coded
    coverage: Coverage


@attrs.frozen(kw_only=True, eq=False)
class Reduced(Buyers):
    """What one part of the shop's orders comes to; parts hold disjoint customers.

    Attributes:
        months: Calendar months.
        potential: People who ordered and never paid.
        orders: Rows of the part's order table.
        since: First counted order, whoever bought, UTC; NaT without any.
        newest: Last counted order, whoever bought, UTC; NaT without any.
    """

    months: MonthlyMetrics
    potential: int
    orders: int
    since: np.datetime64
    newest: np.datetime64


def moment_of(as_of: AsOf, zone: str) -> np.datetime64:
    """Give the exclusive moment that a date or instant means in the shop's zone, UTC."""
    instant = instant_of(as_of, zone)
    return np.datetime64(instant.astimezone(UTC).replace(tzinfo=None), "us")


def reduce_part(
    orders: OrderTable, as_of: np.datetime64, policy: Policy, metrics: Mapping[str, TierMetric]
) -> Reduced:
    """Reduce one part of the orders to what scores and report need of it."""
    summary = summarise(orders, as_of, policy.counting)
    since, newest = _edges(orders, summary, as_of, policy.counting)
    return Reduced(
        summary=summary,
        ids=orders.customers.ids.take(summary.customer),
        strength=orders.customers.strength[summary.customer],
        tier=no_tiers(len(summary))
        if policy.ladder is None
        else tiers_of(orders, summary, policy.ladder, policy.counting, metrics),
        coverage=coverage(orders, as_of, policy.counting),
        months=monthly(orders, as_of, policy.counting),
        potential=len(potential(orders, as_of)),
        orders=len(orders),
        since=since,
        newest=newest,
    )


def _edges(
    orders: OrderTable, summary: CustomerSummary, as_of: np.datetime64, policy: CountingPolicy
) -> tuple[np.datetime64, np.datetime64]:
    """Give the first and the last counted order: the known customers', unless a guest's lies beyond."""
    known = len(summary) > 0
    first = summary.first_at.min() if known else as_of
    last = summary.last_at.max() if known else np.datetime64(np.iinfo(np.int64).min + 1, "us")
    at = purchase_at(orders, policy)
    beyond = np.flatnonzero((orders.customer < 0) & ((at < first) | (at > last)))
    guests = picked(orders, beyond)
    found = at[beyond][counted(guests, policy, as_of)]
    if not known and not len(found):
        return np.datetime64("NaT", "us"), np.datetime64("NaT", "us")
    every = np.concatenate([found, [first, last] if known else found])
    return np.datetime64(every.min(), "us"), np.datetime64(every.max(), "us")


def join_parts(parts: list[Reduced]) -> Reduced:
    """Join parts of disjoint customers; customers are numbered anew."""
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *(len(p.summary) for p in parts)])
    numbered = [
        attrs.evolve(p.summary, customer=np.arange(start, start + len(p.summary), dtype=np.int32))
        for p, start in zip(parts, starts, strict=False)
    ]
    return Reduced(
        summary=merge_summaries(numbered),
        ids=Texts.concat([p.ids for p in parts]),
        strength=np.concatenate([p.strength for p in parts]),
        tier=Coded(np.concatenate([p.tier.codes for p in parts]), parts[0].tier.values),
        coverage=_joined_coverage([p.coverage for p in parts]),
        months=_joined_months([p.months for p in parts]),
        potential=sum(p.potential for p in parts),
        orders=sum(p.orders for p in parts),
        since=np.fmin.reduce([p.since for p in parts]),
        newest=np.fmax.reduce([p.newest for p in parts]),
    )


def _joined_coverage(parts: list[Coverage]) -> Coverage:
    def added(volumes: Iterable[Volume]) -> Volume:
        listed = list(volumes)
        return Volume(
            orders=sum(v.orders for v in listed),
            gross=sum(v.gross for v in listed),
            refunded=sum(v.refunded for v in listed),
        )

    return Coverage(
        stable=added(p.stable for p in parts),
        weak=added(p.weak for p in parts),
        none=added(p.none for p in parts),
        credit_only=sum(p.credit_only for p in parts),
    )


def _joined_months(parts: list[MonthlyMetrics]) -> MonthlyMetrics:
    """Add months up: a customer is in one part only, so buyers add up too."""
    seen = [p.months for p in parts if len(p.months)]
    if not seen:
        return parts[0]
    months = np.arange(min(m[0] for m in seen), max(m[-1] for m in seen) + 1)
    columns = {}
    for name in ("orders", "gross", "refunded", "buyers", "new_buyers"):
        total = np.zeros(len(months), np.int64)
        for part in parts:
            if len(part.months):
                at = int((part.months[0] - months[0]).astype(np.int64))
                total[at : at + len(part.months)] += getattr(part, name)
        columns[name] = total
    return MonthlyMetrics(months=months, **columns)


@attrs.frozen
class Insight:
    """The scoring verbs of a shop: ``shop.insight``.

    Attributes:
        parts: Gives the shop's orders in parts of disjoint customers (one part, unless they are
            larger than memory).
        policy: The rules.
        metrics: Tier metrics of the plug-ins, by name.
        buyers: Gives what scores are made of at a moment, perhaps without looking at all orders: that is
            what it is given for where it has to; ``None``: always look at them.
        snapshot: Opens what lets one moment be seen, whoever imports or merges meanwhile.
    """

    parts: Callable[[], Iterable[OrderTable]]
    policy: Policy
    metrics: Mapping[str, TierMetric]
    buyers: Callable[[np.datetime64, Callable[[], Buyers]], Buyers] | None = None
    snapshot: Callable[[], AbstractContextManager[object]] = nullcontext

    def reduced(self, as_of: AsOf) -> Reduced:
        """Reduce the shop's orders to its customers as they stood at a moment.

        Args:
            as_of: A date D means D 00:00 in the shop's zone; exclusive.

        Returns:
            Customers, coverage and months: all that scores and report are made of.
        """
        moment = moment_of(as_of, self.policy.zone)
        with self.snapshot():
            return join_parts([reduce_part(part, moment, self.policy, self.metrics) for part in self.parts()])

    def score(self, as_of: AsOf, *, cuts: Cuts | None = None) -> Scores:
        """Score every customer with at least one counted order before a moment.

        Args:
            as_of: A date D means D 00:00 in the shop's zone; exclusive.
            cuts: RFM cut points kept from an earlier day; ``None`` fits them anew.

        Returns:
            One row a customer; none for a shop without a counted order.

        Raises:
            NoIdentityError: The shop has orders, but no buyer can be told from another.
            SettingsError: The cut points were made for another scoring than the policy's.

        Example:
            >>> import pyarrow as pa
            >>> from retailcrm import open_shop
            >>> orders = pa.table({"id": ["1", "2"], "who": ["ann", "bob"], "amount": ["50.00", "20.00"],
            ...                    "at": ["2024-03-01", "2024-03-09"]})
            >>> shop = open_shop()
            >>> _ = shop.imports.table(orders, {
            ...     "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "amount"},
            ...     "buyer": {"kind": "id", "strength": "stable"}, "constants": {"state": "completed"}})
            >>> shop.insight.score("2024-04-01").to_arrow().select(["customer_id", "net"]).to_pylist()
            [{'customer_id': 'ann', 'net': Decimal('50.00')}, {'customer_id': 'bob', 'net': Decimal('20.00')}]
        """
        if self.buyers is None:
            return scores_of(self.reduced(as_of), self.policy, cuts)
        with self.snapshot():
            found = self.buyers(moment_of(as_of, self.policy.zone), lambda: self.reduced(as_of))
        return scores_of(found, self.policy, cuts)


def scores_of(reduced: Buyers, policy: Policy, cuts: Cuts | None = None, *, nobody: bool = False) -> Scores:
    """Score the customers of a reduced shop; see :meth:`Insight.score`.

    Args:
        reduced: The shop's orders, reduced.
        policy: The rules.
        cuts: RFM cut points kept from an earlier day; ``None`` fits them anew.
        nobody: Give no rows, instead of refusing, where no buyer can be told from another.
    """
    summary = reduced.summary
    if cuts is not None and cuts.spec != policy.scoring:
        raise SettingsError(
            "these cut points were made for another way of scoring than [rfm] and the segment map ask for; "
            "fit them anew"
        )
    if not nobody and not len(summary) and reduced.coverage.none.orders:
        raise NoIdentityError(
            f"none of {reduced.coverage.none.orders:,} orders has a buyer who can be told from others: the "
            "files have no buyer column, or only masked nicks. Nobody can be scored. Give a file that joins "
            "order numbers to buyers with --buyers (in Python: shop.imports.buyers)."
        )
    scores = rfm_score(summary, cuts or fit_cuts(summary, policy.scoring))
    states = activity(summary, policy.activity)
    value_cuts = _value_cuts(summary, policy)
    basis = Label(f"活跃度依据：{states.basis.zh}", f"activity rests on: {states.basis.en}")
    return Scores(
        summary=summary,
        customer_ids=reduced.ids,
        strength=reduced.strength,
        rfm=scores,
        segment_map=policy.segment_map,
        segment=assign(scores, policy.segment_map),
        activity=states,
        value_cuts=value_cuts,
        value_class=value_classes(summary, value_cuts),
        tier=reduced.tier,
        tier_labels={t.name: t.label for t in policy.ladder.tiers} if policy.ladder else {},
        coverage=reduced.coverage,
        policy_digest=policy.digest,
        notes=(basis, *scores.notes),
    )


def _value_cuts(summary: CustomerSummary, policy: Policy) -> ValueCuts:
    rule = policy.value_class
    if rule.least_orders is None or rule.least_per_order is None:
        return fit_value_cuts(summary)
    return given_value_cuts(
        policy.currency, least_frequency=rule.least_orders, least_per_order=rule.least_per_order
    )
