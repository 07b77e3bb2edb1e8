# ruff: noqa: E501 - one row a text, both languages in view
"""What the figures rest on."""

from __future__ import annotations

from typing import Final

# fmt: off
WORDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("completeness_title", "客户资料完整度", "How complete customer files are"),
    ("quality_title", "数据质量", "Data quality"),
    ("policy_title", "统计口径", "Rules in force"),
    ("completeness_lead", "已知 {people}的资料；最缺的是「{field}」，只有 {known} 已知。", "Files of {people}; “{field}” is missing most: known for {known}."),
    ("completeness_members", "会员名单中有 {people}。", "On member lists: {people}."),
    ("completeness_alt", "条形图：{n} 个字段已知、打码与缺失的比例。", "Bars: known, masked and missing by field ({n})."),
    ("completeness_caption", "各字段的完整度", "Completeness by field"),
    ("field", "字段", "Field"),
    ("known", "已知", "Known"),
    ("masked", "打码", "Masked"),
    ("missing", "缺失", "Missing"),
    ("newest_export", "最新导出", "Newest export"),
    ("freshness_caption", "数据新到哪一天", "How recent the data are"),
    ("freshness_kind", "数据", "Data"),
    ("records", "记录数", "Records"),
    ("newest_record", "最新记录", "Newest record"),
    ("days_old", "距今（天）", "Days old"),
    ("stray_refunds", "{refunds}在所有文件里都找不到对应的订单，未计入。", "Not counted, because no file has their order: {refunds}."),
    ("quality_lead", "读取 {files}、{records}，接受 {accepted} 条，拒绝 {rejected} 条，空白 {blank} 条。", "Read: {files} with {records}; {accepted} accepted, {rejected} rejected, {blank} blank."),
    ("quality_known", "净销售额中，{stable} 有稳定的买家身份，{weak} 身份较弱，{none} 身份不明。", "Of net sales, {stable} have a stable buyer identity, {weak} a weak one and {none} none."),
    ("files_caption", "读取的文件", "Files read"),
    ("file", "文件", "File"),
    ("source", "格式", "Format"),
    ("accepted", "接受", "Accepted"),
    ("rejected", "拒绝", "Rejected"),
    ("blank", "空白", "Blank"),
    ("money_rule", "金额口径", "Paid amount"),
    ("problems_caption", "遇到的问题", "Problems found"),
    ("problems_none", "没有发现问题。", "No problems were found."),
    ("problem", "代码", "Code"),
    ("times", "次数", "Times"),
    ("example", "例子", "Example"),
    ("coverage_caption", "买家身份的可靠程度", "How surely buyers are known"),
    ("strength", "身份", "Identity"),
    ("stable", "稳定：始终指向同一人", "Stable: always the same person"),
    ("weak", "较弱：可能多人共用", "Weak: several people may share it"),
    ("none", "不明：打码或缺失，只计入店铺合计", "None: masked or missing; in shop totals only"),
    ("policy_lead", "本页数字按以下设置计算。", "The figures on this page were computed under these settings."),
    ("policy_caption", "生效的设置", "Settings in force"),
    ("setting", "设置", "Setting"),
    ("value", "取值", "Value"),
    ("workbook_contents", "目录", "Contents"),
    ("workbook_sheet", "工作表", "Sheet"),
    ("workbook_section", "章节", "Section"),
    ("workbook_value", "数值", "Value"),
    ("workbook_table", "内容", "Table"),
)
# fmt: on
"""Key, Chinese, English."""
