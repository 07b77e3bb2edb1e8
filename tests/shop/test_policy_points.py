"""``[points]`` of the policy file: read exactly, said in words, and refused with a hint where it is wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any, Final

import attrs
import pytest

from retailcrm import Policy, load_policy
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.linting import check
from retailcrm.domain.points.programme import Activity, Campaign, Programme, Referral, Reward
from retailcrm.domain.points.reversal import LatePolicy
from retailcrm.domain.points.wallets import Cap, EarnBase, EarnRule, Redemption, Waiting, Wallet
from retailcrm.errors import SettingsError
from retailcrm.shop.policy import in_zone, policy_from_table
from retailcrm.shop.policy.points_settings import SECTIONS

ZONE: Final = "Asia/Shanghai"
LADDER: Final = {
    "currency": "CNY",
    "window": "lifetime",
    "hold": "forever",
    "tiers": [{"name": "member"}, {"name": "gold", "enter": {"orders": 3}}],
}
CAMPAIGN: Final = {
    "name": "double",
    "start": date(2025, 11, 11),
    "end": date(2025, 11, 12),
    "multiplier": "2",
}
SIGN_IN: Final = {"kind": "signin", "points": 1}
MUG: Final = {"id": "mug", "points": 500}
STATUS: Final = {"name": "status", "qualifying": True}

WHOLE: Final = """
[points]
margin = "0.35"
tier_at = "after"
fuse_days = 3
[points.earn]
rate = "1/3"
rounding = "half_up"
round_at = "line"
together = "multiply"
least = "12.50"
caps = [{ points = 1000, per = "month" }, { points = 100 }]
[points.earn.base]
items = false
shipping = true
tax = false
before_discounts = true
paid_by_points = true
paid_by_gift_card = true
[points.waiting]
days = 7
since = "paid"
[points.expiry]
days = 90
snap = "quarter"
from = "award"
[points.inactive]
months = 6
[points.redemption]
points_per_unit = "12.5"
least = 200
multiple = 100
share_of_order = "0.5"
shipping = true
rounding = "up"
refund = "cash_first"
hold_minutes = 5
[points.refunds]
shortfall = "within_balance"
late = "grace"
grace_days = 3
late_by_shop = "reinstate"
[[points.campaign]]
name = "双11"
start = 2025-11-11
end = 2025-11-12T12:00:00+08:00
multiplier = "1.5"
tiers = ["gold"]
[[points.activity]]
kind = "signin"
points = 1
times = 20
per = "month"
streak = { 7 = 20, 3 = 5 }
days = 2
[points.referral]
referrer = 300
referred = 200
within_days = 10
least = "99"
waiting_days = 20
flagged = "wait"
[[points.reward]]
id = "mug"
kind = "coupon"
points = 500
stock = 9
each = 2
cost = "4.20"
tiers = ["member", "gold"]
[[points.wallet]]
name = "status"
qualifying = true
earn = { rate = "2" }
expiry = { on = 2026-12-31 }
[[points.wallet]]
name = "bonus"
earn = false
waiting = { until = "paid" }
"""


def points(table: dict[str, Any], **more: Any) -> Programme:
    """Read a programme."""
    read = policy_from_table({"points": table, **more}).points
    assert read is not None
    return read


def test_without_the_section_there_are_no_points() -> None:
    """Points are switched on by ``[points]``, whatever stands in it."""
    assert Policy().points is None
    assert policy_from_table({}).points is None
    assert policy_from_table({"points": {}}).points is not None


def test_an_empty_section_is_the_default_programme() -> None:
    """All defaults are those of the code, in the shop's zone."""
    assert points({}) == in_zone(Programme(), ZONE)
    assert points({}, shop={"zone": "Europe/Paris"}).wallet().expiry.zone == "Europe/Paris"


