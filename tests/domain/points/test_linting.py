"""The check of a programme: each finding has a policy that has it, and one beside it that does not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any, Final

import attrs
import pytest

from retailcrm.domain.labels import Label
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.linting import CODES, Finding, check
from retailcrm.domain.points.programme import Activity, Campaign, Programme, Referral, Reward
from retailcrm.domain.points.reversal import LatePolicy
from retailcrm.domain.points.wallets import Cap, EarnBase, EarnRule, Redemption, Waiting, Wallet
from retailcrm.domain.tiers import Benefits, Hold, Ladder, Requirement, Tier, Window

F = Fraction
TEN_PERCENT: Final = {"points_per_unit": F(10)}


def programme(**said: Any) -> Programme:
    """Make a programme whose first wallet has some rules; ``earn`` and ``redemption`` by their settings."""
    of_wallet = {field.name for field in attrs.fields(Wallet)}
    wallet = {name: said.pop(name) for name in list(said) if name in of_wallet}
    if isinstance(wallet.get("earn"), dict):
        wallet["earn"] = EarnRule(**wallet["earn"])
    if "redemption" in wallet:
        wallet["redemption"] = Redemption(**wallet["redemption"])
    further = said.pop("further", ())
    return Programme(wallets=(Wallet(**wallet), *further), **said)


def ladder(*tiers: tuple[str, str, str]) -> Ladder:
    """Make a ladder of tiers with their discounts and multipliers."""
    return Ladder(
        currency="CNY",
        zone="UTC",
        window=Window("lifetime"),
        hold=Hold("forever"),
        tiers=tuple(
            Tier(
                name=name,
                label=Label(name, name),
                enter=Requirement(spend=100 * n) if n else Requirement(),
                benefits=Benefits(discount=discount, points_multiplier=multiplier),
            )
            for n, (name, discount, multiplier) in enumerate(tiers)
        ),
    )


def campaign(multiplier: str, start: int = 1, end: int = 2, *tiers: str, name: str = "") -> Campaign:
    """Make a campaign from one day of November to another."""
    return Campaign(
        name=name or f"c{multiplier}-{start}",
        start=datetime(2025, 11, start, tzinfo=UTC),
        end=datetime(2025, 11, end, tzinfo=UTC),
        multiplier=F(multiplier),
        tiers=tiers,
    )


def found(code: str, rules: Programme, **more: Any) -> list[Finding]:
    """Give the findings of one code."""
    return [one for one in check(rules, currency="CNY", **more) if one.code == code]


GOLD: Final = ladder(("member", "0", "1"), ("gold", "0.1", "3"))
FLAT: Final = ladder(("member", "0", "1"), ("gold", "0.1", "1"))
AWARD: Final = {"expiry_from": "award"}

# Code, severity, where, a programme that has it, one that does not, the ladder of both.
CASES: Final[list[tuple[str, str, str, Programme, Programme, Ladder | None]]] = [
    (
        "cashback", "error", "points.earn.rate",
        programme(redemption={"points_per_unit": F(1)}),
        programme(redemption={"points_per_unit": F(2)}), None,
    ),
    (
        # Four tenths back, three times as much for gold.
        "stacking", "error", "points.earn.rate",
        programme(earn={"rate": F(4)}, redemption=TEN_PERCENT),
        programme(earn={"rate": F(3)}, redemption=TEN_PERCENT), GOLD,
    ),
    (
        "above-margin", "error", "points.earn.rate",
        programme(redemption=TEN_PERCENT, margin=F(9, 100)),
        programme(redemption=TEN_PERCENT, margin=F(1, 10)), None,
    ),
    (
        # Gold: 1 - 0.9 * (1 - 0.3) = 37 %.
        "stacking-above-margin", "warning", "points.earn.rate",
        programme(redemption=TEN_PERCENT, margin=F(36, 100)),
        programme(redemption=TEN_PERCENT, margin=F(37, 100)), GOLD,
    ),
    ("margin-not-told", "note", "points.margin", programme(), programme(margin=F(1, 2)), None),
    (
        "self-feeding", "warning", "points.earn.base.paid_by_points",
        programme(earn={"base": EarnBase(paid_by_points=True)}),
        programme(earn={"base": EarnBase(paid_by_gift_card=True)}), None,
    ),
    (
        "splitting", "warning", "points.earn.rounding",
        programme(earn={"rounding": "half_up"}, redemption={"points_per_unit": F(1000)}),
        programme(earn={"rounding": "down"}), None,
    ),
    (
        # A fen earns a point that is worth a fen.
        "splitting", "error", "points.earn.rounding",
        programme(earn={"rounding": "up"}),
        programme(earn={"rounding": "down", "round_at": "line"}), None,
    ),
    (
        "splitting-redemptions", "warning", "points.redemption.rounding",
        programme(redemption={"points_per_unit": F(300), "rounding": "up"}),
        programme(redemption={"points_per_unit": F(300), "rounding": "up", "multiple": 3}), None,
    ),
    (
        # Award on the 1st, to the end of the 15th: 15 midnights, and 15 days to wait.
        "lapses-before-spendable", "error", "points.expiry",
        programme(expiry=Expiry(days=14), **AWARD),
        programme(expiry=Expiry(days=15), **AWARD), None,
    ),
    (
        # Awards of the last day but one of a month have two days.
        "lapses-before-spendable", "warning", "points.expiry",
        programme(expiry=Expiry(days=1, snap="month"), **AWARD),
        programme(expiry=Expiry(days=1, snap="month")), None,
    ),
    (
        "lapses-before-spendable", "error", "points.activity.review",
        programme(
            expiry=Expiry(days=20), activities=(Activity(kind="review", points=1, days=21),), **AWARD
        ),
        programme(
            expiry=Expiry(days=20), activities=(Activity(kind="review", points=1, days=20),), **AWARD
        ), None,
    ),
    (
        "waits-for-ever", "note", "points.waiting.days",
        programme(waiting=Waiting(days=None)), programme(waiting=Waiting(until="paid", days=None)), None,
    ),
    (
        "inactive-before-spendable", "warning", "points.inactive",
        programme(inactive=Expiry(days=14)), programme(inactive=Expiry(days=15)), None,
    ),
    (
        "inactive-dead", "warning", "points.inactive",
        programme(expiry=Expiry(days=100), inactive=Expiry(days=100)),
        programme(expiry=Expiry(days=100), inactive=Expiry(days=99)), None,
    ),
    (
        "fixed-day", "note", "points.expiry.on",
        programme(expiry=Expiry(on=date(2026, 12, 31))), programme(), None,
    ),
    (
        "fuse-too-long", "warning", "points.fuse_days",
        programme(expiry=Expiry(days=7), fuse=8), programme(expiry=Expiry(days=7), fuse=7), None,
    ),
    (
        "refund-keeps-points", "error", "points.refunds.shortfall",
        programme(waiting=Waiting(until="paid"), shortfall="only_pending"),
        programme(waiting=Waiting(until="paid"), shortfall="debt"), None,
    ),
    (
        "refund-keeps-points", "warning", "points.refunds.shortfall",
        programme(shortfall="only_pending"), programme(), None,
    ),
    (
        "refund-keeps-points", "warning", "points.refunds.shortfall",
        programme(shortfall="within_balance"), programme(earn=None, shortfall="within_balance"), None,
    ),
    (
        "renewal-by-cancelling", "warning", "points.refunds.late",
        programme(late=LatePolicy(late="reinstate")),
        programme(late_by_shop=LatePolicy(late="reinstate")), None,
    ),
    (
        "earns-nothing", "error", "points.earn.rate",
        programme(earn={"rate": F(0)}), programme(earn={"rate": F(1, 1000)}), None,
    ),
    (
        "earns-nothing", "error", "points.earn.base",
        programme(earn={"base": EarnBase(items=False, tax=False)}),
        programme(earn={"base": EarnBase(items=False)}), None,
    ),
    (
        "before-discounts-dead", "warning", "points.earn.base.before_discounts",
        programme(earn={"base": EarnBase(items=False, before_discounts=True)}),
        programme(earn={"base": EarnBase(before_discounts=True)}), None,
    ),
    (
        # 31 days of 100 are 3100 a month at most.
        "cap-dead", "warning", "points.earn.caps",
        programme(earn={"caps": (Cap(points=100), Cap(points=3100, per="month"))}),
        programme(earn={"caps": (Cap(points=100), Cap(points=3099, per="month"))}), None,
    ),
    (
        "cap-dead", "warning", "points.earn.caps",
        programme(earn={"caps": (Cap(points=100, per="year"), Cap(points=100, per="day"))}),
        programme(earn={"caps": (Cap(points=100, per="year"), Cap(points=99, per="day"))}), None,
    ),
    (
        "cap-below-order", "warning", "points.earn.caps",
        programme(earn={"least": 20_000, "caps": (Cap(points=199),)}),
        programme(earn={"least": 20_000, "caps": (Cap(points=200),)}), None,
    ),
    (
        "cap-reached", "note", "points.earn.caps",
        programme(earn={"caps": (Cap(points=9),)}), programme(), None,
    ),
    (
        "never-spent", "error", "points.redemption.share_of_order",
        programme(redemption={"share_of_order": F(0)}),
        programme(redemption={"share_of_order": F(1, 9)}), None,
    ),
    (
        "never-spent", "note", "points.redemption.share_of_order",
        programme(redemption={"share_of_order": F(0)}, rewards=(Reward(id="mug", points=5),)),
        programme(rewards=(Reward(id="mug", points=5),)), None,
    ),
    (
        "least-not-multiple", "warning", "points.redemption.least",
        programme(redemption={"least": 150, "multiple": 100}),
        programme(redemption={"least": 200, "multiple": 100}), None,
    ),
    (
        "worth-less-than-a-coin", "warning", "points.redemption.points_per_unit",
        programme(redemption={"points_per_unit": F(101)}), programme(), None,
    ),
    (
        "worth-less-than-a-coin", "note", "points.redemption.points_per_unit",
        programme(redemption={"points_per_unit": F(1000), "least": 10}),
        programme(redemption={"points_per_unit": F(100), "least": 10}), None,
    ),
    (
        # 30 days and 15 and 90 to be shipped: in 136 days 137 times 10 points at most.
        "out-of-reach", "error", "points.redemption.least",
        programme(expiry=Expiry(days=30), earn={"caps": (Cap(points=10),)}, redemption={"least": 1371}),
        programme(expiry=Expiry(days=30), earn={"caps": (Cap(points=10),)}, redemption={"least": 1370}), None,
    ),
    (
        "out-of-reach", "error", "points.reward.mug.points",
        programme(earn={"caps": (Cap(points=10, per="ever"),)}, rewards=(Reward(id="mug", points=11),)),
        programme(
            earn={"caps": (Cap(points=10, per="ever"),)}, rewards=(Reward(id="mug", points=11),),
            referral=Referral(),
        ), None,
    ),
    (
        "reward-of-status-points", "error", "points.reward.mug",
        programme(qualifying=True, rewards=(Reward(id="mug", points=5),)),
        programme(rewards=(Reward(id="mug", points=5),)), None,
    ),
    (
        "reward-limit-dead", "warning", "points.reward.mug.stock",
        programme(rewards=(Reward(id="mug", points=5, stock=0),)),
        programme(rewards=(Reward(id="mug", points=5, stock=1),)), None,
    ),
    (
        "reward-limit-dead", "warning", "points.reward.mug.each",
        programme(rewards=(Reward(id="mug", points=5, stock=3, each=3),)),
        programme(rewards=(Reward(id="mug", points=5, stock=3, each=2),)), None,
    ),
    (
        # 500 yuan of orders earn 500 points.
        "reward-pump", "error", "points.reward.mug.points",
        programme(rewards=(Reward(id="mug", points=500, cost=50_000),)),
        programme(rewards=(Reward(id="mug", points=500, cost=49_999),)), None,
    ),
    (
        "reward-above-worth", "warning", "points.reward.mug.points",
        programme(rewards=(Reward(id="mug", points=500, cost=501),)),
        programme(rewards=(Reward(id="mug", points=500, cost=500),)), None,
    ),
    (
        "reward-below-worth", "note", "points.reward.mug.points",
        programme(rewards=(Reward(id="mug", points=500, cost=499),)),
        programme(rewards=(Reward(id="mug", points=500),)), None,
    ),
    (
        "activity-limit-dead", "warning", "points.activity.signin.times",
        programme(activities=(Activity(kind="signin", points=1, times=2),)),
        programme(activities=(Activity(kind="signin", points=1, times=2, per="month"),)), None,
    ),
    (
        "activity-limit-dead", "warning", "points.activity.birthday.times",
        programme(activities=(Activity(kind="birthday", points=1, times=2),)),
        programme(activities=(Activity(kind="birthday", points=1, times=2, per="ever"),)), None,
    ),
    (
        "free-points", "note", "points.activity",
        programme(activities=(Activity(kind="registration", points=1),)), programme(), None,
    ),
    (
        "referral-earns-nothing", "warning", "points.referral",
        programme(referral=Referral(referrer=0, referred=0)), programme(referral=Referral(referrer=0)), None,
    ),
    (
        # 200 points are worth 2 yuan; a margin of a fifth needs an order of 10.
        "referral-farmed", "warning", "points.referral.least",
        programme(referral=Referral(least=999), margin=F(1, 5)),
        programme(referral=Referral(least=1000), margin=F(1, 5)), None,
    ),
    (
        "referral-farmed", "warning", "points.referral.least",
        programme(referral=Referral(least=199)), programme(referral=Referral(least=200)), None,
    ),
    ("tier-at-dead", "warning", "points.tier_at", programme(tier_at="after"), programme(), FLAT),
    (
        "together-dead", "warning", "points.earn.together",
        programme(earn={"together": "add"}, campaigns=(campaign("2", 1, 2), campaign("2", 2, 3))),
        programme(earn={"together": "add"}, campaigns=(campaign("2", 1, 3), campaign("2", 2, 3))), None,
    ),
    (
        "campaign-dead", "warning", "points.campaign.c1-1.multiplier",
        programme(campaigns=(campaign("1"),)), programme(campaigns=(campaign("1.1"),)), None,
    ),
    (
        # Gold has three times as many already.
        "campaign-dead", "warning", "points.campaign.c3-1.multiplier",
        programme(campaigns=(campaign("3", 1, 2, "gold"),)), programme(campaigns=(campaign("3"),)), GOLD,
    ),
    (
        "wallet-idle", "note", "points.wallet.status.earn",
        programme(further=(Wallet(name="status", qualifying=True, earn=None),)),
        programme(further=(Wallet(name="status", qualifying=True),)), None,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("code", "severity", "where", "bad", "good", "tiers"), CASES)
def test_each_finding_is_there_and_is_not_there(
    code: str, severity: str, where: str, bad: Programme, good: Programme, tiers: Ladder | None
) -> None:
    """The policy that has it is told so, with severity, setting and both languages; the other is not."""
    (finding,) = found(code, bad, ladder=tiers)
    assert (finding.severity, finding.where) == (severity, where)
    assert finding.message.zh
    assert finding.message.en
    assert [one for one in found(code, good, ladder=tiers) if one.severity == severity] == []


def test_every_code_has_a_case() -> None:
    """No finding is listed that no policy has; those about time past have a test of their own."""
    assert {case[0] for case in CASES} | {"campaign-past"} == set(CODES)


def test_the_default_programme_has_nothing_but_a_missing_margin() -> None:
    """Defaults are sound."""
    assert [one.code for one in check(Programme(), currency="CNY")] == ["margin-not-told"]
    assert check(Programme(margin=F(1, 3)), currency="CNY", ladder=GOLD) == ()


def test_time_past_is_known_only_with_a_moment() -> None:
    """A campaign that is over, and a last day that is past, are found as of a later moment."""
    rules = programme(campaigns=(campaign("200", name="old"),), expiry=Expiry(on=date(2025, 11, 30)))
    assert found("campaign-past", rules) == []
    assert [one.code for one in found("stacking", rules)] == ["stacking"]
    later = {"as_of": datetime(2025, 11, 2, tzinfo=UTC)}
    assert [one.severity for one in found("campaign-past", rules, **later)] == ["note"]
    assert found("stacking", rules, **later) == []
    assert [one.severity for one in found("fixed-day", rules, **later)] == ["note"]
    december = {"as_of": datetime(2025, 12, 1, tzinfo=UTC)}
    assert [one.severity for one in found("fixed-day", rules, **december)] == ["error"]
    assert found("campaign-past", rules, as_of=datetime(2025, 11, 1, 23, tzinfo=UTC)) == []


@pytest.mark.parametrize(
    ("together", "expected"),
    [
        # Gold 3, and two campaigns of 2 and 4 together on the 2nd; the one of 3.5 meets none of them.
        ("max", F(4)),
        ("add", F(1 + 2 + 1 + 3)),
        ("multiply", F(24)),
    ],
)
def test_the_worst_multiplier_is_of_what_is_on_at_one_time(together: str, expected: Fraction) -> None:
    """Tier and campaigns are joined as an order would join them, only where they meet."""
    rules = programme(
        earn={"together": together},
        redemption={"points_per_unit": F(1000)},
        margin=F(1, 1000),
        campaigns=(campaign("2", 1, 3), campaign("4", 2, 4), campaign("3.5", 4, 6)),
    )
    tiers = ladder(("member", "0", "1"), ("gold", "0", "3"))
    (finding,) = found("stacking-above-margin", rules, ladder=tiers)
    assert finding.figures["multiplier"] == expected
    assert finding.figures["given"] == expected / 1000


def test_points_that_earn_points_add_up_to_a_geometric_series() -> None:
    """A fifth back on everything, points too: 1/5 + 1/25 + ... = 1/4, by summing it up."""
    base = EarnBase(paid_by_points=True)
    (finding,) = found("self-feeding", programme(earn={"base": base}, redemption={"points_per_unit": F(5)}))
    total, wave = 0.0, 1.0
    for _ in range(60):
        wave /= 5
        total += wave
    assert float(finding.figures["total"]) == pytest.approx(total)
    # Half back is all back in the end.
    half = programme(earn={"base": base}, redemption={"points_per_unit": F(2)})
    assert [one.figures["given"] for one in found("cashback", half)] == [1]
    assert found("cashback", programme(redemption={"points_per_unit": F(2)})) == []


def test_discounts_count_on_the_price_before_them() -> None:
    """Half off, points on the list price worth two fifths of it: 50 + 40 % of the price, exactly."""
    tiers = ladder(("member", "0", "1"), ("gold", "0.5", "1"))
    before = programme(
        earn={"rate": F(4), "base": EarnBase(before_discounts=True)}, redemption=TEN_PERCENT, margin=F(2, 5)
    )
    (finding,) = found("stacking-above-margin", before, ladder=tiers)
    assert finding.figures["given"] == F(9, 10)
    after = programme(earn={"rate": F(4)}, redemption=TEN_PERCENT, margin=F(2, 5))
    (finding,) = found("stacking-above-margin", after, ladder=tiers)
    assert finding.figures["given"] == F(7, 10)


def test_amounts_are_in_the_shops_coins() -> None:
    """In yen an order of 1 is the smallest; in yuan one of 0.01."""
    rules = programme(earn={"rounding": "up"}, redemption={"points_per_unit": F(1000)})
    sizes = {
        currency: next(one for one in check(rules, currency=currency) if one.code == "splitting")
        for currency in ("CNY", "KWD")
    }
    assert {name: one.figures["size"] for name, one in sizes.items()} == {"CNY": F(1, 100), "KWD": F(1, 1000)}
    assert found("splitting", attrs.evolve(rules)) != []
    # A whole yen earns a whole point: nothing to gain.
    assert [one for one in check(rules, currency="JPY") if one.code == "splitting"] == []


def test_what_is_free_in_a_year() -> None:
    """366 sign-ins of 1, a streak of 10 every 7 days (52 times), 12 reviews of 5 a month, a birthday."""
    rules = programme(
        activities=(
            Activity(kind="signin", points=1, streak=((7, 10),)),
            Activity(kind="review", points=5, times=12, per="month"),
            Activity(kind="birthday", points=100),
            Activity(kind="registration", points=50),
        )
    )
    (finding,) = found("free-points", rules)
    points = 366 + 52 * 10 + 12 * 12 * 5 + 100 + 50
    assert finding.figures == {"points": points, "worth": F(points, 100)}


def test_errors_stand_first() -> None:
    """Findings are sorted by severity."""
    rules = programme(redemption={"points_per_unit": F(1)}, referral=Referral(), shortfall="within_balance")
    severities = [one.severity for one in check(rules, currency="CNY")]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)
    assert severities[0] == "error"


def test_wallets_that_are_never_spent_cost_nothing() -> None:
    """Status points are held against no margin."""
    status = Wallet(name="status", qualifying=True, earn=EarnRule(rate=F(10_000)))
    assert [one.code for one in check(programme(further=(status,)), currency="CNY")] == ["margin-not-told"]
