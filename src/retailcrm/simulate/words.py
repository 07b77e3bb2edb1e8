"""Words that names, nicks, addresses and messages are made of. Every person here is invented."""

from __future__ import annotations

from typing import Final


def _words(*rows: str) -> tuple[str, ...]:
    """Split rows of words at blanks."""
    return tuple(word for row in rows for word in row.split())


NICK_HEADS: Final = _words(
    "爱吃糖的 爱笑的 爱画画的 爱旅行的 吃不胖的 吃货的 贪吃的 贪睡的 早起的 失眠的 会飞的 会游泳的",
    "戴眼镜的 穿雨靴的 骑单车的 弹吉他的 唱歌的 跳舞的 发呆的 追风的 等雨的 看海的 爬山的 种花的",
    "养猫的 遛狗的 喝茶的 煮咖啡的 烤面包的 做饭的 减肥的 加班的 放假的 上学的 迟到的 害羞的 勇敢的",
    "安静的 热闹的 快乐的 温柔的 淡定的 迷路的 回家的 远方的 山里的 海边的 北方的 南方的 楼上的",
    "隔壁的 夏天的 秋天的 冬天的 春天的 周末的 午后的 清晨的 半夜的 雪地的",
)
NICK_MIDS: Final = _words(
    "小鹿 小猫 小熊 兔子 松鼠 刺猬 企鹅 海豚 鲸鱼 狐狸 小鱼 乌龟 河马 小象 绵羊 骆驼 燕子 麻雀",
    "猫头鹰 鸽子 月亮 星星 太阳 云朵 雨滴 雪花 彩虹 微风 石头 树叶 蘑菇 土豆 番茄 南瓜 萝卜 白菜",
    "豆芽 玉米 芒果 桃子 柠檬 草莓 西瓜 葡萄 橘子 栗子 核桃 花生 布丁 汤圆 饺子 馒头 包子 米粒 面条",
    "豆腐 泡芙 麻薯 年糕 糖豆 阿姨 妈妈 奶奶 爸爸 同学 老师 姑娘 少年 大叔 掌柜",
)
NICK_ENDS: Final = ("", "呀", "哒", "儿", "酱", "控", "er", "_cc", "love", "baby", "の家", "同志", "_")
LATIN_HEADS: Final = _words(
    "mia_ lily_ amy_ ivy_ coco_ lucky_ happy_ sunny_ leo_ jack_ tony_ kevin_ eric_ vivi_ yoyo_ nana_",
    "lulu_ momo_ kiki_ dodo_ anna_ ella_ emma_ grace_ helen_ jane_ kate_ lisa_ mary_ nancy_ olive_",
    "penny_ rose_ sara_ tina_ wendy_ xixi_ yuki_ zoe_ snow_",
)
LATIN_MIDS: Final = _words(
    "chen wang li zhang liu yang huang zhao wu zhou xu sun ma zhu hu guo he lin gao luo zheng liang",
    "xie song tang deng han feng cao peng zeng xiao tian dong pan yuan cai jiang yu du ye cheng wei",
    "su lu ding ren shen yao fang",
)
RARE_HEADS: Final = ("𠮷野家的", "㐂乐的", "䶮龘的", "堃堃的", "㛃淼的", "𤭢瓦的", "彧彧的", "犇犇的")
ODD_HEADS: Final = (
    '"阿福"的',
    "猫,狗,的",
    "a,b的",
    '小"胖"的',
    "吃,喝,玩的",
    "（大）的",
    "=^_^=的",
    "@小满的",
)

