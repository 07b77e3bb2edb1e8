"""No setting of ``[points]`` looks alive and does nothing: changing each one changes what happens."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs
import pytest

from retailcrm import Policy, Shop, open_shop
from retailcrm.domain.identity import Identity, OrderRef
from retailcrm.domain.labels import Label
from retailcrm.domain.money import Money
from retailcrm.domain.orders import Observation, OrderState, fold
from retailcrm.domain.points import expiry, programme, wallets
from retailcrm.domain.points.account import Account
from retailcrm.domain.points.earning import Earner, LineAmount
from retailcrm.domain.points.expiry import Expiry
from retailcrm.domain.points.linting import check
from retailcrm.domain.points.programme import Activity, Campaign, Programme, Referral, Reward
from retailcrm.domain.points.quotes import Quote
from retailcrm.domain.points.referrals import BothSides, CompletedOrder, Flag, clicked, qualify
from retailcrm.domain.points.reversal import LatePolicy
from retailcrm.domain.points.terms import Cart
from retailcrm.domain.points.wallets import Cap, EarnBase, EarnRule, Redemption, Waiting, Wallet
from retailcrm.errors import ClockJumpError, SettingsError
from retailcrm.ports.outcomes import Done, Refused
from retailcrm.shop.policy import policy_from_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KINDS: Final = (
    Programme, Wallet, EarnRule, EarnBase, Cap, Waiting, Expiry, Redemption, LatePolicy, Campaign, Activity,
    Referral, Reward,
)  # fmt: skip
PENDING: Final[frozenset[str]] = frozenset()
"""Fields whose consumer does not exist yet: none."""

LADDER: Final = {
    "currency": "CNY",
    "window": "lifetime",
    "hold": "forever",
    "qualify_at": "paid",
    "tiers": [{"name": "member"}, {"name": "gold", "enter": {"spend": "100.00"}, "points_multiplier": "2"}],
}
CAMPAIGN: Final = {"name": "double", "start": date(2024, 1, 10), "end": date(2024, 1, 11), "multiplier": "2"}
MUG: Final = {"id": "mug", "points": 30}


def january(day: int, hour: int = 4) -> datetime:
    """Give a moment of January 2024; 4 o'clock in UTC is noon in Shanghai."""
    return datetime(2024, 1, 1, hour, tzinfo=UTC) + timedelta(days=day - 1)


@attrs.frozen
class Scenario:
    """Two policies that differ in one setting, and what each comes to.

    Attributes:
        fields: The fields that it proves alive.
        plain: ``[points]`` of the one, or a whole policy where it has ``points``.
        changed: Of the other.
        outcome: What is looked at.
        expected: What each comes to, worked out by hand.
    """

    fields: str
    plain: Mapping[str, Any]
    changed: Mapping[str, Any]
    outcome: Callable[[Policy], Any]
    expected: tuple[Any, Any]


def policy_of(said: Mapping[str, Any]) -> Policy:
    """Read a policy, or one of ``[points]`` alone."""
    return policy_from_table(said if "points" in said else {"points": said})


def rules(policy: Policy) -> Programme:
    """Give a policy's programme."""
    assert policy.points is not None
    return policy.points


# ---- a shop under a policy --------------------------------------------------------------------------


