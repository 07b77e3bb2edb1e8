"""A points programme in words, as plain values and by its digest: no rule of it is silent."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any, Final

from retailcrm import Policy
from retailcrm.shop.policy import policy_from_table

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

CHANGES: Final[list[dict[str, Any]]] = [
    {"margin": "0.3"},
    {"tier_at": "after"},
    {"fuse_days": 8},
    {"earn": False},
    {"earn": {"rate": "2"}},
    {"earn": {"rounding": "up"}},
    {"earn": {"round_at": "line"}},
    {"earn": {"together": "add"}},
    {"earn": {"least": "1"}},
    {"earn": {"caps": [{"points": 5}]}},
    {"earn": {"caps": [{"points": 5, "per": "ever"}]}},
    *({"earn": {"base": {name: True}}} for name in ("shipping", "before_discounts", "paid_by_points")),
    *({"earn": {"base": {name: False}}} for name in ("items", "tax")),
    {"earn": {"base": {"paid_by_gift_card": True}}},
    {"waiting": {"until": "paid"}},
    {"waiting": {"days": 14}},
    {"waiting": {"days": "never"}},
    {"waiting": {"since": "paid"}},
    {"expiry": {"months": 24}},
    {"expiry": {"days": 365}},
    {"expiry": {"on": date(2026, 12, 31)}},
    {"expiry": {"never": True}},
    {"expiry": {"snap": "month"}},
    {"expiry": {"from": "award"}},
    {"inactive": {"months": 6}},
    {"inactive": {"days": 6}},
    {"redemption": {"points_per_unit": "10"}},
    {"redemption": {"least": 2}},
    {"redemption": {"multiple": 2}},
    {"redemption": {"share_of_order": "1/2"}},
    {"redemption": {"shipping": True}},
    {"redemption": {"rounding": "up"}},
    {"redemption": {"refund": "points_first"}},
    {"redemption": {"hold_minutes": 15}},
    {"refunds": {"shortfall": "only_pending"}},
    {"refunds": {"late": "reinstate"}},
    {"refunds": {"late": "grace"}},
    {"refunds": {"late": "grace", "grace_days": 5}},
    {"refunds": {"late_by_shop": "expire"}},
    {"refunds": {"grace_days_by_shop": 5}},
    {"campaign": [CAMPAIGN]},
    {"campaign": [{**CAMPAIGN, "end": date(2025, 11, 13)}]},
    {"campaign": [{**CAMPAIGN, "start": date(2025, 11, 10)}]},
    {"campaign": [{**CAMPAIGN, "multiplier": "3"}]},
    {"campaign": [{**CAMPAIGN, "tiers": ["gold"]}]},
    {"activity": [SIGN_IN]},
    {"activity": [{**SIGN_IN, "points": 2}]},
    {"activity": [{**SIGN_IN, "times": 2}]},
    {"activity": [{**SIGN_IN, "per": "year"}]},
    {"activity": [{**SIGN_IN, "days": 2}]},
    {"activity": [{**SIGN_IN, "streak": {"7": 2}}]},
    {"activity": [{**SIGN_IN, "kind": "share"}]},
    {"referral": {}},
    *({"referral": {name: 5}} for name in ("referrer", "referred", "within_days", "waiting_days")),
    {"referral": {"least": "5"}},
    {"referral": {"flagged": "wait"}},
    {"reward": [MUG]},
    {"reward": [{**MUG, "kind": "coupon"}]},
    {"reward": [{**MUG, "id": "cup"}]},
    {"reward": [{**MUG, "points": 400}]},
    {"reward": [{**MUG, "stock": 4}]},
    {"reward": [{**MUG, "each": 4}]},
    {"reward": [{**MUG, "cost": "4"}]},
    {"reward": [{**MUG, "tiers": ["gold"]}]},
    {"wallet": [{"name": "status"}]},
    {"wallet": [STATUS]},
    {"wallet": [{**STATUS, "expiry": {"never": True}}]},
]  # fmt: skip


def said(table: dict[str, Any]) -> list[tuple[str, str]]:
    """Give the lines of a policy without its digest, both languages."""
    policy = policy_from_table({"points": table, "ladder": LADDER})
    return [
        (f"{name.zh}|{name.en}", f"{value.zh}|{value.en}")
        for name, value in policy.lines()
        if name.en != "Policy digest"
    ]


def test_the_digest_changes_with_every_rule() -> None:
    """Each change alone gives a digest of its own, and so does having points at all."""
    tables = [{"points": table, "ladder": LADDER} for table in ({}, *CHANGES)]
    digests = [policy_from_table(table).digest for table in ({"ladder": LADDER}, *tables)]
    assert len(set(digests)) == len(digests)


def test_every_rule_has_a_line() -> None:
    """Whatever departs from the defaults is seen in a line of both languages, not by the digest alone."""
    plain = said({})
    for table in CHANGES:
        changed = said(table)
        assert changed != plain, table
        for language in (0, 1):
            one, other = ([value.split("|")[language] for _, value in lines] for lines in (changed, plain))
            assert one != other, table


def test_defaults_that_are_written_out_are_the_same_rules() -> None:
    """Saying a default changes nothing."""
    written = {
        "tier_at": "before",
        "fuse_days": 7,
        "earn": {"rate": "1.0", "base": {"items": True}, "caps": [], "least": "0"},
        "waiting": {"until": "received", "days": 15, "since": "shipped"},
        "expiry": {"months": 12, "snap": "year", "from": "activation"},
        "refunds": {"late": "expire", "late_by_shop": "grace", "grace_days_by_shop": 30},
    }
    assert policy_from_table({"points": written}).digest == policy_from_table({"points": {}}).digest


def test_a_shop_without_points_keeps_its_digest() -> None:
    """The digest of a policy without points is that of the rules there were before points."""
    rules = Policy().to_dict()
    assert rules.pop("points") is None
    del rules["shop"]["name"], rules["segments"]["map"]
    written = json.dumps(rules, sort_keys=True)
    assert Policy().digest == hashlib.sha256(written.encode()).hexdigest()[:12]


def test_rules_as_plain_values_go_through_json() -> None:
    """The dictionary of rules is plain, rates exact as text."""
    for table in ({}, *CHANGES):
        rules = policy_from_table({"points": table, "ladder": LADDER}).to_dict()
        assert json.loads(json.dumps(rules)) == rules
    assert (
        policy_from_table({"points": {"earn": {"rate": "1/3"}}}).to_dict()["points"]["wallets"][0]["earn"][
            "rate"
        ]
        == "1/3"
    )


def test_the_default_programme_in_words() -> None:
    """Every default is said in both languages."""
    lines = {name.en: value for name, value in policy_from_table({"points": {}}).lines()}
    assert lines["Points points: earning"].en == (
        "1 for each CNY of goods, tax, after discounts, parts paid with points earn none, parts paid with "
        "gift cards earn none; rounded down for each order; the greatest of several multipliers; "
        "orders from ¥0.00; no caps"
    )
    assert lines["Points points: earning"].zh == (
        "每 1 CNY 得 1 分；计入商品、税费，折扣后，积分支付部分不计，礼品卡支付部分不计；每单舍去小数；"
        "多个倍数取最大；订单满 ¥0.00 起；不设上限"
    )
    assert lines["Points points: waiting"].zh == "确认收货后可用，最迟发货后 15 天"
    assert lines["Points points: expiry"].zh == "可用后 12 个月，当年末到期"
    assert lines["Points points: refunds"].zh == (
        "退款收回积分，余额不足记欠分；退回的积分已过期时：顾客取消则作废，店铺原因则宽限 30 天"
    )
    for what in ("campaigns", "activities", "referral", "rewards"):
        assert lines[f"Points: {what}"].en == "none"
