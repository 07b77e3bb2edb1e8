"""What the figures are called, and sentences about them, Chinese beside English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.domain.labels import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

FIGURES: Final[Mapping[str, Label]] = {
    "days_since_last": Label("距上次购买天数", "days since the last purchase"),
    "orders": Label("订单数", "orders"),
    "purchase_days": Label("购买天数", "purchase days"),
    "net": Label("净消费额", "net spend"),
    "gross": Label("实付金额", "gross spend"),
    "net_per_order": Label("单均净消费额", "net spend per order"),
    "gross_per_order": Label("单均实付金额", "gross spend per order"),
}
"""What the figures that customers are cut by are called."""


def say(zh: str, en: str, **values: object) -> Label:
    """Fill the same values into a sentence of each language; a label among them gives its own text.

    Args:
        zh: The Chinese sentence, with places in braces.
        en: The English sentence.
        values: What goes into the places.

    Returns:
        Both sentences.

    Example:
        >>> say("{what}为 {n}", "{n} {what}", n=3, what=FIGURES["orders"])
        Label(zh='订单数为 3', en='3 orders')
    """
    words = {key: value for key, value in values.items() if isinstance(value, Label)}
    zh_values = {**values, **{key: label.zh for key, label in words.items()}}
    en_values = {**values, **{key: label.en for key, label in words.items()}}
    return Label(zh.format(**zh_values), en.format(**en_values))
