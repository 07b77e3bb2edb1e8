"""The policy file: every setting changes what it says, and what cannot be meant is refused with a hint."""

import attrs
import pytest

from retailcrm import Policy, load_policy, open_shop
from retailcrm.analytics.activity import OwnInterval
from retailcrm.analytics.rfm_map import MAPS
from retailcrm.domain.labels import Label
from retailcrm.errors import SettingsError
from retailcrm.shop.policy import ValueClassRule, policy_from_table, segment_map

AS_OF = "2024-03-31"

LADDER = {
    "currency": "CNY",
    "window": "lifetime",
    "hold": "forever",
    "qualify_at": "paid",
    "tiers": [
        {"name": "member", "label_zh": "普通会员", "label_en": "Member"},
        {"name": "gold", "label_zh": "金卡", "label_en": "Gold", "enter": {"spend": "200.00"}},
    ],
}
BANDS = {
    "method": "bands",
    "r_bands": [90, 60, 30, 10],
    "f_bands": [2, 3, 4, 5],
    "m_bands": [5000, 10000, 20000, 50000],
}
OWN = {"method": "own_interval", "sleeping_from": 1, "lost_from": 4}

THREE = """
name = "three"
levels = 3
[[segment]]
key = "fresh"
zh = "近期"
where = [{ r = 3 }]
[[segment]]
key = "stale"
zh = "较早"
where = [{ r = [1, 2] }]
"""


@pytest.fixture
def column(small):
    """Give a column of the small shop's scores under some policy, by customer."""

    def scored(name, table=None, **rules):
        policy = policy_from_table(table or {})
        rows = small(policy=attrs.evolve(policy, **rules)).insight.score(AS_OF).to_arrow().to_pylist()
        return {row["customer_id"]: row[name] for row in rows}

    return scored


def test_a_clock_of_payment_or_of_placing(column):
    """Ann placed her first order on the 1st and paid on the 3rd."""
    by = {
        clock: column("first_order_at", {"counting": {"clock": clock}})["ann"] for clock in ("paid", "placed")
    }
    assert (by["paid"].day, by["placed"].day) == (3, 1)
    assert column("first_order_at") == column("first_order_at", {"counting": {"clock": "paid"}})


def test_full_refunds_dropped_or_kept(column):
    """Bob's refunded order counts for nothing, or as a purchase of net zero."""
    assert column("orders", {"counting": {"full_refund": "drop"}})["bob"] == 1
    assert column("orders", {"counting": {"full_refund": "keep"}})["bob"] == 2
    assert column("net", {"counting": {"full_refund": "keep"}})["bob"] == 30


def test_undated_refunds_with_their_order_or_when_first_seen(column):
    """The export of 10 April first showed them, after the day asked for."""
    assert column("refunded", {"counting": {"undated_refund": "order_date"}})["cat"] == 50
    seen = {"counting": {"undated_refund": "first_seen"}}
    assert column("refunded", seen)["cat"] == 0
    assert column("net", seen)["bob"] == 90


def test_states_that_count(column):
    """Ann's third order is on its way: counted unless only completed ones are."""
    assert column("orders")["ann"] == 3
    assert column("orders", {"counting": {"states": ["completed"]}})["ann"] == 2


def test_the_zone_of_days(column):
    """Noon and eight in the evening in Shanghai are two days in New York."""
    assert column("purchase_days")["cat"] == 1
    assert column("purchase_days", {"shop": {"zone": "America/New_York"}})["cat"] == 2


def test_the_currency(column):
    """Amounts have the currency's decimals."""
    assert str(column("gross")["eve"]) == "20.00"
    assert str(column("gross", {"shop": {"currency": "JPY"}})["eve"]) == "20"


def test_the_name_is_on_the_report(small, tmp_path):
    """The page is headed by the shop's name."""
    shop = small(policy=policy_from_table({"shop": {"name": "山里来客"}}))
    assert "山里来客" in shop.report(tmp_path / "r.html", as_of=AS_OF).read_text("utf-8")


def test_frequency_of_orders_or_of_days(column):
    """Cat bought twice on one day: orders 1 2 2 3 score 1 2 2 4, days 1 1 2 3 score 1 1 3 4."""
    assert column("f_score") == {"ann": 4, "bob": 1, "cat": 2, "eve": 2}
    days = {"rfm": {"frequency": "purchase_days"}}
    assert column("f_score", days) == {"ann": 4, "bob": 1, "cat": 1, "eve": 3}


