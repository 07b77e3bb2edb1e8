"""What R, F and M mean, and how they are cut into scores."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import attrs

from retailcrm.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailcrm.analytics.tables import CustomerSummary, Ints

Method = Literal["quantile", "bands", "mean", "median"]
Monetary = Literal["total", "per_order"]
Frequency = Literal["orders", "purchase_days"]
Amount = Literal["net", "gross"]

_FEWEST_LEVELS: Final = 2
_MOST_LEVELS: Final = 9


def _one_of(words: tuple[str, ...]) -> Any:  # noqa: ANN401 - attrs validators have no public type
    """Refuse a word that is not on the list, naming the list."""

    def check(_: object, field: attrs.Attribute[Any], value: object) -> None:
        if value not in words:
            raise SettingsError(f"{field.name} must be one of {', '.join(words)}; got {value!r}")

    return check


def _edges(values: Any) -> tuple[Fraction, ...]:  # noqa: ANN401 - ints, Fractions or their text
    """Take whole numbers or exact fractions; refuse floats, which would not print as they compare."""
    if isinstance(values, str) or any(isinstance(value, float | bool) for value in values):
        raise SettingsError(f"bands must be whole numbers or fractions, not {values!r}")
    try:
        return tuple(Fraction(value) for value in values)
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise SettingsError(f"bands must be whole numbers or fractions, not {values!r}") from error


@attrs.frozen(kw_only=True)
class RfmSpec:
    """How to score: which figures, and which kind of cut points.

    Attributes:
        method: ``quantile``: cut points at ordered values, so that levels hold about equally many
            customers where values differ. ``bands``: given cut points. ``mean``, ``median``: two
            levels, high if better than the mean (or median) customer.
        frequency: F counts orders, or distinct days with an order.
        amount: M counts money net of refunds, or before them.
        monetary: M is a customer's total, or the average per order.
        r_bands: Only for ``bands``: most days since the last purchase for each score, falling, from
            the second-lowest score up: ``(180, 90, 30)`` gives 4 to "at most 30 days".
        f_bands: Only for ``bands``: least frequency for each score, rising, from the second-lowest up.
        m_bands: Only for ``bands``: least money in minor units for each score, rising.
        bins: Number of score levels, 2 to 9; 5 for quantiles unless given, else set by the method.

    Example:
        >>> RfmSpec().bins, RfmSpec(method="mean").bins
        (5, 2)
    """

    method: Method = attrs.field(default="quantile", validator=_one_of(get_args(Method)))
    frequency: Frequency = attrs.field(default="orders", validator=_one_of(get_args(Frequency)))
    amount: Amount = attrs.field(default="net", validator=_one_of(get_args(Amount)))
    monetary: Monetary = attrs.field(default="total", validator=_one_of(get_args(Monetary)))
    r_bands: tuple[Fraction, ...] = attrs.field(default=(), converter=_edges)
    f_bands: tuple[Fraction, ...] = attrs.field(default=(), converter=_edges)
    m_bands: tuple[Fraction, ...] = attrs.field(default=(), converter=_edges)
    bins: int = attrs.field()

    @bins.default
    def _usual_bins(self) -> int:
        if self.method == "bands":
            return len(self.r_bands) + 1
        return 5 if self.method == "quantile" else 2

    def __attrs_post_init__(self) -> None:
        """Refuse settings that contradict each other, or that nothing would read."""
        bands = {"r_bands": self.r_bands, "f_bands": self.f_bands, "m_bands": self.m_bands}
        if self.method == "bands":
            self._check_bands(bands)
        elif unread := [name for name, edges in bands.items() if edges]:
            raise SettingsError(f"method {self.method!r} does not read {', '.join(unread)}")
        if type(self.bins) is not int or not _FEWEST_LEVELS <= self.bins <= _MOST_LEVELS:
            raise SettingsError(f"score levels (bins) must be 2 to {_MOST_LEVELS}; got {self.bins!r}")
        if self.method != "quantile" and self.bins != self._usual_bins():
            raise SettingsError(f"method {self.method!r} sets bins to {self._usual_bins()}; got {self.bins}")

    def _check_bands(self, bands: Mapping[str, tuple[Fraction, ...]]) -> None:
        if len({len(edges) for edges in bands.values()}) != 1:
            counts = ", ".join(f"{name} {len(edges)}" for name, edges in bands.items())
            raise SettingsError(f"r_bands, f_bands and m_bands must be equally many; got {counts}")
        for name, edges in bands.items():
            rising = tuple(reversed(edges)) if name == "r_bands" else edges
            if any(low >= high for low, high in itertools.pairwise(rising)):
                direction = "fall" if name == "r_bands" else "rise"
                raise SettingsError(f"{name} must {direction} strictly; got {[str(e) for e in edges]}")

    @property
    def money(self) -> str:
        """Name what M measures: ``net``, ``gross``, ``net_per_order`` or ``gross_per_order``."""
        return self.amount if self.monetary == "total" else f"{self.amount}_per_order"

    def to_dict(self) -> dict[str, Any]:
        """Give the settings as plain values for JSON or TOML."""
        plain = attrs.asdict(self)
        for name in ("r_bands", "f_bands", "m_bands"):
            plain[name] = [str(edge) for edge in plain[name]]
        return plain

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> RfmSpec:
        """Read settings; every one may be left out.

        Raises:
            SettingsError: A setting is unknown or wrong.
        """
        known = [field.name for field in attrs.fields(cls)]
        if unknown := sorted(set(settings) - set(known)):
            raise SettingsError(f"unknown RFM setting {', '.join(unknown)}; known: {', '.join(known)}")
        return cls(**settings)


def measure_f(summary: CustomerSummary, spec: RfmSpec) -> Ints:
    """Give the figure that F is cut from."""
    return summary.purchase_days if spec.frequency == "purchase_days" else summary.orders


def measure_m(summary: CustomerSummary, spec: RfmSpec) -> tuple[Ints, Ints | None]:
    """Give the figure that M is cut from: amounts, and what to divide each by (``None``: nothing)."""
    amount = summary.net if spec.amount == "net" else summary.gross
    return amount, None if spec.monetary == "total" else summary.orders