@attrs.define
class Clock:
    """Tells the moment that the scenario says it is."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


def shop_of(policy: Policy, day: int = 20) -> tuple[Shop, Clock]:
    """Open a shop under a policy on a day of January."""
    clock = Clock(january(day))
    return open_shop(policy=policy, clock=clock), clock


def with_points(policy: Policy, points: int) -> tuple[Shop, Clock]:
    """Open one in which Ann has points to spend since the first, and turn its clock to the second."""
    shop, clock = shop_of(policy, 1)
    shop.loyalty.adjust("ann", points, key="start", reason="start", actor="boss")
    clock.now = january(2)
    return shop, clock


def hand_in(shop: Shop, paid: datetime, gross: int = 3000, parts: Earner | None = None, **told: Any) -> Done:
    """Let a backend hand in an order of Ann's, and give what it came to."""
    ref, buyer = OrderRef("web", "main", str(gross)), Identity.of("web", "main", "id", "ann")
    facts: dict[str, Any] = {"paid_at": paid, "gross": Money(gross, "CNY"), "state": OrderState.PAID} | told
    order = fold([Observation(ref=ref, observed_at=paid, buyer=buyer, **facts)])
    done = shop.loyalty.earn(order, key=f"{paid} {gross}", parts=parts)
    assert isinstance(done, Done)
    return done


# ---- orders earn ------------------------------------------------------------------------------------


def points_of(policy: Policy, **order: Any) -> int:
    """Give what an order earns: 24 yuan after a discount of 6, postage of 8 and tax of 2, by default."""
    given: dict[str, Any] = {
        "lines": (LineAmount(id="a", price=3000, discount=600),),
        "shipping": 800,
        "tax": 200,
        **order,
    }
    shop, _ = shop_of(policy)
    return hand_in(shop, january(10), 3400, Earner(reference="web/main/3400", **given)).points


def order_of(policy: Policy) -> int:
    """Give what that order earns."""
    return points_of(policy)


def paid_by(**paid: Any) -> Callable[[Policy], int]:
    """Give what it earns if half of it, 17 yuan, was paid otherwise."""
    return lambda policy: points_of(policy, **paid)


def in_two_lines(policy: Policy) -> int:
    """Give what two lines of 0.60 earn."""
    lines = tuple(LineAmount(id=name, price=60) for name in "ab")
    return points_of(policy, lines=lines, shipping=0, tax=0)


def of_1990(policy: Policy) -> int:
    """Give what an order of 19.90 earns."""
    shop, _ = shop_of(policy)
    return hand_in(shop, january(10), 1990).points


def issued(*days: int) -> Callable[[Policy], int]:
    """Give the points of orders of 30 yuan on some days."""

    def outcome(policy: Policy) -> int:
        shop, _ = shop_of(policy)
        return sum(hand_in(shop, january(day), 3000 + n).points for n, day in enumerate(days))

    return outcome


def available(observed: int, **facts: int) -> Callable[[Policy], int]:
    """Give what can be spent on a day of an order of 30 yuan paid on the 10th."""

    def outcome(policy: Policy) -> int:
        shop, _ = shop_of(policy, observed)
        told: dict[str, Any] = {name: january(day) for name, day in facts.items()}
        hand_in(shop, january(10), **told)
        return shop.loyalty.balance("ann").available

    return outcome


def lapse(policy: Policy) -> str | None:
    """Give the first local moment at which points that become spendable on 10 March 2024 lapse."""
    received = datetime(2024, 3, 10, 17, tzinfo=UTC)
    shop = open_shop(policy=policy, clock=lambda: received)
    hand_in(shop, january(10), completed_at=received)
    end = shop.loyalty.history("ann")[-1].lots[0].expires_at
    return None if end is None else end.isoformat()


def earned_in(name: str) -> Callable[[Policy], bool]:
    """Tell whether there is a wallet of a name."""

    def outcome(policy: Policy) -> bool:
        try:
            return rules(policy).wallet(name).name == name
        except SettingsError:
            return False

    return outcome


# ---- multipliers ------------------------------------------------------------------------------------


def of_gold(day: int) -> Callable[[Policy], int]:
    """Give what an order of 100 yuan, which makes her gold, earns at a moment of January."""

    def outcome(policy: Policy) -> int:
        shop, _ = shop_of(policy)
        return hand_in(shop, january(day), 10_000).points

    return outcome


# ---- refunds ----------------------------------------------------------------------------------------


