"""Words of the page's data: languages, labels, checks."""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

import attrs

from retailcrm.domain.labels import Label

Lang = Literal["zh", "en"]
"""Languages that a page can be written in."""

LANGS: Final[tuple[Lang, ...]] = get_args(Lang)
"""All of them."""


def pick(label: Label, lang: Lang) -> str:
    """Take one language of a label.

    Example:
        >>> pick(Label(zh="沉睡", en="dormant"), "en")
        'dormant'
    """
    return label.zh if lang == "zh" else label.en


def both(text: str | Label) -> Label:
    """Take a plain string as the same text in both languages, such as a name the shop chose."""
    return Label(zh=text, en=text) if isinstance(text, str) else text


COUNT: Any = [attrs.validators.instance_of(int), attrs.validators.ge(0)]
MINOR: Any = attrs.validators.instance_of(int)
