"""What the check of a points programme finds, and what it looks at."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property, lru_cache
from math import ceil
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

import attrs

from retailcrm.domain.labels import Label
from retailcrm.domain.money import exponent, format_money

if TYPE_CHECKING:
    from collections.abc import Mapping

    from retailcrm.domain.points.expiry import Expiry
    from retailcrm.domain.points.programme import Programme
    from retailcrm.domain.points.wallets import Wallet
    from retailcrm.domain.tiers import Ladder

Severity = Literal["error", "warning", "note"]

SEVERITIES: Final[Mapping[Severity, Label]] = MappingProxyType(
    {
        "error": Label("错误", "error"),
        "warning": Label("警告", "warning"),
        "note": Label("提示", "note"),
    }
)
"""Error: it loses money, or does nothing of what it says. Warning: look again. Note: a figure to know."""

_FIRST: Final = datetime.fromisoformat("2024-01-01T00:00:00+00:00")
_CYCLE: Final = 1461
"""Days of four years, one of them a leap year."""


def _exact(said: Mapping[str, Fraction | int]) -> Mapping[str, Fraction]:
    return MappingProxyType({name: Fraction(value) for name, value in said.items()})


@attrs.frozen(kw_only=True)
class Finding:
    """One thing that a programme's owner should know.

    Attributes:
        code: A stable word for programs; :data:`retailcrm.domain.points.linting.CODES` lists them.
        severity: ``error``, ``warning`` or ``note``.
        where: The setting, as in the policy file: ``points.earn.rate``.
        message: One sentence for a person.
        figures: The numbers in it, exact, by name.
    """

    code: str
    severity: Severity
    where: str
    message: Label
    figures: Mapping[str, Fraction] = attrs.field(factory=dict, converter=_exact)


@attrs.frozen
class Span:
    """Fewest and most local midnights between two moments, whatever the day they begin on."""

    least: int
    most: int


@attrs.frozen(kw_only=True)
class Case:
    """What is looked at.

    Attributes:
        programme: The rules.
        ladder: The tiers, if there are any.
        currency: ISO 4217 code of the amounts.
        as_of: The moment from which on it is judged; ``None``: any.
    """

    programme: Programme
    ladder: Ladder | None
    currency: str
    as_of: datetime | None

    @cached_property
    def unit(self) -> int:
        """Minor units in one whole unit of money."""
        unit: int = 10 ** exponent(self.currency)
        return unit

    def money(self, units: Fraction) -> str:
        """Write an amount in whole units of money; a part of the smallest coin is rounded up."""
        return format_money(ceil(units * self.unit), self.currency)

    def path(self, wallet: Wallet, setting: str) -> str:
        """Name a wallet's setting as the policy file does."""
        first = wallet is self.programme.wallets[0]
        return f"points.{setting}" if first else f"points.wallet.{wallet.name}.{setting}"

    @property
    def spendable(self) -> tuple[Wallet, ...]:
        """Wallets whose points buy something."""
        return tuple(wallet for wallet in self.programme.wallets if not wallet.qualifying)


def percent(share: Fraction) -> str:
    """Write a share for people, to a hundredth of a percent.

    Example:
        >>> percent(Fraction(1, 100)), percent(Fraction(1, 3))
        ('1 %', '33.33 %')
    """
    text = f"{float(share * 100):.2f}".rstrip("0").rstrip(".")
    return f"{text} %"


def number(value: Fraction | int) -> str:
    """Write a number for people, to a ten-thousandth.

    Example:
        >>> number(Fraction(3, 2)), number(1000)
        ('1.5', '1000')
    """
    return f"{float(value):.4f}".rstrip("0").rstrip(".")


@lru_cache(maxsize=64)
def span(rule: Expiry) -> Span | None:
    """Measure how long a rule lets points last, over every day of four years.

    Args:
        rule: The rule; its fixed day is not looked at.

    Returns:
        Midnights from the first day to the end; ``None`` if they never lapse, or on a fixed day.

    Example:
        >>> from retailcrm.domain.points.expiry import Expiry
        >>> span(Expiry(months=1)), span(Expiry(days=1, snap="year"))
        (Span(least=29, most=32), Span(least=2, most=367))
    """
    if rule.on is not None or (rule.months is None and rule.days is None):
        return None
    plain = attrs.evolve(rule, zone="UTC")
    lasts = []
    for number_ in range(_CYCLE):
        day = _FIRST + timedelta(days=number_)
        end = plain.after(day)
        assert end is not None  # noqa: S101 - it lapses, as just asked
        lasts.append((end - day).days)
    return Span(min(lasts), max(lasts))