def test_money_net_or_gross(column):
    """Cat paid 240 and kept 190 of it; Ann paid and kept 230."""
    assert column("m_score") == {"ann": 4, "bob": 2, "cat": 3, "eve": 1}
    assert column("m_score", {"rfm": {"amount": "gross"}}) == {"ann": 3, "bob": 2, "cat": 4, "eve": 1}


def test_money_in_total_or_per_order(column):
    """Per order cat spends 95 and Ann 76.67."""
    per_order = column("m_score", {"rfm": {"monetary": "per_order"}})
    assert per_order == {"ann": 3, "bob": 2, "cat": 4, "eve": 1}


def test_fixed_bands(column):
    """Days of 21, 86, 40, 20 and the rest by the bands that the shop wrote."""
    table = {"rfm": BANDS}
    assert column("r_score", table) == {"ann": 4, "bob": 2, "cat": 3, "eve": 4}
    assert column("f_score", table) == {"ann": 3, "bob": 1, "cat": 2, "eve": 2}
    assert column("m_score", table) == {"ann": 4, "bob": 1, "cat": 3, "eve": 1}


@pytest.mark.parametrize(
    ("name", "other", "score", "expected"),
    [
        ("r_bands", [90, 60, 30, 20], "r_score", {"ann": 4, "bob": 2, "cat": 3, "eve": 5}),
        ("f_bands", [1, 2, 3, 4], "f_score", {"ann": 4, "bob": 2, "cat": 3, "eve": 3}),
        ("m_bands", [1000, 2000, 3000, 4000], "m_score", {"ann": 5, "bob": 4, "cat": 5, "eve": 3}),
    ],
)
def test_each_band(column, name, other, score, expected):
    """A figure equal to a band has passed it."""
    assert column(score, {"rfm": {**BANDS, name: other}}) == expected


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        # Against the mean of 117.50 (230, 30, 190, 20), and against the median customer's 30.
        ("mean", {"ann": 2, "bob": 1, "cat": 2, "eve": 1}),
        ("median", {"ann": 2, "bob": 1, "cat": 2, "eve": 1}),
    ],
)
def test_high_and_low(column, method, expected):
    """Two levels go with the map of eight."""
    table = {"rfm": {"method": method}, "segments": {"map": "chinese-8"}}
    assert column("m_score", table) == expected


def test_mean_and_median_differ(column):
    """The mean of 21, 86, 40 and 20 days is 41.75, the median customer's 21 or 40."""
    found = {
        method: column("r_score", {"rfm": {"method": method}, "segments": {"map": "chinese-8"}})
        for method in ("mean", "median")
    }
    assert found["mean"] == {"ann": 2, "bob": 1, "cat": 2, "eve": 2}
    assert found["median"] == {"ann": 2, "bob": 1, "cat": 1, "eve": 2}


def test_another_map(column):
    """The Chinese eight instead of the eleven; cat is recent, seldom, and spends above the mean."""
    assert column("segment", {"segments": {"map": "chinese-8"}})["cat"] == "important_develop"
    assert column("segment")["ann"] == "loyal"


def test_a_map_of_ones_own_by_file(small, tmp_path):
    """A map beside the policy file, with as many levels as it says; bins of another number are refused."""
    (tmp_path / "three.toml").write_text(THREE, "utf-8")
    policy = tmp_path / "shop.toml"
    policy.write_text('[segments]\nmap = "three.toml"\n', "utf-8")
    rows = small(policy=policy).insight.score(AS_OF).to_arrow().to_pylist()
    # Poor end first 86 40 21 20: cut points are the 2nd and the 3rd, 40 and 21.
    assert {row["customer_id"]: row["r_score"] for row in rows} == {"ann": 2, "bob": 1, "cat": 1, "eve": 3}
    assert {row["customer_id"]: row["segment"] for row in rows}["eve"] == "fresh"
    policy.write_text('[segments]\nmap = "three.toml"\n[rfm]\nbins = 4\n', "utf-8")
    with pytest.raises(SettingsError, match=r"map three needs 3 score levels, \[rfm\] gives 4"):
        load_policy(policy)
    assert segment_map("eleven", tmp_path) is MAPS["eleven"]


def test_the_number_of_levels(column, tmp_path):
    """Bins and map go together: three levels for a map of three."""
    (tmp_path / "three.toml").write_text(THREE, "utf-8")
    mine = segment_map("three.toml", tmp_path)
    rfm = policy_from_table({"rfm": {"bins": 5}}).rfm
    assert max(column("r_score", rfm=rfm).values()) == 4
    assert max(column("r_score", segment_map=mine).values()) == 3


