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

_LONG: Final = re.compile(
    r"(?P<name>.+?)(?:壮族|回族|维吾尔)?(?:省|市|自治区|特别行政区|特別行政區|生产建设兵团)?"
)
_TRADITIONAL: Final = MappingProxyType({"澳門": "澳门", "台灣": "台湾", "臺灣": "台湾"})


def short_province(text: str) -> str | None:
    """Give a province's short name.

    Args:
        text: As an export or a buyer writes it: 广东, 广东省, 广西壮族自治区, 北京市.

    Returns:
        The short name, ``None`` if it is no Chinese province.

    Example:
        >>> short_province("内蒙古自治区"), short_province(" 广东 "), short_province("California")
        ('内蒙古', '广东', None)
    """
    found = _LONG.fullmatch(text.strip())
    name = found["name"] if found else ""
    name = _TRADITIONAL.get(name, name)
    return name if name in PROVINCES else None


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
