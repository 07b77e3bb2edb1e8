"""Chinese provinces by their short names, and the region that each lies in.

The three regions 东部, 中部 and 西部 are those of the National Bureau of Statistics (国家统计局), with the
North-East in its place before it became a fourth region: Liaoning in the east, Jilin and Heilongjiang
in the centre. So drawn they stand in the explanatory notes of the Bureau's monthly releases on real
estate investment (全国房地产开发投资和销售情况) up to 2016: 11, 8 and 12 provinces.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from retailcrm.domain.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

EAST: Final = "east"
CENTRAL: Final = "central"
WEST: Final = "west"
BEYOND: Final = "hmt"
OTHER: Final = "other"

REGIONS: Final[Mapping[str, Label]] = MappingProxyType(
    {
        EAST: Label("东部", "east"),
        CENTRAL: Label("中部", "central"),
        WEST: Label("西部", "west"),
        BEYOND: Label("港澳台", "Hong Kong, Macau, Taiwan"),
        OTHER: Label("其他", "other"),
    }
)
"""Regions in the order to print them; ``other`` holds what is no Chinese province."""

PROVINCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        name: region
        for region, names in {
            EAST: "北京 天津 河北 辽宁 上海 江苏 浙江 福建 山东 广东 海南",
            CENTRAL: "山西 吉林 黑龙江 安徽 江西 河南 湖北 湖南",
            WEST: "内蒙古 广西 重庆 四川 贵州 云南 西藏 陕西 甘肃 青海 宁夏 新疆",
            BEYOND: "香港 澳门 台湾",
        }.items()
        for name in names.split()
    }
)
"""Region of each province by its short name."""

_CHINA: Final = r"(?:(?:中华人民共和国|中国)[\s,，/·-]*)?"
# 海南藏族自治州 and 河南蒙古族自治县 lie in Qinghai, and streets are called after provinces.
_OF_OTHERS: Final = r"(?!藏族|蒙古族|州|[东西南北中]?路|街|大道)"
_LEADING: Final = re.compile(f"{_CHINA}(?P<name>{'|'.join(PROVINCES)}){_OF_OTHERS}")
_SIMPLER: Final = str.maketrans("東廣龍遼寧內陝肅雲貴蘇慶門灣臺華國", "东广龙辽宁内陕肃云贵苏庆门湾台华国")

_ENGLISH: Final[Mapping[str, str]] = MappingProxyType(
    {
        name: province
        for province, names in {
            "北京": "beijing peking", "天津": "tianjin", "河北": "hebei", "辽宁": "liaoning",
            "上海": "shanghai", "江苏": "jiangsu", "浙江": "zhejiang", "福建": "fujian",
            "山东": "shandong", "广东": "guangdong canton", "海南": "hainan", "山西": "shanxi",
            "吉林": "jilin", "黑龙江": "heilongjiang", "安徽": "anhui", "江西": "jiangxi",
            "河南": "henan", "湖北": "hubei", "湖南": "hunan",
            "内蒙古": "innermongolia neimongol neimenggu", "广西": "guangxi", "重庆": "chongqing",
            "四川": "sichuan", "贵州": "guizhou", "云南": "yunnan", "西藏": "xizang tibet",
            "陕西": "shaanxi", "甘肃": "gansu", "青海": "qinghai", "宁夏": "ningxia",
            "新疆": "xinjiang sinkiang", "香港": "hongkong xianggang", "澳门": "macau macao aomen",
            "台湾": "taiwan",
        }.items()
        for name in names.split()
    }
)  # fmt: skip
"""Short name of each province by its names in Latin letters, without blanks."""

_KINDS: Final = frozenset(
    {"province", "municipality", "city", "autonomous", "region", "special", "administrative", "sar", "china"}
    | {"prc", "sheng", "shi", "zizhiqu", "zhuang", "zhuangzu", "hui", "huizu", "uygur", "uyghur", "uighur"}
)
"""Words that say what kind of province it is."""


def short_province(text: str) -> str | None:
    """Give a province's short name.

    Args:
        text: As an export or a buyer writes it: 广东, 广东省, 广西壮族自治区, 广东省广州市, Guangdong.

    Returns:
        The short name, ``None`` if it is no Chinese province.

    Example:
        >>> short_province("内蒙古自治区"), short_province(" 广东 "), short_province("California")
        ('内蒙古', '广东', None)
        >>> short_province("广东省广州市"), short_province("Inner Mongolia"), short_province("Shaanxi")
        ('广东', '内蒙古', '陕西')
    """
    plain = text.strip()
    if plain.isascii():
        words = re.findall("[a-z]+", plain.replace("'", "").lower())
        return _ENGLISH.get("".join(word for word in words if word not in _KINDS))
    found = _LEADING.match(plain.translate(_SIMPLER))
    return found["name"] if found else None


def region_of(text: str) -> str:
    """Give the region of a province.

    Args:
        text: The province as an export or a buyer writes it.

    Returns:
        A key of :data:`REGIONS`; ``"other"`` if it is no Chinese province.

    Example:
        >>> [region_of(province) for province in ("辽宁省", "吉林", "新疆维吾尔自治区", "台湾", "Ohio")]
        ['east', 'central', 'west', 'hmt', 'other']
    """
    short = short_province(text)
    return OTHER if short is None else PROVINCES[short]
