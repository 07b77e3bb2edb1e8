"""What an order earns, against the same sums in fractions of a point."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from retailcrm.domain.points.account import Account
from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.earning import Earner, LineAmount, award_of
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.lots import Lot
from retailcrm.domain.points.wallets import EarnBase, EarnRule

NOW: Final = datetime(2024, 5, 1, tzinfo=UTC)
DAY: Final = timedelta(days=1)
RATES: Final = st.fractions(0, 3, max_denominator=12)
ROUNDED: Final = {
    "down": floor,
    "half_up": lambda exact: floor(exact + Fraction(1, 2)),
    "up": ceil,
}

lines = st.lists(
    st.builds(
        LineAmount,
        id=st.just("a"),
        price=st.integers(0, 5000),
        rate=st.one_of(st.none(), RATES),
        earns=st.booleans(),
    ),
    min_size=1,
    max_size=4,
)
rules = st.builds(
    EarnRule,
    rate=RATES,
    base=st.just(EarnBase(shipping=True)),
    rounding=st.sampled_from(("down", "half_up", "up")),
    round_at=st.sampled_from(("order", "line")),
    least=st.sampled_from((0, 1000)),
)


@given(
    parts=lines,
    rule=rules,
    shipping=st.integers(0, 900),
    multipliers=st.lists(RATES, max_size=2),
    unit=st.sampled_from((1, 100)),
)
def test_an_award_is_exact(
    parts: list[LineAmount], rule: EarnRule, shipping: int, multipliers: list[Fraction], unit: int
) -> None:
    """Rate, multiplier and rounding once, the left-over points to the largest remainders."""
    award = award_of(
        Earner(reference="1", lines=tuple(parts), shipping=shipping), rule, unit=unit, multipliers=multipliers
    )

    earning = [
        (line.price if line.earns else 0, rule.rate if line.rate is None else line.rate) for line in parts
    ]
    earning += [(shipping, rule.rate), (0, rule.rate)]
    counts = sum(base for base, _ in earning) >= rule.least
    exacts = [Fraction(base, unit) * rate * max(multipliers, default=1) * counts for base, rate in earning]
    whole = ROUNDED[rule.rounding](sum(exacts))
    assert award.exact == sum(exacts)
    if rule.round_at == "line":
        assert award.shares == tuple(ROUNDED[rule.rounding](exact) for exact in exacts)
        return
    assert award.points == whole
    assert award.shares == largest_remainders(whole, exacts)


def largest_remainders(points: int, exacts: list[Fraction]) -> tuple[int, ...]:
    """Share points out by exact weights, in fractions."""
    total = sum(exacts)
    due = [points * exact / total if total else Fraction(0) for exact in exacts]
    last = sorted(range(len(due)), key=lambda n: (floor(due[n]) - due[n], n))[: points - sum(map(floor, due))]
    return tuple(floor(one) + (n in last) for n, one in enumerate(due))


def test_an_award_of_the_past_is_written_now() -> None:
    """It takes effect at its own moment, what fell due since then too, and the journal rises from now on."""
    later = NOW + 9 * DAY

    outcome = earn(
        Account(id="points/ann", recorded_at=later), 30, lot="o", source="o", key="o", now=NOW,
        recorded_at=later, activates_at=NOW, expiry=Expiry(days=2),
    )  # fmt: skip

    tick = timedelta(microseconds=1)
    assert [entry.effective_at for entry in outcome.entries] == [NOW, NOW]
    assert [entry.recorded_at for entry in outcome.entries] == [later + tick, later + 2 * tick]
    assert outcome.account.recorded_at == later + 2 * tick


def test_points_that_start_later_last_longer() -> None:
    """The end follows from the start; a lot that starts when it was to start stays the very same."""
    lot = Lot(
        id="o", source="o", awarded_at=NOW, activates_at=NOW, expires_at=NOW + 3 * DAY,
        expiry=Expiry(days=2), pending=5,
    )  # fmt: skip

    assert lot.starting(NOW) is lot
    moved = lot.starting(NOW + 4 * DAY)
    assert (moved.activates_at, moved.expires_at, moved.pending) == (NOW + 4 * DAY, NOW + 7 * DAY, 5)