def test_every_setting_becomes_its_field(tmp_path: Any) -> None:
    """A file that says everything is the programme written out by hand."""
    path = tmp_path / "shop.toml"
    text = WHOLE.replace('earn = false\nwaiting = { until = "paid" }', "earn = false")
    ladder = """
[ladder]
currency = "CNY"
window = "lifetime"
hold = "forever"
tiers = [{ name = "member" }, { name = "gold", enter = { orders = 3 } }]
"""
    path.write_text(text + ladder, "utf-8")
    first = Wallet(
        earn=EarnRule(
            rate=Fraction(1, 3), rounding="half_up", round_at="line", together="multiply", least=1250,
            caps=(Cap(points=1000, per="month"), Cap(points=100, per="day")),
            base=EarnBase(
                items=False, shipping=True, tax=False, before_discounts=True, paid_by_points=True,
                paid_by_gift_card=True,
            ),
        ),
        waiting=Waiting(days=7, since="paid"),
        expiry=Expiry(days=90, snap="quarter", zone=ZONE),
        expiry_from="award",
        inactive=Expiry(months=6, zone=ZONE),
        redemption=Redemption(
            points_per_unit=Fraction(25, 2), least=200, multiple=100, share_of_order=Fraction(1, 2),
            shipping=True, rounding="up", refund="cash_first", hold_minutes=5,
        ),
        shortfall="within_balance",
        late=LatePolicy(late="grace", grace=Expiry(days=3, zone=ZONE)),
        late_by_shop=LatePolicy(late="reinstate", grace=Expiry(zone=ZONE)),
    )  # fmt: skip
    other = in_zone(Programme(), ZONE).wallet()
    assert load_policy(path).points == Programme(
        wallets=(
            first,
            attrs.evolve(
                other, name="status", qualifying=True, earn=EarnRule(rate=Fraction(2)),
                expiry=Expiry(on=date(2026, 12, 31), zone=ZONE),
            ),
            attrs.evolve(other, name="bonus", earn=None),
        ),
        tier_at="after",
        margin=Fraction(7, 20),
        fuse=3,
        campaigns=(
            Campaign(
                name="双11", start=datetime(2025, 11, 10, 16, tzinfo=UTC),
                end=datetime(2025, 11, 12, 4, tzinfo=UTC), multiplier=Fraction(3, 2), tiers=("gold",),
            ),
        ),
        activities=(
            Activity(kind="signin", points=1, times=20, per="month", streak=((3, 5), (7, 20)), days=2),
        ),
        referral=Referral(referrer=300, referred=200, within=10, least=9900, days=20, flagged="wait"),
        rewards=(
            Reward(id="mug", kind="coupon", points=500, stock=9, each=2, cost=420, tiers=("member", "gold")),
        ),
    )  # fmt: skip


def test_a_campaign_lasts_from_its_first_day_to_the_one_after_its_last() -> None:
    """The 11th of November alone: from midnight to midnight in the shop's zone."""
    (campaign,) = points({"campaign": [CAMPAIGN]}).campaigns
    assert campaign.start == datetime(2025, 11, 10, 16, tzinfo=UTC)
    assert campaign.end == datetime(2025, 11, 11, 16, tzinfo=UTC)
    (there,) = points({"campaign": [CAMPAIGN]}, shop={"zone": "America/New_York"}).campaigns
    assert there.start == datetime(2025, 11, 11, 5, tzinfo=UTC)
    (text,) = points({"campaign": [{**CAMPAIGN, "start": "2025-11-11", "end": "2025-11-12"}]}).campaigns
    assert text == campaign


