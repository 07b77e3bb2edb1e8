"""Two maps that most shops know: the Chinese eight, and eleven segments on five levels."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from retailcrm.analytics.rfm_map.maps import Box, Segment, SegmentMap
from retailcrm.domain.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEVEL: Final = {"L": (1, 1), "H": (2, 2)}


def _high_low(code: str, key: str, label: Label, advice: Label) -> Segment:
    """Make the segment of one code of highs and lows, in the order R, F, M."""
    r, f, m = (_LEVEL[letter] for letter in code)
    return Segment(key=key, label=label, advice=advice, where=(Box(r=r, f=f, m=m),))


CHINESE_8: Final = SegmentMap(
    name="chinese-8",
    levels=2,
    segments=(
        _high_low(
            "HHH",
            "important_value",
            Label("重要价值客户", "Important, to treasure"),
            Label(
                "优先服务：专属客服、新品先购，少用折扣",
                "Serve first: own contact, early access to new goods, few discounts",
            ),
        ),
        _high_low(
            "HLH",
            "important_develop",
            Label("重要发展客户", "Important, to develop"),
            Label(
                "提高频次：搭配推荐、会员积分、下次购买券",
                "Raise frequency: matching goods, points, a coupon for the next order",
            ),
        ),
        _high_low(
            "LHH",
            "important_keep",
            Label("重要保持客户", "Important, to keep"),
            Label(
                "主动联系：问候并了解原因，推送常购商品的补货提醒",
                "Get in touch: ask why they are silent, remind of what they usually buy",
            ),
        ),
        _high_low(
            "LLH",
            "important_win_back",
            Label("重要挽留客户", "Important, to win back"),
            Label(
                "重点挽回：人工回访，给一次有期限的大额优惠",
                "Win back one by one: a personal call, one generous offer with an end date",
            ),
        ),
        _high_low(
            "HHL",
            "general_value",
            Label("一般价值客户", "General, to treasure"),
            Label(
                "提高客单：凑单满减、组合装、升级款推荐",
                "Raise the basket: thresholds, bundles, the better model",
            ),
        ),
        _high_low(
            "HLL",
            "general_develop",
            Label("一般发展客户", "General, to develop"),
            Label(
                "促成第二单：新客礼、使用指南、低门槛券",
                "Bring about the second order: welcome gift, how-to, a small coupon",
            ),
        ),
        _high_low(
            "LHL",
            "general_keep",
            Label("一般保持客户", "General, to keep"),
            Label(
                "唤醒：上新与活动通知，赠送小额券",
                "Wake up: news and events, a small coupon",
            ),
        ),
        _high_low(
            "LLL",
            "general_win_back",
            Label("一般挽留客户", "General, to win back"),
            Label(
                "控制成本：只随大促群发，不单独投入",
                "Spend little: only the mailings of big sales",
            ),
        ),
    ),
)
"""The eight segments of high and low R, F and M (R high is recent); scored against the mean unless told."""

ELEVEN: Final = SegmentMap(
    name="eleven",
    levels=5,
    segments=(
        Segment(
            key="champions",
            label=Label("冠军客户", "Champions"),
            advice=Label(
                "奖励与先购权，邀请评价和推荐朋友",
                "Reward them, early access; ask for reviews and referrals",
            ),
            where=(Box(r=(4, 5), fm=(4, 5)),),
        ),
        Segment(
            key="loyal",
            label=Label("忠诚客户", "Loyal"),
            advice=Label(
                "会员升级权益，推荐更高价位商品",
                "Benefits of the next tier, the better product",
            ),
            where=(Box(r=(4, 5), fm=(3, 3)), Box(r=(3, 3), fm=(4, 5))),
        ),
        Segment(
            key="potential_loyalist",
            label=Label("潜在忠诚客户", "Potential Loyalist"),
            advice=Label(
                "引导入会，推荐相关品类",
                "Invite into the loyalty programme, recommend related goods",
            ),
            where=(Box(r=(4, 5), fm=(2, 2)),),
        ),
        Segment(
            key="new",
            label=Label("新客户", "New Customers"),
            advice=Label(
                "欢迎流程：使用指南、首单关怀、第二单优惠",
                "Welcome: how-to, a word after the first order, an offer for the second",
            ),
            where=(Box(r=(5, 5), fm=(1, 1)),),
        ),
        Segment(
            key="promising",
            label=Label("有希望客户", "Promising"),
            advice=Label(
                "保持印象：试用装、小额券",
                "Stay in mind: samples, a small coupon",
            ),
            where=(Box(r=(4, 4), fm=(1, 1)),),
        ),
        Segment(
            key="need_attention",
            label=Label("需关注客户", "Need Attention"),
            advice=Label(
                "限时优惠，按过往购买推荐",
                "An offer with an end date, based on past orders",
            ),
            where=(Box(r=(3, 3), fm=(3, 3)),),
        ),
        Segment(
            key="about_to_sleep",
            label=Label("即将沉睡客户", "About To Sleep"),
            advice=Label(
                "推热销品与上新，恢复联系",
                "Show bestsellers and news, restore contact",
            ),
            where=(Box(r=(3, 3), fm=(1, 2)),),
        ),
        Segment(
            key="at_risk",
            label=Label("有流失风险客户", "At Risk"),
            advice=Label(
                "个性化召回：补货提醒与专属优惠",
                "Personal message: refill reminder, an offer of their own",
            ),
            where=(Box(r=(2, 2), fm=(3, 5)), Box(r=(1, 1), fm=(3, 3))),
        ),
        Segment(
            key="cant_lose",
            label=Label("不能失去的客户", "Can't Lose Them"),
            advice=Label(
                "人工联系，了解不满并补救",
                "Call them, learn what went wrong and make it good",
            ),
            where=(Box(r=(1, 1), fm=(4, 5)),),
        ),
        Segment(
            key="hibernating",
            label=Label("休眠客户", "Hibernating"),
            advice=Label(
                "随大促触达，推荐相关新品",
                "Reach them with big sales, show related new goods",
            ),
            where=(Box(r=(2, 2), fm=(1, 2)),),
        ),
        Segment(
            key="lost",
            label=Label("流失客户", "Lost"),
            advice=Label(
                "试一次召回，无回应则停止投入",
                "Try once to bring them back, then stop spending",
            ),
            where=(Box(r=(1, 1), fm=(1, 2)),),
        ),
    ),
)
"""Eleven segments by R and the average of F and M (halves rounded up), on five levels of each."""

MAPS: Final[Mapping[str, SegmentMap]] = MappingProxyType({m.name: m for m in (CHINESE_8, ELEVEN)})
"""The maps that ship, by name."""
