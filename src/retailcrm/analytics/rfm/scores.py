"""Scores of every customer, and what a reader must know of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from retailcrm.analytics.labels import FIGURES, say
from retailcrm.analytics.rfm.spec import measure_f, measure_m
from retailcrm.analytics.summary import days_since_last
from retailcrm.domain.labels import Label
from retailcrm.errors import CurrencyMismatchError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from retailcrm.analytics.rfm.cuts import Cuts
    from retailcrm.analytics.tables import CustomerSummary, Ints


@attrs.frozen(eq=False, kw_only=True)
class RfmScores:
    """R, F and M of each customer of a summary, in its order; high is good.

    Attributes:
        cuts: The cut points that gave the scores.
        days_since_last: Days from the last purchase to the summary's moment; ``int64``.
        r: 1 to ``cuts.levels``, high for a recent purchase; ``int8``, shape ``(n_customers,)``.
        f: 1 to ``cuts.levels``, high for frequent; ``int8``.
        m: 1 to ``cuts.levels``, high for much money; ``int8``.
        not_positive: Whether the customer's money is zero or less: kept, but to be looked at; ``bool``.
        notes: What a reader must know: empty levels, columns without differences, tiny shops.
    """

    cuts: Cuts
    days_since_last: Ints
    r: NDArray[np.int8]
    f: NDArray[np.int8]
    m: NDArray[np.int8]
    not_positive: NDArray[np.bool_]
    notes: tuple[Label, ...]

    def __len__(self) -> int:
        """Count the customers."""
        return len(self.r)

    @property
    def levels(self) -> int:
        """Number of score levels of each of R, F and M."""
        return self.cuts.levels

    @property
    def code(self) -> NDArray[np.int16]:
        """The three scores as three digits: 543 is R 5, F 4, M 3."""
        return self.r.astype(np.int16) * 100 + self.f.astype(np.int16) * 10 + self.m


def score(summary: CustomerSummary, cuts: Cuts) -> RfmScores:
    """Score each customer by given cut points, fitted on these customers or on an earlier day.

    Args:
        summary: The customers.
        cuts: The cut points.

    Returns:
        The scores, in the summary's order.

    Raises:
        CurrencyMismatchError: The cut points are in another currency.

    Example:
        >>> from retailcrm.analytics.rfm import fit_cuts
        >>> from retailcrm.analytics.tables import CustomerSummary
        >>> instants = np.array(["2024-02-28", "2024-01-01"], "datetime64[us]")
        >>> shop = CustomerSummary(
        ...     as_of=np.datetime64("2024-03-01", "us"), currency="EUR", zone="Europe/Berlin",
        ...     customer=np.array([0, 1], np.int32), orders=np.array([3, 1]), purchase_days=np.array([3, 1]),
        ...     first_at=instants, last_at=instants, gross=np.array([9000, 800]), refunded=np.array([0, 0]),
        ... )
        >>> score(shop, fit_cuts(shop)).code.tolist()
        [333, 111]
    """
    if summary.currency != cuts.currency:
        raise CurrencyMismatchError(f"cut points in {cuts.currency}, customers in {summary.currency}")
    days = days_since_last(summary)
    money, per = measure_m(summary, cuts.spec)
    r, f, m = cuts.r.score(days), cuts.f.score(measure_f(summary, cuts.spec)), cuts.m.score(money, per)
    not_positive = money <= 0
    return RfmScores(
        cuts=cuts,
        days_since_last=days,
        r=r,
        f=f,
        m=m,
        not_positive=not_positive,
        notes=(*cuts.notes, *_empty_levels(cuts, r, f, m), *_not_positive(cuts, not_positive)),
    )


def _empty_levels(cuts: Cuts, *scores: NDArray[np.int8]) -> list[Label]:
    """Report score levels that nobody has, unless the cut points already say why."""
    notes = []
    for letter, cut, column in zip("RFM", (cuts.r, cuts.f, cuts.m), scores, strict=True):
        present = np.bincount(column, minlength=cuts.levels + 1)[1:] > 0
        if cut.neutral is None and not present.all() and len(column):
            absent = ", ".join(str(level) for level in np.flatnonzero(~present) + 1)
            notes.append(Label(f"{letter}：没有客户得 {absent} 分", f"{letter}: nobody scores {absent}"))
    return notes


def _not_positive(cuts: Cuts, flags: NDArray[np.bool_]) -> list[Label]:
    """Report customers whose money is zero or less."""
    if not (n := int(np.count_nonzero(flags))):
        return []
    spend = FIGURES[cuts.spec.amount]
    return [
        say("{n} 位客户的{spend}不为正", "{n} customers have a {spend} of zero or less", n=n, spend=spend)
    ]