def test_amounts_are_in_the_shops_coins() -> None:
    """1250 of the smallest coin in yuan, 13 in yen."""
    assert points({"earn": {"least": "12.50"}}).wallet().earn == EarnRule(least=1250)
    assert points({"earn": {"least": "13"}}, shop={"currency": "JPY"}).wallet().earn == EarnRule(least=13)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, Expiry(months=12, snap="year", zone=ZONE)),
        ({"months": 24}, Expiry(months=24, snap="year", zone=ZONE)),
        ({"snap": "month"}, Expiry(months=12, snap="month", zone=ZONE)),
        ({"days": 90}, Expiry(days=90, snap="day", zone=ZONE)),
        ({"days": 90, "snap": "half"}, Expiry(days=90, snap="half", zone=ZONE)),
        ({"on": date(2025, 12, 31)}, Expiry(on=date(2025, 12, 31), zone=ZONE)),
        ({"on": "2025-12-31"}, Expiry(on=date(2025, 12, 31), zone=ZONE)),
        ({"never": True}, Expiry(zone=ZONE)),
    ],
)
def test_when_points_lapse(said: dict[str, Any], expected: Expiry) -> None:
    """Months run to the end of the year, days to the end of the day, unless told otherwise."""
    assert points({"expiry": said}).wallet().expiry == expected


@pytest.mark.parametrize(
    ("said", "late", "by_shop"),
    [
        ({}, ("expire", None), ("grace", 30)),
        ({"late": "grace"}, ("grace", 30), ("grace", 30)),
        ({"late": "grace", "grace_days": 2}, ("grace", 2), ("grace", 30)),
        ({"grace_days_by_shop": 60}, ("expire", None), ("grace", 60)),
        ({"late_by_shop": "expire"}, ("expire", None), ("expire", None)),
        ({"late": "reinstate"}, ("reinstate", None), ("grace", 30)),
    ],
)
def test_what_becomes_of_late_points(said: dict[str, Any], late: Any, by_shop: Any) -> None:
    """Grace has days, thirty by default; nothing else has."""
    wallet = points({"refunds": said}).wallet()
    assert (wallet.late.late, wallet.late.grace.days) == late
    assert (wallet.late_by_shop.late, wallet.late_by_shop.grace.days) == by_shop


def test_orders_that_wait_for_ever_or_not_at_all() -> None:
    """``"never"`` waits for the confirmation alone; ``until = "paid"`` for nothing."""
    assert points({"waiting": {"days": "never"}}).wallet().waiting == Waiting(days=None)
    assert points({"waiting": {"until": "paid"}}).wallet().waiting == Waiting(until="paid")