def debt_after_spending(policy: Policy) -> tuple[int, int]:
    """Give debt and balance where the order is refunded after 20 of its 30 points were spent."""
    shop, clock = shop_of(policy, 2)
    hand_in(shop, january(1), completed_at=january(1))
    shop.loyalty.redeem("ann", 20, key="2")
    clock.now = january(3)
    shop.loyalty.reverse("web/main/3000", Money(3000, "CNY"), key="3")
    left = shop.loyalty.balance("ann")
    return left.debt, left.available


def given_back(cause: Literal["customer", "shop"], after: int = 0) -> Callable[[Policy], int]:
    """Give what can be spent some days after 30 points came back to a lot that had lapsed meanwhile."""

    def outcome(policy: Policy) -> int:
        shop, clock = with_points(policy, 30)
        shop.loyalty.redeem("ann", 30, key="2")
        clock.now = january(20)
        shop.loyalty.give_back("2", key="3", cause=cause)
        return shop.loyalty.balance("ann", at=january(20 + after)).available

    return outcome


def half_refunded(policy: Policy) -> tuple[str | int, str | int]:
    """Give money and points back where 5 of 10 yuan are refunded, 4 of them paid with 400 points."""
    shop, _ = with_points(policy, 400)
    shop.loyalty.redeem("ann", 400, key="2", order="web/main/600")
    hand_in(shop, january(2), 600)
    done = shop.loyalty.refund("web/main/600", Money(500, "CNY"), key="3")
    assert isinstance(done, Done)
    return done.detail["cash"], done.detail["given_back"]


# ---- redemption -------------------------------------------------------------------------------------


def paid(goods: int, shipping: int = 0) -> Callable[[Policy], tuple[int, int]]:
    """Give points and money off of a cart, with 500 points."""

    def outcome(policy: Policy) -> tuple[int, int]:
        shop, _ = with_points(policy, 500)
        said = shop.loyalty.quote("ann", Cart(goods=goods, shipping=shipping))
        return (said.points, said.value) if isinstance(said, Quote) else (0, 0)

    return outcome


