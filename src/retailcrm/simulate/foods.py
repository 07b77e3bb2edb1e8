"""What the simulated shop sells: about sixty foods and a few gifts, all made up."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOP_NAME: Final = "满谷仓食品店"

CATEGORIES: Final = {
    "JG": ("坚果炒货", "nuts"),
    "GP": ("果干蜜饯", "dried fruit"),
    "GD": ("糕点饼干", "cakes and biscuits"),
    "RP": ("肉脯卤味", "cured meat"),
    "TQ": ("糖果巧克力", "sweets"),
    "CY": ("茶饮冲调", "tea and drinks"),
    "FS": ("方便速食", "ready meals"),
    "LY": ("粮油调味", "staples and seasoning"),
    "HW": ("海味干货", "dried seafood"),
    "LH": ("年货礼盒", "gift boxes"),
    "ZP": ("赠品", "gifts"),
}
"""Category code to its Chinese and English label."""


@attrs.frozen
class Food:
    """One article.

    Attributes:
        code: The seller's code, 商家编码; its letters are the category.
        title: 宝贝标题.
        price: Unit price, minor units.
        weight: How often it is chosen, relative to the others.
        properties: 商品属性, as exported; empty where there is nothing to choose.
    """

    code: str
    title: str
    price: int
    weight: int
    properties: str

    @property
    def shelf(self) -> str:
        """The letters of its code, which stand for the category."""
        return self.code[:2]

    @property
    def category(self) -> tuple[str, str]:
        """The category's Chinese and English label."""
        return CATEGORIES[self.shelf]


