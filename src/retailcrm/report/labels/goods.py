# ruff: noqa: E501 - one row a text, both languages in view
"""What is sold."""

from __future__ import annotations

from typing import Final

# fmt: off
WORDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("products_title", "热销与滞销商品", "Hot and slow sellers"),
    ("categories_title", "品类", "Categories"),
    ("festivals_title", "节日带动", "Festival lift"),
    ("taste_title", "口味变化", "Change of taste"),
    ("products_lead", "{start} 至 {end} 卖出过 {products}。", "{start} to {end}: {products} sold."),
    ("hot_caption", "热销商品，按净销售额", "Best sellers by net sales"),
    ("hot_caption_pieces", "热销商品，按件数", "Best sellers by pieces"),
    ("hot_caption_pieces_among", "净销售额最高的 {n} 种商品，按件数", "The {n} products with the highest net sales, by pieces"),
    ("hot_by_pieces", "净销售额合计不大于零，因此热销商品按件数排列。", "Net sales are not above zero in total, so the best sellers are ranked by pieces."),
    ("product", "商品", "Product"),
    ("against_best", "对比第一名", "Against the best"),
    ("pieces", "件数", "Pieces"),
    ("stock", "库存（件）", "Stock (pieces)"),
    ("days_since_sold", "距上次卖出（天）", "Days since last sale"),
    ("days_on_shelf", "上架天数", "Days on shelf"),
    ("slow_lead", "滞销：{products}在架、有库存、{days}没有卖出。", "Slow sellers, on the shelf with stock and unsold for {days}: {products}."),
    ("slow_cost", "这些库存的成本合计 {cost}。", "That stock cost {cost}."),
    ("slow_caption", "滞销商品，最久未卖出的在前", "Slow sellers, longest unsold first"),
    ("slow_none", "没有滞销商品：在架且有库存的都在 {days}内卖出过。", "No slow sellers: everything on the shelf with stock sold within {days}."),
    ("slow_unknown", "没有载入商品目录（上架时间、库存），所以不知道哪些商品滞销。", "No catalogue (on-shelf dates, stock) was loaded, so slow sellers are not known."),
    ("festivals_lead", "节前「{category}」在{festival}最突出：销售速度的提升是全店的 {lift} 倍（95% 区间 {low}–{high}）。", "“{category}” stands out most before {festival}: its sales speed up {lift}× as much as the shop’s (95% interval {low}–{high})."),
    ("festivals_none", "没有哪个品类在节前明显不同于全店。", "No category surely differs from the shop before a festival."),
    ("festivals_one_year", "仅一年数据：标有“仅一年”的结果只见过一次节日，不能当作规律。", "One year only: results marked so rest on a single festival and are no rule yet."),
    ("festivals_all_one_year", "仅一年数据：每个节日都只见过一次，以下结果还不能当作规律。", "One year only: each festival was seen once, so nothing here is a rule yet."),
    ("festivals_how", "1 表示与全店同步；横线是 95% 区间，区间不含 1 的为实心点，含 1 的为空心点。", "1 means “like the shop”; the lines are 95% intervals, the points full where they leave 1 out and hollow where they hold it."),
    ("festivals_alt", "点与区间：{n} 个品类与节日的带动倍数。", "Points with intervals: the lift of categories before festivals ({n})."),
    ("festivals_caption", "各品类的节日带动倍数", "Lift of categories before festivals"),
    ("festivals_hover", "{lift} 倍（{low}–{high}）", "{lift}× ({low}–{high})"),
    ("festivals_axis", "带动倍数（1 = 与全店同步）", "Lift (1 = like the shop)"),
    ("category", "品类", "Category"),
    ("festival", "节日", "Festival"),
    ("lift", "倍数", "Lift"),
    ("years", "年数", "Years"),
    ("one_year", "仅一年", "one year only"),
    ("taste_lead", "比较同一客户前后两段时间买各品类的比例：{measured}可以比较，其中 {changed} 变化过半。", "Each customer’s shares of categories in two windows: {measured} can be compared, {changed} of them changed by more than half."),
    ("taste_measured", "可比较的客户", "Customers compared"),
    ("taste_measured_def", "两段时间各有 {least}及以上", "With {least} or more in both windows"),
    ("taste_mean", "平均距离", "Mean distance"),
    ("taste_mean_def", "0 为比例相同，1 为毫无共同之处", "0: the same shares; 1: nothing in common"),
    ("taste_changed", "变化过半的客户", "Changed by more than half"),
    ("taste_changed_def", "距离大于 0.5，占可比较客户的 {share}", "Distance above 0.5: {share} of those compared"),
    ("taste_withheld", "另有 {customers}两段时间都买过，但订单太少，不作判断。", "Not judged, for having too few orders: {customers} who bought in both windows."),
)
# fmt: on
"""Key, Chinese, English."""
