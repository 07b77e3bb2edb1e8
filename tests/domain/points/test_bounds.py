"""What is too much: all sums of points fit into columns, and what can never count is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from retailcrm.domain.points.account import Account
from retailcrm.domain.points.adjusting import adjust
from retailcrm.domain.points.awarding import earn
from retailcrm.domain.points.earning import Earner, LineAmount, award_of
from retailcrm.domain.points.moving import transfer
from retailcrm.domain.points.opening import OpeningRow, open_balances
from retailcrm.domain.points.programme import Activity, Referral, Reward
from retailcrm.domain.points.spending import redeem, reserve
from retailcrm.domain.points.wallets import Cap, EarnRule
from retailcrm.errors import InputError, SettingsError

NOW = datetime(2024, 5, 1, tzinfo=UTC)
MOST = 10**15
HOW: dict[str, Any] = {"key": "k", "now": NOW}


def ann(points: int = 1) -> Account:
    return earn(Account(id="ann"), points, lot="1", source="a", key="a", now=NOW, activates_at=NOW).account


@pytest.mark.parametrize("points", [MOST + 1, 10**30])
def test_no_command_moves_more_points_than_columns_hold(points: int) -> None:
    """Awards, corrections, spending, reservations and gifts end at 10^15 points."""
    wrong: list[Any] = [
        lambda: earn(ann(), points, lot="2", source="b", **HOW),
        lambda: adjust(ann(), points, reason="why", actor="eve", **HOW),
        lambda: adjust(ann(), -points, reason="why", actor="eve", **HOW),
        lambda: redeem(ann(), points, **HOW),
        lambda: reserve(ann(), points, hold="h", ends_at=NOW + timedelta(hours=1), **HOW),
        lambda: transfer(ann(), Account(id="bob"), points, **HOW),
    ]
    for command in wrong:
        with pytest.raises(InputError, match="1000000000000000"):
            command()


def test_the_most_points_are_moved() -> None:
    """10^15 points are awarded, corrected and spent."""
    assert adjust(Account(id="ann"), MOST, reason="why", actor="eve", **HOW).account.available == MOST
    assert redeem(ann(MOST), MOST, **HOW).account.available == 0


def test_an_order_earns_no_more_either() -> None:
    """At 10^15 points for a coin, two coins are too many; a cap makes room again."""
    order = Earner(reference="A1", lines=(LineAmount(id="1", price=2),))
    rule = EarnRule(rate=Fraction(MOST * 100))
    with pytest.raises(InputError, match="A1"):
        award_of(order, rule)
    assert award_of(order, rule, room=MOST).points == MOST


@pytest.mark.parametrize(("points", "problems"), [(MOST, []), (MOST + 1, ["points"]), (10**30, ["points"])])
def test_a_row_of_too_many_points_is_a_problem(points: int, problems: list[str]) -> None:
    """An opening balance of more than 10^15 is left out and told."""
    told = open_balances(
        [OpeningRow(source="1", account="ann", points=points)], {"ann": Account(id="ann")}, file="old.csv",
        known={}, **HOW,
    )  # fmt: skip
    assert [one.code for one in told.problems] == problems


SETTINGS = [
    lambda points: Activity(kind="review", points=points),
    lambda points: Activity(kind="signin", points=1, streak=((7, points),)),
    lambda points: Referral(referrer=points),
    lambda points: Referral(referred=points),
    lambda points: Reward(id="mug", points=points),
    lambda points: Cap(points=points),
]


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_of_points_has_an_end(setting: Any) -> None:
    """A setting is at most 10^12 points."""
    setting(10**12)
    with pytest.raises(SettingsError, match="at most 1000000000000"):
        setting(10**12 + 1)


@pytest.mark.parametrize("kind", ["signin", "review", "birthday"])
def test_an_activity_earns_at_least_a_point(kind: Any) -> None:
    """Of a sign-in of 0 points nothing would be kept, and no streak would ever count."""
    with pytest.raises(SettingsError, match="points"):
        Activity(kind=kind, points=0)


@pytest.mark.parametrize("kind", ["registration", "profile"])
@pytest.mark.parametrize("per", ["month", "year", "ever"])
def test_what_counts_so_often_ever_has_no_period(kind: Any, per: Any) -> None:
    """Registering and filling in a profile count ``times`` times ever: a period would not be read."""
    with pytest.raises(SettingsError, match=f"{kind}: it counts 3 times ever"):
        Activity(kind=kind, points=5, times=3, per=per)
    assert Activity(kind=kind, points=5, times=3).times == 3
