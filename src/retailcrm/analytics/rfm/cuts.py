"""Cut points of one scoring: frozen, printable, and readable again on the next date."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np

from retailcrm.analytics.labels import FIGURES, say
from retailcrm.analytics.rfm.spec import RfmSpec
from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from retailcrm.analytics.tables import Ints
    from retailcrm.domain.labels import Label
from retailcrm.domain.money import format_money

_FINEST: Final = 2**31
"""Cut points are no finer than averages over that many orders: products then fit 64 bits."""

VERSION: Final = 1
"""Version of the dictionary that :meth:`Cuts.to_dict` gives."""


def show(number: Fraction) -> str:
    """Print a cut point: whole numbers as they are, others to four decimals."""
    return str(number) if number.denominator == 1 else f"{float(number):.4f}".rstrip("0").rstrip(".")


def show_money(amount: Fraction, currency: str) -> str:
    """Print a cut point of money; one between two minor units is marked as rounded."""
    text = format_money(round(amount), currency)
    return text if amount.denominator == 1 else f"≈{text}"


def _fractions(edges: Iterable[Fraction | int | str]) -> tuple[Fraction, ...]:
    return tuple(Fraction(edge) for edge in edges)


@attrs.frozen(kw_only=True)
class Cut:
    """The cut points of one figure.

    A customer's score is 1 plus the number of cut points that she is better than (or, where
    ``edge_included``, at least as good as). Equal figures therefore always get equal scores.

    Attributes:
        figure: What is cut, such as ``"days_since_last"``.
        edges: Cut points from the poor end to the good end, in the figure's unit; coinciding cut
            points leave a level empty. Exact fractions.
        lower_is_better: Whether small figures are good, as days since the last purchase are.
        edge_included: Whether a figure equal to a cut point has passed it.
        levels: Number of score levels.
        neutral: The score of every customer where the figures gave nothing to cut (all equal, or
            no customer); ``None`` where there are cut points.
    """

    figure: str
    edges: tuple[Fraction, ...] = attrs.field(converter=_fractions)
    lower_is_better: bool = False
    edge_included: bool = False
    levels: int
    neutral: int | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse cut points that give no scores or the wrong number of them."""
        wanted = 0 if self.neutral is not None else self.levels - 1
        if len(self.edges) != wanted:
            raise SettingsError(f"{self.figure} needs {wanted} cut points, got {len(self.edges)}")
        if self.neutral is not None and not 1 <= self.neutral <= self.levels:
            raise SettingsError(f"{self.figure}: neutral score {self.neutral} is not in 1 to {self.levels}")
        if any(edge.denominator > _FINEST for edge in self.edges):
            raise SettingsError(f"{self.figure}: cut points finer than 1/{_FINEST}")
        goodness = [-edge if self.lower_is_better else edge for edge in self.edges]
        if any(poor > good for poor, good in pairwise(goodness)):
            raise SettingsError(f"{self.figure}: cut points must run from poor to good")

    def score(self, figures: Ints, divisors: Ints | None = None) -> NDArray[np.int8]:
        """Score figures, exactly.

        Args:
            figures: ``int64``, shape ``(n,)``.
            divisors: At least 1; the figure is ``figures / divisors``; ``None`` for 1.

        Returns:
            Scores from 1 to ``levels``, ``int8``, shape ``(n,)``.
        """
        scores = np.full(len(figures), self.neutral or 1, np.int8)
        for edge in self.edges:
            scores += self._passes(figures, divisors, edge)
        return scores

    def _passes(self, figures: Ints, divisors: Ints | None, edge: Fraction) -> NDArray[np.bool_]:
        """Compare ``figures / divisors`` with a fraction by whole numbers only."""
        floor, ceiling = _bounds(edge, divisors)
        passes: NDArray[np.bool_]
        if self.lower_is_better:
            passes = figures <= floor if self.edge_included else figures < ceiling
        else:
            passes = figures >= ceiling if self.edge_included else figures > floor
        return passes

    def rows(self, write: Callable[[Fraction], str] = show) -> list[tuple[int, str]]:
        """Give each score with the figures that get it, best first, such as ``(5, "< 12")``.

        Args:
            write: Prints one cut point; money wants another way than days.

        Returns:
            Score and range of figures; ``"nobody"`` where cut points coincide.
        """
        if self.neutral is not None:
            return [(self.neutral, "any")]
        return [(level, self._range(level, write)) for level in range(self.levels, 0, -1)]

    def _range(self, level: int, write: Callable[[Fraction], str]) -> str:
        """Say in symbols which figures get a score."""
        passed = ("<" if self.lower_is_better else ">") + ("=" if self.edge_included else "")
        bounds = []
        if level > 1:
            bounds.append(f"{passed} {write(self.edges[level - 2])}")
        if level < self.levels:
            bounds.append(f"{_OPPOSITE[passed]} {write(self.edges[level - 1])}")
        empty = 1 < level < self.levels and self.edges[level - 2] == self.edges[level - 1]
        return "nobody" if empty else " and ".join(bounds)

    def to_dict(self) -> dict[str, Any]:
        """Give plain values; fractions as text, so that nothing is rounded."""
        return {**attrs.asdict(self), "edges": [str(edge) for edge in self.edges]}