def test_fixed_days_of_activity(column):
    """Silent for 21, 86, 40 and 20 days."""
    assert set(column("activity").values()) == {"active"}
    assert column("activity", {"activity": {"sleeping_from": 40}})["cat"] == "sleeping"
    assert column("activity", {"activity": {"sleeping_from": 41}})["cat"] == "active"
    lost = {"activity": {"sleeping_from": 40, "lost_from": 86}}
    assert column("activity", lost)["bob"] == "lost"


def test_activity_by_the_own_interval(column):
    """Ann buys every 33.5 days, Eve every 10; the shop's median is 10, which weighs two intervals.

    Ann's interval is (67 + 2 * 10) / 4 = 21.75 days: after 21 days she is still active.
    """
    states = {"ann": "active", "bob": "lost", "cat": "lost", "eve": "sleeping"}
    assert column("activity", {"activity": OWN}) == states
    assert column("activity", {"activity": {**OWN, "sleeping_from": "0.9"}})["ann"] == "sleeping"
    assert column("activity", {"activity": {**OWN, "lost_from": "4.1"}})["cat"] == "sleeping"
    # (67 + 20 * 10) / 22 = 12.1 days.
    assert column("activity", {"activity": {**OWN, "weight": 20}})["ann"] == "sleeping"


def test_value_classes(column):
    """Above the median customer's 2 orders and 30 per order, or where the shop says."""
    assert column("value_class") == {"ann": "high", "bob": "low", "cat": "rare_large", "eve": "low"}
    rule = {"least_orders": 2, "least_per_order": "20.00"}
    mine = {"ann": "high", "bob": "rare_large", "cat": "high", "eve": "mid"}
    assert column("value_class", {"value_class": rule}) == mine
    assert column("value_class", {"value_class": {**rule, "least_orders": 3}})["eve"] == "low"
    assert column("value_class", {"value_class": {**rule, "least_per_order": "31"}})["bob"] == "low"


def test_tiers(column):
    """Without a ladder nobody has a tier; with one Ann's 230 make gold, cat's 190 do not."""
    assert set(column("tier").values()) == {None}
    assert column("tier", {"ladder": LADDER}) == {
        "ann": "gold",
        "bob": "member",
        "cat": "member",
        "eve": "member",
    }


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        # Completed orders alone: 150.
        ({"qualify_at": "completed"}, "member"),
        # Since January 31: 130.
        ({"window": "rolling", "window_months": 2, "hold": "forever"}, "member"),
        ({"window": "calendar", "period": "year", "hold": "next_period"}, "gold"),
        ({"tiers": [LADDER["tiers"][0], {**LADDER["tiers"][1], "enter": {"orders": 3}}]}, "gold"),
        ({"tiers": [LADDER["tiers"][0], {**LADDER["tiers"][1], "enter": {"orders": 4}}]}, "member"),
    ],
)
def test_what_a_ladder_asks_for(column, change, expected):
    """Ann's tier by the ladder's window, moment and thresholds."""
    assert column("tier", {"ladder": {**LADDER, **change}})["ann"] == expected


CHANGES = [
    {"shop": {"zone": "UTC"}},
    {"shop": {"currency": "USD"}},
    {"counting": {"clock": "placed"}},
    {"counting": {"full_refund": "keep"}},
    {"counting": {"undated_refund": "first_seen"}},
    {"counting": {"states": ["completed"]}},
    {"rfm": {"frequency": "purchase_days"}},
    {"rfm": {"amount": "gross"}},
    {"rfm": {"monetary": "per_order"}},
    {"rfm": BANDS},
    {"rfm": {**BANDS, "m_bands": [1, 2, 3, 4]}},
    {"segments": {"map": "chinese-8"}},
    {"segments": {"map": "chinese-8"}, "rfm": {"method": "median"}},
    {"activity": {"sleeping_from": 89}},
    {"activity": {"lost_from": 181}},
    {"activity": OWN},
    {"activity": {**OWN, "weight": 3}},
    {"activity": {**OWN, "lost_from": "4.5"}},
    {"value_class": {"least_orders": 2, "least_per_order": "20.00"}},
    {"value_class": {"least_orders": 3, "least_per_order": "20.00"}},
    {"customers": {"phone_region": "US"}},
    {"value_class": {"least_orders": 2, "least_per_order": "21.00"}},
    {"ladder": LADDER},
    {"ladder": {**LADDER, "qualify_at": "completed"}},
    {"ladder": {**LADDER, "return_window_days": 7}},
    {"ladder": {**LADDER, "tiers": LADDER["tiers"][:1]}},
    {"ladder": {**LADDER, "tiers": [LADDER["tiers"][0], {**LADDER["tiers"][1], "discount": "0.1"}]}},
]