def minutes_held(policy: Policy) -> int:
    """Give how long a reservation holds."""
    shop, clock = with_points(policy, 500)
    kept = shop.loyalty.reserve("ann", 500, key="h")
    assert isinstance(kept, Done)
    return int((datetime.fromisoformat(str(kept.detail["ends_at"])) - clock.now).total_seconds() // 60)


def spendable(policy: Policy) -> bool:
    """Tell whether the shop lets anybody spend points of its wallet ``status``."""
    shop = open_shop(policy=policy, clock=lambda: january(2))
    try:
        shop.loyalty.quote("ann", Cart(goods=1000), wallet="status")
    except SettingsError:
        return False
    return True


# ---- beside orders ----------------------------------------------------------------------------------


def activity(*moments: datetime) -> Callable[[Policy], int]:
    """Give what the first activity earns the last time that it is done."""

    def outcome(policy: Policy) -> int:
        shop, clock = shop_of(policy)
        earned = []
        for number, clock.now in enumerate(moments):
            kind, name = rules(policy).activities[0].kind, str(number)
            done = shop.loyalty.activity("ann", kind, key=name, subject=name if kind == "review" else "")
            earned.append(done.points if isinstance(done, Done) else 0)
        return earned[-1]

    return outcome


def spendable_at_once(policy: Policy) -> int:
    """Give what of a sign-in can be spent at once."""
    shop, _ = shop_of(policy, 2)
    shop.loyalty.activity("ann", "signin", key="1")
    return shop.loyalty.balance("ann").available


def signed_in(policy: Policy) -> int:
    """Give what the shop awards for a sign-in."""
    shop = open_shop(policy=policy, clock=lambda: january(2))
    try:
        done = shop.loyalty.activity("ann", "signin", key="1")
    except SettingsError:
        return 0
    assert not isinstance(done, Refused)
    return shop.loyalty.balance("ann").available


def referred(*, net: int = 5000, flagged: bool = False) -> Callable[[Policy], Any]:
    """Give both sides' points and when they can be spent; a click on the 1st, an order of the 12th."""

    def outcome(policy: Policy) -> Any:
        rule = rules(policy).referral
        if rule is None:
            return None
        state = clicked(None, "ann", "bob", january(1))
        assert not hasattr(state, "hindrance")
        done = qualify(
            state,
            CompletedOrder(reference="1", ordered_at=january(12), completed_at=january(13), net=net),
            rule, referrer=Account(id="ann"), referred=Account(id="bob"), wallet=rules(policy).wallet(),
            key="1", now=january(14),
            flags=(Flag("same_address", Label("同址", "same address")),) if flagged else (),
        )  # fmt: skip
        if not isinstance(done, BothSides):
            return done.hindrance
        assert done.state.due_at is not None
        days = (done.state.due_at - january(13)).days
        return done.state.stage.value, done.referrer.points, done.referred.points, days

    return outcome


def bought(look: Callable[[Shop, Done], Any], *, pieces: int = 1) -> Callable[[Policy], Any]:
    """Look at what buying the first reward with 100 points comes to; a refusal is its limit."""

    def outcome(policy: Policy) -> Any:
        shop, _ = with_points(policy, 100)
        done = shop.loyalty.rewards.buy("ann", rules(policy).rewards[0].id, pieces=pieces, key="2")
        assert isinstance(done, Done | Refused)
        return done.limit if isinstance(done, Refused) else look(shop, done)

    return outcome


def bought_in_the_shop(policy: Policy) -> bool:
    """Tell whether the shop has a mug to buy."""
    shop, _ = with_points(policy, 100)
    try:
        return isinstance(shop.loyalty.rewards.buy("ann", "mug", key="2"), Done)
    except SettingsError:
        return False


# ---- the programme ----------------------------------------------------------------------------------


def found(policy: Policy) -> list[tuple[str, str]]:
    """Give what the check of the policy finds, and where, notes of figures left out."""
    findings = check(rules(policy), ladder=policy.ladder, currency=policy.currency)
    return [(one.code, one.where) for one in findings if one.code not in ("margin-not-told", "free-points")]


def clock_ten_days_ahead(policy: Policy) -> str:
    """Tell what becomes of a clock that is ten days ahead of all that was seen."""
    shop = open_shop(policy=policy, clock=lambda: january(2))
    shop.loyalty.adjust("ann", 100, key="1", reason="gift", actor="boss")
    try:
        shop.advance(january(12))
    except ClockJumpError:
        return "stopped"
    return "went on"


def left(shop: Shop, done: Done) -> int | None:
    """Give the pieces left."""
    return shop.loyalty.rewards.left(str(done.detail["reward"]))


def balance(shop: Shop, _: Done) -> int:
    """Give the points left."""
    return shop.loyalty.balance("ann").available


def reference(shop: Shop, _: Done) -> str:
    """Give what the journal says it was for."""
    return shop.loyalty.history("ann")[-1].reference


def issue(_: Shop, done: Done) -> str | int:
    """Give the coupon to be issued."""
    return done.detail["issue"]


RECEIVED: Final = {"waiting": {"until": "paid"}}
TIERED: Final = {"points": {}, "ladder": LADDER}
SIGN_IN: Final = {"kind": "signin", "points": 5}
REVIEW: Final = {"kind": "review", "points": 5}
STATUS: Final = {"name": "status"}
THIRD: Final = {"points_per_unit": "300"}
DAY: Final = {"caps": [{"points": 40}]}
TWICE: Final = {"campaign": [CAMPAIGN, {**CAMPAIGN, "name": "triple", "multiplier": "3"}]}
LASTING: Final = {"expiry": {"days": 5}}


def tiered(**said: Any) -> dict[str, Any]:
    """Give a policy with tiers and points."""
    return {"points": said, "ladder": LADDER}


def campaign(**said: Any) -> dict[str, Any]:
    """Give a policy with tiers and a campaign on the 10th."""
    return tiered(campaign=[{**CAMPAIGN, **said}])


SCENARIOS: Final = [
    # Goods 24 after discounts and tax 2; postage does not earn.
    Scenario("EarnRule.rate", {}, {"earn": {"rate": "1/2"}}, order_of, (26, 13)),
    Scenario("EarnBase.items EarnRule.base", {}, {"earn": {"base": {"items": False}}}, order_of, (26, 2)),
    Scenario("EarnBase.shipping", {}, {"earn": {"base": {"shipping": True}}}, order_of, (26, 34)),
    Scenario("EarnBase.tax", {}, {"earn": {"base": {"tax": False}}}, order_of, (26, 24)),
    Scenario(
        "EarnBase.before_discounts", {}, {"earn": {"base": {"before_discounts": True}}}, order_of, (26, 32)
    ),
    # Half of the order was paid otherwise, so half of what earns is left.
    Scenario(
        "EarnBase.paid_by_points", {}, {"earn": {"base": {"paid_by_points": True}}},
        paid_by(by_points=1700), (13, 26),
    ),
    Scenario(
        "EarnBase.paid_by_gift_card", {}, {"earn": {"base": {"paid_by_gift_card": True}}},
        paid_by(by_gift_card=1700), (13, 26),
    ),
    Scenario("EarnRule.rounding", {}, {"earn": {"rounding": "half_up"}}, of_1990, (19, 20)),
    Scenario("EarnRule.round_at", {}, {"earn": {"round_at": "line"}}, in_two_lines, (1, 0)),
    Scenario(
        "EarnRule.together", TWICE, {**TWICE, "earn": {"together": "multiply"}}, order_of, (26 * 3, 26 * 6)
    ),
    Scenario("EarnRule.least", {}, {"earn": {"least": "26.01"}}, order_of, (26, 0)),
    Scenario("EarnRule.caps", {}, {"earn": DAY}, issued(2, 2), (60, 40)),
    Scenario("Cap.points", {"earn": DAY}, {"earn": {"caps": [{"points": 50}]}}, issued(2, 2), (40, 50)),
    Scenario(
        "Cap.per", {"earn": DAY}, {"earn": {"caps": [{"points": 40, "per": "month"}]}}, issued(2, 3), (60, 40)
    ),
    # Paid on the 10th.
    Scenario("Waiting.until Wallet.waiting", {}, RECEIVED, available(11), (0, 30)),
    Scenario("Waiting.days", {}, {"waiting": {"days": "never"}}, available(30, shipped_at=12), (30, 0)),
    Scenario("Waiting.since", {}, {"waiting": {"since": "paid"}}, available(27, shipped_at=14), (0, 30)),
    # Spendable on 11 March in Shanghai.
    Scenario(
        "Expiry.months Wallet.expiry", {}, {"expiry": {"months": 24}}, lapse,
        ("2025-12-31T16:00:00+00:00", "2026-12-31T16:00:00+00:00"),
    ),
    Scenario(
        "Expiry.days", {}, {"expiry": {"days": 1}}, lapse,
        ("2025-12-31T16:00:00+00:00", "2024-03-12T16:00:00+00:00"),
    ),
    Scenario(
        "Expiry.snap", {}, {"expiry": {"snap": "month"}}, lapse,
        ("2025-12-31T16:00:00+00:00", "2025-03-31T16:00:00+00:00"),
    ),
    Scenario(
        "Expiry.on", {}, {"expiry": {"on": date(2024, 6, 30)}}, lapse,
        ("2025-12-31T16:00:00+00:00", "2024-06-30T16:00:00+00:00"),
    ),
    Scenario(
        "Expiry.zone", {"expiry": {"days": 1}}, {"points": {"expiry": {"days": 1}}, "shop": {"zone": "UTC"}},
        lapse, ("2024-03-12T16:00:00+00:00", "2024-03-12T00:00:00+00:00"),
    ),
    # Received on the 25th; counted from the award, 20 days end with the 30th.
    Scenario(
        "Wallet.expiry_from", {"expiry": {"days": 20}}, {"expiry": {"days": 20, "from": "award"}},
        available(32, completed_at=25), (30, 0),
    ),
    Scenario("Wallet.inactive", {}, {"inactive": {"days": 30}}, available(60, completed_at=12), (30, 0)),
    Scenario("Wallet.earn", {}, {"earn": False}, issued(2), (30, 0)),
    Scenario(
        "Wallet.name Programme.wallets", {"wallet": [STATUS]}, {"wallet": [{"name": "stamps"}]},
        earned_in("stamps"), (False, True),
    ),
    Scenario(
        "Wallet.qualifying", {"wallet": [STATUS]}, {"wallet": [{**STATUS, "qualifying": True}]}, spendable,
        (True, False),
    ),
    # 10 of the 30 are left.
    Scenario(
        "Wallet.shortfall", {}, {"refunds": {"shortfall": "within_balance"}}, debt_after_spending,
        ((20, 0), (0, 0)),
    ),
    Scenario(
        "Wallet.shortfall", {}, {"refunds": {"shortfall": "only_pending"}}, debt_after_spending,
        ((20, 0), (0, 10)),
    ),
    Scenario(
        "Wallet.late LatePolicy.late", LASTING, {**LASTING, "refunds": {"late": "reinstate"}},
        given_back("customer"), (0, 30),
    ),
    Scenario(
        "Wallet.late_by_shop", LASTING, {**LASTING, "refunds": {"late_by_shop": "expire"}},
        given_back("shop"), (30, 0),
    ),
    Scenario(
        "LatePolicy.grace", LASTING, {**LASTING, "refunds": {"grace_days_by_shop": 5}},
        given_back("shop", after=10), (30, 0),
    ),
    # 500 points, 100 for a yuan.
    Scenario(
        "Redemption.points_per_unit Wallet.redemption", {}, {"redemption": {"points_per_unit": "50"}},
        paid(1000), ((500, 500), (500, 1000)),
    ),
    Scenario("Redemption.least", {}, {"redemption": {"least": 501}}, paid(1000), ((500, 500), (0, 0))),
    Scenario(
        "Redemption.multiple", {}, {"redemption": {"multiple": 300}}, paid(1000), ((500, 500), (300, 300))
    ),
    Scenario(
        "Redemption.share_of_order", {}, {"redemption": {"share_of_order": "1/4"}}, paid(1000),
        ((500, 500), (250, 250)),
    ),
    Scenario(
        "Redemption.shipping", {}, {"redemption": {"shipping": True}}, paid(300, 100),
        ((300, 300), (400, 400)),
    ),
    # 500 / 300 yuan are 166 and two thirds of a fen; 498 of them are worth 166.
    Scenario(
        "Redemption.rounding", {"redemption": THIRD}, {"redemption": {**THIRD, "rounding": "up"}}, paid(1000),
        ((498, 166), (499, 167)),
    ),
    Scenario(
        "Redemption.refund", {}, {"redemption": {"refund": "cash_first"}}, half_refunded,
        ((300, 200), (500, 0)),
    ),
    Scenario("Redemption.hold_minutes", {}, {"redemption": {"hold_minutes": 5}}, minutes_held, (30, 5)),
    # The order of 100 yuan makes her gold, with twice the points.
    Scenario("Programme.tier_at", TIERED, tiered(tier_at="after"), of_gold(10), (100, 200)),
    Scenario("Programme.campaigns", TIERED, campaign(), of_gold(10), (100, 200)),
    Scenario("Campaign.multiplier", campaign(), campaign(multiplier="3/2"), of_gold(10), (200, 150)),
    Scenario("Campaign.start", campaign(), campaign(start=date(2024, 1, 9)), of_gold(9), (100, 200)),
    Scenario("Campaign.end", campaign(), campaign(end=date(2024, 1, 12)), of_gold(11), (100, 200)),
    Scenario("Campaign.tiers", campaign(), campaign(tiers=["gold"]), of_gold(10), (200, 100)),
    Scenario(
        "Campaign.name", campaign(multiplier="1"), campaign(multiplier="1", name="single"), found,
        (
            [("campaign-dead", "points.campaign.double.multiplier")],
            [("campaign-dead", "points.campaign.single.multiplier")],
        ),
    ),
    Scenario("Programme.activities", {}, {"activity": [SIGN_IN]}, signed_in, (0, 5)),
    # A second sign-in of one day earns nothing; a second review may.
    Scenario(
        "Activity.kind", {"activity": [{**SIGN_IN, "times": 2}]}, {"activity": [{**REVIEW, "times": 2}]},
        activity(january(2), january(2, 5)), (0, 5),
    ),
    Scenario(
        "Activity.points", {"activity": [SIGN_IN]}, {"activity": [{**SIGN_IN, "points": 7}]},
        activity(january(2)), (5, 7),
    ),
    Scenario(
        "Activity.times", {"activity": [REVIEW]}, {"activity": [{**REVIEW, "times": 2}]},
        activity(january(2), january(2, 5)), (0, 5),
    ),
    Scenario(
        "Activity.per", {"activity": [REVIEW]}, {"activity": [{**REVIEW, "per": "month"}]},
        activity(january(2), january(3)), (5, 0),
    ),
    Scenario(
        "Activity.streak", {"activity": [SIGN_IN]}, {"activity": [{**SIGN_IN, "streak": {"2": 10}}]},
        activity(january(2), january(3)), (5, 15),
    ),
    Scenario(
        "Activity.days", {"activity": [SIGN_IN]}, {"activity": [{**SIGN_IN, "days": 1}]}, spendable_at_once,
        (5, 0),
    ),
    Scenario(
        "Programme.referral", {}, {"referral": {}}, referred(), (None, ("qualified", 100, 100, 15))
    ),
    Scenario(
        "Referral.referrer", {"referral": {}}, {"referral": {"referrer": 7}}, referred(),
        (("qualified", 100, 100, 15), ("qualified", 7, 100, 15)),
    ),
    Scenario(
        "Referral.referred", {"referral": {}}, {"referral": {"referred": 7}}, referred(),
        (("qualified", 100, 100, 15), ("qualified", 100, 7, 15)),
    ),
    Scenario(
        "Referral.within", {"referral": {}}, {"referral": {"within_days": 11}}, referred(),
        (("qualified", 100, 100, 15), "no_click"),
    ),
    Scenario(
        "Referral.least", {"referral": {}}, {"referral": {"least": "50.01"}}, referred(),
        (("qualified", 100, 100, 15), "minimum"),
    ),
    Scenario(
        "Referral.days", {"referral": {}}, {"referral": {"waiting_days": 30}}, referred(),
        (("qualified", 100, 100, 15), ("qualified", 100, 100, 30)),
    ),
    Scenario(
        "Referral.flagged", {"referral": {}}, {"referral": {"flagged": "wait"}}, referred(flagged=True),
        ("flagged", ("held", 100, 100, 15)),
    ),
    Scenario("Programme.rewards", {}, {"reward": [MUG]}, bought_in_the_shop, (False, True)),
    Scenario(
        "Reward.id", {"reward": [MUG]}, {"reward": [{**MUG, "id": "cup"}]}, bought(reference),
        ("reward:mug", "reward:cup"),
    ),
    Scenario(
        "Reward.kind", {"reward": [MUG]}, {"reward": [{**MUG, "kind": "coupon"}]}, bought(issue), ("", "mug")
    ),
    Scenario(
        "Reward.points", {"reward": [MUG]}, {"reward": [{**MUG, "points": 40}]}, bought(balance), (70, 60)
    ),
    Scenario("Reward.stock", {"reward": [MUG]}, {"reward": [{**MUG, "stock": 3}]}, bought(left), (None, 2)),
    Scenario(
        "Reward.each", {"reward": [MUG]}, {"reward": [{**MUG, "each": 1}]}, bought(balance, pieces=2),
        (40, "each"),
    ),
    Scenario(
        "Reward.tiers", tiered(reward=[MUG]), tiered(reward=[{**MUG, "tiers": ["gold"]}]),
        bought(balance), (70, "tier"),
    ),
    Scenario(
        "Reward.cost", {"reward": [MUG]}, {"reward": [{**MUG, "cost": "30"}]}, found,
        ([], [("reward-pump", "points.reward.mug.points")]),
    ),
    Scenario(
        "Programme.margin", {"margin": "1/10"}, {"margin": "1/1000"}, found,
        ([], [("above-margin", "points.earn.rate")]),
    ),
    Scenario("Programme.fuse", {}, {"fuse_days": 10}, clock_ten_days_ahead, ("stopped", "went on")),
]  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.fields)
def test_changing_a_setting_changes_what_happens(scenario: Scenario) -> None:
    """Each policy comes to what was worked out by hand for it, and the two differ."""
    outcomes = tuple(scenario.outcome(policy_of(said)) for said in (scenario.plain, scenario.changed))
    assert outcomes == scenario.expected
    assert outcomes[0] != outcomes[1]


