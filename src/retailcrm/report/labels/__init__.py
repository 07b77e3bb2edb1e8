"""Every word of the page that is ours, in Chinese and English side by side.

Words about one shop (segment names, actions, rules, notes) come with its data instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from retailcrm.domain.labels import Label
from retailcrm.report.data import Lang, pick
from retailcrm.report.formats import count
from retailcrm.report.labels import customers, goods, ground, overview, page, places, points, service
from retailcrm.report.labels.nouns import NOUNS

if TYPE_CHECKING:
    from collections.abc import Mapping

LABELS: Final[Mapping[str, Label]] = {
    key: Label(zh=zh, en=en)
    for part in (page, overview, customers, points, goods, places, service, ground)
    for key, zh, en in part.WORDS
}
"""Key to words; ``{name}`` marks what :func:`say` fills in."""


def say(lang: Lang, key: str, **values: str) -> str:
    """Look up our words and fill in a shop's.

    Args:
        lang: Language.
        key: Key of :data:`LABELS`.
        **values: What to fill in, each already written for the reader.

    Returns:
        The words, not yet escaped for HTML.

    Raises:
        KeyError: No such key, or a value is missing.

    Example:
        >>> say("zh", "concentration_lead", top="63.4%")
        '前 20% 的客户带来 63.4% 的净销售额。'
    """
    return pick(LABELS[key], lang).format(**values)


def things(number: int, noun: str, lang: Lang) -> str:
    """Count things in words, with the measure word in Chinese and the plural in English.

    Args:
        number: How many.
        noun: Key of :data:`retailcrm.report.labels.nouns.NOUNS`.
        lang: Language.

    Raises:
        KeyError: No such noun.

    Example:
        >>> things(1, "customer", "en"), things(2500, "customer", "en"), things(1, "customer", "zh")
        ('1 customer', '2,500 customers', '1 位客户')
    """
    measured, one, many = NOUNS[noun]
    if lang == "zh":
        return f"{count(number)} {measured}"
    return f"{count(number)} {one if number == 1 else many}"


__all__ = ["LABELS", "say", "things"]
