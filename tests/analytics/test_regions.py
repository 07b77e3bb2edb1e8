"""Provinces: their ways of writing, and the region of each."""

from __future__ import annotations

from collections import Counter

import pytest

from retailcrm.analytics.regions import _ENGLISH, PROVINCES, REGIONS, region_of, short_province
from retailcrm.simulate import ShopSpec, simulate_shop

FULL = (
    "北京市 天津市 河北省 山西省 内蒙古自治区 辽宁省 吉林省 黑龙江省 上海市 江苏省 浙江省 安徽省 福建省 "
    "江西省 "
    "山东省 河南省 湖北省 湖南省 广东省 广西壮族自治区 海南省 重庆市 四川省 贵州省 云南省 西藏自治区 陕西省 "
    "甘肃省 青海省 宁夏回族自治区 新疆维吾尔自治区 香港特别行政区 澳门特别行政区 台湾省 "
)


def test_every_province_has_its_region():
    """The Bureau counts 11 provinces in the east, 8 in the centre, 12 in the west, and 3 beyond."""
    assert Counter(PROVINCES.values()) == {"east": 11, "central": 8, "west": 12, "hmt": 3}
    assert set(PROVINCES.values()) | {"other"} == set(REGIONS)


def test_the_north_east_is_in_its_old_place():
    """辽宁 is east, 吉林 and 黑龙江 are central."""
    assert [region_of(p) for p in ("辽宁", "吉林", "黑龙江")] == ["east", "central", "central"]


def test_full_names_are_the_34_provinces():
    """The official name of each of the 34 finds its own short name, which is how it begins."""
    assert {short_province(name) for name in FULL.split()} == set(PROVINCES)
    assert all(name.startswith(short_province(name)) for name in FULL.split())


@pytest.mark.parametrize("name", sorted(PROVINCES))
def test_short_names_are_themselves(name):
    """A short name, with blanks around it or not, is itself."""
    assert short_province(name) == short_province(f" {name}\n") == name


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("广西", "广西"), ("广西自治区", "广西"), ("广西壮族", "广西"), ("内蒙古", "内蒙古"),
        ("新疆生产建设兵团", "新疆"), ("臺灣", "台湾"), ("台灣省", "台湾"), ("澳門特別行政區", "澳门"),
        ("北京", "北京"), ("省", None), ("", None), ("广州市", None), ("California", None),
        ("海外", None), ("广东省广州市", "广东"), ("市", None),
        ("广东广州", "广东"), ("北京市朝阳区", "北京"), ("浙江省 杭州市", "浙江"), ("中国，江苏省", "江苏"),
        ("内蒙古自治区呼和浩特市", "内蒙古"), ("湖南湘西土家族苗族自治州", "湖南"), ("廣東省", "广东"),
        ("海南藏族自治州", None), ("海南州", None), ("河南蒙古族自治县", None), ("南京东路", None),
        ("北京西路", None), ("湖南路", None), ("吉林市", "吉林"), ("黑龍江", "黑龙江"), ("中国", None),
    ],
)  # fmt: skip
def test_other_ways_to_write_one(text, short):
    """Exports leave endings out; what is no province is none, and lies in ``other``."""
    assert short_province(text) == short
    assert region_of(text) == ("other" if short is None else PROVINCES[short])


def test_the_simulated_shop_lies_in_china():
    """Every province that simulated exports write is known."""
    column = simulate_shop(ShopSpec(seed=1, customers=50)).order_table().province
    assert column is not None
    assert "other" not in {region_of(text) for text in column.values}


def test_regions_have_names():
    """Each region is called something in both languages."""
    assert all(label.zh and label.en for label in REGIONS.values())


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Guangdong", "广东"), ("GUANGDONG PROVINCE", "广东"), ("guangdong sheng", "广东"),
        ("Inner Mongolia", "内蒙古"), ("Nei Mongol Zizhiqu", "内蒙古"), ("Hong Kong", "香港"),
        ("Hong Kong SAR, China", "香港"), ("Macao", "澳门"), ("Shaanxi", "陕西"), ("Shanxi", "山西"),
        ("Beijing Municipality", "北京"), ("Guangxi Zhuang Autonomous Region", "广西"), ("Tibet", "西藏"),
        ("Xinjiang Uygur Autonomous Region", "新疆"), ("Ningxia Hui Autonomous Region", "宁夏"),
        ("Taiwan", "台湾"), ("Heilongjiang", "黑龙江"), ("Hei Long Jiang", "黑龙江"), ("Xi'an", None),
        ("China", None), ("Province", None), ("Jiangxi Road", None), ("New York", None), ("GD", None),
    ],
)  # fmt: skip
def test_names_in_latin_letters(text, short):
    """Names as exports of shops abroad write them, with or without what kind of province it is."""
    assert short_province(text) == short


def test_every_province_has_a_name_in_latin_letters():
    """Each of the 34 is found by one at least."""
    assert set(_ENGLISH.values()) == set(PROVINCES)