def proven() -> list[str]:
    """Name every field that a scenario proves alive."""
    return [field for scenario in SCENARIOS for field in scenario.fields.split()]


def test_no_field_of_the_programme_is_without_a_scenario() -> None:
    """Every field of every rule is proven alive; what nobody reads yet is listed, and only so long."""
    fields = {f"{kind.__name__}.{field.name}" for kind in KINDS for field in attrs.fields(kind)}
    wanted = fields - PENDING
    alive = set(proven())
    assert alive == wanted
    assert not PENDING - fields


def test_no_rule_is_left_out() -> None:
    """The rules that are looked at are all that the modules of the programme define."""
    defined = {
        kind
        for module in (programme, wallets, expiry)
        for kind in vars(module).values()
        if isinstance(kind, type) and attrs.has(kind) and kind.__module__ == module.__name__
    }
    assert set(KINDS) == {*defined, LatePolicy}


def changed_fields(one: Any, other: Any) -> set[str]:
    """Name the fields in which two rules differ, by the class that has them."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        if len(one) != len(other):
            return set()
        return set().union(*(changed_fields(a, b) for a, b in zip(one, other, strict=True)))
    if not attrs.has(type(one)) or type(one) is not type(other):
        return set()
    return set().union(
        *(
            changed_fields(getattr(one, field.name), getattr(other, field.name))
            or {f"{type(one).__name__}.{field.name}"}
            for field in attrs.fields(type(one))
            if getattr(one, field.name) != getattr(other, field.name)
        )
    )


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.fields)
def test_a_scenario_changes_the_field_that_it_names(scenario: Scenario) -> None:
    """The two programmes differ where the scenario says: nothing else can have made the difference."""
    one, other = (rules(policy_of(said)) for said in (scenario.plain, scenario.changed))
    named = set(scenario.fields.split())
    beside = {
        # Days stand instead of months, and a fixed day instead of both; grace goes with the word for it.
        "Expiry.days": {"Expiry.months", "Expiry.snap"},
        "Expiry.on": {"Expiry.months", "Expiry.snap"},
        "Wallet.late_by_shop": {"LatePolicy.late", "Expiry.days"},
        "LatePolicy.grace": {"Expiry.days"},
    }
    also = set().union(*(beside.get(name, set()) for name in named))
    assert changed_fields(one, other) <= named | also
    assert changed_fields(one, other)