_SHELVES: Final = {
    "JG": (
        ("每日坚果混合果仁30包孕妇零食礼包", 9900, 60, "规格：750g[30包]"),
        ("手剥巴旦木奶油味大颗粒杏仁", 3290, 40, "口味：奶油味;净含量：500g"),
        ("夏威夷果送开果器坚果零食", 3680, 38, "口味:奶油味;净含量:500g"),
        ("碧根果长寿果罐装", 4280, 30, "口味：原味；净含量：380g"),
        ("开心果本色无漂白自然开口", 5990, 34, "净含量：500g"),
        ("琥珀核桃仁蜂蜜味", 2990, 26, "口味：蜂蜜味;净含量：250g"),
        ("山核桃仁临安风味小包装", 4580, 22, "净含量：218g"),
        ("五香瓜子葵花籽大袋", 1290, 45, "口味：五香[经典];净含量：500g"),
        ("焦糖瓜子葵花籽大颗粒", 1390, 36, "口味：焦糖;净含量：500g"),
        ("腰果炭烧带皮越南风味", 3990, 24, "口味：炭烧；净含量：250g"),
    ),
    "GP": (
        ("芒果干厚切泰式风味", 1980, 44, "净含量：200g"),
        ("草莓干整颗冻干", 2480, 28, "净含量：100g"),
        ("蔓越莓干烘焙原料", 1880, 25, "净含量：250g"),
        ("新疆红枣灰枣免洗", 2680, 30, "规格：一级;净含量：1000g"),
        ("话梅陈皮梅酸甜蜜饯", 1180, 26, ""),
        ("黑加仑葡萄干超大颗粒", 1680, 24, "净含量:500g"),
        ("无花果干自然晾晒", 2280, 16, "净含量：250g"),
    ),
    "GD": (
        ("肉松小贝海苔味早餐蛋糕", 2590, 42, "口味：海苔[热卖];净含量：400g"),
        ("老式桃酥手工糕点整箱", 1990, 30, "净含量：1000g"),
        ("鲜花饼云南风味玫瑰", 2390, 28, "口味：玫瑰；规格：10枚"),
        ("蛋黄酥雪媚娘网红零食", 2890, 32, "规格：6枚"),
        ("绿豆糕冰糕老字号风味", 1690, 24, "口味：原味;规格：12块"),
        ("苏打饼干咸味无蔗糖", 1590, 26, "口味：葱香;净含量：800g"),
        ("凤梨酥台湾风味下午茶", 2790, 20, "规格：10枚"),
        ("沙琪玛黑糖味软糯", 1890, 22, "口味：黑糖;净含量：500g"),
    ),
    "RP": (
        ("猪肉脯靖江风味蜜汁", 2990, 40, "口味：蜜汁;净含量：200g"),
        ("风干牛肉干内蒙风味手撕", 6890, 30, "口味：原味；净含量：250g"),
        ("麻辣鸭脖小包装卤味", 2690, 34, "口味：麻辣;净含量：300g"),
        ("泡椒凤爪重庆风味", 2190, 36, "口味:泡椒;净含量:280g"),
        ("卤鹌鹑蛋开袋即食", 1590, 25, "口味：卤香;规格：20枚"),
        ("豆腐干香辣味小零食", 1290, 28, "口味：香辣;净含量：300g"),
        ("辣条怀旧面筋大礼包", 990, 38, ""),
    ),
    "TQ": (
        ("手工牛轧糖花生味", 2590, 26, "口味：花生;净含量：500g"),
        ("大白酥糖喜糖散装", 1980, 22, "净含量：500g"),
        ("黑巧克力纯可可脂72%", 3590, 28, "可可含量：72%;净含量：120g"),
        ("果汁软糖混合水果味", 1290, 26, "口味：混合;净含量：320g"),
        ("陈皮糖薄荷润喉糖", 990, 16, ""),
    ),
    "CY": (
        ("桂圆红枣枸杞茶独立包装", 2980, 32, "规格：20包"),
        ("燕麦片即食水果坚果", 3980, 36, "口味：水果坚果;净含量：500g"),
        ("黑芝麻糊无蔗糖早餐", 2680, 26, "净含量：600g"),
        ("藕粉桂花坚果羹西湖风味", 2880, 24, "口味：桂花；净含量：500g"),
        ("菊花决明子茶清爽组合", 1990, 20, "规格：30包"),
        ("挂耳咖啡意式深烘", 4990, 22, "规格：20片[深烘]"),
    ),
    "FS": (
        ("螺蛳粉柳州风味加臭加辣", 3590, 38, "口味：原味;规格：3包"),
        ("自热小火锅麻辣牛肚", 2980, 30, "口味：麻辣;规格：1盒"),
        ("酸辣粉重庆风味桶装整箱", 3290, 28, "规格：6桶"),
        ("热干面武汉风味带调料", 2190, 22, "规格：5袋"),
        ("鸡胸肉即食健身代餐", 4590, 24, "口味：黑椒;规格：10袋"),
    ),
    "LY": (
        ("东北五常风味大米真空装", 5990, 26, "净含量：5kg"),
        ("有机黄小米新米", 2990, 20, "净含量：2.5kg"),
        ("香菇牛肉酱下饭酱", 1890, 26, "口味：香辣;净含量：210g"),
        ("菜籽油物理压榨小榨风味", 7990, 16, "净含量：5L"),
        ("火锅底料牛油麻辣", 1980, 28, "口味:麻辣;净含量:500g"),
    ),
    "HW": (
        ("海苔夹心脆儿童零食", 1990, 30, "口味：芝麻;净含量：120g"),
        ("烤鱼片香脆即食", 2490, 22, "净含量：150g"),
        ("虾皮淡干无盐", 2190, 16, "净含量：200g"),
        ("干贝瑶柱煲汤材料", 12800, 8, "规格：大颗；净含量：250g"),
    ),
    "LH": (
        ("坚果礼盒8罐装过年送礼", 16800, 16, "规格：礼盒装"),
        ('糕点大礼包"福满堂"中式点心', 12800, 14, "规格：礼盒装[含手提袋]"),
        ("零食大礼包整箱送女友,生日惊喜", 8880, 20, "规格：28包"),
    ),
    "ZP": (
        ("赠品 便携开果器", 0, 3, ""),
        ("赠品 试吃装瓜子50g", 0, 5, ""),
        ("赠品 帆布购物袋", 0, 2, ""),
    ),
}

FOODS: Final = tuple(
    Food(f"{shelf}{place:03d}", *food)
    for shelf, foods in _SHELVES.items()
    for place, food in enumerate(foods, start=1)
)
"""Everything the shop sends out; gifts come last."""

FIRST_GIFT: Final = next(i for i, food in enumerate(FOODS) if food.price == 0)
"""Position in :data:`FOODS` from which all are gifts."""

RETIRED: Final[Mapping[str, str]] = MappingProxyType({"GP007": "GP001", "TQ005": "TQ004", "HW003": "HW002"})
"""Foods that are sold no longer in the last part of the window, though there is stock, by code; in each
one's place its successor is bought."""

UNSOLD: Final = (
    Food("JG011", "香榧子特级礼袋", 15900, 0, "净含量：250g"),
    Food("CY007", "冻干柠檬片泡水", 2590, 0, "净含量：80g"),
    Food("LY006", "花椒油麻香型小瓶", 1680, 0, "净含量：210ml"),
    Food("HW005", "鱿鱼丝原味手撕", 3280, 0, "净含量：200g"),
)
"""Foods that lie on the shelf and were never sold."""

CATALOGUE: Final = (*FOODS, *UNSOLD)
"""Everything the shop has."""


def category_path(food: Food) -> str:
    """Give the path of a food's category from the top down.

    Example:
        >>> category_path(FOODS[0])
        '食品/坚果炒货'
    """
    return f"食品/{food.category[0]}"