SURNAMES: Final = _words(
    "王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹 彭 曾",
    "肖 田 董 潘 袁 蔡 蒋 余 于 杜 叶 程 魏 苏 吕 丁 任 卢 姚 沈 钟 姜 崔 谭 陆 范 汪 廖 欧阳 上官",
    "𠮷",
)
GIVEN_FIRST: Final = _words(
    "子 思 雨 佳 晓 文 志 建 国 明 丽 美 秀 玉 春 海 永 嘉 梓 若 诗 一 浩 宇 俊 欣 怡 静 小 慧 红 金",
    "庆 家 亚 云",
)
GIVEN_LAST: Final = _words(
    "涵 轩 琪 萱 华 军 伟 芳 娟 敏 燕 玲 霞 平 强 磊 洋 勇 杰 涛 超 鹏 辉 婷 雪 颖 丹 莹 倩 宁 然 菲",
    "彤 瑶 龙 峰 㛃 䶮",
)

STREETS: Final = _words(
    "清风路 桃源街 向阳路 和平里 文化路 花园街 青年路 建设路 学府路 滨河路 荷塘街 竹林巷 枫叶路",
    "银杏大道 梧桐路 长乐街 福星路 云锦路 龙泉街 望江路 金谷路 麦田街 稻香路 明珠路",
)
ESTATES: Final = _words(
    "阳光花园 翠湖小区 锦绣家园 东方名苑 绿地新村 幸福里 书香门第 江南春晓 水岸华庭 星河湾里 桂花苑",
    "紫藤小区 百合公寓 青山一品 和顺佳园 云顶嘉园",
)

MESSAGES: Final = (
    "请发顺丰，谢谢",
    "麻烦尽快发货，急用",
    "送人的，请不要放价格单",
    "周末再送，工作日家里没人",
    "发货前请检查包装\n上次有一袋漏气",
    "要日期新鲜的, 谢谢",
    "放门卫处即可",
    "能不能多送几包试吃呀",
    '写张卡片："生日快乐"',
    "不要辣的,孩子吃",
    "请备注：\n1. 不要放快递柜\n2. 送前打电话",
    "老顾客了，多送点赠品哈",
    "地址没错，在𠮷祥大厦后面",
    "包装好一点😊",
    '帮我选"原味",别发错, 谢谢老板',
    "公司前台代收, 电话联系",
)
REMARKS: Final = (
    "已核对地址",
    "补发一袋瓜子",
    "红旗：改发中通",
    "黄旗：客户催发货",
    "蓝旗：送试吃\n老客户",
    "加急",
    "已联系，周末送",
    '客户说"不要电话"',
)

CARRIERS: Final = (
    ("圆通速递", "YT"),
    ("中通快递", "ZT"),
    ("韵达快递", "YD"),
    ("申通快递", "ST"),
    ("顺丰速运", "SF"),
)
CLOSE_REASONS: Final = ("买家未付款", "买家未付款", "我不想买了", "信息填写错误，重新拍", "卖家缺货")
REVIEWS: Final = {
    "bad": (
        "等了好多天才到，包装也压扁了",
        "物流太慢, 催了两次",
        "有几包漏气，口感发软，不会再买",
        "和描述差得有点多",
        "快递放在门口也不打电话",
    ),
    "middle": (
        "一般般吧，没有想象中好吃",
        "味道还行，就是到得慢",
        "分量比想的少一点",
        "还可以，偏甜",
    ),
    "good": (
        "很新鲜，家里人都爱吃",
        "包装仔细，第二天就吃完了😊",
        "回购好几次了，一如既往地好",
        "颗粒饱满,不油腻,好评",
        "送人很体面，朋友说好吃",
        '孩子说"还要"，下次多买点',
        "发货快，日期也新\n推荐",
        "香！配茶正好",
    ),
}
"""初评: what is written with one or two, three, and four or five stars."""

SECOND_REVIEWS: Final = (
    "放了两周还是脆的，追个好评",
    "吃到后面有点腻了",
    "又买了两份，送给爸妈",
    "客服态度不错，补发了一袋",
    "开封以后要快点吃，容易受潮",
)
"""追评."""

REFUND_REASONS: Final = (
    "不喜欢/不想要",
    "未按约定时间发货",
    "商品破损/少件",
    "口味不合适",
    "拍错/多拍",
    "生产日期/保质期不符",
)