def test_the_digest_changes_with_every_rule():
    """Each change alone gives a digest of its own."""
    digests = [policy_from_table(table).digest for table in ({}, *CHANGES)]
    assert len(set(digests)) == len(digests)
    assert all(len(digest) == 12 and int(digest, 16) >= 0 for digest in digests)


@pytest.mark.parametrize(
    "table",
    [
        {"shop": {"name": "another"}},
        {"shop": {"zone": "Asia/Shanghai", "currency": "CNY"}},
        {"counting": {"clock": "paid", "full_refund": "drop", "undated_refund": "order_date"}},
        {"counting": {"states": ["completed", "paid", "shipped", "received"]}},
        {"rfm": {"method": "quantile", "bins": 5}},
        {"segments": {"map": "eleven"}},
        {"activity": {"method": "fixed", "sleeping_from": 90, "lost_from": 180}},
        {"value_class": {}},
    ],
)
def test_the_digest_changes_with_rules_only(table):
    """A name is no rule, and a default that is written out is the same rule."""
    assert policy_from_table(table).digest == Policy().digest


def test_labels_of_tiers_and_names_of_maps_are_no_rules(tmp_path):
    """What a tier or a map is called changes no figure; which segments a map has does."""
    renamed = {
        **LADDER,
        "tiers": [LADDER["tiers"][0], {**LADDER["tiers"][1], "label_zh": "金", "label_en": "G"}],
    }
    assert policy_from_table({"ladder": renamed}).digest == policy_from_table({"ladder": LADDER}).digest
    digests = []
    for text in (THREE, THREE.replace('"three"', '"trois"'), THREE.replace('"fresh"', '"new"')):
        (tmp_path / "m.toml").write_text(text, "utf-8")
        digests.append(Policy(segment_map=segment_map("m.toml", tmp_path)).digest)
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({"counting": {"clok": "paid"}}, "[counting]: unknown setting 'clok'; did you mean 'clock'?"),
        ({"countin": {}}, "policy: unknown setting 'countin'; did you mean 'counting'?"),
        ({"shop": {"zones": "UTC"}}, "did you mean 'zone'?"),
        ({"rfm": {"frequancy": "orders"}}, "[rfm]: unknown setting 'frequancy'; did you mean 'frequency'?"),
        ({"segments": {"maps": "eleven"}}, "did you mean 'map'?"),
        ({"segments": {"map": "elevn"}}, "no segment map 'elevn'"),
        ({"segments": {"map": "elevn"}}, "did you mean 'eleven'?"),
        ({"activity": {"lost_form": 3}}, "did you mean 'lost_from'?"),
        ({"activity": {"method": "fixt"}}, "did you mean 'fixed'?"),
        ({"activity": {"weight": 3}}, "[activity] with method fixed: unknown setting 'weight'"),
        ({"value_class": {"least_order": 3}}, "did you mean 'least_orders'?"),
        ({"customers": {"phone_regoin": "US"}}, "did you mean 'phone_region'?"),
        ({"customers": {"phone_region": "usa"}}, "two capital letters"),
        ({"customers": {"phone_region": 86}}, "phone_region must be text"),
        ({"ladder": {**LADDER, "windw": 1}}, "windw"),
        ({"counting": {"states": ["complete"]}}, "unknown 'complete'; did you mean 'completed'?"),
        ({"shop": {"zone": "Asia/Shangai"}}, "did you mean Asia/Shanghai"),
    ],
)
def test_unknown_words_are_refused_with_the_nearest(table, text):
    """A misspelt setting is never passed over."""
    with pytest.raises(SettingsError) as refusal:
        policy_from_table(table)
    assert text in str(refusal.value)


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({"shop": 5}, "[shop]: a table was expected, not 5"),
        ({"shop": {"name": 5}}, "[shop] name must be text; got 5"),
        ({"shop": {"zone": 8}}, "[shop] zone must be text; got 8"),
        ({"shop": {"currency": "yuan"}}, "ISO 4217"),
        ({"shop": {"currency": 1}}, "[shop] currency must be text; got 1"),
        ({"counting": "paid"}, "[counting]: a table was expected"),
        ({"counting": {"clock": 1}}, "[counting] clock must be text; got 1"),
        ({"counting": {"clock": "maybe"}}, "[counting] clock must be one of paid, placed; got 'maybe'"),
        ({"counting": {"states": "paid"}}, "[counting] states must be a list of states; got 'paid'"),
        ({"counting": {"states": [1]}}, "unknown 1"),
        ({"counting": {"states": []}}, "[counting] states must be some of"),
        ({"counting": {"states": ["refunded"]}}, "[counting] states must be some of"),
        ({"rfm": []}, "[rfm]: a table was expected"),
        ({"rfm": {"bins": "5"}}, "[rfm] score levels"),
        ({"rfm": {"method": 5}}, "[rfm] method must be text"),
        ({"rfm": {"r_bands": 5}}, "[rfm] r_bands must be a list of cut points; got 5"),
        ({"rfm": {**BANDS, "r_bands": [1.5]}}, "[rfm] bands must be whole numbers"),
        ({"rfm": {"method": "mean"}}, "needs 5 score levels, [rfm] gives 2"),
        ({"segments": {"map": 8}}, "[segments] map must be text; got 8"),
        ({"activity": True}, "[activity]: a table was expected"),
        ({"activity": {"method": ["fixed"]}}, "[activity] method must be text"),
        ({"activity": {"sleeping_from": "90"}}, "[activity] sleeping_from must be a whole number; got '90'"),
        ({"activity": {"sleeping_from": 90.5}}, "[activity] sleeping_from must be a whole number"),
        ({"activity": {"sleeping_from": True}}, "[activity] sleeping_from must be a whole number"),
        ({"activity": {"sleeping_from": 200}}, "[activity] sleeping must begin"),
        ({"activity": {**OWN, "lost_from": "x"}}, "[activity] cannot be read"),
        ({"activity": {**OWN, "lost_from": "1/0"}}, "[activity] cannot be read"),
        ({"activity": {**OWN, "lost_from": 2.5}}, "[activity] lost_from must be a whole number"),
        ({"activity": {**OWN, "weight": "2"}}, "[activity] weight must be a whole number"),
        ({"value_class": {"least_orders": 3}}, "give both least_orders and least_per_order"),
        (
            {"value_class": {"least_orders": "3", "least_per_order": "1"}},
            "least_orders must be a whole number",
        ),
        ({"value_class": {"least_orders": 0, "least_per_order": "1"}}, "whole number from 1"),
        ({"value_class": {"least_orders": 3, "least_per_order": 1.5}}, 'an amount in quotes, as "200.00"'),
        (
            {"value_class": {"least_orders": 3, "least_per_order": "1.234"}},
            "[value_class] least_per_order: 3 decimals",
        ),
        ({"ladder": 5}, "ladder must be a table"),
        (
            {"ladder": {**LADDER, "currency": "USD"}},
            "the ladder is in USD, but the shop's amounts are in CNY",
        ),
        (
            {"ladder": LADDER, "shop": {"currency": "USD"}},
            "the ladder is in CNY, but the shop's amounts are in USD",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(table, text):
    """Wrong types, values and combinations raise, and the message says which setting."""
    with pytest.raises(SettingsError) as refusal:
        policy_from_table(table)
    assert text in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"[shop\n", "not TOML"),
        (b"\xff\xfe", "not TOML"),
        (b'[shop]\nzon = "UTC"\n', "did you mean 'zone'?"),
        (b'[segments]\nmap = "m.toml"\n', "no segment map 'm.toml'"),
    ],
)
def test_a_wrong_file_says_its_name(tmp_path, content, text):
    """The path stands in the message, with what is wrong in it."""
    path = tmp_path / "shop.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"shop\.toml") as refusal:
        load_policy(path)
    assert text in str(refusal.value)