WRONG: Final[list[tuple[dict[str, Any], str]]] = [
    ({"ern": {}}, "[points]: unknown setting 'ern'; did you mean 'earn'?"),
    ({"earn": {"rat": "1"}}, "[points.earn]: unknown setting 'rat'; did you mean 'rate'?"),
    ({"earn": {"base": {"item": True}}}, "[points.earn.base]: unknown setting 'item'; did you mean 'items'?"),
    (
        {"earn": {"caps": [{"point": 1}]}},
        "[points.earn] caps 1: unknown setting 'point'; did you mean 'points'?",
    ),
    ({"waiting": {"untill": "paid"}}, "did you mean 'until'?"),
    ({"expiry": {"month": 1}}, "[points.expiry]: unknown setting 'month'; did you mean 'months'?"),
    ({"inactive": {"snap": "day"}}, "[points.inactive]: unknown setting 'snap'"),
    ({"redemption": {"rate": "1"}}, "[points.redemption]: unknown setting 'rate'"),
    ({"refunds": {"shortfal": "debt"}}, "did you mean 'shortfall'?"),
    ({"campaign": [{**CAMPAIGN, "tier": []}]}, "[[points.campaign]] 1: unknown setting 'tier'; did you mean"),
    ({"activity": [{**SIGN_IN, "streaks": {}}]}, "did you mean 'streak'?"),
    ({"referral": {"within": 3}}, "[points.referral]: unknown setting 'within'; did you mean 'within_days'?"),
    (
        {"reward": [MUG, {**MUG, "costs": 1}]},
        "[[points.reward]] 2: unknown setting 'costs'; did you mean 'cost'?",
    ),
    ({"wallet": [{**STATUS, "nam": 1}]}, "[[points.wallet]] 1: unknown setting 'nam'"),
    (
        {"earn": {"rounding": "dwn"}},
        "rounding must be one of down, half_up, up; got 'dwn'; did you mean 'down'?",
    ),
    (
        {"earn": {"rate": 0.5}},
        '[points.earn] rate must be an exact number in quotes, as "0.35" or "1/3"; got 0.5',
    ),
    ({"earn": {"rate": 1}}, "[points.earn] rate must be an exact number in quotes"),
    ({"earn": {"rate": "1/0"}}, "got '1/0'"),
    ({"earn": {"rate": "-1"}}, "got '-1'"),
    ({"earn": {"rate": "1e99999"}}, "got '1e99999'"),
    ({"earn": {"least": 12.5}}, '[points.earn] least must be an amount in quotes, as "12.50"; got 12.5'),
    ({"earn": {"least": "1.234"}}, "[points.earn] least: 3 decimals"),
    ({"earn": {"least": "-1"}}, "[points.earn] least must be a whole number from 0"),
    ({"earn": True}, "[points.earn]: a table was expected, or false"),
    ({"earn": {"base": {"items": 1}}}, "[points.earn.base] items must be true or false; got 1"),
    ({"earn": {"caps": {"points": 1}}}, "[points.earn] caps is a list"),
    ({"earn": {"caps": [{"per": "day"}]}}, "[points.earn] caps 1 lacks 'points'"),
    ({"earn": {"caps": [{"points": -1}]}}, "[points.earn] caps 1 points must be a whole number from 0"),
    ({"earn": {"caps": [{"points": 1}, {"points": 2}]}}, "two limits for the same time"),
    ({"earn": {"caps": [{"points": 10**13}]}}, "[points.earn] caps 1 points is at most 1000000000000; got"),
    ({"earn": {"caps": [{"points": True}]}}, "points must be a whole number; got True"),
    ({"tier_at": "during"}, "[points] tier_at must be one of before, after; got 'during'"),
    ({"margin": "35%"}, "[points] margin must be an exact number"),
    ({"fuse_days": 0}, "[points] fuse_days must be a whole number from 1; got 0"),
    ({"waiting": {"days": "soon"}}, "[points.waiting] days must be a whole number; got 'soon'"),
    ({"waiting": {"days": 20000}}, "[points.waiting] days is at most 18300; got 20000"),
    (
        {"waiting": {"until": "paid", "days": 3}},
        '[points.waiting] days would not be read with until = "paid"',
    ),
    ({"waiting": {"days": "never", "since": "paid"}}, 'since would not be read with days = "never"'),
    ({"earn": False, "waiting": {"days": 3}}, "[points.waiting]: orders earn nothing here"),
    (
        {"expiry": {"months": 1, "days": 1}},
        "[points.expiry]: points lapse after months or after days, not both",
    ),
    ({"expiry": {"on": date(2025, 1, 1), "days": 1}}, "[points.expiry] days would not be read with on"),
    ({"expiry": {"on": date(2025, 1, 1), "snap": "day"}}, "snap would not be read with on"),
    ({"expiry": {"on": date(2025, 1, 1), "from": "award"}}, "from would not be read with on"),
    (
        {"expiry": {"on": datetime(2025, 1, 1, tzinfo=UTC)}},
        "[points.expiry] on must be a date, as 2025-12-31",
    ),
    ({"expiry": {"on": "31.12."}}, "[points.expiry] on must be a date, as 2025-12-31; got '31.12.'"),
    (
        {"expiry": {"on": date(9999, 12, 31)}},
        "[points.expiry] on: the year 9999 is out of reach (1970 to 2200)",
    ),
    ({"expiry": {"never": True, "snap": "day"}}, "[points.expiry] snap would not be read with never = true"),
    ({"expiry": {"never": False}}, "[points.expiry] never = false says nothing"),
    ({"expiry": {"months": 0}}, "[points.expiry] points last at least one of months, not 0"),
    ({"expiry": {"months": 601}}, "[points.expiry] months is at most 600; got 601"),
    ({"inactive": {}}, "[points.inactive]: give months or days, one of the two"),
    ({"inactive": {"months": 1, "days": 1}}, "[points.inactive]: give months or days, one of the two"),
    ({"redemption": {"points_per_unit": "0"}}, "[points.redemption] points_per_unit is above 0"),
    ({"redemption": {"share_of_order": "1.1"}}, "[points.redemption] share_of_order is a share from 0 to 1"),
    ({"margin": "35"}, "[points] margin is a share"),
    ({"redemption": {"hold_minutes": 0}}, "[points.redemption] hold_minutes must be a whole number from 1"),
    ({"refunds": {"grace_days": 3}}, '[points.refunds] grace_days is only read with late = "grace"'),
    (
        {"refunds": {"late_by_shop": "expire", "grace_days_by_shop": 3}},
        '[points.refunds] grace_days_by_shop is only read with late_by_shop = "grace"',
    ),
    (
        {"refunds": {"late": "grace", "grace_days": 0}},
        "[points.refunds] grace_days: points last at least one",
    ),
    ({"campaign": {}}, "[points]: campaign is a list of tables, each headed [[points.campaign]]"),
    ({"campaign": [{"name": "a"}]}, "[[points.campaign]] 1 lacks 'start'"),
    ({"campaign": [{**CAMPAIGN, "start": "soon"}]}, "[[points.campaign]] 1 start: 'soon' is not a date"),
    (
        {"campaign": [{**CAMPAIGN, "start": 20251111}]},
        "[[points.campaign]] 1 start must be a date, as 2025-11-11",
    ),
    ({"campaign": [{**CAMPAIGN, "end": date(2025, 11, 11)}]}, "campaign double ends before it begins"),
    ({"campaign": [CAMPAIGN, CAMPAIGN]}, "[points] campaign 'double' stands there twice"),
    ({"campaign": [{**CAMPAIGN, "name": " "}]}, "[[points.campaign]] 1 name must be text"),
    ({"campaign": [{**CAMPAIGN, "tiers": ["gold", "gold"]}]}, "names each once"),
    ({"campaign": [{**CAMPAIGN, "tiers": "gold"}]}, "[[points.campaign]] 1 tiers must be a list of names"),
    (
        {"activity": [{"kind": "signup", "points": 1}]},
        "[[points.activity]] 1 kind must be one of signin, share",
    ),
    (
        {"activity": [{**SIGN_IN, "kind": "share", "streak": {"7": 1}}]},
        "only sign-ins have streaks, not share",
    ),
    ({"activity": [{**SIGN_IN, "streak": {"1": 5}}]}, "a streak's days rise from 2"),
    ({"activity": [{**SIGN_IN, "streak": {"a": 5}}]}, "[[points.activity]] 1 streak: a = 5 are not a day"),
    ({"activity": [{**SIGN_IN, "streak": 7}]}, "streak must be a table of days and points"),
    ({"activity": [SIGN_IN, SIGN_IN]}, "[points] activity 'signin' stands there twice"),
    ({"referral": {"within_days": 0}}, "[points.referral] within_days must be a whole number from 1; got 0"),
    (
        {"referral": {"waiting_days": -1}},
        "[points.referral] waiting_days must be a whole number from 0; got -1",
    ),
    ({"referral": []}, "[points.referral]: a table was expected"),
    ({"reward": [{"id": "mug"}]}, "[[points.reward]] 1 lacks 'points'"),
    ({"reward": [{**MUG, "each": 0}]}, "[[points.reward]] 1 each must be a whole number from 1"),
    ({"reward": [{**MUG, "cost": 3}]}, "[[points.reward]] 1 cost must be an amount in quotes"),
    ({"wallet": [{"qualifying": True}]}, "[[points.wallet]] 1 lacks 'name'"),
    ({"wallet": [{"name": "VIP points"}]}, "[[points.wallet]] 1 name must be a word of small letters"),
    ({"wallet": [{"name": "points"}]}, "[points] wallet 'points' stands there twice"),
    ({"wallet": [{**STATUS, "redemption": {}}]}, "never spent: redemption would not be read"),
    ({"wallet": [{**STATUS, "refunds": {"late": "grace"}}]}, "never given back: late would not be read"),
    (
        {"wallet": [{**STATUS, "earn": {"rate": 2}}]},
        "[points.wallet.status.earn] rate must be an exact number",
    ),
    ({"wallet": [{**STATUS, "expiry": {"days": 0}}]}, "[points.wallet.status.expiry] points last at least"),
]


