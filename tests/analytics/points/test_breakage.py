"""Breakage: what expired of what ran its course, and forecasts that are exact where cohorts are alike."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analytics.points.journals import ZONE, rows_of, shops

from retailcrm.analytics.columns import INSTANT, Texts
from retailcrm.analytics.points.back_test import back_test
from retailcrm.analytics.points.breakage import (
    Expected,
    Forecast,
    Matured,
    Withheld,
    breakage_forecast,
    forecast,
    matured_breakage,
)
from retailcrm.analytics.points.cohorts import Cohorts, cohorts_of, month_start
from retailcrm.analytics.points.journal import movements_of
from retailcrm.analytics.tables.points import BUCKETS, VERBS, LotTable, MovementTable
from retailcrm.errors import InputError

LOCAL = ZoneInfo(ZONE)
FIRST = 648  # January 2024
KEPT = ("pending", "available", "held", "spent", "expired")


def programme(sizes, redeemed, *, expires=6, reverses=0):
    """Make a table: each month one lot, of which shares are redeemed at each age, the rest expiring.

    Args:
        sizes: Points awarded in each month, from January 2024 on.
        redeemed: Shares of them that are redeemed in each month of age.
        expires: Age at which what is left expires; as many months of movements are made for all.
        reverses: Share that a refund takes back at age 1.
    """
    rows = []
    for i, size in enumerate(sizes):
        lot, left = i, size
        rows.append((lot, "earn", None, "available", size, i))
        if reverses:
            back = int(size * reverses)
            rows.append((lot, "reverse", "available", "reversed", back, i + 1))
            left -= back
        for age, share in enumerate(redeemed):
            part = int(size * share)
            if part:
                rows.append((lot, "redeem", "available", "spent", part, i + age))
                left -= part
        if left:
            rows.append((lot, "expire", "available", "expired", left, i + expires))
    starts = np.array([month_start(FIRST + i, ZONE) for i in range(len(sizes) + expires + 1)], INSTANT)
    later = starts + np.timedelta64(36, "h")
    bucket = {None: -1} | {b.value: n for n, b in enumerate(BUCKETS)}
    verb = {v.value: n for n, v in enumerate(VERBS)}
    columns = list(zip(*rows, strict=True))
    return MovementTable(
        lots=LotTable(
            zone=ZONE,
            accounts=Texts.of(["ann"]),
            account=np.zeros(len(sizes), np.int32),
            points=np.array(sizes, np.int64),
            awarded_at=later[: len(sizes)],
            activates_at=later[: len(sizes)],
            expires_at=later[expires : len(sizes) + expires],
        ),
        lot=np.array(columns[0], np.int64),
        verb=np.array([verb[v] for v in columns[1]], np.int8),
        source=np.array([bucket[b] for b in columns[2]], np.int8),
        target=np.array([bucket[b] for b in columns[3]], np.int8),
        points=np.array(columns[4], np.int64),
        effective_at=later[np.array(columns[5])],
    )


SIZES = [1000, 3000, 2000, 1000, 4000, 2000, 5000, 1000, 2000, 3000, 1000, 2000]
PATTERN = (Fraction(1, 10), Fraction(2, 10), Fraction(1, 10), Fraction(1, 10))


def at_month(n):
    """Give the beginning of a month, January 2024 being 0."""
    return month_start(FIRST + n, ZONE)


@settings(max_examples=60, deadline=None)
@given(shops(), st.integers(0, 12))
def test_cohorts_are_what_a_loop_says(shop, months):
    """By month of award and age: points not reversed, redeemed and expired, opening balances left out."""
    end = at_month(months)
    stop = end.item().replace(tzinfo=UTC)
    rows = rows_of(shop, stop)
    opened = {row["lot"] for row in rows_of(shop, datetime(2040, 1, 1, tzinfo=UTC)) if row["verb"] == "open"}
    rows = [row for row in rows if row["lot"] not in opened]
    found = cohorts_of(movements_of(shop.entries, ZONE), end)

    def number(moment):
        day = moment.astimezone(LOCAL)
        return (day.year - 1970) * 12 + day.month - 1

    expected: dict = {"kept": {}, "redeemed": {}, "expired": {}}
    groups = {"kept": KEPT, "redeemed": ("spent",), "expired": ("expired",)}
    for row in rows:
        name, lot = row["lot"]
        begun = number(shop.lots[name][lot].awarded_at)
        for figure, buckets in groups.items():
            change = row["points"] * ((row["target"] in buckets) - (row["source"] in buckets))
            for now in range(number(row["at"]), FIRST + months):
                cell = begun, now - begun
                expected[figure][cell] = expected[figure].get(cell, 0) + change
    for figure, cells in expected.items():
        square = getattr(found, figure)
        told = {
            (found.first + i, j): int(square[i, j])
            for i in range(len(found))
            for j in range(len(found) - i)
            if square[i, j]
        }
        assert told == {cell: points for cell, points in cells.items() if points}
        assert not any(square[i, j] for i in range(len(found)) for j in range(len(found) - i, len(found)))


def test_matured_breakage_by_hand():
    """Half of each month expires, an eighth is reversed: of what remains, (8 - 1 - 4) / 7 expires."""
    table = programme([800, 1600, 80], (Fraction(1, 4), Fraction(1, 4)), expires=3, reverses=Fraction(1, 8))
    found = matured_breakage(cohorts_of(table, at_month(5)))
    assert isinstance(found, Matured)
    # The first two months lapsed in the 4th and 5th month; the third lapses in the 6th.
    assert found.months == ("2024-01", "2024-02")
    assert found.rates == (Fraction(3, 7), Fraction(3, 7))
    assert found.rate == Fraction(3, 7)
    assert matured_breakage(cohorts_of(table, at_month(3))) == matured_breakage(
        cohorts_of(table, at_month(1))
    )


def test_nothing_matured_is_withheld():
    """While every month has points left there is no rate, and the reason is said in both languages."""
    found = matured_breakage(cohorts_of(programme(SIZES, PATTERN), at_month(6)))
    assert isinstance(found, Withheld)
    assert found.code == "nothing_matured"
    assert found.reason.zh
    assert "no breakage rate" in found.reason.en
    assert isinstance(matured_breakage(cohorts_of(movements_of({}, ZONE), at_month(6))), Withheld)


@pytest.mark.parametrize("reverses", [0, Fraction(1, 10)])
def test_cohorts_that_are_alike_are_forecast_exactly(reverses):
    """If every month redeems half and loses a tenth to refunds at once, the forecast says so to the point."""
    found = breakage_forecast(programme(SIZES, PATTERN, reverses=reverses), at_month(12))
    assert isinstance(found, Forecast)
    for size, cohort in zip(SIZES, found.cohorts, strict=True):
        assert cohort.redeemed_at_last == size * Fraction(1, 2)
        assert cohort.kept_at_last == size * (1 - reverses)
        assert cohort.share == Fraction(1, 2) / (1 - reverses)
    assert found.share == Fraction(1, 2) / (1 - reverses)
    assert found.breakage == 1 - found.share
    # Redeemed by age: 1/10, 3/10, 4/10, 5/10 and no more.
    assert found.factors[:4] == (3, Fraction(4, 3), Fraction(5, 4), 1)
    assert found.spread.total == 0


def test_the_share_of_what_is_outstanding():
    """A month of age 1 has redeemed 3 of 10 and will redeem 5: 2 of the 7 that are left."""
    found = breakage_forecast(programme(SIZES, PATTERN), at_month(12))
    expected = found.expected()
    assert expected.of(FIRST + 10) == Fraction(2, 7)
    assert expected.of(FIRST + 11) == Fraction(4, 9)
    assert expected.of(FIRST + 12) == Fraction(1, 2)  # not yet in the forecast: the share of all
    assert expected.of(FIRST + 8) == 0
    assert (FIRST + 0) not in expected.months  # nothing is left of it


def test_a_month_without_redemptions_adds_what_the_others_did():
    """Where nothing is ever redeemed in the month of award, the youngest month cannot grow: it is pooled."""
    table = programme(SIZES, (Fraction(0), Fraction(2, 10), Fraction(1, 10)))
    found = breakage_forecast(table, at_month(12))
    assert found.factors[0] is None
    assert [cohort.pooled for cohort in found.cohorts] == [False] * 11 + [True]
    assert found.cohorts[-1].redeemed_at_last == 2000 * Fraction(3, 10)
    assert found.share == Fraction(3, 10)
    assert np.isnan(found.spread.cohorts[-1])


def cohorts_by_hand(redeemed, *, sizes, closed):
    """Give cohorts from rows of redeemed points; the oldest expired whole at their last age."""
    n = len(sizes)
    known = np.add.outer(np.arange(n), np.arange(n)) < n
    expired = np.zeros((n, n), np.int64)
    for i in range(closed):
        expired[i, n - 1 - i] = sizes[i] - redeemed[i][-1]
    return Cohorts(
        first=FIRST,
        kept=np.where(known, np.array(sizes)[:, None], 0),
        redeemed=np.array([[*row, *([0] * i)] for i, row in enumerate(redeemed)], np.int64),
        expired=expired,
    )


ZERO_FIRST = [[0, 0, 0, 0, 0, 0], [10, 20, 20, 20, 20], [0, 30, 40, 40], [20, 40, 50], [40, 90], [60]]


def test_an_oldest_month_of_nothing_stops_no_forecast():
    """The first month redeemed nothing at all: the others are forecast by their factors all the same.

    From age 0: (20 + 30 + 40 + 90) / (10 + 0 + 20 + 40) = 18/7; from 1: (20 + 40 + 50) / (20 + 30 + 40) =
    11/9; from 2: 60/60 = 1; then 1, and where the first month is alone, nothing comes of nothing: 1.
    """
    cohorts = cohorts_by_hand(ZERO_FIRST, sizes=[100, 100, 200, 100, 400, 500], closed=3)
    found = forecast(cohorts)
    assert found.factors == (Fraction(18, 7), Fraction(11, 9), 1, 1, 1)
    assert [row.pooled for row in found.cohorts] == [False] * 6
    ends = [0, 20, 40, 50, 90 * Fraction(11, 9), 60 * Fraction(18, 7) * Fraction(11, 9)]
    assert [row.redeemed_at_last for row in found.cohorts] == ends
    expected = found.expected()
    assert expected.of(FIRST + 4) == 20 / Fraction(310)
    assert expected.of(FIRST + 5) == (ends[5] - 60) / 440


def test_a_month_above_the_others_still_goes_on():
    """Nothing can be multiplied of the youngest month, for none redeemed at once: it adds what they did.

    At the next age they added 20 of 100, 20 of 100, 10 of 200, 40 of 400 points: 90 of 800. The youngest
    has redeemed half of its 80 points already, far more than any of them ever did, and adds 9 of 80.
    """
    rows = [[0, 20, 20, 20, 20], [0, 20, 20, 20], [0, 10, 10], [0, 40], [40]]
    found = forecast(cohorts_by_hand(rows, sizes=[100, 100, 200, 400, 80], closed=3))
    assert found.factors == (None, 1, 1, 1)
    assert found.rates == (Fraction(90, 800), 0, 0, 0)
    youngest = found.cohorts[-1]
    assert (youngest.pooled, youngest.redeemed_at_last) == (True, 49)
    assert found.expected().of(FIRST + 4) == Fraction(9, 40)
    assert found.share == Fraction(20 + 20 + 10 + 40 + 49, 100 + 100 + 200 + 400 + 80)


def test_a_pooled_month_adds_no_more_than_it_has():
    """The others added half of their points at the next age; this one has but a tenth of its own left."""
    rows = [[0, 50, 50, 50, 50], [0, 50, 50, 50], [0, 50, 50], [0, 50], [90]]
    found = forecast(cohorts_by_hand(rows, sizes=[100] * 5, closed=3))
    assert found.cohorts[-1].redeemed_at_last == 100


def test_no_month_redeems_more_than_it_has():
    """A month that redeemed nearly all in its first days is not forecast to redeem more than all."""
    sizes = [1000] * 9
    table = programme(sizes, PATTERN)
    # The last month is another kind: 900 of 1000 in the month of award, times 5 would be 4500.
    points = table.points.copy()
    points[(table.lot == 8) & (table.verb == VERBS.index("redeem"))] = [900, 1, 1, 1]
    points[(table.lot == 8) & (table.verb == VERBS.index("expire"))] = 97
    found = breakage_forecast(attrs.evolve(table, points=points), at_month(9))
    assert found.cohorts[-1].redeemed == 900
    assert found.cohorts[-1].redeemed_at_last == 1000
    assert found.cohorts[-1].share == 1


@pytest.mark.parametrize("hidden", [1, 3, 5])
def test_a_back_test_of_cohorts_that_are_alike_has_no_error(hidden):
    """Months that go on as before are forecast to the point, and the youngest begin after the hidden ones."""
    found = back_test(cohorts_of(programme(SIZES, PATTERN), at_month(14)), hidden)
    assert found.error == 0
    assert found.relative_error == 0
    assert sum(found.actual) > 0
    assert found.forecast == tuple(map(Fraction, found.actual))
    assert len(found.months) == 14 - hidden


def test_a_back_test_by_hand_where_something_changes():
    """Months 9 to 12 redeem nothing after the 10th month: all that was forecast for then is error."""
    table = programme(SIZES, PATTERN)
    late = (table.verb == VERBS.index("redeem")) & (table.effective_at >= at_month(10))
    target = np.where(late, BUCKETS.index("expired"), table.target).astype(np.int8)
    found = back_test(cohorts_of(attrs.evolve(table, target=target), at_month(12)), 2)
    assert set(found.actual) == {0}
    # After 10 months: month 7 (5000) is at age 3 and done; month 8 (1000) gains 1/10; month 9 (2000) gains
    # 1/10 + 1/10; month 10 (3000), at age 0, gains 2/10 + 1/10.
    assert found.forecast[-4:] == (0, 100, 400, 900)
    assert (found.error, found.relative_error) == (1400, None)


def test_a_pooled_month_is_back_tested_by_the_pattern():
    """A month with nothing redeemed yet gets, in hidden months, its share of what redeems at those ages."""
    table = programme(SIZES, (Fraction(0), Fraction(2, 10), Fraction(1, 10)))
    found = back_test(cohorts_of(table, at_month(12)), 1)
    assert found.forecast == tuple(map(Fraction, found.actual))
    assert found.forecast[-1] == 1000 * Fraction(2, 10)


def test_a_month_that_began_late_is_back_tested_by_what_is_still_to_come():
    """Others redeem 2 of 10 points in the month after the award; so does it, and what it missed is gone."""
    table = programme(SIZES, PATTERN)
    first = (table.lot == 10) & (table.verb == VERBS.index("redeem")) & (table.effective_at < at_month(11))
    columns = ("lot", "verb", "source", "target", "points", "effective_at")
    found = back_test(
        cohorts_of(
            attrs.evolve(table, **{name: getattr(table, name)[~first] for name in columns}), at_month(12)
        ),
        1,
    )
    assert SIZES[10] == 1000
    assert found.forecast[10] == 1000 * Fraction(2, 10)


def test_a_back_test_forecasts_no_more_than_there_is():
    """A month that had redeemed 900 of 1,000 at once is not forecast to redeem 1,800 more in the next."""
    table = programme([1000] * 10, PATTERN)
    points = table.points.copy()
    points[(table.lot == 8) & (table.verb == VERBS.index("redeem"))] = [900, 1, 1, 1]
    found = back_test(cohorts_of(attrs.evolve(table, points=points), at_month(10)), 1)
    assert found.forecast[8] == 100
    assert found.actual[8] == 1


def test_too_few_data_are_said_to_be_too_few():
    """Before the oldest months have run their course nothing is forecast, nor back-tested."""
    table = programme(SIZES, PATTERN)
    for months, known in ((0, False), (7, False), (8, False), (9, True)):
        # The third month's points lapse in the ninth month, so that they are gone from its end on.
        found = breakage_forecast(table, at_month(months))
        assert isinstance(found, Forecast) == known, months
        if not known:
            assert found.code == "too_young"
            assert "3" in found.reason.zh
    cohorts = cohorts_of(table, at_month(9))
    assert isinstance(back_test(cohorts, 1), Withheld)
    assert isinstance(forecast(cohorts, least=4), Withheld)
    assert isinstance(forecast(cohorts_of(table, at_month(8)), least=2), Forecast)
    never = programme(SIZES, ())
    assert forecast(cohorts_of(never, at_month(12))).code == "nothing_redeemed"
    with pytest.raises(InputError, match="at least 1 month"):
        back_test(cohorts, 0)


def test_a_month_that_is_not_over_is_left_out():
    """In the middle of a month, what happened in it is not looked at; at its end it is."""
    table = programme(SIZES, PATTERN)
    end = at_month(12)
    middle = cohorts_of(table, end + np.timedelta64(20, "D"))
    assert middle.keys[-1] == "2024-12"
    assert (middle.redeemed == cohorts_of(table, end).redeemed).all()
    assert len(cohorts_of(table, end - np.timedelta64(1, "us"))) == 11
    assert middle.before(3).keys == middle.keys[:-3]
    assert (middle.before(3).kept == cohorts_of(table, at_month(9)).kept).all()


def test_a_share_is_exact_and_within_bounds():
    """An assumption that is no share, or a float, is refused."""
    assert Expected(other=Fraction(19, 20)).of(0) == Fraction(19, 20)
    for wrong in (0.95, Fraction(3, 2), Fraction(-1, 2)):
        with pytest.raises(InputError, match="from 0 to 1"):
            Expected(other=wrong)


def test_the_forecast_looks_at_what_was_known():
    """A back-dated movement written later is not seen by a forecast of what was known before it."""
    table = programme(SIZES, PATTERN)
    written = table.effective_at.copy()
    late = (table.lot == 11) & (table.verb == VERBS.index("redeem"))
    written[late] += np.timedelta64(300, "D")
    told = attrs.evolve(table, recorded_at=written)
    assert breakage_forecast(told, at_month(12)).cohorts[-1].redeemed == 200
    assert breakage_forecast(told, at_month(12), known=at_month(12)).cohorts[-1].redeemed == 0


def test_a_noisy_programme_lands_within_its_standard_errors():
    """Redemptions by chance, seed given: what happened lies within three standard errors of the forecast."""
    rng = np.random.default_rng(20240101)
    table = programme([int(n) for n in rng.integers(20_000, 90_000, 24)], PATTERN)
    redeems, expires = table.verb == VERBS.index("redeem"), table.verb == VERBS.index("expire")
    points = table.points.copy()
    points[redeems] = rng.binomial(points[redeems], rng.uniform(0.7, 1, redeems.sum()))
    spent = np.bincount(table.lot[redeems], weights=points[redeems]).astype(np.int64)
    points[expires] = table.lots.points - spent
    noisy = attrs.evolve(table, points=points)
    found = breakage_forecast(noisy, at_month(24))
    truth = spent - [cohort.redeemed for cohort in found.cohorts]
    guess = sum(cohort.redeemed_at_last - cohort.redeemed for cohort in found.cohorts)
    assert sum(truth) > 0
    assert abs(float(guess) - sum(truth)) < 3 * found.spread.total
    tested = back_test(cohorts_of(noisy, at_month(24)), 6)
    assert abs(tested.relative_error) < Fraction(1, 5)
