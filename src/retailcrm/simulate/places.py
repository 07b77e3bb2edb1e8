"""Where the simulated customers live: provinces, cities and districts of China with rough weights."""

from __future__ import annotations

from typing import Final

import attrs

_MAP: Final = """
广东省|112|510|0|广州市:天河区,海珠区,番禺区;深圳市:南山区,福田区,宝安区;佛山市:禅城区,顺德区;东莞市:莞城街道,虎门镇
浙江省|92|310|0|杭州市:西湖区,余杭区,滨江区;宁波市:鄞州区,海曙区;温州市:鹿城区,瓯海区;金华市:婺城区,义乌市
江苏省|94|210|0|南京市:鼓楼区,江宁区;苏州市:姑苏区,昆山市,吴中区;无锡市:梁溪区,滨湖区;徐州市:云龙区,泉山区
上海|70|200|0|上海市:浦东新区,徐汇区,闵行区,静安区,杨浦区
北京|60|100|0|北京市:朝阳区,海淀区,丰台区,通州区
山东省|60|250|0|济南市:历下区,市中区;青岛市:市南区,崂山区;烟台市:芝罘区,莱山区;临沂市:兰山区,罗庄区
四川省|52|610|0|成都市:武侯区,锦江区,双流区;绵阳市:涪城区,游仙区;乐山市:市中区,峨眉山市
河南省|50|450|0|郑州市:金水区,二七区;洛阳市:涧西区,西工区;南阳市:卧龙区,宛城区
湖北省|44|430|0|武汉市:武昌区,洪山区,江汉区;宜昌市:西陵区,伍家岗区;襄阳市:樊城区,襄城区
福建省|42|350|0|福州市:鼓楼区,仓山区;厦门市:思明区,湖里区;泉州市:丰泽区,晋江市
湖南省|40|410|0|长沙市:岳麓区,雨花区;株洲市:天元区,芦淞区;衡阳市:蒸湘区,石鼓区
河北省|38|050|0|石家庄市:长安区,裕华区;唐山市:路北区,路南区;保定市:莲池区,竞秀区
安徽省|38|230|0|合肥市:蜀山区,包河区;芜湖市:镜湖区,鸠江区;阜阳市:颍州区,颍泉区
辽宁省|32|110|0|沈阳市:和平区,铁西区;大连市:中山区,甘井子区
陕西省|30|710|0|西安市:雁塔区,碑林区,未央区;宝鸡市:金台区,渭滨区;咸阳市:秦都区,渭城区
重庆|30|400|0|重庆市:渝中区,江北区,沙坪坝区,九龙坡区
江西省|26|330|0|南昌市:东湖区,红谷滩区;赣州市:章贡区,南康区;九江市:浔阳区,濂溪区
广西壮族自治区|25|530|0|南宁市:青秀区,西乡塘区;柳州市:城中区,柳南区;桂林市:七星区,象山区
云南省|22|650|0|昆明市:五华区,官渡区;大理白族自治州:大理市,祥云县;曲靖市:麒麟区,沾益区
天津|22|300|0|天津市:和平区,南开区,河西区,滨海新区
山西省|21|030|0|太原市:小店区,迎泽区;大同市:平城区,云冈区
黑龙江省|20|150|0|哈尔滨市:南岗区,道里区;齐齐哈尔市:龙沙区,建华区
贵州省|17|550|0|贵阳市:云岩区,南明区;遵义市:红花岗区,汇川区
吉林省|16|130|0|长春市:朝阳区,南关区;吉林市:船营区,昌邑区
内蒙古自治区|13|010|1|呼和浩特市:赛罕区,新城区;包头市:昆都仑区,青山区
甘肃省|10|730|1|兰州市:城关区,七里河区;天水市:秦州区,麦积区
海南省|9|570|1|海口市:龙华区,美兰区;三亚市:吉阳区,天涯区
新疆维吾尔自治区|9|830|1|乌鲁木齐市:天山区,沙依巴克区;伊犁哈萨克自治州:伊宁市,霍城县
宁夏回族自治区|5|750|1|银川市:兴庆区,金凤区;吴忠市:利通区,青铜峡市
青海省|3|810|1|西宁市:城西区,城中区;海东市:乐都区,平安区
西藏自治区|2|850|1|拉萨市:城关区,堆龙德庆区;日喀则市:桑珠孜区,江孜县
"""


@attrs.frozen
class Place:
    """One district that parcels go to.

    Attributes:
        province: 省, as the exports write it (municipalities without 市).
        city: 市.
        district: 区.
        zip_prefix: First three digits of its post codes.
        weight: Share of customers, relative to the others.
        remote: Whether couriers charge more.
    """

    province: str
    city: str
    district: str
    zip_prefix: str
    weight: int
    remote: bool


def _read_map() -> tuple[Place, ...]:
    """Unfold the map; the first city of a province counts double."""
    places = []
    for row in _MAP.strip().splitlines():
        province, weight, zip_prefix, remote, cities = row.split("|")
        for rank, entry in enumerate(cities.split(";")):
            city, districts = entry.split(":")
            share = int(weight) * 12 * (2 if rank == 0 else 1) // (cities.count(";") + 2)
            names = districts.split(",")
            places += [
                Place(province, city, n, zip_prefix, share // len(names), remote == "1") for n in names
            ]
    return tuple(places)


PLACES: Final = _read_map()