@pytest.mark.parametrize(("table", "text"), WRONG)
def test_what_is_wrong_is_refused_with_section_and_setting(table: dict[str, Any], text: str) -> None:
    """Unknown, unread, contradicting and mistyped settings raise, and the message says which."""
    with pytest.raises(SettingsError) as refusal:
        policy_from_table({"points": table})
    assert text in str(refusal.value)


@pytest.mark.parametrize("said", [5, [], "yes"])
def test_points_are_a_table(said: object) -> None:
    """``points = 5`` is refused."""
    with pytest.raises(SettingsError, match=r"\[points\]: a table was expected"):
        policy_from_table({"points": said})


def test_tiers_must_exist() -> None:
    """A campaign or a reward for a tier that the ladder lacks is refused, with the nearest."""
    for name, one in (("campaign", CAMPAIGN), ("reward", MUG)):
        table = {name: [{**one, "tiers": ["golden"]}]}
        with pytest.raises(SettingsError, match=r"no tier 'golden' in \[ladder\]; did you mean 'gold'\?"):
            points(table, ladder=LADDER)
        with pytest.raises(SettingsError, match=r"is for tier 'golden', but there is no \[ladder\]"):
            points(table)
        points({name: [{**one, "tiers": ["gold"]}]}, ladder=LADDER)