_OPPOSITE: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def _bounds(edge: Fraction, divisors: Ints | None) -> tuple[Any, Any]:
    """Give floor and ceiling of ``edge * divisor`` without leaving 64-bit whole numbers.

    A whole number is above a fraction if it is above its floor, and below it if below its ceiling.
    """
    whole, rest = divmod(edge.numerator, edge.denominator)
    if divisors is None:
        return whole, whole + (rest > 0)
    beyond, left = np.divmod(divisors * rest, edge.denominator)
    floor = divisors * whole + beyond
    return floor, floor + (left > 0)


@attrs.frozen(kw_only=True)
class Cuts:
    """The cut points of R, F and M, with all that is needed to use them again later.

    Attributes:
        spec: What they were fitted for.
        currency: ISO 4217 code of the money that M was cut in.
        as_of: Moment of the summary they were fitted on, UTC, ISO 8601.
        customers: Number of customers they were fitted on.
        r: Cut points of the days since the last purchase.
        f: Cut points of the frequency.
        m: Cut points of the money, minor units.

    Example:
        >>> low = Cut(figure="orders", edges=(1,), levels=2)
        >>> low.rows()
        [(2, '> 1'), (1, '<= 1')]
    """

    spec: RfmSpec
    currency: str
    as_of: str
    customers: int
    r: Cut
    f: Cut
    m: Cut

    def __attrs_post_init__(self) -> None:
        """Refuse cut points that do not belong to the spec."""
        wanted = [("days_since_last", True), (self.spec.frequency, False), (self.spec.money, False)]
        found = [(cut.figure, cut.lower_is_better) for cut in (self.r, self.f, self.m)]
        if found != wanted or {cut.levels for cut in (self.r, self.f, self.m)} != {self.spec.bins}:
            raise SettingsError(
                f"cut points of {found} do not fit a spec of {wanted} in {self.spec.bins} levels"
            )

    @property
    def levels(self) -> int:
        """Number of score levels of each of R, F and M."""
        return self.spec.bins

    @property
    def notes(self) -> tuple[Label, ...]:
        """Say what a reader must know of the cut points."""
        notes = []
        if self.spec.method == "quantile" and self.customers < self.levels:
            notes.append(say(*_FEW, n=self.customers, levels=self.levels))
        for letter, cut in (("R", self.r), ("F", self.f), ("M", self.m)):
            if cut.neutral is not None:
                notes.append(say(*_FLAT, letter=letter, figure=FIGURES[cut.figure], score=cut.neutral))
        return tuple(notes)

    def rows(self) -> list[tuple[str, str, int, str]]:
        """Give the table of cut points: dimension, figure, score, figures that get it; best first."""
        money = partial(show_money, currency=self.currency)
        writers = (("R", self.r, show), ("F", self.f, show), ("M", self.m, money))
        return [(x, cut.figure, score, text) for x, cut, write in writers for score, text in cut.rows(write)]

    def __str__(self) -> str:
        """Print the table of cut points."""
        head = f"{self.spec.method} cuts of {self.customers} customers as of {self.as_of} UTC"
        return "\n".join([head, *(f"{x} {score}  {figure} {text}" for x, figure, score, text in self.rows())])

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON; :meth:`from_dict` reads them back to an equal value."""
        parts = {"r": self.r.to_dict(), "f": self.f.to_dict(), "m": self.m.to_dict()}
        head = {"currency": self.currency, "as_of": self.as_of, "customers": self.customers}
        return {"version": VERSION, **head, "spec": self.spec.to_dict(), **parts}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Cuts:
        """Read cut points back.

        Args:
            plain: What :meth:`to_dict` gave, perhaps through JSON.

        Returns:
            An equal value.

        Raises:
            SettingsError: A key is missing, unknown or wrong, or the version is not ours.
        """
        if (version := plain.get("version")) != VERSION:
            raise SettingsError(f"cut points of version {version!r}; this release reads {VERSION}")
        try:
            r, f, m = (Cut(**plain[letter]) for letter in "rfm")
            head = {key: plain[key] for key in ("currency", "as_of", "customers")}
            cuts = cls(spec=RfmSpec.from_dict(plain["spec"]), r=r, f=f, m=m, **head)
        except SettingsError:
            raise
        except (KeyError, TypeError, ValueError) as error:
            raise SettingsError(f"these are not cut points: {error!r}") from error
        if unknown := sorted(set(plain) - set(cuts.to_dict())):
            raise SettingsError(f"unknown keys beside the cut points: {', '.join(unknown)}")
        return cuts


_FEW: Final = (
    "客户只有 {n} 人，少于 {levels} 个分数档：分数只表示先后，部分档位为空",
    "{n} customers are fewer than the {levels} score levels: scores order them, and some levels stay empty",
)
_FLAT: Final = (
    "{letter}：所有客户的{figure}都相同，统一记 {score} 分",
    "{letter}: all customers have the same {figure}, so all score {score}",
)