def test_a_wrong_map_file_says_its_name(tmp_path):
    """A map that leaves codes out is refused with its path and the codes."""
    (tmp_path / "m.toml").write_text(THREE.replace("[1, 2]", "[2, 2]"), "utf-8")
    with pytest.raises(SettingsError, match=r"m\.toml: .*codes in no segment \(9\)"):
        segment_map("m.toml", tmp_path)
    (tmp_path / "m.toml").write_text("levels = ", "utf-8")
    with pytest.raises(SettingsError, match=r"segment map .*m\.toml: not TOML"):
        segment_map("m.toml", tmp_path)


def test_a_missing_file_says_so(tmp_path):
    """No file, no policy."""
    with pytest.raises(SettingsError, match="No such file"):
        load_policy(tmp_path / "shop.toml")


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    """Editors on Windows put one there."""
    path = tmp_path / "shop.toml"
    path.write_text('[shop]\nname = "店"\n', "utf-8-sig")
    assert load_policy(str(path)).name == "店"


def test_objects_are_checked_like_files():
    """A policy made in Python obeys the same rules."""
    with pytest.raises(SettingsError, match="unknown zone"):
        Policy(zone="Mars/Phobos")
    with pytest.raises(SettingsError, match="ISO 4217"):
        Policy(currency="RMB¥")
    with pytest.raises(SettingsError, match="the ladder is in CNY"):
        Policy(currency="USD", ladder=policy_from_table({"ladder": LADDER}).ladder)
    with pytest.raises(SettingsError, match="give both"):
        ValueClassRule(least_per_order=5)