def test_a_programme_made_in_python_has_the_shops_zone() -> None:
    """Days of another zone are refused; ``in_zone`` gives them the shop's."""
    with pytest.raises(SettingsError, match=r"its days are in UTC, the shop's in Asia/Shanghai; .*in_zone"):
        Policy(points=Programme())
    assert Policy(points=in_zone(Programme(), ZONE)) == policy_from_table({"points": {}})
    half = in_zone(Programme(), ZONE)
    wallet = attrs.evolve(half.wallet(), inactive=Expiry(days=3))
    with pytest.raises(SettingsError, match="inactive of wallet 'points'"):
        Policy(points=attrs.evolve(half, wallets=(wallet,)))


ODD: Final[list[Any]] = [
    None, True, False, -1, 0, 10**30, 1.5, float("nan"), "", " ", "x", "-1", "1e9", "1/3", "9" * 400, [],
    [[]], [None], ["x"], {}, {"x": 1}, [{}], [1], b"x",
    date(2025, 1, 1), date(1, 1, 1), datetime(9999, 12, 31, tzinfo=UTC),
]  # fmt: skip


def inside(section: str, name: str, value: Any) -> dict[str, Any]:
    """Put a value where a setting stands, with what its section must have beside it."""
    beside: dict[str, Any] = {"campaign": CAMPAIGN, "activity": SIGN_IN, "reward": MUG, "wallet": STATUS}
    if section == "points":
        return {name: value}
    if section in beside:
        return {section: [{**beside[section], name: value}]}
    if section == "earn.caps":
        return {"earn": {"caps": [{"points": 5, name: value}]}}
    if section == "earn.base":
        return {"earn": {"base": {name: value}}}
    return {section: {name: value}}


@pytest.mark.parametrize(
    ("section", "name"), [(section, one.name) for section, settings in SECTIONS.items() for one in settings]
)
def test_odd_values_are_read_or_refused(section: str, name: str) -> None:
    """Whatever stands where a setting does, it is read or a settings error names its section."""
    for value in ODD:
        try:
            read, said = points(inside(section, name, value)), "points"
        except SettingsError as error:
            read, said = None, str(error)
        assert "points" in said, value
        if read is not None:
            check(read, currency="CNY")