def test_the_shipped_policies_are_read(repo_root):
    """Both ladders of the examples open a shop."""
    names = {}
    for path in sorted((repo_root / "examples/policies").glob("*.toml")):
        with open_shop(policy=path) as shop:
            names[path.stem] = [tier.label.zh for tier in shop.policy.ladder.tiers]
    assert names["tiers_metals"] == ["普通会员", "银卡", "金卡", "白金卡", "钻石卡"]
    assert names["tiers_vip"] == ["普通", "高级", "VIP"]


def test_defaults_are_printed():
    """Every default is said in both languages; nothing is silent."""
    said = {name.en: (value.zh, value.en) for name, value in Policy().lines()}
    assert said == {
        "Zone": ("Asia/Shanghai", "Asia/Shanghai"),
        "Currency": ("CNY", "CNY"),
        "Segment map": ("eleven", "eleven"),
        "States that count": ("已付款、已发货、已签收、交易成功", "paid, shipped, received, completed"),
        "Purchase time": ("付款时间（缺失时用下单时间）", "payment (placing the order where unknown)"),
        "Orders refunded in full": ("不计为购买", "do not count as purchases"),
        "Refunds without a date": ("计入订单日期", "take effect with their order"),
        "RFM scoring": (
            "分位数，5 档，F = 订单数，M = 净消费额",
            "quantiles, 5 levels, F = orders, M = net spend",
        ),
        "Activity": ("90 天起沉睡，180 天起流失", "sleeping from 90 days, lost from 180 days"),
        "Value classes": ("高于中位数客户为常购、大单", "frequent and large are above the median customer"),
        "Tiers": ("无", "none"),
        "Points": ("无", "none"),
        "Phone numbers of": ("CN", "CN"),
        "Report": (
            (
                "不足 10 人的组不显示比率；60 天未售为滞销；沉默 180 天后再购为唤回；主要客户群贡献 80%；"
                "评分 80% 起为好评；口味变化需前后各 3 单"
            ),
            (
                "no rates of groups below 10 people; slow after 60 days; reactivated after 180 days; "
                "main groups bring 80 %; good reviews from 80 %; taste from 3 orders in both windows"
            ),
        ),
        "Policy digest": (Policy().digest, Policy().digest),
    }


def test_other_rules_are_printed_as_they_are():
    """What was set is said with its numbers."""
    table = {
        "shop": {"currency": "USD"},
        "activity": OWN,
        "value_class": {"least_orders": 2, "least_per_order": "20.00"},
        "ladder": {**LADDER, "currency": "USD"},
    }
    said = {name.en: value for name, value in policy_from_table(table).lines()}
    assert said["Activity"].en == (
        "sleeping from 1, lost from 4 times the own interval (shop median weighs 2)"
    )
    assert said["Value classes"].en == "frequent from 2 orders, large from US$20.00 per order"
    assert said["Tiers"] == Label("普通会员、金卡", "Member, Gold")
    assert OwnInterval().weight == 2


def test_every_rule_has_a_line():
    """Whatever departs from the defaults is seen in a line beside the digest."""
    silent = []
    for table in CHANGES:
        lines = [value for name, value in policy_from_table(table).lines() if name.en != "Policy digest"]
        plain = [value for name, value in Policy().lines() if name.en != "Policy digest"]
        if lines == plain:
            silent.append(table)
    assert silent == []


def test_rules_as_plain_values_go_through_json():
    """The dictionary of rules is plain: it can be kept beside the figures."""
    import json

    for table in ({}, *CHANGES):
        rules = policy_from_table(table).to_dict()
        assert json.loads(json.dumps(rules)) == rules
